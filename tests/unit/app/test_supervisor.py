"""What the supervisor takes for a child that hangs."""

import re
from pathlib import Path

import pytest

from studiod.app.supervisor import AGAIN, CALM_S, DESK, ENGINE, GRACE_S, HANG_S, TAPE, Child


def test_a_child_at_work_is_awaited_for_as_long_as_its_work_may_take() -> None:
    assert Child(DESK, has_beaten=True).patience_s == HANG_S[DESK]
    assert Child(TAPE, has_beaten=True, false_starts=3).patience_s == HANG_S[TAPE]


def test_a_machine_too_slow_to_start_a_child_in_time_gives_it_longer_with_each_try() -> None:
    assert [Child(DESK, false_starts=tries).patience_s for tries in range(3)] == [GRACE_S, 2 * GRACE_S, 3 * GRACE_S]


def test_a_child_that_was_killed_for_hanging_is_given_longer_until_it_is_calm() -> None:
    child = Child(DESK, has_hung=True, started_at=100.0)
    child.beat(1, 101.0)
    assert child.patience_s == AGAIN * HANG_S[DESK]
    child.beat(2, 100.0 + CALM_S + 1.0)
    assert child.patience_s == HANG_S[DESK]


@pytest.mark.parametrize("number", [ENGINE, DESK])
def test_what_hangs_is_started_again_long_before_systemd_would_stop_the_sound(number: int) -> None:
    unit = (Path(__file__).parents[3] / "systemd" / "studiod.service").read_text()
    (limit,) = re.findall(r"^WatchdogSec=(\d+)$", unit, re.MULTILINE)
    assert Child(number, has_beaten=True, has_hung=True).patience_s < 0.7 * int(limit)
