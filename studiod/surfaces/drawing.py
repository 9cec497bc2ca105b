"""A figure as SVG: one grid, captions that fit where they stand, the colours of the reader's theme."""

import html
import textwrap
from collections.abc import Iterator

from studiod.surfaces.figure import Figure, Part, Shape

_CELL, _GAP = 76, 34
_EDGE = 20
_BETWEEN, _BETWEEN_ROWS = 8, 16
_CAPTION = 28  # two lines under a part
_HEIGHTS = {
    Shape.FADER: 140, Shape.METER: 140, Shape.DISPLAY: 28, Shape.BUTTON: 34, Shape.PAD: 48, Shape.WHEEL: 66,
    Shape.LAMP: 18, Shape.PEDAL: 44,
}  # fmt: skip
_USUAL_HEIGHT = 48
_INSIDE = (Shape.BUTTON, Shape.PAD, Shape.DISPLAY)
_WIDE, _NARROW = frozenset("mwMW@%\u2026"), frozenset("ijlIt.,:;'|!1 \u2039\u203af")
_WHAT_PX, _WHICH_PX, _SMALLEST_PX = 10, 9, 7.0
_MODE_PX = 11
_LEAST_WIDTH = 360

_MARKS = {
    "lights up": '<rect class="lit" x="{x}" y="{y}" width="18" height="3" rx="1.5"/>',
    "moves by itself": '<rect class="motor" x="{x}" y="{up}" width="14" height="10" rx="2"/>',
    "ring of lamps": '<path class="ring" d="M{x} {y}h16"/>',
    "feels the finger": '<circle class="box" cx="{mid}" cy="{y}" r="3.5"/>',
    "turns without end": '<circle class="grip" cx="{mid}" cy="{y}" r="6"/>',
    "free": '<rect class="key free" x="{x}" y="{up}" width="16" height="10" rx="2"/>',
}
_STYLE = """\
<style>
text{font-family:Inter,"Helvetica Neue",Arial,sans-serif;text-anchor:middle;fill:#1b1d24}
.l{text-anchor:start}.e{text-anchor:end}.h{font-weight:700}.w{font-weight:600;font-size:10px}.s{fill:#5f6470;font-size:9px}
.m{font-size:11px}.f{fill:#8d919c}
.box{fill:#ecedf1;stroke:#c3c6cf}.key{fill:#fdfdfe;stroke:#b4b8c3}.free{stroke-dasharray:3 2}
.track{fill:#b9bdc8}.tick{stroke:#c6c9d2}.cap{fill:#4a4f5e}.motor{fill:#2459c9}.line{stroke:#fff}
.knob{fill:#fdfdfe;stroke:#8e93a1;stroke-width:1.5}.point{stroke:#1b1d24;stroke-width:2;stroke-linecap:round}
.ring{fill:none;stroke:#2459c9;stroke-width:3;stroke-dasharray:.1 5.2;stroke-linecap:round}
.arc{fill:none;stroke:#c3c6cf;stroke-width:1.5}.grip{fill:none;stroke:#8e93a1;stroke-dasharray:1.5 2}
.glass{fill:#10262e}.glow{fill:#9fe6d8}.lit{fill:#e3a008}.red{fill:#d92d20}.green{fill:#1f9d4d}
.yellow{fill:#e8c400}.amber{fill:#ef8a00}.blue{fill:#2f6fed}.white{fill:#fff;stroke:#999}
.seg{stroke-width:9;stroke-dasharray:6 2}.mg{stroke:#1f9d4d}.my{stroke:#e8c400}.mr{stroke:#d92d20}
@media(prefers-color-scheme:dark){
text{fill:#e9ebf1}.s{fill:#a2a8b6}.f{fill:#6d7280}.box{fill:#1d2027;stroke:#3a3f4b}.key{fill:#2b2f39;stroke:#4b5160}
.track{fill:#474c59}.tick{stroke:#3a3f4b}.cap{fill:#a9afbd}.motor{fill:#6d9bff}.line{stroke:#1d2027}
.knob{fill:#2b2f39;stroke:#7b8292}.point{stroke:#e9ebf1}.ring{stroke:#6d9bff}.arc{stroke:#474c59}.grip{stroke:#7b8292}
.glass{fill:#071317}.glow{fill:#9fe6d8}}
</style>"""


