"""What a sound file says of itself to other programs: the bext chunk (EBU Tech 3285), iXML, and markers.

The time reference of a file is where the transport stood at its first sample, with the transport's zero at 01:00:00:
the hidden frames of a pre-record begin before zero, and a time reference cannot. A timeline that begins at one hour is
what the film world does for the same reason. The time of day is in the date and time beside it.
"""

import contextlib
import struct
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final
from xml.sax.saxutils import escape

TIMELINE_ZERO_S: Final = 3600
_ORIGINATOR: Final = "studiod"
_BEXT: Final = struct.Struct("<256s32s32s10s8sQH64s10s180s")  # 602 bytes, then the coding history
_BEXT_VERSION: Final = 1
_CHUNK_BYTES: Final = 8
_LAYOUTS: Final = {1: "mono", 2: "stereo"}
_NAME_LETTERS: Final = (64, 24, 10)  # of a track, in iXML: shorter where the header page would not hold them all
_NOTE_LETTERS: Final = 240
_LATEST_CUE: Final = 0xFFFF_FFFF  # frames: a cue point counts in 32 bits


@dataclass(frozen=True, slots=True)
class Tags:
    """What is known of one file of a take."""

    project: str
    """The session."""
    take: int
    tracks: tuple[str, ...]
    """Names of the channels, in order."""
    time_reference: int
    """Frames, counted as the module says."""
    moment: datetime | None = None
    """When its first frame was played, as clocks on the wall there show; None where no clock could be trusted."""
    reference: str = ""
    """Unlike that of any other file: ASCII, at most 32 letters."""
    name: str = ""
    """What the take is called."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Marker:
    """A place in a file, or a section of it."""

    frame: int
    """From the first frame of the file."""
    name: str
    frames: int = 0
    """Length of a section; 0: a place."""


def file_tags(document: Mapping[str, Any], file: str, project: str, zone: tzinfo | None = None) -> Tags:
    """The tags of `file` of the take that `document` (a take.json) describes; file names it as `parts` or `files` do.

    zone: of the wall clock; None: where this machine is. Raises KeyError, TypeError or ValueError for no such document.
    """
    tracks = [track for track in document["tracks"] if file in _files_of(track)]
    start = -int(document.get("pre_frames", 0))
    for part in tracks[0].get("parts", ()) if tracks else ():
        if part["file"] == file:
            start = int(part["start"])
    rate_hz = int(document["rate_hz"])
    is_known = bool(document.get("clock_synchronised", True))
    began = datetime.fromtimestamp(document["created_unix"], zone).astimezone(zone)
    with contextlib.suppress(OverflowError):  # a document that lies by more than calendars have
        began += timedelta(seconds=start / rate_hz)
    place = document["tracks"].index(tracks[0]) + 1 if tracks else 0
    return Tags(
        project=project,
        take=int(document["id"]),
        tracks=tuple(str(track["name"]) for track in sorted(tracks, key=lambda track: track.get("channel", 0))),
        time_reference=max(TIMELINE_ZERO_S * rate_hz + int(document["position"]) + start, 0),
        moment=began if is_known else None,
        reference=f"{_ORIGINATOR}-{began:%Y%m%d-%H%M%S}-{int(document['id']):04d}-{place:02d}",
        name=str(document.get("name", "")),
        note=str(document.get("note", "")),
    )


def tag_chunks(tags: Tags, rate_hz: int, bits: int, channels: int, room: int) -> bytes:
    """The bext and the iXML chunk, of even length and together at most `room` bytes.

    What does not fit is shortened: long names first, then the note, then the list of tracks from its end.
    """
    bext = _chunk(b"bext", _bext(tags, rate_hz, bits, channels))
    # libsndfile 1.2 does not find the samples of an RF64 file behind a chunk of odd length
    ixml = _ixml(tags, rate_hz, bits, room - len(bext) - _CHUNK_BYTES - 1)
    return bext + _chunk(b"iXML", ixml + b" " * (len(ixml) % 2))  # white space behind the root is still XML


def marker_chunks(markers: Iterable[Marker]) -> bytes:
    """The cue chunk and the LIST of names that stand behind the samples; empty without markers.

    A marker later than 2^32 frames has no place in a cue chunk and is left out.
    """
    placed = [marker for marker in markers if 0 <= marker.frame <= _LATEST_CUE]
    if not placed:
        return b""
    cues, names = [struct.pack("<I", len(placed))], [b"adtl"]
    for number, marker in enumerate(placed, 1):
        cues.append(struct.pack("<II4sIII", number, marker.frame, b"data", 0, 0, marker.frame))
        names.append(_chunk(b"labl", struct.pack("<I", number) + marker.name.encode("utf-8", "replace") + b"\0"))
        if marker.frames:
            length = min(marker.frames, _LATEST_CUE)
            names.append(_chunk(b"ltxt", struct.pack("<II4sHHHH", number, length, b"rgn ", 0, 0, 0, 0)))
    return _chunk(b"cue ", b"".join(cues)) + _chunk(b"LIST", b"".join(names))


def read_bext(body: bytes) -> dict[str, str | int]:
    """The fields of a bext chunk that `tag_chunks` writes, by name; missing bytes read as nothing."""
    fields = _BEXT.unpack(body[: _BEXT.size].ljust(_BEXT.size, b"\0"))
    names = ("description", "originator", "reference", "date", "time")
    texts: dict[str, str | int] = {
        name: field.partition(b"\0")[0].decode("ascii", "replace") for name, field in zip(names, fields, strict=False)
    }
    return texts | {"time_reference": fields[5], "version": fields[6]}


def _files_of(track: Mapping[str, Any]) -> list[str]:
    return [str(track["file"]), *(str(part["file"]) for part in track.get("parts", ()))]


def _bext(tags: Tags, rate_hz: int, bits: int, channels: int) -> bytes:
    title = [tags.project, f"take {tags.take}", tags.name, ", ".join(tags.tracks)]
    moment = tags.moment
    history = f"A=PCM,F={rate_hz},W={bits},M={_LAYOUTS.get(channels, 'multitrack')},T={_ORIGINATOR}\r\n"
    return _BEXT.pack(
        _ascii(" / ".join(_ascii(word) for word in title if _ascii(word)))[:256].encode(),
        _ORIGINATOR.encode(),
        _ascii(tags.reference)[:32].encode(),
        b"" if moment is None else f"{moment:%Y-%m-%d}".encode(),
        b"" if moment is None else f"{moment:%H:%M:%S}".encode(),
        tags.time_reference,
        _BEXT_VERSION,
        b"",
        b"",
        b"",
    ) + _even(history.encode())


def _ixml(tags: Tags, rate_hz: int, bits: int, room: int) -> bytes:
    for letters in _NAME_LETTERS:
        text = _ixml_text(tags, rate_hz, bits, tags.tracks, letters)
        if len(text) <= room:
            return text
    for count in range(len(tags.tracks) - 1, -1, -1):
        text = _ixml_text(tags, rate_hz, bits, tags.tracks[:count], _NAME_LETTERS[-1])
        if len(text) <= room:
            return text
    return b""


def _ixml_text(tags: Tags, rate_hz: int, bits: int, tracks: Sequence[str], letters: int) -> bytes:
    high, low = divmod(tags.time_reference, 1 << 32)
    speed = (
        ("FILE_SAMPLE_RATE", rate_hz),
        ("AUDIO_BIT_DEPTH", bits),
        ("TIMESTAMP_SAMPLE_RATE", rate_hz),
        ("TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI", high),
        ("TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO", low),
    )
    listed = "".join(
        "<TRACK>"
        + _element("CHANNEL_INDEX", number)
        + _element("INTERLEAVE_INDEX", number)
        + _element("NAME", name[:letters])
        + "</TRACK>"
        for number, name in enumerate(tracks, 1)
    )
    full = letters == _NAME_LETTERS[0]
    scene = tags.name[: _NAME_LETTERS[0]]
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><BWFXML>'
        + _element("IXML_VERSION", "1.61")
        + _element("PROJECT", tags.project[: _NAME_LETTERS[0]])
        + (_element("SCENE", scene) if scene else "")
        + _element("TAKE", tags.take)
        + _element("FILE_UID", tags.reference[:32])
        + (_element("NOTE", tags.note[:_NOTE_LETTERS]) if tags.note and full else "")
        + f"<SPEED>{''.join(_element(*fact) for fact in speed)}</SPEED>"
        + f"<TRACK_LIST>{_element('TRACK_COUNT', len(tags.tracks))}{listed}</TRACK_LIST></BWFXML>"
    )
    return text.encode()


def _element(name: str, held: object) -> str:
    """What XML cannot hold (control characters, halves of surrogate pairs) is left out."""
    text = "".join(letter for letter in str(held) if unicodedata.category(letter) not in {"Cc", "Cs", "Cn"})
    return f"<{name}>{escape(text)}</{name}>"


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain if letter.isprintable()).strip()


def _even(body: bytes) -> bytes:
    return body + b"\0" * (len(body) % 2)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + _even(body)
