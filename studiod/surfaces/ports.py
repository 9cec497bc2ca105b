"""MIDI ports as the surfaces see them: what is plugged in, and a wire to it. The ports process holds the devices."""

import logging
from collections.abc import Callable
from typing import Protocol

from studiod.link import HEARD, PORTS, SAID, Block, EventReader, EventWriter, PortEvent
from studiod.link.ports import (
    BROKEN,
    FORGET,
    MIDI_MESSAGE,
    MIDI_PORT,
    Direction,
    PortGone,
    PortInfo,
    PortList,
    PortNames,
    PortsUnavailable,
    UsbUnit,
)
from studiod.surfaces.conduct import Conduct

_NO_PORT = -1
_AT_ONCE = 4096
_log = logging.getLogger(__name__)


class Wire(Protocol):
    """One open pair of ports."""

    def send(self, message: bytes) -> None:
        """Send one whole message. Raises PortGone."""
        ...

    def close(self) -> None:
        """Let both ports go; may be called twice."""
        ...


class MidiPorts(Protocol):
    """Where boxes are found."""

    def names(self) -> PortNames:
        """What is there now. Raises PortsUnavailable."""
        ...

    def open(self, input_name: str, output_name: str, on_message: Callable[[bytes], None]) -> Wire:
        """Open a pair; `on_message` gets each whole message, on the caller's loop. Raises PortGone.

        An empty name leaves that direction out.
        """
        ...

    def stamp(self, name: str) -> str:
        """Differs when the port of this name is another than before: it left and came back between two looks."""
        ...

    def close(self) -> None:
        """Stop listing; may be called twice."""
        ...


