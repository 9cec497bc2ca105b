"""The picture of a Mackie Control or HUI box: what its file says it has, on the places where such boxes have it."""

from studiod.surfaces import drawing
from studiod.surfaces.controls import LIT
from studiod.surfaces.figure import Figure, Part, Shape
from studiod.surfaces.mackie.facts import BoxFacts, Glass, Role

_KEYS = (
    ("f1", "f2", "f3", "f4"),
    ("f5", "f6", "f7", "f8"),
    ("bank/left", "bank/right", "channel/left", "channel/right"),
    ("marker", "cycle", "click", "flip"),
    ("rewind", "forward", "stop", "play", "record"),
)  # fmt: skip
_SIDES = {"left": "\u2039 {}", "right": "{} \u203a"}
_LAMP = (LIT,)
_Cell = tuple[Part, ...]


def draw(facts: BoxFacts) -> str:
    """SVG of the box. A main box has the usual keys on its right; which of them a model has is in no file."""
    return drawing.draw(figure_of(facts))


def figure_of(facts: BoxFacts) -> Figure:
    """What the picture shows."""
    rows = [_strip_row(facts, row) for row in _rows(facts)]
    mode = "Nothing to set." if facts.mode == "none" else f"{facts.mode.rstrip('.')}."
    if facts.role is Role.MAIN:
        mode += " Which of the keys on the right it has is not known."
        side = _side(facts)
        below = 2 if facts.has_jog else 1  # transport and wheel are where the hand rests
        while len(side) < len(rows):
            side.insert(len(side) - below, [])
        while len(rows) < len(side):
            rows.insert(0, [()] * len(rows[0]))
        rows = [[*row, (), *beside] for row, beside in zip(rows, side, strict=True)]
    return Figure(f"{facts.maker} {facts.model}", facts.name, mode, tuple(tuple(row) for row in rows))


def _rows(facts: BoxFacts) -> list[str]:
    """What stands over each other in a strip."""
    rows = ["name"] if facts.glass is not Glass.NONE else []
    rows += ["V-pot"] if facts.has_vpots else []
    return [*rows, "rec", "solo", "mute", "select", *(["meter"] if facts.has_meters else []), "level"]


def _strip_row(facts: BoxFacts, what: str) -> list[_Cell]:
    """A cell for each strip, and one for the master where there is one."""
    shape = {"name": Shape.DISPLAY, "V-pot": Shape.ENCODER, "meter": Shape.METER, "level": Shape.FADER}.get(
        what, Shape.BUTTON
    )
    is_fader = shape is Shape.FADER
    names = [str(place) for place in range(1, facts.strips + 1)] + ["main"] * (facts.has_master and is_fader)
    cells: list[_Cell] = []
    for name in names:
        which = "main" if name == "main" else "selected" if facts.follows_selection else f"strip {name}"
        part = Part(
            shape, what, which, f"{what}/{name}: {shape.value}", _LAMP if shape is Shape.BUTTON else (),
            facts.has_motors and is_fader, shape is Shape.ENCODER, facts.has_touch and is_fader,
        )  # fmt: skip
        cells.append((part,))
    return cells + [()] * (facts.strips + facts.has_master - len(cells))


def _side(facts: BoxFacts) -> list[list[_Cell]]:
    """What a main box has beside its strips."""
    glass: list[_Cell] = [
        (Part(Shape.DISPLAY, what, "", f"{what}: display"),)
        for what, is_there in (("assignment", facts.has_assignment), ("position", facts.has_time))
        if is_there
    ]
    rows: list[list[_Cell]] = [glass] if glass else []
    rows += [[_key(facts, name) for name in names] for names in _KEYS]
    if facts.has_jog:
        rows.append([(Part(Shape.WHEEL, "jog", "scrub", "jog: wheel"),)])
    return rows


def _key(facts: BoxFacts, name: str) -> _Cell:
    word, _, side = name.partition("/")
    act = facts.keys.get(name)
    what = act.address.strip("/").rpartition("/")[2] if act is not None else _SIDES.get(side, "{}").format(word)
    return (Part(Shape.BUTTON, what, "" if act is None else name, f"{name}: key", _LAMP),)
