"""A serial line with OSC on it, held by the manager of surfaces as any other box, and a peer as any in the network."""

from collections.abc import Callable, Iterable

from studiod.desk.hub import Change
from studiod.link.ports import PortGone
from studiod.net.access import Clock, TokenBucket
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.serial import SerialDoor

BYTES_PER_S, BURST_BYTES = 10_000, 4096  # 115200 baud carries 11520; more would pile up before the wire


class OscLine:
    """The peer at the end of a line, there or away. What it is told beyond the pace of a wire is dropped."""

    maker = ""
    model = "OSC"
    first_strip = 0
    has_readings = False

    def __init__(self, name: str, endpoint: OscEndpoint, clock: Clock) -> None:
        self.name = name
        self._endpoint = endpoint
        self._clock = clock
        self._door: SerialDoor | None = None
        self._fault = ""

    @property
    def note(self) -> str:
        """What the peer calls itself."""
        return self._door.peer.name if self._door is not None else ""

    def attach(self, *sends: Callable[[bytes], None]) -> None:
        """The line is open: whoever is there may speak, and subscribe."""
        self.detach()
        self._fault = ""
        bucket = TokenBucket(BYTES_PER_S, BURST_BYTES, self._clock)

        def send(frame: bytes) -> None:
            if sends and bucket.take(len(frame)):
                try:
                    sends[0](frame)
                except PortGone as fault:  # a peer never raises; the manager is told at its next turn
                    self._fault = str(fault)

        self._door = SerialDoor(self._endpoint, self.name, send, self._clock)

    def detach(self) -> None:
        """The line is closed: what the peer subscribed to is over."""
        door, self._door = self._door, None
        if door is not None:
            door.close()

    def dismiss(self) -> None:
        """Let it go."""
        self.detach()

    def receive(self, message: bytes, port: int = 0, *, may_wait: bool = False) -> list[Exception]:  # noqa: ARG002
        """Bytes as they came; what is wrong with them is answered and counted as with any OSC peer."""
        if self._door is not None:
            self._door.hear(message)
        return []

    def settle(self) -> list[Exception]:
        """Nothing waits for the turn's end."""
        return []

    def due(self) -> list[Exception]:
        """Nothing is due."""
        return []

    def on_changes(self, changes: Iterable[Change]) -> None:
        """Subscribers are told by the endpoint."""

    def read(self) -> None:
        """Meters are told by the endpoint."""

    def heal(self) -> None:
        """A peer asks for what it missed."""

    def drain(self) -> float | None:
        """Raises PortGone when the line would not take a message."""
        fault, self._fault = self._fault, ""
        if fault:
            raise PortGone(fault)
        return self._door.turn() if self._door is not None else None
