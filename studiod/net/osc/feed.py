"""What subscribers are sent: changes once a turn, meters at their own rate."""

import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from studiod.desk.hub import Change, Hub
from studiod.net.osc.codec import encode, encode_bundle
from studiod.net.osc.subscriptions import AddressTable, Subscriptions
from studiod.net.osc.values import reading_message

METER_HZ = 20.0
# Ethernet's 1500 less IP and UDP headers and room for a tunnel: a bundle is never cut by the network.
_BUNDLE_BYTES = 1400
_BUNDLE_HEAD_BYTES = 16
_ELEMENT_HEAD_BYTES = 4


class Timer(Protocol):
    """Something that will happen."""

    def cancel(self) -> None:
        """Make it not happen."""
        ...


class Timers(Protocol):
    """A clock that also wakes: an asyncio loop, or a test's own hand."""

    def time(self) -> float:
        """Monotonic seconds."""
        ...

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` in `delay` seconds."""
        ...


class Loop(Timers, Protocol):
    """Timers that also turn: an asyncio loop."""

    def call_soon(self, callback: Callable[[], None]) -> Timer:
        """Call `callback` after everything that is ready now."""
        ...

    def add_reader(self, fd: socket.socket, callback: Callable[[], None]) -> None:
        """Call `callback` whenever `fd` has something to read."""
        ...

    def remove_reader(self, fd: socket.socket) -> bool:
        """Do not any more."""
        ...


def bundles(messages: Iterable[bytes]) -> Iterator[bytes]:
    """Encoded messages as immediate bundles, each small enough for one datagram."""
    waiting: list[bytes] = []
    size = _BUNDLE_HEAD_BYTES
    for piece in messages:
        cost = len(piece) + _ELEMENT_HEAD_BYTES
        if waiting and size + cost > _BUNDLE_BYTES:
            yield encode_bundle(waiting)
            waiting, size = [], _BUNDLE_HEAD_BYTES
        waiting.append(piece)
        size += cost
    if waiting:
        yield encode_bundle(waiting)


class Feed:
    """Tells subscribers. It listens to the hub from `start` to `close`."""

    def __init__(
        self, hub: Hub, table: AddressTable, subscriptions: Subscriptions, timers: Timers, meter_hz: float
    ) -> None:
        self._hub = hub
        self._table = table
        self._subscriptions = subscriptions
        self._timers = timers
        self._period_s = 1.0 / meter_hz
        self._meter_timer: Timer | None = None
        self._forget: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Listen to the hub."""
        self._forget = self._hub.observe(self._on_changes)

    def close(self) -> None:
        """Stop listening and sending; may be called twice."""
        self._forget()
        if self._meter_timer is not None:
            self._meter_timer.cancel()
            self._meter_timer = None

    def encoded(self, address: str) -> bytes:
        """The message that tells the value at `address` (of a parameter or a travel) now."""
        spec = self._table.parameters.get(address)
        if spec is None:
            spec = self._table.travels[address]
        return encode(reading_message(self._hub, spec, address))

    def wake_meters(self) -> None:
        """Send meters regularly, as long as someone listens to them."""
        if self._meter_timer is None and self._subscriptions.has_meters:
            self._meter_timer = self._timers.call_later(self._period_s, self._send_meters)

    def _on_changes(self, changes: list[Change]) -> None:
        known: dict[str, bytes] = {}  # an address is encoded once, however many hear of it
        for peer, addresses in self._subscriptions.concerned(changes):
            for bundle in bundles(self._once(address, known) for address in addresses):
                peer.send(bundle)

    def _send_meters(self) -> None:
        self._meter_timer = None
        known: dict[str, bytes] = {}
        for peer, addresses in self._subscriptions.metering():
            for bundle in bundles(self._once(address, known) for address in addresses):
                peer.send(bundle)
        self.wake_meters()

    def _once(self, address: str, known: dict[str, bytes]) -> bytes:
        if address not in known:
            known[address] = self.encoded(address)
        return known[address]
