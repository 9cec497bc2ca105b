"""One studiod writes into a folder; another says whose it is, so that a person finds it."""

import contextlib
import fcntl
import os
import pwd
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from studiod.tape.boot import this_boot

LOCK_NAME: Final = ".lock"
_MAX_BYTES: Final = 4096
_TYPED: Final = "studiod"
_COMMAND_LETTERS: Final = 160
_START_TICKS: Final = 22 - 3  # of the fields of /proc/pid/stat, from the third on


class InUse(BlockingIOError):  # noqa: N818 - it reads as the fact it reports
    """Somebody else holds the lock; the message says who."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a lock, as the lock file says: a line each; an older studiod wrote the first one, or four."""

    process: str = ""
    user: str = ""
    host: str = ""
    command: str = ""
    began: str = ""
    """When the process began, as `_began` tells: a number is given anew, to another process. Empty: it was not told."""

    @classmethod
    def of_process(cls, process: int) -> Self:
        """`process`, which runs on this machine as we do."""
        try:
            user = pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:
            user = f"user {os.geteuid()}"
        try:
            words = Path(f"/proc/{process}/cmdline").read_bytes().decode("utf-8", "replace").rstrip("\0").split("\0")
        except OSError:
            words = []
        typed = words[words.index(_TYPED) :] if _TYPED in words else words  # what the supervisor was started by
        return cls(str(process), user, socket.gethostname(), " ".join(typed)[:_COMMAND_LETTERS], _began(process))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Who wrote the lock file `path`; nobody where it cannot be read."""
        lines: list[str] = []
        with contextlib.suppress(OSError):
            if path.is_file():  # a pipe would wait for ever
                with path.open("rb") as file:
                    lines = file.read(_MAX_BYTES).decode("utf-8", "replace").splitlines()
        return cls(*("".join(letter for letter in line if letter.isprintable()) for line in lines[:5]))

    @property
    def is_here(self) -> bool:
        """It is a process of this machine, and lives."""
        return self.host in {"", socket.gethostname()} and self._lives

    @property
    def _lives(self) -> bool:
        if not (self.process.isascii() and self.process.isdecimal() and Path(f"/proc/{self.process}").exists()):
            return False
        return not self.began or self.began == _began(int(self.process))

    def __str__(self) -> str:
        who = f"process {self.process or 'unknown'}"
        who += f" of {self.user}" if self.user else ""
        who += f" on {self.host}" if self.host else ""
        return f"{who}: {self.command}" if self.command else who

    def text(self) -> str:
        """For the lock file."""
        return "".join(
            f"{''.join(letter if letter.isprintable() else ' ' for letter in line)}\n"
            for line in (self.process, self.user, self.host, self.command, self.began)
        )


def hold(path: Path, process: int, *, is_shared: bool = False) -> int:
    """Take the lock in the file `path` for `process`; the descriptor that holds it. Raises InUse, OSError.

    It ends with this process, however that ends. is_shared: others may hold it too, if they say so.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o644)
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        os.ftruncate(fd, 0)
        os.pwrite(fd, Owner.of_process(process).text().encode("utf-8", "replace"), 0)
    except BlockingIOError as fault:
        os.close(fd)
        raise InUse(fault.errno, _holder(Owner.read(path)), str(path)) from None
    except OSError:
        os.close(fd)
        raise
    return fd


def _holder(owner: Owner) -> str:
    """Who holds a lock that is held. Who has ended is not blamed, nor who was given the number of one that has."""
    if owner.process and owner.host in {"", socket.gethostname()} and not owner.is_here:
        return f"it is not known by whom: {owner} was the last to say so, and does not run here any more"
    return str(owner)


def _began(process: int) -> str:
    """The start of this machine and the tick at which `process` began (proc(5)); empty where it is not, or not told."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    ticks = told.rpartition(")")[2].split()[_START_TICKS]  # the name before it may hold anything
    return f"{this_boot()} {ticks}"


def is_held_at(path: Path, held: int) -> bool:
    """Whether the lock file that `held` holds is the one at `path`: else its folder was moved, or its disk."""
    try:
        there, ours = path.stat(follow_symlinks=False), os.fstat(held)
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)
