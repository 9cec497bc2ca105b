"""Markers in a FLAC file: a CUESHEET block, to the sample, and chapters among its comments, with their names.

Both are made of what RFC 9639 says (8.6, 8.7); the names are those of the chapter extension of Vorbis comments, which
players and ffmpeg read. libsndfile writes neither, so the blocks of the finished file are written anew.
"""

import os
import shutil
import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from studiod.link.timeline import Mark

_VORBIS_COMMENT, _CUESHEET = 4, 5
_LAST_BLOCK: Final = 0x80
_MAX_BLOCK_BYTES: Final = (1 << 24) - 1
_MOST_CUES: Final = 254
_MOST_CHAPTERS: Final = 999  # three digits
_LEAD_OUT: Final = 255  # of what is no CD
_MAGIC: Final = b"fLaC"


def with_markers(source: BinaryIO, target: BinaryIO, marks: Sequence[Mark], frames: int, rate_hz: int) -> None:
    """Write the FLAC file `source` (at its beginning, `frames` long) to `target`, with `marks`; each frame as it was.

    Sections count as the places they begin at. Raises OSError; ValueError where `source` is no FLAC file.
    """
    blocks = list(_blocks(source))
    comments = [f"CHAPTER{number:03d}{word}" for number, mark in _numbered(marks) for word in _words(mark, rate_hz)]
    kept = [(kind, _commented(body, comments) if kind == _VORBIS_COMMENT else body) for kind, body in blocks]
    # behind STREAMINFO, which comes first: ffmpeg takes the names of what it reads last, and a cue sheet has none
    kept.insert(1, (_CUESHEET, _cuesheet(marks, frames)))
    target.write(_MAGIC)
    for number, (kind, body) in enumerate(kept, 1):
        is_last = _LAST_BLOCK if number == len(kept) else 0
        target.write(struct.pack(">I", (is_last | kind) << 24 | len(body)) + body)
    shutil.copyfileobj(source, target, 1 << 20)
    target.flush()
    os.fsync(target.fileno())


def _numbered(marks: Sequence[Mark]) -> Iterator[tuple[int, Mark]]:
    return enumerate(sorted(marks, key=lambda mark: mark.start)[:_MOST_CHAPTERS], 1)


def _words(mark: Mark, rate_hz: int) -> tuple[str, str]:
    seconds, rest = divmod(mark.start, rate_hz)
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest * 1000 // rate_hz:03d}"
    return f"={clock}", f"NAME={mark.name}"


def _blocks(source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Kind and body of each block of metadata; `source` stands at the first frame then."""
    if source.read(4) != _MAGIC:
        raise ValueError("it is no FLAC file")
    while True:
        head = source.read(4)
        if len(head) < 4:  # noqa: PLR2004 - the bytes of a head
            raise ValueError("its metadata is cut off")
        word = struct.unpack(">I", head)[0]
        yield word >> 24 & 0x7F, source.read(word & _MAX_BLOCK_BYTES)
        if word >> 24 & _LAST_BLOCK:
            return


def _commented(body: bytes, comments: Sequence[str]) -> bytes:
    """The Vorbis comments in `body` and `comments`, as many as a block holds."""
    vendor = 4 + struct.unpack_from("<I", body)[0]
    count = struct.unpack_from("<I", body, vendor)[0]
    added = [text.encode("utf-8", "replace") for text in comments]
    rest = body[vendor + 4 :] + b"".join(struct.pack("<I", len(text)) + text for text in added)
    whole = body[:vendor] + struct.pack("<I", count + len(added)) + rest
    return whole if len(whole) <= _MAX_BLOCK_BYTES else body


def _cuesheet(marks: Sequence[Mark], frames: int) -> bytes:
    """A track from each place to the next, each with one index, and the lead-out."""
    places = sorted({mark.start for mark in marks})[:_MOST_CUES]
    head = struct.pack(">128sQ259xB", b"", 0, len(places) + 1)
    tracks = (_cue(place, number) + struct.pack(">QB3x", 0, 1) for number, place in enumerate(places, 1))
    return head + b"".join(tracks) + _cue(frames, _LEAD_OUT)


def _cue(place: int, number: int) -> bytes:
    return struct.pack(">QB12s14xB", place, number, b"", 0 if number == _LEAD_OUT else 1)
