"""Levels, rings and time as the box shows them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.mackie.readings import beat_digits, level_of, position_of, ring_of, time_digits
from studiod.surfaces.mackie.words import TOP, Ring, RingMode
from tests.unit.surfaces.rig import desk

REGISTRY = desk(2).registry


@pytest.mark.parametrize(
    ("peak_db", "level"),
    [(-math.inf, 0), (-60.1, 0), (-60, 1), (-14, 6), (-2.1, 10), (-2, 11), (0, 12), (0.1, 13), (24, 13), (math.nan, 0)],
)
def test_meters_step_where_the_maker_printed_it(peak_db: float, level: int) -> None:
    assert level_of(peak_db) == level


@given(st.floats(-200, 30), st.floats(-200, 30))
def test_a_louder_sound_never_shows_less(one: float, other: float) -> None:
    assert (level_of(one) <= level_of(other)) or one > other


@pytest.mark.parametrize(
    ("address", "value", "ring"),
    [
        ("/strip/1/pan", 0.0, Ring(RingMode.BOOST_CUT, 6, is_centred=True)),
        ("/strip/1/pan", -1.0, Ring(RingMode.BOOST_CUT, 1)),
        ("/strip/1/pan", 1.0, Ring(RingMode.BOOST_CUT, 11)),
        ("/strip/1/pan", 0.02, Ring(RingMode.BOOST_CUT, 6)),
        ("/strip/1/eq/1/gain", 0.0, Ring(RingMode.BOOST_CUT, 6, is_centred=True)),
        ("/strip/1/eq/1/q", 18.0, Ring(RingMode.SPREAD, 6)),
        ("/strip/1/eq/1/freq", 20.0, Ring(RingMode.DOT, 1)),
        ("/strip/1/send/1/level", 10.0, Ring(RingMode.WRAP, 11)),
        ("/strip/1/mute", 0.0, Ring(RingMode.WRAP, 0)),
    ],
)
def test_a_ring_shows_what_kind_of_value_it_is(address: str, value: float, ring: Ring) -> None:
    assert ring_of(REGISTRY[address], value) == ring


def test_a_box_whose_rings_know_dots_gets_dots() -> None:
    assert ring_of(REGISTRY["/strip/1/send/1/level"], 10.0, dots_only=True) == Ring(RingMode.DOT, 11)


@given(st.floats(0, 1))
def test_every_ring_of_every_knob_fits_the_eleven_lamps(travel: float) -> None:
    for spec in REGISTRY:
        if spec.taper is not None:
            ring = ring_of(spec, spec.from_travel(travel))
            assert 0 <= ring.position <= (6 if ring.mode is RingMode.SPREAD else 11)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "  0.00.00.000"),
        (3723.004, "  1.02.03.004"),
        (4.35, "  0.00.04.350"),
        (-1.0, "  0.00.00.000"),
        (1e12, "999.46.40.000"),
    ],
)
def test_time_is_hours_minutes_seconds_and_thousandths(seconds: float, shown: str) -> None:
    assert "".join(time_digits(seconds)) == shown


@pytest.mark.parametrize(
    ("seconds", "tempo", "beats", "shown"),
    [
        (0.0, 120, 4, "  1. 1. 1.000"),
        (2.0, 120, 4, "  2. 1. 1.000"),
        (2.0, 120, 3, "  2. 2. 1.000"),
        (0.625, 120, 4, "  1. 2. 2.000"),
        (0.0625, 120, 4, "  1. 1. 1.120"),
    ],
)
def test_bars_follow_tempo_and_beats(seconds: float, tempo: float, beats: int, shown: str) -> None:
    assert "".join(beat_digits(seconds, tempo, beats)) == shown


@given(st.floats(0, 1e7), st.floats(20, 300), st.integers(1, 16))
def test_the_display_always_has_ten_digits(seconds: float, tempo: float, beats: int) -> None:
    assert len(time_digits(seconds)) == len(beat_digits(seconds, tempo, beats)) == 10


@given(st.floats(-1, 2))
def test_a_position_has_fourteen_bits(travel: float) -> None:
    assert 0 <= position_of(travel) <= TOP