def draw(figure: Figure) -> str:
    """The picture, its parts each a group of class `c` with its story as title."""
    columns = _columns(figure)
    width = max(_LEAST_WIDTH, 2 * _EDGE + sum(columns))
    mode = textwrap.wrap(figure.mode, int((width - 2 * _EDGE) / (_MODE_PX * 0.55)))
    top = _EDGE + 34 + 15 * len(mode)
    shapes: dict[str, str] = {}
    parts: list[str] = []
    for row in figure.rows:
        height = max((_stack_height(cell) for cell in row), default=0)
        left = _EDGE
        for cell, room in zip(row, columns, strict=False):
            y = top + (height - _stack_height(cell)) // 2
            for part in cell:
                parts.append(_part(part, left + room // 2, y, shapes))
                y += _height(part) + _BETWEEN
            left += room
        top += height + _BETWEEN_ROWS
    legend, bottom = _legend(figure, top + 8, width)
    title_px = _size(figure.title, 16, width - 2 * _EDGE - 8 * len(figure.name))
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom}" width="{width}" height="{bottom}">',
        f"<title>{_text(figure.title)}</title>",
        _STYLE,
        "<defs>",
        *(f'<g id="{name}">{shape}</g>' for shape, name in shapes.items()),
        "</defs>",
        f'<rect class="box" x=".5" y=".5" width="{width - 1}" height="{bottom - 1}" rx="12"/>',
        f'<text class="l h" x="{_EDGE}" y="{_EDGE + 14}" style="font-size:{title_px:g}px">{_text(figure.title)}</text>',
        f'<text class="e s m" x="{width - _EDGE}" y="{_EDGE + 14}">{_text(figure.name)}</text>',
    ]
    head += [
        f'<text class="l s m" x="{_EDGE}" y="{_EDGE + 34 + 15 * line}">{_text(words)}</text>'
        for line, words in enumerate(mode)
    ]
    return "\n".join((*head, *parts, *legend, "</svg>", ""))


def _columns(figure: Figure) -> list[int]:
    """Widths of the columns; one in which nothing stands is a gap."""
    longest = max((len(row) for row in figure.rows), default=0)
    return [
        _CELL if any(row[place : place + 1] not in ((), ((),)) for row in figure.rows) else _GAP
        for place in range(longest)
    ]


def _stack_height(cell: tuple[Part, ...]) -> int:
    return sum(_height(part) + _BETWEEN for part in cell) - _BETWEEN if cell else 0


def _height(part: Part) -> int:
    return _HEIGHTS.get(part.shape, _USUAL_HEIGHT) + (0 if part.shape in _INSIDE else _CAPTION)


def _part(part: Part, middle: int, top: int, shapes: dict[str, str]) -> str:
    """shapes: markup of every shape so far, at the origin, and its id."""
    height = _HEIGHTS.get(part.shape, _USUAL_HEIGHT)
    shape = shapes.setdefault("".join(_shape(part, height)), f"p{len(shapes)}")
    captions = "".join(_captions(part, middle, top, height))
    return f'<g class="c"><title>{_text(part.story)}</title><use href="#{shape}" x="{middle}" y="{top}"/>{captions}</g>'


def _captions(part: Part, middle: int, top: int, height: int) -> Iterator[str]:
    what, which = part.what, part.which
    room = _CELL - (18 if part.shape in _INSIDE else 4)
    if not which and " " in what and _size(what, _WHAT_PX, room) < _WHAT_PX:
        what, _, which = what.partition(" ")
    colour = " glow" if part.shape is Shape.DISPLAY else " f" if part.is_free else ""
    if part.shape in _INSIDE:
        centre = top + height / 2 + (2 if part.colours else 0)
        first, second = (centre - 1.5, centre + 9) if which else (centre + 3.5, 0.0)
    else:
        first, second = top + height + 11, top + height + 22
    yield _line(what, f"w{colour}", middle, first, _WHAT_PX, room)
    if which:
        yield _line(which, f"s{colour}", middle, second, _WHICH_PX, room)


