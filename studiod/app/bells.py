"""Two bells between the desk and the ports process: an event ring is looked into at once, not at the next turn."""

import contextlib
import os
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Bells:
    """Two eventfds, inherited by every child."""

    heard: int
    """Rung by the ports process: boxes spoke, or came, or left."""
    said: int
    """Rung by the desk: something is to be said to a box."""

    @classmethod
    def make(cls) -> Self:
        """Two new bells, which children inherit."""
        bells = cls(os.eventfd(0, os.EFD_NONBLOCK), os.eventfd(0, os.EFD_NONBLOCK))
        for fd in bells.fds:
            os.set_inheritable(fd, True)  # noqa: FBT003 - its signature
        return bells

    @property
    def fds(self) -> tuple[int, int]:
        """Both file descriptors."""
        return self.heard, self.said

    def ring_heard(self) -> None:
        """Wake the desk."""
        _ring(self.heard)

    def hush_heard(self) -> None:
        """The desk is awake."""
        _hush(self.heard)

    def ring_said(self) -> None:
        """Wake the ports process."""
        _ring(self.said)

    def hush_said(self) -> None:
        """The ports process is awake."""
        _hush(self.said)


def _ring(fd: int) -> None:
    with contextlib.suppress(BlockingIOError):  # rung 2**64 times and not heard: it rings anyway
        os.eventfd_write(fd, 1)


def _hush(fd: int) -> None:
    with contextlib.suppress(BlockingIOError):
        os.eventfd_read(fd)
