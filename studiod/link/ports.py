"""Which boxes are plugged in, as the ports process tells everyone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, Self

MIDI_MESSAGE: Final = 0
"""Kind of an event: one whole MIDI message."""

SERIAL_BYTES: Final = 1
"""Kind of an event: bytes of a serial line as they came, wherever they were cut."""

FORGET: Final = 2
"""Kind of an event to a port: what waits for the port and is due at the event's time or later is not sent."""

BROKEN: Final = 3
"""Kind of an event: bytes of a MIDI port that are no whole message, or the beginning of many such."""

MIDI_PORT: Final = "midi"
"""Kind of a port that takes and gives whole MIDI messages."""

Direction = Literal["in", "out"]


class PortsUnavailable(Exception):  # noqa: N818 - it reads as the fact it reports
    """There is no MIDI system to ask now; the message says which and what would help."""


class PortGone(Exception):  # noqa: N818 - it reads as the fact it reports
    """The port went away, or would not open or take a message."""


class UsbUnit(NamedTuple):
    """One device of several alike, as far as USB tells; both empty where it does not."""

    serial: str = ""
    """Its serial number; makers may give all their devices the same."""
    path: str = ""
    """The socket it is in, through all hubs, such as 1-2.3."""


@dataclass(frozen=True, slots=True)
class PortNames:
    """What is there now: `inputs` speak to us, `outputs` listen to us. The order is the system's."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    usb: Mapping[str, str] = field(default_factory=dict)
    """`vendor:product` behind a port, by its name; ports of no known card are not in it."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """What is spoken on a port, by its name; MIDI ports are not in it."""
    fault: str = ""
    """Why there are no MIDI ports among them; empty when there could be."""
    refused: frozenset[str] = frozenset()
    """Those that would not open when that was tried last; it is tried again."""
    units: Mapping[str, UsbUnit] = field(default_factory=dict)
    """Which device is behind a port, by its name; ports of which nothing is known are not in it."""


@dataclass(frozen=True, slots=True)
class PortInfo:
    """One port that is there now."""

    id: int
    """Never given twice while studiod runs: a box that left and came back has another."""
    name: str
    direction: Direction
    """`in` speaks to us, `out` listens to us."""
    fault: str = ""
    """Why it would not open; empty when it is open, or needs not to be yet."""
    usb: str = ""
    """Vendor and product of the card behind it, such as 0944:0117; empty where that is not known."""
    kind: str = MIDI_PORT
    """What is spoken there: midi, or the protocol that the configuration gives a serial line."""
    serial: str = ""
    path: str = ""
    """UsbUnit of the device behind it."""


@dataclass(frozen=True, slots=True)
class PortList:
    """All ports, in the system's order."""

    ports: tuple[PortInfo, ...] = ()
    fault: str = ""
    """Why there are no MIDI ports; empty when the MIDI system answers."""
    next_id: int = 1
    system: str = ""
    """alsa or jack."""

    def named(self, direction: Direction, kind: str = MIDI_PORT) -> tuple[str, ...]:
        """Names of the ports of one direction and kind."""
        return tuple(port.name for port in self.ports if port.direction == direction and port.kind == kind)

    def find(self, name: str, direction: Direction) -> PortInfo | None:
        """The port of that name."""
        return next((port for port in self.ports if port.name == name and port.direction == direction), None)

    def to_json(self) -> str:
        """As `from_json` reads it."""
        return json.dumps(self.words(), ensure_ascii=False)

    def words(self) -> dict[str, Any]:
        """For the block."""
        ports = [
            [port.id, port.name, port.direction, port.fault, port.usb, port.kind, port.serial, port.path]
            for port in self.ports
        ]
        return {"ports": ports, "fault": self.fault, "next_id": self.next_id, "system": self.system}

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What was told; empty before anything was."""
        if not text:
            return cls()
        words: dict[str, Any] = json.loads(text)
        ports = tuple(PortInfo(*port) for port in words["ports"])
        return cls(ports, words["fault"], words["next_id"], words["system"])
