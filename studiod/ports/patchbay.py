"""Every port there is: listened to from the moment it comes, spoken to on demand, and told of when it leaves."""

import contextlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from studiod.link import PortEvent
from studiod.link.frame_clock import FrameClock, FrameOrder
from studiod.link.midi_message import is_whole
from studiod.link.ports import (
    BROKEN,
    FORGET,
    MIDI_MESSAGE,
    MIDI_PORT,
    SERIAL_BYTES,
    Direction,
    PortGone,
    PortInfo,
    PortList,
    PortsUnavailable,
)
from studiod.ports.clock import ArrivalClock
from studiod.ports.held import HeldKeys, left_held
from studiod.ports.system import InputPort, OutputPort, PortSystem
from studiod.ports.waiting import Waiting

POLL_S = 0.25  # rtmidi never reports a port that goes: the list is read; one reading costs 75 us over JACK
# a port that would not open is tried again: others came or left while it was opened
AGAIN_S = (0.25, 0.25, 0.5, 0.5, 1.0)
RETRY_S = 5.0  # from then on
LAST_ID = 65_535
BROKEN_BYTES = 64  # of what is no message: enough to know it again
_log = logging.getLogger(__name__)


class Heard(Protocol):
    """Where messages go: `studiod.link.EventWriter`."""

    def post(self, port: int, kind: int, frame: int, ns: int, message: bytes) -> bool:
        """Append one event; False when it is too long."""
        ...


@dataclass(slots=True, eq=False)
class _Port:
    info: PortInfo
    stamp: str
    order: FrameOrder
    inlet: InputPort | None = None
    ear: "_Ear | None" = None
    outlet: OutputPort | None = None
    held: HeldKeys = field(default_factory=HeldKeys)
    retry_at: float = float("-inf")
    refusals: int = 0


class _Ear:
    """Listens to one port, in a thread of its system's: tells everyone what it says, and when."""

    def __init__(self, port: _Port, heard: Heard, frames: FrameClock, now_ns: Callable[[], int]) -> None:
        self._name = port.info.name
        self._number = port.info.id
        self._kind = MIDI_MESSAGE if port.info.kind == MIDI_PORT else SERIAL_BYTES
        self._held = port.held
        self._order = port.order
        self._heard = heard
        self._frames = frames
        self._now_ns = now_ns
        self._arrival = ArrivalClock()
        self._has_complained = False
        self._is_deaf = False

    def close(self) -> None:
        """Hear no more: a call that was on its way comes after the end of what was held."""
        self._is_deaf = True

    def __call__(self, message: bytes, since_last_s: float) -> None:
        """The system knows how long it was silent before."""
        ns = self._arrival.arrived(since_last_s, self._now_ns())
        self._tell(message, ns, self._frames.frame_at(ns))

    def at(self, message: bytes, ns: int, count: int) -> None:
        """The system knows the frame; its smooth clock may be astray where it had no time, but nothing comes early."""
        ns = min(ns, self._now_ns())
        self._tell(message, ns, self._frames.frame_of(count, ns))

    def _tell(self, message: bytes, ns: int, frame: int) -> None:
        if self._is_deaf:
            return
        kind = self._kind
        if kind == MIDI_MESSAGE and is_whole(message):
            self._held.follow(message)
        elif kind == MIDI_MESSAGE:
            kind, message = BROKEN, message[:BROKEN_BYTES]
        frame = self._order.after(frame)
        if not self._heard.post(self._number, kind, frame, ns, message) and not self._has_complained:
            self._has_complained = True
            _log.warning("%s: a message of %d bytes is too long, and is dropped", self._name, len(message))


