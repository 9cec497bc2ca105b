"""Pins through libgpiod 2, where its Python module is installed: `pip install gpiod`."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiod.link.ports import PortGone
from studiod.ports.gpio_system import PinEdge

if TYPE_CHECKING:
    from gpiod import LineRequest

_CONSUMER = "studiod"
_SETTLE = timedelta(milliseconds=1)  # a spike on a long wire is no press; the rest of the bounce is ours


def open_chip(path: Path, inputs: Sequence[int], outputs: Sequence[int]) -> "GpiodChip":
    """Take lines of the chip at `path`. Raises PortGone with a sentence."""
    try:
        import gpiod  # noqa: PLC0415 - only who configures pins needs it
    except ImportError:
        raise PortGone(
            f"{path}: Python module gpiod (libgpiod 2) is not installed; pip install 'studiod[gpio]'"
        ) from None
    line = gpiod.line
    listens = gpiod.LineSettings(
        direction=line.Direction.INPUT, edge_detection=line.Edge.BOTH, bias=line.Bias.PULL_UP, debounce_period=_SETTLE
    )
    speaks = gpiod.LineSettings(direction=line.Direction.OUTPUT, output_value=line.Value.INACTIVE)
    wanted: dict[Any, Any] = {
        tuple(pins): settings for pins, settings in ((inputs, listens), (outputs, speaks)) if pins
    }
    try:
        return GpiodChip(gpiod.request_lines(str(path), config=wanted, consumer=_CONSUMER))
    except (OSError, ValueError) as fault:
        raise PortGone(f"{path}: its pins would not open: {' '.join(str(fault).split())}") from None


class GpiodChip:
    """Lines that are ours: see PinChip."""

    def __init__(self, request: "LineRequest") -> None:
        import gpiod  # noqa: PLC0415

        self._request = request
        self._low, self._high = gpiod.line.Value.INACTIVE, gpiod.line.Value.ACTIVE
        self._falling = gpiod.EdgeEvent.Type.FALLING_EDGE

    def fileno(self) -> int:
        """Readable when edges wait."""
        fd: int = self._request.fd
        return fd

    def edges(self) -> list[PinEdge]:
        """Edges that wait, in order. Raises OSError."""
        return [
            PinEdge(event.line_offset, event.event_type is self._falling) for event in self._request.read_edge_events()
        ]

    def is_low(self, pin: int) -> bool:
        """How an input stands now. Raises OSError."""
        return self._request.get_value(pin) is self._low

    def put(self, pin: int, *, high: bool) -> None:
        """Put an output high or low. Raises OSError."""
        self._request.set_value(pin, self._high if high else self._low)

    def close(self) -> None:
        """Give the lines back."""
        self._request.release()
