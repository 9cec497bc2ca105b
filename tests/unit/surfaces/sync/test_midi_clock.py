"""MIDI clock both ways, in virtual time, and the light that says whether we are with it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.sync import Chase, ChaseState, ClockIn, ClockOut
from studiod.surfaces.sync.midi_clock import CLOCKS, song_position

TICK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"


def run(clock: ClockIn, bpm: float, ticks: int, at: float, shake_s: float = 0.0, seed: int = 1) -> float:
    """Send `ticks` from `at` on; the time of the one that would follow."""
    dice = random.Random(seed)  # noqa: S311 - a test's dice
    for number in range(ticks):
        clock.hear(TICK, at + number * 60 / bpm / CLOCKS + dice.uniform(0, shake_s))
    return at + ticks * 60 / bpm / CLOCKS


@pytest.mark.parametrize(
    ("beat", "raw"), [(8.0, "f2 20 00"), (398.0, "f2 38 0c"), (0.0, "f2 00 00"), (0.3, "f2 02 00")]
)
def test_song_positions_are_the_published_ones(beat: float, raw: str) -> None:
    assert song_position(beat) == bytes.fromhex(raw)


@pytest.mark.parametrize("bpm", [40.0, 97.3, 120.0, 240.0])
def test_the_tempo_is_known_within_a_beat_and_a_half_and_holds_though_ticks_shake(bpm: float) -> None:
    clock = ClockIn()
    at = run(clock, bpm, 36, 100.0)
    assert clock.tempo_bpm == pytest.approx(bpm, rel=0.001)
    run(clock, bpm, 480, at, shake_s=0.002)
    assert clock.tempo_bpm == pytest.approx(bpm, rel=0.01)


def test_a_clock_that_drifts_is_followed() -> None:
    clock, at = ClockIn(), 0.0
    for number in range(2400):
        bpm = 120.0 + number / 480  # five more in 100 beats
        at = run(clock, bpm, 1, at)
    assert clock.tempo_bpm == pytest.approx(125.0, rel=0.002)
    assert clock.chase.state is ChaseState.STOPPED


def test_another_tempo_is_taken_and_counted_as_a_jump_of_no_song() -> None:
    clock = ClockIn()
    at = run(clock, 120.0, 96, 0.0)
    run(clock, 70.0, 96, at)
    assert clock.tempo_bpm == pytest.approx(70.0, rel=0.005)


def test_the_song_begins_with_the_first_tick_after_start() -> None:
    clock = ClockIn()
    at = run(clock, 120.0, 48, 10.0)
    assert not clock.is_rolling
    clock.hear(START, at - 0.01)
    assert (clock.is_rolling, clock.beat) == (True, 0.0)
    end = run(clock, 120.0, 49, at)
    assert clock.chase.state is ChaseState.LOCKED
    assert clock.chase.position(end - 60 / 120 / CLOCKS) == pytest.approx(2.0, abs=0.001)
    assert clock.chase.position(end + 0.25) == pytest.approx(2.0 + 1 / CLOCKS + 0.5, abs=0.002)


def test_position_stop_and_continue() -> None:
    clock = ClockIn()
    clock.hear(bytes.fromhex("f2 20 00"), 0.0)
    assert clock.beat == 8.0
    clock.hear(CONTINUE, 0.1)
    at = run(clock, 100.0, 24, 0.2)
    clock.hear(STOP, at)
    assert (clock.is_rolling, clock.beat, clock.chase.state) == (False, 9.0, ChaseState.STOPPED)
    run(clock, 100.0, 24, at)
    assert clock.beat == 9.0
    clock.hear(CONTINUE, at)
    clock.hear(TICK, at)
    assert clock.chase.position(at) == pytest.approx(9.0)


def test_a_clock_that_ceases_free_wheels_and_is_lost() -> None:
    clock = ClockIn()
    clock.hear(START, 0.0)
    end = run(clock, 120.0, 96, 0.0)
    last = end - 60 / 120 / CLOCKS
    assert clock.turn(last + 0.05) is ChaseState.LOCKED
    assert clock.turn(last + 0.2) is ChaseState.FREEWHEELING
    assert clock.chase.position(last + 0.2) == pytest.approx(95 / CLOCKS + 0.4, abs=0.002)
    assert clock.is_rolling
    assert clock.turn(last + 1.1) is ChaseState.LOST
    assert not clock.is_rolling
    assert clock.tempo_bpm == 0.0
    clock.hear(CONTINUE, 20.0)
    clock.turn(20.001)
    assert clock.is_rolling
    run(clock, 120.0, 20, 20.01)
    assert clock.chase.state is ChaseState.LOCKED


@given(st.lists(st.binary(max_size=4)))
def test_junk_raises_nothing(messages: list[bytes]) -> None:
    clock = ClockIn()
    for number, message in enumerate(messages):
        clock.hear(message, number / 10)
        clock.turn(number / 10)


# -- ours --------------------------------------------------------------------------------------------------------------


def test_from_the_begin_it_starts_and_elsewhere_it_continues_at_the_next_sixteenth() -> None:
    assert ClockOut().start(0.0) == [START]
    assert ClockOut().start(1.1) == [bytes.fromhex("f2 05 00"), CONTINUE]


@given(st.floats(0.0, 4000.0), st.lists(st.floats(0.0, 0.3), min_size=1, max_size=40))
def test_a_follower_of_our_clock_is_where_we_are(start: float, steps: list[float]) -> None:
    ours, theirs, beat = ClockOut(), ClockIn(), start
    for message in ours.start(beat):
        theirs.hear(message, 0.0)
    for step in steps:
        beat += step
        for at, message in ours.roll(beat):
            theirs.hear(message, at / 2)
            if message == TICK:
                assert theirs.beat - 1 / CLOCKS == pytest.approx(at)
    assert theirs.beat <= beat + 0.25 + 1 / CLOCKS


def test_a_jump_stops_tells_where_and_goes_on() -> None:
    ours = ClockOut()
    ours.start(0.0)
    ours.roll(4.0)
    assert [message for _, message in ours.roll(6.0)] == [TICK] * 2 * CLOCKS
    said = [message for _, message in ours.roll(2.0)]
    assert said == [STOP, song_position(2.0), CONTINUE, TICK]
    assert ours.stop() == [STOP]
    assert ours.stop() == []
    assert ours.locate(3.0) == [song_position(3.0)]


@pytest.mark.parametrize("beat", [-8.0, 5000.0])
def test_before_the_begin_and_beyond_the_last_position_it_still_ticks_where_it_can(beat: float) -> None:
    ours = ClockOut()
    ours.start(beat)
    ticks = [message for number in range(200) for _, message in ours.roll(beat + number / 10) if message == TICK]
    assert len(ticks) == pytest.approx(CLOCKS * (19.9 - max(-beat, 0.0)), abs=2)


def test_it_ticks_while_the_song_stands() -> None:
    ours = ClockOut()
    assert ours.idle(10.0, 120.0) == []
    ticks = [tick for number in range(1, 201) for tick in ours.idle(10.0 + number / 100, 120.0)]
    assert [at for at, _ in ticks] == pytest.approx([10.0 + 0.5 * number / CLOCKS for number in range(1, 97)])
    assert {message for _, message in ticks} == {TICK}
    assert ours.idle(20.0, 120.0) == [], "nobody sends a burst of what was missed"
    assert len(ours.idle(20.5, 60.0)) == CLOCKS // 2, "another tempo"


def test_a_song_that_has_just_begun_is_caught_up_with() -> None:
    ours = ClockOut()
    assert ours.begin() == [START]
    assert ours.roll(2 / CLOCKS) == [(0.0, TICK), (1 / CLOCKS, TICK), (2 / CLOCKS, TICK)]
    assert ours.begin() == [STOP, START]


# -- the light ---------------------------------------------------------------------------------------------------------


def test_the_light_goes_from_stopped_over_locking_to_locked() -> None:
    chase, states = Chase(0.01, 1.0, 0.5), []
    for number in range(20):
        chase.heard(5.0 + number / 100, 1.0 + number / 100)
        states.append(chase.state)
    assert states == [ChaseState.LOCKING] * 15 + [ChaseState.LOCKED] * 5
    assert chase.speed == pytest.approx(1.0, abs=1e-6)
    chase.stopped(7.0)
    assert (chase.state, chase.position(99.0), chase.speed) == (ChaseState.STOPPED, 7.0, 0.0)


def test_a_locate_while_it_rolls_is_a_jump_and_locks_anew() -> None:
    chase = Chase(0.01, 1.0, 0.5)
    for number in range(20):
        chase.heard(number / 100, number / 100)
    chase.heard(60.0, 0.2)
    assert (chase.state, chase.jumps) == (ChaseState.LOCKING, 1)
    assert chase.position(0.2) == 60.0


def test_a_machine_that_plays_at_another_speed_or_backward_is_measured() -> None:
    for speed in (1.001, 0.5, -1.0):
        chase = Chase(0.01, 1.0 / speed, 0.5)
        for number in range(400):
            chase.heard(100 + number * 0.01 * speed, number / 100)
        assert chase.state is ChaseState.LOCKED
        assert chase.speed == pytest.approx(speed, rel=1e-3)


def test_a_drift_of_fifty_millionths_is_seen_through_the_shake_of_a_scheduler() -> None:
    chase, dice = Chase(0.01, 1.0, 0.5), random.Random(3)  # noqa: S311 - a test's dice
    for number in range(6000):
        chase.heard(number / 100 * 1.00005, number / 100 + dice.uniform(0, 0.001))
    assert chase.speed == pytest.approx(1.00005, abs=1e-3)
    assert chase.position(60.0) == pytest.approx(60.003, abs=0.001)


def test_ticks_that_come_in_a_burst_after_a_hole_are_no_jump() -> None:
    chase = Chase(0.01, 1.0, 0.5)
    for number in range(100):
        chase.heard(number / 100, max(number / 100, 0.53 if 50 <= number < 53 else 0.0))
    assert (chase.jumps, chase.state) == (0, ChaseState.LOCKED)
    assert chase.position(1.0) == pytest.approx(1.0, abs=0.005)
