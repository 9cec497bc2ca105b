"""Pieces of all tracks at once: the files hold what the rings held, whichever way the processor took."""

import errno
import json
import os
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studiod.link import TakeFrames
from studiod.link.order import TakeOrder, TrackOrder
from studiod.tape import PieceWriter, RingView, clip_runs, crc32, make_durable, write_heads
from studiod.tape.capture import TakeWriter
from studiod.tape.takefiles import WriterOptions
from tests.fakes.desk_rig import Rig
from tests.fakes.tape_take import TakeOnDisk

RATE_HZ, INPUTS, PLAYED = 48000, 4, 20_000
HEAD = bytes(range(64))  # what stands before the samples
CLIPS_TOLD = 64


@dataclass(frozen=True)
class Played:
    """A rig whose rings have gone round twice, and every sample that was played to it."""

    rig: Rig
    sound: NDArray[np.float32]

    @property
    def oldest(self) -> int:
        """The first frame that the rings hold."""
        return RingView(self.rig.block).oldest


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    sound = np.random.default_rng(4).uniform(-1.0, 1.0, (INPUTS, PLAYED)).astype(np.float32)
    sound[:, ::37] = 1.0  # at full scale, and beyond: more runs in a piece than are told one by one
    sound[1, ::41] = -1.5
    sound[2, 15_000:15_400] = 1.25
    sound[3, 12_000:16_000] = 0.0
    with Rig.make(strips=INPUTS, buses=0, ring_s=0.15, block_frames=256) as rig:
        rig.render(sound)
        yield Played(rig, sound)


