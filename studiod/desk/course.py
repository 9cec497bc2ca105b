"""What comes next on the timeline while the tape rolls: the loop's end, a punch-in, a punch-out."""

import enum
from dataclasses import dataclass

from studiod.desk.points import Span


class Turn(enum.IntEnum):
    """What happens at a position; at one and the same, in this order."""

    PUNCH_OUT = 0
    GO_ROUND = 1
    """From the loop's end to its start."""
    PUNCH_IN = 2


@dataclass(frozen=True, slots=True)
class Event:
    """A turn, and where it is due; `position` is never behind the one that was asked about."""

    turn: Turn
    position: int
    late: int = 0
    """Frames by which it should have come earlier."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The engine at frame `frame` plays `position`, and goes on."""

    frame: int
    position: int
    is_in: bool
    """It records, or rehearses that."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something sent ahead, and how things stand once it has taken effect."""

    commands: tuple[int, ...]
    """Sequence numbers; none for a rehearsal, which is made of values."""
    after: Moment
    turn: Turn | None
    """None: it begins to roll."""
    is_exact: bool = True
    """It takes effect at its frame; else when the engine sees it."""


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that decides about what comes next."""

    loop: Span | None = None
    is_looping: bool = False
    """It is on its way round, wherever it has got to meanwhile."""
    punch: Span | None = None
    is_enabled: bool = False
    """Record was pressed, and holds until stop or play."""
    point: int | None = None
    """Recording begins no earlier than here; None when only the punch says so."""

    def next_event(self, position: int, *, is_in: bool) -> Event | None:
        """What comes at `position` or later; None when it just rolls on. is_in: it records, or rehearses that."""
        found: list[Event] = []
        entry = None if is_in else self.entry(position)
        if is_in and self.punch is not None:
            found.append(_due(Turn.PUNCH_OUT, self.punch.end, position))
        if entry is not None:
            found.append(Event(Turn.PUNCH_IN, entry))
        if self.loop is not None and self.goes_round(position, entry):
            found.append(_due(Turn.GO_ROUND, self.loop.end, position))
        return min(found, key=lambda event: (event.position, event.turn), default=None)

    def entry(self, position: int) -> int | None:
        """Where recording will begin, rolling from `position`; None when it will not in this pass."""
        if not self.is_enabled or (self.punch is not None and position >= self.punch.end):
            return None
        target = self.punch.start if self.punch is not None else position
        return max(position, target if self.point is None else self.point)

    def goes_round(self, position: int, entry: int | None) -> bool:
        """Whether the loop's end is still to come; a point of record behind the loop is reached first."""
        if self.loop is None or (entry is not None and entry >= self.loop.end):
            return False
        return self.is_looping or position < self.loop.end

    def records_from(self, position: int) -> bool:
        """Whether what is being recorded goes on at `position`, where the loop begins again."""
        return self.punch is None or position in self.punch


def _due(turn: Turn, due: int, position: int) -> Event:
    return Event(turn, max(due, position), max(position - due, 0))
