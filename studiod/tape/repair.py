"""Takes that were being recorded when everything stopped: made whole at start, never shortened below what is there."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studiod.link.session import take_folder, takes_folder
from studiod.tape.files import load_json, save_json
from studiod.tape.wavfile import DATA_AT, IN_DS64, header_page


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was done to one take."""

    id: int
    frames: int
    regained_frames: int
    """Frames that were on disk beyond what the headers claimed."""

    def __str__(self) -> str:
        return f"take {self.id} was cut off; repaired: {self.frames} frames, {self.regained_frames} of them regained"


def take_ids(session: Path) -> list[int]:
    """Ids of the take folders there are, in order; other names are not takes."""
    try:
        names = [entry.name for entry in os.scandir(takes_folder(session)) if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())


def repair_session(session: Path, running: frozenset[int] = frozenset()) -> list[Repaired]:
    """Repair every take that says it is recording but is not in `running`. Idempotent. Raises OSError."""
    done = []
    for number in take_ids(session):
        folder = take_folder(session, number)
        document = load_json(folder / "take.json")
        if number not in running and document is not None and document.get("state") == "recording":
            done.append(_repair(folder, document))
    return done


def _repair(folder: Path, document: dict[str, Any]) -> Repaired:
    """All files end where the shortest ends: from there back every track is whole."""
    width = document["bits"] // 8
    lengths: dict[Path, int] = {}
    for name in document["files"]:
        path = folder / Path(name).name
        size = path.stat(follow_symlinks=False).st_size if path.is_file() and not path.is_symlink() else 0
        lengths[path] = max(size - DATA_AT, 0) // width
    frames = min(lengths.values(), default=0)
    claimed = document["frames"]
    page = header_page(frames, document["rate_hz"], document["bits"])
    for path, length in lengths.items():
        if length == 0 and not path.is_file():
            continue
        fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            claimed = max(claimed, _claimed(fd, width))
            os.pwrite(fd, page, 0)
            os.fsync(fd)
        finally:
            os.close(fd)
    document["state"] = "repaired"
    document["frames"] = frames
    document["gaps"] = [gap for gap in document["gaps"] if gap["start"] < frames]
    document["repair"] = {"regained_frames": max(frames - claimed, 0), "file_frames": sorted(set(lengths.values()))}
    save_json(folder / "take.json", document)
    return Repaired(document["id"], frames, max(frames - claimed, 0))


def _claimed(fd: int, width: int) -> int:
    """Frames the header on disk claims."""
    size = int.from_bytes(os.pread(fd, 4, DATA_AT - 4), "little")
    if size == IN_DS64:
        size = int.from_bytes(os.pread(fd, 8, 28), "little")
    return size // width
