"""What a picture of a surface shows: parts with their captions, in rows as they sit on the box."""

import enum
from dataclasses import dataclass


class Shape(enum.StrEnum):
    """How a part looks."""

    FADER = "fader"
    KNOB = "knob"
    ENCODER = "encoder"
    WHEEL = "wheel"
    BUTTON = "button"
    PAD = "pad"
    PEDAL = "pedal"
    LAMP = "lamp"
    RING = "ring"
    DISPLAY = "display"
    METER = "meter"


@dataclass(frozen=True, slots=True)
class Part:
    """One control, lamp or display."""

    shape: Shape
    what: str
    """What it does, in a word or two."""
    which: str = ""
    """To what: `strip 3`, `main`."""
    story: str = ""
    """Everything known about it, for the mouse that rests on it; begins with its name and a colon."""
    colours: tuple[str, ...] = ()
    """Of its lamp; `lit` for one that knows no colours. Empty: it has none."""
    has_motor: bool = False
    has_ring: bool = False
    has_touch: bool = False
    is_free: bool = False
    """It does nothing."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A whole box."""

    title: str
    name: str
    mode: str
    """What a person must set on it."""
    rows: tuple[tuple[tuple[Part, ...], ...], ...]
    """Rows from top to bottom, cells from left to right, each a stack of parts; an empty cell is a gap."""
