"""Sound files become takes of a studio that runs: seen at once, played, and never in the way of what is recorded."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

QUIET = "osc: {zeroconf: false}\nsurfaces: {enable: false}\n"
RATE_HZ = 48000


def imported(studio: LiveStudio, file: Path, *words: str) -> dict[str, Any]:
    """The take that `studiod import` makes of `file` in the session of `studio`."""
    where = ("--library", str(studio.library), "--session", "session", "--osc-port", str(studio.port))
    command = [sys.executable, "-m", "studiod", "import", str(file), *where, "--json", *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    (take,) = json.loads(done.stdout)["takes"]
    assert isinstance(take, dict)
    return take


def test_an_import_plays_in_a_soundcheck_and_keeps_its_number_from_those_who_record(tmp_path: Path) -> None:
    file = tmp_path / "backing.flac"
    soundfile.write(file, np.full((30 * 44100, 1), 0.25), 44100)
    with LiveStudio(tmp_path / "library", QUIET) as studio:
        take = imported(studio, file, "--strip", "2")
        eventually(lambda: [found["id"] for found in studio.takes()] == [take["id"]], within_s=5.0)
        studio.send("/soundcheck", 1)
        studio.send("/transport/play")
        studio.wait_for_state("playing")
        eventually(lambda: abs(float(str(studio.ask("/meter/strip/2")[0])) + 12.04) < 0.1, within_s=5.0)
        eventually(lambda: float(str(studio.ask("/meter/strip/1")[0])) < -60.0, within_s=10.0)
        studio.send("/transport/stop")
        studio.wait_for_state("stopped")
        studio.wait_for_other("desk", studio.kill("desk"))
        studio.record(1)
        studio.roll_on(RATE_HZ // 2)
        recorded = studio.stop_take()
        assert recorded["id"] > take["id"]
        assert recorded["state"] == "good"
        assert studio.status()["engine"]["dry_frames"] == 0
        studio.send("/strip/1/arm", 1)
        studio.send("/transport/record")
        studio.wait_for_state("recording")
        other = imported(studio, file)
        studio.stop_take()
        expected = [take["id"], recorded["id"], recorded["id"] + 1, other["id"]]
        eventually(lambda: [found["id"] for found in studio.takes()] == expected, within_s=5.0)
        assert [(found["state"], found["gaps"]) for found in studio.takes()] == [("good", [])] * 4
