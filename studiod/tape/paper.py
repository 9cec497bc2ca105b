"""take.json, version 2: what a take is, for those who come after. Frames count from the first visible one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studiod.link import Gap
from studiod.link.journal import JOURNAL_NAME
from studiod.link.order import TakeOrder
from studiod.link.timeline import Mark
from studiod.tape.boot import this_boot

VERSION = 2


@dataclass
class Paper:
    """Everything that take.json says; `to_json` makes it. Frames here are on the engine's clock."""

    order: TakeOrder
    start: int
    """First visible frame."""
    position: int
    rate_hz: int
    pre_frames: int = 0
    created_unix: float = 0.0
    is_clock_synchronised: bool = False
    stopped_by: str = ""
    copy: Mapping[str, Any] | None = None
    has_journal: bool = False
    faults: Sequence[str] = ()
    markers: Sequence[Mark] = ()
    """Told when the take is closed; they count from its first visible frame."""
    own: dict[str, Any] = field(default_factory=lambda: {"name": "", "tags": [], "rating": 0, "note": ""})
    """What people say of the take."""
    boot_id: str = field(default_factory=this_boot)
    """Which start of the machine it is recorded under: a repair knows by it what can be missing."""

    def to_json(
        self,
        state: str,
        end: int,
        gaps: Iterable[Gap],
        tracks: Sequence[Mapping[str, Any]],
        clips: Sequence[Mapping[str, Any]],
        proof: Mapping[str, Any],
    ) -> dict[str, Any]:
        """The document of a take that ends at frame `end` so far.

        gaps: in order, none touching another. tracks: file, channel and parts of each. clips: runs at full scale.
        proof: fields that go in as they are.
        """
        files = [part["file"] for track in tracks for part in track["parts"]] or [track["file"] for track in tracks]
        return {
            "version": VERSION,
            "id": self.order.id,
            "state": state,
            "frames": max(end - self.start, 0),
            "pre_frames": self.pre_frames,
            "rate_hz": self.rate_hz,
            "bits": self.order.bits,
            "start_frame": self.start,
            "position": self.position,
            "layer": self.order.layer,
            "created_unix": self.created_unix,
            "clock_synchronised": self.is_clock_synchronised,
            "recorded_by": self.order.by,
            "stopped_by": self.stopped_by,
            "boot_id": self.boot_id,
            "gaps": [{"start": gap.start - self.start, "frames": gap.frames, "cause": gap.cause} for gap in gaps],
            "clips": list(clips),
            "markers": [mark.to_json() for mark in self.markers],
            "faults": list(self.faults),
            "files": list(dict.fromkeys(files)),
            "tracks": [
                {
                    "file": track["file"],
                    "channel": track["channel"],
                    "name": order.name,
                    "kind": order.kind,
                    "strip": None if order.strip is None else order.strip + 1,
                    "armed_by": order.armed_by,
                    "parts": list(track["parts"]),
                }
                for order, track in zip(self.order.tracks, tracks, strict=True)
            ],
            "midi": [track.to_json() for track in self.order.midi],
            "tempo_bpm": self.order.tempo_bpm,
            **proof,
            "journal": JOURNAL_NAME if self.has_journal else None,
            "copy": None if self.copy is None else dict(self.copy),
            **self.own,
        }


def merged(gaps: Iterable[Gap], begin: int, end: int) -> list[Gap]:
    """`gaps` held inside [begin, end), in order, those that touch or overlap made one."""
    result: list[Gap] = []
    for gap in sorted(gaps):
        first, last = max(gap.start, begin), min(gap.start + gap.frames, end)
        if first >= last:
            continue
        if result and first <= result[-1].start + result[-1].frames:
            before = result.pop()
            last = max(last, before.start + before.frames)
            result.append(Gap(before.start, last - before.start, before.cause))
        else:
            result.append(Gap(first, last - first, gap.cause))
    return result
