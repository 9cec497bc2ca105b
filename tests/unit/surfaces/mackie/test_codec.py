"""Mackie Control on the wire: the published examples, and both ways for everything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.base import Gesture, Moved, Pressed, Released, Touched, Turned
from studiod.surfaces.mackie.buttons import LAMPS, NOTES
from studiod.surfaces.mackie.codec import MackieCodec, segment, sysex
from studiod.surfaces.mackie.screen import Grid, strip_lcd
from studiod.surfaces.mackie.words import TOP, Colour, Key, Lamp, Part, Reply, Ring, RingMode, Shown

EIGHT = (*tuple(Colour)[1:], Colour.OFF)


def hexes(messages: tuple[bytes, ...]) -> list[str]:
    return [message.hex(" ").upper() for message in messages]


def lcd() -> Grid:
    screen = strip_lcd(lambda: 0x14)
    while screen.next() is not None:
        pass
    return screen


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ((Part.FADER, 0), 8192, "E0 00 40"),
        ((Part.FADER, 0), TOP, "E0 7F 7F"),
        ((Part.FADER, 8), 12808, "E8 08 64"),
        ((Part.RING, 1), Ring(RingMode.DOT, 6, is_centred=True), "B0 31 46"),
        ((Part.RING, 0), Ring(RingMode.WRAP, 11), "B0 30 2B"),
        ((Part.DIGIT, 11), "A.", "B0 4B 41"),
        ((Part.DIGIT, 10), "r.", "B0 4A 52"),
        ((Part.DIGIT, 0), "3.", "B0 40 73"),
        ((Part.METER, 7), 12, "D0 7C"),
        ((Part.OVERLOAD, 0), True, "D0 0E"),
        ((Part.OVERLOAD, 0), False, "D0 0F"),
        ((Part.MASTER_METER, 1), 5, "D1 15"),
        ((Part.COLOURS, 0), EIGHT, "F0 00 00 66 14 72 01 02 03 04 05 06 07 00 F7"),
        ((Part.LAMP, "play"), Lamp.ON, "90 5E 7F"),
        ((Part.LAMP, "rec/1"), Lamp.FLASH, "90 00 01"),
        ((Part.LAMP, "relay"), Lamp.ON, "90 76 7F"),
    ],
)
def test_what_is_shown_is_said_as_published(key: Key, value: Shown, message: str) -> None:
    assert hexes(MackieCodec().encode(key, value)) == [message]


@pytest.mark.parametrize(
    ("message", "gesture"),
    [
        ("90 6A 7F", Touched("fader/3")),
        ("90 6A 00", Released("fader/3")),
        ("90 70 7F", Touched("fader/master")),
        ("B0 11 43", Turned("vpot/2", -3)),
        ("B0 10 01", Turned("vpot/1", 1)),
        ("B0 3C 41", Turned("jog", -1)),
        ("B0 3C 00", Turned("jog", 1)),
        ("90 20 7F", Pressed("vpot/1")),
        ("90 5F 7F", Pressed("record")),
        ("80 5F 40", Released("record")),
        ("90 5F 40", Released("record")),
        ("E8 7F 7F", Moved("fader/master", 1.0)),
    ],
)
def test_what_the_hand_does_is_heard(message: str, gesture: Gesture) -> None:
    assert MackieCodec().decode(bytes.fromhex(message)) == [gesture]


@pytest.mark.parametrize(
    "message", ["91 5E 7F", "B0 2E 7F", "90 71 7F", "E9 00 40", "B0 50 01", "F0 00 20 32 14 01 F7", "F0 F7"]
)
def test_what_means_nothing_is_dropped(message: str) -> None:
    assert MackieCodec().decode(bytes.fromhex(message)) == []


def test_the_power_on_message_is_a_reply() -> None:
    serial = bytes.fromhex("58 59 5A 57 18 61 05 57 18 61 05")
    assert MackieCodec().decode(sysex(0x14, 1, *serial)) == [Reply(0x14, 1, serial)]


def test_text_over_strip_two_is_said_as_published() -> None:
    screen = lcd()
    screen.write(0, 1, "Vox")
    assert screen.next() == bytes.fromhex("F0 00 00 66 14 12 07 56 6F 78 F7")
    screen.forget()
    screen.write(0, 1, "Vox")
    sent = b"".join(message[7:-1] for message in iter(screen.next, None))
    assert sent[7:14] == bytes.fromhex("56 6F 78 20 20 20 20")


def test_the_lower_row_begins_at_38() -> None:
    screen = lcd()
    screen.write(1, 0, "x")
    assert screen.next() == bytes.fromhex("F0 00 00 66 14 12 38 78 F7")


def test_a_box_that_cannot_flash_is_lit_instead() -> None:
    assert hexes(MackieCodec(can_flash=False).encode((Part.LAMP, "record"), Lamp.FLASH)) == ["90 5F 7F"]


def test_icon_colours_are_three_lights_a_strip() -> None:
    colours = (Colour.RED, Colour.YELLOW) + (Colour.OFF,) * 6
    (message,) = MackieCodec(has_rgb=True).encode((Part.COLOURS, 0), colours)
    assert message == bytes.fromhex("F0 00 02 4E 16 14 7F 00 00 7F 7F 00") + bytes(18) + b"\xf7"


@pytest.mark.parametrize(
    ("shown", "byte"), [("a", 0x01), ("Z.", 0x5A), (" ", 0x20), ("9", 0x39), ("ß", 0x13), ("é", 0x20), ("", 0x20)]
)
def test_digits_know_capitals_figures_and_dots(shown: str, byte: int) -> None:
    assert segment(shown) == byte


def test_ten_digits_are_counted_from_the_right() -> None:
    keys = dict(MackieCodec().time(tuple("0123456789")))
    assert keys[Part.DIGIT, 0] == "9"
    assert keys[Part.DIGIT, 9] == "0"


@given(st.sampled_from(sorted(NOTES)))
def test_every_button_is_heard_by_its_name(name: str) -> None:
    note = NOTES[name]
    codec = MackieCodec()
    assert codec.decode(bytes((0x90, note, 0x7F))) == [Pressed(name)]
    assert codec.decode(bytes((0x90, note, 0x00))) == [Released(name)]


def test_no_two_buttons_or_lamps_share_a_note() -> None:
    assert len(set(NOTES.values())) == len(NOTES) == 40 + 12 + 10 + 8 + 14 + 12 + 8
    assert len(set(LAMPS.values())) == len(LAMPS)


@given(st.integers(0, 8), st.integers(0, TOP))
def test_every_fader_position_survives_the_round_trip(place: int, position: int) -> None:
    codec = MackieCodec()
    (message,) = codec.encode((Part.FADER, place), position)
    (moved,) = codec.decode(message)
    assert isinstance(moved, Moved)
    assert round(moved.travel * TOP) == position


@given(st.lists(st.binary(max_size=40), max_size=30))
def test_whatever_comes_in_never_raises(pieces: list[bytes]) -> None:
    codec = MackieCodec()
    for piece in pieces:
        codec.decode(piece)