class BlockPorts:
    """The ports of the ports process, through the shared block. Belongs to the desk's loop: `turn` it at its bell.

    ring: tells the ports process that something is to be said.
    """

    def __init__(self, block: Block, ring: Callable[[], None]) -> None:
        self._block = block
        self._ring = ring
        self._heard = EventReader(block, HEARD)
        self._said = EventWriter(block, SAID)
        self._wires: dict[int, list[BlockWire]] = {}
        self._version = -1
        self._list = PortList()
        self.conduct = Conduct(self._box)
        """What is wrong with what ports say."""
        self.box_at: Callable[[str], str] = lambda _: ""
        """What people call the box that hears an input; nothing where there is none."""
        self.is_behind = False
        """More has come than one turn hands over."""

    @property
    def missed(self) -> int:
        """Messages that were gone before they were read."""
        return self._heard.missed

    def turn(self) -> bool:
        """Hand messages to each of their wires; whether ports are others than at the last turn.

        Where messages were lost, because nobody looked for too long, every port is: a release may be among them.
        """
        before = self.missed
        events = self._heard.read(_AT_ONCE)
        self.is_behind = len(events) == _AT_ONCE
        for event in events:
            self.conduct.heard(event)
            if event.kind == BROKEN:
                continue
            for wire in tuple(self._wires.get(event.port, ())):
                wire.on_event(event)
        missed = self.missed - before
        if missed:
            _log.warning("%d messages of boxes were lost: the desk did not look for too long; all are met anew", missed)
        return self._look() or missed > 0

    def names(self) -> PortNames:
        """What is there now, serial lines too. Raises PortsUnavailable while nobody looks."""
        self._look()
        if not self._block.is_ready(PORTS):
            raise PortsUnavailable("the MIDI ports are not there yet: their process is being started")
        told = self._list
        inputs = tuple(port.name for port in told.ports if port.direction == "in")
        outputs = tuple(port.name for port in told.ports if port.direction == "out")
        usb = {port.name: port.usb.lower() for port in told.ports if port.usb}
        kinds = {port.name: port.kind for port in told.ports if port.kind != MIDI_PORT}
        refused = frozenset(port.name for port in told.ports if port.fault)
        units = {port.name: UsbUnit(port.serial, port.path) for port in told.ports if port.serial or port.path}
        return PortNames(inputs, outputs, usb, kinds, told.fault, refused, units)

    def lines(self) -> tuple[PortInfo, ...]:
        """Serial lines that are there now. Open one with its name for both ends; bytes come wherever they were cut."""
        self._look()
        return tuple(port for port in self._list.ports if port.direction == "in" and port.kind != MIDI_PORT)

    def open(self, input_name: str, output_name: str, on_message: Callable[[bytes], None]) -> "BlockWire":
        """Open a pair of ports, or one of an empty name's direction; others may have it open, too. Raises PortGone."""
        return self.open_timed(input_name, output_name, lambda event: on_message(event.message))

    def open_timed(self, input_name: str, output_name: str, on_event: Callable[[PortEvent], None]) -> "BlockWire":
        """As `open`, for who asks when a message came. Raises PortGone."""
        self._look()
        source, target = self._id(input_name, "in"), self._id(output_name, "out")
        wire = BlockWire(self, source, target, output_name, on_event)
        if input_name:
            self._wires.setdefault(source, []).append(wire)
        return wire

    def stamp(self, name: str) -> str:
        """The ids of the ports of this name, which are never given twice, and how much of what all said was lost."""
        found = (self._list.find(name, "in"), self._list.find(name, "out"))
        return " ".join(str(number) for number in (*(port.id for port in found if port), self.missed))

    def close(self) -> None:
        """Hand nothing over any more; may be called twice."""
        self._wires.clear()

    def say(self, wire: "BlockWire", message: bytes, at_ns: int = 0, kind: int = MIDI_MESSAGE) -> None:
        """Have `message` sent at `at_ns`, CLOCK_MONOTONIC; at once where that is past. Raises PortGone."""
        if all(port.id != wire.target for port in self._list.ports):
            raise PortGone(f"{wire.name}: is not there any more")
        if not self._said.post(wire.target, kind, 0, at_ns, message):
            raise PortGone(f"{wire.name}: a message of {len(message)} bytes is too long")
        self._ring()

    def forget(self, wire: "BlockWire") -> None:
        """Hand nothing to `wire` any more."""
        wires = self._wires.get(wire.source, [])
        if wire in wires:
            wires.remove(wire)
        if not wires:
            self._wires.pop(wire.source, None)

    def _id(self, name: str, direction: Direction) -> int:
        port = self._list.find(name, direction)
        if port is None and name:
            raise PortGone(f"{name}: is not there any more")
        if port is not None and port.fault:
            raise PortGone(port.fault)
        return port.id if port is not None else _NO_PORT

    def _look(self) -> bool:
        version = self._block.status_version(PORTS)
        if version == self._version:
            return False
        self._version = version
        self._list = PortList.from_json(self._block.status(PORTS))
        self.conduct.keep([port.id for port in self._list.ports])
        return True

    def _box(self, number: int) -> str:
        """The box and its port, as people know them."""
        name = next((port.name for port in self._list.ports if port.id == number), "a MIDI port that is gone")
        box = self.box_at(name)
        return f"{box} ({name})" if box else name


class BlockWire:
    """One box: the ids of its two ports."""

    def __init__(
        self, ports: BlockPorts, source: int, target: int, name: str, on_event: Callable[[PortEvent], None]
    ) -> None:
        self.source = source
        self.target = target
        self.name = name
        self.on_event = on_event
        self._ports = ports

    def send(self, message: bytes) -> None:
        """Send one whole message. Raises PortGone."""
        self._ports.say(self, message)

    def send_at(self, message: bytes, at_ns: int) -> None:
        """Send one whole message at `at_ns`, CLOCK_MONOTONIC. Raises PortGone."""
        self._ports.say(self, message, at_ns)

    def forget_from(self, at_ns: int) -> None:
        """Do not send what waits for `at_ns` or later. Raises PortGone."""
        self._ports.say(self, b"", at_ns, FORGET)

    def close(self) -> None:
        """Let both ports go; may be called twice."""
        self._ports.forget(self)
