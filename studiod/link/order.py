"""What a take is to record, as the desk orders it through the shared block."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class TrackOrder:
    """One track of a take."""

    channel: int
    """Capture ring, from 0: inputs, then buses, then main left and right, then strips after trim."""
    file: str
    strip: int | None
    """Strip (from 0) that plays it back, None for strips after trim, buses and main."""
    name: str
    kind: str = "strip"
    """input, strip, trimmed, bus or main."""


@dataclass(frozen=True, slots=True)
class TakeOrder:
    """A whole take."""

    id: int
    folder: Path
    bits: int
    tracks: tuple[TrackOrder, ...]
    by: str
    """Who pressed record."""
    stopped_by: str = ""
    """Who pressed stop: stored with the order when it happens, empty before."""
    compensation: int = 0
    """Frames by which what is played to the tape comes late: the take lies so much earlier than where it rolled."""

    def to_json(self) -> str:
        """For the block."""
        tracks = [[track.channel, track.file, track.strip, track.name, track.kind] for track in self.tracks]
        document = {"id": self.id, "folder": str(self.folder), "bits": self.bits, "tracks": tracks, "by": self.by}
        document |= {"stopped_by": self.stopped_by, "compensation": self.compensation}
        return json.dumps(document, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self | None:
        """The order, or None when there is none."""
        if not text:
            return None
        raw = json.loads(text)
        tracks = tuple(TrackOrder(*track) for track in raw["tracks"])
        folder, compensation = Path(raw["folder"]), raw.get("compensation", 0)
        return cls(raw["id"], folder, raw["bits"], tracks, raw["by"], raw["stopped_by"], compensation)


@dataclass(frozen=True, slots=True)
class KeepOrder:
    """A take to be made out of what the black box holds."""

    id: int
    folder: Path
    tracks: tuple[TrackOrder, ...]
    """Of inputs only."""
    first: int
    """Engine frame it begins with; where the black box holds less it begins later."""
    last: int
    """Engine frame behind its end."""
    position: int
    """Where on the timeline it goes, unless the transport says."""
    rolling: int | None = None
    """Transport position at engine frame 0, when it rolled all the while."""
    run: int = 0
    """Which life of the engine clock the frames are of; 0 is this one."""
    by: str = ""
    """Who wanted it."""

    def of_run(self, run: int) -> Self:
        """The same, with the run named."""
        return replace(self, run=run)

    def to_json(self) -> str:
        """For the block, and for the folder of a take that is being made."""
        tracks = [[t.channel, t.file, t.strip, t.name, t.kind] for t in self.tracks]
        words = [
            self.id,
            str(self.folder),
            tracks,
            self.first,
            self.last,
            self.position,
            self.rolling,
            self.run,
            self.by,
        ]
        return json.dumps(words, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self | None:
        """The order, or None when there is none."""
        if not text:
            return None
        number, folder, tracks, *rest = json.loads(text)
        return cls(number, Path(folder), tuple(TrackOrder(*track) for track in tracks), *rest)
