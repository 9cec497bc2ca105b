"""What a take says of itself (take.json, the tape's) and what people say (about.json, the desk's), read as one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from studiod.link.order import COVER, LAYERS, MidiOrder
from studiod.link.timeline import Mark
from studiod.model.names import clean_name, clean_note, clean_tags
from studiod.model.parameter import Refused

RECORDING, GOOD, DAMAGED, REPAIRED = "recording", "good", "damaged", "repaired"
STATES: Final = (RECORDING, GOOD, DAMAGED, REPAIRED)
KINDS: Final = ("input", "strip", "trimmed", "bus", "main")
MAX_RATING: Final = 5
DOCUMENT_NAME: Final = "take.json"
ABOUT_NAME: Final = "about.json"
_MAX_ABOUT_BYTES: Final = 1 << 20  # a name, tags and a note are a hundredth of that
_BITS: Final = (16, 24, 32)
_MAX_FRAMES: Final = 1 << 53  # what JSON's numbers hold exactly, and longer than anyone plays
_MAX_RATE_HZ: Final = 1_000_000
_MIDI_CHANNELS: Final = 16
_MAX_BPM: Final = 1000.0
_PLACE: Final = 2  # numbers
_LAST_UNIX: Final = 253_370_764_800.0  # the year 9999: calendars end there


class BadDocument(ValueError):  # noqa: N818 - it reads as the fact it reports
    """A take.json that is none; the message says what is wrong in it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file that holds a stretch of a track; `start` counts from the first visible frame: a pre-record is negative."""

    file: str
    """A name in the take's folder, or an absolute path on another disk."""
    start: int
    frames: int

    def path(self, folder: Path) -> Path:
        """Where it lies, for a take in `folder`."""
        return folder / self.file


@dataclass(frozen=True, slots=True)
class TakeTrack:
    """One track; `strip` counts from 1, None for what no strip plays back."""

    file: str
    name: str
    kind: str
    strip: int | None
    channel: int
    """In its files, from 0."""
    parts: tuple[Part, ...]
    armed_by: str
    """Who armed it; empty where nothing says so."""


