"""Buses and main are kept beside the inputs they were made of, however late they leave; and what a gap does to them."""

import numpy as np
import pytest

from studiod.link import Gap, Operation
from tests.fakes.desk_rig import Rig, Samples
from tests.unit.engine.playing import Tape
from tests.unit.engine.test_restart import run_a_while

STRIPS, BUSES = 3, 1
PLAIN = 2
"""The strip, from 0, that is heard as it is: on main left, and on the bus."""

BUS, LEFT = STRIPS, STRIPS + BUSES
INSERT_FRAMES = 300
CLICK_SOURCE, BUS_1_SOURCE = 2.0, 3.0
FADE_FRAMES = 960  # a delay is faded to in 20 ms


@pytest.fixture
def rig() -> Rig:
    """Strip 3 alone is heard; strip 1 has a hardware insert of INSERT_FRAMES, not switched in."""
    rig = Rig.make(STRIPS, BUSES)
    rig.set(f"/strip/{PLAIN + 1}/pan", -1.0)
    rig.set(f"/strip/{PLAIN + 1}/send/1/level", 0.0)
    for strip in range(1, PLAIN + 1):
        rig.set(f"/strip/{strip}/mute", 1.0)
    rig.set("/strip/1/insert/latency", float(INSERT_FRAMES))
    return rig


def song(frames: int, seed: int = 5) -> Samples:
    """Noise whose true peak leaves main's limiter alone."""
    return np.random.default_rng(seed).uniform(-0.25, 0.25, (STRIPS, frames)).astype(np.float32)


def late(rig: Rig) -> int:
    told = rig.block.snapshot()
    return told.strip_latency + told.main_latency


def kept(rig: Rig, start: int, end: int) -> list[Samples]:
    """What the rings of bus and main left hold."""
    return [rig.captured(channel, start, end - start) for channel in (BUS, LEFT)]


@pytest.mark.parametrize("blocks", [[1024], [64, 1], [333]])
def test_a_take_of_bus_and_main_stands_beside_the_inputs_behind_an_insert(rig: Rig, blocks: list[int]) -> None:
    with rig:
        rig.set("/strip/1/insert/on", 1.0)
        whole = song(8000)
        played = rig.render(whole, blocks)
        assert late(rig) == INSERT_FRAMES + rig.block.snapshot().main_latency > INSERT_FRAMES
        head = rig.block.capture_head
        assert head == 8000 - late(rig)
        assert (played[0, late(rig) :] == whole[PLAIN, :head]).all()  # the outputs are late
        for sum_ in kept(rig, 0, head):
            assert (sum_ == whole[PLAIN, :head]).all()  # the take is not


@pytest.mark.parametrize("is_on", [0.0, 1.0])
def test_an_insert_that_is_switched_between_two_takes_shifts_neither(rig: Rig, is_on: float) -> None:
    with rig:
        rig.set("/strip/1/insert/on", 1.0 - is_on)
        whole = song(12_000)
        rig.ask(Operation.RECORD, 1, at_frame=100)
        rig.ask(Operation.STOP, at_frame=4000)
        rig.render(whole[:, :5000])
        head = rig.block.capture_head
        first = kept(rig, 100, 4000)
        rig.set("/strip/1/insert/on", is_on)
        rig.ask(Operation.RECORD, 2, at_frame=7000)
        heads = [head]
        for start in range(5000, 12_000, 100):
            rig.render(whole[:, start : start + 100])
            heads.append(rig.block.capture_head)
        assert heads == sorted(heads)  # what the tape may read is never taken back
        assert heads[-1] == 12_000 - late(rig)
        for before, after in zip(first, kept(rig, 100, 4000), strict=True):
            assert (before == whole[PLAIN, 100:4000]).all()
            assert (after == before).all()
        for sum_ in kept(rig, 7000, heads[-1]):
            assert (sum_ == whole[PLAIN, 7000 : heads[-1]]).all()


@pytest.mark.parametrize("is_on", [0.0, 1.0])
def test_an_insert_that_is_switched_while_a_take_runs_leaves_no_hole_in_it(rig: Rig, is_on: float) -> None:
    with rig:
        rig.set("/strip/1/insert/on", 1.0 - is_on)
        tone = np.full((STRIPS, 9000), 0.25, np.float32)
        rig.render(tone[:, :2000])
        rig.ask(Operation.RECORD, 1)
        rig.render(tone[:, :2000])
        rig.set("/strip/1/insert/on", is_on)
        rig.render(tone)
        head = rig.block.capture_head
        assert head >= 13_000 - INSERT_FRAMES - rig.block.snapshot().main_latency
        for sum_ in kept(rig, 2000, head):
            assert sum_.min() > 0.1
            assert np.abs(np.diff(sum_)).max() <= 0.25 / FADE_FRAMES * 1.01
            assert (sum_[[0, -1]] == 0.25).all()


def test_nothing_old_is_left_where_a_shorter_insert_lets_the_sums_step_forward(rig: Rig) -> None:
    with rig:
        rig.set("/strip/1/insert/on", 1.0)
        size = rig.block.capture_frames
        rig.render(np.full((STRIPS, size + 5000), 0.25, np.float32))
        rig.set(f"/strip/{PLAIN + 1}/mute", 1.0)
        rig.set("/strip/1/insert/on", 0.0)
        rig.render(np.full((STRIPS, 4000), 0.25, np.float32))
        start = size + 9000
        rig.ask(Operation.RECORD, 1)
        rig.render(np.full((STRIPS, 1000), 0.25, np.float32))
        head = rig.block.capture_head
        assert head == start + 1000 - late(rig)
        for sum_ in kept(rig, start - 2000, head):
            assert not sum_.any()


