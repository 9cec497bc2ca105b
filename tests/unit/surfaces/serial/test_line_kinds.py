"""Every protocol of a serial line on the desk: deej, Firmata, OSC, and lines of which nobody said what they speak."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from studiod.net.osc.codec import decode, encode
from studiod.net.osc.framing import slip_frame
from studiod.net.osc.packet import Bundle, Message, message
from studiod.net.osc.serial import SlipLine
from studiod.net.osc.udp import BURST
from studiod.surfaces.serial.detect import ASK_S
from studiod.surfaces.serial.firmata import QUERY_ANALOG_MAP, QUERY_CAPABILITIES, QUERY_FIRMWARE
from tests.fakes.line_box import LineBox, Part
from tests.unit.surfaces.serial.lines_rig import HEAD, Lines, made

if TYPE_CHECKING:
    from collections.abc import Callable

FADER = encode(message("/strip/1/fader", -6.0))


class Board:
    """A board that says what it is told to; what it hears lies in `heard`."""

    def __init__(self, answers: dict[bytes, bytes] | None = None) -> None:
        self.emit: Callable[[bytes], None] = lambda _: None
        self.heard = b""
        self._answers = answers or {}

    def receive(self, message: bytes) -> None:
        """Bytes from the computer; known questions are answered at once."""
        self.heard += message
        for question, answer in self._answers.items():
            if question in message:
                self.emit(answer)


def osc_told(board: Board) -> list[Message]:
    """Messages in the frames that the board heard since the last look."""
    found: list[Message] = []
    for packet in SlipLine().feed(board.heard):
        decoded = decode(packet)
        elements = decoded.elements if isinstance(decoded, Bundle) else (decoded,)
        found += [element for element in elements if isinstance(element, Message)]
    board.heard = b""
    return found


def firmata() -> Board:
    """A small board: pins 0 and 1, button and lamp, and A0 on pin 2."""
    pins = "00 01 0B 01 7F  01 01 7F  02 0A 7F"
    return Board(
        {
            QUERY_FIRMWARE: bytes.fromhex("F0 79 02 05 55 00 F7"),
            QUERY_CAPABILITIES: bytes.fromhex(f"F0 6C {pins} F7"),
            QUERY_ANALOG_MAP: bytes.fromhex("F0 6A 7F 7F 00 F7"),
        }
    )


def test_sliders_of_a_deej_box_take_over_and_then_move_strips() -> None:
    studio, board = Lines(), Board()
    studio.plug(board, "deej")
    for reading in (0, 1023):
        board.emit(b"512|%d\r\n" % reading)
        studio.turn()
    assert (studio.status.name, studio.status.note) == ("deej", "deej, 2 sliders")
    assert studio.hub.value("/strip/2/fader") == 10.0
    assert studio.hub.value("/strip/1/fader") == 0.0
    assert board.heard == b""


def test_a_deej_box_with_more_sliders_is_another_box() -> None:
    studio, board = Lines(), Board()
    studio.plug(board, "deej")
    board.emit(b"0\r\n")
    studio.turn(1.0)
    for reading in (0, 1023):
        board.emit(b"0|0|%d\r\n" % reading)
        studio.turn()
    assert studio.hub.value("/strip/3/fader") == 10.0


FIRMATA = """\
match: {every: true}
controls:
  analog/0: {kind: knob}
  pin/0: {kind: button}
  lamp/1: {kind: lamp}
bindings:
  analog/0: {address: /main/fader}
  pin/0: {toggle: /main/mute}
feedback:
  lamp/1: {address: /main/mute}
