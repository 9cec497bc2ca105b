"""Takes that were thrown away at once, and the way back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from studiod.model.parameter import Refused

MOST_KEPT = 100


@dataclass(frozen=True, slots=True)
class Shelf:
    """Moves takes by number. Both touch the disk and raise ValueError or OSError, and change nothing then."""

    trash: Callable[[int], object]
    restore: Callable[[int], object]


class Discards:
    """Remembers what was discarded, so that it can be undone, the last first."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._numbers: list[int] = []

    @property
    def numbers(self) -> tuple[int, ...]:
        """Takes that undo brings back, the last one last."""
        return tuple(self._numbers)

    def take_over(self, numbers: Iterable[object]) -> None:
        """Remember what a desk before this one discarded."""
        self._numbers = [number for number in numbers if isinstance(number, int)][-MOST_KEPT:]

    def discard(self, take_id: int) -> None:
        """Put take `take_id` into the trash. Raises Refused. Touches the disk: not for the loop."""
        try:
            self._shelf.trash(take_id)
        except (ValueError, OSError) as fault:
            raise Refused(f"/transport/discard: {fault}") from None
        self._numbers = [*self._numbers, take_id][-MOST_KEPT:]

    def undo(self) -> int:
        """Take back what was discarded last; its number. Raises Refused. Touches the disk: not for the loop.

        What cannot come back is forgotten, so that the one before it can.
        """
        if not self._numbers:
            raise Refused("/transport/undo: nothing was discarded that could be taken back")
        take_id = self._numbers.pop()
        try:
            self._shelf.restore(take_id)
        except (ValueError, OSError) as fault:
            raise Refused(f"/transport/undo: {fault}") from None
        return take_id
