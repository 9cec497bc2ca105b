"""The power is cut while the black box writes: what is left of its chunk is what was played, sample by sample."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studiod.tape.blackbox_chunk import ChunkWriter
from studiod.tape.blackbox_index import Chunk, read_index
from tests.chaos.powercut import NoPowerCut, PluggedDisk, plugged_disk
from tests.fakes.blackbox_rig import RATE_HZ, BlackBoxRig, counts_in, kill, numbered
from tests.fakes.desk_rig import Rig, Samples

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

AFTER = "after the cut"
LOSS_S = 7


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[PluggedDisk]:
    """A disk that can be cut off (root, loop devices, XFS; skipped elsewhere)."""
    try:
        with plugged_disk(tmp_path / "power") as plugged:
            yield plugged
    except NoPowerCut as why:
        pytest.skip(str(why))


def left_on(disk: PluggedDisk, image: Path, silent_from: int) -> list[Chunk]:
    """What is held of the library on `image`; every frame of it is what was played."""
    with disk.after(image) as folder:
        chunks = [chunk for run in read_index(folder / "library" / ".blackbox", AFTER) for chunk in run.chunks]
        for chunk in chunks:
            assert chunk.gaps == []
            frames = np.arange(chunk.first_frame, chunk.end)
            for channel in chunk.inputs:
                wanted = np.where(frames < silent_from, frames + 1000 * channel, 0)
                assert np.array_equal(counts_in(chunk.path(channel)), wanted)
    return chunks


def test_a_power_cut_costs_the_last_seconds_and_no_more(disk: PluggedDisk) -> None:
    with Rig.make(strips=2, buses=0, ring_s=5.0) as rig:
        studio = BlackBoxRig(rig, disk.folder / "library", chunk_s=60.0)
        studio.box.start()
        cuts = []
        for seconds in (3, 3, 3, 3):
            studio.play(seconds * RATE_HZ)
            cuts.append((studio.head, disk.cut()))
        studio.box.stop()
    for head, image in cuts:
        held = sum(chunk.frames for chunk in left_on(disk, image, head))
        assert head - held <= LOSS_S * RATE_HZ


def test_silence_that_makes_a_file_longer_than_its_sound_is_no_sound(disk: PluggedDisk) -> None:
    def sound(channels: int, start: int, frames: int) -> Samples:
        made = numbered(channels, start, frames)
        made[:, max(3 * RATE_HZ - start, 0) :] = 0.0
        return made

    with Rig.make(strips=2, buses=0, ring_s=5.0) as rig:
        studio = BlackBoxRig(rig, disk.folder / "library", sound=sound)
        studio.box.start()
        kill(studio.box)
        (run,) = studio.box.shelf.runs
        studio.play(4 * RATE_HZ, turns=False)
        writer = ChunkWriter(rig.block, run.folder / "000000-000000000000000", 0, 0, RATE_HZ, [0, 1])
        writer.open(0.0, is_synchronised=False)
        while writer.end < RATE_HZ:
            writer.write(RATE_HZ)
        writer.sync()
        while writer.end < 4 * RATE_HZ - RATE_HZ // 10:
            writer.write(4 * RATE_HZ - RATE_HZ // 10)
        with (disk.folder / "another").open("wb") as other:  # whoever makes anything durable takes all lengths along
            other.write(b"x")
            other.flush()
            os.fsync(other.fileno())
        image = disk.cut()
        writer.let_go()
    (chunk,) = left_on(disk, image, 3 * RATE_HZ)
    assert chunk.frames == RATE_HZ
