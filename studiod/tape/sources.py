"""What playback reads: the stretches that are heard, out of files kept open, many frames at once."""

import contextlib
import os
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from studiod.link.covering import Covered
from studiod.link.playlist import Region
from studiod.tape._tape import unweave
from studiod.tape.wavfile import NotAWav, WavFormat, read_format

MAX_OPEN = 256  # file descriptors kept; more files than that do not play at once
_CACHE_BYTES = 1 << 16  # interleaved samples are taken apart in pieces that stay in a processor's second cache


def heard(regions: Iterable[Region]) -> tuple[Region, ...]:
    """What is heard of `regions`, lower before upper: of a strip the topmost that covers, and what mixes above it.

    To be laid down in this order: first what covers, of which no two of a strip overlap, then what is added to that,
    the lower before the upper: sums come out the same to the bit however the music is cut in pieces. Otherwise sorted
    by file, so that what lies in one file is read together. What is covered is never read: twenty takes of a song cost
    the disk as much as one.
    """
    by_strip: dict[int, list[Region]] = {}
    for region in regions:
        by_strip.setdefault(region.strip, []).append(region)
    found = [piece for own in by_strip.values() for piece in _uncovered(own)]
    found.sort(key=lambda each: (each[0], each[1].file, each[1].channel, each[1].position))
    return tuple(piece for _, piece in found)


def _uncovered(regions: list[Region]) -> list[tuple[int, Region]]:
    """What is heard of the regions of one strip, each with the sums it waits for: 0 of what covers."""
    found: list[tuple[int, Region]] = []
    covered = Covered()
    for depth, region in reversed(list(enumerate(regions, 1))):
        turn = depth if region.mixes else 0
        start, end = region.position, region.position + region.frames
        found += [(turn, _part(region, *hole)) for hole in covered.holes(start, end)]
        if not region.mixes:
            covered.add(start, end)
    return found


def _part(region: Region, start: int, end: int) -> Region:
    return replace(region, offset=region.offset + start - region.position, position=start, frames=end - start)


class Samples(NamedTuple):
    """Packed samples of one channel: little-endian; bits 16, 24, or 32 = float."""

    packed: bytes | memoryview
    frames: int
    bits: int


@dataclass(slots=True)
class _File:
    fd: int
    form: WavFormat
    identity: tuple[int, ...]
    is_proven: bool = True
    """It is what its path names, as far as anyone has said."""
    held: tuple[int, int] = (0, 0)
    """First frame and number of frames that `apart` holds."""
    apart: bytearray = field(default_factory=bytearray)
    """Of a polyphonic file what was read last, channel by channel."""


class Sources:
    """The files of the playlists. Nothing raises: a file that cannot play is silent, and `faults` says why."""

    def __init__(self, rate_hz: int) -> None:
        self.faults: dict[str, str] = {}
        """Path -> why it does not play."""
        self.opened = 0
        """Files opened ever."""
        self._rate_hz = rate_hz
        self._files: OrderedDict[Path, _File] = OrderedDict()

    def renew(self, wanted: Collection[Path]) -> None:
        """Another playlist: let go what is not `wanted`; what is stays open, if it still is what its path names."""
        self.faults = {}
        for path in [path for path in self._files if path not in wanted]:
            self._close(path)
        for file in self._files.values():
            file.is_proven = False

    def close(self) -> None:
        """Let all files go; may be called twice."""
        for path in list(self._files):
            self._close(path)

    def read(self, region: Region, at: int, frames: int) -> tuple[int, Samples] | None:
        """What `region` has of the `frames` at position `at`: where that begins, and its samples. None: nothing."""
        start, end = max(at, region.position), min(at + frames, region.position + region.frames)
        if start >= end:
            return None
        file = self._file(region.file)
        if file is None:
            return None
        if not 0 <= region.channel < file.form.channels:
            self.faults[str(region.file)] = f"{region.file}: has no channel {region.channel + 1}; the strip is silent"
            return None
        first = region.offset + start - region.position
        try:
            if file.form.channels == 1:
                samples = _read_mono(file, first, end - start)
            else:
                samples = _read_channel(file, region.channel, first, end - start, (first - start + at, frames))
        except OSError as fault:
            self.faults[str(region.file)] = f"{region.file}: {fault.strerror}; the strip is silent there"
            return None
        return (start, samples) if samples.frames else None

    def _file(self, path: Path) -> _File | None:
        found = self._files.get(path)
        if found is not None and not found.is_proven:
            found.is_proven = _identity(path) == found.identity
            if not found.is_proven:
                self._close(path)
                found = None
        if found is not None:
            self._files.move_to_end(path)
            return found
        if str(path) in self.faults:
            return None
        try:
            found = self._open(path)
        except (OSError, NotAWav) as fault:
            self.faults[str(path)] = f"{fault}; the strip is silent there"
            return None
        self._files[path] = found
        if len(self._files) > MAX_OPEN:
            self._close(next(iter(self._files)))
        return found

    def _open(self, path: Path) -> _File:
        form = read_format(path)
        if form.rate_hz != self._rate_hz:
            raise NotAWav(f"{path}: is at {form.rate_hz} Hz; what is at {self._rate_hz} Hz plays (studiod import)")
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        with contextlib.suppress(OSError):
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)  # the kernel reads twice as far ahead
        self.opened += 1
        return _File(fd, form, _identity(path))

    def _close(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            os.close(self._files.pop(path).fd)


def _identity(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _read_mono(file: _File, first: int, frames: int) -> Samples:
    form = file.form
    packed = os.pread(file.fd, frames * form.width, form.data_at + first * form.width)
    return Samples(packed, len(packed) // form.width, form.bits)


def _read_channel(file: _File, channel: int, first: int, frames: int, around: tuple[int, int]) -> Samples:
    """One channel; `around` (first frame, frames) is what other strips will ask for, and is read with it."""
    form = file.form
    held, count = file.held
    if not held <= first < first + frames <= held + count:
        begin = max(around[0], 0)
        _take_apart(file, begin, around[0] + around[1] - begin)
        held, count = file.held
    whole = max(min(frames, held + count - first), 0)
    width = form.bits // 8
    at = (channel * count + first - held) * width
    return Samples(memoryview(file.apart)[at : at + whole * width], whole, form.bits)


def _take_apart(file: _File, first: int, frames: int) -> None:
    """Read every channel of those frames into `file.apart`."""
    form = file.form
    width = form.bits // 8
    file.held = (0, 0)
    woven = memoryview(os.pread(file.fd, frames * form.width, form.data_at + first * form.width))
    count = len(woven) // form.width
    if len(file.apart) != count * form.width:
        file.apart = bytearray(count * form.width)
    out = memoryview(file.apart)
    step = max(_CACHE_BYTES // form.width, 1)
    for at in range(0, count, step):
        piece = min(step, count - at)
        here = woven[at * form.width : (at + piece) * form.width]
        for channel in range(form.channels):
            to = (channel * count + at) * width
            unweave(here, piece, width, channel, form.channels, out[to : to + piece * width])
    file.held = (first, count)
