"""OSC over connections: framed packets, few and patient peers, none of which can hold the others up."""

import asyncio
from collections.abc import Iterator

from studiod.net.access import AccessPolicy, Peer
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.feed import Loop
from studiod.net.osc.framing import StreamFraming
from studiod.net.osc.packet import Malformed

MAX_CONNECTIONS = 64
IDLE_S = 60.0  # without a packet and without a lease
PACKET_S = 10.0  # from the first byte of a packet to its last
_TURN_S = 0.002
_MAX_UNREAD_BYTES = 1024 * 1024  # a peer that does not read its answers
_NOTHING: Iterator[bytes] = iter(())


class TcpDoor:
    """The connections. Its `accept` is an asyncio protocol factory."""

    def __init__(self, endpoint: OscEndpoint, policy: AccessPolicy, loop: Loop) -> None:
        self.endpoint = endpoint
        self.policy = policy
        self.loop = loop
        self._connections: dict[_Connection, None] = {}

    def accept(self) -> asyncio.Protocol:
        """A new connection's protocol."""
        return _Connection(self)

    def close(self) -> None:
        """Close every connection; may be called twice."""
        for connection in tuple(self._connections):
            connection.abort()
        self._connections.clear()

    def sweep(self) -> None:
        """Close connections that say nothing, or say it too slowly."""
        now = self.loop.time()
        for connection in tuple(self._connections):
            if connection.is_stale(now):
                self.drop(connection, "closed: it sent no whole packet for too long")

    def drop(self, connection: "_Connection", reason: str) -> None:
        """Close one, saying why in the log."""
        self.endpoint.traffic.dropped_peers += 1
        self.endpoint.limited_log.note(f"osc tcp {connection.host}", reason)
        connection.abort()

    def admit(self, connection: "_Connection") -> bool:
        """Whether the connection may stay; to make room, one that never sent a packet goes, or the idlest."""
        if not self.policy.admits(connection.host):
            self.endpoint.traffic.refused += 1
            self.endpoint.limited_log.note(
                f"osc tcp {connection.host}", "refused: its network is not among those allowed"
            )
            return False
        if len(self._connections) >= MAX_CONNECTIONS:
            idle = [each for each in self._connections if each.peer not in self.endpoint.subscriptions]
            if not idle:
                self.endpoint.traffic.refused += 1
                return False
            self.drop(min(idle, key=lambda each: (each.has_spoken, each.heard_at)), "closed: others wait for its place")
        self._connections[connection] = None
        return True

    def left(self, connection: "_Connection") -> None:
        """The connection is gone."""
        self._connections.pop(connection, None)
        self.endpoint.forget(connection.peer)


class _Connection(asyncio.Protocol):
    def __init__(self, door: TcpDoor) -> None:
        self._door = door
        self._framing = StreamFraming()
        self._packets = _NOTHING
        self._transport: asyncio.Transport | None = None
        self.host = ""
        self.peer = Peer("osc tcp", "", 0, self._send)
        self.peer.is_proven = True  # three packets went to and fro before the first byte
        self.heard_at = 0.0
        self.has_spoken = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("an OSC connection is a stream")
        self._transport = transport
        self.host, port, *_ = transport.get_extra_info("peername") or ("", 0)
        self.peer.host, self.peer.port = self.host, port
        self.peer.name = f"osc tcp {self.host}:{port}"
        self.heard_at = self._door.loop.time()
        if not self._door.admit(self):
            self.abort()

    def data_received(self, data: bytes) -> None:
        if self._framing.pending_bytes == 0:
            self.heard_at = self._door.loop.time()
        self._packets = self._framing.feed(data)
        self._obey()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._transport = None
        self._packets = _NOTHING
        self._door.left(self)

    def is_stale(self, now: float) -> bool:
        """Whether it is silent, or stuck in the middle of a packet."""
        silent_s = now - self.heard_at
        if self._framing.pending_bytes:
            return silent_s > PACKET_S
        return silent_s > IDLE_S and self.peer not in self._door.endpoint.subscriptions

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()
        self._packets = _NOTHING

    def _obey(self) -> None:
        """Obey packets for one turn of the loop; the rest, and what else the peer sends, waits for the next."""
        endpoint, loop = self._door.endpoint, self._door.loop
        until = loop.time() + _TURN_S
        try:
            for packet in self._packets:
                endpoint.traffic.received += 1
                endpoint.receive(packet, self.peer)
                now = loop.time()
                self.heard_at, self.has_spoken = now, True
                if self._transport is None or self._transport.is_closing():
                    return
                if now >= until:
                    self._transport.pause_reading()
                    loop.call_soon(self._obey)
                    return
        except Malformed as fault:
            endpoint.traffic.malformed += 1
            self._door.drop(self, f"closed: {fault}")
            return
        if self._transport is not None:
            self._transport.resume_reading()

    def _send(self, packet: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > _MAX_UNREAD_BYTES:
            self._door.drop(self, "closed: it does not read its answers")
            return
        self._transport.write(self._framing.frame(packet))
