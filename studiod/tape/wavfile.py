"""WAV files that are valid at every moment, and become RF64 in place past 4 GiB (EBU Tech 3306).

The header fills one page of 4096 bytes; samples start behind it. Between the RIFF head and the format stands a JUNK
chunk with the exact room of a ds64 chunk, so that the switch is one write of the page.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

DATA_AT = 4096
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_DS64_BYTES = 28
IN_DS64 = 0xFFFF_FFFF  # a 32-bit size that says: look in ds64
_MAX_RIFF = IN_DS64 - DATA_AT
_RIFF_BYTES, _CHUNK_BYTES, _FORM_BYTES, _EXTENSIBLE_BYTES = 12, 8, 16, 26
_WIDTHS = {16: _PCM, 24: _PCM, 32: _FLOAT}


class NotAWav(ValueError):  # noqa: N818 - it reads as the fact it reports
    """The file is no WAV that can be played; the message names the file and why."""


def header_page(frames: int, rate_hz: int, bits: int, channels: int = 1) -> bytes:
    """The 4096 bytes before the samples of a file of `frames`; bits: 16, 24, or 32 (float)."""
    width = channels * bits // 8
    data_bytes = frames * width
    is_large = data_bytes > _MAX_RIFF
    riff_bytes = DATA_AT - 8 + data_bytes + data_bytes % 2
    room = struct.pack("<QQQI", riff_bytes, data_bytes, frames, 0) if is_large else bytes(_DS64_BYTES)
    form = struct.pack("<HHIIHH", _WIDTHS[bits], channels, rate_hz, rate_hz * width, width, bits)
    if _WIDTHS[bits] != _PCM:  # anything but PCM has an extension size, and a fact chunk
        form += struct.pack("<H", 0)
    chunks = [(b"ds64" if is_large else b"JUNK", room), (b"fmt ", form)]
    if _WIDTHS[bits] != _PCM:
        chunks.append((b"fact", struct.pack("<I", min(frames, IN_DS64))))
    page = b"".join(name + struct.pack("<I", len(body)) + body for name, body in chunks)
    filler = DATA_AT - 8 - 12 - len(page) - 8
    page += b"FLLR" + struct.pack("<I", filler) + bytes(filler)
    head = (b"RF64", IN_DS64) if is_large else (b"RIFF", riff_bytes)
    return (
        struct.pack("<4sI4s", *head, b"WAVE") + page + struct.pack("<4sI", b"data", IN_DS64 if is_large else data_bytes)
    )


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


def read_format(path: Path) -> WavFormat:
    """What the header of `path` says, held to what the file really has. Raises NotAWav, OSError."""
    with path.open("rb") as file:
        size = path.stat().st_size
        head = file.read(12)
        if len(head) < _RIFF_BYTES or head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
            raise NotAWav(f"{path}: no RIFF or RF64 WAVE header")
        form: tuple[int, int, int, int] | None = None
        long_data = 0
        at = 12
        for _ in range(64):  # a header with more chunks than that before its data is a trap, not music
            file.seek(at)
            chunk = file.read(8)
            if len(chunk) < _CHUNK_BYTES:
                break
            name, length = struct.unpack("<4sI", chunk)
            if name == b"ds64":
                long_data = struct.unpack("<QQ", file.read(16).ljust(16, b"\0"))[1]
            elif name == b"fmt ":
                form = _format(path, file.read(min(length, 40)))
            elif name == b"data":
                if form is None:
                    raise NotAWav(f"{path}: the samples come before their format")
                rate_hz, bits, channels, width = form
                claimed = long_data if length == IN_DS64 and long_data else length
                frames = min(claimed, max(size - at - 8, 0)) // width
                return WavFormat(rate_hz, bits, channels, at + 8, frames)
            at += 8 + length + length % 2
    raise NotAWav(f"{path}: no samples in it")


def _format(path: Path, body: bytes) -> tuple[int, int, int, int]:
    if len(body) < _FORM_BYTES:
        raise NotAWav(f"{path}: its format chunk is cut")
    code, channels, rate_hz, _, width, bits = struct.unpack("<HHIIHH", body[:16])
    if code == _EXTENSIBLE and len(body) >= _EXTENSIBLE_BYTES:
        code = struct.unpack("<H", body[24:26])[0]
    if _WIDTHS.get(bits) != code or channels < 1 or width != channels * bits // 8 or rate_hz < 1:
        raise NotAWav(
            f"{path}: format {code} with {bits} bits, {channels} channels; 16- and 24-bit PCM and 32-bit float play"
        )
    return rate_hz, bits, channels, width
