"""Timecode and its MIDI: the published vectors, drop-frame, both directions, holes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.sync import MtcIn, MtcOut, Timecode, TimecodeRate, full_frame, parse_full_frame, quarter_frame
from studiod.surfaces.sync.mtc import MtcTick

DROP = TimecodeRate.FPS_29_97_DROP
RATES = st.sampled_from(TimecodeRate)
ONE = Timecode(TimecodeRate.FPS_25, 1, 2, 3, 4)
LATE = Timecode(TimecodeRate.FPS_30, 23, 59, 58, 29)


def times(rate: TimecodeRate) -> st.SearchStrategy[Timecode]:
    return st.integers(0, rate.day_frames - 1).map(lambda frames: Timecode.at_frame(rate, frames))


ANY_TIME = RATES.flatmap(times)


@pytest.mark.parametrize(
    ("frames", "name"),
    [
        (0, "00:00:00;00"),
        (1799, "00:00:59;29"),
        (1800, "00:01:00;02"),
        (3597, "00:01:59;29"),
        (3598, "00:02:00;02"),
        (17_981, "00:09:59;29"),
        (17_982, "00:10:00;00"),
        (2_589_407, "23:59:59;29"),
        (2_589_408, "00:00:00;00"),
        (-1, "23:59:59;29"),
    ],
)
def test_drop_frame_leaves_out_two_numbers_a_minute_but_every_tenth(frames: int, name: str) -> None:
    assert str(Timecode.at_frame(DROP, frames)) == name


@given(ANY_TIME)
def test_a_frame_has_one_name_and_a_name_one_frame(time: Timecode) -> None:
    assert Timecode.at_frame(time.rate, time.frames) == time
    assert Timecode.at_s(time.rate, time.position_s) == time


@pytest.mark.parametrize(
    "parts", [(24, 0, 0, 0), (0, 60, 0, 0), (0, 0, 60, 0), (0, 0, 0, 30), (0, 1, 0, 0), (0, 59, 0, 1), (0, 0, 0, -1)]
)
def test_a_number_that_does_not_exist_is_refused(parts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        Timecode(DROP, *parts)


def test_drop_frame_keeps_to_real_time() -> None:
    assert Timecode(DROP, 1, 0, 0, 0).position_s == pytest.approx(3600.0, abs=0.004)
    assert Timecode(TimecodeRate.FPS_30, 1, 0, 0, 0).position_s == 3600.0


@pytest.mark.parametrize(
    ("time", "raw"),
    [
        (ONE, "f1 04 f1 10 f1 23 f1 30 f1 42 f1 50 f1 61 f1 72"),
        (LATE, "f1 0d f1 11 f1 2a f1 33 f1 4b f1 53 f1 67 f1 77"),
    ],
)
def test_quarter_frames_are_the_published_ones(time: Timecode, raw: str) -> None:
    assert b"".join(quarter_frame(time, piece) for piece in range(8)) == bytes.fromhex(raw)


@pytest.mark.parametrize(
    ("time", "raw"), [(ONE, "f0 7f 7f 01 01 21 02 03 04 f7"), (LATE, "f0 7f 7f 01 01 77 3b 3a 1d f7")]
)
def test_full_frames_are_the_published_ones(time: Timecode, raw: str) -> None:
    assert full_frame(time) == bytes.fromhex(raw)
    assert parse_full_frame(bytes.fromhex(raw)) == time


@given(ANY_TIME, st.integers(0, 127))
def test_a_full_frame_says_what_was_put_in(time: Timecode, device: int) -> None:
    assert parse_full_frame(full_frame(time, device)) == time


@given(st.binary(max_size=12))
def test_junk_is_no_timecode(raw: bytes) -> None:
    parse_full_frame(raw)
    assert MtcIn().hear(raw) is None


@given(ANY_TIME)
def test_eight_quarter_frames_tell_where_the_machine_is_when_the_last_one_comes(time: Timecode) -> None:
    mtc = MtcIn()
    ticks = [mtc.hear(quarter_frame(time, piece)) for piece in range(8)]
    assert ticks[:7] == [None] * 7
    assert ticks[7] == MtcTick(time.rate, (4 * time.frames + 7) % (4 * time.rate.day_frames), 1)
    following = Timecode.at_frame(time.rate, time.frames + 2)
    tick = mtc.hear(quarter_frame(following, 0))
    assert tick is not None
    assert tick.time == following


@given(ANY_TIME)
def test_a_machine_that_rolls_backward_is_followed(time: Timecode) -> None:
    mtc = MtcIn()
    ticks = [mtc.hear(quarter_frame(time, piece)) for piece in range(7, -1, -1)]
    assert ticks[:7] == [None] * 7
    assert ticks[7] == MtcTick(time.rate, 4 * time.frames, -1)


@pytest.mark.parametrize("lost", range(8))
def test_a_lost_quarter_frame_makes_no_wrong_time(lost: int) -> None:
    mtc = MtcIn()
    frames = ONE.frames
    found = []
    for pair in range(4):
        time = Timecode.at_frame(ONE.rate, frames + 2 * pair)
        for piece in range(8):
            if pair == 1 and piece == lost:
                continue
            tick = mtc.hear(quarter_frame(time, piece))
            if tick is not None:
                assert tick.quarters == 4 * time.frames + piece
                found.append((pair, piece))
    assert (1, lost + 1) not in found
    assert (3, 7) in found


@given(RATES, st.floats(0.0, 86_000.0), st.lists(st.floats(0.0, 0.1), max_size=30))
def test_what_we_send_is_where_we_are(rate: TimecodeRate, start: float, steps: list[float]) -> None:
    out, mtc, now = MtcOut(rate), MtcIn(), start
    for step in steps:
        now += step
        for position_s, message in out.roll(now):
            if message[0] == 0xF0:
                continue
            assert now - 0.2 <= position_s <= now + 1e-6
            tick = mtc.hear(message)
            if tick is not None:
                assert tick.position_s == pytest.approx(position_s, abs=1e-6)
                assert tick.direction == 1


def test_it_begins_at_a_whole_frame_and_sends_four_a_frame() -> None:
    out = MtcOut(TimecodeRate.FPS_25)
    assert out.roll(10.01) == []
    found = out.roll(10.12)
    assert [message[1] >> 4 for _, message in found] == [0, 1, 2, 3, 4, 5, 6, 7, 0]
    assert found[0] == (10.04, quarter_frame(Timecode.at_s(TimecodeRate.FPS_25, 10.04), 0))


def test_a_jump_is_told_with_a_full_frame_and_rolls_on_from_there() -> None:
    out = MtcOut(TimecodeRate.FPS_25)
    out.roll(10.0)
    (position_s, message), *rest = out.roll(60.0)
    assert (position_s, parse_full_frame(message)) == (60.0, Timecode.at_s(TimecodeRate.FPS_25, 60.0))
    assert [piece[1] >> 4 for _, piece in rest] == [0]
    assert parse_full_frame(out.roll(10.0)[0][1]) == Timecode.at_s(TimecodeRate.FPS_25, 10.0)
