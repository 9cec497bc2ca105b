"""What the V-Pots mean: on every channel the same parameter, or many parameters of the selected channel."""

import enum
from dataclasses import dataclass

from studiod.model.parameter import Kind
from studiod.model.registry import Registry


class View(enum.Enum):
    """Which channels lie under the strips, and what their addresses begin with."""

    STRIPS = "/strip"
    BUSES = "/bus"
    MATRICES = "/matrix"
    VCAS = "/vca"


class Mode(enum.Enum):
    """An assignment, as its key says it; the value is what the two digits show."""

    TRACK = "TR"
    SEND = "SE"
    PAN = "PN"
    PLUGIN = "PL"
    EQ = "EQ"
    DYNAMICS = "DY"


MODE_OF_KEY = {
    "track": Mode.TRACK,
    "send": Mode.SEND,
    "pan": Mode.PAN,
    "plugin": Mode.PLUGIN,
    "eq": Mode.EQ,
    "instrument": Mode.DYNAMICS,
}
"""Dynamics have no key of their own on a Mackie Control: the one for instruments, as in other hosts."""
NO_PLUGIN = "There is nothing to insert here"
_TRACK_PAGES = ("trim", "hpf", "delay", "pan")
_BANDS = 6
_BAND = (("freq", "Freq"), ("gain", "Gain"), ("q", "Q"), ("type", "Type"))
_COMP = ("threshold", "ratio", "attack", "release", "makeup", "knee", "mix", "hold")
_GATE = ("threshold", "range", "attack", "hold", "release", "mode", "ratio", "key")
_COMP_REST, _GATE_REST = ("mode", "detector", "key"), ("key/filter", "key/freq", "key/q")
_INSERTS = (
    *("insert/on", "insert/output", "insert/input", "insert/latency", "delay", "trim", "polarity", "hpf/slope"),
    *("source", "pan/law", "main/on", "mono/on", "monitor", "direct/output", "direct/tap", "solo/safe"),
    *("recordsafe", "trimmed/arm", "link", "role"),
    *(f"vca/{number}" for number in range(1, 9)),
    *(f"mutegroup/{number}" for number in range(1, 7)),
)
"""What is inserted into a channel, then what of it is on no other page."""


@dataclass(frozen=True, slots=True)
class Knob:
    """What one V-Pot turns, and what its push flips; without `push` it sets the default."""

    address: str
    label: str
    push: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A mode and a page of it."""

    mode: Mode = Mode.PAN
    page: int = 0

    @property
    def is_of_selected(self) -> bool:
        """The V-Pots are parameters of one channel, not one of each."""
        return self.mode in _OF_SELECTED

    @property
    def sign(self) -> str:
        """Two characters for the assignment display."""
        if self.mode is Mode.SEND:
            return f"S{(self.page + 1) % 10}" if self.page < 9 else f"{self.page + 1:2d}"  # noqa: PLR2004 - one digit
        return self.mode.value if self.page == 0 else f"{self.mode.value[0]}{(self.page + 1) % 10}"


_OF_SELECTED = {Mode.EQ, Mode.DYNAMICS, Mode.PLUGIN}


def channels(registry: Registry, view: View) -> tuple[str, ...]:
    """What the addresses of each channel of `view` begin with: `/strip/1` ..."""
    found: list[str] = []
    while f"{view.value}/{len(found) + 1}/fader" in registry:
        found.append(f"{view.value}/{len(found) + 1}")
    return tuple(found)


def knobs(registry: Registry, chosen: Assignment, shown: tuple[str | None, ...], selected: str) -> list[Knob | None]:
    """What each V-Pot turns: one for each of `shown`, the channels under all strips of all boxes, left to right."""
    if not chosen.is_of_selected:
        return [_of_channel(registry, chosen, base) if base else None for base in shown]
    found = _of_selected(registry, chosen, selected)
    first = chosen.page * len(shown)
    page: list[Knob | None] = list(found[first : first + len(shown)])
    return page + [None] * (len(shown) - len(page))


def pages(registry: Registry, chosen: Assignment, width: int, selected: str) -> int:
    """How many pages the mode has under `width` V-Pots; at least 1."""
    if chosen.mode is Mode.TRACK:
        return len(_TRACK_PAGES)
    if chosen.mode is Mode.SEND:
        return max(len(channels(registry, View.BUSES)), len(channels(registry, View.MATRICES)), 1)
    if chosen.is_of_selected:
        found = _of_selected(registry, chosen, selected)
        return max(-(-len(found) // max(width, 1)), 1)
    return 1


def _of_channel(registry: Registry, chosen: Assignment, base: str) -> Knob | None:
    if chosen.mode is Mode.PAN:
        return _knob(registry, f"{base}/pan", "Pan")
    if chosen.mode is Mode.TRACK:
        leaf = _TRACK_PAGES[chosen.page % len(_TRACK_PAGES)]
        return _knob(registry, f"{base}/{leaf}", leaf.upper() if leaf == "hpf" else leaf.capitalize(), f"{leaf}/on")
    if chosen.mode is Mode.SEND:
        number = chosen.page + 1
        send = _knob(registry, f"{base}/send/{number}/level", f"Send{number}", "on")
        return send or _knob(registry, f"{base}/matrix/{number}/level", f"Mtx{number}", "on")
    return None


def _knob(registry: Registry, address: str, label: str, push: str = "") -> Knob | None:
    """The knob at `address`, where the desk has that; push is taken when there is a switch of that name beside it."""
    if address not in registry:
        return None
    parent = address.rpartition("/")[0]
    switch = f"{parent}/{push}" if push else address if registry[address].kind is Kind.TOGGLE else ""
    return Knob(address, label, switch if switch in registry else "")


def _of_selected(registry: Registry, chosen: Assignment, base: str) -> list[Knob]:
    if chosen.mode is Mode.EQ:
        return _eq(registry, base)
    return _dynamics(registry, base) if chosen.mode is Mode.DYNAMICS else _inserts(registry, base)


def _eq(registry: Registry, base: str) -> list[Knob]:
    found = [_knob(registry, f"{base}/eq/on", "EQ", "on")]
    for band in range(1, _BANDS + 1):
        found += [_knob(registry, f"{base}/eq/{band}/{leaf}", f"{label}{band}", "on") for leaf, label in _BAND]
    found.append(_knob(registry, f"{base}/hpf", "HPF", "hpf/on"))
    return _eq_in_rows([knob for knob in found if knob is not None])


def _eq_in_rows(found: list[Knob]) -> list[Knob]:
    """Bands first, two to eight V-Pots; the switch and the low cut behind them."""
    bands = [knob for knob in found if "/eq/" in knob.address and not knob.address.endswith("/eq/on")]
    return bands + [knob for knob in found if knob not in bands]


def _dynamics(registry: Registry, base: str) -> list[Knob]:
    rows = (("comp", "C", _COMP), ("gate", "G", _GATE), ("comp", "C", _COMP_REST), ("gate", "G", _GATE_REST))
    found = [
        _knob(registry, f"{base}/{box}/{leaf}", f"{letter}.{leaf.rpartition('/')[2][:3].capitalize()}", "on")
        for box, letter, leaves in rows
        for leaf in leaves
    ]
    return [knob for knob in found if knob is not None]


def _inserts(registry: Registry, base: str) -> list[Knob]:
    addresses = [address for leaf in _INSERTS if (address := f"{base}/{leaf}") in registry]
    switches = {f"{base}/delay": "delay/on"}
    found = [_knob(registry, address, registry[address].short, switches.get(address, "")) for address in addresses]
    return [knob for knob in found if knob is not None]
