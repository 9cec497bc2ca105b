"""Who may talk to the desk over the network, who may be answered, and how much of either."""

import ipaddress
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Clock = Callable[[], float]
"""Monotonic seconds."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_FIRST_USER_PORT = 1024
# Answering services above 1023 that a forged source would aim us at: SSDP, WS-Discovery, mDNS, memcached.
_NEVER_ANSWER = frozenset({1900, 3702, 5353, 11211})
_MAX_SOURCES = 256  # log lines are limited by source; a flood of forged sources shares what is left


def networks(words: Iterable[str]) -> tuple[Network, ...]:
    """Networks from what a person wrote (`192.168.1.0/24`, `10.0.0.7`). Raises ValueError naming the wrong one."""
    found: list[Network] = []
    for word in words:
        try:
            found.append(ipaddress.ip_network(word.strip(), strict=False))
        except ValueError:
            raise ValueError(f"{word!r} is no network; allowed are forms like 192.168.1.0/24 and 10.0.0.7") from None
    return tuple(found)


LOOPBACK = networks(("127.0.0.0/8", "::1"))
LOCAL_NETWORKS = (
    *LOOPBACK,
    # RFC 1918, RFC 3927, RFC 4193, RFC 4291: what a house's own router or cable gives out
    *networks(("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")),
)


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """Which addresses are heard at all, and which are believed to be who they say."""

    allowed: tuple[Network, ...] = LOCAL_NETWORKS
    trusted: tuple[Network, ...] = LOOPBACK
    """A datagram from here cannot be forged from elsewhere, or the owner says so: answers may be long."""

    def admits(self, host: str) -> bool:
        """Whether messages from `host` are read."""
        return _is_in(host, self.allowed)

    def trusts(self, host: str) -> bool:
        """Whether `host` needs no proof that it is there."""
        return _is_in(host, self.trusted)

    def may_answer(self, host: str, port: int) -> bool:
        """Whether a datagram may go to `host`:`port`: never to a system service, a group or a whole network."""
        if port < _FIRST_USER_PORT or port in _NEVER_ANSWER:
            return False
        address = ipaddress.ip_address(host)
        if address.is_multicast or address.is_unspecified or address.is_reserved:  # 255.255.255.255 is reserved
            return False
        return all(address != network.broadcast_address for network in self.allowed if network.num_addresses > 1)


def _is_in(host: str, known: tuple[Network, ...]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in known)


class TokenBucket:
    """Lets `rate_per_s` through on average and `burst` at once."""

    __slots__ = ("_at", "_burst", "_clock", "_rate_per_s", "_tokens")

    def __init__(self, rate_per_s: float, burst: float, clock: Clock) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._at = clock()

    def take(self, count: float = 1.0) -> bool:
        """Whether `count` more may pass now."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate_per_s)
        self._at = now
        if self._tokens < count:
            return False
        self._tokens -= count
        return True


class LimitedLog:
    """One line a second for each source, saying how many were not written."""

    def __init__(self, log: logging.Logger, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._sources: dict[str, tuple[float, int]] = {}  # source -> when it was written, how many since

    def note(self, source: str, sentence: str) -> None:
        """Write `sentence` about `source`, unless one was written within the last second."""
        now = self._clock()
        written_at, unsaid = self._sources.get(source, (-1.0, 0))
        if source not in self._sources and len(self._sources) >= _MAX_SOURCES:
            self._forget(now)
            if len(self._sources) >= _MAX_SOURCES:
                source = "other sources"
                written_at, unsaid = self._sources.get(source, (-1.0, 0))
        if written_at >= 0.0 and now - written_at < 1.0:
            self._sources[source] = (written_at, unsaid + 1)
            return
        self._sources[source] = (now, 0)
        self._log.warning("%s: %s%s", source, sentence, f" ({unsaid} more since the last line)" if unsaid else "")

    def _forget(self, now: float) -> None:
        self._sources = {source: known for source, known in self._sources.items() if now - known[0] < 1.0}


@dataclass(slots=True)
class Traffic:
    """What came through a door since it was opened."""

    received: int = 0
    """Packets taken from the network, whatever became of them."""
    malformed: int = 0
    refused: int = 0
    """Messages whose value, source or cost was not acceptable."""
    unknown: int = 0
    """Messages to an address that does not exist."""
    throttled: int = 0
    """Packets beyond a source's rate: of values the last one is applied late, the rest is dropped."""
    dropped_peers: int = 0
    """Connections closed, and sources forgotten, for lack of room or good behaviour."""


class Peer:
    """One network client. `send` takes a whole packet and may drop it, never raises."""

    __slots__ = (
        "credit",
        "errors",
        "has_spoken",
        "held",
        "host",
        "is_answerable",
        "is_proven",
        "name",
        "port",
        "refilled_at",
        "send",
    )

    def __init__(self, name: str, host: str, port: int, send: Callable[[bytes], None]) -> None:
        self.name = name
        """Origin of its writes: `osc 127.0.0.1:9000`, with what it calls itself before."""
        self.host = host
        self.port = port
        self.send = send
        self.is_answerable = True
        self.is_proven = False
        """It is known to be where its packets say: loopback, a connection, or it echoed a cookie."""
        self.has_spoken = True
        self.credit = 0
        """Packets it may still send before its rate is looked at."""
        self.refilled_at = 0.0
        self.errors: TokenBucket | None = None
        """How many error answers it may still get."""
        self.held: dict[bytes, bytes] = {}
        """Latest value packets beyond its rate, by what they write."""

    def call(self, name: str) -> None:
        """It calls itself `name`: no proof of anything."""
        self.name = f"{name} ({self.name.rpartition(' (')[2].removesuffix(')')})"

    def __repr__(self) -> str:
        return f"<Peer {self.name}>"
