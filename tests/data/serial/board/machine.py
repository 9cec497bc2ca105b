"""As much of MicroPython's machine as firmware-maps/firmware needs. Pins are files in the folder $BOARD."""

import os
from pathlib import Path

_BOARD = Path(os.environ["BOARD"])


def _held(name: str, otherwise: int) -> int:
    try:
        return int((_BOARD / name).read_text())
    except (OSError, ValueError):
        return otherwise


class Pin:
    """One pin; what is read there lies in `pin-2`, what was written in `out-9`."""

    IN, OUT, PULL_UP = 0, 1, 2

    def __init__(self, number: int, mode: int = IN, pull: int = 0) -> None:
        del mode, pull
        self.number = number

    def value(self, level: int | None = None) -> int:
        """Read it, or write it."""
        if level is None:
            return _held(f"pin-{self.number}", 1)
        fresh = _BOARD / f"out-{self.number}.new"
        fresh.write_text(str(level))
        fresh.rename(_BOARD / f"out-{self.number}")
        return level


class ADC:
    """A converter of ten bits, in the upper ones of sixteen; its reading lies in `analog-26`."""

    def __init__(self, pin: Pin) -> None:
        self._number = pin.number

    def read_u16(self) -> int:
        """What is read there now."""
        return _held(f"analog-{self._number}", 0) << 6
