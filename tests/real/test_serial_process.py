"""Serial lines through the real ports process: a board on a pseudo-terminal, the block, the desk's end."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiod.link.box_controls import SerialControl, SerialKind
from studiod.link.box_lines import Ask, Description, Hello, Lamp, Line, Position, Ready, encode
from studiod.link.ports import PortGone
from studiod.surfaces.base import Gesture, Moved
from studiod.surfaces.ports import BlockPorts, Wire
from studiod.surfaces.serial import StudiodTalk
from tests.fakes.ports_rig import PortsRig, ports_rig
from tests.fakes.serial_board import Board
from tests.helpers import eventually

pytestmark = pytest.mark.real
FADER = SerialControl("fader/1", SerialKind.FADER, 1024)
MUTE = SerialControl("mute/1", SerialKind.BUTTON, 2, has_lamp=True)
SAID: list[Line] = [Hello(1, "demo", "1.0", 2), Description(0, FADER), Description(1, MUTE), Ready(), Position(0, 0)]
DESCRIBED = b"".join(map(encode, SAID))


class Studio:
    """The desk's end: finds the line, talks, and finds it again."""

    def __init__(self, rig: PortsRig, board: Board) -> None:
        self.rig = rig
        self.board = board
        self.ports = BlockPorts(rig.block, rig.bells.ring_said)
        self.talk = StudiodTalk()
        self.gestures: list[Gesture] = []
        self._wire: Wire | None = None
        self._stamp = ""

    def turn(self) -> None:
        """One turn of a desk's loop."""
        self.ports.turn()
        lines = [line.name for line in self.ports.lines() if not line.fault]
        stamp = " ".join(self.ports.stamp(name) for name in lines)
        if stamp != self._stamp:
            self._stamp, self.talk = stamp, StudiodTalk()
            self._wire = self.ports.open(lines[0], lines[0], self._hear) if lines else None
        self.say(self.talk.say(time.monotonic()))

    def say(self, raw: bytes) -> None:
        """To the board, if it is there."""
        if raw and self._wire is not None:
            try:
                self._wire.send(raw)
            except PortGone:
                self._wire = None

    def is_known(self) -> bool:
        """Turn, and answer as a board would; whether the box is known."""
        self.turn()
        if self.board.is_plugged and encode(Ask()) in self.board.pending():
            self.board.say(DESCRIBED)
        return self.talk.is_ready

    def stands_at(self, travel: float) -> bool:
        """Whether the fader was heard there last."""
        self.turn()
        return bool(self.gestures) and self.gestures[-1] == Moved("fader/1", travel)

    def _hear(self, raw: bytes) -> None:
        self.gestures += self.talk.hear(raw, time.monotonic())


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    board = Board(tmp_path, "usb-Home_made-if00")
    line = {"port": str(board.path), "protocol": "studiod"}
    with ports_rig({}, api="none", serial=[line]) as rig:
        yield Studio(rig, board)
    board.unplug()


def test_a_board_is_met_heard_and_shown(studio: Studio) -> None:
    eventually(studio.is_known)
    studio.board.say(encode(Position(0, 1023)))
    eventually(lambda: studio.stands_at(1.0))
    studio.say(studio.talk.show("mute/1", 1))
    eventually(lambda: encode(Lamp(1, 127)) in studio.board.pending())


def test_a_board_that_goes_is_missed_and_met_again_when_it_comes_back_twenty_times(studio: Studio) -> None:
    eventually(studio.is_known)
    for _ in range(20):
        studio.board.unplug()
        eventually(lambda: not studio.is_known())
        studio.board.plug()
        eventually(studio.is_known)


def test_a_killed_ports_process_finds_the_board_again(studio: Studio) -> None:
    eventually(studio.is_known)
    before = studio.talk
    studio.rig.kill()
    studio.rig.start()
    eventually(lambda: studio.is_known() and studio.talk is not before, within_s=10.0)


def test_ten_thousand_lines_end_where_the_fader_ended_and_no_bytes_are_missed(studio: Studio) -> None:
    eventually(studio.is_known)
    studio.board.say(b"".join(encode(Position(0, number % 1000)) for number in range(10_000)) + encode(Position(0, 5)))
    eventually(lambda: studio.stands_at(5 / 1023))
    assert (studio.talk.junk, studio.ports.missed) == (0, 0)
    assert len(studio.gestures) < 2_000
