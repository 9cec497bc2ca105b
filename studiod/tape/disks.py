"""The room on a disk: what a refusal means, how long it will last, and a ballast to throw off at the worst moment."""

import contextlib
import enum
import errno
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BALLAST_BYTES = 16 << 20
WARNING_S, ALARM_S = 600.0, 120.0
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Refusal(enum.Enum):
    """What a disk means by saying no."""

    FULL = "full"
    TOO_LONG = "too long"
    """The file may not grow any further; another one may: FAT ends at 4 GiB."""
    BROKEN = "broken"
    """Nothing the disk said about what was not durable yet can be believed."""


def refusal(fault: OSError) -> Refusal:
    """The meaning of `fault`, told by its number."""
    if fault.errno in _FULL:
        return Refusal.FULL
    return Refusal.TOO_LONG if fault.errno == errno.EFBIG else Refusal.BROKEN


@dataclass(frozen=True, slots=True)
class Alarm:
    """A sentence for people; level: "warning" (there is time to act) or "alarm" (act now)."""

    level: str
    text: str

    def to_json(self) -> dict[str, str]:
        """For the shared block."""
        return {"level": self.level, "text": self.text}


def seconds_left(free_bytes: int | None, bytes_per_second: int) -> float | None:
    """How long `free_bytes` last; None when nothing is armed or nobody knows the room."""
    return None if free_bytes is None or bytes_per_second <= 0 else free_bytes / bytes_per_second


@dataclass(frozen=True, slots=True)
class Free:
    """What is free on a disk, in bytes; device: which disk that is, by its number."""

    bytes: int
    device: int


def free_on(folder: Path) -> Free | None:
    """What is free on the disk of `folder`; None where nobody can tell. Waits as long as the disk does."""
    try:
        return Free(shutil.disk_usage(folder).free, folder.stat().st_dev)
    except OSError:
        return None


class DiskUse(enum.Enum):
    """What a disk is there for."""

    LIBRARY = "library"
    COPY = "copy"
    SECOND = "second library"


@dataclass(frozen=True, slots=True)
class Room:
    """How long a disk lasts: `left_s` seconds of what is recorded or armed; None when nobody knows."""

    use: DiskUse
    disk: Path
    free_bytes: int | None
    left_s: float | None

    def to_json(self) -> dict[str, Any]:
        """For the shared block."""
        left_s = None if self.left_s is None else round(self.left_s, 1)
        return {"use": self.use.value, "folder": str(self.disk), "free_bytes": self.free_bytes, "seconds_left": left_s}

    def alarm(self, tracks: int) -> Alarm | None:
        """What to tell when that is the time for `tracks` tracks; None while there is enough."""
        left_s = self.left_s
        if left_s is None or left_s > WARNING_S:
            return None
        noun = "track" if tracks == 1 else "tracks"
        left = f"{left_s / 60.0:.0f} minutes" if left_s > ALARM_S else f"{left_s:.0f} seconds"
        what = {
            DiskUse.LIBRARY: f"{self.disk} is full in {left} of {tracks} {noun}",
            DiskUse.COPY: f"the copy on {self.disk} ends in {left} of {tracks} {noun}",
            DiskUse.SECOND: f"tape.second_library {self.disk} has room for {left} of {tracks} {noun}",
        }[self.use]
        # nothing is written to the second library yet: there is time as long as the first one lasts
        level = "alarm" if left_s <= ALARM_S and self.use is not DiskUse.SECOND else "warning"
        return Alarm(level, f"{what}: make room on it")


@dataclass(frozen=True, slots=True)
class Ballast:
    """A file that takes room for nothing: thrown off when the disk is full, so that small papers can still be kept."""

    path: Path
    size: int = BALLAST_BYTES

    @property
    def is_there(self) -> bool:
        """Whether the disk keeps its room."""
        try:
            held = self.path.stat(follow_symlinks=False)
        except OSError:
            return False
        return held.st_size >= self.size

    def lay(self, free_bytes: int) -> None:
        """Put it (back) where `free_bytes` is room for it four times over; a disk that refuses has none."""
        if self.is_there or free_bytes < 4 * self.size:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        except OSError:
            return
        try:
            os.posix_fallocate(fd, 0, self.size)
        except OSError:
            self.throw_off()  # a part of it would be room lost for nothing
        finally:
            os.close(fd)

    def throw_off(self) -> bool:
        """Give its room back; False when there was none to give."""
        was_there = self.is_there
        with contextlib.suppress(OSError):
            self.path.unlink()
            return was_there
        return False
