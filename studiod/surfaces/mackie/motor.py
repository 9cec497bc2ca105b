"""One motor fader between a hand and the desk."""

from typing import Final

from studiod.surfaces.flight import FLIGHT_S, Flight

HOLD_S: Final = 0.3
"""A box without touch sensors: so long after its last word the hand is thought to be on the fader."""


class Motor:
    """Who holds the fader: a finger, or the desk. Positions are 0..16383.

    has_touch: a finger is there until its release message comes, however long that takes.
    bits: how finely the fader speaks.
    """

    def __init__(self, *, has_touch: bool, bits: int) -> None:
        self._has_touch = has_touch
        self._shift = 14 - bits
        self._moved_at = float("-inf")
        self._driven_at = float("-inf")
        self._at: int | None = None
        self._flight = Flight()
        self.is_touched = False

    def forget(self) -> None:
        """The box was away: nobody knows where the fader stands, nor whether a finger is on it."""
        self._moved_at = self._driven_at = float("-inf")
        self._at = None
        self._flight.end()
        self.is_touched = False

    def step(self, position: int) -> int:
        """The step of the fader that `position` means."""
        return position >> self._shift

    def travel(self, position: int) -> float:
        """Travel (0..1) at `position`; both ends are reached, however coarse it speaks."""
        return self.step(position) / ((1 << 14 - self._shift) - 1)

    def hears(self, position: int, now: float) -> bool:
        """The box says it stands at `position`; False when that is its own motor talking back."""
        is_news = self._at is None or self.step(self._at) != self.step(position)
        if not self.is_touched:
            if not is_news or self._is_talking_back(position, now):
                return False
            self._moved_at = now
        self._at = position
        return True

    def drives(self, position: int, now: float) -> int | None:
        """Where to send the fader so that it stands at `position`; None: it does, or a hand has it."""
        if self.is_touched or self.is_held(now):
            return None
        if self._at is not None and self.step(self._at) == self.step(position):
            return None
        self._at = position
        self._sent(position, now)
        return position

    def retold(self, now: float) -> None:
        """It was told once more where to be: if it had missed that it moves now, and may say so."""
        if self.is_touched or self.is_held(now):
            return
        self._sent(self._at, now)

    def rests(self, target: int, now: float) -> int:
        """What to tell a fader that a hand has left, while the desk has it at `target`: no jerk within a step."""
        if self._at is None or self.step(self._at) != self.step(target):
            self._at = target
        self._sent(self._at, now)
        return self._at

    def is_held(self, now: float) -> bool:
        """No sensor says so, but the hand was there a moment ago."""
        return not self._has_touch and now - self._moved_at < HOLD_S

    def _is_talking_back(self, position: int, now: float) -> bool:
        """Nobody touches it, and it was driven a moment ago: with sensors all it says is its way, else its aims."""
        if self._has_touch:
            return now - self._driven_at < FLIGHT_S
        return self._flight.comes_by(self.step(position), now)

    def _sent(self, position: int | None, now: float) -> None:
        self._driven_at = now
        if not self._has_touch and position is not None:
            self._flight.send(self.step(position), now)

    def held_until(self) -> float:
        """When `is_held` ends."""
        return self._moved_at + HOLD_S
