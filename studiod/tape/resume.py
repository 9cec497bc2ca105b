"""A take whose writer died: what its take.json says, so that another goes on."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studiod.link import Gap
from studiod.link.order import TakeOrder
from studiod.link.take import RECORDING
from studiod.tape.boot import this_boot
from studiod.tape.files import load_json
from studiod.tape.proof import Strain


@dataclass(frozen=True, slots=True)
class Found:
    """Where the writer before stood."""

    paper: Mapping[str, Any]
    """Fields of `Paper` by name."""
    pre_frames: int
    gaps: list[Gap]
    """On the engine's clock."""
    faults: list[str]
    write_counts: list[int]
    clips: list[tuple[int, int, int]]
    """(track, frame from the first hidden one, frames)."""
    clips_more: int
    xruns: list[Strain]
    """On the engine's clock."""
    xruns_more: int
    parts: list[tuple[Path, int, list[Path]]]
    """Folder, first frame (from the first hidden one), files."""


def find(order: TakeOrder, before: Mapping[str, Any], start: int, spare: Path | None) -> Found:
    """What `before`, the take.json of `order`, says of a take that begins at engine frame `start`.

    Raises OSError when it is no such document, or names files that are not where takes of this order are written.
    """
    try:
        return _found(order, before, start, spare)
    except (KeyError, TypeError, ValueError, IndexError) as fault:
        path = order.folder / "take.json"
        raise OSError(errno.EINVAL, f"is not the paper of this take: {fault!r}", str(path)) from fault


def is_ours(folder: Path, order: TakeOrder, start: int, *, may_be_closed: bool = False) -> bool:
    """Whether `folder` is free for the take of `order` that begins at `start`: nothing there, or this very take.

    may_be_closed: it is this take even when it is no longer being recorded.
    """
    before = load_json(folder / "take.json")
    if before is None:
        return not folder.exists() or not any(folder.iterdir())
    if not may_be_closed and before.get("state") != RECORDING:
        return False
    said = (before.get("id"), before.get("start_frame"), before.get("boot_id"))
    return said == (order.id, start, this_boot())  # frames count anew at least as often as the machine starts


def free_folder(folder: Path, order: TakeOrder, start: int, *, may_be_closed: bool = False) -> Path:
    """`folder`, or one numbered beside it when another take is there: takes of two libraries may meet on one disk.

    may_be_closed: as for `is_ours`. Raises OSError.
    """
    number, free = 1, folder
    while not is_ours(free, order, start, may_be_closed=may_be_closed):
        number += 1
        free = folder.with_name(f"{folder.name}.{number}")
    return free


def _found(order: TakeOrder, before: Mapping[str, Any], start: int, spare: Path | None) -> Found:
    pre_frames = int(before.get("pre_frames", 0))
    tracks = before["tracks"]
    if len(tracks) != len(order.tracks):
        raise ValueError(f"{len(tracks)} tracks, {len(order.tracks)} were ordered")
    # a take of version 1 has one part, of all there is
    rows = [track.get("parts") or [{"file": track["file"], "start": -pre_frames}] for track in tracks]
    # a take of MIDI alone has no files of sound
    parts: list[tuple[Path, int, list[Path]]] = [] if rows else [(order.folder, 0, [])]
    for number, first in enumerate(rows[0] if rows else ()):
        paths = list(dict.fromkeys(_path(row[number]["file"], order.folder, spare) for row in rows))
        parts.append((paths[0].parent, int(first["start"]) + pre_frames, paths))
    numbers = {(track["file"], track.get("channel", 0)): number for number, track in enumerate(tracks)}
    for number, row in enumerate(rows):
        numbers |= {(part["file"], tracks[number].get("channel", 0)): number for part in row}
    clips = [
        (numbers[clip["file"], clip.get("channel", 0)], clip["start"] + pre_frames, clip["frames"])
        for clip in before.get("clips", ())
    ]
    return Found(
        pre_frames=pre_frames,
        paper={
            "created_unix": float(before["created_unix"]),
            "is_clock_synchronised": bool(before.get("clock_synchronised", False)),
            "own": {
                "name": before.get("name", ""),
                "tags": before.get("tags", []),
                "rating": before.get("rating", 0),
                "note": before.get("note", ""),
            },
        },
        gaps=[Gap(start + gap["start"], gap["frames"], gap["cause"]) for gap in before["gaps"]],
        faults=[str(fault) for fault in before.get("faults", ())],
        write_counts=list(before.get("write_ms", {}).get("counts", ())),
        clips=clips,
        clips_more=int(before.get("clips_more", 0)),
        xruns=[
            Strain(start + run["start"], run["frames"], run["xruns"], run["late_blocks"])
            for run in before.get("xruns", ())
        ],
        xruns_more=int(before.get("xruns_more", 0)),
        parts=parts,
    )


def _path(name: str, home: Path, spare: Path | None) -> Path:
    path = home / name
    # a folder numbered beside the spare one is where it went when that was another take's
    is_spare = spare is not None and path.parent.parent == spare.parent
    if not (path.parent == home or is_spare) or path.name in ("", ".", ".."):
        raise ValueError(f"{name} lies elsewhere")
    return path
