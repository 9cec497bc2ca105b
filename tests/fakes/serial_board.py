"""A board on a pseudo-terminal: plugged in and out by hand, under a name that stays."""

import fcntl
import os
import select
import tty
from pathlib import Path

from tests.helpers import eventually

READ_BYTES = 65_536
_TIOCVHANGUP = 0x5437  # linux/asm-generic/ioctls.h; termios does not name it


class Board:
    """Device `name` in the by-id folder of `dev`; it speaks what it is told to, and keeps what it hears."""

    def __init__(self, dev: Path, name: str) -> None:
        self.path = dev / "serial" / "by-id" / name
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._fds: tuple[int, int] | None = None
        self.plug()

    def plug(self) -> None:
        """A fresh device comes under the old name."""
        self._fds = os.openpty()
        tty.setraw(self._fds[1])
        self.path.symlink_to(os.ttyname(self._fds[1]))

    def unplug(self) -> None:
        """Pull it out: reading and writing fail from now on, and the name is gone."""
        if self._fds is not None:
            self.path.unlink()
            for fd in self._fds:
                os.close(fd)
            self._fds = None

    def reset(self) -> None:
        """The device goes and comes faster than anybody looks."""
        self.unplug()
        self.plug()

    def hang_up(self) -> None:
        """The driver drops everyone who has it open; its node stays. Needs rights: raises PermissionError."""
        fd = os.open(self.path, os.O_RDWR | os.O_NOCTTY)
        try:
            fcntl.ioctl(fd, _TIOCVHANGUP)
        finally:
            os.close(fd)

    @property
    def is_plugged(self) -> bool:
        """Whether it is there."""
        return self._fds is not None

    def say(self, raw: bytes, piece: int = 512) -> None:
        """Everything at once, in pieces of so many bytes, however long it takes to be read."""
        at = 0
        while at < len(raw):
            at += os.write(self._master, raw[at : at + piece])

    def stuff(self) -> None:
        """Fill what lies between the computer and the board, until not a byte more goes in."""
        fd = os.open(self.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            while os.write(fd, bytes(4096)):
                pass
        except BlockingIOError:
            pass
        finally:
            os.close(fd)

    def heard(self, count: int) -> bytes:
        """The next `count` bytes from the computer."""
        found = bytearray()

        def take() -> bool:
            found.extend(self.pending(count - len(found)))
            return len(found) >= count

        eventually(take)
        return bytes(found)

    def pending(self, most: int = READ_BYTES) -> bytes:
        """What the computer has said and nobody read."""
        if not select.select([self._master], [], [], 0)[0]:
            return b""
        return os.read(self._master, most)

    @property
    def _master(self) -> int:
        assert self._fds is not None, "the board is not plugged in"
        return self._fds[0]
