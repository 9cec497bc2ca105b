"""A box nobody knows on a real MIDI port is learnt by studioctl in a running studio, and keeps what it was taught."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from studiod.surfaces.controls import Wire, WireKind
from tests.fakes.hand import Hand, positions
from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually
from tests.real.jackd import has_jackd, jack_server

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not has_jackd(), reason="jackd2 is not installed"),
]
KNOB = Wire(WireKind.CC, 1, 21)


class Box:
    """The box's process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def slide(self, *way: float) -> None:
        """Move its knob, and wait until it has said all of it."""
        hand = Hand()
        hand.slide(positions(KNOB), 127, way)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([(at_s, message.hex()) for at_s, message in hand.said]) + "\n")
        self._process.stdin.flush()
        assert self.line() == "said\n"

    def line(self) -> str:
        """What it says of itself."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def box(environment: dict[str, str]) -> Iterator[Box]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.plain_jack_box", "Made-up Box"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | environment,
    ) as process:  # fmt: skip
        try:
            found = Box(process)
            assert found.line() == "ready\n"
            yield found
        finally:
            process.kill()


def run_studioctl(studio: LiveStudio, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "studiod.app.studioctl", "--port", str(studio.port), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def studioctl(studio: LiveStudio, *words: str) -> str:
    """What a command prints."""
    done = run_studioctl(studio, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def can_learn(studio: LiveStudio) -> bool:
    """The maps have been read."""
    return run_studioctl(studio, "learn", "--list").returncode == 0


def learn(studio: LiveStudio, knob: Box, address: str) -> str:
    """Begin to learn, move the knob once studioctl asks for it, and read how it ends."""
    command = [sys.executable, "-m", "studiod.app.studioctl", "--port", str(studio.port), "learn", address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as listening:
        assert listening.stdout is not None
        assert listening.stdout.readline().startswith(f"{address}: move the fader")
        knob.slide(0.0, 1.0, 0.0)
        return listening.communicate(timeout=60)[0]


def is_moved(studio: LiveStudio, knob: Box, address: str) -> bool:
    """The knob moves the parameter; whatever is said while JACK takes in a client is lost, so it is moved again."""
    studio.send(address, -20.0)
    knob.slide(0.0, 1.0)
    with contextlib.suppress(AssertionError):  # what was said is heard a moment later
        return eventually(lambda: studio.ask(address) == (10.0,), within_s=2.0)
    return False


def test_an_unknown_box_is_learnt_survives_a_restart_and_is_taken_back(tmp_path: Path) -> None:
    config = f"osc: {{zeroconf: false}}\nmidi: {{api: jack}}\nsurfaces: {{own_maps: {tmp_path / 'maps'}}}\n"
    with jack_server() as server, box(server.environment) as knob:
        studio = LiveStudio(tmp_path / "library", config, environment=server.environment)
        with studio:
            eventually(lambda: "Made-up Box" in studioctl(studio, "devices"), within_s=20)
            eventually(lambda: can_learn(studio), within_s=20)
            said = learn(studio, knob, "/strip/3/fader")
            assert "bound: /strip/3/fader: CC 21 of Made-up Box:knobs: absolute, 7 bit" in said
            eventually(lambda: is_moved(studio, knob, "/strip/3/fader"), within_s=30)
            assert "bound: /strip/5/fader" in learn(studio, knob, "/strip/5/fader")
            eventually(lambda: is_moved(studio, knob, "/strip/5/fader"), within_s=30)
        with studio:
            eventually(lambda: is_moved(studio, knob, "/strip/5/fader"), within_s=30)
            assert "taken back: /strip/5/fader" in studioctl(studio, "learn", "--undo")
            eventually(lambda: is_moved(studio, knob, "/strip/3/fader"), within_s=30)
            assert "taken back: /strip/3/fader" in studioctl(studio, "learn", "--undo")
            assert "nothing has been learnt" in studioctl(studio, "learn", "--list")
            before = studio.ask("/strip/3/fader")
            studio.send("/strip/3/fader", -20.0)
            knob.slide(0.0, 1.0)
            assert studio.ask("/strip/3/fader") == (-20.0,), f"was {before}"
            assert studio.status()["restarts"] == {"engine": 0, "tape": 0, "desk": 0, "ports": 0}
