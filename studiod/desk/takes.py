"""The takes of a session as the desk sees them: read from their own papers, never guessed."""

import json
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studiod.link.playlist import Region
from studiod.link.session import takes_folder

_LABEL_LETTERS = 24


@dataclass(frozen=True, slots=True)
class TakeTrack:
    """One file of a take; `strip` counts from 1, None for buses and main."""

    file: str
    name: str
    strip: int | None
    parts: tuple[tuple[str, int, int], ...] = ()
    """(file, first frame from the take's first visible one, frames) of a track that lies in several files."""


@dataclass(frozen=True, slots=True)
class Take:
    """One pass of recording."""

    id: int
    state: str
    frames: int
    rate_hz: int
    position: int
    created: str | None
    gaps: tuple[dict[str, Any], ...]
    tracks: tuple[TakeTrack, ...]
    path: Path
    pre_frames: int = 0
    """Hidden frames before the first, in every file."""

    def summary(self) -> dict[str, Any]:
        """For the outside: JSON."""
        return {
            "id": self.id,
            "state": self.state,
            "frames": self.frames,
            "seconds": round(self.frames / self.rate_hz, 3),
            "rate_hz": self.rate_hz,
            "position": self.position,
            "files": [track.file for track in self.tracks],
            "tracks": [asdict(track) for track in self.tracks],
            "gaps": list(self.gaps),
            "path": str(self.path),
            "created": self.created,
        }


def label(name: str) -> str:
    """A harmless piece of a file name out of what a person called something."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LABEL_LETTERS].strip("-")


def read_takes(session: Path) -> tuple[Take, ...]:
    """Every take in the session, oldest first; what is no take is passed over. Reads the disk: not for the loop."""
    try:
        names = sorted(entry.name for entry in os.scandir(takes_folder(session)) if entry.is_dir(follow_symlinks=False))
    except OSError:
        return ()
    takes = (_read_take(takes_folder(session) / name) for name in names if name.isascii() and name.isdigit())
    return tuple(sorted((take for take in takes if take is not None), key=lambda take: take.id))


def _read_take(folder: Path) -> Take | None:
    try:
        raw = json.loads((folder / "take.json").read_text(encoding="utf-8"))
        tracks = tuple(_read_track(track) for track in raw["tracks"])
        created = datetime.fromtimestamp(raw["created_unix"], UTC).isoformat(timespec="seconds")
        return Take(
            int(raw["id"]),
            str(raw["state"]),
            int(raw["frames"]),
            int(raw["rate_hz"]),
            int(raw["position"]),
            created,
            tuple(raw["gaps"]),
            tracks,
            folder,
            int(raw.get("pre_frames", 0)),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read_track(raw: dict[str, Any]) -> TakeTrack:
    parts = tuple((str(part["file"]), int(part["start"]), int(part["frames"])) for part in raw.get("parts", ()))
    # a part on another disk is named by its whole path
    file = raw["file"] if parts else Path(raw["file"]).name
    return TakeTrack(str(file), str(raw["name"]), raw["strip"], parts)


def regions(takes: tuple[Take, ...], strips: int) -> tuple[Region, ...]:
    """What the takes put on the timeline: each strip's files where they were recorded, later takes last."""
    return tuple(
        region
        for take in takes
        if take.state != "recording"
        for track in take.tracks
        if track.strip is not None and 1 <= track.strip <= strips and take.frames
        for region in _regions(take, track, track.strip - 1)
    )


def _regions(take: Take, track: TakeTrack, strip: int) -> Iterator[Region]:
    """The visible frames of every part: a pre-record lies before them."""
    for file, start, frames in track.parts or ((track.file, -take.pre_frames, take.frames + take.pre_frames),):
        first, end = max(start, 0), min(start + frames, take.frames)
        if first < end:
            yield Region(strip, take.path / file, first - start, take.position + first, end - first)
