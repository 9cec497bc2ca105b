"""What is armed: what the next take would record, and what record safe keeps out of it."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from studiod.desk.hub import Hub
from studiod.desk.takes import label
from studiod.link.order import MidiOrder, TrackOrder
from studiod.model.console import EVERY_PORT, ConsoleLayout
from studiod.model.parameter import Refused

_SAFE = re.compile(r"(/strip/\d+)/recordsafe")
_ARM = re.compile(r"(/strip/\d+)(?:/trimmed)?/arm")
_MAIN = 2  # channels
_DESK = "desk"
_BEFORE = "session"  # a desk before this one had it armed: nobody knows any more who did that


class RecordSafe:
    """A strip that is record safe is not armed: arming it is refused, and making it safe disarms it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def followers(self, address: str, value: float) -> tuple[tuple[str, float], ...]:
        """The arms that go off when a strip is made safe."""
        if not address.endswith("/recordsafe"):
            return ()
        safe = _SAFE.fullmatch(address)
        if safe is None or not value:
            return ()
        return (f"{safe[1]}/arm", 0.0), (f"{safe[1]}/trimmed/arm", 0.0)

    def admit(self, writes: Mapping[str, float]) -> None:
        """Raise Refused for the arm of a strip that is safe."""
        for address, value in writes.items():
            if not value or not address.endswith("/arm"):
                continue
            armed = _ARM.fullmatch(address)
            if armed is None:
                continue
            safe = f"{armed[1]}/recordsafe"
            if writes.get(safe, self._hub.value(safe)):
                raise Refused(f"{address}: the strip is record safe; allowed off, until {safe} is off")


@dataclass(frozen=True, slots=True)
class Armed:
    """Reads what is armed out of the hub, and sets it all at once.

    inputs: hardware inputs there are. control_ports: those that a track for every keyboard does not hear.
    """

    hub: Hub
    layout: ConsoleLayout
    inputs: int
    control_ports: Callable[[], Collection[str]] = tuple
    _behind: dict[str, str] = field(default_factory=dict)
    """Who had the desk arm what, by address."""

    def tracks(self) -> tuple[TrackOrder, ...]:
        """What would be recorded now: strips, strips after trim, then buses, then main."""
        hub, layout = self.hub, self.layout
        found: list[TrackOrder] = []
        strips = [(strip, source) for strip, source in enumerate(layout.strip_inputs) if 0 < source <= self.inputs]
        for strip, source in strips:
            if hub.value(f"/strip/{strip + 1}/arm"):
                name, by = hub.text(f"/strip/{strip + 1}/name"), self._by(f"/strip/{strip + 1}/arm")
                found.append(TrackOrder(source - 1, _file(f"strip-{strip + 1:02d}", name), strip, name, "strip", by))
        trimmed = self.inputs + layout.buses + _MAIN
        for strip, _ in strips:
            if hub.value(f"/strip/{strip + 1}/trimmed/arm"):
                name, by = hub.text(f"/strip/{strip + 1}/name"), self._by(f"/strip/{strip + 1}/trimmed/arm")
                file, title = _file(f"strip-{strip + 1:02d}", name, "trimmed"), name or f"Strip {strip + 1}"
                found.append(TrackOrder(trimmed + strip, file, None, f"{title} trimmed", "trimmed", by))
        for bus in range(layout.buses):
            if hub.value(f"/bus/{bus + 1}/arm"):
                name, by = hub.text(f"/bus/{bus + 1}/name"), self._by(f"/bus/{bus + 1}/arm")
                found.append(TrackOrder(self.inputs + bus, _file(f"bus-{bus + 1:02d}", name), None, name, "bus", by))
        if hub.value("/main/arm"):
            main, by = self.inputs + layout.buses, self._by("/main/arm")
            found += [
                TrackOrder(main + side, f"main-{letter}.wav", None, f"Main {letter.upper()}", "main", by)
                for side, letter in enumerate("lr")
            ]
        return tuple(found)

    @property
    def is_any(self) -> bool:
        """Whether anything would be recorded now."""
        return bool(self.tracks() or self.midi())

    def midi(self) -> tuple[MidiOrder, ...]:
        """MIDI tracks that would be recorded now."""
        return tuple(
            replace(track, armed_by=self._by(f"/midi/{track.number}/arm"))
            for track in self.every_midi()
            if self.hub.value(f"/midi/{track.number}/arm")
        )

    def every_midi(self) -> tuple[MidiOrder, ...]:
        """MIDI tracks that hear a port, armed or not."""
        hub = self.hub
        found: list[MidiOrder] = []
        for number in range(1, self.layout.midi_tracks + 1):
            port, name = hub.text(f"/midi/{number}/port"), hub.text(f"/midi/{number}/name")
            if port:
                channel = int(hub.value(f"/midi/{number}/channel")) - 1  # the first choice is every channel
                # whoever names a port means it, whatever else the box is used for
                without = tuple(sorted(self.control_ports())) if port == EVERY_PORT else ()
                file = _file(f"midi-{number:02d}", name).removesuffix(".wav") + ".mid"
                found.append(MidiOrder(number, file, name, port, None if channel < 0 else channel, without))
        return tuple(found)

    def arm_all(self, by: str = _DESK) -> None:
        """Arm every strip that has an input, but those that are record safe, and every MIDI track that hears a port.

        Strips are not armed after trim, too. by: who wants it.
        """
        for track in self.every_midi():
            self._arm(f"/midi/{track.number}/arm", by)
        for strip, source in enumerate(self.layout.strip_inputs, 1):
            if 0 < source <= self.inputs and not self.hub.value(f"/strip/{strip}/recordsafe"):
                self._arm(f"/strip/{strip}/arm", by)

    def arm_none(self) -> None:
        """Disarm strips, also after trim, buses, main and MIDI."""
        numbers = range(1, self.layout.strips + 1)
        strips = (place for strip in numbers for place in (f"/strip/{strip}", f"/strip/{strip}/trimmed"))
        buses = (f"/bus/{bus}" for bus in range(1, self.layout.buses + 1))
        midi = (f"/midi/{number}" for number in range(1, self.layout.midi_tracks + 1))
        for place in (*strips, *buses, "/main", *midi):
            self.hub.write(f"{place}/arm", 0.0, _DESK)

    def _arm(self, address: str, by: str) -> None:
        if self.hub.write(address, 1.0, _DESK):  # of the desk: who wanted it has not written it, and is told of it
            self._behind[address] = by

    def _by(self, address: str) -> str:
        """Who armed it last; empty when nobody knows."""
        writer = self.hub.writer(address)
        return self._behind.get(address, writer) if writer == _DESK else writer if writer != _BEFORE else ""


def _file(stem: str, name: str, ending: str = "") -> str:
    return f"{'-'.join(part for part in (stem, label(name), ending) if part)}.wav"
