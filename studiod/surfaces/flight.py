"""Where a motor was sent a moment ago: what it says from there is its own way, and no hand."""

from typing import Final

FLIGHT_S: Final = 0.5
"""A motor is there by then."""


class Flight:
    """The last aims of one motor, in steps of what it says."""

    def __init__(self) -> None:
        self._aims: list[tuple[int, float]] = []  # and until when it may talk back from there

    def send(self, step: int, now: float) -> None:
        """It is sent there."""
        self._aims = [*self._open(now), (step, now + FLIGHT_S)]

    def comes_by(self, step: int, now: float, slack: int = 0) -> bool:
        """It may be there on its way, give or take `slack` steps."""
        return any(abs(step - aim) <= slack for aim, _ in self._open(now))

    def end(self) -> None:
        """A hand has it, or nobody knows where it is."""
        self._aims.clear()

    def _open(self, now: float) -> list[tuple[int, float]]:
        return [(aim, until) for aim, until in self._aims if now < until]
