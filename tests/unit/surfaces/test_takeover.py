"""A control without a motor must not yank the level."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.base import Takeover
from studiod.surfaces.takeover import Grip

STEP = 1 / 127
TRAVEL = st.integers(0, 127).map(lambda step: step * STEP)


def walk(start: float, end: float) -> list[float]:
    first, last = round(start / STEP), round(end / STEP)
    return [step * STEP for step in range(first, last, 1 if last > first else -1)] + [last * STEP]


def play(grip: Grip, positions: list[float], parameter: float) -> list[float]:
    """The parameter's travel at the start and after each position."""
    path = [parameter]
    for position in positions:
        travel = grip.move(position, path[-1])
        path.append(path[-1] if travel is None else travel)
        if travel is not None:
            grip.wrote(travel)
    return path


def test_a_fader_far_from_the_level_does_nothing() -> None:
    assert Grip(Takeover.PICKUP, STEP).move(0.9, 0.2) is None


def test_a_fader_that_comes_within_a_step_takes_the_level() -> None:
    grip = Grip(Takeover.PICKUP, STEP)
    assert grip.move(0.5 - 2 * STEP, 0.5) is None
    assert grip.move(0.5 - STEP, 0.5) == 0.5 - STEP


def test_a_fader_thrown_across_the_level_takes_it() -> None:
    grip = Grip(Takeover.PICKUP, STEP)
    assert grip.move(0.1, 0.5) is None
    assert grip.move(0.9, 0.5) == 0.9


def test_a_held_fader_may_be_thrown_any_distance() -> None:
    grip = Grip(Takeover.PICKUP, STEP)
    assert play(grip, [0.5, 1.0, 0.0], 0.5)[-1] == 0.0


def test_a_level_that_someone_else_moved_must_be_met_again() -> None:
    grip = Grip(Takeover.PICKUP, STEP)
    play(grip, [0.5, 0.6], 0.5)
    assert grip.move(0.61, 0.2) is None


def test_a_switch_that_rounds_what_it_is_given_stays_in_grip() -> None:
    grip = Grip(Takeover.PICKUP, STEP)
    assert grip.move(0.0, 0.0) == 0.0
    grip.wrote(0.0)
    reached = [0.0]
    for position in walk(0.0, 1.0):  # a choice of three: travel 0, 0.5, 1
        travel = grip.move(position, reached[-1])
        assert travel is not None
        reached.append(round(travel * 2) / 2)
        grip.wrote(reached[-1])
    assert sorted(set(reached)) == [0.0, 0.5, 1.0]


def test_after_a_bank_change_the_other_level_must_be_met() -> None:
    grip = Grip(Takeover.PICKUP, STEP)
    play(grip, [0.5], 0.5)
    grip.let_go()
    assert grip.move(0.6, 0.45) is None
    assert grip.move(0.4, 0.45) == 0.4  # the position from before the change counts: it crossed


def test_after_the_box_was_away_a_throw_across_proves_nothing() -> None:
    grip = Grip(Takeover.PICKUP, STEP)
    play(grip, [0.1], 0.5)
    grip.forget()
    assert grip.move(0.9, 0.5) is None


def test_jump_takes_every_position_at_once() -> None:
    assert Grip(Takeover.JUMP, STEP).move(0.9, 0.1) == 0.9


@given(TRAVEL, TRAVEL, st.lists(TRAVEL, max_size=20))
def test_pickup_never_jumps_while_the_hand_moves_step_by_step(
    start: float, parameter: float, places: list[float]
) -> None:
    grip = Grip(Takeover.PICKUP, STEP)
    positions = [p for a, b in pairwise([start, *places]) for p in walk(a, b)] or [start]
    path = play(grip, positions, parameter)
    assert all(abs(after - before) <= 2.001 * STEP for before, after in pairwise(path))


@given(TRAVEL, TRAVEL)
def test_pickup_always_finds_the_level_in_one_sweep_of_the_whole_throw(start: float, parameter: float) -> None:
    grip = Grip(Takeover.PICKUP, STEP)
    path = play(grip, walk(start, 0.0) + walk(0.0, 1.0), parameter)
    assert path[-1] == 1.0


@given(TRAVEL, TRAVEL, TRAVEL)
def test_scale_moves_the_level_only_the_way_the_hand_goes(start: float, end: float, parameter: float) -> None:
    path = play(Grip(Takeover.SCALE, STEP), walk(start, end), parameter)
    sign = 1 if end >= start else -1
    assert all(sign * (after - before) >= -1e-9 for before, after in pairwise(path))
    assert all(0.0 <= travel <= 1.0 for travel in path)


@given(TRAVEL, TRAVEL)
def test_scale_reaches_both_ends_exactly(start: float, parameter: float) -> None:
    grip = Grip(Takeover.SCALE, STEP)
    up = play(grip, walk(start, 1.0), parameter)
    assert up[-1] == (1.0 if start < 1.0 or parameter == 1.0 else parameter)
    down = play(grip, walk(1.0, 0.0), up[-1])
    assert down[-1] == 0.0


@given(TRAVEL, TRAVEL)
def test_scale_shares_what_is_left_over_the_throw_that_is_left(start: float, parameter: float) -> None:
    path = play(Grip(Takeover.SCALE, STEP), walk(start, 1.0), parameter)
    left_of_throw = max(1.0 - start, STEP)
    rate = (1.0 - parameter) / left_of_throw
    assert all(after - before <= rate * STEP * 1.01 + 1e-9 for before, after in pairwise(path))


def test_scale_speaks_plainly_once_both_stand_together() -> None:
    grip = Grip(Takeover.SCALE, STEP)
    assert play(grip, [0.5, 0.6, 0.4], 0.5) == pytest.approx([0.5, 0.5, 0.6, 0.4])
