"""WAV files that are valid at every moment, and become RF64 in place past 4 GiB (EBU Tech 3306).

The header fills one page of 4096 bytes; samples start behind it. Between the RIFF head and the format stands a JUNK
chunk with the exact room of a ds64 chunk, so that the switch is one write of the page. What the file says of itself
(bext, iXML) is in the page too; markers come behind the samples when the file is closed.
"""

import functools
import os
import stat
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from studiod.tape.bwf import Marker, Tags, marker_chunks, tag_chunks

DATA_AT = 4096
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_DS64_BYTES = 28
IN_DS64 = 0xFFFF_FFFF  # a 32-bit size that says: look in ds64
_RIFF_BYTES, _CHUNK_BYTES, _FORM_BYTES, _EXTENSIBLE_BYTES = 12, 8, 16, 26
_WIDTHS = {16: _PCM, 24: _PCM, 32: _FLOAT}
_MAX_CHUNKS = 64  # a header with more chunks than that before its data is a trap, not music
_MAX_RATE_HZ = 1_000_000  # beyond any converter: such a rate is a lie, and times would be nonsense


class NotAWav(ValueError):  # noqa: N818 - it reads as the fact it reports
    """The file is no WAV that can be played; the message names the file and why."""


def header_page(
    frames: int, rate_hz: int, bits: int, channels: int = 1, tags: Tags | None = None, *, tail_bytes: int = 0
) -> bytes:
    """The 4096 bytes before the samples of a file of `frames`; bits: 16, 24, or 32 (float).

    tags: what the file says of itself besides. tail_bytes: length of the chunks behind the samples.
    """
    head, data = page_ends(frames, rate_hz, bits, channels, tail_bytes)
    return head + _rest(DATA_AT - _CHUNK_BYTES - len(head), rate_hz, bits, channels, tags) + data


@functools.lru_cache(maxsize=8)
def page_ends(frames: int, rate_hz: int, bits: int, channels: int = 1, tail_bytes: int = 0) -> tuple[bytes, bytes]:
    """Beginning and end of a `header_page`: all that changes when a file grows, the same for files of one form."""
    width = channels * bits // 8
    data_bytes = frames * width
    riff_bytes = DATA_AT - _CHUNK_BYTES + data_bytes + data_bytes % 2 + tail_bytes
    is_large = riff_bytes + _CHUNK_BYTES > IN_DS64
    room = struct.pack("<QQQI", riff_bytes, data_bytes, frames, 0) if is_large else bytes(_DS64_BYTES)
    head = struct.pack("<4sI4s", *((b"RF64", IN_DS64) if is_large else (b"RIFF", riff_bytes)), b"WAVE")
    head += _chunk(b"ds64" if is_large else b"JUNK", room) + _form(rate_hz, bits, channels)
    if _WIDTHS[bits] != _PCM:  # anything but PCM has a fact chunk
        head += _chunk(b"fact", struct.pack("<I", min(frames, IN_DS64)))
    return head, struct.pack("<4sI", b"data", IN_DS64 if is_large else data_bytes)


def resized_page(page: bytes, frames: int, rate_hz: int, bits: int, channels: int = 1) -> bytes | None:
    """`page`, a header as `header_page` makes it, for `frames` frames; what it says besides stays.

    None where it is no such page, or one of another format: nothing in it can be relied on then.
    """
    fresh = header_page(frames, rate_hz, bits, channels)
    tags_at = _RIFF_BYTES + 2 * _CHUNK_BYTES + _DS64_BYTES + len(_form(rate_hz, bits, channels)) - _CHUNK_BYTES
    tags_at += 0 if _WIDTHS[bits] == _PCM else 12  # the fact chunk
    ours = len(page) == DATA_AT and page[:4] in {b"RIFF", b"RF64"} and page[-_CHUNK_BYTES:-4] == b"data"
    if not ours or page[48 : 48 + 24] != fresh[48 : 48 + 24]:
        return None
    return fresh[:tags_at] + page[tags_at:-_CHUNK_BYTES] + fresh[-_CHUNK_BYTES:]


def claimed_frames(page: bytes, width: int) -> int:
    """Frames of `width` bytes that a page of `header_page` claims; 0 where it is none."""
    if len(page) < DATA_AT or page[-_CHUNK_BYTES:-4] != b"data":
        return 0
    size = int.from_bytes(page[-4:], "little")
    if size == IN_DS64 and page[:4] == b"RF64":
        size = int.from_bytes(page[28:36], "little")
    return size // width


def append_markers(
    fd: int,
    frames: int,
    rate_hz: int,
    bits: int,
    markers: Sequence[Marker],
    *,
    channels: int = 1,
    tags: Tags | None = None,
) -> None:
    """End the file behind `fd` (open for writing, `frames` long, header as `header_page` makes it) with `markers`.

    The samples are not touched; what stood behind them is replaced. Durable when it returns; the header tells of the
    markers only once they are. Without markers the file ends with its samples. Raises OSError.
    """
    end = DATA_AT + frames * channels * bits // 8
    tail = b"\0" * (end % 2) + marker_chunks(markers)  # chunks begin at even places
    written = 0
    while written < len(tail):
        written += os.pwrite(fd, tail[written:], end + written)
    os.ftruncate(fd, end + len(tail))
    os.fdatasync(fd)
    page = header_page(frames, rate_hz, bits, channels, tags, tail_bytes=len(tail) - end % 2)
    os.pwrite(fd, page, 0)
    os.fsync(fd)


