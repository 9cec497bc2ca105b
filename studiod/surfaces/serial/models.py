"""Which boxes are looked for on serial lines: one model for each map, and one for each protocol no map speaks for."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from studiod.desk.hub import Hub
from studiod.model.registry import Registry
from studiod.surfaces.base import Match, SurfaceMap, Takeover
from studiod.surfaces.dialects import LINES
from studiod.surfaces.matching import fits
from studiod.surfaces.models import Box, Model
from studiod.surfaces.pedals import Pedal, with_pedals
from studiod.surfaces.serial.auto import AutoBox
from studiod.surfaces.serial.box import LineBox
from studiod.surfaces.serial.deej import DeejTalk
from studiod.surfaces.serial.firmata_talk import FirmataPins, FirmataTalk
from studiod.surfaces.serial.studiod_talk import StudiodTalk
from studiod.surfaces.serial.talk import Talk
from studiod.surfaces.touches import Touches

AUTO = "auto"
_PIN = re.compile(r"(analog|pin|lamp)/(\d{1,3})")


@dataclass(frozen=True, slots=True)
class LineDesk:
    """What all boxes on lines share. maps: of every dialect, the user's first. clock: seconds, steady."""

    hub: Hub
    maps: tuple[SurfaceMap, ...]
    clock: Callable[[], float]
    touches: Touches
    takeover: Takeover | None = None
    pedals: tuple[Pedal, ...] = ()
    """Foot-switches of the configuration."""

    def for_box(self, dialect: str, says: str = "", first: SurfaceMap | None = None) -> SurfaceMap:
        """The map of a box that calls itself `says`: `first`, one for that name, one for every box; else a bare one."""
        if first is not None and not first.match.every and (not first.match.says or fits(says, first.match.says)):
            return first
        mine = [facts for facts in self.maps if facts.dialect == dialect]
        named = (facts for facts in mine if facts.match.says and fits(says, facts.match.says))
        found = next(named, None) or next((facts for facts in mine if facts.match.every), None)
        return found or bare(dialect)

    def line_box(self, name: str, dialect: str, first: SurfaceMap | None = None) -> LineBox:
        """A box that speaks `dialect`, still away."""

        def meets(talk: Talk) -> SurfaceMap:
            facts = self.for_box(dialect, talk.says, first)
            mine = [each for each in self.pedals if each.control and fits(name, (each.port,))]
            mine += [each for each in self.pedals if each.control and talk.says and fits(talk.says, (each.port,))]
            return with_pedals(facts, mine, self.hub.registry)

        talks: Mapping[str, Callable[[], Talk]] = {
            "studiod": StudiodTalk,
            "deej": DeejTalk,
            "firmata": lambda: FirmataTalk(pins_of(self.for_box("firmata", first=first))),
        }
        return LineBox(
            name, talks[dialect], meets, self.hub, clock=self.clock, touches=self.touches, takeover=self.takeover
        )


@dataclass(frozen=True, slots=True)
class LineModel:
    """Boxes of a map on lines that speak its dialect; on lines where that is to be found out, by their device only."""

    facts: SurfaceMap
    desk: LineDesk

    @property
    def name(self) -> str:
        """The map's."""
        return self.facts.name

    @property
    def match(self) -> Match:
        """Its devices, or any; nothing for a map that is found by the name a box says."""
        asked, dialect = self.facts.match, self.facts.dialect
        if asked.ports or asked.usb:
            return Match(asked.ports or ("*",), asked.usb, kinds=(dialect, AUTO))
        return Match(("*",) if asked.every else (), kinds=(dialect,))

    def misfits(self, registry: Registry) -> Iterable[str]:  # noqa: ARG002 - as Model asks
        """Nothing: a map speaks of more controls than a box has, and what it has is known when it has said so."""
        return ()

    def box(self, name: str) -> LineBox:
        """A box that has this map, unless it says another name."""
        return self.desk.line_box(name, self.facts.dialect, self.facts)


@dataclass(frozen=True, slots=True)
class AutoModel:
    """Boxes on lines whose protocol nobody has said. osc: makes one for a line with OSC."""

    desk: LineDesk
    osc: Callable[[str], Box]
    name: str = "serial"

    @property
    def match(self) -> Match:
        """Every such line that no map names."""
        return Match(("*",), kinds=(AUTO,))

    def misfits(self, registry: Registry) -> Iterable[str]:  # noqa: ARG002 - as Model asks
        """Nothing: it has no map."""
        return ()

    def box(self, name: str) -> AutoBox:
        """One that finds out what is spoken."""

        def make(protocol: str) -> Box:
            return self.osc(name) if protocol == "slip-osc" else self.desk.line_box(name, protocol)

        return AutoBox(name, make, clock=self.desk.clock)


@dataclass(frozen=True, slots=True)
class OscModel:
    """Boxes that speak OSC."""

    osc: Callable[[str], Box]
    name: str = "osc-line"

    @property
    def match(self) -> Match:
        """Every such line."""
        return Match(("*",), kinds=("slip-osc",))

    def misfits(self, registry: Registry) -> Iterable[str]:  # noqa: ARG002 - as Model asks
        """Nothing: it has no map."""
        return ()

    def box(self, name: str) -> Box:
        """One of them."""
        return self.osc(name)


def line_models(desk: LineDesk, osc: Callable[[str], Box]) -> list[Model]:
    """All that is looked for on lines, those that say most of their box first."""
    bares: Sequence[SurfaceMap] = [
        bare(dialect)
        for dialect in LINES
        if not any(facts.match.every for facts in desk.maps if facts.dialect == dialect)
    ]
    maps = sorted((*desk.maps, *bares), key=lambda facts: facts.match.every)
    return [*(LineModel(facts, desk) for facts in maps), OscModel(osc), AutoModel(desk, osc)]


def bare(dialect: str) -> SurfaceMap:
    """For boxes that no map knows: they are shown, and may be taught."""
    return SurfaceMap(
        name=dialect, maker="", model="", mode="", confidence="", sources=(),
        match=Match(every=True, kinds=(dialect,)), controls={}, bindings={}, feedback={}, dialect=dialect,
    )  # fmt: skip


def pins_of(facts: SurfaceMap) -> FirmataPins:
    """The pins that a Firmata map speaks of, by the names of its controls."""
    found: dict[str, list[int]] = {"analog": [], "pin": [], "lamp": []}
    for name in facts.controls:
        pin = _PIN.fullmatch(name)
        if pin is not None:
            found[pin[1]].append(int(pin[2]))
    return FirmataPins(tuple(found["analog"]), tuple(found["pin"]), tuple(found["lamp"]))
