"""A line through ticks that come a little early or late: where another machine is, and how fast it goes."""

import math

SMOOTH_HZ, HURRY_HZ = 0.25, 2.0  # USB and busy schedulers shake a tick by a millisecond or two; a drift is slow
HURRY_TICKS = 24
_STEEPEST = 0.5


class Follower:
    """A delay-locked loop of second order (F. Adriaensen, "Using a DLL to filter time", LAC 2005).

    s_per_unit: seconds for one unit of position to begin with; None takes the first interval. Backward is negative.
    """

    def __init__(self, s_per_unit: float | None = None) -> None:
        self.late_s = 0.0
        """How far the last tick was off the line."""
        self.ticks = 0
        """Readings since it began."""
        self._s_per_unit = s_per_unit
        self._position = 0.0
        self._at_s = 0.0

    @property
    def units_per_s(self) -> float:
        """How fast; 0 while that is not known."""
        return 1.0 / self._s_per_unit if self._s_per_unit and self.ticks else 0.0

    def read(self, position: float, now_s: float) -> None:
        """The other machine is at `position` at `now_s`."""
        units = position - self._position
        self.ticks += 1
        if self.ticks == 1 or units == 0.0:
            self._position, self._at_s = position, now_s
            return
        if self._s_per_unit is None:
            if now_s <= self._at_s:
                self.ticks -= 1
                return
            self._s_per_unit = (now_s - self._at_s) / units
        expected_s = self._at_s + units * self._s_per_unit
        self.late_s = now_s - expected_s
        hertz = HURRY_HZ if self.ticks <= HURRY_TICKS else SMOOTH_HZ
        turn = min(2 * math.pi * hertz * abs(units * self._s_per_unit), _STEEPEST)
        self._position = position
        self._at_s = expected_s + min(math.sqrt(2) * turn, 1.0) * self.late_s
        # however late a burst comes, the pace neither stands still nor turns round
        change = 1.0 + turn * turn * self.late_s / (units * self._s_per_unit)
        self._s_per_unit *= min(max(change, 0.5), 2.0)

    def off_s(self, position: float, now_s: float) -> float:
        """How late `position` would be at `now_s`; 0 while nothing can be expected."""
        if not self.ticks or self._s_per_unit is None:
            return 0.0
        return now_s - self._at_s - (position - self._position) * self._s_per_unit

    def position(self, now_s: float) -> float:
        """Where it is at `now_s`, if it goes on as it went."""
        if not self._s_per_unit or not self.ticks:
            return self._position
        return self._position + (now_s - self._at_s) / self._s_per_unit
