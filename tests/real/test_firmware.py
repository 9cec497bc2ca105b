"""The sketches for boards, run: the Arduino one as C++ on a stand-in of Arduino, the other under CPython."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studiod.link.box_lines import Ping, encode
from studiod.ports.serial_line import SerialLine
from studiod.surfaces.base import Gesture, Moved, Pressed, Released, Turned
from studiod.surfaces.serial import SerialKind, StudiodTalk
from tests.helpers import eventually

pytestmark = [pytest.mark.real, pytest.mark.skipif(shutil.which("socat") is None, reason="socat is not installed")]
ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / "firmware-maps" / "firmware"
BOARD = ROOT / "tests" / "data" / "serial" / "board"
WARNINGS = ("-std=c++11", "-O1", "-Wall", "-Wextra", "-Werror")
NEUTRAL = 512


@pytest.fixture(scope="module")
def sketch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Arduino sketch, compiled for this machine."""
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    program = tmp_path_factory.mktemp("sketch") / "board"
    sources = ("-x", "c++", FIRMWARE / "studiod_box" / "studiod_box.ino", BOARD / "board.cpp")
    subprocess.run(["g++", *WARNINGS, f"-I{BOARD}", "-o", program, *sources], check=True)
    return program


class Rig:
    """A board that runs, the line to it, and our end of the protocol."""

    def __init__(self, folder: Path, start: Callable[[Path], subprocess.Popen[bytes]], analog: int) -> None:
        self.talk = StudiodTalk()
        self.gestures: list[Gesture] = []
        self.pins = folder / "pins"
        self._start = start
        self._analog = analog
        self._pieces: list[bytes] = []
        self._line: SerialLine | None = None
        self._ours, self._theirs = folder / "ours", folder / "theirs"
        self._processes: list[subprocess.Popen[bytes]] = []

    def open(self) -> None:
        """Open the line, and let the board boot."""
        self.pins.mkdir()
        for number in range(2):
            self.set_pot(number, NEUTRAL)
        ends = [f"pty,raw,echo=0,link={end}" for end in (self._ours, self._theirs)]
        self._processes.append(subprocess.Popen(["socat", *ends]))
        eventually(lambda: self._ours.exists() and self._theirs.exists())
        self._line = SerialLine(str(self._ours), 115_200, self._pieces.append, lambda: None, gather=True)
        self._processes.append(self._start(self._theirs))
        eventually(self.is_ready)

    def reset(self) -> None:
        """The board's reset button."""
        _end(self._processes.pop())
        self._processes.append(self._start(self._theirs))

    def close(self) -> None:
        """Let everything go."""
        if self._line is not None:
            self._line.close()
        while self._processes:
            _end(self._processes.pop())

    def turn(self) -> None:
        """Hear what came, say what is to be said."""
        while self._pieces:
            self.gestures += self.talk.hear(self._pieces.pop(0), time.monotonic())
        self.send(self.talk.say(time.monotonic()))

    def is_ready(self) -> bool:
        """Whether the box is known."""
        self.turn()
        return self.talk.is_ready

    def send(self, raw: bytes) -> None:
        """Put bytes on the wire."""
        assert self._line is not None
        if raw:
            self._line.send(raw)

    def set_pot(self, number: int, reading: int) -> None:
        """Turn pot `number` (0 is the first)."""
        self._put(f"analog-{self._analog + number}", reading)

    def set_pin(self, pin: int, level: int) -> None:
        """Pull a pin down, or let it go."""
        self._put(f"pin-{pin}", level)

    def is_lit(self, pin: int) -> bool:
        """Whether a lamp is on."""
        path = self.pins / f"out-{pin}"
        return path.exists() and path.read_text() == "1"

    def did(self, *gestures: Gesture) -> None:
        """Wait until the hand did these, and nothing else since the last look."""

        def all_came() -> bool:
            self.turn()
            return len(self.gestures) >= len(gestures)

        eventually(all_came)
        found, self.gestures = self.gestures, []
        assert found == list(gestures)

    def _put(self, name: str, value: int) -> None:
        fresh = self.pins / f"{name}.new"
        fresh.write_text(str(value))
        fresh.rename(self.pins / name)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@pytest.fixture(params=["arduino", "micropython"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    pins = tmp_path / "pins"
    if request.param == "arduino":
        program: Path = request.getfixturevalue("sketch")

        def start(wire: Path) -> subprocess.Popen[bytes]:
            return subprocess.Popen([program, wire, pins])
    else:

        def start(wire: Path) -> subprocess.Popen[bytes]:
            environment = {**os.environ, "PYTHONPATH": str(BOARD), "BOARD": str(pins), "PYTHONUNBUFFERED": "1"}
            command = [sys.executable, str(BOARD / "run.py"), str(FIRMWARE / "studiod_box.py")]
            with wire.open("rb", buffering=0) as ears, wire.open("wb", buffering=0) as mouth:
                return subprocess.Popen(command, stdin=ears, stdout=mouth, env=environment)

    rig = Rig(tmp_path, start, analog=14 if request.param == "arduino" else 26)
    try:
        rig.open()
        _seen_by(rig)
        # it says so when it has booted, and when it is asked; which of the two we heard first is chance
        assert set(rig.gestures) == {Moved("fader/1", (NEUTRAL - 3) / 1017), Moved("fader/2", (NEUTRAL - 3) / 1017)}
        rig.gestures.clear()
        yield rig
    finally:
        rig.close()


LAMPS = {"arduino": (9, 10, 13), "micropython": (6, 7, 25)}


@pytest.fixture
def lamps(request: pytest.FixtureRequest) -> tuple[int, ...]:
    """Pins of the lamps of mute/1, mute/2 and rec."""
    return LAMPS[request.node.callspec.params["rig"]]


def test_the_box_describes_itself(rig: Rig) -> None:
    assert rig.talk.note == "demo 1.0"
    assert [(control.name, control.kind, control.has_lamp) for control in rig.talk.controls.values()] == [
        ("fader/1", SerialKind.FADER, False),
        ("fader/2", SerialKind.FADER, False),
        ("mute/1", SerialKind.BUTTON, True),
        ("mute/2", SerialKind.BUTTON, True),
        ("jog", SerialKind.ENCODER, False),
        ("rec", SerialKind.LAMP, False),
    ]


def test_what_the_hand_does_arrives(rig: Rig) -> None:
    rig.set_pot(1, 1023)
    rig.did(Moved("fader/2", 1.0))
    rig.set_pot(1, 1018)  # less than its noise
    rig.set_pin(2, 0)
    rig.did(Pressed("mute/1"))
    rig.set_pin(2, 1)
    rig.did(Released("mute/1"))
    rig.set_pot(0, 0)
    rig.did(Moved("fader/1", 0.0))


def test_an_encoder_counts_its_clicks_both_ways(rig: Rig) -> None:
    for one, other in [(1, 0), (0, 0), (0, 1), (1, 1)] * 2:
        rig.set_pin(4, one)
        rig.set_pin(5, other)
        _seen_by(rig)
    rig.did(Turned("jog", 1), Turned("jog", 1))
    for one, other in [(0, 1), (0, 0), (1, 0), (1, 1)]:
        rig.set_pin(4, one)
        _seen_by(rig)
        rig.set_pin(5, other)
        _seen_by(rig)
    rig.did(Turned("jog", -1))


def test_lamps_follow(rig: Rig, lamps: tuple[int, ...]) -> None:
    rig.send(rig.talk.show("mute/2", 1) + rig.talk.show("rec", 1))
    eventually(lambda: [rig.is_lit(pin) for pin in lamps] == [False, True, True])
    rig.send(rig.talk.show("mute/2", 0))
    eventually(lambda: [rig.is_lit(pin) for pin in lamps] == [False, False, True])


def test_noise_on_the_wire_lights_nothing_and_the_next_line_is_obeyed(rig: Rig, lamps: tuple[int, ...]) -> None:
    noise = bytes(range(1, 256)) + b"L 2 127*0000\n" + b"x" * 500 + b"\nL 3 127\n*\n" + b"L 99 1"
    rig.send(noise + b"\n" + rig.talk.show("mute/1", 1))
    eventually(lambda: [rig.is_lit(pin) for pin in lamps] == [True, False, False])


def test_a_board_that_is_reset_is_known_again_and_shown_again(rig: Rig, lamps: tuple[int, ...]) -> None:
    rig.send(rig.talk.show("mute/1", 1))
    eventually(lambda: rig.is_lit(lamps[0]))
    rig.reset()

    def greeted_again() -> bool:
        rig.turn()
        return rig.talk.greeted > 1 and rig.talk.is_ready

    eventually(greeted_again)
    rig.send(rig.talk.show("mute/1", 1))
    eventually(lambda: rig.is_lit(lamps[0]))


def _seen_by(rig: Rig) -> None:
    """The board has gone around once more: it answers a ping, and what was to be seen before, it saw."""
    for number in (60_001, 60_002):
        before = rig.talk.pings_answered
        rig.send(encode(Ping(number)))

        def answered(before: int = before) -> bool:
            rig.turn()
            return rig.talk.pings_answered > before

        eventually(answered)
