"""The grammar of boxes whose controls are known by name: what one of them is to show, in words for its line."""

from dataclasses import dataclass

from studiod.surfaces.base import Control, Gesture, Lit, Said, Shown, SurfaceMap
from studiod.surfaces.controls import DARK, LIT

LEVELS = 128
"""Of a lamp's states in a map; a box with fewer is told the nearest."""
_STEP, _LEVEL, _TEXT = "step", "level", "text"


@dataclass(frozen=True, slots=True)
class Wish:
    """What `control` is to show: a step of its motor or ring, a level of its lamp (0..127), or a text.

    colour: of the lamp, 0xRRGGBB; None for its own.
    """

    control: str
    step: int | None = None
    level: int | None = None
    colour: int | None = None
    text: str = ""


class NamedControls:
    """What boxes on lines are told, before a talk puts it into the line's own bytes: see `wish`."""

    beat_s = 0.0

    def __init__(self, facts: SurfaceMap) -> None:
        del facts  # names are all there is to know

    def decode(self, message: bytes, port: int = 0) -> tuple[Gesture, ...]:  # noqa: ARG002 - the line's talk hears
        """Nothing: what a box says has more than one message to it, and is for its talk."""
        return ()

    def encode(self, control: Control, shown: Shown) -> tuple[bytes, ...]:
        """One wish."""
        if control.show is None:
            return ()
        if isinstance(shown, Said):
            return (f"{_TEXT} {control.name} {shown.text}".encode(),)
        if isinstance(shown, Lit):
            state = control.show.states.get(shown.state)
            usual = 0 if shown.state == DARK else LEVELS - 1
            if state is None:
                state = control.show.states.get(LIT if usual else DARK)
            if state is None:
                return (f"{_LEVEL} {control.name} {usual}".encode(),)
            colour = "" if state.colour is None else f" {state.colour}"
            return (f"{_LEVEL} {control.name} {state.value}{colour}".encode(),)
        return (f"{_STEP} {control.name} {max(shown.step, 0)}".encode(),)

    def greet(self, port: int = 0) -> tuple[bytes, ...]:  # noqa: ARG002 - the line's talk greets
        """Nothing."""
        return ()

    dismiss = beat = greet


def wish(message: bytes) -> Wish:
    """What `NamedControls.encode` made."""
    kind, name, value = message.decode().split(" ", 2)
    if kind == _TEXT:
        return Wish(name, text=value)
    if kind == _STEP:
        return Wish(name, step=int(value))
    level, _, colour = value.partition(" ")
    return Wish(name, level=int(level), colour=int(colour) if colour else None)
