"""OSC on serial lines: SLIP frames on a wire that loses bytes. A line is a peer like any other, and subscribes."""

from collections.abc import Callable

from studiod.net.access import Peer
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.framing import SlipFraming, slip_frame
from studiod.net.osc.packet import Malformed

MAX_FRAME_BYTES = 4096  # a board has little memory; longer is noise
_END = b"\xc0"
_WORD = 4


class SlipLine:
    """Cuts a wire into OSC packets. What is broken is dropped and counted; the next END begins anew."""

    def __init__(self) -> None:
        self.junk = 0
        self._held = b""
        self._skips = False

    def feed(self, raw: bytes) -> list[bytes]:
        """Packets completed by `raw`, in order: whole words that begin as OSC does."""
        *ended, rest = raw.split(_END)
        packets = []
        for piece in ended:
            self._hold(piece)
            if self._held and not self._skips:
                packets += self._packet(self._held)
            self._held, self._skips = b"", False
        self._hold(rest)
        return packets

    def _hold(self, piece: bytes) -> None:
        if self._skips:
            return
        self._held += piece
        if len(self._held) > MAX_FRAME_BYTES:
            self._held, self._skips = b"", True
            self.junk += 1

    def _packet(self, frame: bytes) -> list[bytes]:
        try:
            (packet,) = SlipFraming().feed(frame + _END)
        except Malformed:
            packet = b""
        if len(packet) % _WORD or not packet.startswith((b"/", b"#bundle\0")):
            self.junk += 1
            return []
        return [packet]


class SerialDoor:
    """One line with OSC on it. `name`: what its moves are signed with. send: takes bytes for the wire."""

    def __init__(self, endpoint: OscEndpoint, name: str, send: Callable[[bytes], None]) -> None:
        self._endpoint = endpoint
        self._line = SlipLine()
        self._junk = 0
        self.peer = Peer(f"osc serial {name}", name, 0, lambda packet: send(slip_frame(packet)))
        self.peer.is_proven = True  # whoever is at the end of that wire is there

    def hear(self, raw: bytes) -> None:
        """Obey what has come whole."""
        for packet in self._line.feed(raw):
            self._endpoint.traffic.received += 1
            self._endpoint.receive(packet, self.peer)
        if self._line.junk > self._junk:
            self._endpoint.traffic.malformed += self._line.junk - self._junk
            self._junk = self._line.junk
            self._endpoint.limited_log.note(self.peer.name, "dropped what is no OSC packet in a SLIP frame")

    def close(self) -> None:
        """The line is gone: its subscriptions are, too."""
        self._endpoint.forget(self.peer)
