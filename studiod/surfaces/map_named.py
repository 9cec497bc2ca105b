"""The `controls` and `match` of a map for boxes on serial lines: controls have names there, and no MIDI message."""

import itertools
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from studiod.surfaces.base import Match
from studiod.surfaces.checked_yaml import MAX_ROW, Document, said
from studiod.surfaces.controls import (
    DARK,
    LIT,
    POSITION_KINDS,
    PRESSED_KINDS,
    TURNED_KINDS,
    Control,
    ControlKind,
    LampState,
    Scale,
    Show,
    ShowKind,
    Takeover,
)
from studiod.surfaces.map_controls import Rows
from studiod.surfaces.serial.named import LEVELS

if TYPE_CHECKING:
    from yaml.nodes import Node

_POSITIONS = 1024  # until the box has said how many it has
_TURNS = 100  # steps of an encoder along the whole way, where the map does not say
_LETTERS = 16
_KEYS = {
    **dict.fromkeys(POSITION_KINDS, ("kind", "count", "takeover", "motor", "ring")),
    **dict.fromkeys(TURNED_KINDS, ("kind", "count", "resolution", "ring")),
    **dict.fromkeys(PRESSED_KINDS, ("kind", "count", "normally", "lamp")),
    ControlKind.LAMP: ("kind", "count", "states"),
    ControlKind.DISPLAY: ("kind", "count"),
}
_EVERY_KEY = tuple(dict.fromkeys(itertools.chain.from_iterable(_KEYS.values())))
_COLOUR = re.compile(r"[0-9A-Fa-f]{6}")
_NAME = re.compile(r"[a-z0-9][a-z0-9/_-]{0,31}")  # as the line protocol has it


def read_named_match(document: Document, node: "Node", dialect: str) -> Match:
    """How a box on a line is found: by its device, by the name it says, or as any other of its dialect."""
    keys = document.mapping(node, "match", ("ports", "usb", "says", "every"))
    ports, says, usb = (
        document.texts(keys[key], f"match.{key}") if key in keys else () for key in ("ports", "says", "usb")
    )
    every = "every" in keys and document.flag(keys["every"], "match.every")
    if not (ports or says or usb or every):
        document.fault(node, "match: allowed at least one of ports, usb, says, or every: true")
    for key, patterns in (("ports", ports), ("says", says)):
        for place, pattern in enumerate(patterns):
            if not pattern.strip("*?"):
                document.fault(
                    keys[key], f"match.{key}[{place}] is {pattern}; allowed a part of a name, or every: true"
                )
    for place, ids in enumerate(usb):
        if not re.fullmatch(r"[0-9a-fA-F]{4}:[0-9a-fA-F]{4}", ids):
            document.fault(
                keys["usb"], f"match.usb[{place}] is {ids}; allowed vendor:product in hex, such as 2341:8036"
            )
    if says and dialect != "studiod":
        document.fault(keys["says"], f"match.says: a {dialect} box says no name; allowed ports, usb, every")
    return Match(ports, tuple(ids.lower() for ids in usb), says=says, every=every, kinds=(dialect,))


def read_named_controls(document: Document, node: "Node") -> Rows:
    """Every row of `controls`. How finely a control speaks is said by the box; a row says what it is used as."""
    controls: dict[str, Control] = {}
    names: dict[str, tuple[str, ...]] = {}
    for name, row in document.mapping(node, "controls").items():
        where = f"controls.{name}"
        keys = document.mapping(row, where, _EVERY_KEY, ("kind",))
        count = document.integer(keys["count"], f"{where}.count", 1, MAX_ROW) if "count" in keys else None
        if ("{i}" in name) is not (count is not None):
            document.fault(row, f"{where}: a name with {{i}} and a count belong together")
        found = _control(document, name, keys, where)
        several = tuple(name.replace("{i}", str(place + 1)) for place in range(count or 1))
        names[name] = several
        for one in several:
            if not _NAME.fullmatch(one):
                document.fault(
                    row, f"{where}: {one} is no name of a control; allowed small letters, digits, /, - and _"
                )
                break
            if one in controls:
                document.fault(row, f"{where}: {one} is there already; allowed once")
                break
            if found is not None:
                controls[one] = replace(found, name=one)
    return Rows(controls, names)


