"""How fast a position goes: the straight line through all of its ticks of the last seconds."""

import math

KNOWN_S = 2.0  # ticks that shake by 5 ms are told apart from another tempo after so long


class Slope:
    """Least squares, older ticks counting less. memory_s: a tick as old as this counts for a third."""

    def __init__(self, memory_s: float) -> None:
        self._memory_s = memory_s
        self._origin: tuple[float, float] | None = None
        self._last_s = 0.0
        self._weight = self._x = self._y = self._xx = self._xy = 0.0

    def read(self, position: float, now_s: float) -> None:
        """It is at `position` at `now_s`; time does not go back."""
        if self._origin is None:
            self._origin, self._last_s = (now_s, position), now_s
        start_s, start = self._origin
        x, y = now_s - start_s, position - start
        kept = math.exp(-max(now_s - self._last_s, 0.0) / self._memory_s)
        self._last_s = max(now_s, self._last_s)
        self._weight = kept * self._weight + 1.0
        self._x, self._y = kept * self._x + x, kept * self._y + y
        self._xx, self._xy = kept * self._xx + x * x, kept * self._xy + x * y

    @property
    def units_per_s(self) -> float:
        """How fast; 0 until it has been looked at for long enough."""
        if self._origin is None or self._last_s - self._origin[0] < KNOWN_S:
            return 0.0
        mean = self._x / self._weight
        spread = self._xx / self._weight - mean * mean
        return (self._xy / self._weight - mean * self._y / self._weight) / spread if spread > 0.0 else 0.0

    def off(self, position: float, now_s: float) -> float:
        """How far `position` at `now_s` is from the line, in its own unit; 0 while there is none."""
        speed = self.units_per_s
        if self._origin is None or not speed:
            return 0.0
        start_s, start = self._origin
        expected = self._y / self._weight + speed * (now_s - start_s - self._x / self._weight)
        return position - start - expected
