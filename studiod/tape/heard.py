"""What boxes said lately, and what they are called: read out of the event ring, for everyone in the tape."""

import bisect
from collections.abc import Mapping
from dataclasses import dataclass, field

from studiod.link import HEARD, PORTS, Block, EventReader, PortEvent
from studiod.link.ports import MIDI_MESSAGE, PortList

SETTLED_S = 0.05  # a message is told later than it came, and two ports not in the order they were played in


class NamesOfPorts:
    """What every input there was is called, by id; one that has left, too."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._version = -1
        self._names: dict[int, str] = {}

    def now(self) -> Mapping[int, str]:
        """The names, with those that came since."""
        version = self._block.status_version(PORTS)
        if version != self._version:
            self._version = version
            ports = PortList.from_json(self._block.status(PORTS)).ports
            self._names |= {port.id: port.name for port in ports if port.direction == "in"}
        return self._names


@dataclass
class Heard:
    """Events of the last `kept_s` seconds, in the order they came. `turn` it often: the ring holds half a minute."""

    block: Block
    kept_s: float
    _events: list[PortEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._names = NamesOfPorts(self.block)
        self._reader = EventReader(self.block, HEARD, from_oldest=True)

    @property
    def missed(self) -> int:
        """Events that were gone before they were read."""
        return self._reader.missed

    @property
    def names(self) -> Mapping[int, str]:
        """What every port that spoke is called, by id; one that has left, too."""
        return self._names.now()

    @property
    def settled(self) -> int:
        """Engine frame before which every message has been told."""
        return self.block.input_head - round(SETTLED_S * self.block.rate_hz)

    def turn(self) -> None:
        """Take in what came, however late; forget what was old before."""
        self._names.now()  # a port that leaves before anyone asks is known, too
        oldest = self.block.input_head - round(self.kept_s * self.block.rate_hz)
        old = 0
        while old < len(self._events) and self._events[old].frame < oldest:
            old += 1
        del self._events[:old]
        while fresh := self._reader.read():
            self._events += [event for event in fresh if event.kind == MIDI_MESSAGE]

    def since(self, number: int) -> list[PortEvent]:
        """Events number `number` and later, as far as they are kept."""
        first = bisect.bisect_left(self._events, number, key=lambda event: event.number)
        return self._events[first:]
