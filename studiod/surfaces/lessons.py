"""What hands do on boxes while the desk learns a control: it is not done, but told to the one who learns."""

from collections.abc import Callable

from studiod.surfaces.base import Hand
from studiod.surfaces.controls import Control

Taker = Callable[[str, Control, Hand], bool]
"""(name of the box, its control, what the hand did) -> it was meant for the lesson: the box does nothing else with it.

Boxes tell positions, steps and presses; touches and releases are theirs alone, so that nothing stays held.
"""


class Lessons:
    """One for all boxes of a desk: it lies in their `Touches`."""

    def __init__(self) -> None:
        self.taker: Taker | None = None
        """Who learns now."""

    def takes(self, box: str, control: Control, gesture: Hand) -> bool:
        """Whether somebody learns, and that was for them."""
        return self.taker is not None and self.taker(box, control, gesture)
