"""OSC datagrams: taken from the socket as fast as they come, within what the loop can give."""

import contextlib
import ipaddress
import socket

from studiod.net.access import AccessPolicy, Peer
from studiod.net.osc.codec import encode
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.feed import Loop, Timer
from studiod.net.osc.packet import message

RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024  # 0.2 s of 50 000 fader messages a second
MAX_PEERS = 1024
# Of each source: twice the 50 000 a second that the desk promises to take without loss.
RATE_PER_S = 100_000
BURST = 50_000
_SO_RCVBUFFORCE = 33  # socket(7); Python has no name for it
_DATAGRAM_BYTES = 65536
_LONGEST_ANSWER = 65507  # what UDP over IPv4 carries
# One turn of the loop: other doors, lamps and timers wait no longer for us.
_TURN_S = 0.002
_BETWEEN_CLOCKS = 32  # packets; reading the clock costs as much as reading one
# Above this many unanswered packets in a window (who waits for answers paces itself) the socket is polled each
# millisecond in place of waking the loop for each packet: a wake-up costs more than what it brings. Latency is then
# a millisecond, which a flood does not feel.
_WINDOW_S, _BUSY_PACKETS = 0.01, 80
_POLL_S = 0.001
_QUIET_PACKETS, _QUIET_POLLS = 4, 20
_RELEASE_S = 0.01
_MAX_HELD = 4096


