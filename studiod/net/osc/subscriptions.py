"""Who wants to hear of what, and until when."""

from collections.abc import Iterable
from dataclasses import dataclass

from studiod.desk.hub import Change
from studiod.model.parameter import Kind, Refused
from studiod.model.registry import Registry
from studiod.net.access import Clock, Peer
from studiod.net.osc.pattern import PatternIndex
from studiod.net.osc.values import TRAVEL

MAX_SUBSCRIBERS = 64
MAX_PATTERNS = 32  # of one subscriber
DEFAULT_LEASE_S = 10.0
MAX_LEASE_S = 60.0


@dataclass(frozen=True, slots=True)
class _Lease:
    until: float
    addresses: tuple[str, ...]
    wants_echo: bool


class _Subscriber:
    def __init__(self) -> None:
        self.leases: dict[str, _Lease] = {}  # by pattern
        self.values: dict[str, bool] = {}  # address -> also when the subscriber itself wrote it
        self.meters: tuple[str, ...] = ()

    def settle(self, is_meter: frozenset[str]) -> None:
        """Merge the leases: an address is told once, however many patterns mean it."""
        self.values = {}
        for lease in self.leases.values():
            for address in lease.addresses:
                self.values[address] = lease.wants_echo or self.values.get(address, False)
        self.meters = tuple(address for address in self.values if address in is_meter)


class AddressTable:
    """Every address a peer may name: parameters, and the travel of those that have one."""

    def __init__(self, registry: Registry) -> None:
        self.parameters = {spec.address: spec for spec in registry}
        self.travels = {spec.address + TRAVEL: spec for spec in registry if spec.taper is not None}
        self.meters = frozenset(spec.address for spec in registry if spec.kind is Kind.METER)
        self._parameter_index = PatternIndex(self.parameters)
        self._travel_index = PatternIndex(self.travels)

    def select(self, pattern: str) -> tuple[str, ...]:
        """Addresses `pattern` means; travels only when it ends in `/travel`. Raises PatternRefused."""
        return self._index(pattern).select(pattern)

    def cost(self, pattern: str) -> int:
        """How many plain messages `pattern` is worth in work."""
        index = self._index(pattern)
        return len(index.select(pattern)) if index.knows(pattern) else len(index)

    def _index(self, pattern: str) -> PatternIndex:
        return self._travel_index if pattern.endswith(TRAVEL) else self._parameter_index


class Subscriptions:
    """Leases on address patterns, held by peers. A lease that is not renewed by its repetition ends by itself."""

    def __init__(self, table: AddressTable, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._subscribers: dict[Peer, _Subscriber] = {}

    def __contains__(self, peer: object) -> bool:
        return peer in self._subscribers

    def __len__(self) -> int:
        return len(self._subscribers)

    @property
    def has_meters(self) -> bool:
        """Whether anyone who has a lease listens to a meter."""
        self._end_leases()
        return any(subscriber.meters for subscriber in self._subscribers.values())

    def subscribe(
        self, peer: Peer, pattern: str, lease_s: float = DEFAULT_LEASE_S, *, wants_echo: bool = False
    ) -> None:
        """Begin or renew a lease; longer than a minute is a minute. Raises Refused or PatternRefused."""
        self._end_leases()
        if not lease_s > 0.0:
            raise Refused(
                f"/subscribe: a lease of {lease_s:g} s ends before it begins; allowed up to {MAX_LEASE_S:g} s"
            )
        addresses = self._table.select(pattern)
        if not addresses:
            raise Refused("/subscribe: no address is like that")
        subscriber = self._subscribers.get(peer)
        if subscriber is None and len(self._subscribers) >= MAX_SUBSCRIBERS:
            raise Refused(f"/subscribe: {MAX_SUBSCRIBERS} others listen already; try when one has left")
        subscriber = subscriber or _Subscriber()
        if pattern not in subscriber.leases and len(subscriber.leases) >= MAX_PATTERNS:
            raise Refused(f"/subscribe: {MAX_PATTERNS} patterns is the most for one peer; allowed are wider ones")
        until = self._clock() + min(lease_s, MAX_LEASE_S)
        known = subscriber.leases.get(pattern)
        subscriber.leases[pattern] = _Lease(until, addresses, wants_echo)
        if known is None or known.wants_echo != wants_echo:
            subscriber.settle(self._table.meters)
        self._subscribers[peer] = subscriber

    def unsubscribe(self, peer: Peer, pattern: str | None = None) -> None:
        """End one lease, or all of them; what was not subscribed is ended already."""
        subscriber = self._subscribers.get(peer)
        if subscriber is None:
            return
        if pattern is None:
            subscriber.leases.clear()
        else:
            subscriber.leases.pop(pattern, None)
        self._settle(peer, subscriber)

    def concerned(self, changes: Iterable[Change]) -> list[tuple[Peer, list[str]]]:
        """Each peer and the addresses it is to be told, in order of change."""
        self._end_leases()
        if not self._subscribers:
            return []
        named = [
            # what followed its own write elsewhere is news to the writer, too
            (change.spec.address, change.spec.address + TRAVEL, "" if change.has_followed else change.origin)
            for change in changes
        ]
        told: list[tuple[Peer, list[str]]] = []
        for peer, subscriber in self._subscribers.items():
            values = subscriber.values
            wanted = [
                address
                for value, travel, origin in named
                for address in (value, travel)
                if address in values and (values[address] or origin != peer.name)
            ]
            if wanted:
                told.append((peer, wanted))
        return told

    def metering(self) -> list[tuple[Peer, tuple[str, ...]]]:
        """Each peer that listens to meters, and which."""
        self._end_leases()
        return [(peer, subscriber.meters) for peer, subscriber in self._subscribers.items() if subscriber.meters]

    def _end_leases(self) -> None:
        now = self._clock()
        for peer, subscriber in tuple(self._subscribers.items()):
            ended = [pattern for pattern, lease in subscriber.leases.items() if lease.until <= now]
            if ended:
                for pattern in ended:
                    del subscriber.leases[pattern]
                self._settle(peer, subscriber)

    def _settle(self, peer: Peer, subscriber: _Subscriber) -> None:
        subscriber.settle(self._table.meters)
        if not subscriber.leases:
            del self._subscribers[peer]
