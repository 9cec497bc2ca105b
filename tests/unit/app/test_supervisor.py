"""What the supervisor takes for a child that hangs."""

from studiod.app.supervisor import CALM_S, DESK, GRACE_S, HANG_S, MOST_HANGS, TAPE, Child


def test_a_child_at_work_is_awaited_for_as_long_as_its_work_may_take() -> None:
    assert Child(DESK, has_beaten=True).patience_s == HANG_S[DESK]
    assert Child(TAPE, has_beaten=True, false_starts=3).patience_s == HANG_S[TAPE]


def test_a_machine_too_slow_to_start_a_child_in_time_gives_it_longer_with_each_try() -> None:
    assert [Child(DESK, false_starts=tries).patience_s for tries in range(3)] == [GRACE_S, 2 * GRACE_S, 3 * GRACE_S]


def test_a_child_that_seems_to_hang_again_and_again_is_given_longer_until_it_is_calm() -> None:
    child = Child(DESK, hangs=1, started_at=100.0)
    child.beat(1, 101.0)
    assert child.patience_s == 2 * HANG_S[DESK]
    child.hangs = 1000
    assert child.patience_s == (1 + MOST_HANGS) * HANG_S[DESK]
    child.beat(2, 100.0 + CALM_S + 1.0)
    assert child.patience_s == HANG_S[DESK]