class UdpDoor:
    """Reads a bound datagram socket into the endpoint. Owns the socket from `open` to `close`."""

    def __init__(
        self,
        endpoint: OscEndpoint,
        policy: AccessPolicy,
        loop: Loop,
        rate_per_s: int = RATE_PER_S,
        burst: int = BURST,
    ) -> None:
        self._endpoint = endpoint
        self._traffic = endpoint.traffic
        self._policy = policy
        self._loop = loop
        self._rate_per_s, self._burst = rate_per_s, burst
        self._peers: dict[tuple[str, int], Peer | None] = {}  # None: not admitted
        self._socket: socket.socket | None = None
        self._own_port = 0
        self._window_at, self._window_packets = 0.0, 0
        self._quiet_polls = 0
        self._answers = 0
        self._timer: Timer | None = None
        self._release_timer: Timer | None = None
        self._holding: dict[Peer, None] = {}

    def open(self, bound: socket.socket) -> None:
        """Read `bound`, a non-blocking UDP socket, from now on."""
        self._socket = bound
        self._own_port = bound.getsockname()[1]
        self._loop.add_reader(bound, self._on_readable)

    def close(self) -> None:
        """Stop and close the socket; may be called twice."""
        if self._socket is None:
            return
        for timer in (self._timer, self._release_timer):
            if timer is not None:
                timer.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._socket = None
        self._peers.clear()
        self._holding.clear()

    def sweep(self) -> None:
        """Forget sources that were silent since the last sweep and hold no lease."""
        for place, peer in tuple(self._peers.items()):
            if peer is not None and (peer.has_spoken or self._is_needed(peer)):
                peer.has_spoken = False
            else:
                del self._peers[place]

    # -- reading ---------------------------------------------------------------------------------------------------

    def _on_readable(self) -> None:
        answered = self._answers
        packets = self._drain()
        now = self._loop.time()
        if now - self._window_at > _WINDOW_S:
            self._window_at, self._window_packets = now, 0
        self._window_packets += packets - (self._answers - answered)
        if self._window_packets > _BUSY_PACKETS and self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._quiet_polls = 0
            self._timer = self._loop.call_later(_POLL_S, self._poll)

    def _poll(self) -> None:
        packets = 0
        try:
            packets = self._drain()
        finally:  # a bug behind the endpoint must not end the polling
            self._quiet_polls = self._quiet_polls + 1 if packets <= _QUIET_PACKETS else 0
            if self._socket is not None:
                if self._quiet_polls > _QUIET_POLLS:
                    self._loop.add_reader(self._socket, self._on_readable)
                else:  # also when more waits: no flood gets more of the loop than two milliseconds in three
                    self._timer = self._loop.call_later(_POLL_S, self._poll)

    def _drain(self) -> int:
        """Take what waits, for one turn at most. Returns the packets taken."""
        if self._socket is None:
            return 0
        take, peers, receive, traffic = self._socket.recvfrom, self._peers, self._endpoint.receive, self._traffic
        before = traffic.received
        until = self._loop.time() + _TURN_S
        while True:
            for _ in range(_BETWEEN_CLOCKS):
                try:
                    packet, place = take(_DATAGRAM_BYTES)
                except OSError:  # nothing waits; or the network says something about an earlier answer, and ends it
                    return traffic.received - before
                traffic.received += 1
                try:
                    peer = peers[place]
                except KeyError:
                    peer = self._meet(place)
                if peer is None:
                    traffic.refused += 1
                    continue
                peer.credit -= 1
                if peer.credit < 0 and not self._refill(peer):
                    self._hold(packet, peer)
                    continue
                peer.has_spoken = True
                receive(packet, peer)
            if self._loop.time() >= until:
                return traffic.received - before

    # -- sources ---------------------------------------------------------------------------------------------------

    def _meet(self, place: tuple[str, int]) -> Peer | None:
        if len(self._peers) >= MAX_PEERS:
            self._make_room()
        host, port = place
        peer: Peer | None = None
        if self._policy.admits(host):
            peer = Peer(f"osc {host}:{port}", host, port, lambda packet: self._send(packet, place))
            peer.is_proven = self._policy.trusts(host)
            peer.is_answerable = self._policy.may_answer(host, port) and not self._is_ourselves(host, port)
            peer.credit = self._burst
            peer.refilled_at = self._loop.time()
        else:
            self._endpoint.limited_log.note(f"osc {host}", "refused: its network is not among those allowed")
        self._peers[place] = peer
        return peer

    def _make_room(self) -> None:
        """Forget the longest known source that holds no lease; there are more sources than leases."""
        for place, peer in self._peers.items():
            if peer is None or not self._is_needed(peer):
                del self._peers[place]
                self._traffic.dropped_peers += 1
                return
        self._holding.clear()
        self._peers.clear()

    def _is_needed(self, peer: Peer) -> bool:
        return peer in self._endpoint.subscriptions or peer in self._holding

    def _is_ourselves(self, host: str, port: int) -> bool:
        """Whether an answer would come back to this very socket, for ever."""
        if port != self._own_port:
            return False
        if ipaddress.ip_address(host).is_loopback:
            return True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
            probe.connect((host, port))  # sends nothing; the way to a machine's own address starts at that address
            return bool(probe.getsockname()[0] == host)
        return True

    def _send(self, packet: bytes, place: tuple[str, int]) -> None:
        if len(packet) > _LONGEST_ANSWER:
            packet = _too_long(packet)
        if self._socket is not None:
            self._answers += 1
            with contextlib.suppress(OSError):  # a full buffer or an unreachable host: OSC over UDP is allowed to lose
                self._socket.sendto(packet, place)

    # -- rate ------------------------------------------------------------------------------------------------------

    def _refill(self, peer: Peer) -> bool:
        """Give `peer` the credit that time has brought; whether it has any. What was held of it goes first."""
        now = self._loop.time()
        peer.credit = min(self._burst, peer.credit + int((now - peer.refilled_at) * self._rate_per_s))
        peer.refilled_at = now
        if peer.credit < 0:
            return False
        if peer in self._holding:
            self._release(peer)
        return True

    def _hold(self, packet: bytes, peer: Peer) -> None:
        """Beyond its rate: of messages that set a value, keep the last for each address; drop the others."""
        self._traffic.throttled += 1
        head = self._endpoint.value_head(packet)
        if head is not None and len(peer.held) < _MAX_HELD:
            peer.held[head] = packet
            self._holding[peer] = None
        if self._release_timer is None:
            self._release_timer = self._loop.call_later(_RELEASE_S, self._release_held)

    def _release_held(self) -> None:
        self._release_timer = None
        for peer in tuple(self._holding):
            self._refill(peer)
        if self._holding:
            self._release_timer = self._loop.call_later(_RELEASE_S, self._release_held)

    def _release(self, peer: Peer) -> None:
        del self._holding[peer]
        held, peer.held = peer.held, {}
        peer.credit -= len(held)
        for packet in held.values():
            self._endpoint.receive(packet, peer)


def ask_for_buffer(unbound: socket.socket) -> int:
    """Ask for a large receive buffer, past the system's limit if permitted. Returns the bytes granted."""
    try:
        unbound.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
    except OSError:
        unbound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    return unbound.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2  # the kernel tells twice the size, socket(7)


def _too_long(packet: bytes) -> bytes:
    """What is said in place of an answer that no datagram holds."""
    address = packet[: packet.index(0)].decode("ascii", "replace")
    sentence = f"{address}: the answer has {len(packet)} bytes, more than a datagram holds; ask over TCP"
    return encode(message("/error", address, sentence))
