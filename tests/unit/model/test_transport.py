"""Words of the transport and the clock it shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.model.transport import TransportState, timecode

HOUR_S = 3600


def test_each_state_has_one_lower_case_word() -> None:
    assert [state.word for state in TransportState] == ["stopped", "playing", "recording"]


@pytest.mark.parametrize(
    ("frames", "rate_hz", "text"),
    [
        (0, 48_000, "0:00:00.000"),
        (47, 48_000, "0:00:00.000"),
        (48, 48_000, "0:00:00.001"),
        (47_999, 48_000, "0:00:00.999"),
        (44_100 * 61, 44_100, "0:01:01.000"),
        (48_000 * (HOUR_S * 12 + 34 * 60 + 56) + 24_000, 48_000, "12:34:56.500"),
        (-24_000, 48_000, "-0:00:00.500"),
    ],
)
def test_a_position_reads_as_hours_minutes_seconds(frames: int, rate_hz: int, text: str) -> None:
    assert timecode(frames, rate_hz) == text


@given(frames=st.integers(-(10**12), 10**12), rate_hz=st.sampled_from([44_100, 48_000, 88_200, 96_000, 192_000]))
def test_the_clock_never_shows_a_moment_that_has_not_come(frames: int, rate_hz: int) -> None:
    text = timecode(frames, rate_hz)
    hours, minutes, seconds = text.removeprefix("-").split(":")
    shown_ms = round((int(hours) * HOUR_S + int(minutes) * 60 + float(seconds)) * 1000)
    assert text.startswith("-") == (frames < 0)
    assert shown_ms * rate_hz <= abs(frames) * 1000 < (shown_ms + 1) * rate_hz