def packed(samples: NDArray[np.float32], bits: int) -> NDArray[np.uint8]:
    """Each sample as the bytes of a WAV file: (samples, bytes)."""
    if bits == 32:
        return samples.astype("<f4").reshape(-1, 1).view(np.uint8)
    scale = float(1 << bits - 1)
    whole = np.rint(np.clip(samples.astype(np.float64) * scale, -scale, scale - 1.0)).astype("<i4")
    return whole.reshape(-1, 1).view(np.uint8)[:, : bits // 8]


@given(
    channels=st.lists(st.integers(0, INPUTS - 1), min_size=1, max_size=5),
    bits=st.sampled_from([16, 24, 32]),
    back=st.integers(0, 7000),
    lengths=st.tuples(st.integers(0, 3000), st.integers(0, 3000)),
    is_polyphonic=st.booleans(),
    is_plain=st.booleans(),
)
def test_files_sums_and_clips_are_those_of_every_track_by_itself(
    played: Played,
    tmp_path_factory: pytest.TempPathFactory,
    channels: list[int],
    bits: int,
    back: int,
    lengths: tuple[int, int],
    *,
    is_polyphonic: bool,
    is_plain: bool,
) -> None:
    frames, silent = lengths
    start = max(PLAYED - frames - back, played.oldest)
    frames, width = min(frames, PLAYED - start), bits // 8
    silent = min(silent, frames)
    folder = tmp_path_factory.mktemp("piece")
    paths = [folder / f"{n}.wav" for n in range(1 if is_polyphonic else len(channels))]
    for path in paths:
        path.write_bytes(HEAD)
    fds = array("i", [os.open(path, os.O_RDWR) for path in paths])
    sums = array("I", range(7, 7 + len(channels)))
    pieces = PieceWriter(played.rig.block, channels, bits, is_plain=is_plain)
    clipped = pieces.write(fds, start, frames, silent, len(HEAD), sums)
    for fd in fds:
        os.close(fd)

    tracks = [packed(played.sound[channel, start : start + frames], bits) for channel in channels]
    for track in tracks:
        track[:silent] = 0
    woven = [np.stack(tracks, axis=1)] if is_polyphonic else tracks
    assert [path.read_bytes() for path in paths] == [HEAD + each.tobytes() for each in woven]
    assert list(sums) == [zlib.crc32(track.tobytes(), 7 + n) for n, track in enumerate(tracks)]
    told = [clip_runs(track.tobytes() or bytes(width), len(track), bits, CLIPS_TOLD) for track in tracks]
    assert clipped == [(n, runs, more) for n, (runs, more) in enumerate(told) if runs]


@given(before=st.integers(0, (1 << 32) - 1), piece=st.binary(max_size=700), is_plain=st.booleans())
def test_a_checksum_is_that_of_zlib(before: int, piece: bytes, *, is_plain: bool) -> None:
    assert crc32(piece, before, is_plain=is_plain) == zlib.crc32(piece, before)


def test_exact_silence_becomes_a_hole_where_it_may(played: Played, tmp_path: Path) -> None:
    path = tmp_path / "sparse.wav"
    fds = array("i", [os.open(path, os.O_RDWR | os.O_CREAT)])
    sums = array("I", [0])
    PieceWriter(played.rig.block, [3], 24).write(fds, 14_000, 2000, 0, 4096, sums, is_sparse=True)
    assert (os.fstat(fds[0]).st_size, os.fstat(fds[0]).st_blocks) == (4096 + 6000, 0)
    assert list(sums) == [zlib.crc32(bytes(6000))]
    os.close(fds[0])


def test_a_piece_that_cannot_be_is_refused_before_anything_is_written(played: Played) -> None:
    block = played.rig.block
    nowhere = array("i", [-1])
    with pytest.raises(ValueError, match="captures"):
        PieceWriter(block, [0, 99], 24)
    with pytest.raises(ValueError, match="20 bits"):
        PieceWriter(block, [0], 20)
    one = PieceWriter(block, [0], 24)
    for frames, silent, sums in ((block.capture_frames + 1, 0, [0]), (10, 11, [0]), (10, 0, [0, 0])):
        with pytest.raises(ValueError, match="1 tracks into 1 files"):
            one.write(nowhere, 0, frames, silent, 0, array("I", sums))
    with pytest.raises(ValueError, match="2 tracks into 3 files"):
        PieceWriter(block, [0, 1], 24).write(array("i", [-1] * 3), 0, 10, 0, 0, array("I", [0, 0]))


def test_a_refusal_has_its_number(played: Played, tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    fd = os.open(tmp_path / "a.wav", os.O_RDONLY)
    fds = array("i", [fd])
    for work in (
        lambda: PieceWriter(played.rig.block, [0], 24).write(fds, PLAYED - 10, 10, 0, 0, array("I", [0])),
        lambda: write_heads(fds, [bytearray(16)]),
        lambda: make_durable(array("i", [fd, -1])),
    ):
        with pytest.raises(OSError, match="Bad file descriptor") as refused:
            work()
        assert refused.value.errno == errno.EBADF
    with pytest.raises(ValueError, match="2 pages for 1 files"):
        write_heads(fds, [bytearray(16), bytearray(16)])
    os.close(fd)


@pytest.mark.parametrize("is_polyphonic", [False, True])
@pytest.mark.parametrize("refusing", range(3))
def test_a_refusal_at_any_track_leaves_sums_and_clips_as_they_were(
    tmp_path: Path, refusing: int, *, is_polyphonic: bool
) -> None:
    counts = np.arange(3 * RATE_HZ)[None, :] + 1000 * np.arange(3)[:, None]
    sound = (counts / (1 << 23)).astype(np.float32)
    sound[:, 30_000:30_010] = 1.0  # before the refusal, and once more in the piece that is refused
    sound[:, 40_000:40_020] = -1.0
    tracks = tuple(TrackOrder(n, f"strip-{n + 1:02d}.wav", n, f"Strip {n + 1}") for n in range(3))
    take = tmp_path / "0001"
    with Rig.make(strips=3, buses=0, ring_s=3.0) as rig:
        second = tmp_path / "second"
        second.mkdir()
        options = WriterOptions(is_polyphonic=is_polyphonic, spare_root=second, spare=second / "0001")
        writer = TakeWriter(
            rig.block, TakeOrder(1, take, 24, tracks, "test"), TakeFrames(1, 0, None, 0), RATE_HZ, options
        )
        writer.open()
        rig.render(sound[:, :35_000])
        writer.advance(rig.block.capture_head)
        writer.sync()
        refused_at = writer.written
        name = "take.wav" if is_polyphonic else f"strip-{refusing + 1:02d}.wav"
        (fd,) = [int(link.name) for link in Path("/proc/self/fd").iterdir() if link.resolve() == take / name]
        full = os.open("/dev/full", os.O_RDWR)
        os.dup2(full, fd)
        os.close(full)
        rig.render(sound[:, 35_000:])
        writer.advance(rig.block.capture_head)
        writer.close()
        frames = writer.written
    about = json.loads((take / "take.json").read_text())
    assert [part["start"] for part in about["tracks"][0]["parts"]] == [0, refused_at]
    clips = sorted((clip["start"], clip["frames"]) for clip in about["clips"])
    assert clips == 3 * [(30_000, 10)] + 3 * [(40_000, 20)]
    on_disk = TakeOnDisk(take)
    held = [on_disk.packed(track) for track in range(3)]
    assert held == [packed(sound[track, :frames], 24).tobytes() for track in range(3)]
    rows = np.frombuffer((take / "checks.crc").read_bytes()[16:], "<u4").reshape(-1, 3)
    seconds = [[zlib.crc32(track[at : at + 3 * RATE_HZ]) for track in held] for at in range(0, 3 * frames, 3 * RATE_HZ)]
    assert rows.tolist() == seconds
