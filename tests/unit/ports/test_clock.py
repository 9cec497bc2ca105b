"""Frames of messages: right to the sample where the clock is ideal, smooth where readings come late by chance."""

import random

from hypothesis import given
from hypothesis import strategies as st

from studiod.link import EngineClock
from studiod.link.frame_clock import FrameOrder
from studiod.ports import ArrivalClock, FrameClock

RATE_HZ, BLOCK = 48_000, 256
START_NS = 5_000_000_000_000


def ns_of(frame: float) -> int:
    return START_NS + round(frame * 1e9 / RATE_HZ)


def test_before_the_engine_has_made_anything_there_is_no_frame() -> None:
    clock = FrameClock(RATE_HZ)
    clock.read(EngineClock(1, 0, 0, 0))
    assert clock.frame_at(ns_of(0)) == 0
    assert clock.ns_at(480) == 0


@given(frame=st.integers(0, 1 << 40))
def test_on_an_ideal_clock_the_frame_is_exact(frame: int) -> None:
    clock = FrameClock(RATE_HZ)
    clock.read(EngineClock(1, 7, START_NS + 12_345, START_NS))
    assert clock.frame_at(ns_of(frame)) == frame
    assert abs(clock.ns_at(frame) - ns_of(frame)) <= 16_384  # what a double tells apart of 50 days


def read_blocks(clock: FrameClock, blocks: range, late_s: float, ppm: float = 0.0, seed: int = 1) -> None:
    chance = random.Random(seed)  # noqa: S311 - jitter
    for block in blocks:
        frame = block * BLOCK
        late_ns = round(chance.random() * late_s * 1e9)
        clock.read(EngineClock(1, frame, START_NS + round(frame * 1e9 / RATE_HZ * (1 + ppm * 1e-6)) + late_ns, 0))


def test_blocks_that_come_late_by_chance_move_the_frames_by_a_fraction_of_it() -> None:
    clock = FrameClock(RATE_HZ)
    read_blocks(clock, range(6000), late_s=0.0005)
    asked = 6000 * BLOCK + 100
    # late by half of 0.5 ms in the mean: 12 frames; what is left of the chance is under 3
    assert abs(asked - 12 - clock.frame_at(ns_of(asked))) <= 3


def test_a_card_that_runs_slow_is_followed() -> None:
    clock = FrameClock(RATE_HZ)
    read_blocks(clock, range(12_000), late_s=0.0, ppm=100.0)
    frame = 12_000 * BLOCK
    assert abs(clock.frame_at(START_NS + round(frame * 1e9 / RATE_HZ * (1 + 100e-6))) - frame) <= 1
    later = frame + RATE_HZ
    assert abs(clock.ns_at(later) - START_NS - later * 1e9 / RATE_HZ * (1 + 100e-6)) <= 1e9 / RATE_HZ


def test_a_new_engine_and_a_clock_that_jumped_are_met_anew() -> None:
    clock = FrameClock(RATE_HZ)
    read_blocks(clock, range(100), late_s=0.0)
    clock.read(EngineClock(2, 1_000_000, ns_of(0), 0))
    assert clock.frame_at(ns_of(480)) == 1_000_480
    for frame in (96_000, 96_256):
        clock.read(EngineClock(2, 904_256 + frame, ns_of(frame), 0))
    assert clock.frame_at(ns_of(96_000)) == 1_000_256
    clock.read(EngineClock(2, 1_100_000, ns_of(96_512), 0))  # early, which none is by chance
    assert clock.frame_at(ns_of(96_512)) == 1_100_000


def test_one_block_that_comes_very_late_moves_nothing() -> None:
    clock = FrameClock(RATE_HZ)
    read_blocks(clock, range(100), late_s=0.0)
    for number in range(100, 110, 2):
        for _ in range(2):  # it may be looked at more often than it moves
            clock.read(EngineClock(1, number * BLOCK, ns_of(number * BLOCK + 4000), 0))
        assert clock.frame_at(ns_of(number * BLOCK + 4000)) == number * BLOCK + 4000
        read_blocks(clock, range(number + 1, number + 2), late_s=0.0)


