"""Every box of the desk: found when it comes, let go when it leaves, and none of them stops the music."""

import fnmatch
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ParamSpec, Protocol

from studiod.desk.hub import Change, Hub
from studiod.link.ports import PortGone, PortNames, PortsUnavailable
from studiod.model.parameter import Refused
from studiod.model.registry import UnknownAddress
from studiod.surfaces.base import SurfaceMap, Takeover
from studiod.surfaces.fit import misfits
from studiod.surfaces.generic_midi import GenericMidi
from studiod.surfaces.ports import MidiPorts, Wire
from studiod.surfaces.surface import Surface

POLL_S = 0.5  # rtmidi never reports a port that goes: the list is read; one reading costs 75 us over JACK
RETRY_S = 5.0  # a box that broke while plugged in is tried again
HEAL_S = 0.1  # one lamp after the other is told again: all of a small box in three seconds, 1 % of a DIN wire
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


@dataclass(slots=True, eq=False)
class _Place:
    """A box of one model, there or away."""

    surface: Surface
    port: str = ""
    output: str = ""
    stamp: str = ""
    wire: Wire | None = None
    fault: str = ""
    refused: int = 0
    quiet_until: float = float("-inf")
    retry_at: float = float("-inf")


class SurfaceManager:
    """Finds boxes by the maps' port names and keeps each true to the desk. Belongs to the desk's loop, as the hub does.

    clock: seconds, steady. later: the loop's `call_later`. takeover: overrides what the maps say, for all boxes.
    """

    def __init__(
        self,
        hub: Hub,
        maps: Iterable[SurfaceMap],
        ports: MidiPorts,
        *,
        clock: Callable[[], float],
        later: Later,
        takeover: Takeover | None = None,
    ) -> None:
        self.maps = tuple(maps)
        self.ports_fault = ""
        """Why no box can be found now; empty when the MIDI system answers."""
        self._hub = hub
        self._ports = ports
        self._clock = clock
        self._later = later
        self._takeover = takeover
        self._places: dict[str, _Place] = {}
        self._forget: Callable[[], None] | None = None
        self._poll_timer: Timer | None = None
        self._pump_timer: Timer | None = None
        self._heal_timer: Timer | None = None
        self._pump_due = 0.0

    def start(self) -> None:
        """Look for boxes now and every half second; returns what is there at once, waits for nothing."""
        for facts in self.maps:
            for sentence in misfits(facts, self._hub.registry):
                _log.warning("%s", sentence)
        self._forget = self._hub.observe(self._on_changes)
        self._tick()
        self._heal()

    def stop(self) -> None:
        """Switch the lamps off and let every box go; may be called twice."""
        if self._forget is not None:
            self._forget()
            self._forget = None
        for timer in (self._poll_timer, self._pump_timer, self._heal_timer):
            if timer is not None:
                timer.cancel()
        self._poll_timer = self._pump_timer = self._heal_timer = None
        for place in self._places.values():
            if place.wire is not None:
                self._guarded(place, place.surface.dismiss)
                self._let_go(place)
            place.port = place.output = place.fault = ""
        self._ports.close()

    def poll(self) -> None:
        """Compare what is plugged in with what is open: let go what left, open what came. Others are not touched."""
        names = self._names()
        for place in self._places.values():
            if place.port and not self._is_still_there(place, names):
                _log.info("%s is gone (%s)", place.surface.name, place.port)
                self._let_go(place)
                place.port = place.output = place.fault = ""
        for facts in self.maps:
            self._place_new(facts, names)
        for place in self._places.values():
            if place.port and place.wire is None and self._clock() >= place.retry_at:
                self._open(place)
        self._pump()

    def status(self) -> tuple[SurfaceStatus, ...]:
        """Every box that is here, or was."""
        return tuple(
            SurfaceStatus(
                place.surface.name,
                place.surface.facts.maker,
                place.surface.facts.model,
                "broken" if place.fault else "connected" if place.wire is not None else "away",
                place.port,
                place.surface.bank.offset + 1,
                place.refused,
                place.fault or place.surface.note,
            )
            for place in self._places.values()
        )

    # -- inside ----------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self._poll_timer = self._later(POLL_S, self._tick)
        self.poll()

    def _heal(self) -> None:
        self._heal_timer = self._later(HEAL_S, self._heal)
        for place in self._places.values():
            if place.wire is not None:
                place.surface.heal()
        self._pump()

    def _names(self) -> PortNames:
        try:
            names = self._ports.names()
        except PortsUnavailable as fault:
            if str(fault) != self.ports_fault:
                _log.warning("%s", fault)
            self.ports_fault = str(fault)
            return PortNames((), ())
        self.ports_fault = ""
        return names

    def _is_still_there(self, place: _Place, names: PortNames) -> bool:
        if place.port not in names.inputs or place.output not in names.outputs:
            return False
        return place.wire is None or self._ports.stamp(place.port) == place.stamp

    def _place_new(self, facts: SurfaceMap, names: PortNames) -> None:
        taken = {place.port for place in self._places.values()} | {place.output for place in self._places.values()}
        outputs = [name for name in names.outputs if name not in taken and _matches(name, facts.ports)]
        for name in names.inputs:
            if name in taken or not _matches(name, facts.ports) or not outputs:
                continue
            # ALSA calls both directions alike; elsewhere the order pairs them
            output = name if name in outputs else outputs[0]
            outputs.remove(output)
            place = self._free_place(facts)
            place.port, place.output, place.retry_at = name, output, float("-inf")

    def _free_place(self, facts: SurfaceMap) -> _Place:
        number = 1
        while True:
            name = facts.name if number == 1 else f"{facts.name}-{number}"
            place = self._places.get(name)
            if place is None:
                place = self._places[name] = _Place(
                    Surface(name, facts, self._hub, GenericMidi(facts.controls.values()), self._takeover)
                )
            if not place.port:
                return place
            number += 1

    def _open(self, place: _Place) -> None:
        wire: Wire | None = None

        def on_message(message: bytes) -> None:
            if wire is not None and place.wire is wire:  # messages of a wire that was let go may still be on their way
                self._receive(place, message)

        place.stamp = self._ports.stamp(place.port)
        try:
            wire = place.wire = self._ports.open(place.port, place.output, on_message)
        except PortGone as fault:
            self._break(place, str(fault))
            return
        place.fault = ""
        _log.info("%s is here (%s)", place.surface.name, place.port)
        self._guarded(place, place.surface.attach, wire.send, self._clock())

    def _receive(self, place: _Place, message: bytes) -> None:
        try:
            place.surface.receive(message)
        except (Refused, UnknownAddress) as refusal:
            self._complain(place, str(refusal))
        except Exception as fault:  # noqa: BLE001 - what one button does wrong must not take the box away
            _log.debug("%s", place.surface.name, exc_info=True)
            self._complain(place, f"{type(fault).__name__}: {fault}")
        self._pump()

    def _complain(self, place: _Place, sentence: str) -> None:
        place.refused += 1
        if self._clock() >= place.quiet_until:
            place.quiet_until = self._clock() + _COMPLAINT_S
            _log.warning("%s: %s (%d refused so far)", place.surface.name, sentence, place.refused)

    def _on_changes(self, changes: list[Change]) -> None:
        for place in self._places.values():
            if place.wire is not None:
                self._guarded(place, place.surface.on_changes, changes)
        self._pump()

    def _pump(self) -> None:
        """Send what may be sent now, and come back when more may be."""
        waits: list[float] = []
        for place in self._places.values():
            if place.wire is not None:
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
        self._pump()

    def _drain(self, place: _Place, waits: list[float]) -> None:
        wait = place.surface.drain(self._clock())
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
        place.surface.detach()
        wire, place.wire = place.wire, None
        if wire is not None:
            wire.close()


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)
