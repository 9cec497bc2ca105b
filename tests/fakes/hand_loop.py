"""A loop turned by hand: time stands still until `advance`."""

import heapq
import itertools
from collections.abc import Callable


class HandTimer:
    """A call that is due later, as `asyncio.TimerHandle` is one."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Do not call."""
        self.callback = None


class HandLoop:
    """Clock and timers of a loop: `time` and `later` fit where `loop.time` and `loop.call_later` do."""

    def __init__(self) -> None:
        self._now = 0.0
        self._order = itertools.count()
        self._due: list[tuple[float, int, HandTimer]] = []

    def time(self) -> float:
        """Seconds since the start."""
        return self._now

    def later(self, delay: float, callback: Callable[[], None]) -> HandTimer:
        """Call `callback` once `delay` seconds were advanced."""
        timer = HandTimer(callback)
        heapq.heappush(self._due, (self._now + delay, next(self._order), timer))
        return timer

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass, calling what falls due, in order."""
        end = self._now + seconds
        while self._due and self._due[0][0] <= end:
            self._now, _, timer = heapq.heappop(self._due)
            if timer.callback is not None:
                timer.callback()
        self._now = end

    @property
    def pending(self) -> int:
        """Timers that will still fire."""
        return sum(timer.callback is not None for _, _, timer in self._due)
