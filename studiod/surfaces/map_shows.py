"""What controls can show, in a map file: lamps, rings, motors, displays, meters."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from studiod.surfaces.checked_yaml import Document, said
from studiod.surfaces.controls import (
    DARK,
    LIT,
    POSITION_KINDS,
    TEXT,
    VALUE,
    Control,
    ControlKind,
    LampState,
    Show,
    ShowKind,
    Wire,
    WireKind,
)
from studiod.surfaces.map_wires import WIRE_KEYS, read_message, read_scale, read_wires

if TYPE_CHECKING:
    from yaml.nodes import Node

SHOW_KEYS = ("lamp", "ring", "motor")
_INNER = {"lamp": ("states",), "motor": ("range",), "ring": ("range", "none", "mode", "usual")}
_OUTPUTS = {
    ControlKind.LAMP: ShowKind.LAMP,
    ControlKind.RING: ShowKind.RING,
    ControlKind.DISPLAY: ShowKind.DISPLAY,
    ControlKind.METER: ShowKind.METER,
}
_LOWEST_DB, _HIGHEST_DB = -200.0, 24.0


def read_show(  # noqa: PLR0911 - every fault ends it
    document: Document,
    row: "Node",
    keys: "Mapping[str, Node]",
    where: str,
    *,
    control: Control,
    wires: Sequence[Wire],
    ports: Sequence[str],
) -> list[Show]:
    """What each control of the row shows; empty when they show nothing. control: the first of the row, as it hears."""
    if control.kind in _OUTPUTS:
        return _filled(
            document, row, keys, where, kind=_OUTPUTS[control.kind], control=control, wires=wires, ports=ports
        )
    named = [key for key in SHOW_KEYS if key in keys and said(keys[key]) != "false"]
    if not named:
        return []
    if len(named) > 1:
        document.fault(row, f"{where}: shows with {' and '.join(named)}; allowed one of them")
        return []
    key = named[0]
    node, inner = keys[key], f"{where}.{key}"
    if said(node) == "true":
        return _filled(document, row, {}, inner, kind=ShowKind(key), control=control, wires=wires, ports=ports)
    if isinstance(node.value, str):
        document.fault(node, f"{inner} is {said(node)}; allowed true, false, or its wire and values")
        return []
    found = document.mapping(node, inner, (*WIRE_KEYS, *_INNER[key]))
    if not found:
        return []
    outputs = read_wires(document, node, found, inner, count=len(wires), ports=ports, row=wires)
    return _filled(document, node, found, inner, kind=ShowKind(key), control=control, wires=outputs, ports=ports)


def _filled(
    document: Document,
    node: "Node",
    keys: "Mapping[str, Node]",
    where: str,
    *,
    kind: ShowKind,
    control: Control,
    wires: Sequence[Wire],
    ports: Sequence[str],
) -> list[Show]:
    if not wires:
        return []
    wire = wires[0]
    if (
        kind is not ShowKind.DISPLAY
        and wire.kind is WireKind.MESSAGE
        and VALUE not in wire.message
        and "states" not in keys
    ):
        document.fault(node, f"{where}: the message has no place for a value; allowed vv in it")
    if (kind is ShowKind.DISPLAY) is not (wire.kind is WireKind.MESSAGE and TEXT in wire.message):
        document.fault(node, f"{where}: a display, and nothing else, has a message with tt in it")
    if kind is ShowKind.LAMP:
        show = Show(kind, states=_states(document, keys, where, wire))
    elif kind is ShowKind.DISPLAY:
        show = Show(kind, width=document.integer(keys["width"], f"{where}.width", 1, 112) if "width" in keys else 7)
    else:
        scale = control.scale
        if "range" in keys or control.kind not in POSITION_KINDS or wires[0] != control.wire:
            detent = "detent" in keys and document.flag(keys["detent"], f"{where}.detent")
            scale = read_scale(document, keys, where, wire, has_detent=detent or control.has_detent)
        show = Show(kind, steps=scale.steps, scale=scale)
    if kind is ShowKind.METER:
        show = _meter(document, keys, where, show)
    modes: Sequence[Wire] = ()
    if kind is ShowKind.RING:
        show, modes = _ring(document, keys, where, show, wires, ports)
    return [replace(show, wire=each, mode_wire=modes[place] if modes else None) for place, each in enumerate(wires)]


def _meter(document: Document, keys: "Mapping[str, Node]", where: str, show: Show) -> Show:
    low, high = (
        document.number(keys[key], f"{where}.{key}") if key in keys else usual
        for key, usual in (("low_db", show.low_db), ("high_db", show.high_db))
    )
    if not _LOWEST_DB <= low < high <= _HIGHEST_DB:
        node = keys.get("low_db", keys.get("high_db"))
        if node is not None:
            document.fault(node, f"{where}: goes from {low:g} to {high:g} dB; allowed upwards in -200..24")
    return replace(
        show, low_db=low, high_db=high, fades="fades" in keys and document.flag(keys["fades"], f"{where}.fades")
    )


def _ring(
    document: Document,
    keys: "Mapping[str, Node]",
    where: str,
    show: Show,
    wires: Sequence[Wire],
    ports: Sequence[str],
) -> tuple[Show, Sequence[Wire]]:
    if "none" in keys:
        show = replace(show, none=document.integer(keys["none"], f"{where}.none", 0, wires[0].highest))
    if "mode" not in keys:
        if "usual" in keys:
            document.fault(keys["usual"], f"{where}.usual: the ring has no mode")
        return show, ()
    inner = document.mapping(keys["mode"], f"{where}.mode", (*WIRE_KEYS, "values"), ("values",))
    if "values" not in inner:
        return show, ()
    modes = read_wires(document, keys["mode"], inner, f"{where}.mode", count=len(wires), ports=ports, row=wires)
    highest = modes[0].highest if modes else 127
    values = {
        name: document.integer(node, f"{where}.mode.values.{name}", 0, highest)
        for name, node in document.mapping(inner["values"], f"{where}.mode.values").items()
    }
    usual = (
        document.word(keys["usual"], f"{where}.usual", values) if "usual" in keys and values else next(iter(values), "")
    )
    return replace(show, modes=values, usual_mode=usual), modes


def _states(document: Document, keys: "Mapping[str, Node]", where: str, wire: Wire) -> Mapping[str, LampState]:
    if "states" not in keys:
        return {DARK: LampState(0), LIT: LampState(wire.highest)}
    found: dict[str, LampState] = {}
    for name, node in document.mapping(keys["states"], f"{where}.states").items():
        place = f"{where}.states.{name}"
        if not node.tag.endswith("map"):
            found[name] = LampState(document.integer(node, place, 0, wire.highest))
            continue
        inner = document.mapping(node, place, ("value", "channel", "message"))
        if ("message" in inner) is ("value" in inner):
            document.fault(node, f"{place}: allowed a value, or a message")
        elif "message" in inner:
            found[name] = LampState(message=bytes(read_message(document, inner["message"], f"{place}.message")))
        else:
            value = document.integer(inner["value"], f"{place}.value", 0, wire.highest)
            channel = document.integer(inner["channel"], f"{place}.channel", 1, 16) if "channel" in inner else None
            found[name] = LampState(value, channel)
    for name in (DARK, LIT):
        if name not in found:
            document.fault(keys["states"], f"{where}.states.{name} is missing")
            found[name] = LampState(0)
    return found
