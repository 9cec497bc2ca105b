"""How fast something goes, through the shake of whoever hears it."""

import random

import pytest

from studiod.surfaces.sync.slope import KNOWN_S, Slope


def ticking(slope: Slope, units_per_s: float, ticks: int, shake_s: float, from_s: float = 1000.0) -> None:
    dice = random.Random(5)  # noqa: S311 - a test's dice
    for number in range(ticks):
        slope.read(number / 100 * units_per_s, from_s + number / 100 + dice.uniform(0.0, shake_s))


def test_fifty_millionths_are_told_through_a_shake_of_five_milliseconds() -> None:
    slope = Slope(10.0)
    ticking(slope, 1.00005, 6000, 0.005)
    assert slope.units_per_s == pytest.approx(1.00005, abs=30e-6)


def test_a_day_costs_no_precision() -> None:
    slope = Slope(10.0)
    slope.read(0.0, 0.0)
    for number in range(6000):
        slope.read(86_400 * 1.00001 + number / 100 * 1.00001, 86_400 + number / 100)
    assert slope.units_per_s == pytest.approx(1.00001, abs=3e-7)


def test_nothing_is_said_too_soon_and_a_jump_is_off_the_line() -> None:
    slope = Slope(4.0)
    ticking(slope, 2.0, 100, 0.0)
    assert (slope.units_per_s, slope.off(99.0, 1001.0)) == (0.0, 0.0)
    ticking(slope := Slope(4.0), 2.0, round(100 * KNOWN_S) + 2, 0.0)
    assert slope.off(7.0, 1003.0) == pytest.approx(1.0)
