"""What OSC messages mean to the desk: addresses come from the parameter table, and from what wiring registers."""

import logging
import secrets
import struct
import time
from collections.abc import Callable

from studiod.desk.hub import Hub
from studiod.model.parameter import Flag, Kind, ParameterSpec, Refused
from studiod.net.access import Clock, LimitedLog, Peer, Traffic
from studiod.net.osc import values
from studiod.net.osc.answers import CONFIRM, Answers, Handler
from studiod.net.osc.codec import decode, encode
from studiod.net.osc.feed import METER_HZ, Feed, Timer, Timers, bundles
from studiod.net.osc.packet import IMMEDIATELY, Argument, Bundle, Malformed, Message, Packet, TimeTag, message
from studiod.net.osc.pattern import is_pattern
from studiod.net.osc.subscriptions import DEFAULT_LEASE_S, AddressTable, Subscriptions

NAME = "/peer/name"
MAX_PENDING = 64  # bundles that wait for their time
MAX_AHEAD_S = 10.0
_MAX_SHORTCUTS = 16384
_VALUE_BYTES = 4
_NAME_LETTERS = 40
_UNPACK = {"f": struct.Struct(">f").unpack_from, "i": struct.Struct(">i").unpack_from}
_LOG = logging.getLogger(__name__)


