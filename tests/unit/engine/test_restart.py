"""A killed engine's successor stands where it stood, and the time between is a gap: marked, exact, silent."""

import time

import numpy as np
import pytest

from studiod.engine import Engine, engine_targets
from studiod.link import Operation, TakeFrames
from studiod.model.transport import TransportState
from tests.fakes.desk_rig import Rig, Samples
from tests.helpers import eventually

FRAMES = 2000


def ones(rig: Rig, frames: int = FRAMES) -> Samples:
    return np.full((rig.block.inputs, frames), 0.25, np.float32)


def run_a_while(rig: Rig) -> None:
    """Turned by its own clock, a millisecond after it was last heard, until it has played at least a block."""
    silent_since = rig.block.snapshot().monotonic_ns
    eventually(lambda: time.monotonic_ns() > silent_since + 1_000_000)
    rig.engine.start_internal()
    started = rig.block.snapshot().blocks
    eventually(lambda: rig.block.snapshot().blocks > started)
    rig.engine.stop()


def test_the_mix_comes_back_from_the_block() -> None:
    with Rig.make(2, 1) as rig:
        rig.set("/strip/1/fader", -6.0)
        rig.set("/strip/1/pan", -1.0)
        rig.set("/strip/2/mute", 1.0)
        before = rig.render(ones(rig))
        rig.set("/strip/1/fader", -9.0)  # in the block, and on its way in the ring
        rig.restart_engine()
        rig.render(ones(rig))
        after = rig.render(ones(rig))
        assert after[0, -1] == pytest.approx(0.25 * 10 ** (-9 / 20), rel=1e-6)
        assert before[0, -1] == pytest.approx(0.25 * 10 ** (-6 / 20), rel=1e-6)


def test_outputs_ramp_up_after_a_restart() -> None:
    with Rig.make(1, 1, resting=False) as rig:
        rig.render(ones(rig))
        rig.restart_engine()
        late = rig.block.snapshot().main_latency
        left = rig.render(ones(rig))[0]
        assert (left[:late] == 0.0).all()
        assert left[late] < 1e-3
        assert (np.diff(left) >= 0.0).all()
        assert np.abs(np.diff(left)).max() < 0.01
        assert left[-1] == pytest.approx(0.25 * np.sqrt(0.5), rel=1e-6)


def test_the_clock_the_take_and_the_counters_go_on() -> None:
    with Rig.make(1, 1) as rig:
        rig.ask(Operation.LOCATE, 3, 500.0)
        rig.ask(Operation.RECORD, 4, at_frame=100)
        nan = ones(rig)
        nan[0, 7] = np.nan
        rig.render(nan)
        before = rig.block.snapshot()
        rig.restart_engine()
        rig.render(ones(rig))
        after = rig.block.snapshot()
        assert (after.epoch, after.frame, after.position) == (2, 2 * FRAMES, 500 + 2 * FRAMES - 100)
        assert (after.state, after.generation) == (TransportState.RECORDING, 3)
        assert after.takes == (TakeFrames(4, 100, None, 500),)
        assert (before.bad_samples, after.bad_samples) == (1, 1)
        assert after.blocks == 2 * before.blocks


def test_the_snapshot_outlives_the_engine_that_told_it() -> None:
    with Rig.make(1, 1) as rig:
        rig.render(ones(rig))
        before = rig.block.snapshot()
        rig._engine = None  # noqa: SLF001 - it dies here, and no other is made
        assert rig.block.snapshot() == before


def test_the_time_without_an_engine_is_one_marked_gap_of_exact_silence() -> None:
    with Rig.make(1, 1) as rig:
        rig.ask(Operation.RECORD, 1)
        rig.render(ones(rig))
        died = rig.block.snapshot()
        rig.restart_engine()
        run_a_while(rig)
        told = rig.block.snapshot()
        (gap,) = rig.block.gaps()
        assert (gap.start, gap.cause) == (FRAMES, "engine restarted")
        assert gap.frames >= 48
        assert (rig.captured(0, gap.start, gap.frames) == 0.0).all()
        assert told.frame == rig.block.capture_head + told.main_latency
        assert told.position == died.position + told.frame - died.frame
        assert (told.frame - FRAMES - gap.frames) % rig.block.block_frames == 0


def test_the_gap_is_as_long_as_the_clock_says() -> None:
    with Rig.make(1, 1) as rig:
        rig.engine.start_virtual("counter", 120.0, 1, 2)
        eventually(lambda: rig.block.snapshot().blocks > 2)
        rig.restart_engine()
        rig.engine.start_virtual("counter", 120.0, 1, 2)
        start = rig.block.snapshot().blocks
        eventually(lambda: rig.block.snapshot().blocks > start + 2)
        rig.engine.stop()
        told = rig.block.snapshot()
        clock_frames = (told.monotonic_ns - told.anchor_ns) * 48_000 / 1e9
        assert abs(clock_frames - told.frame) < 48_000 / 4  # a busy machine may be late, not wrong by more
        for gap in rig.block.gaps():
            assert (rig.captured(0, gap.start, gap.frames) == 0.0).all()
        head = rig.block.capture_head
        last = rig.captured(0, head - 1024, 1024)
        assert (last == (np.arange(head - 1024, head) % (1 << 23)) / np.float32(1 << 23)).all()


def test_gaps_that_are_asked_for_from_a_number_on_are_the_later_ones() -> None:
    with Rig.make(1, 1) as rig:
        for _ in range(3):
            rig.render(ones(rig))
            rig.restart_engine()
            run_a_while(rig)
        assert rig.block.gap_count == 3
        assert rig.block.gaps(1) == rig.block.gaps()[1:]
        assert rig.block.gaps(3) == []


def test_a_layout_that_does_not_fit_the_block_is_refused() -> None:
    with Rig.make(2, 1) as rig:
        targets = engine_targets(rig.registry)
        with pytest.raises(ValueError, match=f"{len(targets) - 1} numbers"):
            Engine(rig.block, targets[1:], [0, 1], [2], (0, 1))
        with pytest.raises(ValueError, match="1 strips"):
            Engine(rig.block, targets, [0], [2], (0, 1))
        with pytest.raises(ValueError, match="no such control"):
            Engine(rig.block, [(1, 160, 0), *targets[1:]], [0, 1], [2], (0, 1))
        with pytest.raises(ValueError, match="this processor has no z80; it has "):
            Engine(rig.block, targets, [0, 1], [2], (0, 1), "z80")


def test_more_strips_than_there_is_room_for_are_refused() -> None:
    with (
        Rig.make(129, 1) as rig,
        pytest.raises(ValueError, match="129 strips, 1 buses and 0 matrices; the engine has room for 128"),
    ):
        _ = rig.engine


def test_a_render_by_hand_is_refused_while_a_host_calls() -> None:
    with Rig.make(1, 1) as rig:
        rig.engine.start_internal()
        with pytest.raises(ValueError, match="a host calls this engine"):
            rig.render(ones(rig))
        rig.engine.stop()
        rig.engine.stop()
        rig.render(ones(rig))


def test_arrays_that_do_not_match_are_refused() -> None:
    with Rig.make(1, 1) as rig:
        with pytest.raises(ValueError, match="inputs are 1 x 10, outputs 2 x 9"):
            rig.engine.render(np.zeros((1, 10), np.float32), np.zeros((2, 9), np.float32))
        with pytest.raises(ValueError, match="at least 1 frame"):
            rig.render(ones(rig), [64, 0])
