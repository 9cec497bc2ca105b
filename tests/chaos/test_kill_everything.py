"""SIGKILL of every process at once while recording: the files open in four readers, and little is missing."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.chaos.test_kill_each_part import COUNTER, MASK, RATE_HZ, counter
from tests.fakes.live_studio import LiveStudio
from tests.fakes.tape_take import frames_by_four_readers

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

LOSS_S = 0.25


def kill_at(studio: LiveStudio, frames: int) -> tuple[int, Path]:
    """Record, roll on by `frames`, kill everything; the engine's frame just before, and the take's folder."""
    studio.start()
    studio.record(1, 2, 3, 4)
    studio.roll_on(frames)
    frame = int(studio.status()["engine"]["frame"])
    studio.kill_everything()
    return frame, max((studio.session / "takes").iterdir())


def check(frame: int, rolled: int, folder: Path) -> None:
    lengths: set[int] = set()
    for path in sorted(folder.glob("*.wav")):
        found = frames_by_four_readers(path)
        behind = found.pop("ffmpeg")  # takes a data chunk of 0 bytes for one that goes on to the end of the file
        assert len(set(found.values())) == 1, found
        assert behind == found["soundfile"] or found["soundfile"] == 0
        values = counter(path)
        lengths.add(len(values))
        if not len(values):
            assert rolled <= LOSS_S * RATE_HZ, "nothing of a take that ran for longer than may be lost"
            continue
        assert np.array_equal(values, (values[0] + np.arange(len(values))) & MASK)
        # strip n plays input n: the counter of channel c is the engine's frame plus 1009 c
        channel = int(path.name[6:8]) - 1
        last = (int(values[-1]) - 1009 * channel) & MASK
        lost = (frame - 1 - last) / RATE_HZ
        assert lost <= LOSS_S, f"{path.name}: {lost:.3f} s lost"
    assert len(lengths) == 1, "the headers of one take are written together"


def run(tmp_path: Path, times: int) -> None:
    chance = random.Random(times)  # noqa: S311 - a seed, so that a failure repeats
    studio = LiveStudio(tmp_path / "library", COUNTER)
    for number in range(times):
        rolled = chance.randrange(RATE_HZ // 100, RATE_HZ)
        frame, folder = kill_at(studio, rolled)
        check(frame, rolled, folder)
        assert folder.name == f"{number + 1:04d}"
    with studio:
        takes: list[dict[str, Any]] = studio.takes()
        assert [take["state"] for take in takes] == ["repaired"] * times
        for take in takes:
            hidden = json.loads((Path(take["path"]) / "take.json").read_text())["pre_frames"]
            for name in take["files"]:
                assert set(frames_by_four_readers(Path(take["path"]) / name).values()) == {take["frames"] + hidden}


def test_at_most_a_quarter_second_is_lost_and_four_readers_open_every_file(tmp_path: Path) -> None:
    run(tmp_path, 4)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_times(tmp_path: Path) -> None:
    run(tmp_path, 200)
