"""How far it is, on a terminal."""

import time
from collections.abc import Callable
from typing import Final, TextIO

_PATIENCE_S, _STEP_S = 1.0, 0.1  # before progress is shown; between two sights of it
_CLEAR: Final = "\r\x1b[K"


class Progress:
    """A line on the terminal that comes when something takes its time, and goes."""

    def __init__(self, out: TextIO, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._out, self._name, self._clock = out, name, clock
        self._next = clock() + _PATIENCE_S
        self._is_shown = False

    def tell(self, part: float) -> None:
        """`part` of it, 0 to 1, is done."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + _STEP_S
        self._is_shown = True
        self._out.write(f"{_CLEAR}{self._name}: {part:.0%}")
        self._out.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._is_shown:
            self._out.write(_CLEAR)
            self._out.flush()
