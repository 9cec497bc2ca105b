"""The ports that are in time with us: found by their names, let go when they leave, met anew when they return."""

import logging
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from studiod.link import PortEvent
from studiod.link.ports import PortGone, PortNames, PortsUnavailable
from studiod.surfaces.device import is_passing
from studiod.surfaces.matching import fits
from studiod.surfaces.sync.inlet import Inlet
from studiod.surfaces.sync.plan import PortPlan, SyncPlan
from studiod.surfaces.sync.teller import Teller

RETRY_S = 5.0  # a port that broke while plugged in is tried again
_COMPLAINT_S = 1.0  # a bad message from outside is logged once a second
_log = logging.getLogger(__name__)


class TimedWire(Protocol):
    """One open port."""

    def send_at(self, message: bytes, at_ns: int) -> None:
        """Send one whole message at `at_ns`, CLOCK_MONOTONIC. Raises PortGone."""
        ...

    def forget_from(self, at_ns: int) -> None:
        """Do not send what waits for `at_ns` or later. Raises PortGone."""
        ...

    def close(self) -> None:
        """Let it go; may be called twice."""
        ...


class TimedPorts(Protocol):
    """Where ports are found: `studiod.surfaces.ports.BlockPorts`."""

    def names(self) -> PortNames:
        """What is there now. Raises PortsUnavailable."""
        ...

    def open_timed(self, input_name: str, output_name: str, on_event: Callable[[PortEvent], None]) -> TimedWire:
        """Open a pair of ports, or one of an empty name's direction. Raises PortGone."""
        ...

    def stamp(self, name: str) -> str:
        """Differs when the port of this name is another than before."""
        ...


@dataclass(slots=True, eq=False)
class Place:
    """A port of one direction, there or away."""

    name: str
    plan: PortPlan
    inlet: Inlet | None = None
    """None for a port that is spoken to."""
    teller: Teller | None = None
    wire: TimedWire | None = None
    stamp: str = ""
    fault: str = ""
    retry_at: float = float("-inf")
    refused: int = 0
    quiet_until: float = float("-inf")
    note: str = ""

    @property
    def state(self) -> str:
        """Connected, away or broken, as surfaces are."""
        return "broken" if self.fault else "connected" if self.wire is not None else "away"


class Places:
    """All of them. on_event: gets what is heard, and where. clock: seconds, steady. desk_bpm: as for Inlet."""

    def __init__(
        self,
        ports: TimedPorts,
        plan: SyncPlan,
        *,
        on_event: Callable[[Place, PortEvent], None],
        clock: Callable[[], float],
        desk_bpm: Callable[[], float],
    ) -> None:
        self._ports = ports
        self._plan = plan
        self._on_event = on_event
        self._clock = clock
        self._desk_bpm = desk_bpm
        self._places: dict[tuple[str, str], Place] = {}

    def __iter__(self) -> Iterator[Place]:
        return iter(tuple(self._places.values()))

    @property
    def leading(self) -> Place | None:
        """The first that leads and is there; while none is, the one that was."""
        found = [place for place in self if place.inlet is not None and place.inlet.leader is not None]
        found.sort(key=lambda place: self._plan.ports.index(place.plan))
        return next((place for place in found if place.wire is not None), found[0] if found else None)

    def poll(self) -> None:
        """Compare what is plugged in with what is open."""
        try:
            names = self._ports.names()
        except PortsUnavailable:  # whoever opens ports says why
            names = PortNames((), ())
        there = [*(("in", name) for name in names.inputs), *(("out", name) for name in names.outputs)]
        for key, place in self._places.items():
            if place.wire is not None and (key not in there or self._ports.stamp(place.name) != place.stamp):
                _log.info("%s is gone: it is in time again when it is back", place.name)
                self._let_go(place)
            if key not in there:
                place.fault = ""
        for key in there:
            known = self._places.get(key) or self._seat(*key)
            if known is not None and known.wire is None and self._clock() >= known.retry_at:
                self._open(known)
        self._forget_passing(there)

    def close(self) -> None:
        """Let every port go; may be called twice."""
        for place in self:
            self._let_go(place)

    def break_off(self, place: Place, fault: PortGone) -> None:
        """It would not do what was asked: it is tried again later."""
        if place.fault != str(fault):
            _log.warning("%s; trying again every %d s", fault, RETRY_S)
        place.fault, place.retry_at = str(fault), self._clock() + RETRY_S
        self._let_go(place)

    def complain(self, place: Place, fault: Exception) -> None:
        """What one message does wrong must not take the port away."""
        place.refused += 1
        place.note = str(fault) if isinstance(fault, ValueError | LookupError) else f"{type(fault).__name__}: {fault}"
        if self._clock() >= place.quiet_until:
            place.quiet_until = self._clock() + _COMPLAINT_S
            _log.warning("sync %s: %s (%d refused so far)", place.name, place.note, place.refused)

    def _forget_passing(self, there: Collection[tuple[str, str]]) -> None:
        """Nobody awaits a program that left; but whom the transport followed until now."""
        leading = self.leading
        for key in [key for key, place in self._places.items() if place is not leading and is_passing(place.name)]:
            if key not in there:
                del self._places[key]

    def _seat(self, direction: str, name: str) -> Place | None:
        is_in = direction == "in"
        for plan in self._plan.ports:
            if (plan.receive if is_in else plan.send) and fits(name, (plan.port,)):
                place = self._places[direction, name] = Place(name, plan)
                if is_in:
                    place.inlet = Inlet(plan, self._plan, self._desk_bpm)
                return place
        return None

    def _open(self, place: Place) -> None:
        names = (place.name, "") if place.inlet is not None else ("", place.name)
        place.stamp = self._ports.stamp(place.name)
        try:
            place.wire = self._ports.open_timed(*names, self._ear(place))
        except PortGone as fault:
            self.break_off(place, fault)
            return
        place.fault = ""
        if place.inlet is None:
            place.teller = Teller(place.plan, self._plan.start_s(place.plan.rate))
        _log.info("%s: in time with it", place.name)

    def _ear(self, place: Place) -> Callable[[PortEvent], None]:
        def on_event(event: PortEvent) -> None:
            if place.wire is not None:
                self._on_event(place, event)

        return on_event

    @staticmethod
    def _let_go(place: Place) -> None:
        wire, place.wire, place.teller = place.wire, None, None
        if wire is not None:
            wire.close()
