"""What a system of ports is to us, MIDI or other: a list of ports, and ways to open them."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from studiod.link.ports import PortNames, UsbUnit

OnMessage = Callable[[bytes, float], None]
"""Gets each whole message, and bytes that are none, with the seconds since the one before on this port.

May be called from any thread.
"""


@runtime_checkable
class ExactListener(Protocol):
    """An OnMessage that can also use the exact moment, where a system knows it."""

    def at(self, message: bytes, ns: int, count: int) -> None:
        """One whole message came at `ns`, CLOCK_MONOTONIC, which was JACK's frame `count` (32 bits)."""
        ...


class InputPort(Protocol):
    """A port that is listened to."""

    def close(self) -> None:
        """Listen no more; may be called twice."""
        ...


class OutputPort(Protocol):
    """A port that can be spoken to."""

    def send(self, message: bytes) -> None:
        """Send one whole message. Raises PortGone."""
        ...

    def close(self) -> None:
        """Let it go; may be called twice."""
        ...


class PortSystem(Protocol):
    """Where boxes are found."""

    @property
    def api(self) -> str:
        """Which one it is, alsa or jack; empty while none is open."""
        ...

    def names(self) -> PortNames:
        """What is there now, without our own ports. Raises PortsUnavailable."""
        ...

    def open_input(self, name: str, on_message: OnMessage) -> InputPort:
        """Listen to a port. Raises PortGone."""
        ...

    def open_output(self, name: str) -> OutputPort:
        """Open a port to speak to. Raises PortGone."""
        ...

    def stamp(self, name: str) -> str:
        """Differs when the port of this name is another than before: it left and came back between two looks."""
        ...

    def usb(self, name: str) -> str:
        """Vendor and product of the USB device behind a port; empty where that is not known."""
        ...

    def unit(self, name: str) -> UsbUnit:
        """Which device of several alike is behind a port."""
        ...

    def kind(self, name: str) -> str:
        """What is spoken on the port: `MIDI_PORT`, or the protocol of a serial line."""
        ...

    def close(self) -> None:
        """Stop listing; may be called twice."""
        ...
