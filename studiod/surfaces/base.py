"""The words of the surface layer: gestures, controls, bindings, feedback, and what a dialect must do."""

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Moved:
    """A control that has a position now stands at `travel` (0..1)."""

    control: str
    travel: float


@dataclass(frozen=True, slots=True)
class Touched:
    """A finger rests on the control."""

    control: str


@dataclass(frozen=True, slots=True)
class Released:
    """The finger left the control."""

    control: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button went down."""

    control: str


@dataclass(frozen=True, slots=True)
class Turned:
    """An endless knob was turned by `steps` of its own, to the right when positive."""

    control: str
    steps: int


Gesture = Moved | Touched | Released | Pressed | Turned


class ControlKind(enum.StrEnum):
    """What a hand finds on the box."""

    FADER = "fader"
    KNOB = "knob"
    BUTTON = "button"


@dataclass(frozen=True, slots=True)
class MidiWire:
    """Where a control lives on the wire: 1-based channel and controller number."""

    channel: int
    controller: int


@dataclass(frozen=True, slots=True)
class Control:
    """One fader, knob or button of a box, and how finely it speaks.

    A control has `steps` positions, 0..steps-1; a button has two. Everything a box can show is one of them.
    """

    name: str
    kind: ControlKind
    steps: int
    wire: MidiWire
    has_lamp: bool = False
    has_motor: bool = False
    has_detent: bool = False
    """The middle step is a place the hand can feel; `steps` is odd then, so that it is exactly travel 0.5."""

    @property
    def shows(self) -> bool:
        """The box can show a value here: a lamp or a motor."""
        return self.has_lamp or self.has_motor

    def step(self, travel: float) -> int:
        """The step nearest to `travel` (0..1, held at the ends)."""
        return math.floor(min(max(travel, 0.0), 1.0) * (self.steps - 1) + 0.5)

    def travel(self, step: int) -> float:
        """Travel at `step`; the ends and the middle of a detent are exact."""
        return step / (self.steps - 1)

    def is_anchor(self, step: int) -> bool:
        """A place a person means exactly: both ends, and the detent."""
        return step in (0, self.steps - 1) or (self.has_detent and 2 * step == self.steps - 1)


class Act(enum.StrEnum):
    """What a control does; each is a key of a binding in a map file."""

    ADDRESS = "address"
    TOGGLE = "toggle"
    TRIGGER = "trigger"
    BANK = "bank"


@dataclass(frozen=True, slots=True)
class Binding:
    """Control -> address. `address` may hold `{bank+3}`, which `Bank` turns into a strip number."""

    control: str
    act: Act
    address: str = ""
    argument: float | None = None
    bank_by: int = 0
    """Strips to move the bank by, for Act.BANK."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """Address -> control. `lit` names the choices at which a lamp is on; empty means whenever the value is not 0."""

    control: str
    address: str
    lit: tuple[str, ...] = ()


class Takeover(enum.StrEnum):
    """What a control without a motor does when the parameter stands elsewhere."""

    PICKUP = "pickup"
    JUMP = "jump"
    SCALE = "scale"


@dataclass(frozen=True, slots=True)
class KorgSceneHello:
    """Greeting of a Korg box: read its scene, set bytes in it, send it back. RAM of the box only."""

    header: bytes
    """What stands between F0 and the command, with the global channel in it."""
    scene_bytes: int
    set_bytes: Mapping[int, int]
    expect_bytes: Mapping[int, int]
    """Bytes that must hold a value for the map to fit; when they do not, the status says so."""


@dataclass(frozen=True, slots=True)
class SurfaceMap:
    """Everything known about one model of box: facts and wishes, no behaviour."""

    name: str
    """Short, unique, the origin of its writes: `nanokontrol2`."""
    maker: str
    model: str
    mode: str
    """The mode the box must be in, for a person."""
    confidence: str
    sources: tuple[str, ...]
    ports: tuple[str, ...]
    """Shell patterns a port's name must match, upper and lower case alike."""
    bank_size: int
    takeover: Takeover
    messages_per_s: int
    hello: KorgSceneHello | None
    controls: Mapping[str, Control]
    bindings: Mapping[str, Binding]
    feedback: Mapping[str, Feedback]


class Dialect(Protocol):
    """A protocol's grammar: pure, no state, no clock."""

    def decode(self, message: bytes) -> Gesture | None:
        """What the hand did, or None for a message that means nothing here. Never raises, whatever the bytes."""
        ...

    def encode(self, control: Control, step: int) -> bytes:
        """The message that makes `control` show `step`."""
        ...
