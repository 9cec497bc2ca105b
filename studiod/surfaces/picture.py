"""A picture of a surface, drawn from its map: what is where, and what it does."""

import html
from collections.abc import Iterator

from studiod.surfaces.base import Act, Binding, Control, ControlKind, SurfaceMap

_CELL, _LABEL, _MARGIN = 72, 30, 16  # pixels
_TALL = 132  # a fader's throw
_HEIGHTS = {ControlKind.FADER: _TALL, ControlKind.METER: _TALL, ControlKind.DISPLAY: 28, ControlKind.BUTTON: 30}
_USUAL_HEIGHT = 46
_LETTERS = 12  # that fit under a control
_GRID = 8
_WORDS = {
    Act.BANK: "bank {binding.bank_by:+d}",
    Act.BANK_TO: "bank to {binding.bank_by}",
    Act.PAGE: "page {binding.word}",
    Act.SELECT: "select",
}


def draw(facts: SurfaceMap) -> str:
    """SVG of the box: the map's `face`, or a grid of rows as its controls are named."""
    face = facts.face or _grid(facts)
    parts: list[str] = []
    top = _MARGIN + 24
    widest = 1
    for row in face:
        height = max((_stack_height(facts, cell) for cell in row), default=0)
        widest = max(widest, len(row))
        for column, cell in enumerate(row):
            y = top
            for name in cell:
                control = facts.controls[name]
                parts += _control(facts, control, _MARGIN + column * _CELL, y)
                y += _height(control) + _LABEL
        top += height
    width = 2 * _MARGIN + widest * _CELL
    title = f"{facts.maker} {facts.model}"
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top + _MARGIN}" font-family="sans-serif">',
        f"<title>{_text(title)}</title>",
        f'<rect width="{width}" height="{top + _MARGIN}" rx="8" fill="#f4f4f2" stroke="#888"/>',
        f'<text x="{_MARGIN}" y="{_MARGIN + 10}" font-size="14" font-weight="bold" fill="#222">{_text(title)}</text>',
    ]
    return "\n".join((*head, *parts, "</svg>", ""))


def _grid(facts: SurfaceMap) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Controls of one name side by side, the rest eight in a row."""
    rows: dict[str, list[tuple[str, ...]]] = {}
    for name in facts.controls:
        stem, slash, number = name.rpartition("/")
        rows.setdefault(stem if slash and number.isdecimal() else "", []).append((name,))
    return tuple(
        tuple(cells[first : first + _GRID]) for cells in rows.values() for first in range(0, len(cells), _GRID)
    )


def _stack_height(facts: SurfaceMap, cell: tuple[str, ...]) -> int:
    return sum(_height(facts.controls[name]) + _LABEL for name in cell)


def _height(control: Control) -> int:
    return _HEIGHTS.get(control.kind, _USUAL_HEIGHT)


def _control(facts: SurfaceMap, control: Control, left: int, top: int) -> Iterator[str]:
    """The shape, its name, and what it does."""
    middle, height = left + _CELL // 2, _height(control)
    yield f"<g><title>{_text(_story(facts, control))}</title>"
    yield from _shape(control, middle, top, height)
    yield _label(control.name, middle, top + height + 10, "#222")
    yield _label(_does(facts, control), middle, top + height + 20, "#777")
    yield "</g>"


def _shape(control: Control, middle: int, top: int, height: int) -> Iterator[str]:
    lit = ' fill="#ffd76a"' if control.has_lamp else ' fill="#ddd"'
    match control.kind:
        case ControlKind.FADER | ControlKind.METER:
            yield f'<rect x="{middle - 3}" y="{top}" width="6" height="{height}" rx="3" fill="#999"/>'
            if control.kind is ControlKind.FADER:
                cap = "#335" if control.has_motor else "#555"
                yield f'<rect x="{middle - 14}" y="{top + height // 3}" width="28" height="16" rx="2" fill="{cap}"/>'
            else:
                yield f'<rect x="{middle - 3}" y="{top + height // 2}" width="6" height="{height // 2}" fill="#4a4"/>'
        case ControlKind.BUTTON:
            yield f'<rect x="{middle - 22}" y="{top + 4}" width="44" height="{height - 8}" rx="4" stroke="#555"{lit}/>'
        case ControlKind.PAD:
            yield f'<rect x="{middle - 22}" y="{top + 1}" width="44" height="{height - 2}" rx="6" stroke="#555"{lit}/>'
        case ControlKind.DISPLAY:
            yield f'<rect x="{middle - 32}" y="{top + 2}" width="64" height="{height - 4}" fill="#123" stroke="#555"/>'
        case ControlKind.LAMP:
            yield f'<circle cx="{middle}" cy="{top + height // 2}" r="8" stroke="#555"{lit}/>'
        case ControlKind.PEDAL:
            foot = top + height
            outline = f"M{middle - 20} {foot}L{middle - 12} {top}H{middle + 12}L{middle + 20} {foot}Z"
            yield f'<path d="{outline}" fill="#bbb" stroke="#555"/>'
        case _:
            radius = height // 2 if control.kind is ControlKind.WHEEL else height // 2 - 5
            y = top + height // 2
            ring = "#c80" if control.shows else "#555"
            yield f'<circle cx="{middle}" cy="{y}" r="{radius}" fill="#ccc" stroke="{ring}" stroke-width="2"/>'
            yield f'<path d="M{middle} {y}V{y - radius}" stroke="#222" stroke-width="2"/>'


def _label(text: str, middle: int, y: int, colour: str) -> str:
    short = text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}\u2026"
    return f'<text x="{middle}" y="{y}" font-size="9" text-anchor="middle" fill="{colour}">{_text(short)}</text>'


def _story(facts: SurfaceMap, control: Control) -> str:
    wire = f" ({control.wire})" if control.wire is not None else ""
    told = "; ".join(_says(binding) for binding in facts.bindings.get(control.name, ()))
    return f"{control.name}: {control.kind.value}{wire}{': ' + told if told else ''}"


def _says(binding: Binding) -> str:
    words = _WORDS.get(binding.act, "{binding.act.value} {binding.address}").format(binding=binding)
    return f"{binding.when.value}: {words}" if binding.when.value != "press" else words


def _does(facts: SurfaceMap, control: Control) -> str:
    """The last word or two of what it does."""
    bindings = facts.bindings.get(control.name, ())
    if not bindings:
        layers = [name for name, layer in facts.layers.items() if layer.key == control.name]
        paged = any(control.name in page.bindings for page in facts.pages.values())
        return layers[0] if layers else "by page" if paged else ""
    first = bindings[0]
    return first.address.rpartition("/")[2] if first.address.startswith("/") else _says(first)


def _text(words: str) -> str:
    return html.escape(words, quote=True)