def _shape(part: Part, height: int) -> Iterator[str]:
    """The part, its top in the middle at the origin."""
    free = " free" if part.is_free else ""
    match part.shape:
        case Shape.FADER:
            yield from _fader(part, height)
        case Shape.METER:
            yield f'<path class="seg mg" d="M0 {height - 4}V42"/><path class="seg my" d="M0 42V16"/>'
            yield '<path class="seg mr" d="M0 16V0"/>'
        case Shape.BUTTON | Shape.PAD:
            wide, corner = _CELL - 12, 5 if part.shape is Shape.BUTTON else 8
            yield f'<rect class="key{free}" x="{-wide // 2}" width="{wide}" height="{height}" rx="{corner}"/>'
            yield from _lamps(part.colours)
        case Shape.DISPLAY:
            yield f'<rect class="glass" x="-35" width="70" height="{height}" rx="3"/>'
        case Shape.LAMP:
            for place, colour in enumerate(part.colours):
                x = 14 * place - 7 * (len(part.colours) - 1)
                yield f'<circle class="{colour}" cx="{x}" cy="{height // 2}" r="6"/>'
        case Shape.PEDAL:
            yield f'<path class="key{free}" d="M-24 {height}L-15 0H15L24 {height}Z"/>'
        case _:
            yield from _round(part, height // 2)


def _fader(part: Part, height: int) -> Iterator[str]:
    ticks = "".join(f"M-18 {4 + place * (height - 8) // 6}h36" for place in range(7))
    cap = height // 4 - 10
    kind = "motor" if part.has_motor else "cap"
    yield f'<path class="tick" d="{ticks}"/><rect class="track" x="-3" width="6" height="{height}" rx="3"/>'
    yield f'<rect class="{kind}" x="-15" y="{cap}" width="30" height="22" rx="4"/>'
    yield f'<path class="line" d="M-11 {cap + 11}h22"/>'
    if part.has_touch:
        yield f'<circle class="box" cy="{cap + 11}" r="3.5"/>'


def _round(part: Part, centre: int) -> Iterator[str]:
    if part.shape is Shape.WHEEL:
        yield f'<circle class="knob" cy="{centre}" r="30"/><circle class="arc" cy="{centre - 17}" r="7"/>'
        return
    kind = "ring" if part.has_ring or part.shape is Shape.RING else "arc"
    yield f'<path class="{kind}" d="M-15 {centre + 15}A21 21 0 1 1 15 {centre + 15}"/>'
    if part.shape is Shape.RING:
        return
    yield f'<circle class="{"motor" if part.has_motor else "knob"}" cy="{centre}" r="15"/>'
    if part.shape is Shape.ENCODER:
        yield f'<circle class="grip" cy="{centre}" r="11"/>'
    else:
        yield f'<path class="point" d="M0 {centre - 5}v-8"/>'


def _lamps(colours: tuple[str, ...]) -> Iterator[str]:
    wide = 18 if len(colours) == 1 else 9
    left = -(len(colours) * (wide + 2) - 2) / 2
    for place, colour in enumerate(colours):
        yield f'<rect class="{colour}" x="{left + place * (wide + 2):g}" y="3" width="{wide}" height="3" rx="1.5"/>'


def _legend(figure: Figure, y: int, width: int) -> tuple[list[str], int]:
    """What the marks mean, of those that are there; and where the picture ends."""
    parts = [part for row in figure.rows for cell in row for part in cell]
    is_there = {
        "lights up": any(part.colours for part in parts),
        "moves by itself": any(part.has_motor for part in parts),
        "ring of lamps": any(part.has_ring or part.shape is Shape.RING for part in parts),
        "feels the finger": any(part.has_touch for part in parts),
        "turns without end": any(part.shape is Shape.ENCODER for part in parts),
        "free": any(part.is_free for part in parts),
    }
    found: list[str] = []
    x = _EDGE
    for words, mark in _MARKS.items():
        if not is_there[words]:
            continue
        size = 24 + round(_wide(words, 10)) + 18
        if x + size > width - _EDGE and x > _EDGE:
            x, y = _EDGE, y + 18
        found.append(mark.format(x=x, y=y, up=y - 5, mid=x + 8))
        found.append(f'<text class="l s" x="{x + 24}" y="{y + 3.5}">{_text(words)}</text>')
        x += size
    return found, y + (_EDGE if found else 0)


def _line(words: str, kind: str, middle: int, y: float, px: float, room: int) -> str:
    """Words that fit into `room` pixels: smaller, and cut at last. px: the usual size of that kind."""
    size = _size(words, px, room)
    if size < _SMALLEST_PX:
        while len(words) > 1 and _wide(words + "\u2026", _SMALLEST_PX) > room:
            words = words[:-1].rstrip()
        words, size = f"{words}\u2026", _SMALLEST_PX
    style = f' style="font-size:{size:g}px"' if size < px else ""
    return f'<text class="{kind}" x="{middle}" y="{y:g}"{style}>{_text(words)}</text>'


def _size(words: str, px: float, room: float) -> float:
    """The size, at most `px`, at which the words are no wider than `room`."""
    return min(px, int(10 * px * room / max(_wide(words, px), 1)) / 10)


def _wide(words: str, px: float) -> float:
    """About how wide they are."""
    return px * sum(0.95 if letter in _WIDE else 0.36 if letter in _NARROW else 0.66 for letter in words)


def _text(words: str) -> str:
    return html.escape(words, quote=True)
