"""ALSA where there is a sequencer, else JACK; never both: one box seen twice would answer each button twice."""

from collections.abc import Callable

from studiod.link.ports import PortGone, PortNames, PortsUnavailable, UsbUnit
from studiod.ports.system import InputPort, OnMessage, OutputPort, PortSystem

NEITHER = "no MIDI: there is no /dev/snd/seq (load snd-seq, or plug a device in) and no JACK server"


class EitherSystem:
    """The first of two that answers. has_first: whether there is any hope of the first."""

    def __init__(self, first: PortSystem, second: PortSystem, has_first: Callable[[], bool]) -> None:
        self._first = first
        self._second = second
        self._has_first = has_first
        self._now: PortSystem | None = None

    @property
    def api(self) -> str:
        """Of the one that is in use."""
        return "" if self._now is None else self._now.api

    def names(self) -> PortNames:
        """What is there now. Raises PortsUnavailable with what the first says, when there is hope of it."""
        fault = NEITHER
        if self._has_first():
            try:
                return self._use(self._first)
            except PortsUnavailable as refusal:
                fault = str(refusal)
        try:
            return self._use(self._second)
        except PortsUnavailable:
            raise PortsUnavailable(fault) from None

    def open_input(self, name: str, on_message: OnMessage) -> InputPort:
        """Listen to a port. Raises PortGone."""
        return self._open().open_input(name, on_message)

    def open_output(self, name: str) -> OutputPort:
        """Open a port to speak to. Raises PortGone."""
        return self._open().open_output(name)

    def stamp(self, name: str) -> str:
        """Differs when the port of this name is another than before."""
        return "" if self._now is None else f"{self._now.api} {self._now.stamp(name)}"

    def usb(self, name: str) -> str:
        """Vendor and product of the USB device behind a port; empty where that is not known."""
        return self._open().usb(name)

    def unit(self, name: str) -> UsbUnit:
        """Which device of several alike is behind a port."""
        return self._open().unit(name)

    def kind(self, name: str) -> str:
        """What is spoken on the port."""
        return self._open().kind(name)

    def close(self) -> None:
        """Let both go; may be called twice."""
        self._first.close()
        self._second.close()
        self._now = None

    def _open(self) -> PortSystem:
        if self._now is None:
            raise PortGone("no MIDI system is open")
        return self._now

    def _use(self, system: PortSystem) -> PortNames:
        names = system.names()
        if system is not self._now:
            if self._now is not None:
                self._now.close()
            self._now = system
        return names
