"""The few words of the shared block that the supervisor watches, by plain struct: nothing built is needed."""

import mmap
import struct
from typing import Self

LIFE_AT = 1024  # ext/block.h; tests compare
PROCESSES = ("supervisor", "engine", "tape", "desk", "ports")
_BEATS, _PIDS, _STARTS, _READY = 0, 40, 60, 80
_LIFE_BYTES = 104


class Life:
    """Heartbeats and process ids in the block behind `fd`."""

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, LIFE_AT + _LIFE_BYTES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._map.close()

    def beats(self, process: int) -> int:
        """Turns `process` has made since the block was made."""
        return int(struct.unpack_from("<Q", self._map, LIFE_AT + _BEATS + 8 * process)[0])

    def is_ready(self, process: int) -> bool:
        """It does its work."""
        return bool(struct.unpack_from("<I", self._map, LIFE_AT + _READY + 4 * process)[0])

    def pid(self, process: int) -> int:
        """Process id, 0 while it does not run."""
        return int(struct.unpack_from("<I", self._map, LIFE_AT + _PIDS + 4 * process)[0])

    def began(self, process: int, pid: int) -> None:
        """Write down that `process` was started as `pid`; it is not ready yet."""
        starts = struct.unpack_from("<I", self._map, LIFE_AT + _STARTS + 4 * process)[0]
        struct.pack_into("<I", self._map, LIFE_AT + _READY + 4 * process, 0)
        struct.pack_into("<I", self._map, LIFE_AT + _STARTS + 4 * process, starts + 1)
        struct.pack_into("<I", self._map, LIFE_AT + _PIDS + 4 * process, pid)

    def ended(self, process: int) -> None:
        """Write down that `process` is no more."""
        struct.pack_into("<I", self._map, LIFE_AT + _READY + 4 * process, 0)
        struct.pack_into("<I", self._map, LIFE_AT + _PIDS + 4 * process, 0)