@dataclass(frozen=True, slots=True)
class TakeDocument:
    """One pass of recording. Frames count from the first visible one; files begin `pre_frames` before it."""

    id: int
    state: str
    frames: int
    pre_frames: int
    rate_hz: int
    bits: int
    position: int
    created_unix: float
    clock_synchronised: bool
    gaps: tuple[dict[str, Any], ...]
    xruns: tuple[dict[str, int], ...]
    """Stretches in which xruns and late blocks came: start, frames, xruns, late_blocks."""
    markers: tuple[Mark, ...]
    """From the first visible frame."""
    files: tuple[str, ...]
    tracks: tuple[TakeTrack, ...]
    midi: tuple[MidiOrder, ...]
    tempo_bpm: float
    """What its MIDI files count their bars in."""
    checks: str
    """Name of the file of checksums; empty: there are none."""
    recorded_by: str
    """Who began it: the origin of a record, `loop`; empty where nothing says so. stopped_by: who ended it."""
    stopped_by: str
    name: str
    tags: tuple[str, ...]
    rating: int
    note: str
    layer: str
    """`mix` is heard with what lies beneath it, `cover` in its place."""
    unheard: frozenset[int]
    """Strips, from 1, that do not play it back."""
    place: tuple[int, int]
    """Where it lies among the others, the greater on top: over which take, and as which that was laid there."""
    raw: dict[str, Any] = field(repr=False)
    """The document itself, with what people say of the take."""

    @property
    def total_frames(self) -> int:
        """Of every track, pre-record included."""
        return self.pre_frames + self.frames

    @property
    def sample_bytes(self) -> int:
        """Of one sample of one track."""
        return self.bits // 8

    def channels_in(self, file: str) -> int:
        """How many channels `file` has; 0: it is none of the take's."""
        found = [track.channel for track in self.tracks if any(part.file == file for part in track.parts)]
        return max(found, default=-1) + 1

    def parts(self) -> dict[str, Part]:
        """Every file of sound, in order."""
        return {part.file: part for track in self.tracks for part in track.parts}


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be said of a take or a session; None: as it is."""

    name: str | None = None
    tags: tuple[str, ...] | None = None
    rating: int | None = None
    note: str | None = None

    def cleaned(self) -> dict[str, Any]:
        """Field -> what is stored. Raises Refused."""
        fields: dict[str, Any] = {}
        if self.name is not None:
            fields["name"] = clean_name(self.name)
        if self.tags is not None:
            fields["tags"] = list(clean_tags(self.tags))
        if self.rating is not None:
            if not 0 <= self.rating <= MAX_RATING:
                raise Refused(f"a rating of {self.rating} is none; allowed 0..{MAX_RATING}")
            fields["rating"] = self.rating
        if self.note is not None:
            fields["note"] = clean_note(self.note)
        return fields


def load_about(folder: Path) -> dict[str, Any]:
    """What people say of the take or the session in `folder`, as far as its about.json can be read.

    Name, tags, rating, note; of a take, which strips do not play it and what it was laid on.

    Each file has one writer: what the tape has to tell of a take never takes a word of theirs along.
    """
    path = folder / ABOUT_NAME
    try:
        if not path.is_file() or path.is_symlink():
            return {}
        with path.open("rb") as file:
            return said_in(json.loads(file.read(_MAX_ABOUT_BYTES)))
    except (OSError, ValueError, RecursionError):
        return {}


def said_in(raw: object) -> dict[str, Any]:
    """The fields of `raw`, parsed JSON, that people write, as far as they are what they should be."""
    if not isinstance(raw, dict):
        return {}
    said: dict[str, Any] = {key: raw[key] for key in ("name", "note") if isinstance(raw.get(key), str)}
    tags, rating = raw.get("tags"), raw.get("rating")
    if isinstance(tags, list):
        said["tags"] = [str(tag) for tag in tags]
    if isinstance(rating, int) and not isinstance(rating, bool) and 0 <= rating <= MAX_RATING:
        said["rating"] = rating
    unheard, on_top = raw.get("unheard"), raw.get("on_top")
    if isinstance(unheard, list) and all(_is_count(strip) for strip in unheard):
        said["unheard"] = unheard
    if isinstance(on_top, list) and len(on_top) in {0, _PLACE} and all(_is_count(number) for number in on_top):
        said["on_top"] = on_top
    return said


def _is_count(raw: object) -> bool:
    return isinstance(raw, int) and not isinstance(raw, bool) and 1 <= raw <= _MAX_FRAMES


def read_document(raw: object, about: Mapping[str, Any] | None = None) -> TakeDocument:
    """The take that `raw`, parsed JSON, describes. Raises BadDocument.

    about: what `load_about` found beside it; what it says goes before what an older studiod wrote into take.json.
    """
    if not isinstance(raw, dict):
        raise BadDocument("it is no JSON object")
    try:
        return _document({**raw, **(about or {})})
    except KeyError as fault:
        raise BadDocument(f"it says nothing of {fault.args[0]!r}") from None
    except (TypeError, ValueError, AttributeError, OverflowError) as fault:
        raise BadDocument(str(fault)) from None


def _document(raw: dict[str, Any]) -> TakeDocument:
    pre_frames, frames = _count(raw, "pre_frames", 0), _count(raw, "frames")
    tracks = tuple(_track(track, pre_frames, frames) for track in raw["tracks"])
    state, bits, created = raw["state"], raw["bits"], float(raw["created_unix"])
    if not 0.0 <= created <= _LAST_UNIX:
        raise BadDocument(f"created_unix is {created:g}; allowed are seconds since 1970")
    if state not in STATES:
        raise BadDocument(f"state is {state!r}; allowed {', '.join(STATES)}")
    if bits not in _BITS:
        raise BadDocument(f"bits is {bits!r}; allowed 16, 24, 32")
    layer, said = raw.get("layer", COVER), said_in(raw)
    if layer not in LAYERS:
        raise BadDocument(f"layer is {layer!r}; allowed {', '.join(LAYERS)}")
    number = _count(raw, "id")
    on, times = said.get("on_top") or (number, 0)
    return TakeDocument(
        id=number,
        state=state,
        frames=frames,
        pre_frames=pre_frames,
        rate_hz=_count(raw, "rate_hz", least=1, most=_MAX_RATE_HZ),
        bits=bits,
        position=_count(raw, "position", least=-_MAX_FRAMES),
        created_unix=created,
        clock_synchronised=bool(raw.get("clock_synchronised", True)),
        gaps=tuple(_gap(gap) for gap in raw["gaps"]),
        xruns=tuple(_strain(run) for run in raw.get("xruns") or ()),
        markers=tuple(_marker(marker) for marker in raw.get("markers") or ()),
        files=tuple(_file_name(name) for name in raw.get("files", [track.file for track in tracks])),
        tracks=tracks,
        midi=tuple(_midi(track) for track in raw.get("midi") or ()),
        tempo_bpm=_tempo(raw.get("tempo_bpm", 120.0)),
        checks=_own_name(raw["checks"]) if raw.get("checks") else "",
        recorded_by=str(raw.get("recorded_by") or ""),
        stopped_by=str(raw.get("stopped_by") or ""),
        name=str(raw.get("name") or ""),
        tags=tuple(str(tag) for tag in raw.get("tags") or ()),
        rating=_count(raw, "rating", 0, most=MAX_RATING),
        note=str(raw.get("note") or ""),
        layer=layer,
        unheard=frozenset(said.get("unheard", ())),
        place=(on, times),
        raw=raw,
    )


def _track(raw: Mapping[str, Any], pre_frames: int, frames: int) -> TakeTrack:
    file = _file_name(raw["file"])
    strip = raw["strip"]
    if strip is not None and (not isinstance(strip, int) or strip < 1):
        raise BadDocument(f"strip is {strip!r}; allowed are numbers from 1 on, or null")
    kind = raw.get("kind", "strip" if strip is not None else "bus")
    if kind not in KINDS:
        raise BadDocument(f"kind is {kind!r}; allowed {', '.join(KINDS)}")
    parts = tuple(
        Part(_file_name(part["file"]), _count(part, "start", least=-_MAX_FRAMES), _count(part, "frames"))
        for part in raw.get("parts") or ()
    )
    channel = _count(raw, "channel", 0, most=1023) if "parts" in raw else 0  # version 1 knew mono files only
    return TakeTrack(
        file,
        str(raw["name"]),
        kind,
        strip,
        channel,
        parts or (Part(file, -pre_frames, pre_frames + frames),),
        str(raw.get("armed_by") or ""),
    )


def _midi(raw: Mapping[str, Any]) -> MidiOrder:
    channel = raw.get("channel")
    if channel is not None and (not isinstance(channel, int) or not 0 <= channel < _MIDI_CHANNELS):
        raise BadDocument(f"channel is {channel!r}; allowed 0..15, or null")
    without = tuple(str(port) for port in raw.get("without") or ())
    return MidiOrder(
        _count(raw, "number"),
        _own_name(raw["file"]),
        str(raw["name"]),
        str(raw["port"]),
        channel,
        without,
        str(raw.get("armed_by") or ""),
    )


def _tempo(raw: object) -> float:
    if not isinstance(raw, int | float) or isinstance(raw, bool) or not 0.0 < raw <= _MAX_BPM:
        raise BadDocument(f"tempo_bpm is {raw!r}; allowed are numbers up to {_MAX_BPM:g}")
    return float(raw)


def _gap(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "start": _count(raw, "start", least=-_MAX_FRAMES),
        "frames": _count(raw, "frames"),
        "cause": str(raw["cause"]),
    }


def _strain(raw: Mapping[str, Any]) -> dict[str, int]:
    return {
        "start": _count(raw, "start", least=-_MAX_FRAMES),
        **{key: _count(raw, key) for key in ("frames", "xruns", "late_blocks")},
    }


def _marker(raw: Mapping[str, Any]) -> Mark:
    return Mark(str(raw["name"]), _count(raw, "start", least=-_MAX_FRAMES), _count(raw, "frames", 0))


def _count(
    raw: Mapping[str, Any], key: str, default: int | None = None, *, least: int = 0, most: int = _MAX_FRAMES
) -> int:
    found = raw[key] if default is None else raw.get(key, default)
    if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
        raise BadDocument(f"{key} is {found!r}; allowed are whole numbers, {least}..{most}")
    return found


def _file_name(raw: object) -> str:
    """The name of a sound file: in the take's folder, or a whole path that leads nowhere else on its way."""
    if isinstance(raw, str) and raw.startswith("/") and ".." not in raw.split("/") and "\0" not in raw:
        return raw
    return _own_name(raw)


def _own_name(raw: object) -> str:
    if not isinstance(raw, str) or raw in {"", ".", ".."} or "/" in raw or "\0" in raw:
        raise BadDocument(f"{raw!r} is no name of a file in the take's folder")
    return raw
