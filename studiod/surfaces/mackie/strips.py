"""What the strips of one box show: lamps, names and values, colours, rings, meters."""

import math
from collections.abc import Callable, Sequence
from typing import Final

from studiod.model.parameter import ParameterSpec
from studiod.surfaces.mackie.assign import View
from studiod.surfaces.mackie.facts import BoxFacts, Colours
from studiod.surfaces.mackie.letters import fold, name_for, squeeze
from studiod.surfaces.mackie.panel import Panel
from studiod.surfaces.mackie.readings import level_of, ring_of
from studiod.surfaces.mackie.rig import Rig, Under
from studiod.surfaces.mackie.screen import Grid, Screen
from studiod.surfaces.mackie.words import Colour, Lamp, Part, Ring, RingMode

VALUE_S: Final = 1.0
"""So long a value stands where a name was, after it was turned."""
SENTENCE_S: Final = 2.0
KEEP_UP_S: Final = 0.2  # a step falls after 0.3 s
OVERLOAD_S: Final = 3.0  # long enough to look up from an instrument
CLIP_DB: Final = 0.0
LAMP_ROWS: Final = {"rec": "arm", "solo": "solo", "mute": "mute", "insert": "insert/on"}
"""Lamp of a strip, and the switch of the channel it shows; only a HUI has a key for inserts."""
_COLOUR_OF_ROLE: Final = {"aux": Colour.CYAN, "group": Colour.GREEN, "fx": Colour.MAGENTA}
_COLOUR_OF_VIEW: Final = {
    View.STRIPS: Colour.WHITE,
    View.BUSES: Colour.CYAN,
    View.MATRICES: Colour.YELLOW,
    View.VCAS: Colour.BLUE,
}
_KINDS: Final = {"strip": "Strip", "bus": "Bus", "matrix": "Mtx", "vca": "VCA"}


