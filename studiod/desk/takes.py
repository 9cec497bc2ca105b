"""The takes of a session as the desk sees them: read from their own papers, never guessed."""

import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from studiod.desk.proof import short_proof
from studiod.link.order import MIX
from studiod.link.playlist import Region
from studiod.link.session import takes_folder
from studiod.link.take import DAMAGED, DOCUMENT_NAME, RECORDING, TakeDocument, TakeTrack, load_about, read_document

_LABEL_LETTERS = 24
_NOWHERE: Final[Mapping[int, Path]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Take:
    """One pass of recording, and the folder it lies in."""

    document: TakeDocument
    path: Path

    @property
    def id(self) -> int:
        """Its number."""
        return self.document.id

    @property
    def state(self) -> str:
        """recording, good, damaged or repaired."""
        return self.document.state

    @property
    def frames(self) -> int:
        """Visible ones."""
        return self.document.frames

    @property
    def rate_hz(self) -> int:
        """Of its files."""
        return self.document.rate_hz

    @property
    def position(self) -> int:
        """Of its first visible frame on the timeline."""
        return self.document.position

    @property
    def gaps(self) -> tuple[dict[str, Any], ...]:
        """Stretches that nobody heard."""
        return self.document.gaps

    @property
    def tracks(self) -> tuple[TakeTrack, ...]:
        """What was recorded."""
        return self.document.tracks

    @property
    def pre_frames(self) -> int:
        """Hidden frames before the first visible one."""
        return self.document.pre_frames

    @property
    def lanes(self) -> frozenset[int]:
        """Strips, from 1, that it is a lane of."""
        if self.state == RECORDING or not self.frames:
            return frozenset()
        return frozenset(track.strip for track in self.tracks if track.strip is not None)

    @property
    def created(self) -> str:
        """When, UTC."""
        return datetime.fromtimestamp(self.document.created_unix, UTC).isoformat(timespec="seconds")

    def summary(self) -> dict[str, Any]:
        """For the outside: JSON."""
        document = self.document
        return {
            "id": self.id,
            "state": self.state,
            "name": document.name,
            "tags": list(document.tags),
            "rating": document.rating,
            "note": document.note,
            "frames": self.frames,
            "pre_frames": self.pre_frames,
            "seconds": round(self.frames / self.rate_hz, 3),
            "rate_hz": self.rate_hz,
            "bits": document.bits,
            "position": self.position,
            "layer": document.layer,
            "unheard": sorted(document.unheard),
            "files": list(document.parts()),
            "tracks": [asdict(track) for track in self.tracks],
            "midi": [asdict(track) for track in document.midi],
            "gaps": list(self.gaps),
            **short_proof(document),
            "markers": [mark.to_json() for mark in document.markers],
            "path": str(self.path),
            "created": self.created,
            "recorded_by": document.recorded_by,
            "stopped_by": document.stopped_by,
            "clock_synchronised": document.clock_synchronised,
        }


def label(name: str) -> str:
    """A harmless piece of a file name out of what a person called something."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LABEL_LETTERS].strip("-")


def read_takes(
    session: Path, is_over: Callable[[int], bool] = lambda _: False, elsewhere: Mapping[int, Path] = _NOWHERE
) -> tuple[Take, ...]:
    """Every take in the session, oldest first; what is no take is passed over. Reads the disk: not for the loop.

    is_over: whether it is certain that nobody records a take, whatever its own papers say: a disk that died could not
    be told. elsewhere: the folders that have true papers of such a take; without, it is damaged.
    """
    try:
        names = sorted(entry.name for entry in os.scandir(takes_folder(session)) if entry.is_dir(follow_symlinks=False))
    except OSError:
        return ()
    read = (_read_take(takes_folder(session) / name) for name in names if name.isascii() and name.isdigit())
    takes = (
        _closed(take, elsewhere.get(take.id)) if take.state == RECORDING and is_over(take.id) else take
        for take in read
        if take is not None
    )
    return tuple(sorted(takes, key=lambda take: take.id))


def read_anew(take: Take) -> Take:
    """`take` as its papers say it now; as it is where they cannot be read, or know less. Reads the disk."""
    now = _read_take(take.path)
    is_behind = now is not None and now.state == RECORDING != take.state
    return take if now is None or now.id != take.id or is_behind else now


def _read_take(folder: Path, papers: Path | None = None) -> Take | None:
    """papers: the folder they lie in, where it is another one."""
    try:
        raw = json.loads(((papers or folder) / DOCUMENT_NAME).read_text(encoding="utf-8"))
        return Take(read_document(raw, load_about(folder)), folder)
    except (OSError, ValueError, RecursionError):
        return None


def _closed(take: Take, papers: Path | None) -> Take:
    """`take`, whose own papers do not know that it has ended."""
    told = None if papers is None else _read_take(take.path, papers)
    if told is not None and told.id == take.id and told.state != RECORDING:
        return told
    return replace(take, document=replace(take.document, state=DAMAGED))


def stacked(takes: Iterable[Take]) -> tuple[Take, ...]:
    """`takes` as they lie on each other, the lowest first: by number, but for those that were laid on top of others."""
    return tuple(sorted(takes, key=lambda take: (*take.document.place, take.id)))


def regions(takes: Iterable[Take], strips: int) -> tuple[Region, ...]:
    """What the takes put on the timeline: each strip's files where they were recorded, what lies on top last.

    What is not to be heard is left out.
    """
    return tuple(
        region
        for take in stacked(takes)
        if take.lanes
        for track in take.tracks
        if track.strip is not None and track.strip <= strips and track.strip not in take.document.unheard
        for region in _regions(take, track, track.strip - 1)
    )


def _regions(take: Take, track: TakeTrack, strip: int) -> Iterator[Region]:
    """The visible frames of every part: a pre-record lies before them."""
    mixes = take.document.layer == MIX
    for part in track.parts:
        first, end = max(part.start, 0), min(part.start + part.frames, take.frames)
        if first < end:
            path, offset = part.path(take.path), first - part.start
            yield Region(strip, path, offset, take.position + first, end - first, track.channel, mixes)
