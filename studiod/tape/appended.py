"""A file that is only appended to, on a disk that may refuse: what is not durable yet is held, and written again."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from studiod.tape._tape import reserve
from studiod.tape.disks import Refusal, refusal
from studiod.tape.files import replace_file, sync_folder

AHEAD_BYTES = 2 << 20  # of room the disk keeps, asked for again at half of it: minutes of playing, at the least
_PIECE_BYTES = 1 << 20


class AppendedFile:
    """The file at `path`. `found` and `go_on` first, or begin it with `append`. Methods raise OSError that say `path`.

    A file that could not be made durable is never asked again: another one takes its place, with all there was.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = -1
        self._held = bytearray()  # from `_synced` on
        self._synced = 0
        self._at = 0  # written up to here
        self._kept = 0  # the disk keeps room up to here
        self._asks = True
        self._is_spoiled = self._is_named = False

    @property
    def end(self) -> int:
        """Bytes there will be when nothing waits."""
        return self._synced + len(self._held)

    @property
    def held_bytes(self) -> int:
        """How many bytes wait."""
        return self.end - self._at

    def found(self) -> bytes:
        """What there is already; nothing when there is no file."""
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return b""
        try:
            found = bytearray()
            while piece := os.read(fd, _PIECE_BYTES):
                found += piece
            return bytes(found)
        except OSError as fault:
            fault.filename = str(self.path)
            raise
        finally:
            os.close(fd)

    def go_on(self, end: int) -> None:
        """What is there up to byte `end` stays."""
        self._synced = self._at = end

    def append(self, raw: bytes) -> None:
        """Have `raw` wait for `write`. Raises nothing."""
        self._held += raw

    def write(self) -> None:
        """Hand to the system what waits."""
        with self._asked():
            self._write()

    def sync(self) -> None:
        """Write what waits, and make it durable."""
        with self._asked():
            self._write()
            if self._synced == self._at:
                return
            os.fdatasync(self._fd)
            if not self._is_named:
                sync_folder(self.path.parent)
                self._is_named = True
        del self._held[: self._at - self._synced]
        self._synced = self._at

    def release(self) -> None:
        """Give back the room that nothing uses."""
        if self._fd >= 0 and self._kept:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._at)
        self._kept = 0

    def let_go(self) -> None:
        """Close it as it is; may be called twice."""
        self.release()
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.close(self._fd)
        self._fd = -1

    def _write(self) -> None:
        if self._at == self.end:
            return
        if self._is_spoiled:
            self._replace()
        if self._fd < 0:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            os.ftruncate(self._fd, self._at)
        self._keep_ahead()
        piece = memoryview(bytes(self._held[self._at - self._synced :]))
        while piece:
            done = os.pwrite(self._fd, piece, self._at)
            if done == 0:  # POSIX leaves this open; asking for ever would hang the tape
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            piece = piece[done:]
            self._at += done

    def _keep_ahead(self) -> None:
        """Have the disk keep room, as for the sound: one that has none is asked again later, one that cannot never."""
        if not self._asks or self._kept - self.end > AHEAD_BYTES // 2:
            return
        begin = max(self._kept, self._at)
        self._kept = self.end + AHEAD_BYTES
        try:
            reserve(self._fd, begin, self._kept - begin)
        except OSError as fault:
            with contextlib.suppress(OSError):  # a refusal may leave all of the disk promised
                os.ftruncate(self._fd, self._at)
            self._asks = refusal(fault) is Refusal.FULL

    def _replace(self) -> None:
        """Another file with all there was; what was durable is read back, the rest is held."""
        there = self.found()[: self._synced]
        if len(there) < self._synced:
            raise OSError(errno.EIO, "what was written cannot be read back")
        replace_file(self.path, there + self._held)
        self._synced = self._at = self.end
        self._held.clear()
        self._is_spoiled = False

    @contextlib.contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            if refusal(fault) is Refusal.BROKEN:
                self.let_go()
                self._is_spoiled = True
            fault.filename = str(self.path)
            raise
