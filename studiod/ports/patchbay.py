"""Every port there is: listened to from the moment it comes, spoken to on demand, and told of when it leaves."""

import contextlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from studiod.link import PortEvent
from studiod.link.ports import (
    MIDI_MESSAGE,
    MIDI_PORT,
    SERIAL_BYTES,
    Direction,
    PortGone,
    PortInfo,
    PortList,
    PortsUnavailable,
)
from studiod.ports.clock import ArrivalClock, FrameClock
from studiod.ports.system import InputPort, OutputPort, PortSystem

POLL_S = 0.25  # rtmidi never reports a port that goes: the list is read; one reading costs 75 us over JACK
RETRY_S = 5.0  # a port that would not open is tried again
LAST_ID = 65_535
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
    inlet: InputPort | None = None
    outlet: OutputPort | None = None
    retry_at: float = float("-inf")


class Patchbay:
    """Turn it by hand (`poll`, `say`) or from the ports process. Inputs speak from threads of their own.

    heard: gets every message, with its frame. tell: gets the list of ports whenever it changes. now_ns:
    CLOCK_MONOTONIC. before: the list an earlier patchbay told: its ids are not given again.
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
    ) -> None:
        self.too_long = 0
        """Messages longer than the ring takes."""
        self._system = system
        self._heard = heard
        self._frames = frames
        self._tell = tell
        self._now_ns = now_ns
        self._next_id = 1 if before is None else before.next_id
        self._ports: dict[tuple[str, Direction], _Port] = {}
        self._told: PortList | None = None

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
        """Send what the desk wants said; what is for a port that left meanwhile goes nowhere."""
        by_id = {port.info.id: port for port in self._ports.values() if port.info.direction == "out"}
        for event in events:
            port = by_id.get(event.port)
            if port is not None and not port.info.fault:
                self._say(port, event.message)

    def forget(self) -> None:
        """Let every output go, to be met anew: messages to it were lost, and nobody knows what its box shows."""
        for key in [key for key in self._ports if key[1] == "out"]:
            self._close(self._ports.pop(key))
        self.poll()

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
        info = PortInfo(self._new_id(), name, direction, usb=self._system.usb(name), kind=self._system.kind(name))
        return _Port(info, self._system.stamp(name))

    def _new_id(self) -> int:
        number, self._next_id = self._next_id, self._next_id % LAST_ID + 1
        return number

    def _listen(self, port: _Port) -> None:
        arrival, number = ArrivalClock(), port.info.id
        kind = MIDI_MESSAGE if port.info.kind == MIDI_PORT else SERIAL_BYTES

        def on_message(message: bytes, since_last_s: float) -> None:
            ns = arrival.arrived(since_last_s, self._now_ns())
            if not self._heard.post(number, kind, self._frames.frame_at(ns), ns, message):
                self.too_long += 1

        try:
            port.inlet = self._system.open_input(port.info.name, on_message)
        except PortGone as fault:
            self._refused(port, fault)
        else:
            port.info = replace(port.info, fault="")
            _log.info("%s is here", port.info.name)

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
        port.retry_at = self._now_ns() / 1e9 + RETRY_S

    @staticmethod
    def _close(port: _Port) -> None:
        for wire in (port.inlet, port.outlet):
            if wire is not None:
                with contextlib.suppress(PortGone):
                    wire.close()
        port.inlet = port.outlet = None

    def _tell_all(self, order: list[tuple[str, Direction]], fault: str) -> None:
        ports = tuple(self._ports[key].info for key in order if key in self._ports)
        told = PortList(ports, fault, self._next_id, self._system.api)
        if told != self._told:
            if (fault or told.system) and (self._told is None or fault != self._told.fault):
                _log.log(logging.WARNING if fault else logging.INFO, "%s", fault or f"{told.system} MIDI is open")
            self._told = told
            self._tell(told)
