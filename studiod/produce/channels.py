"""Which channel of a file is which loudspeaker, and what BS.1770 makes of that."""

import struct
from typing import BinaryIO, Final

_FRONT, _SURROUND, _LEFT_OUT = 1.0, 1.41, 0.0  # BS.1770-5 tables 3 and 4; the LFE is not part of the measurement
_LFE, _BACKS, _SIDES = 3, (4, 5), (9, 10)  # bits of dwChannelMask
_NAMED_BITS = 18  # those after it name no loudspeaker
_BY_COUNT: Final = {
    4: (_FRONT, _FRONT, _SURROUND, _SURROUND),  # L R Ls Rs
    5: (_FRONT, _FRONT, _FRONT, _SURROUND, _SURROUND),  # L R C Ls Rs
    6: (_FRONT, _FRONT, _FRONT, _LEFT_OUT, _SURROUND, _SURROUND),  # L R C LFE Ls Rs
    8: (_FRONT, _FRONT, _FRONT, _LEFT_OUT, _FRONT, _FRONT, _SURROUND, _SURROUND),  # L R C LFE Lrs Rrs Lss Rss
}
# The Vorbis I specification (4.3.9), which Opus follows (RFC 7845, 5.1.1.2), puts the centre second and the LFE last.
_OGG_BY_COUNT: Final = {
    4: _BY_COUNT[4],
    5: (_FRONT, _FRONT, _FRONT, _SURROUND, _SURROUND),  # L C R Ls Rs
    6: (_FRONT, _FRONT, _FRONT, _SURROUND, _SURROUND, _LEFT_OUT),
    7: (_FRONT, _FRONT, _FRONT, _SURROUND, _SURROUND, _FRONT, _LEFT_OUT),  # L C R Lss Rss back LFE
    8: (_FRONT, _FRONT, _FRONT, _SURROUND, _SURROUND, _FRONT, _FRONT, _LEFT_OUT),  # L C R Lss Rss Lrs Rrs LFE
}
_EXTENSIBLE = 0xFFFE
_FORMAT_BYTES = 40  # of WAVE_FORMAT_EXTENSIBLE
_MOST_CHUNKS = 1000  # before the format; a file with more is no recording


def weights_by_count(channels: int, *, is_ogg: bool = False) -> tuple[float, ...]:
    """Weight of each of `channels` in the order that is usual; every channel alike where none is."""
    return (_OGG_BY_COUNT if is_ogg else _BY_COUNT).get(channels, (_FRONT,) * channels)


def weights_by_mask(mask: int, channels: int) -> tuple[float, ...]:
    """Weight of each of `channels` where `mask`, a WAVE file's dwChannelMask, says what they are.

    Two channels at the back are the surrounds of 5.1 (110 degrees) if there are none at the sides, else those of 7.1
    (135 degrees), which weigh like the front (BS.1770-5, table 4). A channel without a bit weighs like the front, too.
    """
    bits = [bit for bit in range(_NAMED_BITS) if mask >> bit & 1]
    surrounds = _SIDES if any(side in bits for side in _SIDES) else _BACKS
    named = [_LEFT_OUT if bit == _LFE else _SURROUND if bit in surrounds else _FRONT for bit in bits[:channels]]
    return (*named, *(_FRONT,) * (channels - len(named)))


def channel_mask(file: BinaryIO) -> int:
    """The dwChannelMask of a RIFF or RF64 WAVE file open at its start; 0 where it has none, or is something else.

    Raises OSError.
    """
    head = file.read(12)
    if head[:4] not in {b"RIFF", b"RF64", b"BW64"} or head[8:] != b"WAVE":
        return 0
    for _ in range(_MOST_CHUNKS):
        chunk = file.read(8)
        if len(chunk) < 8 or chunk[:4] == b"data":  # noqa: PLR2004 - name and size
            return 0
        (length,) = struct.unpack_from("<I", chunk, 4)
        if chunk[:4] == b"fmt ":
            return _mask_in(file.read(min(length, _FORMAT_BYTES)))
        file.seek(length + length % 2, 1)  # chunks begin at even places
    return 0


def _mask_in(chunk: bytes) -> int:
    if len(chunk) < _FORMAT_BYTES:
        return 0
    tag, extra_bytes = struct.unpack_from("<H", chunk)[0], struct.unpack_from("<H", chunk, 16)[0]
    if tag != _EXTENSIBLE or extra_bytes < _FORMAT_BYTES - 18:
        return 0
    return int(struct.unpack_from("<I", chunk, 20)[0])
