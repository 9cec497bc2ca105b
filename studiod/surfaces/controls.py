"""What is on a box: its controls, where they live on the wire, and what they can show."""

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass, field


class ControlKind(enum.StrEnum):
    """What a hand finds on the box; the last four are outputs only."""

    FADER = "fader"
    KNOB = "knob"
    ENCODER = "encoder"
    BUTTON = "button"
    PAD = "pad"
    WHEEL = "wheel"
    PEDAL = "pedal"
    LAMP = "lamp"
    RING = "ring"
    DISPLAY = "display"
    METER = "meter"


PRESSED_KINDS = frozenset({ControlKind.BUTTON, ControlKind.PAD})
TURNED_KINDS = frozenset({ControlKind.ENCODER, ControlKind.WHEEL})
POSITION_KINDS = frozenset({ControlKind.FADER, ControlKind.KNOB, ControlKind.PEDAL})
OUTPUT_KINDS = frozenset({ControlKind.LAMP, ControlKind.RING, ControlKind.DISPLAY, ControlKind.METER})


class Takeover(enum.StrEnum):
    """What a control without a motor does when the parameter stands elsewhere."""

    PICKUP = "pickup"
    JUMP = "jump"
    SCALE = "scale"


class WireKind(enum.StrEnum):
    """What sort of MIDI message; each is a key of a control in a map file."""

    CC = "cc"
    CC14 = "cc14"
    NRPN = "nrpn"
    RPN = "rpn"
    NOTE = "note"
    PROGRAM = "program"
    BEND = "bend"
    PRESSURE = "pressure"
    POLY = "poly"
    MESSAGE = "message"


_FINE = frozenset({WireKind.CC14, WireKind.NRPN, WireKind.RPN, WireKind.BEND})
VALUE, TEXT = -1, -2  # places in a whole message that are filled in


@dataclass(frozen=True, slots=True)
class Wire:
    """Where something lives on the wire."""

    kind: WireKind
    channel: int = 1
    """1..16; 1 for messages that have none."""
    number: int = 0
    """Controller, note, program or parameter; 0 where the kind has none."""
    lsb: int = 0
    """Controller of the low half, for `cc14`."""
    message: tuple[int, ...] = ()
    """For `message`: its bytes, with VALUE and TEXT where those stand."""
    port: int = 0
    """Which port of the box, counted from 0."""

    @property
    def highest(self) -> int:
        """The greatest value the message carries."""
        return 16_383 if self.kind in _FINE else 127

    def __str__(self) -> str:
        """In a person's words: `channel 1 cc 7`."""
        if self.kind is WireKind.MESSAGE:
            marks = {VALUE: "vv", TEXT: "tt"}
            return "message " + " ".join(marks.get(byte, f"{byte:02X}") for byte in self.message)
        number = "" if self.kind in (WireKind.BEND, WireKind.PRESSURE) else f" {self.number}"
        return f"channel {self.channel} {self.kind.value}{number}"


class Relative(enum.StrEnum):
    """How steps to either side are told."""

    TWOS = "twos"
    OFFSET = "offset"
    SIGN = "sign"
    SIGN_REVERSED = "sign-reversed"
    PAIR = "pair"
    HALF = "half"


class Sends(enum.StrEnum):
    """What a button says: down and up, only down, or its own state."""

    BOTH = "both"
    PRESS = "press"
    TOGGLE = "toggle"


@dataclass(frozen=True, slots=True)
class Scale:
    """Steps along a range of wire values: `low` at step 0, `high` at the last one; it may run backwards.

    With a detent the two middle values of an even range are one step, so that the middle is exactly travel 0.5.
    """

    low: int
    high: int
    has_detent: bool = False

    @property
    def steps(self) -> int:
        """How many steps it has."""
        values = abs(self.high - self.low) + 1
        return values - 1 if self._is_folded else values

    def step(self, value: int) -> int:
        """The step at wire `value`, held at the ends."""
        lower, upper = min(self.low, self.high), max(self.low, self.high)
        place = abs(min(max(value, lower), upper) - self.low)
        return place - 1 if self._is_folded and place >= self._fold else place

    def value(self, step: int) -> int:
        """The wire value at `step`; of the two values of a middle the upper one, MIDI's centre."""
        place = step
        if self._is_folded and (step >= self._fold if self.low > self.high else step >= self._fold - 1):
            place += 1
        return self.low + place if self.high >= self.low else self.low - place

    @property
    def _is_folded(self) -> bool:
        return self.has_detent and abs(self.high - self.low) % 2 == 1

    @property
    def _fold(self) -> int:
        return (abs(self.high - self.low) + 1) // 2


