"""What the desk asks takes effect at its frame, in its order, and is answered."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.link import MeterLayout, Operation, TakeFrames
from studiod.model.transport import TransportState
from tests.fakes.desk_rig import Rig, Samples

RAMP_FRAMES = 480  # 10 ms at 48 kHz
CONTROL_SLOTS = 4096


BUS = 2  # output of bus 1, which nothing looks ahead of


def one_strip() -> Rig:
    """A strip that is heard on bus 1 as it is."""
    rig = Rig.make(1, 1)
    rig.set("/strip/1/send/1/level", 0.0)
    return rig


def ones(rig: Rig, frames: int, level: float = 0.5) -> Samples:
    return np.full((rig.block.inputs, frames), level, np.float32)


def rendered(rig: Rig, frames: int) -> Samples:
    return rig.render(ones(rig, frames))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 1024))
def test_a_value_takes_hold_at_its_frame_and_no_sooner(frame: int, block: int) -> None:
    with one_strip() as rig:
        _ = rig.engine
        rig.set("/strip/1/mute", 1.0, at_frame=frame)
        left = rig.render(ones(rig, 4000), [block])[BUS]
        assert len(set(left[:frame].tolist())) == 1
        assert left[frame] < left[frame - 1]


def test_a_value_without_a_frame_takes_hold_at_once() -> None:
    with one_strip() as rig:
        before = rendered(rig, 64)[BUS]
        rig.set("/strip/1/mute", 1.0)
        assert rendered(rig, 64)[BUS, 0] < before[-1]


def test_a_ramp_arrives_exactly_and_in_its_time() -> None:
    with one_strip() as rig:
        rendered(rig, 64)
        rig.set("/strip/1/fader", -6.0)
        left = rendered(rig, 2 * RAMP_FRAMES)[BUS]
        rig.set("/strip/1/fader", 0.0)
        back = rendered(rig, 2 * RAMP_FRAMES)[BUS]
        assert len(set(left[RAMP_FRAMES + 2 :].tolist())) == 1
        assert left[RAMP_FRAMES - 2] != left[-1]
        assert back[-1] == np.float32(0.5)


def test_a_full_control_ring_takes_nothing_more_and_loses_nothing() -> None:
    with one_strip() as rig:
        _ = rig.engine
        slot = rig.registry.slot("/strip/1/fader")
        pushed = 0
        while rig.block.push_control(Operation.SET, slot, 1.0 - pushed / 8192, 0, 0):
            pushed += 1
        rendered(rig, 2 * RAMP_FRAMES)
        assert pushed == CONTROL_SLOTS
        assert rendered(rig, 1)[BUS, 0] == pytest.approx(0.5 * (1.0 - (pushed - 1) / 8192), rel=1e-6)
        assert rig.block.push_control(Operation.SET, slot, 1.0, 0, 0)


@pytest.mark.parametrize(
    ("operation", "slot", "value"),
    [(Operation.PLAY, 0, 0.0), (Operation.STOP, 0, 0.0), (Operation.RECORD, 7, 0.0), (Operation.LOCATE, 3, 480000.0)],
)
def test_every_command_is_answered_with_the_frame_it_took_effect(operation: Operation, slot: int, value: float) -> None:
    with one_strip() as rig:
        seq = rig.ask(operation, slot, value, at_frame=777)
        rendered(rig, 1000)
        assert rig.block.pop_answer() == (operation, slot, value, 777, seq)
        assert rig.block.pop_answer() is None
        assert rig.block.snapshot().applied_seq == seq


def test_values_are_not_answered() -> None:
    with one_strip() as rig:
        _ = rig.engine
        rig.set("/strip/1/fader", -3.0)
        rendered(rig, 64)
        assert rig.block.pop_answer() is None


def test_a_take_knows_its_first_frame_and_the_frame_after_its_last() -> None:
    with one_strip() as rig:
        rig.ask(Operation.LOCATE, 1, 96000.0)
        rig.ask(Operation.RECORD, 5, at_frame=333)
        rendered(rig, 1000)
        running = rig.block.snapshot()
        rig.ask(Operation.STOP, at_frame=1777)
        rendered(rig, 1000)
        stopped = rig.block.snapshot()
        assert (running.state, running.take_id, running.takes) == (
            TransportState.RECORDING,
            5,
            (TakeFrames(5, 333, None, 96000),),
        )
        assert (stopped.state, stopped.takes) == (TransportState.STOPPED, (TakeFrames(5, 333, 1777, 96000),))


def test_a_take_that_follows_another_ends_it_without_a_gap() -> None:
    with one_strip() as rig:
        rig.ask(Operation.RECORD, 1, at_frame=100)
        rig.ask(Operation.RECORD, 2, at_frame=500)
        rig.ask(Operation.PLAY, at_frame=900)
        rendered(rig, 1000)
        told = rig.block.snapshot()
        assert told.takes == (TakeFrames(1, 100, 500, 0), TakeFrames(2, 500, 900, 400))
        assert told.state == TransportState.PLAYING


def test_only_the_last_takes_are_remembered() -> None:
    with one_strip() as rig:
        for take in range(11, 151):  # numbers that imports took before are not in the way
            rig.ask(Operation.RECORD, take)
            rendered(rig, 64)
        told = rig.block.snapshot()
        assert [take.id for take in told.takes] == list(range(151 - 128, 151))
        assert told.takes_begun == 140


def test_takes_far_apart_in_number_are_all_remembered() -> None:
    with one_strip() as rig:
        for take in (1, 129, 257):
            rig.ask(Operation.RECORD, take)
            rendered(rig, 64)
        assert [take.id for take in rig.block.snapshot().takes] == [1, 129, 257]


def test_the_position_runs_with_the_transport_and_rests_without() -> None:
    with one_strip() as rig:
        rig.ask(Operation.LOCATE, 4, -4800.0)
        rig.ask(Operation.PLAY, at_frame=100)
        rig.ask(Operation.STOP, at_frame=1100)
        rendered(rig, 2000)
        told = rig.block.snapshot()
        assert (told.position, told.frame, told.generation) == (-3800, 2000, 4)


def test_loudness_that_is_switched_off_shows_nothing_and_begins_anew_when_it_is_on() -> None:
    second = 48_000
    tone = 0.5 * np.sin(2 * np.pi * 997 / 48_000 * np.arange(second, dtype=np.float64))[None, :].astype(np.float32)
    with one_strip() as rig:
        at = MeterLayout(1, 1, 0).loudness

        def readings() -> tuple[float, ...]:
            """Momentary and integrated mean squares, true peak; after another second of the tone."""
            rig.render(tone)
            rig.render(tone[:, :1])  # a block later the desk is told
            told = rig.block.snapshot().meters
            return told[at], told[at + 2], told[at + 4]

        measured = readings()
        assert min(measured) > 0.01
        rig.set("/loudness/on", 0.0)
        assert readings() == (0.0, 0.0, 0.0)
        rig.render(np.zeros_like(tone))  # or it would begin amid a wave
        rig.set("/loudness/on", 1.0)
        assert readings() == pytest.approx(measured, rel=1e-3)


@pytest.mark.parametrize("nonsense", [float("nan"), float("inf"), -float("inf"), 1e30])
def test_a_gain_that_is_no_number_is_not_obeyed(nonsense: float) -> None:
    with one_strip() as rig:
        before = rendered(rig, 64)[BUS, -1]
        for slot in range(rig.block.numbers):
            rig.block.push_control(Operation.SET, slot, nonsense, 0, 0)
        rig.block.push_control(Operation.SET, rig.block.numbers, 0.0, 0, 0)
        rig.block.push_control(99, 0, 0.0, 0, 0)  # an operation of another version
        assert (rendered(rig, 2000)[BUS] == before).all()
