"""What was played before Record is in the take, hidden: as much as is wanted, and as the rings still hold."""

import json
from pathlib import Path

import numpy as np
import pytest

from studiod.link import Operation, TakeFrames
from studiod.link.order import TakeOrder, TrackOrder
from studiod.tape import TapeMachine, TapeOptions
from studiod.tape.capture import TakeWriter
from studiod.tape.takefiles import WriterOptions
from tests.fakes.desk_rig import Rig, Samples
from tests.fakes.tape_take import TakeOnDisk

RATE_HZ = 48000


def ramp(channels: int, frames: int, start: int = 0) -> Samples:
    """Each channel counts frames in 24-bit steps; channel c begins 1000 c higher."""
    counts = np.arange(start, start + frames)[None, :] + 1000 * np.arange(channels)[:, None]
    return (counts / (1 << 23)).astype(np.float32)


def order(folder: Path, channels: int, bits: int = 24) -> TakeOrder:
    tracks = tuple(TrackOrder(n, f"strip-{n + 1:02d}.wav", n, f"Strip {n + 1}") for n in range(channels))
    return TakeOrder(1, folder, bits, tracks, "anna", "ben")


@pytest.mark.parametrize("is_polyphonic", [False, True])
def test_a_take_begins_before_record_and_counts_from_record(tmp_path: Path, *, is_polyphonic: bool) -> None:
    options = WriterOptions(pre_frames=60_000, is_polyphonic=is_polyphonic)
    with Rig.make(strips=3, buses=0, ring_s=3.0) as rig:
        rig.render(ramp(3, 100_001))
        take = TakeFrames(1, 80_000, None, 0)
        writer = TakeWriter(rig.block, order(tmp_path / "0001", 3), take, RATE_HZ, options)
        writer.open()
        assert json.loads((tmp_path / "0001" / "take.json").read_text())["state"] == "recording"
        writer.advance(100_000)
        writer.sync()
        assert writer.visible == 20_000
        writer.take = TakeFrames(1, 80_000, 100_000, 0)
        writer.close()
    taken = TakeOnDisk(tmp_path / "0001")
    assert (taken.about["frames"], taken.about["pre_frames"], taken.about["start_frame"]) == (20_000, 60_000, 80_000)
    assert [part["start"] for part in taken.about["tracks"][2]["parts"]] == [-60_000]
    assert [track["channel"] for track in taken.about["tracks"]] == ([0, 1, 2] if is_polyphonic else [0, 0, 0])
    taken.assert_true()


def test_no_more_is_hidden_than_was_played_or_the_rings_hold_for_certain(tmp_path: Path) -> None:
    wanted = WriterOptions(pre_frames=10 * RATE_HZ)
    with Rig.make(strips=1, buses=0, ring_s=1.0) as rig:
        rig.render(ramp(1, 20_000))
        early = TakeWriter(rig.block, order(tmp_path / "0001", 1), TakeFrames(1, 5000, None, 0), RATE_HZ, wanted)
        early.open()
        early.let_go()
        assert early.paper.pre_frames == 5000
        held = rig.block.capture_frames
        rig.render(ramp(1, 4 * held, 20_000))
        head = rig.block.capture_head
        late = TakeWriter(rig.block, order(tmp_path / "0002", 1), TakeFrames(1, head, None, 0), RATE_HZ, wanted)
        late.open()
        assert held // 2 < late.paper.pre_frames < held
        late.advance(head)
        late.close()
        assert late.gaps == []
    TakeOnDisk(tmp_path / "0002").assert_true()


def test_a_gap_before_record_is_told_below_zero_and_leaves_the_take_good(tmp_path: Path) -> None:
    with Rig.make(strips=1, buses=0, ring_s=3.0) as rig:
        rig.render(ramp(1, 20_000))
        rig.engine.skip(700, 2)
        rig.render(ramp(1, 1000, rig.block.snapshot().frame))
        (gap,) = rig.block.gaps()
        start = gap.start + gap.frames + 500
        stop = rig.block.capture_head
        writer = TakeWriter(
            rig.block, order(tmp_path / "0001", 1), TakeFrames(1, start, stop, 0), RATE_HZ, WriterOptions(start)
        )
        writer.open()
        writer.advance(stop)
        writer.close()
    about = TakeOnDisk(tmp_path / "0001").about
    assert about["gaps"] == [{"start": gap.start - start, "frames": gap.frames, "cause": "device lost"}]
    assert about["state"] == "good"


def test_a_gap_after_record_makes_the_take_damaged(tmp_path: Path) -> None:
    with Rig.make(strips=1, buses=0, ring_s=3.0) as rig:
        rig.render(ramp(1, 20_000))
        rig.engine.skip(700, 2)
        rig.render(ramp(1, 1000, rig.block.snapshot().frame))
        stop = rig.block.capture_head
        writer = TakeWriter(rig.block, order(tmp_path / "0001", 1), TakeFrames(1, 100, stop, 0), RATE_HZ)
        writer.open()
        writer.advance(stop)
        writer.close()
    assert TakeOnDisk(tmp_path / "0001").about["state"] == "damaged"


def test_the_machine_catches_up_with_what_came_before_a_piece_at_a_time(tmp_path: Path) -> None:
    now = [0.0]
    with Rig.make(strips=2, buses=0, ring_s=20.0) as rig:
        options = TapeOptions(pre_record_s=10.0)
        machine = TapeMachine(rig.block, tmp_path, RATE_HZ, 0.25, lambda: now[0], list, options)
        machine.start()
        rig.block.store_order(1, order(tmp_path / "takes" / "0001", 2).to_json())
        rig.render(ramp(2, 12 * RATE_HZ))
        rig.ask(Operation.RECORD, slot=1)
        rig.render(ramp(2, 4800, 12 * RATE_HZ))
        turns = 0
        while not turns or machine.pause_s == 0.0:
            machine.turn()
            turns += 1
            assert machine.writer is not None
            assert machine.writer.synced == machine.writer.written, "each piece is durable before the next"
        assert turns >= 4
        rig.ask(Operation.STOP)
        for turn in range(20):
            rig.render(ramp(2, 4800, 12 * RATE_HZ + 4800 * (turn + 1)))
            now[0] += 0.1
            machine.turn()
        status = machine.status()
        machine.stop()
    taken = TakeOnDisk(tmp_path / "takes" / "0001")
    assert (taken.about["frames"], taken.about["pre_frames"]) == (4800, 10 * RATE_HZ)
    assert (taken.about["recorded_by"], taken.about["stopped_by"]) == ("anna", "ben")
    assert status["finished"] == 1
    taken.assert_true()
