"""A GPIO chip in memory: pins are pulled down by hand, lamps can be looked at; its edges wake whoever polls."""

import os
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from studiod.ports.gpio_system import PinEdge


class MemoryChip:
    """Every input stands high until it is pulled down."""

    def __init__(self) -> None:
        self.low: set[int] = set()
        self.high: dict[int, bool] = {}
        self.is_open = False
        self.is_gone = False
        self._edges: deque[PinEdge] = deque()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK)

    def open(self, path: Path, inputs: Sequence[int], outputs: Sequence[int]) -> "MemoryChip":
        """As `OpenChip`."""
        del path, inputs
        self.high = dict.fromkeys(outputs, False)
        self.is_open = True
        return self

    def pull(self, pin: int, *, low: bool) -> None:
        """A contact closes, or opens."""
        (self.low.add if low else self.low.discard)(pin)
        self._edges.append(PinEdge(pin, low))
        os.eventfd_write(self._bell, 1)

    def pull_out(self) -> None:
        """The chip goes: as an expander on USB may."""
        self.is_gone = True
        os.eventfd_write(self._bell, 1)

    def fileno(self) -> int:
        return self._bell

    def edges(self) -> list[PinEdge]:
        if self.is_gone:
            raise OSError(19, "No such device")
        os.eventfd_read(self._bell)
        found = []
        while self._edges:
            found.append(self._edges.popleft())
        return found

    def is_low(self, pin: int) -> bool:
        return pin in self.low

    def put(self, pin: int, *, high: bool) -> None:
        self.high[pin] = high

    def close(self) -> None:
        self.is_open = False

    def dispose(self) -> None:
        """End of the test."""
        os.close(self._bell)
