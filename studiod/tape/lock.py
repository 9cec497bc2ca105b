"""Who writes into a session: a lock that ends with its process, and says whose it is."""

import fcntl
import os
from pathlib import Path


def lock_path(session: Path) -> Path:
    """The file that is locked."""
    return session / ".lock"


def lock_session(session: Path, *, is_shared: bool = False) -> int:
    """Lock `session`, which is there, and leave the supervisor's number in it. Close what is returned to let go.

    is_shared: others may hold it too, if they say so. Raises BlockingIOError where another holds it, OSError.
    """
    fd = os.open(lock_path(session), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getppid()}\n".encode(), 0)
    except OSError:
        os.close(fd)
        raise
    return fd
