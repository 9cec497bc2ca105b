"""A picture of a surface, drawn from its map: what is where, and what it does."""

from studiod.surfaces import drawing
from studiod.surfaces.base import Act, Binding, Control, SurfaceMap
from studiod.surfaces.captions import captions
from studiod.surfaces.controls import BLINK, DARK, LIT, ShowKind
from studiod.surfaces.figure import Figure, Part, Shape

_GRID = 8
_COLOURS = ("red", "amber", "yellow", "green", "blue", "white")


def draw(facts: SurfaceMap) -> str:
    """SVG of the box: the map's `face`, or a grid of rows as its controls are named."""
    return drawing.draw(figure_of(facts))


def figure_of(facts: SurfaceMap) -> Figure:
    """What the picture shows."""
    face = facts.face or _grid(facts)
    rows = tuple(
        tuple(tuple(_part(facts, facts.controls[name]) for name in cell) for cell in row) for row in face if row
    )
    return Figure(f"{facts.maker} {facts.model}", facts.name, facts.mode, rows)


def _grid(facts: SurfaceMap) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Controls of one name side by side, the rest eight in a row."""
    rows: dict[str, list[tuple[str, ...]]] = {}
    for name in facts.controls:
        stem, slash, number = name.rpartition("/")
        rows.setdefault(stem if slash and number.isdecimal() else "", []).append((name,))
    return tuple(
        tuple(cells[first : first + _GRID]) for cells in rows.values() for first in range(0, len(cells), _GRID)
    )


def _part(facts: SurfaceMap, control: Control) -> Part:
    what, which, is_free = _caption(facts, control)
    shape = Shape(control.kind.value)
    is_driven = control.has_motor
    # a knob that follows what it is told has lamps around it, not a motor
    has_ring = is_driven and shape is not Shape.FADER
    has_ring |= control.show is not None and control.show.kind is ShowKind.RING
    return Part(
        shape, what, which, _story(facts, control), _colours(control), is_driven and shape is Shape.FADER, has_ring,
        control.touch is not None, is_free,
    )  # fmt: skip


def _caption(facts: SurfaceMap, control: Control) -> tuple[str, str, bool]:
    """What it does, to what; and whether it does nothing."""
    bindings = facts.bindings.get(control.name, ())
    if bindings:
        return *captions(bindings), False
    layer = next((name for name, layer in facts.layers.items() if layer.key == control.name), "")
    if layer:
        return layer, "latch" if facts.layers[layer].latches else "hold", False
    pages = [name for name, page in facts.pages.items() if control.name in page.bindings]
    if pages:
        return captions(facts.pages[pages[0]].bindings[control.name])[0], " / ".join(pages), False
    feedback = facts.feedback.get(control.name)
    if control.shows and feedback is not None and feedback.address:
        what, which = captions((Binding(control.name, Act.ADDRESS, feedback.address),))
        return what, which, False
    return control.name, "", not control.shows or not control.is_output


def _colours(control: Control) -> tuple[str, ...]:
    if not control.has_lamp or control.show is None:
        return ()
    names = {name.partition("-")[0] for name in control.show.states} - {DARK, LIT, BLINK}
    return tuple(colour for colour in _COLOURS if colour in names) or (LIT,)


def _story(facts: SurfaceMap, control: Control) -> str:
    wire = f" ({control.wire})" if control.wire is not None else ""
    told = "; ".join(_says(binding) for binding in facts.bindings.get(control.name, ()))
    return f"{control.name}: {control.kind.value}{wire}{': ' + told if told else ''}"


def _says(binding: Binding) -> str:
    words = {
        Act.BANK: f"bank {binding.bank_by:+d}",
        Act.BANK_TO: f"bank to {binding.bank_by}",
        Act.PAGE: f"page {binding.word}",
        Act.SELECT: f"select {binding.address}",
        Act.NUDGE: f"nudge {binding.by:g} s",
    }.get(binding.act, f"{binding.act.value} {binding.address}")
    return f"{binding.when.value}: {words}" if binding.when.value != "press" else words
