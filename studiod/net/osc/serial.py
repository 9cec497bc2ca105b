"""OSC on serial lines: SLIP frames on a wire that loses bytes. A line is a peer like any other, and subscribes."""

import time
from collections.abc import Callable

from studiod.net.access import Clock, Peer
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.framing import SlipFraming, slip_frame
from studiod.net.osc.packet import Malformed
from studiod.net.osc.udp import BURST, RATE_PER_S

MAX_FRAME_BYTES = 4096  # a board has little memory; longer is noise
HELD_S = 0.01
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
    """One line with OSC on it, as fast as a peer on the network may be.

    name: what its moves are signed with. send: takes bytes for the wire. clock: steady seconds.
    """

    def __init__(
        self, endpoint: OscEndpoint, name: str, send: Callable[[bytes], None], clock: Clock = time.monotonic
    ) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._line = SlipLine()
        self._junk = 0
        self.peer = Peer(f"osc serial {name}", name, 0, lambda packet: send(slip_frame(packet)))
        self.peer.is_proven = True  # whoever is at the end of that wire is there
        self.peer.credit, self.peer.refilled_at = BURST, clock()

    def hear(self, raw: bytes) -> None:
        """Obey what has come whole. Beyond its rate, of messages that set a value the last one waits for `turn`."""
        traffic, peer = self._endpoint.traffic, self.peer
        for packet in self._line.feed(raw):
            traffic.received += 1
            peer.credit -= 1
            if peer.credit < 0 and not self._refill():
                traffic.throttled += 1
                head = self._endpoint.value_head(packet)
                if head is not None:
                    peer.held[head] = packet
                continue
            self._endpoint.receive(packet, peer)
        if self._line.junk > self._junk:
            traffic.malformed += self._line.junk - self._junk
            self._junk = self._line.junk
            self._endpoint.limited_log.note(peer.name, "dropped what is no OSC packet in a SLIP frame")

    def turn(self) -> float | None:
        """Obey what waited, when its time has come; seconds until it will, None when nothing waits."""
        peer = self.peer
        if peer.held and self._refill():
            held, peer.held = peer.held, {}
            peer.credit -= len(held)
            for packet in held.values():
                self._endpoint.receive(packet, peer)
        return HELD_S if peer.held else None

    def close(self) -> None:
        """The line is gone: its subscriptions are, too."""
        self.peer.held.clear()
        self._endpoint.forget(self.peer)

    def _refill(self) -> bool:
        now, peer = self._clock(), self.peer
        peer.credit = min(BURST, peer.credit + int((now - peer.refilled_at) * RATE_PER_S))
        peer.refilled_at = now
        return peer.credit >= 0
