"""Decibels, gains, and how a level is said."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.model.units import SILENCE_DB, db_from_gain, gain_from_db, level_text


@pytest.mark.parametrize(("level_db", "gain"), [(0.0, 1.0), (20.0, 10.0), (-20.0, 0.1), (6.0, 1.9953), (-6.0, 0.50119)])
def test_decibels_are_twenty_logs(level_db: float, gain: float) -> None:
    assert gain_from_db(level_db) == pytest.approx(gain, rel=1e-4)


def test_silence_is_a_gain_of_exactly_zero_and_back() -> None:
    assert gain_from_db(SILENCE_DB) == 0.0
    assert db_from_gain(0.0) == SILENCE_DB


@given(st.floats(-200.0, 60.0))
def test_a_level_survives_the_way_to_gain_and_back(level_db: float) -> None:
    assert db_from_gain(gain_from_db(level_db)) == pytest.approx(level_db, abs=1e-9)


@given(st.floats(1e-10, 1e3))
def test_polarity_has_no_level(gain: float) -> None:
    assert db_from_gain(-gain) == db_from_gain(gain)


@pytest.mark.parametrize(
    ("level_db", "text"),
    [
        (SILENCE_DB, "-inf"),
        (-6.0, "-6.0 dB"),
        (3.5, "+3.5 dB"),
        (0.0, "0.0 dB"),
        (-0.04, "0.0 dB"),
        (0.04, "0.0 dB"),
        (-89.97, "-90.0 dB"),
    ],
)
def test_a_level_reads_as_on_a_desk(level_db: float, text: str) -> None:
    assert level_text(level_db) == text


@given(st.floats(-90.0, 10.0))
def test_the_text_is_within_its_last_digit(level_db: float) -> None:
    shown = level_text(level_db).removesuffix(" dB")
    assert math.isclose(float(shown), level_db, abs_tol=0.05 + 1e-9)
