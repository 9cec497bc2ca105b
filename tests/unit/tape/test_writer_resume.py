"""A writer that dies anywhere, in any kind of take, is followed by one that misses nothing and proves it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.link import TakeFrames
from studiod.link.order import TakeOrder, TrackOrder
from studiod.tape.capture import TakeWriter
from studiod.tape.takefiles import WriterOptions
from tests.fakes.desk_rig import Rig, Samples
from tests.fakes.tape_take import TakeOnDisk

RATE_HZ = 48000
START = 30_000


def ramp(frames: int, start: int) -> Samples:
    counts = np.arange(start, start + frames)[None, :] + 1000 * np.arange(3)[:, None]
    return (counts / (1 << 23)).astype(np.float32)


@settings(max_examples=15, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 70_000), min_size=1, max_size=4),
    pre_frames=st.integers(0, START),
    is_polyphonic=st.booleans(),
    moves=st.data(),
)
def test_whatever_died_the_files_and_the_checksums_are_right(
    tmp_path_factory: pytest.TempPathFactory,
    cuts: list[int],
    pre_frames: int,
    is_polyphonic: bool,  # noqa: FBT001 - hypothesis gives it by name
    moves: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("take") / "0001"
    tracks = tuple(TrackOrder(n, f"strip-{n + 1:02d}.wav", n, f"Strip {n + 1}") for n in range(3))
    order = TakeOrder(1, folder, 24, tracks, "test")
    options = WriterOptions(pre_frames, is_polyphonic)
    with Rig.make(strips=3, buses=0, ring_s=8.0) as rig:
        rig.render(ramp(START, 0))
        done = START
        for frames in cuts:
            rig.render(ramp(frames, done))
            done += frames
            writer = TakeWriter(rig.block, order, TakeFrames(1, START, None, 0), RATE_HZ, options)
            writer.open()
            writer.advance(rig.block.capture_head)
            if moves.draw(st.booleans()):
                writer.sync()
            writer.let_go()
        rig.render(ramp(rig.block.snapshot().main_latency, done))  # until the tape may read the last frame
        # what a take is like is what it was begun as, whatever is configured by now
        options = replace(options, pre_frames=7)
        writer = TakeWriter(rig.block, order, TakeFrames(1, START, done, 0), RATE_HZ, options)
        writer.open()
        writer.advance(rig.block.capture_head)
        writer.close()
    taken = TakeOnDisk(folder)
    assert (taken.about["pre_frames"], taken.about["frames"]) == (pre_frames, done - START)
    assert len(taken.files()) == (1 if is_polyphonic else 3)
    first = START - pre_frames
    for track in range(3):
        assert np.array_equal(taken.counts(track), np.arange(first, done) + 1000 * track)
    assert taken.checks() == taken.checks_of_files()


def test_a_take_in_parts_goes_on_in_its_last_part(tmp_path: Path) -> None:
    tracks = tuple(TrackOrder(n, f"strip-{n + 1:02d}.wav", n, f"Strip {n + 1}") for n in range(3))
    order = TakeOrder(1, tmp_path / "first" / "0001", 24, tracks, "test")
    second = tmp_path / "second"
    second.mkdir()
    options = WriterOptions(500, spare_root=second, spare=second / "session" / "takes" / "0001")
    (tmp_path / "first" / "0001").mkdir(parents=True)
    (tmp_path / "first" / "0001" / "strip-02.wav").mkdir()  # a disk that will not have a file there
    with Rig.make(strips=3, buses=0, ring_s=8.0) as rig:
        rig.render(ramp(START + 60_000, 0))
        for stop in (START + 20_000, START + 59_000):
            writer = TakeWriter(rig.block, order, TakeFrames(1, START, stop, 0), RATE_HZ, options)
            writer.open()
            writer.advance(rig.block.capture_head)
            if stop == START + 20_000:
                writer.let_go()
        writer.close()
    taken = TakeOnDisk(tmp_path / "first" / "0001")
    assert taken.about["frames"] == 59_000
    assert {path.parent for path in taken.files()} == {second / "session" / "takes" / "0001"}
    taken.assert_true()
