"""Controls of a box that describes itself, whoever speaks for it."""

import enum
from dataclasses import dataclass


class SerialKind(enum.StrEnum):
    """What a hand or an eye finds on the box."""

    FADER = "fader"
    KNOB = "knob"
    BUTTON = "button"
    ENCODER = "encoder"
    LAMP = "lamp"
    DISPLAY = "display"


@dataclass(frozen=True, slots=True)
class SerialControl:
    """One control of a box, as the box or its protocol describes it."""

    name: str
    kind: SerialKind
    steps: int
    """Positions of a fader or knob, steps of an encoder's turn, levels of a lamp, letters of a display; a button: 2."""
    has_lamp: bool = False
    has_motor: bool = False
    has_touch: bool = False
    has_detent: bool = False

    def travel(self, step: int) -> float:
        """Fraction of the throw at `step`; the ends are exact."""
        return step / (self.steps - 1)
