"""Fingers on the desk: what one box touches, no other box moves until it is let go."""

from collections.abc import Callable, Iterable

from studiod.surfaces.lessons import Lessons


class Touches:
    """Who touches which address. Only a release or the box's leaving ends a touch, never time."""

    def __init__(self) -> None:
        self.lessons = Lessons()
        """Hands that teach, and do nothing else meanwhile."""
        self._held: dict[tuple[str, str], tuple[str, ...]] = {}  # (box, control) -> addresses

    def touch(self, box: str, control: str, addresses: Iterable[str]) -> None:
        """A finger rests on a control that sets these."""
        self._held[box, control] = tuple(addresses)

    def aim(self, box: str, under: Callable[[str], Iterable[str]]) -> None:
        """Controls of the box set others now, those of `under`: a finger that rests on one holds them."""
        for holder, control in self._held:
            if holder == box:
                self._held[holder, control] = tuple(under(control))

    def release(self, box: str, control: str) -> None:
        """The finger is gone."""
        self._held.pop((box, control), None)

    def leave(self, box: str) -> None:
        """The box is gone, and every finger on it."""
        for key in [key for key in self._held if key[0] == box]:
            del self._held[key]

    def is_held(self, address: str, box: str) -> bool:
        """Somebody else than `box` touches it, and `box` does not."""
        return bool(self.holder(address, box))

    def holder(self, address: str, box: str) -> str:
        """Name of the box that touches it, when `box` does not; nothing when nobody does, or `box` itself."""
        if not self._held:
            return ""
        holders = [holder for (holder, _), addresses in self._held.items() if address in addresses]
        return "" if not holders or box in holders else holders[0]
