"""In time with other machines: follows who leads, tells the others, and shows how it stands."""

from collections.abc import Callable, Iterable

from studiod.desk.hub import Change, Hub
from studiod.link import Block, PortEvent
from studiod.link.frame_clock import FrameClock
from studiod.link.ports import PortGone
from studiod.model.sync import SOURCES, STATES, TIMECODE_RATES
from studiod.model.transport import TransportState
from studiod.surfaces.manager import Later, Timer
from studiod.surfaces.sync.chaser import Chaser, Meeting, is_in_step, offset_frames
from studiod.surfaces.sync.leaders import Leader, Order
from studiod.surfaces.sync.moment import Clocks, Moment
from studiod.surfaces.sync.places import Place, Places, TimedPorts, TimedWire
from studiod.surfaces.sync.plan import SyncPlan
from studiod.surfaces.sync.remote import Remote, moves
from studiod.surfaces.sync.status import SyncPortStatus, SyncStatus

TURN_S = 0.02  # a tenth of a second is on its way: several turns may fail
POLL_S = 0.5
HUSH_S = 1.0  # what a command led to is over by then: a locate while the disk is busy takes half of it
_PPM = 1e6


class SyncDesk:
    """Belongs to the desk's loop, as the hub does. later: the loop's `call_later`."""

    def __init__(
        self,
        hub: Hub,
        block: Block,
        transport: Meeting,
        ports: TimedPorts,
        plan: SyncPlan,
        *,
        clocks: Clocks,
        later: Later,
    ) -> None:
        self._hub = hub
        self._block = block
        self._clocks = clocks
        self._later = later
        self._frames = FrameClock(block.rate_hz)
        self._chaser = Chaser(hub, transport)
        self._remote = Remote(hub, block.strips, plan.start_s, self._state, lambda: clocks.now_ns() / 1e9)
        self._commander: tuple[Place, TimedWire | None] | None = None  # who wound last, and by which cable
        self._places = Places(
            ports, plan, on_event=self._heard, clock=lambda: clocks.now_ns() / 1e9, desk_bpm=self._desk_bpm
        )
        self._arms = {f"/strip/{number}/arm": number for number in range(1, block.strips + 1)}
        self._timers: dict[str, Timer] = {}
        self._forget: Callable[[], None] | None = None
        self._show_readings()

    def start(self) -> None:
        """Look for ports, and keep on."""
        self._forget = self._hub.observe(self._on_changes)
        self._poll_again()
        self._tick()

    def stop(self) -> None:
        """Let every port go; may be called twice."""
        if self._forget is not None:
            self._forget()
            self._forget = None
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._places.close()

    def poll(self) -> None:
        """Compare what is plugged in with what is open: a port that came or left is noticed now."""
        self._places.poll()

    def status(self) -> SyncStatus:
        """How it stands, for a person."""
        place, leader = self._leading()
        offset = offset_frames(leader, self._moment()) if leader is not None and _is_somewhere(leader) else None
        return SyncStatus(
            self._chaser.is_on,
            "none" if leader is None else leader.source,
            "" if place is None else place.name,
            self._hub.registry["/sync/state"].text(self._hub.value("/sync/state")),
            bool(self._hub.value("/sync/locked")),
            "none" if leader is None else leader.rate_word,
            0.0 if leader is None else round(leader.tempo_bpm, 2),
            None if leader is None or not leader.speed else round(_drift_ppm(leader), 1),
            offset,
            None if offset is None else round(1000.0 * offset / self._block.rate_hz, 2),
            tuple(SyncPortStatus.of(place) for place in self._places),
        )

    # -- what is heard ---------------------------------------------------------------------------------------------

    def _heard(self, place: Place, event: PortEvent) -> None:
        if place.inlet is None or not event.frame:
            return  # an engine that has made nothing cannot follow
        try:
            orders, commands = place.inlet.hear(event.message, event.frame / self._block.rate_hz)
            self._obey(place, orders)
            for command in commands:
                if moves(command):
                    self._commander = place, place.wire
                self._hush(place)
                self._remote.obey(command, _name_of(place))
        except Exception as fault:  # noqa: BLE001 - what one message does wrong must not take others' away
            self._places.complain(place, fault)

    def _obey(self, place: Place, orders: list[Order]) -> None:
        for order in orders if place is self._places.leading else ():
            self._chaser.obey(order, self._moment(), _name_of(place))

    def _hush(self, place: Place) -> None:
        until_s = self._moment().now_s + HUSH_S
        for other in self._places:
            if other.teller is not None and other.plan is place.plan:
                other.teller.hush(until_s)

    # -- the loop --------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self._timers["turn"] = self._later(TURN_S, self._tick)
        self._turn()

    def _poll_again(self) -> None:
        self._timers["poll"] = self._later(POLL_S, self._poll_again)
        self.poll()

    def _on_changes(self, changes: list[Change]) -> None:
        addresses = {change.spec.address for change in changes}
        if "/transport/state" in addresses:
            self._remote.winding.forget()  # play and stop, by whomever, end it
        if addresses & {"/transport/state", "/click/tempo"}:
            self._turn()  # others begin when we do, not at the next look
        armed = self._arms.keys() & addresses
        for place in self._places if armed else ():
            self._tell_arms(place, armed)

    def _turn(self) -> None:
        moment = self._moment()
        if not moment.frame:
            return
        for place in self._places:
            if place.inlet is not None:
                self._follow(place, place.inlet.turn(moment.now_s), moment)
            elif place.teller is not None:
                if place.teller.is_new:
                    self._tell_arms(place, self._arms)
                talk = place.teller.turn(moment)
                self._send(place, talk.messages, talk.forget_from_ns)
        self._wind()
        self._show(moment)

    def _wind(self) -> None:
        """Go on winding for the machine that wants it, while it is there."""
        winding = self._remote.winding
        if self._commander is None or not winding.is_waiting:
            return
        commander, wire = self._commander
        if wire is None or commander.wire is not wire:
            winding.forget()
            return
        self._hush(commander)
        try:
            winding.due()
        except (ValueError, LookupError) as fault:  # the transport refuses
            winding.forget()
            self._places.complain(commander, fault)

    def _follow(self, place: Place, orders: list[Order], moment: Moment) -> None:
        try:
            self._obey(place, orders)
            leader = None if place.inlet is None else place.inlet.leader
            if leader is not None and place is self._places.leading:
                self._chaser.turn(leader, moment)
        except (ValueError, LookupError) as fault:  # the transport refuses
            self._places.complain(place, fault)

    def _tell_arms(self, place: Place, addresses: Iterable[str]) -> None:
        for address in addresses:
            is_on = bool(self._hub.value(address))
            if place.teller is not None and (is_on or not place.teller.is_new):
                told = place.teller.arm(self._arms[address], is_on=is_on)
                self._send(place, [(0, message) for message in told])

    def _send(self, place: Place, messages: list[tuple[int, bytes]], forget_from_ns: int | None = None) -> None:
        if place.wire is None:
            return
        try:
            if forget_from_ns is not None:
                place.wire.forget_from(forget_from_ns)
            for at_ns, message in messages:
                place.wire.send_at(message, at_ns)
        except PortGone as fault:
            self._places.break_off(place, fault)

    # -- how it stands ---------------------------------------------------------------------------------------------

    def _moment(self) -> Moment:
        block = self._block
        self._frames.read(self._clocks.engine())
        snapshot, late = block.snapshot(), self._clocks.late_frames()
        state, frame = TransportState(snapshot.state), self._frames.frame_at(self._clocks.now_ns())
        heard = snapshot.position
        if state is not TransportState.STOPPED:
            heard += frame - snapshot.frame - late
        began_s = self._hub.value("/transport/rolled")
        return Moment(frame, block.rate_hz, state, heard, began_s, late, self._desk_bpm(), self._frames.ns_at)

    def _state(self) -> TransportState:
        return TransportState(self._block.snapshot().state)

    def _desk_bpm(self) -> float:
        return self._hub.value("/click/tempo")

    def _leading(self) -> tuple[Place | None, Leader | None]:
        place = self._places.leading
        return place, None if place is None or place.inlet is None else place.inlet.leader

    def _show(self, moment: Moment) -> None:
        hub, (_, leader) = self._hub, self._leading()
        is_locked = leader is not None and is_in_step(leader, moment)
        hub.publish("/sync/locked", float(is_locked))
        hub.publish("/sync/state", float(STATES.index("none" if leader is None else leader.state.value)))
        hub.publish("/sync/source", float(SOURCES.index("none" if leader is None else leader.source)))
        hub.publish("/sync/rate", float(TIMECODE_RATES.index("none" if leader is None else leader.rate_word)))

    def _show_readings(self) -> None:
        def reading(look: Callable[[Leader], float]) -> Callable[[], tuple[float, ...]]:
            def read() -> tuple[float, ...]:
                leader = self._leading()[1]
                return () if leader is None or not _is_somewhere(leader) else (look(leader),)

            return read

        hub = self._hub
        hub.on_meter("/sync/position", reading(lambda leader: leader.position_s(self._moment().now_s)))
        hub.on_meter("/sync/offset", reading(lambda leader: float(offset_frames(leader, self._moment()))))
        hub.on_meter("/sync/tempo", self._tempo)
        hub.on_meter("/sync/drift", self._drift)

    def _tempo(self) -> tuple[float, ...]:
        leader = self._leading()[1]
        return (leader.tempo_bpm,) if leader is not None and leader.tempo_bpm else ()

    def _drift(self) -> tuple[float, ...]:
        leader = self._leading()[1]
        return (_drift_ppm(leader),) if leader is not None and leader.speed else ()


def _name_of(place: Place) -> str:
    return f"sync {place.name}"


def _drift_ppm(leader: Leader) -> float:
    return (leader.speed - 1.0) * _PPM


def _is_somewhere(leader: Leader) -> bool:
    """It has said where it is."""
    return leader.source == "clock" or leader.rate_word != "none"
