"""Every box of the desk: found when it comes, let go when it leaves, and none of them stops the music."""

import itertools
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, Protocol

from studiod.desk.hub import Change, Hub
from studiod.link.ports import PortGone, PortNames, PortsUnavailable
from studiod.surfaces.inquiry import Inquiry
from studiod.surfaces.matching import Pair, Ports, boxes_of, candidates_behind, free
from studiod.surfaces.models import Box, Model
from studiod.surfaces.ports import MidiPorts, Wire
from studiod.surfaces.whose import Token, token_of, who_returned

POLL_S = 0.5  # rtmidi never reports a port that goes: the list is read; one reading costs 75 us over JACK
RETRY_S = 5.0  # a box that broke while plugged in is tried again
HEAL_S = 0.1  # one lamp after the other is told again: all of a small box in three seconds, 1 % of a DIN wire
READ_S = 0.05  # meters and the position: twenty pictures a second
_COMPLAINT_S = 1.0  # a bad message from outside is logged once a second
P = ParamSpec("P")
_log = logging.getLogger(__name__)


class Timer(Protocol):
    """What `later` returns."""

    def cancel(self) -> None:
        """Do not call."""
        ...


Later = Callable[[float, Callable[[], None]], Timer]


@dataclass(frozen=True, slots=True)
class SurfaceStatus:
    """One line of `studioctl devices`."""

    name: str
    maker: str
    model: str
    state: str
    """`connected`, `away` (was here, is awaited) or `broken` (let go after a fault, tried again every 5 s)."""
    port: str
    first_strip: int
    """Strip under the first control."""
    refused: int
    """Messages the desk did not take."""
    note: str


@dataclass(frozen=True, slots=True)
class Seat:
    """A box, its model, and which of its ports was asked for."""

    box: Box
    model: Model
    port: int


@dataclass(slots=True, eq=False)
class _Place:
    """A box of one model, there or away."""

    surface: Box
    model: Model
    pairs: tuple[Pair, ...] = ()
    """Its ports; empty while it is away."""
    stamps: tuple[str, ...] = ()
    wires: tuple[Wire, ...] = ()
    """Empty while it is not open."""
    fault: str = ""
    refused: int = 0
    quiet_until: float = float("-inf")
    retry_at: float = float("-inf")
    is_refused: bool = False
    """One of its ports would not open; who opens them tries again."""
    is_mid_turn: bool = False
    """It has spoken in this turn of the loop: what it says now may wait for the turn's end."""
    timer: Timer | None = None

    def is_refused_in(self, names: PortNames) -> bool:
        """Whether one of its ports is among those that would not open."""
        return any({pair.input_name, pair.output_name} & names.refused for pair in self.pairs)

    @property
    def port(self) -> str:
        """What a person is told."""
        return self.pairs[0].name if self.pairs else ""


