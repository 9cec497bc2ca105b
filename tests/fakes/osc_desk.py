"""A small desk behind an OSC endpoint, with time turned by hand and peers that keep what they are sent."""

import socket
from collections.abc import Callable

from studiod.desk.hub import Hub
from studiod.desk.rules import lay_rules
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.registry import Registry
from studiod.net.access import Peer
from studiod.net.osc.codec import decode, encode
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.packet import Argument, Message, Packet, message
from tests.fakes.hand_loop import HandLoop, HandTimer
from tests.fakes.store import MemoryStore

UNIX_AT_START = 1_790_000_000.0


class HandTimers(HandLoop):
    """HandLoop under asyncio's name for it."""

    call_later = HandLoop.later

    def __init__(self) -> None:
        super().__init__()
        self.readers: dict[socket.socket, Callable[[], None]] = {}
        self._spent_s = 0.0

    def time(self) -> float:
        return super().time() + self._spent_s

    def spend(self, seconds: float) -> None:
        """Let a callback take that long: the clock goes on, and nothing else is called meanwhile."""
        self._spent_s += seconds

    def call_soon(self, callback: Callable[[], None]) -> HandTimer:
        return self.later(0.0, callback)

    def add_reader(self, fd: socket.socket, callback: Callable[[], None]) -> None:
        self.readers[fd] = callback

    def remove_reader(self, fd: socket.socket) -> bool:
        return self.readers.pop(fd, None) is not None


class FakePeer(Peer):
    """A network client whose mail is kept."""

    __slots__ = ("mail",)

    def __init__(self, host: str = "127.0.0.1", port: int = 9000, *, is_proven: bool = True) -> None:
        self.mail: list[bytes] = []
        super().__init__(f"osc {host}:{port}", host, port, self.mail.append)
        self.is_proven = is_proven
        self.credit = 1_000_000

    def packets(self) -> list[Packet]:
        """Everything sent to it since the last look."""
        packets = [decode(packet) for packet in self.mail]
        self.mail.clear()
        return packets

    def messages(self) -> list[Message]:
        """The same, with bundles opened."""
        found: list[Message] = []
        for packet in self.packets():
            found += [packet] if isinstance(packet, Message) else [e for e in packet.elements if isinstance(e, Message)]
        return found


class OscDesk:
    """Four strips, two buses, an endpoint."""

    def __init__(self, strips: int = 4, buses: int = 2, matrices: int = 0) -> None:
        layout = ConsoleLayout(
            strips,
            buses,
            tuple(range(1, strips + 1)),
            tuple(f"Strip {number}" for number in range(1, strips + 1)),
            tuple(f"Bus {number}" for number in range(1, buses + 1)),
            matrix_names=tuple(f"Matrix {number}" for number in range(1, matrices + 1)),
        )
        self.layout = layout
        self.timers = HandTimers()
        self.store = MemoryStore()
        self.hub = Hub(Registry(console_parameters(layout)), self.store, 48_000)
        lay_rules(self.hub, layout)
        self.fired: list[tuple[str, tuple[float, ...]]] = []
        for spec in self.hub.registry:
            if spec.kind == "trigger":
                self.hub.on_trigger(spec.address, self._recorder(spec.address))
        self.endpoint = OscEndpoint(
            self.hub, self.timers, wall_clock=lambda: UNIX_AT_START + self.timers.time(), secret=b"0123456789abcdef"
        )
        self.endpoint.start()

    def send(self, peer: Peer, address: str, *arguments: Argument) -> None:
        """One message from `peer`."""
        self.give(peer, message(address, *arguments))

    def give(self, peer: Peer, packet: Packet) -> None:
        """One packet from `peer`."""
        self.endpoint.receive(encode(packet), peer)

    def snapshot(self) -> tuple[tuple[object, ...], list[tuple[str, tuple[float, ...]]]]:
        """Everything a peer could have changed."""
        registry = self.hub.registry
        numbers = [self.hub.value(spec.address) for spec in registry.numbers]
        return (*numbers, *(self.hub.text(spec.address) for spec in registry.texts)), list(self.fired)

    def _recorder(self, address: str) -> "TriggerRecorder":
        return TriggerRecorder(address, self.fired)


class TriggerRecorder:
    """A trigger's action that keeps what it was called with."""

    def __init__(self, address: str, fired: list[tuple[str, tuple[float, ...]]]) -> None:
        self._address = address
        self._fired = fired

    def __call__(self, *arguments: float) -> None:
        self._fired.append((self._address, arguments))
