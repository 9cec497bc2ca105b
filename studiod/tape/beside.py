"""What is written of running takes beside their sound: a disk that refuses is waited for, and what is lost is told."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from studiod.link import TakeFrames
from studiod.tape.disks import Refusal, refusal

AGAIN_S = 1.0  # a disk that refused is asked again so much later: one that is dying takes its time for every answer
HELD_BYTES = 32 << 20  # at most, of one take: hours of playing
_log = logging.getLogger(__name__)


class Writer(Protocol):
    """Writes something of one take. Raises OSError where the disk refuses; what was refused waits."""

    @property
    def held_bytes(self) -> int:
        """In memory: the disk has not taken them."""

    @property
    def reached(self) -> str:
        """Where in the take what is on disk ends, for people."""

    @property
    def is_refused(self) -> bool:
        """Something is still refused, whatever went well since."""

    @property
    def may_throw_off(self) -> bool:
        """The ballast may go for this: no sound grows that would take its room."""

    def sync(self) -> None:
        """Write what waits, and make it durable."""

    def let_go(self) -> None:
        """Close the files; may be called twice."""


W = TypeVar("W", bound=Writer)


@dataclass
class Beside(Generic[W]):
    """The writers of takes that run. what: what they write. clock: seconds. throw_off: gives the ballast's room back.

    What a disk refuses is held, and tried again as long as the tape runs; `lose` tells what is never written.
    """

    what: str
    clock: Callable[[], float]
    throw_off: Callable[[], bool] = bool
    waits: dict[int, str] = field(default_factory=dict)
    """Take id -> what its disk refuses now, and is asked again."""
    losses: dict[int, str] = field(default_factory=dict)
    """Take id -> what of it is lost."""
    running: dict[int, W] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    """Takes above `closed` that nothing is written of any more."""
    closed: int = 0
    """Nothing is written any more of takes up to this one; at first: by what the tape before this one told."""
    _again_at: dict[int, float] = field(default_factory=dict)

    def is_over(self, number: int) -> bool:
        """Nothing is written of take `number` any more."""
        return number <= self.closed or number in self.done

    def settle(self, takes: Iterable[TakeFrames]) -> None:
        """Bring `closed` up to date: `takes` are those that the engine tells of, by number."""
        for take in takes:
            if take.id > self.closed:
                if take.id not in self.done:
                    break
                self.done.discard(take.id)
                self.closed = take.id

    @property
    def faults(self) -> dict[int, str]:
        """Take id -> what of it is not on disk: lost, or still to come."""
        return self.losses | self.waits

    def guarded(self, number: int, work: Callable[[W], object]) -> bool:
        """Do `work` on the writer of take `number`; False when the disk refuses, or did so a moment ago."""
        if self.clock() < self._again_at.get(number, 0.0):
            return False
        writer = self.running[number]
        try:
            self._try(writer, work)
        except OSError as fault:
            self._wait(number, writer, fault)
            return False
        if not writer.is_refused and self.waits.pop(number, ""):
            _log.warning("%s of take %d goes on", self.what, number)
        return True

    def each(self, work: Callable[[W], object]) -> None:
        """Do `work` on every writer, `guarded`."""
        for number in list(self.running):
            self.guarded(number, work)

    def urge(self) -> None:
        """Ask every disk at once, whenever it refused: there is no later."""
        self._again_at.clear()

    def end(self, number: int) -> None:
        """Nothing more is written of take `number`."""
        writer = self.running.pop(number, None)
        if writer is not None:
            writer.let_go()
        self._again_at.pop(number, None)
        self.waits.pop(number, None)
        self.done.add(number)

    def lose(self, number: int) -> None:
        """What still waits of take `number` is given up."""
        why = self.waits[number].partition(": ")[2]
        self.losses[number] = (
            f"{self.what} of take {number} ends early, at {self.running[number].reached}, and the rest is lost: {why}"
        )
        _log.error("%s", self.losses[number])
        self.end(number)

    def let_fall(self, number: int) -> None:
        """The engine knows take `number` no more: it ends, and what waits of it is lost."""
        if number in self.running:
            (self.lose if number in self.waits else self.end)(number)

    def left(self, takes: Iterable[TakeFrames]) -> list[TakeFrames]:
        """Those of `takes` that something may still be written of."""
        return [take for take in takes if take.id > self.closed and take.id not in self.done]

    def forgotten(self, takes: Sequence[TakeFrames]) -> list[int]:
        """Those that run here and are older than all `takes` that the engine still knows, oldest first."""
        return [number for number in self.running if takes and number < takes[0].id]

    def let_go(self) -> None:
        """Close all files as they are, what waits is lost; may be called twice."""
        for number in list(self.running.keys() & self.waits.keys()):
            self.lose(number)
        for writer in self.running.values():
            writer.let_go()
        self.running.clear()

    def _try(self, writer: W, work: Callable[[W], object]) -> None:
        try:
            work(writer)
        except OSError as fault:
            if refusal(fault) is not Refusal.FULL or not writer.may_throw_off or not self.throw_off():
                raise
            work(writer)

    def _wait(self, number: int, writer: W, fault: OSError) -> None:
        is_new = number not in self.waits
        self.waits[number] = (
            f"{self.what} of take {number} waits in memory from {writer.reached} on: "
            f"{fault.filename or 'the disk'}: {fault.strerror}"
        )
        if is_new:
            _log.error("%s", self.waits[number])
        self._again_at[number] = self.clock() + AGAIN_S
        if writer.held_bytes > HELD_BYTES:
            self.lose(number)