class SurfaceManager:
    """Finds boxes by what their models say of their ports and keeps each true to the desk.

    Belongs to the desk's loop, as the hub does. models: what is looked for, the first that fits a port has it. clock:
    seconds, steady. later: the loop's `call_later`.
    """

    def __init__(
        self,
        hub: Hub,
        models: Iterable[Model],
        ports: MidiPorts,
        *,
        clock: Callable[[], float],
        later: Later,
    ) -> None:
        self.models = tuple(models)
        self.ports_fault = ""
        """Why no box can be found now; empty when the MIDI system answers."""
        self._hub = hub
        self._ports = ports
        self._clock = clock
        self._later = later
        self._inquiry = Inquiry(ports, lambda: self._soon(self.poll))
        self._places: dict[str, _Place] = {}
        self._tokens: dict[str, Token] = {}
        self._seen: PortNames | None = None
        self._fitting: list[tuple[Model, list[Ports]]] = []
        self._forget: Callable[[], None] | None = None
        self._timers: dict[str, Timer] = {}
        self._pump_timer: Timer | None = None
        self._pump_due = 0.0

    def start(self) -> None:
        """Look for boxes now and every half second; returns what is there at once, waits for nothing."""
        self._forget = self._hub.observe(self._on_changes)
        self._tick()
        self._heal()
        self._read()

    def stop(self) -> None:
        """Switch the lamps off and let every box go; may be called twice."""
        if self._forget is not None:
            self._forget()
            self._forget = None
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if self._pump_timer is not None:
            self._pump_timer.cancel()
            self._pump_timer = None
        self._inquiry.keep(frozenset())
        for place in self._places.values():
            if place.wires:
                self._guarded(place, place.surface.dismiss)
                self._let_go(place)
            place.pairs, place.fault = (), ""
        self._ports.close()

    def poll(self) -> None:
        """Compare what is plugged in with what is open: let go what left, open what came. Others are not touched."""
        names = self._names()
        for place in self._places.values():
            if place.pairs and not self._is_still_there(place, names):
                _log.info("%s is gone (%s)", place.surface.name, place.port)
                self._let_go(place)
                place.pairs, place.fault = (), ""
        for model, boxes in self._boxes(names):
            self._seat(model, free(model.match, boxes, self._taken(model)), names)
        self._ask_around(names)
        for place in self._places.values():
            was_refused, place.is_refused = place.is_refused, place.is_refused_in(names)
            is_opened_now = was_refused and not place.is_refused
            if place.pairs and not place.wires and (is_opened_now or self._clock() >= place.retry_at):
                self._open(place)
        self._pump()

    def status(self) -> tuple[SurfaceStatus, ...]:
        """Every box that is here, or was."""
        return tuple(
            SurfaceStatus(
                place.surface.name,
                place.surface.maker,
                place.surface.model,
                "broken" if place.fault else "connected" if place.wires else "away",
                place.port,
                place.surface.first_strip,
                place.refused,
                place.fault or place.surface.note,
            )
            for place in self._places.values()
        )

    def control_ports(self) -> tuple[str, ...]:
        """Ports of the boxes that are here and only control: what they say is no music."""
        matches = [(place, place.model.match) for place in self._places.values()]
        silent = [place for place, match in matches if not match.has_keys and not match.shares]
        return tuple(pair.name for place in silent for pair in place.pairs)

    def seat_of(self, input_name: str) -> "Seat | None":
        """The box that hears this port; None where no box does."""
        for place in self._places.values():
            for number, pair in enumerate(place.pairs):
                if pair.input_name == input_name:
                    return Seat(place.surface, place.model, number)
        return None

    def seat_named(self, name: str) -> "Seat | None":
        """The box of that name; None where it is not there."""
        place = self._places.get(name)
        return Seat(place.surface, place.model, 0) if place is not None and place.pairs else None

    def change(self, models: Iterable[Model]) -> None:
        """Look for these from now on. Boxes of a model that is not among them any more are let go; others stay."""
        self.models, self._seen = tuple(models), None
        for name, place in list(self._places.items()):
            if not any(place.model is model for model in self.models):
                if place.wires:
                    self._guarded(place, place.surface.dismiss)
                    self._let_go(place)
                del self._places[name]
        if self._forget is not None:
            self.poll()

    # -- looking ---------------------------------------------------------------------------------------------------

    def _warn(self, model: Model) -> None:
        for sentence in model.misfits(self._hub.registry):
            _log.warning("%s", sentence)

    def _tick(self) -> None:
        self._timers["poll"] = self._later(POLL_S, self._tick)
        self.poll()

    def _heal(self) -> None:
        self._timers["heal"] = self._later(HEAL_S, self._heal)
        for place in self._places.values():
            if place.wires:
                self._guarded(place, place.surface.heal)
        self._pump()

    def _read(self) -> None:
        self._timers["read"] = self._later(READ_S, self._read)
        readers = [place for place in self._places.values() if place.wires and place.surface.has_readings]
        for place in readers:
            self._guarded(place, place.surface.read)
        if readers:
            self._pump()

    def _soon(self, work: Callable[[], None]) -> None:
        self._timers["soon"] = self._later(0.0, work)

    def _names(self) -> PortNames:
        try:
            names = self._ports.names()
        except PortsUnavailable as fault:
            names = PortNames((), (), fault=str(fault))
        if names.fault and names.fault != self.ports_fault:
            _log.warning("%s", names.fault)
        self.ports_fault = names.fault
        return names

    def _boxes(self, names: PortNames) -> list[tuple[Model, list[Ports]]]:
        """What fits each model: many patterns on many names, so only when the ports are others than before."""
        if self._seen != names:
            self._seen = names
            found = ((model, boxes_of(model.match, names)) for model in self.models)
            self._fitting = [(model, boxes) for model, boxes in found if boxes]
        return self._fitting

    def _is_still_there(self, place: _Place, names: PortNames) -> bool:
        for pair in place.pairs:
            if pair.input_name and pair.input_name not in names.inputs:
                return False
            if pair.output_name and pair.output_name not in names.outputs:
                return False
        return not place.wires or self._stamps(place.pairs) == place.stamps

    def _stamps(self, pairs: Iterable[Pair]) -> tuple[str, ...]:
        """Of both directions: one may leave and come back alone."""
        names = (name for pair in pairs for name in (pair.input_name, pair.output_name) if name)
        return tuple(self._ports.stamp(name) for name in names)

    def _taken(self, by: Model | None = None) -> set[str]:
        """Ports that are nobody else's; of a model that listens in, those on which it does already."""
        listens_in = by is not None and by.match.shares
        places = self._places.values()
        if listens_in:
            pairs = [pair for place in places if place.model is by for pair in place.pairs]
        else:
            pairs = [pair for place in places if not place.model.match.shares for pair in place.pairs]
        return {name for pair in pairs for name in (pair.input_name, pair.output_name)}

    def _ask_around(self, names: PortNames) -> None:
        """Ask on nameless ports who is there, and seat who answered."""
        self._inquiry.keep(frozenset((*names.inputs, *names.outputs)))
        for model, pair in self._inquiry.found(self._clock()):
            if not {pair.input_name, pair.output_name} & self._taken():
                self._seat(model, [(pair,)], names)
        for model in self.models:
            for pair in candidates_behind(model.match, names, self._taken()):
                self._inquiry.ask(pair, model, self._clock())

    def _seat(self, model: Model, boxes: Sequence[tuple[Pair, ...]], names: PortNames) -> None:
        """Give each box the place that it had, or else the first that nobody returns to."""
        if not boxes:
            return
        tokens = {number: token_of(pairs, names) for number, pairs in enumerate(boxes)}
        free = self._free_places(model, len(boxes))
        known = {name: self._tokens[name] for name in free if name in self._tokens}
        returned = who_returned(tokens, known)
        others = (name for name in free if name not in returned.values())
        for number, pairs in enumerate(boxes):
            name = returned.get(number) or next(others)
            if name not in self._places:
                if name == model.name:  # of boxes that nobody has, nobody wants to hear; and looking at all takes time
                    self._warn(model)
                self._places[name] = _Place(model.box(name), model)
            place, self._tokens[name] = self._places[name], tokens[number]
            place.pairs, place.retry_at = pairs, float("-inf")

    def _free_places(self, model: Model, count: int) -> list[str]:
        """Every place of that model where nobody is, and `count` where nobody was."""
        found: list[str] = []
        for number in itertools.count(1):
            name = model.name if number == 1 else f"{model.name}-{number}"
            if name not in self._places or not self._places[name].pairs:
                found.append(name)
                count -= name not in self._tokens
            if not count:
                break
        return found

    def _open(self, place: _Place) -> None:
        place.stamps = self._stamps(place.pairs)
        wires: list[Wire] = []
        try:
            for port, pair in enumerate(place.pairs):
                wires.append(self._ports.open(pair.input_name, pair.output_name, self._ear(place, port, wires)))
        except PortGone as fault:
            for wire in wires:
                wire.close()
            self._break(place, str(fault))
            return
        place.wires, place.fault = tuple(wires), ""
        _log.info("%s is here (%s)", place.surface.name, place.port)
        sends = [wire.send for wire, pair in zip(wires, place.pairs, strict=True) if pair.output_name]
        self._guarded(place, place.surface.attach, *sends)

    # -- messages --------------------------------------------------------------------------------------------------

    def _ear(self, place: _Place, port: int, wires: list[Wire]) -> Callable[[bytes], None]:
        """What the port's messages go to: the first of a turn is done at once, of later moves the newest at its end."""

        def on_message(message: bytes) -> None:
            if place.wires != tuple(wires):  # messages of a wire that was let go may still be on their way
                return
            is_first, place.is_mid_turn = not place.is_mid_turn, True
            if is_first:
                place.timer = self._later(0.0, lambda: self._settle(place))
            try:
                faults = place.surface.receive(message, port, may_wait=not is_first)
            except Exception as fault:  # noqa: BLE001 - what one message does wrong must not take others' away
                faults = [fault]
            for each in faults:
                self._complain(place, each)

        return on_message

    def _settle(self, place: _Place) -> None:
        """The turn is over: do the moves that waited for it."""
        place.is_mid_turn = False
        for fault in place.surface.settle():
            self._complain(place, fault)
        self._pump()

    def _complain(self, place: _Place, fault: Exception) -> None:
        """What one button does wrong must not take the box away."""
        is_said = isinstance(fault, ValueError | LookupError)
        place.refused += 1
        if self._clock() >= place.quiet_until:
            place.quiet_until = self._clock() + _COMPLAINT_S
            sentence = str(fault) if is_said else f"{type(fault).__name__}: {fault}"
            _log.warning("%s: %s (%d refused so far)", place.surface.name, sentence, place.refused)

    def _on_changes(self, changes: list[Change]) -> None:
        for place in self._places.values():
            if place.wires:
                self._guarded(place, place.surface.on_changes, changes)
        self._pump()

    def _pump(self) -> None:
        """Send what may be sent now, and come back when more may be."""
        waits: list[float] = []
        for place in self._places.values():
            if place.wires:
                self._guarded(place, self._drain, place, waits)
        if not waits:
            return
        due = self._clock() + min(waits)
        if self._pump_timer is not None:
            if self._pump_due <= due:
                return
            self._pump_timer.cancel()
        self._pump_timer, self._pump_due = self._later(min(waits), self._pump_again), due

    def _pump_again(self) -> None:
        self._pump_timer = None
        for place in self._places.values():
            if place.wires:
                for fault in place.surface.due():
                    self._complain(place, fault)
        self._pump()

    def _drain(self, place: _Place, waits: list[float]) -> None:
        wait = place.surface.drain()
        if wait is not None:
            waits.append(wait)

    def _guarded(self, place: _Place, work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Do `work` for one box; whatever goes wrong with it takes that box away, and nothing else."""
        try:
            work(*args, **kwargs)
        except PortGone as fault:
            self._break(place, str(fault))
        except Exception as fault:  # noqa: BLE001 - a broken surface goes away, the music goes on
            _log.debug("%s", place.surface.name, exc_info=True)
            self._break(place, f"{type(fault).__name__}: {fault}")

    def _break(self, place: _Place, fault: str) -> None:
        self._let_go(place)
        if fault != place.fault:
            _log.warning("%s: %s; trying again every %d s", place.surface.name, fault, RETRY_S)
        place.fault = fault
        place.retry_at = self._clock() + RETRY_S

    def _let_go(self, place: _Place) -> None:
        wires, place.wires = place.wires, ()
        if place.timer is not None:
            place.timer.cancel()
        place.timer, place.is_mid_turn = None, False
        place.surface.detach()
        for wire in wires:
            wire.close()
