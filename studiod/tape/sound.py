"""The samples of a take as they lie in its files: every track whole, whatever parts and channels it is in."""

import contextlib
import os
import stat
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from studiod.link.take import Part, TakeDocument
from studiod.tape.proof import CHECKS_VERSION
from studiod.tape.wavfile import DATA_AT

_HEAD = struct.Struct("<4sIII")
_MAGIC = b"SDCK"
_PIECE_FRAMES = 1 << 16


@dataclass(frozen=True, slots=True)
class _Open:
    fd: int
    channels: int
    frames: int
    """Whole frames behind the header page, claimed or not."""


class TakeSound:
    """Reads the tracks of the take that `document` describes and `folder` holds. Close it, or use it in a `with`.

    Frames of a track count from the first there is: from the pre-record on. A file that is not there, or is none, has
    no frames: `faults` says why.
    """

    def __init__(self, folder: Path, document: TakeDocument) -> None:
        self.faults: dict[str, str] = {}
        """File -> why it cannot be read."""
        self._document = document
        self._files: dict[str, _Open] = {}
        for file, part in document.parts().items():
            try:
                self._files[file] = _opened(part.path(folder), document.channels_in(file), document.sample_bytes)
            except OSError as fault:
                self.faults[file] = fault.strerror or str(fault)
        self._block: tuple[str, int, int, bytes] = ("", 0, 0, b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the files go; may be called twice."""
        while self._files:
            _, file = self._files.popitem()
            with contextlib.suppress(OSError):
                os.close(file.fd)

    def frames_of(self, file: str) -> int:
        """Whole frames in `file`, whatever its header says."""
        return self._files[file].frames if file in self._files else 0

    def frames_in(self, track: int) -> int:
        """Frames of `track` there are without a hole; the last part counts to its end, whatever is written of it."""
        there = 0
        parts = self._document.tracks[track].parts
        for part in parts:
            first = part.start + self._document.pre_frames
            if first > there:
                break
            found = self.frames_of(part.file)
            there = max(there, first + (found if part is parts[-1] else min(found, part.frames)))
        return there

    def end_of(self, track: int) -> int:
        """Frame behind the last there is of `track`, whatever holes there are before it."""
        ends = [
            part.start + self._document.pre_frames + self.frames_of(part.file)
            for part in self._document.tracks[track].parts
            if self.frames_of(part.file)
        ]
        return max(ends, default=0)

    def read(self, track: int, first: int, frames: int) -> bytes:
        """Packed samples of `track` from `first` on; fewer where it ends or has a hole. Raises OSError."""
        found = bytearray()
        width = self._document.sample_bytes
        while len(found) < frames * width:
            at = first + len(found) // width
            piece = self._read_part(track, at, frames - len(found) // width)
            if not piece:
                break
            found += piece
        return bytes(found)

    def crc(self, track: int, first: int, frames: int) -> int | None:
        """CRC-32 of those packed samples; None where they are not all there, or the disk refuses them."""
        crc = done = 0
        while done < frames:
            wanted = min(frames - done, _PIECE_FRAMES)
            try:
                piece = self.read(track, first + done, wanted)
            except OSError as fault:
                self.faults[self._document.tracks[track].file] = fault.strerror or str(fault)
                return None
            if len(piece) < wanted * self._document.sample_bytes:
                return None
            crc = zlib.crc32(piece, crc)
            done += wanted
        return crc

    def _read_part(self, track: int, at: int, frames: int) -> bytes:
        """What one part of `track` has from `at` on, at most `frames`."""
        described = self._document.tracks[track]
        for part in described.parts:
            first = part.start + self._document.pre_frames
            there = self.frames_of(part.file)
            end = first + (there if part is described.parts[-1] else min(there, part.frames))
            if first <= at < end:
                return self._samples(part, described.channel, at - first, min(frames, end - at))
        return b""

    def _samples(self, part: Part, channel: int, frame: int, frames: int) -> bytes:
        file = self._files[part.file]
        width = self._document.sample_bytes
        if file.channels == 1:
            return os.pread(file.fd, frames * width, DATA_AT + frame * width)
        if self._block[:3] != (part.file, frame, frames):  # every channel of it will be asked for
            step = width * file.channels
            self._block = (part.file, frame, frames, os.pread(file.fd, frames * step, DATA_AT + frame * step))
        return channel_of(self._block[3], channel, file.channels, width)


def channel_of(block: bytes, channel: int, channels: int, width: int) -> bytes:
    """One channel, from 0, of interleaved samples of `width` bytes; what is no whole frame at the end is left out."""
    frames = len(block) // (width * channels)
    out = bytearray(frames * width)
    for byte in range(width):
        out[byte::width] = block[channel * width + byte : frames * channels * width : channels * width]
    return bytes(out)


def _opened(path: Path, channels: int, width: int) -> _Open:
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        os.close(fd)
        raise OSError(0, "is no file")
    return _Open(fd, channels, max(status.st_size - DATA_AT, 0) // (width * channels))


class BadChecks(ValueError):  # noqa: N818 - it reads as the fact it reports
    """A file of checksums that is none of this take's; the message says why."""


class CheckRows:
    """The rows of checks.crc at `path`: a CRC-32 for each track, second by second. Raises OSError, BadChecks."""

    def __init__(self, path: Path, rate_hz: int, tracks: int) -> None:
        self._row = struct.Struct(f"<{tracks}I")
        self.head_bytes = _HEAD.size
        self.row_bytes = self._row.size
        held = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        if not held:
            raise FileNotFoundError(2, os.strerror(2), str(path))
        if len(held) < _HEAD.size or held[:4] != _MAGIC:
            raise BadChecks("is no file of checksums")
        _, version, its_rate_hz, its_tracks = _HEAD.unpack_from(held)
        if version != CHECKS_VERSION:
            raise BadChecks(f"is of version {version}; version {CHECKS_VERSION} is read here")
        if (its_rate_hz, its_tracks) != (rate_hz, tracks):
            raise BadChecks(
                f"is of a take of {its_tracks} tracks at {its_rate_hz} Hz, the take has {tracks} at {rate_hz} Hz"
            )
        self._held = held
        step = max(self._row.size, 1)  # a take of MIDI alone has no tracks of sound
        self.count = (len(held) - _HEAD.size) // step
        while self.count and 0 in self.row(self.count - 1):
            self.count -= 1  # a power cut may leave the length of a row without the row; no sound has the CRC 0
        self.torn_bytes = len(held) - _HEAD.size - self.count * step
        """Of last rows that are not whole."""

    def row(self, second: int) -> tuple[int, ...]:
        """The CRCs of all tracks in that second."""
        return self._row.unpack_from(self._held, _HEAD.size + second * self._row.size)

    def pack(self, crcs: tuple[int, ...]) -> bytes:
        """A row as the file has it."""
        return self._row.pack(*crcs)


def count_seconds(total_frames: int, rate_hz: int) -> int:
    """Seconds of a take, a last short one included."""
    return -(-total_frames // rate_hz)


def second_of(number: int, total_frames: int, rate_hz: int) -> tuple[int, int]:
    """(first frame, frames) of that second of a take."""
    first = number * rate_hz
    return first, min(rate_hz, total_frames - first)
