"""Serial devices that come, talk, stop listening, and go: on real pseudo-terminals."""

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from studiod.link.ports import SERIAL_BYTES, PortGone, PortInfo, PortList, PortNames, PortsUnavailable
from studiod.ports import FrameClock, Patchbay, SerialSystem, SideBySide, WantedLine
from studiod.ports.serial_line import MOST_WAITING_BYTES
from tests.fakes.port_system import MemorySystem
from tests.fakes.serial_board import Board
from tests.helpers import eventually

DEEJ, MIDI = WantedLine("usb-Deej*", "deej", 9600), WantedLine("usb-Midi*", "midi", 31_250)


@dataclass
class Ear:
    """Keeps what every port says."""

    events: list[tuple[int, int, bytes]] = field(default_factory=list)

    def post(self, port: int, kind: int, frame: int, ns: int, message: bytes) -> bool:
        del frame, ns
        self.events.append((port, kind, message))
        return True

    def said_by(self, port: int) -> bytes:
        return b"".join(message for number, _, message in list(self.events) if number == port)


class Studio:
    """Ports of all kinds at one patchbay; time stands until it is moved."""

    def __init__(self, dev: Path) -> None:
        self.now_s = 100.0
        self.midi = MemorySystem()
        self.looks = 0
        """How often a line's thread looked at the clock: once for each piece."""
        self.serial = SerialSystem((DEEJ, MIDI), self._clock, dev)
        self.ear = Ear()
        self.ports = PortList()
        self.patchbay = Patchbay(
            SideBySide((self.midi, self.serial)), self.ear, FrameClock(48_000), self._tell, now_ns=self._now_ns
        )

    def poll(self) -> None:
        self.now_s += 0.25
        self.patchbay.poll()

    def port(self, name: str, direction: str = "in") -> PortInfo:
        return next(port for port in self.ports.ports if name in port.name and port.direction == direction)

    def _clock(self) -> float:
        now_s = self.now_s
        self.looks += 1
        return now_s

    def _tell(self, ports: PortList) -> None:
        self.ports = ports

    def _now_ns(self) -> int:
        return round(self.now_s * 1e9)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = Studio(tmp_path)
    yield studio
    studio.patchbay.stop()


@pytest.fixture
def deej(tmp_path: Path) -> Iterator[Board]:
    board = Board(tmp_path, "usb-Deej_1-if00")
    yield board
    board.unplug()


def test_a_configured_device_is_listened_to_and_its_bytes_come_as_they_are(studio: Studio, deej: Board) -> None:
    studio.poll()
    port = studio.port("Deej")
    assert (port.name, port.kind, port.fault) == (str(deej.path), "deej", "")
    deej.say(b"1|2\r")
    eventually(lambda: studio.ear.said_by(port.id) == b"1|2\r")
    deej.say(b"\n")
    eventually(lambda: studio.ear.said_by(port.id) == b"1|2\r\n")
    assert {kind for _, kind, _ in studio.ear.events} == {SERIAL_BYTES}


def test_serial_ports_stand_beside_midi_ports_and_are_not_among_them(studio: Studio, deej: Board) -> None:
    studio.midi.plug("keys")
    studio.poll()
    assert studio.ports.named("in") == ("keys",)
    assert studio.ports.named("in", "deej") == (str(deej.path),)
    assert len({port.id for port in studio.ports.ports}) == 4


def test_a_midi_system_that_goes_takes_no_serial_port_along(studio: Studio, deej: Board) -> None:
    studio.midi.plug("keys")
    studio.poll()
    before = studio.port("Deej")
    studio.midi.outage = "no MIDI today"
    studio.poll()
    assert studio.ports.fault == "no MIDI today"
    assert studio.port("Deej") == before
    deej.say(b"x")
    eventually(lambda: studio.ear.said_by(before.id) == b"x")


def test_a_device_that_is_not_configured_is_never_opened(studio: Studio, tmp_path: Path) -> None:
    stranger = Board(tmp_path, "usb-Modem_9")
    studio.poll()
    assert studio.ports.ports == ()
    stranger.unplug()


def test_a_device_that_is_pulled_out_and_put_back_is_missed_and_met_anew(studio: Studio, deej: Board) -> None:
    studio.poll()
    first = studio.port("Deej")
    deej.unplug()
    studio.poll()
    assert studio.ports.ports == ()
    deej.plug()
    studio.poll()
    second = studio.port("Deej")
    assert second.id != first.id
    deej.say(b"back")
    eventually(lambda: studio.ear.said_by(second.id) == b"back")


def test_a_device_that_bounced_between_two_looks_is_another(studio: Studio, deej: Board) -> None:
    studio.poll()
    first = studio.port("Deej")
    deej.reset()

    def met_anew() -> bool:
        studio.poll()
        return studio.port("Deej").id != first.id

    eventually(met_anew)
    second = studio.port("Deej").id
    deej.say(b"here")
    eventually(lambda: studio.ear.said_by(second) == b"here")


def test_a_device_whose_driver_dropped_us_is_opened_anew(studio: Studio, deej: Board) -> None:
    studio.poll()
    first = studio.port("Deej")
    try:
        deej.hang_up()
    except PermissionError:
        pytest.skip("only root hangs a terminal up")

    def met_anew() -> bool:
        studio.poll()
        return studio.port("Deej").id != first.id

    eventually(met_anew)
    assert studio.port("Deej").fault == ""


