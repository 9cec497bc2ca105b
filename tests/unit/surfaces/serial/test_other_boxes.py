"""deej, Firmata, and finding out which it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.link.box_lines import Ask, Hello, decode, encode
from studiod.net.osc.codec import encode as osc
from studiod.net.osc.framing import slip_frame
from studiod.net.osc.packet import message
from studiod.surfaces.base import Moved, Pressed, Released
from studiod.surfaces.serial import DeejTalk, Detector, FirmataPins, FirmataTalk, SerialKind
from studiod.surfaces.serial.backlash import Backlash
from studiod.surfaces.serial.deej import readings
from studiod.surfaces.serial.detect import ASK_S
from studiod.surfaces.serial.firmata import (
    Analog,
    AnalogMap,
    Capabilities,
    FirmataReader,
    Firmware,
    Port,
    String,
    Version,
    pin_mode,
    report_analog,
)

# -- a pot that jitters ------------------------------------------------------------------------------------------------


@given(st.integers(0, 1023), st.lists(st.integers(-3, 3), max_size=50))
def test_a_pot_that_jitters_writes_nothing(rest: int, jitter: list[int]) -> None:
    pot = Backlash(1023, 3)
    for wobble in (3, -3):
        pot.move(min(max(rest + wobble, 0), 1023))
    assert {pot.move(min(max(rest + wobble, 0), 1023)) for wobble in jitter} <= {None}


@given(st.integers(0, 1023))
def test_both_ends_are_reached_exactly_from_anywhere(start: int) -> None:
    pot = Backlash(1023, 3)
    first = pot.move(start)
    assert first is not None
    assert (pot.move(1023) if first < 1.0 else 1.0) == 1.0
    assert pot.move(0) == 0.0


def test_a_slow_turn_loses_no_step() -> None:
    pot = Backlash(1023, 3)
    found = [travel for reading in range(1024) if (travel := pot.move(reading)) is not None]
    assert len(found) == 1018
    assert found == sorted(found)
    assert (found[0], found[-1]) == (0.0, 1.0)


def test_play_without_noise_is_none() -> None:
    pot = Backlash(1023, 0)
    assert pot.move(512) == 512 / 1023
    assert pot.move(512) is None
    with pytest.raises(ValueError, match="less than half"):
        Backlash(10, 5)


# -- deej --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"0|512|1023\r", (0, 512, 1023)),
        (b"7\r", (7,)),
        (b"4558|925|41\r", None),
        (b"0|1024\r", None),
        (b"12|\r", None),
        (b"abc\r", None),
        (b"1|2", None),
        (b"", None),
        (b"\r", None),
        (b"12345\r", None),
        (b" 1\r", None),
        (b"1\r\r", None),
    ],
)
def test_a_line_of_deej_is_numbers_and_bars(line: bytes, found: tuple[int, ...] | None) -> None:
    assert readings(line) == found


def test_sliders_are_told_where_they_stand_and_then_what_moves() -> None:
    talk = DeejTalk(noise=0)
    assert talk.hear(b"2|1023\r\n0|512|10", 0.0) == [Moved("slider/1", 2 / 1023), Moved("slider/2", 1.0)]
    assert list(talk.controls) == ["slider/1", "slider/2"]
    assert talk.hear(b"23\r\n", 0.1) == [
        Moved("slider/1", 0.0),
        Moved("slider/2", 512 / 1023),
        Moved("slider/3", 1.0),
    ]
    assert (talk.greeted, len(talk.controls), talk.note) == (2, 3, "deej, 3 sliders")
    assert talk.hear(b"0|512|1023\r\n0|700|1023\r\n", 0.2) == [Moved("slider/2", 700 / 1023)]
    assert talk.say(0.3) == talk.show("slider/1", 5) == b""


def test_a_board_that_boots_moves_no_slider() -> None:
    talk = DeejTalk()
    assert talk.hear(b"\0\0\xff|5\r\n4558|925|41\r\n" + 300 * b"9" + b"\n12|\r\n", 0.0) == []
    assert (talk.is_ready, talk.junk) == (False, 4)


def test_ten_thousand_lines_at_once_are_the_last() -> None:
    talk = DeejTalk(noise=0)
    flood = b"".join(b"%d|%d\r\n" % (i % 1024, 1023) for i in range(10_000))
    assert talk.hear(flood, 0.0) == [Moved("slider/1", 783 / 1023), Moved("slider/2", 1.0)]


# -- Firmata -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ("e0 00 04", Analog(0, 512)),
        ("91 01 01", Port(1, 0x81)),
        ("f9 02 05", Version(2, 5)),
        ("f0 79 02 05 41 00 62 00 f7", Firmware("Ab", 2, 5)),
        ("f0 71 48 00 69 00 f7", String("Hi")),
        ("f0 6c 00 01 01 01 7f 7f 02 0a 7f f7", Capabilities(({0: 1, 1: 1}, {}, {2: 10}))),
        ("f0 6a 7f 7f 00 01 f7", AnalogMap((127, 127, 0, 1))),
        ("f0 6f 14 7f 07 f7", Analog(20, 1023)),
    ],
)
def test_firmata_is_read(raw: str, word: object) -> None:
    assert FirmataReader().feed(bytes.fromhex(raw)) == [word]


def test_a_pot_is_switched_on_as_the_specification_says() -> None:
    assert pin_mode(15, 2) + report_analog(1) == bytes.fromhex("f4 0f 02 c1 01")


@given(st.binary())
def test_junk_is_no_firmata_and_raises_nothing(raw: bytes) -> None:
    FirmataReader().feed(raw)


@pytest.mark.parametrize(
    "raw", ["f0 6c 00 f7", "f0 6c 00 01 f7", "f0 f7", "f0 79 f7", "e0 01 f0", "01 02", "f6", "e0 90"]
)
def test_half_words_are_counted_and_dropped(raw: str) -> None:
    reader = FirmataReader()
    assert reader.feed(bytes.fromhex(raw)) == []
    assert reader.junk > 0
    assert reader.feed(bytes.fromhex("f9 02 05")) == [Version(2, 5)]


def test_a_sysex_that_never_ends_is_given_up() -> None:
    reader = FirmataReader()
    reader.feed(b"\xf0" + bytes(5000))
    assert reader.feed(bytes.fromhex("e1 7f 07")) == [Analog(1, 1023)]


FIRMWARE = bytes.fromhex("f9 02 05 f0 79 02 05 55 00 6e 00 6f 00 f7")
# pins 0..4: nothing, a button's, a lamp's, a button's, a pot's
CAPABLE = bytes.fromhex("f0 6c 7f 00 01 0b 01 7f 01 01 7f 0b 01 7f 00 01 02 0a 7f f7 f0 6a 7f 7f 7f 7f 00 f7")
PINS = FirmataPins(analog=(0, 5), buttons=(1, 3, 2), lamps=(2,))


@pytest.fixture
def board() -> FirmataTalk:
    board = FirmataTalk(PINS, noise=0)
    assert board.say(0.0) == bytes.fromhex("f0 79 f7 f0 6b f7 f0 69 f7")
    assert board.hear(FIRMWARE + CAPABLE, 0.5) == []
    return board


def test_the_pins_that_were_asked_for_are_set_once_the_board_has_told_what_it_can(board: FirmataTalk) -> None:
    assert board.say(0.6) == bytes.fromhex("f0 7a 0a 00 f7 f4 04 02 c0 01 f4 01 0b f4 03 0b f4 02 01 d0 01")
    assert board.say(5.0) == b""
    assert {name: control.kind for name, control in board.controls.items()} == {
        "analog/0": SerialKind.KNOB,
        "pin/1": SerialKind.BUTTON,
        "pin/3": SerialKind.BUTTON,
        "lamp/2": SerialKind.LAMP,
    }
    assert board.note == "Firmata Uno 2.5 has no analog/5, pin/2"


def test_pots_and_buttons_are_heard_and_lamps_lit(board: FirmataTalk) -> None:
    assert board.hear(bytes.fromhex("e0 7f 07 90 77 00 e3 00 00 91 00 00"), 1.0) == [
        Moved("analog/0", 1.0),
        Pressed("pin/3"),
    ]
    assert board.hear(bytes.fromhex("90 7d 00"), 1.1) == [Pressed("pin/1"), Released("pin/3")]
    assert board.show("lamp/2", 1) + board.show("lamp/2", 0) == bytes.fromhex("f5 02 01 f5 02 00")
    assert board.show("pin/1", 1) == b""


def test_a_board_that_resets_is_set_up_anew(board: FirmataTalk) -> None:
    board.say(0.6)
    board.hear(bytes.fromhex("f9 02 05"), 9.0)
    assert not board.is_ready
    assert board.say(9.0).startswith(bytes.fromhex("f0 79 f7"))
    board.hear(FIRMWARE + CAPABLE, 9.5)
    assert (board.is_ready, board.greeted) == (True, 2)


def test_a_board_that_is_silent_is_asked_every_second() -> None:
    board = FirmataTalk(PINS)
    assert [now / 4 for now in range(13) if board.say(now / 4)] == [0.0, 1.0, 2.0, 3.0]
    assert "StandardFirmata" in board.note


# -- which is it -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "protocol"),
    [
        (b"rst:0x1\r\n" + encode(Hello(1, "demo", "1.0", 0)), "studiod"),
        (b"|9\r\n1|2\r\n1|2\r\n1|3\r\n", "deej"),
        (FIRMWARE, "firmata"),
        (b"\xff\x00" + slip_frame(osc(message("/strip/1/fader", -6.0))), "slip-osc"),
        (b"1|2\r\nlog\r\n1|2\r\n1|2\r\n", None),
        (bytes.fromhex("90 3c 64 3c 00 f8 b0 07 10 f0 7e 7f 06 01 f7"), None),
        (bytes.fromhex("e0 00 04 f9 02 05"), None),
        (b"\xc0/not osc at all\xc0", None),
        (b"hello\r\nworld\r\n", None),
    ],
)
@pytest.mark.parametrize("step", [1, 5, 1000])
def test_a_line_is_known_by_what_only_its_protocol_says(raw: bytes, protocol: str | None, step: int) -> None:
    detector = Detector()
    found = [detector.hear(raw[at : at + step]) for at in range(0, len(raw), step)]
    assert next((word for word in found if word), None) == protocol


@given(st.lists(st.binary()))
def test_noise_raises_nothing(pieces: list[bytes]) -> None:
    detector = Detector()
    for piece in pieces:
        detector.hear(piece)


def test_a_silent_box_is_asked_in_every_tongue_in_turn() -> None:
    detector = Detector()
    said = [detector.say(now * ASK_S) for now in range(3)]
    assert [decode(line) for line in said[0].split(b"\n") if line] == [Ask()]
    assert said[1] == bytes.fromhex("f0 79 f7")
    assert said[2] == said[0]
    assert detector.say(2.5 * ASK_S) == b""