@pytest.mark.parametrize("is_on", [0.0, 1.0])
def test_a_device_that_is_lost_leaves_exact_silence_and_all_that_came_before_it(rig: Rig, is_on: float) -> None:
    with rig:
        rig.set("/strip/1/insert/on", is_on)
        before, after = song(5000), song(3000, 6)
        rig.render(before)
        run_a_while(rig)
        (gap,) = rig.block.gaps()
        again = rig.block.snapshot().frame
        rig.render(after)
        head = rig.block.capture_head
        assert gap.start == 5000
        assert head == again + 3000 - late(rig)
        bus, left = kept(rig, 0, head)
        whole = 5000 - rig.block.snapshot().strip_latency  # the rest was in the cables to the insert
        for sum_ in (bus, left):
            assert (sum_[:whole] == before[PLAIN, :whole]).all()
            assert not sum_[5000 : gap.start + gap.frames].any()
            assert (sum_[again:] == after[PLAIN, : head - again]).all()


def test_an_engine_that_is_killed_takes_nothing_of_main_with_it(rig: Rig) -> None:
    with rig:
        before, after = song(5000), song(3000, 6)
        rig.render(before)
        rig.restart_engine()
        run_a_while(rig)
        (gap,) = rig.block.gaps()
        assert gap == Gap(5000, gap.frames, "engine restarted")
        again = rig.block.snapshot().frame
        rig.render(after)
        _, left = kept(rig, 0, rig.block.capture_head)
        assert (left[:5000] == before[PLAIN]).all()
        assert not left[5000:again].any()
        assert (left[again + 481 :] == after[PLAIN, 481 : len(left) - again]).all()  # faders ramp up


def test_what_an_engine_that_was_killed_did_not_limit_is_replaced_by_what_comes_out_of_the_limiter(rig: Rig) -> None:
    with rig:
        loud = 8.0 * song(5000)
        played = rig.render(loud)
        rig_late = rig.block.snapshot().main_latency
        head = rig.block.capture_head
        (left,) = kept(rig, 0, head)[1:]
        assert np.abs(loud[PLAIN]).max() > 1.9
        assert np.abs(left).max() < 1.0
        assert (left == played[0, rig_late:]).all()


@pytest.mark.parametrize("delay_ms", [10.0, 400.0])
def test_a_delay_hears_silence_where_nobody_played_and_nothing_older(rig: Rig, delay_ms: float) -> None:
    with rig:
        rig.set(f"/strip/{PLAIN + 1}/delay", delay_ms)
        rig.set(f"/strip/{PLAIN + 1}/delay/on", 1.0)
        delay = round(delay_ms * 48)
        frames = 150_000  # round the delay's ring, so that there is something old in it
        before = song(frames)
        rig.render(before)
        run_a_while(rig)
        again = rig.block.snapshot().frame
        heard = rig.render(np.zeros((STRIPS, delay), np.float32))[2]
        tail = before[PLAIN, again - delay :]  # what was on its way
        assert (heard[: len(tail)] == tail).all()
        assert not heard[len(tail) :].any()


def test_a_strip_that_plays_a_bus_does_not_wait_for_the_insert_twice() -> None:
    with Rig.make(STRIPS, 2) as rig:
        rig.set("/strip/1/insert/latency", float(INSERT_FRAMES))
        rig.set("/strip/1/insert/on", 1.0)
        rig.set("/strip/1/mute", 1.0)
        rig.set("/strip/2/source", BUS_1_SOURCE)
        rig.set("/strip/3/send/1/level", 0.0)
        rig.set("/strip/2/send/2/level", 0.0)
        rig.set("/strip/2/send/2/tap", 2.0)  # from before its equaliser, too
        impulse = np.zeros((STRIPS, 4000), np.float32)
        impulse[2, 1000] = 0.5
        heard = rig.render(impulse)
        for output in (2, 3):  # bus 1, of strip 3; bus 2, of strip 2, of bus 1
            assert np.flatnonzero(heard[output]).tolist() == [1000 + INSERT_FRAMES]


def test_a_strip_that_plays_the_click_is_in_time_with_the_tape_behind_an_insert() -> None:
    with Rig.make(STRIPS, 2) as rig:
        rig.set("/strip/1/insert/latency", float(INSERT_FRAMES))
        rig.set("/strip/1/insert/on", 1.0)
        rig.set("/strip/2/source", CLICK_SOURCE)
        rig.set("/strip/2/send/2/level", 0.0)
        rig.set("/click/on", 1.0)
        rig.set("/click/bus/1", 1.0)
        rig.ask(Operation.PLAY)
        straight, through = rig.render(np.zeros((STRIPS, 30_000), np.float32))[2:4]
        beats = np.flatnonzero(np.abs(straight) > 0.05)
        assert beats[0] == pytest.approx(INSERT_FRAMES, abs=48)
        assert (through[2000:] == straight[2000:]).all()
        assert np.abs(straight[2000:]).max() > 0.05


def test_a_strip_that_plays_a_bus_plays_its_tape_beside_the_inputs() -> None:
    with Rig.make(STRIPS, 2) as rig:
        rig.set("/strip/1/insert/latency", float(INSERT_FRAMES))
        rig.set("/strip/1/insert/on", 1.0)
        rig.set("/strip/2/source", BUS_1_SOURCE)
        rig.set("/strip/2/send/2/level", 0.0)
        tape = song(8000)[0]
        Tape(rig).cue({1: tape})
        rig.ask(Operation.PLAY)
        heard = rig.render(np.zeros((STRIPS, 8000), np.float32))[3]
        assert (heard[3000:] == tape[3000 - INSERT_FRAMES : 8000 - INSERT_FRAMES]).all()