def test_twenty_plugs_leave_no_thread_and_no_descriptor(studio: Studio, deej: Board) -> None:
    studio.poll()
    deej.unplug()
    studio.poll()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count
    for _ in range(20):
        deej.plug()
        studio.poll()
        assert studio.port("Deej").fault == ""
        deej.unplug()
        studio.poll()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_device_that_another_program_uses_is_refused_with_a_sentence(studio: Studio, deej: Board) -> None:
    other = os.open(deej.path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(other, fcntl.LOCK_EX)
    studio.poll()
    assert studio.port("Deej").fault == (
        f"{deej.path}: would not open: another program uses it; close that one (a serial monitor, ModemManager)"
    )
    os.close(other)
    studio.now_s += 5.0
    studio.poll()
    assert studio.port("Deej").fault == ""


def test_what_we_have_open_is_locked_for_others(studio: Studio, deej: Board) -> None:
    studio.poll()
    other = os.open(deej.path, os.O_RDWR | os.O_NOCTTY) if os.geteuid() == 0 else -1
    if other >= 0:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(other)
    else:
        with pytest.raises(OSError, match="busy"):
            os.open(deej.path, os.O_RDWR | os.O_NOCTTY)


def test_what_is_said_arrives_whole_and_in_order(studio: Studio, deej: Board) -> None:
    studio.poll()
    wire = studio.serial.open_output(str(deej.path))
    said = [b"L %d 1\n" % number for number in range(300)]
    for message in said:
        wire.send(message)
    assert deej.heard(len(b"".join(said))) == b"".join(said)


def test_a_board_that_does_not_read_is_told_of_and_blocks_nobody(studio: Studio, deej: Board) -> None:
    studio.poll()
    before = studio.port("Deej")
    wire = studio.serial.open_output(str(deej.path))

    def refused() -> str:
        try:
            wire.send(bytes(1024))
        except PortGone as fault:
            return str(fault)
        return ""

    # the terminal takes a few thousand bytes, our queue as many again
    said = [refused() for _ in range(MOST_WAITING_BYTES // 1024 + 100)]
    assert f"{deej.path}: does not keep up" in next(sentence for sentence in said if sentence)
    deej.say(b"yet it speaks")
    eventually(lambda: studio.ear.said_by(before.id) == b"yet it speaks")
    while deej.pending():
        pass
    again = studio.serial.open_output(str(deej.path))
    again.send(b"hello")
    eventually(lambda: b"hello" in deej.pending())


def test_a_little_that_is_never_read_runs_into_the_time_out(studio: Studio, deej: Board) -> None:
    studio.poll()
    wire = studio.serial.open_output(str(deej.path))
    deej.stuff()
    wire.send(b"L 1 1\n")

    def refused() -> bool:
        try:
            wire.send(b"L 1 0\n")
        except PortGone as fault:
            return "does not read what it is sent" in str(fault)
        return False

    eventually(refused)


def test_a_device_pulled_while_it_is_written_to_is_gone_and_not_waited_for(studio: Studio, deej: Board) -> None:
    studio.poll()
    wire = studio.serial.open_output(str(deej.path))
    wire.send(bytes(8192))
    deej.unplug()
    studio.poll()
    assert studio.ports.ports == ()
    with pytest.raises(PortGone):
        wire.send(b"x")


def test_ten_thousand_lines_are_all_taken_and_come_in_few_pieces(studio: Studio, deej: Board) -> None:
    studio.poll()
    port = studio.port("Deej")
    lines = b"".join(b"%d|%d\r\n" % (number % 1024, 7) for number in range(10_000))
    deej.say(lines, piece=7)
    eventually(lambda: len(studio.ear.said_by(port.id)) == len(lines))
    assert studio.ear.said_by(port.id).endswith(b"783|7\r\n")
    assert len(studio.ear.events) < 1_000


def test_midi_on_a_serial_line_is_a_midi_port_like_any_other(studio: Studio, tmp_path: Path) -> None:
    board = Board(tmp_path, "usb-Midi_2-if00")
    studio.poll()
    port = studio.port("Midi")
    assert studio.ports.named("in") == (str(board.path),)
    looks = studio.looks
    board.say(b"\x90\x3c\x64\x3c")  # still within the silence after opening: a board that boots
    eventually(lambda: studio.looks > looks)
    studio.now_s += 1.0
    board.say(b"\x00\x90\x40")
    board.say(b"\x64\xf8\x41\x00")
    eventually(lambda: len(studio.ear.events) == 3)
    assert studio.ear.events == [
        (port.id, 0, b"\x90\x40\x64"),
        (port.id, 0, b"\xf8"),
        (port.id, 0, b"\x90\x41\x00"),
    ]
    board.unplug()


def test_a_device_is_found_by_path_and_only_once(tmp_path: Path) -> None:
    board = Board(tmp_path, "usb-Deej_1-if00")
    by_path = WantedLine(str(board.path), "studiod", 115_200)
    system = SerialSystem((by_path, DEEJ), lambda: 0.0, tmp_path)
    assert system.names() == PortNames((str(board.path),), (str(board.path),))
    assert system.kind(str(board.path)) == "studiod"
    system.close()
    board.unplug()
    assert system.names() == PortNames((), ())


def test_a_name_of_two_systems_belongs_to_the_first() -> None:
    one, other = MemorySystem(), MemorySystem()
    one.plug("keys")
    other.plug("keys")
    other.plug("pads")
    both = SideBySide((one, other))
    assert both.names().inputs == ("keys", "pads")
    both.open_output("pads").send(b"x")
    assert other.sent == [("pads", b"x")]
    with pytest.raises(PortGone, match="is not there"):
        both.open_output("drums")
    one.outage = "off"
    with pytest.raises(PortsUnavailable):
        one.names()
    assert (both.names().inputs, both.names().fault) == (("keys", "pads"), "off")
