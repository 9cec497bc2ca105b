"""What is learnt: an address of the desk, the control a hand moved for it, and the lines that bind the two."""

import difflib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studiod.model.parameter import Flag, Kind, ParameterSpec, Refused
from studiod.model.registry import Registry
from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.bindings import BankKind
from studiod.surfaces.controls import (
    POSITION_KINDS,
    PRESSED_KINDS,
    TURNED_KINDS,
    Control,
    ControlKind,
    Relative,
    Sends,
    Wire,
    WireKind,
)
from studiod.surfaces.guess import Guess, Want, words_of
from studiod.surfaces.new_map import free, free_name, map_over, new_map
from studiod.surfaces.own_maps import Change, Edit

if TYPE_CHECKING:
    from studiod.surfaces.map_text import Section

_ROWS = "|".join(kind.value for kind in BankKind if kind is not BankKind.SEND)
_ROW = re.compile(rf"/({_ROWS})/\d+/(.+)")
_SURE = 0.9
_MIRRORED = frozenset({Relative.SIGN, Relative.SIGN_REVERSED})


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be bound."""

    spec: ParameterSpec
    is_momentary: bool = False
    """On while the button is held, not from one press to the next."""
    argument: float | None = None
    """Of a trigger."""
    is_row: bool = False
    """A whole row of controls, for strips or buses side by side; the first and the last of them are moved."""

    @property
    def address(self) -> str:
        """Of the desk."""
        return self.spec.address

    @property
    def want(self) -> Want:
        """What sort of control it takes."""
        if self.spec.kind in (Kind.TOGGLE, Kind.TRIGGER):
            return Want.PRESS
        return Want.EITHER if self.spec.kind is Kind.CHOICE else Want.TURN

    @property
    def asks(self) -> str:
        """What a person is to do."""
        if self.want is Want.PRESS:
            return "press the button two or three times"
        if self.want is Want.TURN:
            return "move the fader or knob the whole way, up first, then back"
        return "move the knob up first, then back, or press the button two or three times"

    def takes(self, kind: ControlKind) -> bool:
        """A control of that kind may be bound to it."""
        return self.want is Want.EITHER or (kind in PRESSED_KINDS) is (self.want is Want.PRESS)


@dataclass(frozen=True, slots=True)
class Found:
    """The control that a hand moved."""

    source: str
    """The port or the box, as people are told."""
    facts: SurfaceMap | None = None
    """The map of its box; None where no box is known."""
    control: Control | None = None
    """Known by its name; None where only the wire is known."""
    guess: Guess | None = None
    """What was heard on the wire; None for boxes that tell names."""
    port: int = 0
    """Which port of the box."""
    home: tuple[str, ...] = ()
    """The page or layer on which the control means something now."""
    input_name: str = ""
    usb: str = ""

    @property
    def kind(self) -> ControlKind:
        """What a hand finds there."""
        if self.guess is not None:
            return self.guess.kind
        return self.control.kind if self.control is not None else ControlKind.KNOB

    def __str__(self) -> str:
        """`CC 21 of BeatStep: absolute, 7 bit`."""
        if self.guess is None:
            return f"{self.control.name if self.control is not None else '?'} of {self.source}"
        name, _, manner = str(self.guess).partition(": ")
        known = f" ({self.control.name})" if self.control is not None else ""
        return f"{name} of {self.source}{known}: {manner}"


def wish_for(
    registry: Registry, address: str, *, is_momentary: bool = False, argument: float | None = None, is_row: bool = False
) -> Wish:
    """The wish to bind `address`. Raises Refused with a sentence when nothing can be bound to it, or not so."""
    if address not in registry:
        near = difflib.get_close_matches(address, [spec.address for spec in registry], n=1)
        raise Refused(f"{address}: there is no such parameter" + (f". Did you mean {near[0]}?" if near else ""))
    spec = registry[address]
    if spec.kind in (Kind.TEXT, Kind.METER) or Flag.READ_ONLY in spec.flags:
        raise Refused(f"{address}: nothing can be turned or pressed there; allowed {spec.allowed}")
    if is_momentary and spec.kind is not Kind.TOGGLE:
        raise Refused(f"{address}: only a switch can be on while a button is held")
    if argument is not None and spec.kind is not Kind.TRIGGER:
        raise Refused(f"{address}: only a command takes a number; allowed {spec.allowed}")
    if spec.kind is Kind.TRIGGER and bool(spec.unit) is not (argument is not None):
        raise Refused(f"{address}: takes {spec.allowed}; give it with the address")
    if is_row and _ROW.fullmatch(address) is None:
        raise Refused(f"{address}: only strips, buses and the like lie in rows, such as /strip/1/fader")
    return Wish(spec, is_momentary, argument, is_row)


def known_control(facts: SurfaceMap, guess: Guess, port: int) -> Control | None:
    """The control of the map that speaks on that wire."""
    for control in facts.controls.values():
        for wire in (control.wire, control.down):
            if wire is None or control.is_output or (wire.port, wire.channel) != (port, guess.wire.channel):
                continue
            numbers = {wire.number, wire.lsb} if wire.kind is WireKind.CC14 else {wire.number}
            if _family(wire.kind) == _family(guess.wire.kind) and guess.wire.number in numbers:
                return control
    return None


def _family(kind: WireKind) -> WireKind:
    return WireKind.CC if kind is WireKind.CC14 else kind


def change_for(wish: Wish, found: Sequence[Found], names: Collection[str], when: str) -> Change:
    """The lines that bind what was found; of a row its first and its last control.

    names: of maps, which a new one must not have. when: for people. Raises Refused.
    """
    first = found[0]
    name = first.facts.name if first.facts is not None else free_name(first.input_name, names)
    edits = list(_row_edits(wish, first, found[1])) if wish.is_row else list(_edits(wish, first))
    has_banks = any(edit.section == ("banks",) for edit in edits)
    head = new_map(first.input_name, first.usb, name, when, has_banks=has_banks)
    if first.facts is not None:
        head = map_over(name, when)
    what = f"{wish.address}: {first}" + (f" to {found[1]}" if wish.is_row else "")
    return Change(name, head, tuple(edits), what)


# -- one control -------------------------------------------------------------------------------------------------------


def _edits(wish: Wish, found: Found) -> Iterable[Edit]:
    name = found.control.name if found.control is not None else ""
    if found.guess is not None and (found.control is None or not _is_as_told(found.control, found.guess)):
        name = name or _control_name(found)
        yield Edit(("controls",), name, _row(found, found.guess, str(found.guess.wire.number)))
    if found.guess is None and found.facts is not None and name not in found.facts.controls:
        yield Edit(("controls",), name, f"{{kind: {found.kind.value}}}")
    section: Section = (*found.home, "bindings")
    yield Edit(section, name, _binding(wish, found.kind, wish.address))


def _is_as_told(control: Control, guess: Guess) -> bool:
    """The map says of the control what was heard. It is believed where that could be heard in two ways."""
    if guess.kind in PRESSED_KINDS:
        return control.kind in PRESSED_KINDS
    if guess.relative is None:
        return control.kind in POSITION_KINDS
    if control.kind not in TURNED_KINDS:
        return False
    is_mirror = {control.relative, guess.relative} <= _MIRRORED
    return control.relative is guess.relative or is_mirror or guess.sure < _SURE


def _binding(wish: Wish, kind: ControlKind, pattern: str) -> str:
    address = _quoted(pattern)
    if wish.spec.kind is Kind.TRIGGER:
        return f"{{trigger: {address}" + (f", argument: {wish.argument:g}}}" if wish.argument is not None else "}")
    if wish.spec.kind is Kind.TOGGLE:
        return f"{{{'momentary' if wish.is_momentary else 'toggle'}: {address}}}"
    if wish.spec.kind is Kind.CHOICE and kind in PRESSED_KINDS:
        return f"{{step: {address}, wrap: true}}"
    if wish.spec.kind is Kind.CHOICE and kind in TURNED_KINDS:
        return f"{{step: {address}}}"
    return f"{{address: {address}}}"


def _row(found: Found, guess: Guess, numbers: str, channels: str = "", count: int = 0) -> str:
    """A row of `controls`."""
    words = [f"kind: {guess.kind.value}"]
    if count:
        words.append(f"count: {count}")
    words += _wire_words(guess.wire, numbers, channels)
    if found.port and found.facts is not None:
        words.append(f"port: {found.facts.ports[found.port - 1]}")
    if guess.relative is not None:
        words.append(f"relative: {guess.relative.value}")
    if guess.down is not None:
        words.append(f"down: {guess.down.number}")
    if guess.pressed is not None:
        words.append(f"pressed: {guess.pressed.start}")
    if guess.kind in PRESSED_KINDS and guess.sends is not Sends.BOTH and guess.wire.kind is not WireKind.PROGRAM:
        words.append(f"sends: {guess.sends.value}")
    if guess.touch is not None and not count:
        words.append("touch: {" + ", ".join(_wire_words(guess.touch, str(guess.touch.number))) + "}")
    return "{" + ", ".join(words) + "}"


def _wire_words(wire: Wire, numbers: str, channels: str = "") -> list[str]:
    value = "true" if wire.kind in (WireKind.BEND, WireKind.PRESSURE) else numbers
    return [f"channel: {channels or wire.channel}", f"{wire.kind.value}: {value}"]


def _control_name(found: Found, numbers: str = "") -> str:
    """`cc21`, `ch2-note36`, `bend`: what a person finds again on the box's own page of settings."""
    wire = found.guess.wire if found.guess is not None else Wire(WireKind.CC)
    number = "" if wire.kind in (WireKind.BEND, WireKind.PRESSURE) else numbers or str(wire.number)
    name = f"{wire.kind.value}{number}" if wire.channel == 1 else f"ch{wire.channel}-{wire.kind.value}{number}"
    taken = found.facts.controls.keys() | found.facts.rows.keys() if found.facts is not None else set()
    return free(f"port{found.port}-{name}" if found.port else name, taken)