@given(
    distances=st.lists(st.floats(0.0005, 0.2), min_size=3, max_size=50),
    waits=st.lists(st.floats(0.0, 0.03), min_size=50, max_size=50),
)
def test_messages_handed_over_late_keep_the_distances_they_came_in(distances: list[float], waits: list[float]) -> None:
    clock, at_s, told = ArrivalClock(), 0.0, []
    for number, distance in enumerate(distances):
        at_s += distance
        wait = 0.0 if number == 0 else waits[number]  # the first was told at once: the others lie on it
        told.append((at_s, clock.arrived(distance if number else 0.0, START_NS + round((at_s + wait) * 1e9))))
    first_s, first_ns = told[0]
    for true_s, ns in told:
        assert abs((ns - first_ns) / 1e9 - (true_s - first_s)) <= 1.1e-4 * (true_s - first_s) + 1e-8


def test_one_message_handed_over_late_is_the_only_one_and_the_next_in_time_puts_the_clock_right() -> None:
    clock = ArrivalClock()
    clock.arrived(0.0, START_NS + 20_000_000)  # 20 ms late
    assert clock.arrived(0.1, START_NS + 100_000_000) == START_NS + 100_000_000
    assert clock.arrived(0.1, START_NS + 230_000_000) < START_NS + 200_100_000


def test_after_a_long_silence_of_a_driver_that_lost_its_clock_now_is_now() -> None:
    clock = ArrivalClock()
    clock.arrived(0.0, START_NS)
    assert clock.arrived(0.0, START_NS + 3_000_000_000) == START_NS + 3_000_000_000


@given(first=st.integers(0, (1 << 32) - 1), frame=st.integers(1 << 20, 1 << 40), ahead=st.integers(-10_000, 10_000))
def test_a_count_of_jack_is_the_engine_s_frame_exactly_whatever_the_time_says(
    first: int, frame: int, ahead: int
) -> None:
    told = EngineClock(1, frame, ns_of(frame), 0, first)
    clock = FrameClock(RATE_HZ, lambda: told)
    clock.read(told)
    told_late_ns = ns_of(frame + ahead + 200)
    assert clock.frame_of((first + ahead) % (1 << 32), told_late_ns) == frame + ahead


def test_what_the_engine_has_lost_since_the_last_reading_is_in_the_frame_of_a_count() -> None:
    told = EngineClock(1, 48_000, ns_of(48_000), 0, 1000)
    clock = FrameClock(RATE_HZ, lambda: told)
    clock.read(told)
    told = EngineClock(1, 48_456, ns_of(48_456), 0, 1256)
    assert clock.frame_of(1256, ns_of(48_456)) == 48_456


def test_without_a_count_of_this_engine_s_server_the_time_says_the_frame() -> None:
    told = EngineClock(1, 48_000, ns_of(48_000), 0, 1000)
    clock = FrameClock(RATE_HZ, lambda: told)
    clock.read(told)
    assert clock.frame_of(1000 + 480_000, ns_of(48_100)) == 48_100  # another server's
    told = EngineClock(1, 48_256, ns_of(48_256), 0)
    clock.read(told)
    assert clock.frame_of(1000, ns_of(48_300)) == 48_300


def test_the_frames_of_a_wire_never_run_back_when_a_clock_that_was_astray_is_put_right() -> None:
    clock, order = FrameClock(RATE_HZ), FrameOrder(RATE_HZ)
    read_blocks(clock, range(100), late_s=0.0)
    first = order.after(clock.frame_at(ns_of(99 * BLOCK + 4000)))
    for block in (100, 101):
        clock.read(EngineClock(1, block * BLOCK, ns_of(block * BLOCK + 4000), 0))  # from here on 83 ms later
    assert clock.frame_at(ns_of(99 * BLOCK + 4800)) < first
    assert order.after(clock.frame_at(ns_of(99 * BLOCK + 4800))) == first
    assert order.after(first + 1) == first + 1


def test_frames_that_run_far_back_are_another_time() -> None:
    order = FrameOrder(RATE_HZ)
    assert order.after(1_000_000) == 1_000_000
    assert order.after(1_000_000 - RATE_HZ) == 1_000_000
    assert order.after(1_000_000 - RATE_HZ - 1) == 1_000_000 - RATE_HZ - 1