class Strips:
    """Paints the strips of one box; faders are driven elsewhere (`Motor`)."""

    def __init__(self, rig: Rig, facts: BoxFacts, panel: Panel) -> None:
        self.under: list[Under | None] = [None] * facts.strips
        self._rig = rig
        self._hub = rig.hub
        self._facts = facts
        self._panel = panel
        self._turned: dict[int, tuple[str, float]] = {}  # address whose value is shown, and until when
        self._glass = next((screen for screen in panel.screens if isinstance(screen, Grid)), None)  # takes sentences
        self._sentence_until: float | None = None
        self._kept: dict[int, float] = {}
        self._overloads: dict[str, float] = {}  # by channel: it may lie under another strip meanwhile
        self._by_address: dict[str, list[Callable[[], None]]] = {}

    def aim(self, under: Sequence[Under | None]) -> None:
        """Show these channels from now on."""
        self.under = list(under)
        self._turned.clear()
        self._by_address = {}
        for at, one in enumerate(under):
            for address, paint in self._painters(at, one):
                self._by_address.setdefault(address, []).append(paint)
        self.paint()

    def paint(self) -> None:
        """Show everything as it is now."""
        for at in range(len(self.under)):
            self._lamps(at)
            self._ring(at)
            self._text(at)
        self._colours()

    def changed(self, address: str) -> None:
        """The parameter at `address` may be another than what is shown."""
        for paint in self._by_address.get(address, ()):
            paint()

    def turned(self, at: int, address: str, now: float) -> None:
        """A hand turns `address` on strip `at`: show its value for a moment."""
        self._turned[at] = (address, now + VALUE_S)
        self._text(at)

    def announce(self, sentence: str, now: float) -> None:
        """Show a sentence over all strips for a moment, where there is a display for it."""
        if self._glass is not None:
            self._glass.line(0, sentence)
            self._sentence_until = now + SENTENCE_S

    def tick(self, now: float) -> float | None:
        """Take down what was shown for a moment; seconds until there is more to do."""
        ends = [until for _, until in self._turned.values()]
        if self._sentence_until is not None:
            ends.append(self._sentence_until)
        if ends and now >= min(ends):
            self._turned = {at: shown for at, shown in self._turned.items() if now < shown[1]}
            if self._sentence_until is not None and now >= self._sentence_until:
                self._sentence_until = None
            for at in range(len(self.under)):
                self._text(at)
            ends = [until for _, until in self._turned.values()]
        return max(min(ends) - now, 0.0) if ends else None

    def read(self, now: float) -> None:
        """Show what the meters read."""
        if self._facts.has_meters:
            for at, one in enumerate(self.under):
                address = f"/meter{one.base}" if one is not None else ""
                reading = self._hub.meter(address) if address in self._hub.registry else ()
                self._meter((Part.METER, at), reading[0] if reading else -math.inf, now)
        if self._facts.has_master_meters:
            reading = self._hub.meter("/meter/main")
            for side, peak_db in enumerate(reading[:2]):
                self._meter((Part.MASTER_METER, side), peak_db, now)

    def forget(self) -> None:
        """The box was away: what was shown for a moment is over."""
        self._turned.clear()
        self._kept.clear()
        self._overloads.clear()
        self._sentence_until = None

    # -- inside ----------------------------------------------------------------------------------------------------

    def _painters(self, at: int, one: Under | None) -> list[tuple[str, Callable[[], None]]]:
        if one is None:
            return []
        found: list[tuple[str, Callable[[], None]]] = [
            (f"{one.base}/{leaf}", lambda: self._lamps(at)) for leaf in LAMP_ROWS.values()
        ]
        found += [(f"{one.base}/name", lambda: self._text(at)), (one.fader, lambda: self._text(at))]
        found += [(f"{one.base}/{leaf}", self._colours) for leaf in ("arm", "role")]
        if one.knob is not None:
            found += [(one.knob.address, lambda: self._ring(at)), (one.knob.address, lambda: self._text(at))]
        return [(address, paint) for address, paint in found if address in self._hub.registry]

    def _lamps(self, at: int) -> None:
        one = self.under[at]
        for row, leaf in LAMP_ROWS.items():
            address = f"{one.base}/{leaf}" if one is not None else ""
            is_on = address in self._hub.registry and bool(self._hub.value(address))
            self._panel.show((Part.LAMP, f"{row}/{at + 1}"), Lamp.ON if is_on else Lamp.OFF)
        is_selected = one is not None and bool(one.base) and one.base == self._rig.selected
        self._panel.show((Part.LAMP, f"select/{at + 1}"), Lamp.ON if is_selected else Lamp.OFF)

    def _ring(self, at: int) -> None:
        if not self._facts.has_vpots:
            return
        one = self.under[at]
        ring = Ring(RingMode.DOT, 0)
        if one is not None and one.knob is not None:
            address = one.knob.address
            ring = ring_of(self._hub.registry[address], self._hub.value(address), dots_only=self._facts.dots_only)
        self._panel.show((Part.RING, at), ring)

    def _text(self, at: int) -> None:
        for number, screen in enumerate(self._panel.screens):
            upper, lower = self._words(at, screen) if number == 0 else self._second_words(at, screen)
            if self._sentence_until is None or screen is not self._glass:
                screen.write(0, at, upper)
            if screen.rows > 1:
                screen.write(1, at, lower)

    def _words(self, at: int, screen: Screen) -> tuple[str, str]:
        """Name over value; where there is one row, the value takes the place of the name for its moment."""
        one, places = self.under[at], screen.width - screen.gap
        if one is None:
            return "", ""
        name = self._name(one, places)
        knob, is_of_selected = one.knob, self._rig.assignment.is_of_selected
        if is_of_selected:
            name = squeeze(knob.label, places) if knob is not None else ""
        is_turned = at in self._turned
        address = self._turned[at][0] if is_turned else knob.address if knob is not None else ""
        value = value_text(self._hub.registry[address], self._hub.value(address), places) if address else ""
        if screen.rows == 1:
            return (value if is_turned or self._rig.shows_values else name), ""
        label = squeeze(knob.label, places) if knob is not None else ""
        return name, value if is_turned or is_of_selected or self._rig.shows_values else label

    def _second_words(self, at: int, screen: Screen) -> tuple[str, str]:
        """Name over the level of the fader."""
        one = self.under[at]
        if one is None or not one.fader:
            return "", ""
        spec = self._hub.registry[one.fader]
        return self._name(one, screen.width), value_text(spec, self._hub.value(one.fader), screen.width)

    def _name(self, one: Under, places: int) -> str:
        if not one.base:
            return ""
        _, kind, number = one.base.split("/")
        address = f"{one.base}/name"
        text = self._hub.text(address) if address in self._hub.registry else ""
        return name_for(text, f"{_KINDS[kind]} {number}", places)

    def _colours(self) -> None:
        if self._facts.colours is not Colours.NONE:
            colours = tuple(self._colour(one) for one in self.under)
            # always all eight, however few the strips
            self._panel.show((Part.COLOURS, 0), colours + (Colour.OFF,) * (8 - len(colours)))

    def _colour(self, one: Under | None) -> Colour:
        """Red is armed; else the kind of channel. Never dark where text stands: that would hide it."""
        if one is None:
            return Colour.OFF
        arm, role = f"{one.base}/arm", f"{one.base}/role"
        if arm in self._hub.registry and self._hub.value(arm):
            return Colour.RED
        if role in self._hub.registry:
            return _COLOUR_OF_ROLE[self._hub.registry[role].choices[int(self._hub.value(role))]]
        return _COLOUR_OF_VIEW[self._rig.view]

    def _meter(self, key: tuple[Part, int], peak_db: float, now: float) -> None:
        """Say a level that is another; say one that stays before the box lets it fall."""
        part, at = key
        level, place = level_of(peak_db), at if part is Part.METER else at - 2  # the two of the master are -2 and -1
        was = self._panel.wanted(key)
        if level != was or (level and now - self._kept.get(place, -math.inf) >= KEEP_UP_S):
            self._kept[place] = now
            self._panel.show(key, level)
            self._panel.again(key)
        if part is Part.METER and self._facts.has_overload:
            one = self.under[at]
            channel = one.base if one is not None else ""
            if peak_db >= CLIP_DB:
                self._overloads[channel] = now
            is_over = now - self._overloads.get(channel, -math.inf) < OVERLOAD_S
            self._panel.show((Part.OVERLOAD, at), is_over)


def value_text(spec: ParameterSpec, value: float, places: int) -> str:
    """`value` as the display of a strip says it: without its unit where there is no room for it."""
    text = fold(spec.text(value))
    if len(text) > places and " " in text:
        text = text.partition(" ")[0]
    return text[:places]
