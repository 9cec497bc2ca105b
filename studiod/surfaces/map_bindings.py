"""`bindings`, `feedback`, `layers` and `pages` of a map file."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studiod.surfaces.bindings import Act, BankKind, Binding, Feedback, Layer, Page, When
from studiod.surfaces.checked_yaml import Document, did_you_mean, said
from studiod.surfaces.controls import (
    BLINK,
    DARK,
    FAST,
    LIT,
    PRESSED_KINDS,
    TURNED_KINDS,
    Control,
    ControlKind,
    ShowKind,
)
from studiod.surfaces.map_controls import Rows

if TYPE_CHECKING:
    from yaml.nodes import Node

_PLACEHOLDER = re.compile(r"\{[^}]*\}?|\}")
_ROW_ONLY = re.compile(r"\{i\}|\{[a-z]+\+i\}")
_BANK = "bank"  # {bank+i} is {strip+i}
_OPTIONS = ("argument", "when", "choice", "value", "by", "wrap", "range")
_OPTION_OF = {
    "argument": (Act.TRIGGER,),
    "choice": (Act.RADIO,),
    "value": (Act.SET,),
    "by": (Act.STEP,),
    "wrap": (Act.STEP,),
    "range": (Act.ADDRESS,),
}
_PATTERNS = frozenset({Act.ADDRESS, Act.TOGGLE, Act.MOMENTARY, Act.RADIO, Act.STEP, Act.SET, Act.TRIGGER})
_SIDES = (When.UP, When.DOWN)
_MOMENTS = (When.PRESS, When.RELEASE, When.TAP, When.HOLD, When.DOUBLE)
_FEEDBACK = (
    "address", "lit", "blink", "states", "as", "mode", "reading", "glance", "page", "layer", "selected", "bank_at",
)  # fmt: skip
_SOURCES = ("address", "page", "layer", "selected", "bank_at")
_FARTHEST = 128
_LONGEST_NUDGE_S = 60.0
_MAX_SHEETS = 32  # pages and layers
_MAX_ACTS = 16  # of one control


@dataclass(frozen=True, slots=True)
class Bound:
    """What the controls of a map do and show."""

    bindings: Mapping[str, tuple[Binding, ...]]
    feedback: Mapping[str, Feedback]
    layers: Mapping[str, Layer]
    pages: Mapping[str, Page]


class BindingReader:
    """Reads what controls do. rows: the controls there are. banks: the windows there are. base: what holds else."""

    def __init__(
        self, document: Document, rows: Rows, banks: Mapping[BankKind, int], base: Bound | None = None
    ) -> None:
        self._document = document
        self._rows = rows
        self._banks = banks
        self._base = base or Bound({}, {}, {}, {})
        self._pages: tuple[str, ...] = ()
        self._layers: tuple[str, ...] = ()

    def read(self, top: "Mapping[str, Node]") -> Bound:
        """Everything under the four keys of `top`, and of the base what is not told anew."""
        document, base = self._document, self._base
        pages = document.mapping(top["pages"], "pages") if "pages" in top else {}
        layers = document.mapping(top["layers"], "layers") if "layers" in top else {}
        for key, sheets in (("pages", pages), ("layers", layers)):
            if len(sheets) > _MAX_SHEETS:
                document.fault(top[key], f"{key}: there are {len(sheets)}; allowed {_MAX_SHEETS}")
                sheets.clear()
        self._pages, self._layers = tuple({**base.pages, **pages}), tuple({**base.layers, **layers})
        main = self._page(top, "", Page(base.bindings, base.feedback))
        found_pages = {**base.pages}
        for name, node in pages.items():
            keys = self._keys(node, f"pages.{name}")
            found_pages[name] = self._page(keys, f"pages.{name}.", base.pages.get(name))
        found_layers = {**base.layers}
        for name, node in layers.items():
            found_layers[name] = self._layer(node, f"layers.{name}", base.layers.get(name))
        shown = dict(main.feedback)
        for (
            name,
            layer,
        ) in found_layers.items():  # the lamp of a layer's key shows the layer, where nothing else is told
            control = self._rows.controls.get(layer.key)
            if control is not None and control.has_lamp:
                shown.setdefault(layer.key, Feedback(layer.key, layer=name))
        return Bound(main.bindings, shown, found_layers, found_pages)

    def _keys(self, node: "Node", where: str, more: tuple[str, ...] = ()) -> "dict[str, Node]":
        return self._document.mapping(node, where, (*more, "bindings", "feedback"))

    def _layer(self, node: "Node", where: str, base: Layer | None) -> Layer:
        keys = self._keys(node, where, ("hold", "latch"))
        ways = [way for way in ("hold", "latch") if way in keys]
        key = ""
        if base is not None and not ways:
            page = self._page(keys, f"{where}.", base)
            return Layer(page.bindings, page.feedback, base.key, base.latches)
        if len(ways) != 1:
            self._document.fault(node, f"{where}: allowed exactly one of hold, latch")
        else:
            buttons = [control.name for control in self._rows.controls.values() if control.kind in PRESSED_KINDS]
            key = self._document.word(keys[ways[0]], f"{where}.{ways[0]}", buttons) if buttons else ""
        page = self._page(keys, f"{where}.", base)
        return Layer(page.bindings, page.feedback, key, ways == ["latch"])

    def _page(self, keys: "Mapping[str, Node]", where: str, base: Page | None) -> Page:
        bindings = self._bindings(keys["bindings"], f"{where}bindings") if "bindings" in keys else {}
        told: dict[str, Feedback | None] = {}
        if "feedback" in keys:
            told = self._feedback(keys["feedback"], f"{where}feedback")
        shown: dict[str, Feedback] = {}
        for name, several in bindings.items():
            control = self._rows.controls.get(name)
            implied = _implied(several[0]) if control is not None and control.shows and several else None
            if implied is not None:
                shown[name] = implied
        for name, item in told.items():
            shown.pop(name, None)
            if item is not None:
                shown[name] = item
        if base is None:
            return Page(bindings, shown)
        # what a control was bound to is not what it shows any more
        kept = {name: item for name, item in base.feedback.items() if name not in bindings and name not in told}
        return Page({**base.bindings, **bindings}, {**kept, **shown})

    # -- rows ------------------------------------------------------------------------------------------------------

    def _each(self, node: "Node", where: str) -> "Iterator[tuple[str, Node, tuple[str, ...]]]":
        """Rows that name controls: a whole row by its name in `controls`, or one control of a row."""
        known = self._rows.names
        singles = {name for names in known.values() for name in names}
        for name, row in self._document.mapping(node, where).items():
            if name in known:
                yield name, row, known[name]
            elif name in singles:
                yield name, row, (name,)
            else:
                hint = did_you_mean(name, (*known, *singles))
                self._document.fault(row, f"{where}.{name}: there is no such row in controls{hint}")

    def _bindings(self, node: "Node", where: str) -> dict[str, tuple[Binding, ...]]:
        found: dict[str, tuple[Binding, ...]] = {}
        for name, row, names in self._each(node, where):
            items = self._document.items(row, f"{where}.{name}") if row.tag.endswith("seq") else [row]
            if len(items) > _MAX_ACTS:
                self._document.fault(row, f"{where}.{name}: does {len(items)} things; allowed {_MAX_ACTS}")
                continue
            several: dict[str, list[Binding]] = {one: [] for one in names}
            for item in items:
                make = self._binding(item, f"{where}.{name}", names, is_row="{i}" in name)
                for place, one in enumerate(names):
                    if make is not None:
                        several[one].append(make(one, place + 1))
            found.update({one: tuple(bindings) for one, bindings in several.items()})
        return found

    def _binding(
        self, node: "Node", where: str, names: tuple[str, ...], *, is_row: bool
    ) -> Callable[[str, int], Binding] | None:
        document = self._document
        keys = document.mapping(node, where, (*Act, *_OPTIONS))
        acts = [act for act in Act if act.value in keys]
        if len(acts) != 1:
            document.fault(node, f"{where}: allowed exactly one of {', '.join(Act)}")
            return None
        act = acts[0]
        for option, of in _OPTION_OF.items():
            if option in keys and act not in of:
                document.fault(keys[option], f"{where}.{option}: only a {of[0].value} has one")
        control = self._rows.controls.get(names[0]) if names else None
        when = self._when(keys, where, act, control)
        value, inner = keys[act.value], f"{where}.{act.value}"
        pattern = self._pattern(value, inner, is_row=is_row) if act in _PATTERNS else ""
        if act is Act.SELECT:
            pattern = self._number(value, inner, is_row=is_row)
        bank, by = self._bank(value, inner, act) if act in (Act.BANK, Act.BANK_TO) else (BankKind.STRIP, 0)
        argument = document.number(keys["argument"], f"{where}.argument") if "argument" in keys else None
        step = document.number(keys["by"], f"{where}.by") if "by" in keys else 1.0
        if act is Act.NUDGE:
            step = document.number(value, inner)
            if not 0.0 < abs(step) <= _LONGEST_NUDGE_S:
                document.fault(value, f"{inner} is {said(value)}; allowed seconds, back when negative, up to 60")
        wraps = "wrap" in keys and document.flag(keys["wrap"], f"{where}.wrap")
        span = self._span(keys["range"], f"{where}.range") if "range" in keys else None
        word, line = self._word(keys, node, where, act, is_row=is_row), document.place(node)

        def make(one: str, place: int) -> Binding:
            return Binding(
                one, act, _placed(pattern, place), argument, when, word.replace("{i}", str(place)),
                step, wraps, span, bank, by, line,
            )  # fmt: skip

        return make

    def _when(self, keys: "Mapping[str, Node]", where: str, act: Act, control: Control | None) -> When:
        kind = control.kind if control is not None else None
        moments = _SIDES if kind in TURNED_KINDS else _MOMENTS
        when = When.PRESS
        if "when" in keys:
            when = When(self._document.word(keys["when"], f"{where}.when", moments))
        if control is None or kind is None:
            return when
        turns = kind in TURNED_KINDS
        if kind in PRESSED_KINDS:
            is_fine = act is not Act.ADDRESS and not (act is Act.MOMENTARY and when is not When.PRESS)
        elif turns:
            is_fine = (
                act in (Act.ADDRESS, Act.STEP, Act.NUDGE)
                if when is When.PRESS
                else act not in (Act.ADDRESS, Act.MOMENTARY)
            )
        else:
            is_fine = act is Act.ADDRESS
        if not is_fine:
            more = " without when: up or down" if turns and when is When.PRESS else ""
            article = "an" if kind is ControlKind.ENCODER else "a"
            node = keys[act.value]
            self._document.fault(node, f"{where}: {article} {kind.value} cannot be bound to {act.value}{more}")
        return when

    def _word(self, keys: "Mapping[str, Node]", node: "Node", where: str, act: Act, *, is_row: bool) -> str:
        document = self._document
        if act is Act.PAGE:
            return document.word(keys["page"], f"{where}.page", ("next", "previous", *self._pages))
        key = {Act.RADIO: "choice", Act.SET: "value"}.get(act)
        if key is None:
            return ""
        if key not in keys:
            document.fault(node, f"{where}.{key} is missing")
            return ""
        word = said(keys[key])
        if not isinstance(keys[key].value, str) or not word or ("{" in word.replace("{i}", "" if is_row else "{")):
            document.fault(keys[key], f"{where}.{key} is {word}; allowed a word or a number")
        return word

    def _span(self, node: "Node", where: str) -> tuple[float, float] | None:
        ends = self._document.items(node, where)
        if len(ends) != 2:  # noqa: PLR2004 - from, to
            self._document.fault(node, f"{where}: allowed two numbers, such as [-20, 0]")
            return None
        low, high = (self._document.number(end, f"{where}[{place}]") for place, end in enumerate(ends))
        if low == high:
            self._document.fault(node, f"{where} is {low:g}..{high:g}; allowed two different numbers")
        return low, high

    def _bank(self, node: "Node", where: str, act: Act) -> tuple[BankKind, int]:
        low = 1 if act is Act.BANK_TO else -_FARTHEST
        if not node.tag.endswith("map") and act is Act.BANK:
            return self._lies(BankKind.STRIP, node, where), self._document.integer(node, where, low, _FARTHEST)
        keys = self._document.mapping(node, where, tuple(BankKind))
        if len(keys) != 1:
            self._document.fault(node, f"{where}: allowed one window, such as {{strip: {8 if low < 1 else 1}}}")
            return BankKind.STRIP, 0
        (name, number), *_ = keys.items()
        kind = self._lies(BankKind(name), number, where)
        return kind, self._document.integer(number, f"{where}.{name}", low, _FARTHEST)

    def _lies(self, kind: BankKind, node: "Node", where: str) -> BankKind:
        if kind not in self._banks:
            self._document.fault(node, f"{where}: banks has no {kind.value}; allowed {', '.join(self._banks)}")
        return kind

    # -- feedback --------------------------------------------------------------------------------------------------

    def _feedback(self, node: "Node", where: str) -> dict[str, Feedback | None]:
        found: dict[str, Feedback | None] = {}
        for name, row, names in self._each(node, where):
            if said(row) == "none":
                found.update(dict.fromkeys(names))
                continue
            item = self._item(row, f"{where}.{name}", names, is_row="{i}" in name)
            if item is not None:
                found.update({one: item(one, place + 1) for place, one in enumerate(names)})
        return found

    def _item(
        self, row: "Node", where: str, names: tuple[str, ...], *, is_row: bool
    ) -> Callable[[str, int], Feedback] | None:
        document = self._document
        keys = document.mapping(row, where, _FEEDBACK)
        control = self._rows.controls.get(names[0]) if names else None
        if control is not None and control.show is None:
            document.fault(
                row, f"{where}: that control can show nothing; allowed ones with lamp, motor or ring, and outputs"
            )
            return None
        sources = [source for source in _SOURCES if source in keys]
        if len(sources) != 1:
            missing = "address is missing" if not sources else "allowed only one of " + ", ".join(_SOURCES)
            document.fault(row, f"{where}.{missing}" if not sources else f"{where}: {missing}")
            return None
        address, glance = (
            self._pattern(keys[key], f"{where}.{key}", is_row=is_row) if key in keys else ""
            for key in ("address", "glance")
        )
        selected = self._number(keys["selected"], f"{where}.selected", is_row=is_row) if "selected" in keys else ""
        page = document.word(keys["page"], f"{where}.page", self._pages or ("next",)) if "page" in keys else ""
        layer = document.word(keys["layer"], f"{where}.layer", self._layers or ("none",)) if "layer" in keys else ""
        bank_at = self._bank(keys["bank_at"], f"{where}.bank_at", Act.BANK_TO) if "bank_at" in keys else None
        lit, blink = (document.texts(keys[key], f"{where}.{key}") if key in keys else () for key in ("lit", "blink"))
        states = self._state_table(keys["states"], f"{where}.states", control) if "states" in keys else {}
        on = document.word(keys["as"], f"{where}.as", _states_of(control)) if "as" in keys else LIT
        modes = tuple(control.show.modes) if control is not None and control.show is not None else ()
        mode = document.word(keys["mode"], f"{where}.mode", modes or ("none",)) if "mode" in keys else ""
        reading = document.integer(keys["reading"], f"{where}.reading", 0, 7) if "reading" in keys else 0
        self._fits(keys, where, control)
        line = document.place(row)

        def make(one: str, place: int) -> Feedback:
            return Feedback(
                one, _placed(address, place), lit, blink, states, on, mode, None, reading, _placed(glance, place),
                page, layer, _placed(selected, place), bank_at, line,
            )  # fmt: skip

        return make

    def _fits(self, keys: "Mapping[str, Node]", where: str, control: Control | None) -> None:
        """Options that need a certain way of showing."""
        kind = control.show.kind if control is not None and control.show is not None else None
        needs = {
            **dict.fromkeys(("lit", "blink", "states", "as", "page", "layer", "selected", "bank_at"), ShowKind.LAMP),
            "mode": ShowKind.RING,
            "reading": ShowKind.METER,
            "glance": ShowKind.DISPLAY,
        }
        for key, needed in needs.items():
            if key in keys and kind not in (None, needed) and not (key == "reading" and kind is ShowKind.DISPLAY):
                self._document.fault(keys[key], f"{where}.{key}: only a {needed.value} has one")

    def _state_table(self, node: "Node", where: str, control: Control | None) -> Mapping[str, str]:
        return {
            value: self._document.word(state, f"{where}.{value}", _states_of(control))
            for value, state in self._document.mapping(node, where).items()
        }

    # -- patterns --------------------------------------------------------------------------------------------------

    def _pattern(self, node: "Node", where: str, *, is_row: bool) -> str:
        text = self._document.text(node, where)
        if text and not (
            text.startswith("/") and all(self._is_known(found, is_row) for found in _PLACEHOLDER.findall(text))
        ):
            more = ", with {bank+i} or {i} in it" if is_row else ", with {strip+1} or {selected} in it"
            banks = f"; banks: {', '.join(self._banks)}" if "+" in text else ""
            self._document.fault(node, f"{where} is {said(node)}; allowed an address such as /main/fader{more}{banks}")
        return text

    def _number(self, node: "Node", where: str, *, is_row: bool) -> str:
        """A strip: a placeholder or a number, or the one beside the selected."""
        text = said(node)
        if text in ("next", "previous"):
            return text
        if not text.isdecimal() and not (_PLACEHOLDER.fullmatch(text) and self._is_known(text, is_row)):
            self._document.fault(
                node, f"{where} is {text}; allowed a strip, such as {'{bank+i}' if is_row else '{strip+1}'}"
            )
        return text

    def _is_known(self, placeholder: str, is_row: bool) -> bool:  # noqa: FBT001 - read off a list
        inner = placeholder[1:-1]
        if inner == "selected":
            return True
        if inner == "i":
            return is_row
        window, plus, offset = inner.partition("+")
        kind = BankKind.STRIP if window == _BANK else window
        if not plus or kind not in self._banks or not placeholder.endswith("}"):
            return False
        if offset == "i":
            return is_row
        # a row that lies on {bank+1} would be one strip under many controls
        return (
            offset.isascii()
            and offset.isdigit()
            and len(offset) < 4  # noqa: PLR2004 - 128 has three digits
            and 0 < int(offset) <= _FARTHEST
            and not (is_row and window in _ROWS)
        )


_ROWS = (_BANK, BankKind.STRIP.value)


def _states_of(control: Control | None) -> tuple[str, ...]:
    states = tuple(control.show.states) if control is not None and control.show is not None else ()
    return tuple(dict.fromkeys((*states, DARK, LIT, BLINK, FAST)))


def _implied(binding: Binding) -> Feedback | None:
    """What a control shows that is bound like that, where the map does not say."""
    one, address, line = binding.control, binding.address, binding.place
    match binding.act:
        case Act.ADDRESS:
            return Feedback(one, address, span=binding.span, place=line)
        case Act.TOGGLE | Act.MOMENTARY:
            return Feedback(one, address, place=line)
        case Act.RADIO:
            return Feedback(one, address, lit=(binding.word,), place=line)
        case Act.SELECT if binding.address not in ("next", "previous"):
            return Feedback(one, selected=binding.address, place=line)
        case Act.PAGE if binding.word not in ("next", "previous"):
            return Feedback(one, page=binding.word, place=line)
    return None


def _placed(pattern: str, place: int) -> str:
    """`pattern` for the control at `place`: `{bank+i}` -> `{strip+3}`, `{i}` -> `3`."""
    text = pattern.replace("{bank+", "{strip+").replace("+i}", f"+{place}}}")
    return text.replace("{i}", str(place))