class Patchbay:
    """Turn it by hand (`poll`, `say`) or from the ports process. Inputs speak from threads of their own.

    heard: gets every message, with its frame. tell: gets the list of ports whenever it changes. now_ns:
    CLOCK_MONOTONIC. before: the list an earlier patchbay told: its ids are not given again.
    alive: called after each port that was opened or closed: slow drivers take a second for each, and do not hang.
    """

    def __init__(
        self,
        system: PortSystem,
        heard: Heard,
        frames: FrameClock,
        tell: Callable[[PortList], None],
        *,
        now_ns: Callable[[], int],
        before: PortList | None = None,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self._system = system
        self._alive = alive
        self._heard = heard
        self._frames = frames
        self._tell = tell
        self._now_ns = now_ns
        self._next_id = 1 if before is None else before.next_id
        self._ports: dict[tuple[str, Direction], _Port] = {}
        self._told: PortList | None = None
        self._waiting = Waiting()

    @property
    def wait_s(self) -> float | None:
        """Seconds until something is due to be sent; None while nothing waits."""
        due_ns = self._waiting.due_ns
        return None if due_ns is None else max(due_ns - self._now_ns(), 0) / 1e9

    def poll(self) -> None:
        """Compare what is plugged in with what is open: let go what left, open what came. Others are not touched."""
        fault = ""
        wanted: list[tuple[str, Direction]] = []
        try:
            names = self._system.names()
        except PortsUnavailable as unavailable:
            fault = str(unavailable)
        else:
            fault = names.fault
            wanted = [*((name, "in") for name in names.inputs), *((name, "out") for name in names.outputs)]
        self._let_go_what_left(set(wanted))
        for name, direction in wanted:
            port = self._ports.get((name, direction))
            if port is None:
                port = self._ports[name, direction] = self._arrived(name, direction)
            if self._now_ns() / 1e9 >= port.retry_at:
                if direction == "in" and port.inlet is None:
                    self._listen(port)
                elif direction == "out" and port.info.fault:
                    port.info = replace(port.info, fault="")
        self._tell_all(wanted, fault)

    def say(self, events: Iterable[PortEvent]) -> None:
        """Send what the desk wants said, and what is due; what is for a port that left meanwhile goes nowhere."""
        by_id = {port.info.id: port for port in self._ports.values() if port.info.direction == "out"}
        now_ns = self._now_ns()
        at_once = []
        for event in events:
            if event.kind == FORGET:
                self._waiting.forget(event.port, event.ns)
            elif event.ns > now_ns:
                self._waiting.add(event)
            else:
                at_once.append(event)
        for event in (*self._waiting.take(now_ns), *at_once):
            port = by_id.get(event.port)
            if port is not None and not port.info.fault:
                self._say(port, event.message)

    def forget(self) -> None:
        """Let every output go, to be met anew: messages to it were lost, and nobody knows what its box shows."""
        for key in [key for key in self._ports if key[1] == "out"]:
            self._close(self._ports.pop(key))
        self.poll()

    def let_go_of(self, events: Iterable[PortEvent]) -> None:
        """End the keys that are still down after `events`: a patchbay before this one heard them, and was killed."""
        events = list(events)
        last = {event.port: event.frame for event in events}
        for number, ends in left_held(events).items():
            order = FrameOrder(self._frames.rate_hz)
            order.after(last[number])
            self._end(number, order, ends)

    def stop(self) -> None:
        """Let every port go; may be called twice."""
        for port in self._ports.values():
            self._close(port)
        self._ports.clear()
        self._system.close()
        told = PortList((), "the ports are closed", self._next_id, self._system.api)
        if told != self._told:
            self._told = told  # who stops is asked to: that is nothing to warn of
            self._tell(told)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _let_go_what_left(self, wanted: set[tuple[str, Direction]]) -> None:
        for key, port in list(self._ports.items()):
            if key not in wanted or self._system.stamp(port.info.name) != port.stamp:
                _log.info("%s is gone", port.info.name)
                self._close(port)
                del self._ports[key]

    def _arrived(self, name: str, direction: Direction) -> _Port:
        usb, kind = self._system.usb(name), self._system.kind(name)
        serial, path = self._system.unit(name)
        info = PortInfo(self._new_id(), name, direction, usb=usb, kind=kind, serial=serial, path=path)
        return _Port(info, self._system.stamp(name), FrameOrder(self._frames.rate_hz))

    def _new_id(self) -> int:
        number, self._next_id = self._next_id, self._next_id % LAST_ID + 1
        return number

    def _listen(self, port: _Port) -> None:
        ear = _Ear(port, self._heard, self._frames, self._now_ns)
        try:
            port.inlet, port.ear = self._system.open_input(port.info.name, ear), ear
        except PortGone as fault:
            self._refused(port, fault)
        else:
            port.info, port.refusals = replace(port.info, fault=""), 0
            _log.info("%s is here", port.info.name)
        self._alive()

    def _say(self, port: _Port, message: bytes) -> None:
        try:
            if port.outlet is None:
                port.outlet = self._system.open_output(port.info.name)
            port.outlet.send(message)
        except PortGone as fault:
            self._refused(port, fault)
            self._close(port)
            # another id: whoever spoke to it knows by that, and that its box may show anything
            port.info = replace(port.info, id=self._new_id())

    def _refused(self, port: _Port, fault: PortGone) -> None:
        if port.info.fault != str(fault):
            _log.warning("%s", fault)
        port.info = replace(port.info, fault=str(fault))
        port.retry_at = self._now_ns() / 1e9 + (*AGAIN_S, RETRY_S)[min(port.refusals, len(AGAIN_S))]
        port.refusals += 1

    def _close(self, port: _Port) -> None:
        for wire in (port.inlet, port.outlet):
            if wire is not None:
                with contextlib.suppress(PortGone):
                    wire.close()
        if port.ear is not None:
            port.ear.close()
        port.inlet = port.outlet = port.ear = None
        self._alive()
        self._end(port.info.id, port.order, port.held.let_go())

    def _end(self, number: int, order: FrameOrder, ends: Iterable[bytes]) -> None:
        """Say for a port that is gone what it cannot say any more: its keys are up."""
        ns = self._now_ns()
        frame = order.after(self._frames.frame_at(ns))
        for message in ends:
            self._heard.post(number, MIDI_MESSAGE, frame, ns, message)

    def _tell_all(self, order: list[tuple[str, Direction]], fault: str) -> None:
        ports = tuple(self._ports[key].info for key in order if key in self._ports)
        told = PortList(ports, fault, self._next_id, self._system.api)
        if told != self._told:
            if (fault or told.system) and (self._told is None or fault != self._told.fault):
                _log.log(logging.WARNING if fault else logging.INFO, "%s", fault or f"{told.system} MIDI is open")
            self._told = told
            self._tell(told)
