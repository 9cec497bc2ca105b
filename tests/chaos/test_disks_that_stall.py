"""A disk that does not answer for seconds, under a whole studio: nothing is lost up to the ring, and exact beyond."""

from pathlib import Path
from typing import Any

import pytest

from tests.chaos.test_kill_each_part import COUNTER, RATE_HZ, assert_true_to_the_clock
from tests.fakes.faulty_disk import faulty_disk
from tests.fakes.live_studio import LiveStudio

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]


def record_through(tmp_path: Path, stall_s: float, ring_s: float) -> dict[str, Any]:
    """A take during which its disk took `stall_s` for one sync."""
    config = f"{COUNTER}tape: {{ring_s: {ring_s}, pre_record_s: 1}}\n"
    stalls = faulty_disk(tmp_path, "strip-01", f"fdatasync:4:stall{round(1000 * stall_s)}:1")
    with LiveStudio(tmp_path / "library", config, environment=stalls) as studio:
        studio.record(1, 2)
        studio.roll_on(round((stall_s + 3.0) * RATE_HZ))
        take = studio.stop_take()
        assert studio.status()["restarts"] == {"engine": 0, "tape": 0, "desk": 0, "ports": 0}
    return take


def test_a_stall_of_three_seconds_loses_nothing(tmp_path: Path) -> None:
    take = record_through(tmp_path, 3.0, 5.0)
    assert take["gaps"] == []
    assert_true_to_the_clock(take, 2)


def test_a_stall_longer_than_the_ring_is_a_gap_of_exactly_what_is_missing(tmp_path: Path) -> None:
    take = record_through(tmp_path, 8.0, 5.0)
    (gap,) = take["gaps"]
    assert gap["cause"] == "tape late"
    assert 1.0 < gap["frames"] / RATE_HZ < 8.0
    assert_true_to_the_clock(take, 2)


@pytest.mark.soak
@pytest.mark.parametrize("stall_s", [10.0, 20.0])
def test_a_stall_of_many_seconds_loses_nothing(tmp_path: Path, stall_s: float) -> None:
    take = record_through(tmp_path, stall_s, 20.0)
    assert take["gaps"] == []
    assert_true_to_the_clock(take, 2)


@pytest.mark.soak
def test_a_stall_of_half_a_minute_is_one_exact_gap(tmp_path: Path) -> None:
    take = record_through(tmp_path, 30.0, 20.0)
    assert [gap["cause"] for gap in take["gaps"]] == ["tape late"]
    assert_true_to_the_clock(take, 2)
