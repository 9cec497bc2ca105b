"""HUI on the wire: the published examples, and both ways for everything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.base import Gesture, Moved, Pressed, Released, Touched, Turned
from studiod.surfaces.hui.codec import PING, HuiCodec, meter
from studiod.surfaces.hui.scribble import MainDisplay, Scribble
from studiod.surfaces.hui.zones import LAMPS, NAMES, PLACES
from studiod.surfaces.mackie.words import TOP, Alive, Key, Lamp, Part, Ring, RingMode, Said, Shown, Started


def heard(hexes: str) -> list[Said]:
    return HuiCodec().decode(bytes.fromhex(hexes))


@pytest.mark.parametrize(
    ("hexes", "gesture"),
    [
        ("B0 0F 04 B0 2F 43", Pressed("solo/5")),
        ("B0 0F 04 B0 2F 03", Released("solo/5")),
        ("B0 02 7F B0 22 00", Moved("fader/3", 16256 / TOP)),
        ("B0 40 42", Turned("vpot/1", 2)),
        ("B0 40 02", Turned("vpot/1", -2)),
        ("B0 0D 41", Turned("jog", 1)),
        ("B0 0F 02 B0 2F 40", Touched("fader/3")),
        ("B0 0F 02 B0 2F 00", Released("fader/3")),
        ("B0 0F 1D B0 2F 40", Pressed("foot/a")),
        ("90 00 7F", Alive()),
        ("FF", Started()),
    ],
)
def test_what_the_hand_does_is_heard(hexes: str, gesture: Gesture) -> None:
    assert heard(hexes) == [gesture]


@pytest.mark.parametrize(
    ("key", "value", "messages"),
    [
        ((Part.LAMP, "play"), Lamp.ON, ["B0 0C 0E", "B0 2C 44"]),
        ((Part.LAMP, "bank/right"), Lamp.OFF, ["B0 0C 0A", "B0 2C 03"]),
        ((Part.LAMP, "record"), Lamp.FLASH, ["B0 0C 0E", "B0 2C 45"]),
        ((Part.LAMP, "relay"), Lamp.ON, ["B0 0C 1D", "B0 2C 42"]),
        ((Part.FADER, 2), 16256, ["B0 02 7F", "B0 22 00"]),
        ((Part.RING, 0), Ring(RingMode.SPREAD, 6, is_centred=True), ["B0 10 76"]),
        ((Part.METER, 1), 7, ["A0 01 07", "A0 01 17"]),
        ((Part.METER, 1), 13, ["A0 01 0C", "A0 01 1C"]),
        ((Part.FADER, 8), 5, []),
        ((Part.LAMP, "flip"), Lamp.ON, []),
    ],
)
def test_what_is_shown_is_said_as_published(key: Key, value: Shown, messages: list[str]) -> None:
    assert [message.hex(" ").upper() for message in HuiCodec().encode(key, value)] == messages


def test_the_meter_of_one_side() -> None:
    assert meter(1, 1, 7) == bytes.fromhex("A0 01 17")


def test_text_over_strip_one_is_said_as_published() -> None:
    screen = Scribble()
    screen.write(0, 0, "Kick")
    assert screen.next() == bytes.fromhex("F0 00 00 66 05 00 10 00 4B 69 63 6B F7")


def test_the_main_display_is_told_ten_characters_at_a_time() -> None:
    screen = MainDisplay()
    assert len(list(iter(screen.next, None))) == 8
    screen.write(1, 7, "-6.0")
    assert list(iter(screen.next, None)) == [bytes.fromhex("F0 00 00 66 05 00 12 07") + b"     -6.0 \xf7"]


def test_the_time_is_said_as_published() -> None:
    shown = ("0", "1.", "0", "2.", "0", "3.", "0", "4")
    assert HuiCodec().encode((Part.TIME, 0), shown) == (
        bytes.fromhex("F0 00 00 66 05 00 11 04 00 13 00 12 00 11 00 F7"),
    )


def test_of_ten_digits_the_middle_eight_are_shown() -> None:
    ((_, shown),) = HuiCodec().time((" ", "0", "1.", "0", "2.", "0", "3.", "0", "4", "5"))
    assert shown == ("0", "1.", "0", "2.", "0", "3.", "0", "4")


def test_a_zone_with_many_ports_is_said_once() -> None:
    assert heard("B0 0F 08 2F 40 2F 41 2F 42") == [Pressed("control"), Pressed("shift"), Pressed("editmode")]


@pytest.mark.parametrize("hexes", ["B0 2F 43", "B0 22 00", "B0 40 40", "B0 40 00", "B0 0F 7F B0 2F 40", PING.hex()])
def test_half_of_something_means_nothing(hexes: str) -> None:
    assert heard(hexes) == []


def test_a_cut_wire_takes_the_zone_with_it() -> None:
    codec = HuiCodec()
    codec.decode(bytes.fromhex("B0 0F 04"))
    codec.forget()
    assert codec.decode(bytes.fromhex("B0 2F 43")) == []


@given(st.sampled_from(sorted(PLACES)))
def test_every_switch_is_heard_by_its_name(name: str) -> None:
    zone, port = PLACES[name]
    codec = HuiCodec()
    assert codec.decode(bytes((0xB0, 0x0F, zone, 0xB0, 0x2F, 0x40 | port))) == [Pressed(name)]
    assert codec.decode(bytes((0xB0, 0x2F, port))) == [Released(name)]


def test_no_two_switches_share_a_place() -> None:
    assert len(NAMES) == len(PLACES)
    assert len(set(LAMPS.values())) == len(LAMPS)


@given(st.integers(0, 7), st.integers(0, TOP))
def test_every_fader_position_survives_the_round_trip(place: int, position: int) -> None:
    codec = HuiCodec()
    (moved,) = (said for message in codec.encode((Part.FADER, place), position) for said in codec.decode(message))
    assert isinstance(moved, Moved)
    assert round(moved.travel * TOP) == position


@given(st.lists(st.binary(max_size=40), max_size=30))
def test_whatever_comes_in_never_raises(pieces: list[bytes]) -> None:
    codec = HuiCodec()
    for piece in pieces:
        codec.decode(piece)