# -- rows --------------------------------------------------------------------------------------------------------------


def _row_edits(wish: Wish, first: Found, last: Found) -> Iterable[Edit]:
    if first.source != last.source:
        raise Refused(f"{first} and {last} are of two boxes; a row is on one")
    match = _ROW.fullmatch(wish.address)
    kind = BankKind(match[1]) if match is not None else BankKind.STRIP
    rest = match[2] if match is not None else ""
    if first.facts is not None and first.control is not None and last.control is not None:
        yield from _known_row(wish, first, last.control, kind, rest)
        return
    if first.guess is None or last.guess is None or first.control is not None or last.control is not None:
        raise Refused(f"{first} and {last} are no row: one of them is known and the other is not")
    wire, end = first.guess.wire, last.guess.wire
    same = replace(first.guess, wire=wire, last_s=0.0) if wire.kind is end.kind else None
    by_number = same is not None and wire.channel == end.channel and end.number > wire.number
    by_channel = same is not None and wire.number == end.number and end.channel > wire.channel
    if not (by_number or by_channel) or (first.guess.relative, first.guess.kind) != (
        last.guess.relative,
        last.guess.kind,
    ):
        raise Refused(f"{first} and {last} are no row: move its leftmost control, then its rightmost, of one kind")
    if by_number:
        numbers, channels, count = f"{wire.number}-{end.number}", "", end.number - wire.number + 1
    else:
        numbers, channels, count = str(wire.number), f"{wire.channel}-{end.channel}", end.channel - wire.channel + 1
    guess = replace(first.guess, touch=None)
    if guess.down is not None:
        raise Refused(f"{first}: a row of pairs is written by hand; `studioctl learn` takes them one by one")
    name = _control_name(first, numbers if by_number else f"{wire.number}-ch{channels}") + "/{i}"
    yield Edit(("controls",), name, _row(first, guess, numbers, channels))
    if first.facts is None or kind not in first.facts.banks:
        yield Edit(("banks",), kind.value, str(count))
    yield Edit(("bindings",), name, _binding(wish, guess.kind, f"/{kind.value}/{{{_window(kind)}+i}}/{rest}"))