class OscEndpoint:
    """The desk as OSC sees it. Packets come in by `receive`, answers go out through the peer that asked."""

    def __init__(
        self,
        hub: Hub,
        timers: Timers,
        *,
        meter_hz: float = METER_HZ,
        wall_clock: Clock = time.time,
        secret: bytes | None = None,
    ) -> None:
        """timers: an asyncio loop. wall_clock: Unix time, what time tags mean. secret: makes cookies; drawn if None."""
        self.traffic = Traffic()
        self._hub = hub
        self._timers = timers
        self._wall_clock = wall_clock
        self._table = AddressTable(hub.registry)
        self.subscriptions = Subscriptions(self._table, timers.time)
        self.limited_log = LimitedLog(_LOG, timers.time)
        self._answers = Answers(timers.time, secret or secrets.token_bytes(16))
        self._feed = Feed(hub, self._table, self.subscriptions, timers, meter_hz)
        self._handlers: dict[str, Handler] = {}
        # The bytes before the value of a message that was decoded strictly and obeyed, and what it wrote: the same
        # bytes followed by any four are the same message with another value.
        self._shortcuts: dict[bytes, tuple[_Write, str, _Unpack]] = {}
        self._pending: dict[object, Timer] = {}
        self._register_own()

    def start(self) -> None:
        """Tell subscribers of changes from now on."""
        self._feed.start()

    def close(self) -> None:
        """Forget what waits for its time and tell no one anything; may be called twice."""
        self._feed.close()
        for timer in self._pending.values():
            timer.cancel()
        self._pending.clear()

    def register(self, address: str, handler: Handler) -> None:
        """Let `handler` answer `address`, also when the table has it. Patterns never reach it."""
        self._handlers[address] = handler
        self._shortcuts.clear()

    def forget(self, peer: Peer) -> None:
        """The peer has left."""
        self.subscriptions.unsubscribe(peer)

    def receive(self, packet: bytes, peer: Peer) -> None:
        """Obey or answer `packet`. Nothing in its bytes can make this raise."""
        shortcut = self._shortcuts.get(packet[:-_VALUE_BYTES])
        if shortcut is not None:
            write, address, unpack = shortcut
            try:
                write(address, float(unpack(packet, len(packet) - _VALUE_BYTES)[0]), peer.name)
            except Refused as fault:
                self._refuse(peer, address, str(fault))
            return
        try:
            decoded = decode(packet)
        except Malformed as fault:
            self.traffic.malformed += 1
            self.limited_log.note(f"osc {peer.host}", f"malformed packet of {len(packet)} bytes: {fault}")
            return
        self._answers.begin(len(packet))
        if isinstance(decoded, Message):
            if self._obey(decoded, peer):
                self._remember(packet, decoded)
        else:
            self._run(decoded, peer, IMMEDIATELY)

    def value_head(self, packet: bytes) -> bytes | None:
        """The bytes of `packet` before its value, when it is known to write one; of such packets the last one wins."""
        head = packet[:-_VALUE_BYTES]
        return head if head in self._shortcuts else None

    # -- messages --------------------------------------------------------------------------------------------------

    def _obey(self, wanted: Message, peer: Peer) -> bool:
        """Do what `wanted` says; whether that was done."""
        address = wanted.address
        try:
            if address in self._handlers:
                answer = self._handlers[address](wanted.arguments, peer)
                if answer is not None:
                    self._answers.send(peer, encode(message(address, *answer)))
            elif address in self._table.parameters or address in self._table.travels:
                self._to_parameter(address, wanted.arguments, peer)
            elif is_pattern(address):
                self._to_many(wanted, peer)
            else:
                self.traffic.unknown += 1
                self._answers.error(peer, address, "no such address")
                return False
        except (ValueError, LookupError) as fault:
            self._refuse(peer, address, str(fault))
            return False
        return True

    def _to_parameter(self, address: str, arguments: tuple[Argument, ...], peer: Peer) -> None:
        spec = self._table.parameters.get(address)
        if spec is None:
            spec = self._table.travels[address]
            if arguments:
                values.write_travel(self._hub, spec, arguments, peer.name)
                return
        elif spec.kind is Kind.TRIGGER:
            values.fire(self._hub, spec, arguments, peer.name)
            return
        elif arguments:
            values.write(self._hub, spec, arguments, peer.name)
            return
        self._answers.send(peer, self._feed.encoded(address))

    def _to_many(self, wanted: Message, peer: Peer) -> None:
        peer.credit -= self._table.cost(wanted.address)
        addresses = self._table.select(wanted.address)
        if not wanted.arguments:
            readable = [address for address in addresses if self._spec(address).kind is not Kind.TRIGGER]
            for bundle in bundles(map(self._feed.encoded, readable)):
                self._answers.send(peer, bundle)
            if readable:
                return
        reached = [address for address in addresses if _is_in_reach(self._spec(address))]
        if not reached:
            raise Refused("no address that a pattern may reach is like that")
        faults: list[str] = []
        for address in reached:
            try:
                self._to_parameter(address, wanted.arguments, peer)
            except Refused as fault:
                faults.append(str(fault))
        if faults:
            raise Refused(f"{len(faults)} of {len(reached)} refused it; the first: {faults[0]}")

    def _spec(self, address: str) -> ParameterSpec:
        return self._table.parameters.get(address) or self._table.travels[address]

    def _remember(self, packet: bytes, obeyed: Message) -> None:
        unpack = _UNPACK.get(obeyed.tags)
        if unpack is None or obeyed.address in self._handlers or len(self._shortcuts) >= _MAX_SHORTCUTS:
            return
        spec = self._table.parameters.get(obeyed.address)
        if spec is not None and spec.is_numeric:
            self._shortcuts[packet[:-_VALUE_BYTES]] = (self._hub.write, spec.address, unpack)
        elif spec is None and obeyed.address in self._table.travels:
            spec = self._table.travels[obeyed.address]
            self._shortcuts[packet[:-_VALUE_BYTES]] = (self._hub.write_travel, spec.address, unpack)

    # -- bundles ---------------------------------------------------------------------------------------------------

    def _run(self, packet: Packet, peer: Peer, not_before: TimeTag) -> None:
        """Obey a packet that is decoded whole; a bundle inside another is not earlier than that one."""
        if isinstance(packet, Message):
            self._obey(packet, peer)
            return
        due = max(packet.time, not_before, key=lambda tag: tag.ntp)
        delay_s = 0.0 if due == IMMEDIATELY else due.unix - self._wall_clock()
        if delay_s <= 0.0:
            for element in packet.elements:
                self._run(element, peer, due)
        elif delay_s > MAX_AHEAD_S:
            self._refuse(peer, "#bundle", f"its time is {delay_s:.3g} s ahead; allowed up to {MAX_AHEAD_S:g} s")
        elif len(self._pending) >= MAX_PENDING:
            self._refuse(peer, "#bundle", f"{MAX_PENDING} bundles wait for their time already")
        else:
            self._run_later(packet, peer, delay_s)

    def _run_later(self, bundle: Bundle, peer: Peer, delay_s: float) -> None:
        ticket = object()

        def run() -> None:
            del self._pending[ticket]
            self._answers.begin(0)  # who has not proven itself by then is not answered
            for element in bundle.elements:
                self._run(element, peer, IMMEDIATELY)

        self._pending[ticket] = self._timers.call_later(delay_s, run)

    def _refuse(self, peer: Peer, address: str, sentence: str) -> None:
        self.traffic.refused += 1
        self._answers.error(peer, address, sentence)

    # -- own addresses ---------------------------------------------------------------------------------------------

    def _register_own(self) -> None:
        self.register("/subscribe", self._subscribe)
        self.register("/unsubscribe", self._unsubscribe)
        self.register(CONFIRM, self._confirm)
        self.register(NAME, self._call)
        self.register("/error", lambda _arguments, _peer: None)  # of another studiod: answering it would never end
        for name in self.traffic.__slots__:
            self.register(f"/stats/osc/{name}", self._counter(name))
        self.register("/stats/osc/subscribers", lambda _arguments, _peer: (len(self.subscriptions),))

    def _call(self, arguments: tuple[Argument, ...], peer: Peer) -> None:
        """A peer says what it is, for those who read later who it was."""
        match arguments:
            case [str() as name] if name.isprintable() and 0 < len(name) <= _NAME_LETTERS:
                peer.call(name)
            case _:
                raise Refused(f"{NAME}: allowed is a name of at most {_NAME_LETTERS} letters")

    def _counter(self, name: str) -> Handler:
        return lambda _arguments, _peer: (getattr(self.traffic, name),)

    def _subscribe(self, arguments: tuple[Argument, ...], peer: Peer) -> None:
        match arguments:
            case [str() as pattern]:
                lease_s, wants_echo = DEFAULT_LEASE_S, False
            case [str() as pattern, int() | float() as lease_s]:
                wants_echo = False
            case [str() as pattern, int() | float() as lease_s, int() as wants_echo]:
                pass
            case _:
                raise Refused(
                    "/subscribe: takes a pattern, a lease in seconds if you like, and 1 to hear your own writes"
                )
        if not peer.is_answerable:
            raise Refused("/subscribe: nothing is sent to that port")
        if not peer.is_proven:
            self._answers.challenge(peer)
            return
        if not pattern.startswith("/"):
            raise Refused("/subscribe: a pattern begins with /")
        self.subscriptions.subscribe(peer, pattern, float(lease_s), wants_echo=bool(wants_echo))
        self._feed.wake_meters()

    def _unsubscribe(self, arguments: tuple[Argument, ...], peer: Peer) -> None:
        match arguments:
            case []:
                self.subscriptions.unsubscribe(peer)
            case [str() as pattern]:
                self.subscriptions.unsubscribe(peer, pattern)
            case _:
                raise Refused("/unsubscribe: takes one pattern, or nothing to end all")

    def _confirm(self, arguments: tuple[Argument, ...], peer: Peer) -> None:
        if not self._answers.confirm(peer, arguments):
            raise Refused(f"{CONFIRM}: that is not the number that was sent")


_Write = Callable[[str, float, str], bool]
_Unpack = Callable[[bytes, int], tuple[float, ...]]


def _is_in_reach(spec: ParameterSpec) -> bool:
    """Whether a pattern may write it: a slip of the hand over the whole desk must not record, arm or roll."""
    return spec.kind is not Kind.TRIGGER and not spec.flags & (Flag.PROTECTED | Flag.READ_ONLY)
