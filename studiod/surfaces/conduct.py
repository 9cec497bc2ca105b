"""How boxes behave on their wires: broken messages and floods, counted for each port and told once a second."""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass

from studiod.link import PortEvent
from studiod.link.midi_message import fault_of
from studiod.link.ports import BROKEN, SERIAL_BYTES

FLOOD_HZ = 3125  # a MIDI cable carries so many bytes a second, and a message has one at least
FLOOD_S = 2  # a box that tells all it has when it is met is none
_SECOND_NS = 1_000_000_000
_SHOWN_BYTES = 16
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Port:
    broken: int = 0
    flood_s: int = 0
    since_ns: int = 0
    heard: int = 0
    """Messages of the second that began at `since_ns`."""
    seconds_over: int = 0
    quiet_until_ns: int = 0


class Conduct:
    """Listens beside those who obey, and keeps nobody from it. name: what people call the box at a port, by its id."""

    def __init__(self, name: Callable[[int], str]) -> None:
        self._name = name
        self._ports: dict[int, _Port] = {}

    def broken(self, port: int) -> int:
        """Messages of the port that were broken off, or none at all."""
        return self._ports[port].broken if port in self._ports else 0

    def flood_s(self, port: int) -> int:
        """Seconds in which it said more than a MIDI cable carries."""
        return self._ports[port].flood_s if port in self._ports else 0

    def keep(self, ports: Collection[int]) -> None:
        """Forget all but these: an id is never given twice."""
        for port in self._ports.keys() - set(ports):
            del self._ports[port]

    def heard(self, event: PortEvent) -> None:
        """A port said something. Lines of other protocols count what they drop themselves."""
        if event.kind == SERIAL_BYTES:
            return
        port = self._ports.get(event.port)
        if port is None:
            port = self._ports[event.port] = _Port(since_ns=event.ns)
        past_ns = event.ns - port.since_ns
        if past_ns >= _SECOND_NS:
            self._weigh(port, event, port.heard * _SECOND_NS // past_ns)
            port.since_ns, port.heard = event.ns, 0
        port.heard += 1
        if event.kind == BROKEN:
            port.broken += 1
            self._tell(port, event, f"{_hex(event.message)}: {fault_of(event.message)}; {port.broken} dropped so far")

    def _weigh(self, port: _Port, event: PortEvent, rate_hz: int) -> None:
        port.seconds_over = port.seconds_over + 1 if rate_hz > FLOOD_HZ else 0
        if port.seconds_over < FLOOD_S:
            return
        port.flood_s += 1
        what = f"it floods: {rate_hz} messages a second, {_hex(event.message)} among them; a MIDI cable carries 1000"
        self._tell(port, event, f"{what}. Of what moves, the newest counts")

    def _tell(self, port: _Port, event: PortEvent, sentence: str) -> None:
        if event.ns >= port.quiet_until_ns:
            port.quiet_until_ns = event.ns + _SECOND_NS
            _log.warning("%s: %s", self._name(event.port), sentence)


def _hex(message: bytes) -> str:
    return message[:_SHOWN_BYTES].hex(" ") + (" ..." if len(message) > _SHOWN_BYTES else "")
