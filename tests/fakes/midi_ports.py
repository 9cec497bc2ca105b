"""MIDI ports in memory: boxes are plugged in and out by hand."""

from collections.abc import Callable
from typing import Protocol

from studiod.link.ports import MIDI_PORT, PortGone, PortNames, PortsUnavailable, UsbUnit


class MidiBox(Protocol):
    """What can be plugged in."""

    emit: Callable[[bytes], None]

    def receive(self, message: bytes) -> None:
        """A message from the computer."""
        ...


class MemoryWire:
    """One open pair of ports."""

    def __init__(self, ports: "MemoryPorts", name: str) -> None:
        self._ports = ports
        self._name = name
        self.is_open = True

    def send(self, message: bytes) -> None:
        """Hand the message to the box. Raises PortGone when it is not plugged in."""
        box = self._ports.boxes.get(self._name)
        if not self.is_open or box is None:
            raise PortGone(f"{self._name}: is not there")
        box.receive(message)

    def close(self) -> None:
        """Let go."""
        self.is_open = False


class MemoryPorts:
    """A MIDI system whose ports carry one name for both directions, as ALSA's do.

    apart: what the direction that listens has behind its name, as JACK's do.
    """

    def __init__(self, apart: str = "") -> None:
        self.apart = apart
        self.boxes: dict[str, MidiBox] = {}
        self.wires: list[MemoryWire] = []
        """Every wire ever opened."""
        self.outage = ""
        """A sentence makes the whole system unavailable."""
        self.refused_opens = 0
        """How many of the next opens fail."""
        self.refused: set[str] = set()
        """Ports that would not open, and say so."""
        self.is_closed = False
        self.kinds: dict[str, str] = {}
        """What is spoken on ports that are no MIDI ports."""
        self.units: dict[str, UsbUnit] = {}
        """Which device of several alike is behind a port."""
        self._plugs: dict[str, int] = {}

    def plug(self, name: str, box: MidiBox, kind: str = MIDI_PORT) -> None:
        """Plug `box` in under a port name, perhaps on a serial line."""
        self.boxes[name] = box
        if kind != MIDI_PORT:
            self.kinds[name] = kind
        self.bounce(name)
        if self.apart:
            self.bounce(name + self.apart)

    def bounce(self, port: str) -> None:
        """A port of one direction leaves and is back at once."""
        self._plugs[port] = self._plugs.get(port, 0) + 1

    def unplug(self, name: str) -> None:
        """Pull it out. Nobody is told: that is how rtmidi does it."""
        self.boxes.pop(name).emit = lambda _: None

    def names(self) -> PortNames:
        """What is there now."""
        if self.outage:
            raise PortsUnavailable(self.outage)
        outputs = tuple(name + self.apart for name in self.boxes)
        refused = frozenset(self.refused)
        return PortNames(tuple(self.boxes), outputs, kinds=dict(self.kinds), refused=refused, units=dict(self.units))

    def open(self, input_name: str, output_name: str, on_message: Callable[[bytes], None]) -> MemoryWire:
        """Open a pair."""
        if self.refused_opens or {input_name, output_name} & self.refused:
            self.refused_opens = max(self.refused_opens - 1, 0)
            raise PortGone(f"{input_name}: would not open: busy")
        if input_name not in self.boxes or output_name not in (input_name + self.apart, ""):
            raise PortGone(f"{input_name}: is not there")
        box, wire = self.boxes[input_name], MemoryWire(self, input_name)
        before = box.emit

        def emit(message: bytes) -> None:  # several may listen to one port
            before(message)
            if wire.is_open:
                on_message(message)

        box.emit = emit
        self.wires.append(wire)
        return wire

    def stamp(self, name: str) -> str:
        """How often something was plugged in there."""
        return str(self._plugs.get(name, 0))

    def close(self) -> None:
        """Stop listing."""
        self.is_closed = True