@functools.lru_cache(maxsize=256)
def _form(rate_hz: int, bits: int, channels: int) -> bytes:
    width = channels * bits // 8
    # plain, also for many channels: WAVE_FORMAT_EXTENSIBLE is no WAV to Python before 3.12
    form = struct.pack("<HHIIHH", _WIDTHS[bits], channels, rate_hz, rate_hz * width, width, bits)
    return _chunk(b"fmt ", form if _WIDTHS[bits] == _PCM else form + struct.pack("<H", 0))  # an extension of no bytes


@functools.lru_cache(maxsize=256)
def _rest(size: int, rate_hz: int, bits: int, channels: int, tags: Tags | None) -> bytes:
    """`size` bytes of chunks that stay the same while a take grows: the tags, then filler."""
    told = tag_chunks(tags, rate_hz, bits, channels, size - _CHUNK_BYTES) if tags is not None else b""
    return told + _chunk(b"FLLR", bytes(size - len(told) - _CHUNK_BYTES))


def _chunk(name: bytes, body: bytes) -> bytes:
    """A chunk whose body is of even length."""
    return name + struct.pack("<I", len(body)) + body


@dataclass(frozen=True, slots=True)
class WavFormat:
    """Where the samples of a file are and what they look like."""

    rate_hz: int
    bits: int
    channels: int
    data_at: int
    frames: int

    @property
    def width(self) -> int:
        """Bytes of one frame."""
        return self.channels * self.bits // 8


@dataclass(frozen=True, slots=True)
class WavHeader:
    """What a header says, whether or not the file has it."""

    form: WavFormat
    """With the frames that are claimed and there."""
    claimed_frames: int
    riff_bytes: int
    size: int
    """Of the file, in bytes."""
    chunks: dict[bytes, tuple[int, int]]
    """Chunk before the samples -> where its body begins, its length."""


def read_format(path: Path) -> WavFormat:
    """What the header of `path` says, held to what the file really has. Raises NotAWav, OSError."""
    return read_header(path).form


def read_header(path: Path) -> WavHeader:
    """The header of `path`. Raises NotAWav (also for what is no regular file: a pipe would wait for ever), OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise NotAWav(f"{path}: is no file")
        return _header(fd, path, status.st_size)
    finally:
        os.close(fd)


def _header(fd: int, path: Path, size: int) -> WavHeader:
    head = os.pread(fd, _RIFF_BYTES, 0)
    if len(head) < _RIFF_BYTES or head[:4] not in {b"RIFF", b"RF64"} or head[8:] != b"WAVE":
        raise NotAWav(f"{path}: no RIFF or RF64 WAVE header")
    riff_bytes = int.from_bytes(head[4:8], "little")
    long_data = 0
    chunks: dict[bytes, tuple[int, int]] = {}
    for name, at, length in _chunks(fd):
        if name == b"ds64":
            long_riff, long_data = struct.unpack("<QQ", os.pread(fd, 16, at).ljust(16, b"\0"))
            riff_bytes = long_riff if riff_bytes == IN_DS64 else riff_bytes
        if name == b"data":
            if b"fmt " not in chunks:
                raise NotAWav(f"{path}: the samples come before their format")
            place, form_bytes = chunks[b"fmt "]
            rate_hz, bits, channels, width = _format(path, os.pread(fd, min(form_bytes, 40), place))
            claimed = long_data if length == IN_DS64 and long_data else length
            frames = min(claimed, max(size - at, 0)) // width
            return WavHeader(WavFormat(rate_hz, bits, channels, at, frames), claimed // width, riff_bytes, size, chunks)
        chunks[name] = at, length
    raise NotAWav(f"{path}: no samples in it")


def _chunks(fd: int) -> Iterator[tuple[bytes, int, int]]:
    """Name of each chunk, where its body begins, how long it says it is."""
    at = _RIFF_BYTES
    for _ in range(_MAX_CHUNKS):
        chunk = os.pread(fd, _CHUNK_BYTES, at)
        if len(chunk) < _CHUNK_BYTES:
            return
        name, length = struct.unpack("<4sI", chunk)
        yield name, at + _CHUNK_BYTES, length
        at += _CHUNK_BYTES + length + length % 2


def _format(path: Path, body: bytes) -> tuple[int, int, int, int]:
    if len(body) < _FORM_BYTES:
        raise NotAWav(f"{path}: its format chunk is cut")
    code, channels, rate_hz, _, width, bits = struct.unpack("<HHIIHH", body[:16])
    if code == _EXTENSIBLE and len(body) >= _EXTENSIBLE_BYTES:
        code = struct.unpack("<H", body[24:26])[0]
    if _WIDTHS.get(bits) != code or channels < 1 or width != channels * bits // 8:
        raise NotAWav(
            f"{path}: format {code} with {bits} bits, {channels} channels; 16- and 24-bit PCM and 32-bit float play"
        )
    if not 1 <= rate_hz <= _MAX_RATE_HZ:
        raise NotAWav(f"{path}: its rate of {rate_hz} Hz is no rate; allowed 1..{_MAX_RATE_HZ} Hz")
    return rate_hz, bits, channels, width