def _control(document: Document, name: str, keys: "Mapping[str, Node]", where: str) -> Control | None:
    if "kind" not in keys:
        return None
    known = len(document.faults)
    kind = ControlKind(document.word(keys["kind"], f"{where}.kind", tuple(_KEYS)))
    if len(document.faults) > known:
        return None
    for key in keys.keys() - set(_KEYS[kind]):
        document.fault(keys[key], f"{where}.{key}: a {kind.value} has none; allowed {', '.join(_KEYS[kind])}")
    control = Control(name, kind)
    if kind in POSITION_KINDS:
        control = replace(control, steps=_POSITIONS, scale=Scale(0, _POSITIONS - 1))
    elif kind in TURNED_KINDS:
        turns = document.integer(keys["resolution"], f"{where}.resolution", 1, 16_384) if "resolution" in keys else None
        control = replace(control, steps=(turns or _TURNS) + 1)
    if "takeover" in keys:
        control = replace(
            control, takeover=Takeover(document.word(keys["takeover"], f"{where}.takeover", tuple(Takeover)))
        )
    if "normally" in keys:
        word = document.word(keys["normally"], f"{where}.normally", ("open", "closed"))
        control = replace(control, is_inverted=word == "closed")
    return replace(control, show=_show(document, keys, where, control))


def _show(document: Document, keys: "Mapping[str, Node]", where: str, control: Control) -> Show | None:
    if control.kind is ControlKind.DISPLAY:
        return Show(ShowKind.DISPLAY, width=_LETTERS)
    if control.kind is ControlKind.LAMP:
        states = _states(document, keys["states"], f"{where}.states") if "states" in keys else _plain()
        return Show(ShowKind.LAMP, states=states)
    for key in ("motor", "ring", "lamp"):
        if key not in keys or said(keys[key]) == "false":
            continue
        inner = f"{where}.{key}"
        if key != "lamp":
            return Show(ShowKind(key), control.steps) if document.flag(keys[key], inner) else None
        if said(keys[key]) == "true":
            return Show(ShowKind.LAMP, states=_plain())
        found = document.mapping(keys[key], inner, ("states",), ("states",))
        return Show(
            ShowKind.LAMP,
            states=_states(document, found["states"], f"{inner}.states") if "states" in found else _plain(),
        )
    return None


def _plain() -> Mapping[str, LampState]:
    return {DARK: LampState(0), LIT: LampState(LEVELS - 1)}


def _states(document: Document, node: "Node", where: str) -> Mapping[str, LampState]:
    """Levels, and perhaps colours, by the names of states."""
    found = {name: _state(document, state, f"{where}.{name}") for name, state in document.mapping(node, where).items()}
    for name in (DARK, LIT):
        if name not in found:
            document.fault(node, f"{where}.{name} is missing")
    return {**_plain(), **found}


def _state(document: Document, node: "Node", where: str) -> LampState:
    if not node.tag.endswith("map"):
        return LampState(document.integer(node, where, 0, LEVELS - 1))
    keys = document.mapping(node, where, ("value", "colour"), ("value", "colour"))
    value = document.integer(keys["value"], f"{where}.value", 0, LEVELS - 1) if "value" in keys else 0
    colour = said(keys["colour"]) if "colour" in keys else "000000"
    if not _COLOUR.fullmatch(colour):
        document.fault(keys["colour"], f"{where}.colour is {colour}; allowed RRGGBB in hex, such as FF8000")
        colour = "000000"
    return LampState(value, colour=int(colour, 16))
