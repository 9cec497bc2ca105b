"""The laws between a control's travel and the value a person means."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.model.taper import FADER_HIGH_DB, FADER_JOINTS, Fader, Linear, Logarithmic, Power, Stepped, Taper
from studiod.model.units import SILENCE_DB

ONE_STEP = 1 / 16383  # of a 14-bit fader, the finest there is
LAWS: dict[str, tuple[Taper, float, float]] = {
    "fader": (Fader(), SILENCE_DB, FADER_HIGH_DB),
    "pan": (Linear(-1.0, 1.0), -1.0, 1.0),
    "trim": (Linear(-24.0, 24.0), -24.0, 24.0),
    "low cut": (Logarithmic(20.0, 400.0), 20.0, 400.0),
    "whole band": (Logarithmic(20.0, 20_000.0), 20.0, 20_000.0),
    "release": (Power(1.0, 4000.0, 3.0), 1.0, 4000.0),
    "delay": (Power(0.0, 500.0, 3.0), 0.0, 500.0),
}
travels = st.floats(0.0, 1.0)
laws = pytest.mark.parametrize(("law", "low", "high"), LAWS.values(), ids=LAWS.keys())


@laws
@given(travel=travels)
def test_travel_survives_the_round_trip_within_one_step_of_a_14_bit_fader(
    law: Taper, low: float, high: float, travel: float
) -> None:
    value = law.value(travel)
    assert low <= value <= high
    assert law.travel(value) == pytest.approx(travel, abs=ONE_STEP)


@laws
@given(travel=travels)
def test_a_value_that_came_from_travel_comes_back_as_the_same_value(
    law: Taper, low: float, high: float, travel: float
) -> None:
    value = law.value(travel)
    assert law.value(law.travel(value)) == pytest.approx(value, rel=1e-9, abs=1e-9 * min(high - low, high))


@laws
@given(one=travels, other=travels)
def test_more_throw_is_never_less(law: Taper, low: float, high: float, one: float, other: float) -> None:
    assert low <= law.value(min(one, other)) <= law.value(max(one, other)) <= high


@laws
def test_the_ends_are_exact_both_ways(law: Taper, low: float, high: float) -> None:
    assert (law.value(0.0), law.value(1.0)) == (low, high)
    assert (law.travel(low), law.travel(high)) == (0.0, 1.0)


@laws
@given(beyond=st.floats(min_value=0.0, exclude_min=True, allow_infinity=True))
def test_beyond_the_ends_are_the_ends(law: Taper, low: float, high: float, beyond: float) -> None:
    assert (law.value(-beyond), law.value(1.0 + beyond)) == (low, high)
    assert (law.travel(low - beyond), law.travel(high + beyond)) == (0.0, 1.0)


@pytest.mark.parametrize("law", [*(law for law, _, _ in LAWS.values()), Stepped(3)])
def test_nan_has_no_place_on_any_law(law: Taper) -> None:
    with pytest.raises(ValueError, match="NaN"):
        law.value(math.nan)
    with pytest.raises(ValueError, match="NaN"):
        law.travel(math.nan)


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6), travel=travels)
def test_no_rounding_carries_a_linear_law_past_its_ends(low: float, span: float, travel: float) -> None:
    high = low + span
    assert low <= Linear(low, high).value(travel) <= high


@given(low=st.floats(1e-3, 1e3), ratio=st.floats(1.001, 1e6), travel=travels)
def test_no_rounding_carries_a_logarithmic_law_past_its_ends(low: float, ratio: float, travel: float) -> None:
    high = low * ratio
    assert low <= Logarithmic(low, high).value(travel) <= high


@given(low=st.floats(-1e3, 1e3), span=st.floats(1e-3, 1e6), exponent=st.floats(0.2, 5.0), travel=travels)
def test_no_rounding_carries_a_power_law_past_its_ends(low: float, span: float, exponent: float, travel: float) -> None:
    high = low + span
    assert low <= Power(low, high, exponent).value(travel) <= high


def test_half_the_throw_of_a_cubic_law_is_an_eighth_of_the_way() -> None:
    assert Power(100.0, 900.0, 3.0).value(0.5) == 200.0
    assert Power(100.0, 900.0, 3.0).travel(200.0) == pytest.approx(0.5)


def test_equal_throw_is_equal_ratio_on_a_logarithmic_law() -> None:
    law = Logarithmic(20.0, 2000.0)
    assert law.value(0.5) == pytest.approx(200.0)
    assert law.value(0.75) / law.value(0.5) == pytest.approx(law.value(0.5) / law.value(0.25))


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, 1.0)])
def test_a_law_that_does_not_run_upwards_is_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="upwards"):
        Linear(low, high)
    with pytest.raises(ValueError, match="upwards"):
        Logarithmic(low, high)
    with pytest.raises(ValueError, match="upwards"):
        Power(low, high, 2.0)


@pytest.mark.parametrize("exponent", [0.0, -1.0, math.nan])
def test_a_power_law_needs_a_positive_exponent(exponent: float) -> None:
    with pytest.raises(ValueError, match="upwards"):
        Power(0.0, 1.0, exponent)


def test_a_logarithmic_law_cannot_start_at_zero() -> None:
    with pytest.raises(ValueError, match="above 0"):
        Logarithmic(0.0, 1.0)


@given(count=st.integers(1, 64), data=st.data())
def test_every_step_survives_the_round_trip(count: int, data: st.DataObject) -> None:
    law = Stepped(count)
    step = data.draw(st.integers(0, count - 1))
    assert law.value(law.travel(step)) == step


@given(count=st.integers(2, 64), travel=travels)
def test_a_step_is_the_nearest_one(count: int, travel: float) -> None:
    law = Stepped(count)
    assert abs(law.travel(law.value(travel)) - travel) <= 0.5 / (count - 1) + 1e-12


@pytest.mark.parametrize(
    ("travel", "level_db"),
    [
        (0.0625, -60.0),
        (0.125, -50.0),
        (0.25, -30.0),
        (0.5, -10.0),
        (0.625, -5.0),
        (0.75, 0.0),
        (0.875, 5.0),
        (1.0, 10.0),
    ],
)
def test_the_fader_has_its_printed_marks_where_they_are_printed(travel: float, level_db: float) -> None:
    assert Fader().value(travel) == level_db
    assert Fader().travel(level_db) == travel


@pytest.mark.parametrize(("joint", "joint_db"), FADER_JOINTS[1:-1])
def test_the_fader_law_does_not_jump_at_its_joints(joint: float, joint_db: float) -> None:
    under, over = math.nextafter(joint, 0.0), math.nextafter(joint, 1.0)
    assert Fader().value(under) == pytest.approx(joint_db, abs=1e-9)
    assert Fader().value(over) == pytest.approx(joint_db, abs=1e-9)


def test_the_fader_law_gets_finer_towards_the_top() -> None:
    slopes = [
        (end_db - start_db) / (end - start) for (start, start_db), (end, end_db) in itertools.pairwise(FADER_JOINTS)
    ]
    assert slopes == sorted(slopes, reverse=True)


def test_only_the_bottom_stop_of_the_fader_is_silence() -> None:
    assert Fader().value(0.0) == SILENCE_DB
    assert Fader().value(ONE_STEP) == pytest.approx(-89.97, abs=0.01)


@pytest.mark.parametrize("level_db", [SILENCE_DB, -1000.0, -90.0])
def test_what_the_fader_cannot_show_is_shown_at_the_bottom_stop(level_db: float) -> None:
    assert Fader().travel(level_db) == 0.0
