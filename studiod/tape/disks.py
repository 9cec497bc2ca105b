"""The room on a disk: what a refusal means, how long it will last, and a ballast to throw off at the worst moment."""

import contextlib
import enum
import errno
import os
from dataclasses import dataclass
from pathlib import Path

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


def room_alarm(left_s: float | None, tracks: int, disk: Path) -> Alarm | None:
    """What to tell when `left_s` seconds of `tracks` tracks are left on `disk`; None while there is enough."""
    if left_s is None or left_s > WARNING_S:
        return None
    noun = "track" if tracks == 1 else "tracks"
    left = f"{left_s / 60.0:.0f} minutes" if left_s > ALARM_S else f"{left_s:.0f} seconds"
    return Alarm(
        "warning" if left_s > ALARM_S else "alarm", f"{disk} is full in {left} of {tracks} {noun}: make room on it"
    )


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
