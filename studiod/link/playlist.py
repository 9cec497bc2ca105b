"""What the tape is to play, as the desk says it through the shared block."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from studiod.link import Block

BANKS = 2
"""Playlists the tape keeps ready side by side: that of generation g is in bank g % BANKS."""


@dataclass(frozen=True, slots=True)
class Region:
    """A window on a file: `frames` of it from its frame `offset` on sound from transport `position` on."""

    strip: int
    file: Path
    offset: int
    position: int
    frames: int
    channel: int = 0
    """Of the file, from 0."""
    mixes: bool = False
    """It is heard on top of what lies beneath, not in its place."""


@dataclass(frozen=True, slots=True)
class Playlist:
    """All regions, lower before upper (the upper covers the lower, or mixes with it), and where to begin."""

    generation: int
    position: int
    regions: tuple[Region, ...]

    def to_json(self) -> str:
        """For the block."""
        rows = [
            [r.strip, str(r.file), r.offset, r.position, r.frames, r.channel, *([True] if r.mixes else [])]
            for r in self.regions
        ]
        return json.dumps([self.generation, self.position, rows], ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The playlist; an empty one of generation 0 when there is none."""
        if not text:
            return cls(0, 0, ())
        generation, position, rows = json.loads(text)
        return cls(generation, position, tuple(Region(s, Path(f), *rest) for s, f, *rest in rows))


def newest(block: "Block") -> Playlist:
    """The playlist stored last."""
    return max((Playlist.from_json(block.playlist(bank)) for bank in range(BANKS)), key=lambda found: found.generation)