@dataclass(frozen=True, slots=True)
class LampState:
    """How one state of a lamp is said: a value on the lamp's wire, perhaps on another channel, or a whole message.

    Of a lamp on a serial line: its level, and perhaps its colour.
    """

    value: int = 0
    channel: int | None = None
    message: bytes = b""
    colour: int | None = None
    """0xRRGGBB."""


class ShowKind(enum.StrEnum):
    """In which way a control shows something."""

    LAMP = "lamp"
    MOTOR = "motor"
    RING = "ring"
    DISPLAY = "display"
    METER = "meter"


DARK, LIT, BLINK, FAST = "dark", "lit", "blink", "fast"
"""States that every lamp has: where a box cannot blink by itself, studiod switches the lamp on and off."""


@dataclass(frozen=True, slots=True)
class Show:
    """What a control can show, and how the box is told. Dialects with their own grammar leave `wire` alone."""

    kind: ShowKind
    steps: int = 2
    wire: Wire | None = None
    scale: Scale = field(default=Scale(0, 127))
    states: Mapping[str, LampState] = field(default_factory=dict)
    """Of a lamp: `dark`, `lit`, and what else it knows."""
    none: int | None = None
    """Wire value of a ring that has nothing to show; its lowest step when there is none."""
    mode_wire: Wire | None = None
    modes: Mapping[str, int] = field(default_factory=dict)
    usual_mode: str = ""
    width: int = 7
    """Characters of a display."""
    low_db: float = -60.0
    high_db: float = 0.0
    """What the ends of a meter mean."""
    fades: bool = False
    """A meter that falls by itself and is told again and again."""


LAMP = Show(ShowKind.LAMP, states={DARK: LampState(0), LIT: LampState(127)})
"""A lamp that knows nothing but on and off."""


@dataclass(frozen=True, slots=True)
class Control:
    """One fader, knob, button or lamp of a box, and how finely it speaks.

    A control has `steps` positions, 0..steps-1; a button has two. Of an encoder, `steps` - 1 turns are the whole way.
    """

    name: str
    kind: ControlKind
    steps: int = 2
    wire: Wire | None = None
    """None where the dialect knows the place by the name."""
    scale: Scale = field(default=Scale(0, 127))
    has_detent: bool = False
    """The middle step is a place the hand can feel; `steps` is odd then, so that it is exactly travel 0.5."""
    relative: Relative | None = None
    down: Wire | None = None
    """The other side of a `pair`."""
    acceleration: tuple[tuple[int, int], ...] = ()
    """(steps in one message, what they count as), rising."""
    pressed: range = range(64, 128)
    """Values that mean down."""
    sends: Sends = Sends.BOTH
    is_inverted: bool = False
    """A switch that opens when it is pressed; of boxes that know controls by name."""
    touch: Wire | None = None
    touched: range = range(64, 128)
    """Values of `touch` that mean a finger rests on it."""
    takeover: Takeover | None = None
    """Its own, in place of the map's."""
    show: Show | None = None
    port: int = 0
    """The port of the box over which it is told what to show."""

    @property
    def shows(self) -> bool:
        """The box can show something here."""
        return self.show is not None

    @property
    def is_output(self) -> bool:
        """Nothing is heard from it."""
        return self.kind in OUTPUT_KINDS

    @property
    def has_lamp(self) -> bool:
        """It can be lit."""
        return self.show is not None and self.show.kind is ShowKind.LAMP

    @property
    def has_motor(self) -> bool:
        """It moves by itself."""
        return self.show is not None and self.show.kind is ShowKind.MOTOR

    def step(self, travel: float) -> int:
        """The step nearest to `travel` (0..1, held at the ends)."""
        return nearest_step(travel, self.steps)

    def travel(self, step: int) -> float:
        """Travel at `step`; the ends and the middle of a detent are exact."""
        return step / (self.steps - 1)

    def is_anchor(self, step: int) -> bool:
        """A place a person means exactly: both ends, and the detent."""
        return step in (0, self.steps - 1) or (self.has_detent and 2 * step == self.steps - 1)


def nearest_step(travel: float, steps: int) -> int:
    """The step of `steps` nearest to `travel` (0..1, held at the ends)."""
    return math.floor(min(max(travel, 0.0), 1.0) * (steps - 1) + 0.5)