def _known_row(wish: Wish, first: Found, last: Control, kind: BankKind, rest: str) -> Iterable[Edit]:
    facts = first.facts
    if facts is None or first.control is None:
        return
    for row, names in facts.rows.items():
        if "{i}" in row and {first.control.name, last.name} <= {*names}:
            start, end = sorted((names.index(first.control.name), names.index(last.name)))
            break
    else:
        raise Refused(f"{first.control.name} and {last.name} are not in one row of {facts.maker} {facts.model}")
    if kind not in facts.banks:
        yield Edit(("banks",), kind.value, str(end - start + 1))
    section: Section = (*first.home, "bindings")
    for place, name in enumerate(names[start : end + 1], 1):
        yield Edit(section, name, _binding(wish, first.kind, f"/{kind.value}/{{{kind.value}+{place}}}/{rest}"))


def _window(kind: BankKind) -> str:
    return "bank" if kind is BankKind.STRIP else kind.value


def _quoted(pattern: str) -> str:
    return f'"{pattern}"' if "{" in pattern else pattern


def told(wish: Wish, found: Found) -> str:
    """Why that control does not do for the wish."""
    wanted = "a button" if wish.want is Want.PRESS else "a fader, knob or encoder"
    name = words_of(found.guess.wire) if found.guess is not None else str(found)
    return f"{name} of {found.source} is {_article(found.kind)}; {wish.address} takes {wanted}"


def _article(kind: ControlKind) -> str:
    return f"an {kind.value}" if kind is ControlKind.ENCODER else f"a {kind.value}"
