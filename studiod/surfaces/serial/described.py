"""What a box has said of itself, with what a map makes of it: the facts of one box that is there."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from studiod.link.box_controls import SerialControl, SerialKind
from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.bindings import Act, BankKind, Binding, Page
from studiod.surfaces.controls import (
    LAMP,
    POSITION_KINDS,
    PRESSED_KINDS,
    TURNED_KINDS,
    Control,
    ControlKind,
    Scale,
    Show,
    ShowKind,
)

PUSH = "/push"
"""After the name of an endless knob: its button."""
_USED_AS = {
    SerialKind.FADER: POSITION_KINDS,
    SerialKind.KNOB: POSITION_KINDS,
    SerialKind.BUTTON: PRESSED_KINDS,
    SerialKind.ENCODER: TURNED_KINDS,
    SerialKind.LAMP: frozenset({ControlKind.LAMP}),
    SerialKind.DISPLAY: frozenset({ControlKind.DISPLAY}),
}
_TURNS = 100  # steps of an endless knob along the whole way
_NAMED = 6  # of controls that nobody knows, in a sentence
_PLACE = re.compile(r"\{strip\+(\d+)\}")
P = TypeVar("P", bound=Page)


@dataclass(frozen=True, slots=True)
class Described:
    """A box as its surface sees it."""

    facts: SurfaceMap
    note: str
    """What of it no map knows, for a person; or nothing."""


def described(wanted: SurfaceMap, controls: Mapping[str, SerialControl]) -> Described:
    """`wanted` for a box with just these `controls`: what it binds and they cannot do is left out."""
    found = dict(_controls(wanted, controls))
    wide = _banks(wanted, found)
    wanted = _stepping(wanted, wanted.banks.get(BankKind.STRIP, 0), wide.get(BankKind.STRIP, 0))
    main = _page(Page(wanted.bindings, wanted.feedback), wanted, found)
    facts = replace(
        wanted,
        controls=found,
        bindings=main.bindings,
        feedback=main.feedback,
        layers={name: _page(layer, wanted, found) for name, layer in wanted.layers.items()},
        pages={name: _page(page, wanted, found) for name, page in wanted.pages.items()},
        banks=wide,
        face=(),
    )
    return Described(facts, _note(facts, controls, wanted))


def _banks(wanted: SurfaceMap, found: Mapping[str, Control]) -> Mapping[BankKind, int]:
    """The window on strips is as wide as the box."""
    addresses = (item.address for name in found for item in wanted.bindings.get(name, ()))
    places = [int(number) for address in addresses for number in _PLACE.findall(address)]
    return {**wanted.banks, BankKind.STRIP: max(places)} if places else wanted.banks


def _stepping(wanted: SurfaceMap, meant: int, wide: int) -> SurfaceMap:
    """Keys that move the window on strips by the whole of what the map means move it by the whole of what there is."""

    def stepped(item: Binding) -> Binding:
        is_whole = item.act is Act.BANK and item.bank is BankKind.STRIP and abs(item.bank_by) == meant != 0
        return replace(item, bank_by=wide if item.bank_by > 0 else -wide) if is_whole else item

    return replace(wanted, bindings={name: tuple(map(stepped, each)) for name, each in wanted.bindings.items()})


def _controls(wanted: SurfaceMap, controls: Mapping[str, SerialControl]) -> Iterator[tuple[str, Control]]:
    for name, told in controls.items():
        mapped = wanted.controls.get(name)
        yield name, _control(told, mapped if mapped is not None and _fits(mapped, told) else None)
        if told.kind is SerialKind.ENCODER and name + PUSH not in controls:
            push = wanted.controls.get(name + PUSH)
            kind = push.kind if push is not None and push.kind in PRESSED_KINDS else ControlKind.BUTTON
            yield name + PUSH, Control(name + PUSH, kind)


def _control(told: SerialControl, mapped: Control | None) -> Control:
    control = mapped or Control(told.name, ControlKind(told.kind.value))
    steps = told.steps
    if told.kind is SerialKind.ENCODER:
        steps = control.steps if mapped is not None else _TURNS + 1
    is_output = told.kind in (SerialKind.LAMP, SerialKind.DISPLAY)
    return replace(
        control,
        steps=2 if is_output or told.kind is SerialKind.BUTTON else steps,
        scale=Scale(0, steps - 1),
        has_detent=told.has_detent and steps % 2 == 1,
        show=_show(told, control.show),
    )


def _show(told: SerialControl, mapped: Show | None) -> Show | None:
    """What the box can show there; a map may name states of a lamp."""
    states = mapped.states if mapped is not None and mapped.states else LAMP.states
    if told.kind is SerialKind.DISPLAY:
        return Show(ShowKind.DISPLAY, width=told.steps)
    if told.kind is SerialKind.LAMP or (told.kind is SerialKind.BUTTON and told.has_lamp):
        return Show(ShowKind.LAMP, states=states)
    if told.kind is SerialKind.BUTTON or not (told.has_motor or told.has_lamp):
        return None
    return Show(ShowKind.MOTOR if told.has_motor else ShowKind.RING, told.steps)


def _fits(mapped: Control, told: SerialControl) -> bool:
    return mapped.kind in _USED_AS[told.kind]


def _is_usable(name: str, wanted: SurfaceMap, found: Mapping[str, Control]) -> bool:
    """The map means the same sort of control as there is."""
    mapped, control = wanted.controls.get(name), found.get(name)
    if mapped is None or control is None:
        return False
    return any(mapped.kind in kinds and control.kind in kinds for kinds in _USED_AS.values())


def _page(page: P, wanted: SurfaceMap, found: Mapping[str, Control]) -> P:
    """What of a page the box can do."""

    def can_show(name: str) -> bool:
        meant, there = wanted.controls[name].show, found[name].show
        if meant is None or there is None:
            return False
        return (meant.kind is ShowKind.LAMP) is (there.kind is ShowKind.LAMP)

    usable = {name for name in (*page.bindings, *page.feedback) if _is_usable(name, wanted, found)}
    return replace(
        page,
        bindings={name: each for name, each in page.bindings.items() if name in usable},
        feedback={name: each for name, each in page.feedback.items() if name in usable and can_show(name)},
    )


def _note(facts: SurfaceMap, controls: Mapping[str, SerialControl], wanted: SurfaceMap) -> str:
    pages = (Page(facts.bindings, facts.feedback), *facts.pages.values(), *facts.layers.values())
    known = {name for page in pages for name in (*page.bindings, *page.feedback)}
    known |= {layer.key for layer in facts.layers.values()}
    strangers = [name for name in controls if name not in known]
    odd = [name for name in strangers if name in wanted.controls and not _is_usable(name, wanted, facts.controls)]
    parts = []
    if odd:
        parts.append(f"map {wanted.name} means something else by {_list(odd)}")
    unknown = [name for name in strangers if name not in odd]
    if unknown:
        parts.append(f"no map says what to do with {_list(unknown)}")
    return "; ".join(parts)


def _list(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
