"""What is written of running takes beside their sound, each take for itself: what the disk refuses ends there."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from studiod.link import TakeFrames

_log = logging.getLogger(__name__)


class Writer(Protocol):
    """Writes something of one take. Raises OSError where the disk refuses, but from `let_go`."""

    def sync(self) -> None:
        """Make what is written durable."""

    def let_go(self) -> None:
        """Close the files; may be called twice."""


W = TypeVar("W", bound=Writer)


@dataclass
class Beside(Generic[W]):
    """The writers of takes that run. tell: the sentence about take, writer and what the disk said."""

    tell: Callable[[int, W, OSError], str]
    faults: dict[int, str] = field(default_factory=dict)
    """Take id -> why it ends early."""
    running: dict[int, W] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    """Takes above `closed` that nothing is written of any more."""
    closed: int = 0
    """Nothing is written any more of takes up to this one; at first: by what the tape before this one told."""

    def is_over(self, number: int) -> bool:
        """Nothing is written of take `number` any more."""
        return number <= self.closed or number in self.done

    def settle(self, takes: Iterable[TakeFrames]) -> None:
        """Bring `closed` up to date: `takes` are those that the engine tells of, by number."""
        for take in takes:
            if not self.is_over(take.id):
                break
            self.done.discard(take.id)
            self.closed = max(self.closed, take.id)

    def guarded(self, number: int, work: Callable[[W], object]) -> None:
        """Do `work` on the writer of take `number`; when the disk refuses, it ends as it is and everyone is told."""
        writer = self.running[number]
        try:
            work(writer)
        except OSError as fault:
            self.faults[number] = self.tell(number, writer, fault)
            _log.error("%s", self.faults[number])
            self.end(number)

    def each(self, work: Callable[[W], object]) -> None:
        """Do `work` on every writer, `guarded`."""
        for number in list(self.running):
            self.guarded(number, work)

    def end(self, number: int) -> None:
        """Nothing more is written of take `number`."""
        writer = self.running.pop(number, None)
        if writer is not None:
            writer.let_go()
        self.done.add(number)

    def let_go(self) -> None:
        """Close all files as they are; may be called twice."""
        for writer in self.running.values():
            writer.let_go()
        self.running.clear()