"""


def test_pins_of_a_firmata_board_are_what_the_users_map_says(tmp_path: Path) -> None:
    facts = made(tmp_path, FIRMATA, HEAD.replace("dialect: studiod", "dialect: firmata"))
    studio, board = Lines([facts]), firmata()
    studio.plug(board, "firmata")
    assert studio.status.note == "Firmata U 2.5"
    board.emit(bytes.fromhex("E0 00 00"))
    board.emit(bytes.fromhex("E0 7F 07"))
    studio.turn()
    assert studio.hub.value("/main/fader") == 10.0
    board.heard = b""
    board.emit(bytes.fromhex("90 00 00"))
    studio.turn()
    assert studio.hub.value("/main/mute") == 1.0
    assert bytes.fromhex("F5 01 01") in board.heard


def test_a_firmata_board_without_a_map_is_told_of_and_no_pin_of_it_is_touched() -> None:
    studio, board = Lines(), firmata()
    studio.plug(board, "firmata")
    assert studio.status.note == "Firmata U: no map says what is soldered to it"
    assert not {0xF4, 0xF5} & set(board.heard)


def test_a_peer_on_a_line_writes_subscribes_and_is_named_in_the_status() -> None:
    studio, board = Lines(), Board()
    origins: list[str] = []
    studio.hub.observe(lambda changes: origins.extend(change.origin for change in changes))
    studio.plug(board, "slip-osc")
    board.emit(slip_frame(FADER))
    studio.turn()
    assert studio.hub.value("/strip/1/fader") == -6.0
    assert origins == ["osc serial osc-line"]
    board.emit(slip_frame(encode(message("/peer/name", "tile"))))
    board.emit(slip_frame(encode(message("/subscribe", "/strip/2/fader"))))
    studio.osc.timers.advance(1.0)
    assert studio.status.note == "tile (osc serial osc-line)"
    board.heard = b""
    studio.hub.write("/strip/2/fader", -3.0, "somebody")
    studio.turn()
    studio.osc.timers.advance(1.0)
    assert Message("/strip/2/fader", "f", (-3.0,)) in osc_told(board)


def test_a_peer_on_a_line_that_leaves_is_told_nothing_more() -> None:
    studio, board = Lines(), Board()
    studio.plug(board, "slip-osc")
    board.emit(slip_frame(encode(message("/subscribe", "/strip/2/fader"))))
    studio.ports.unplug(studio.status.port)
    studio.turn(1.0)
    assert len(studio.osc.endpoint.subscriptions) == 0


def test_a_peer_beyond_the_rate_of_any_peer_is_held_and_its_last_value_counts() -> None:
    studio, board = Lines(), Board()
    studio.plug(board, "slip-osc")
    board.emit(slip_frame(FADER))
    frames = [slip_frame(encode(message("/strip/1/fader", -float(number % 50)))) for number in range(500)]
    for _ in range(2 * BURST // 500 + 10):
        board.emit(b"".join(frames))
    board.emit(slip_frame(encode(message("/strip/1/fader", -7.5))))
    assert studio.osc.endpoint.traffic.throttled > 0
    studio.turn(1.0)
    assert studio.hub.value("/strip/1/fader") == -7.5


def test_what_a_slow_line_cannot_carry_is_dropped_before_it_piles_up() -> None:
    studio, board = Lines(), Board()
    studio.plug(board, "slip-osc")
    board.heard = b""
    for _ in range(1000):
        board.emit(slip_frame(encode(message("/system/nothing"))))
        board.emit(slip_frame(encode(message("/strip/1/fader"))))
    assert 0 < len(board.heard) < 6000


@pytest.mark.parametrize("kind", ["studiod", "deej", "firmata", "slip-osc"])
def test_a_line_of_which_nobody_said_what_it_speaks_is_found_out(kind: str, tmp_path: Path) -> None:
    facts = made(tmp_path, FIRMATA, HEAD.replace("dialect: studiod", "dialect: firmata"))
    studio = Lines([facts])
    box = LineBox([Part("f", "fader/1", 1024)])
    boards: dict[str, LineBox | Board] = {"studiod": box, "firmata": firmata()}
    board = boards.get(kind, Board())
    studio.ports.plug("/dev/ttyACM0", board, "auto")
    studio.turn(0.6)
    unknown = "nobody knows yet what is spoken there; protocol: in the configuration says it"
    assert studio.status.note in ("demo 1.0", unknown)
    for reading in (0, 0, 0, 0, 1023):
        if kind == "deej":
            board.emit(b"%d\r\n" % reading)
        elif kind == "slip-osc":
            board.emit(slip_frame(encode(message("/strip/1/fader", 10.0))))
        studio.turn(ASK_S)
    if kind == "studiod":
        box.move("fader/1", 0)
        studio.turn()
        box.move("fader/1", 1023)
    if kind == "firmata":
        board.emit(bytes.fromhex("E0 00 00"))
        board.emit(bytes.fromhex("E0 7F 07"))
    studio.turn()
    assert studio.status.name == "serial"
    assert studio.hub.value("/main/fader" if kind == "firmata" else "/strip/1/fader") == 10.0


def test_noise_on_a_line_of_which_nobody_said_what_it_speaks_is_nothing(caplog: pytest.LogCaptureFixture) -> None:
    studio, board = Lines(), Board()
    studio.plug(board, "auto")
    for number in range(1000):
        board.emit(bytes((number * 7 + place * 31) % 256 for place in range(1024)))
    studio.turn(1.0)
    assert studio.status.state == "connected"
    assert studio.fired == []
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
