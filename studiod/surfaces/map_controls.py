"""The `controls` of a map file: rows into controls, each with its wire and what it can show."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studiod.surfaces.checked_yaml import MAX_CONTROLS, MAX_ROW, Document
from studiod.surfaces.controls import (
    OUTPUT_KINDS,
    POSITION_KINDS,
    PRESSED_KINDS,
    TURNED_KINDS,
    Control,
    ControlKind,
    Relative,
    Sends,
    Takeover,
    Wire,
    WireKind,
)
from studiod.surfaces.map_shows import read_show
from studiod.surfaces.map_wires import WIRE_KEYS, read_pressed, read_scale, read_wires

if TYPE_CHECKING:
    from yaml.nodes import Node

_ROW = ("kind", "count", *WIRE_KEYS, "range", "takeover")
_KEYS = {
    **dict.fromkeys(POSITION_KINDS, (*_ROW, "detent", "touch", "motor", "ring")),
    **dict.fromkeys(TURNED_KINDS, (*_ROW, "relative", "down", "resolution", "acceleration", "touch", "ring")),
    **dict.fromkeys(PRESSED_KINDS, ("kind", "count", *WIRE_KEYS, "pressed", "sends", "lamp")),
    ControlKind.LAMP: ("kind", "count", *WIRE_KEYS, "states"),
    ControlKind.RING: ("kind", "count", *WIRE_KEYS, "range", "none", "mode", "usual", "detent"),
    ControlKind.DISPLAY: ("kind", "count", *WIRE_KEYS, "width"),
    ControlKind.METER: ("kind", "count", *WIRE_KEYS, "range", "low_db", "high_db", "fades"),
}
_EVERY_KEY = tuple(dict.fromkeys(itertools.chain.from_iterable(_KEYS.values())))
_TURNS = 100  # steps of an encoder along the whole way, where the map does not say
_WITHOUT_RELEASE = (WireKind.PROGRAM, WireKind.MESSAGE)


@dataclass(frozen=True, slots=True)
class Rows:
    """The controls of a map, and for each row of the file the names in it."""

    controls: Mapping[str, Control]
    names: Mapping[str, tuple[str, ...]]


def read_controls(document: Document, node: "Node", ports: Sequence[str], base: Rows | None = None) -> Rows:
    """Every row of `controls`. A row with a fault has names but no controls. ports: names of `match.also`.

    base: what the map is made from; rows and single controls of the same name come in place of those.
    """
    rows = document.mapping(node, "controls")
    controls: dict[str, Control] = {}
    names: dict[str, tuple[str, ...]] = {}
    taken: dict[Wire, list[Control]] = {}
    if base is not None:
        replaced = {one for name in rows for one in base.names.get(name, (name,))}
        controls = {name: control for name, control in base.controls.items() if name not in replaced}
        names = {**base.names}
        for control in controls.values():
            _clash(control, taken)
    for name, row in rows.items():
        where, faults = f"controls.{name}", len(document.faults)
        found = _row(document, name, row, ports)
        names[name] = tuple(control.name for control in found) if "{i}" in name else (name,)
        if len(document.faults) > faults:
            continue  # what stands in for faults would only breed more of them
        if len(controls) + len(found) > MAX_CONTROLS:
            document.fault(row, f"{where}: makes more than {MAX_CONTROLS} controls; allowed are so many")
            break
        for control in found:
            clash = _clash(control, taken)
            if clash:
                document.fault(row, f"{where}: {clash}")
                break
            if control.name in controls:
                document.fault(row, f"{where}: {control.name} is there already; allowed once")
                break
            controls[control.name] = control
    return Rows(controls, names)


def _clash(control: Control, taken: dict[Wire, list[Control]]) -> str:
    """What is wrong with the wires of `control`; they are noted as taken."""
    if control.kind in OUTPUT_KINDS:
        return ""
    for wire in (control.wire, control.down, control.touch):
        if wire is None:
            continue
        for other in taken.setdefault(wire, []):
            both_pressed = control.kind in PRESSED_KINDS and other.kind in PRESSED_KINDS and wire == control.wire
            if not (both_pressed and not set(control.pressed) & set(other.pressed)):
                return f"{wire} is already {other.name}"
        taken[wire].append(control)
    return ""


def _row(document: Document, name: str, row: "Node", ports: Sequence[str]) -> list[Control]:
    where = f"controls.{name}"
    keys = document.mapping(row, where, _EVERY_KEY, ("kind",))
    if "kind" not in keys:
        return []
    known = len(document.faults)
    kind = ControlKind(document.word(keys["kind"], f"{where}.kind", tuple(ControlKind)))
    if len(document.faults) > known:
        return []
    for key in keys.keys() - set(_KEYS[kind]):
        document.fault(keys[key], f"{where}.{key}: a {kind.value} has none; allowed {', '.join(_KEYS[kind])}")
    count = document.integer(keys["count"], f"{where}.count", 1, MAX_ROW) if "count" in keys else None
    wires = read_wires(document, row, keys, where, count=count, ports=ports)
    if ("{i}" in name) is not (count is not None or len(wires) > 1):
        document.fault(row, f"{where}: a name with {{i}} and a count (or a list) belong together")
    if not wires:
        return []
    first = Control(name, kind, wire=wires[0], port=wires[0].port)
    if kind in POSITION_KINDS or kind in TURNED_KINDS:
        first = _with_position(document, keys, where, first, wires[0])
    elif kind in PRESSED_KINDS:
        first = _with_press(document, keys, where, first, wires[0])
    if "takeover" in keys:
        takeover = Takeover(document.word(keys["takeover"], f"{where}.takeover", tuple(Takeover)))
        first = replace(first, takeover=takeover)
    touches, downs = (_side(document, keys, where, key, wires, ports) for key in ("touch", "down"))
    shows = read_show(document, row, keys, where, control=first, wires=wires, ports=ports)
    if "touch" in keys and touches:
        touch_keys = document.mapping(keys["touch"], f"{where}.touch")
        first = replace(first, touched=read_pressed(document, touch_keys, f"{where}.touch", touches[0].kind))
    return [
        replace(
            first,
            name=name.replace("{i}", str(place + 1)),
            wire=wire,
            touch=touches[place] if touches else None,
            down=downs[place] if downs else None,
            show=shows[place] if shows else None,
            port=(shows[place].wire or wire).port if shows else wire.port,
        )
        for place, wire in enumerate(wires)
    ]


def _with_position(document: Document, keys: "Mapping[str, Node]", where: str, control: Control, wire: Wire) -> Control:
    detent = "detent" in keys and document.flag(keys["detent"], f"{where}.detent")
    scale = read_scale(document, keys, where, wire, has_detent=detent)
    if wire.kind is WireKind.PROGRAM:
        document.fault(keys["program"], f"{where}.program: has no value; allowed for buttons")
    if control.kind in POSITION_KINDS:
        return replace(control, steps=scale.steps, scale=scale, has_detent=detent)
    relative: Relative | None = None
    if "relative" in keys:
        relative = Relative(document.word(keys["relative"], f"{where}.relative", tuple(Relative)))
    else:
        document.fault(keys["kind"], f"{where}.relative is missing; allowed {', '.join(Relative)}")
    if (relative is Relative.PAIR) is not ("down" in keys):
        document.fault(keys["kind"], f"{where}: relative pair and down belong together")
    turns = document.integer(keys["resolution"], f"{where}.resolution", 1, 16_384) if "resolution" in keys else _TURNS
    acceleration: dict[int, int] = {}
    if "acceleration" in keys:
        acceleration = document.counts(keys["acceleration"], f"{where}.acceleration", 63, 1000)
    return replace(
        control, steps=turns + 1, scale=scale, relative=relative, acceleration=tuple(sorted(acceleration.items()))
    )


def _with_press(document: Document, keys: "Mapping[str, Node]", where: str, control: Control, wire: Wire) -> Control:
    pressed = read_pressed(document, keys, where, wire.kind)
    is_silent = wire.kind in _WITHOUT_RELEASE or (pressed.start == 0 and pressed.stop > wire.highest)
    sends = Sends.PRESS if is_silent else Sends.BOTH
    if "sends" in keys:
        sends = Sends(document.word(keys["sends"], f"{where}.sends", tuple(Sends)))
        if sends is Sends.BOTH and is_silent:
            document.fault(
                keys["sends"], f"{where}.sends is both, but nothing there says it came up; allowed press, toggle"
            )
    return replace(control, pressed=pressed, sends=sends)


def _side(
    document: Document, keys: "Mapping[str, Node]", where: str, key: str, wires: Sequence[Wire], ports: Sequence[str]
) -> list[Wire]:
    """Wires of `touch`, a mapping, or of `down`, a number of the row's own kind; empty when there are none."""
    if key not in keys:
        return []
    if key == "down":
        highest = wires[0].highest
        numbers = document.numbers(keys[key], f"{where}.down", 0, highest)
        if len(numbers) == 1:
            numbers = tuple(range(numbers[0], numbers[0] + len(wires)))
        if len(numbers) != len(wires) or numbers[-1] > highest:
            document.fault(
                keys[key], f"{where}.down: has {len(numbers)} numbers; allowed {len(wires)}, up to {highest}"
            )
            return []
        return [replace(wire, number=number) for wire, number in zip(wires, numbers, strict=True)]
    inner = document.mapping(keys[key], f"{where}.{key}", (*WIRE_KEYS, "pressed"))
    return read_wires(document, keys[key], inner, f"{where}.{key}", count=len(wires), ports=ports, row=wires)
