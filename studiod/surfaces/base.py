"""The words of the surface layer: gestures, what a box shows, the facts of a map, and what a dialect must do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from studiod.link.ports import MIDI_PORT
from studiod.surfaces.bindings import Act, BankKind, Binding, Feedback, Layer, Page, When
from studiod.surfaces.controls import (
    Control,
    ControlKind,
    Relative,
    Scale,
    Sends,
    Show,
    ShowKind,
    Takeover,
    Wire,
    WireKind,
)

__all__ = [
    "Act",
    "Answered",
    "BankKind",
    "Binding",
    "Control",
    "ControlKind",
    "Dialect",
    "Feedback",
    "Gesture",
    "Hand",
    "KorgSceneHello",
    "Layer",
    "Lit",
    "Match",
    "Moved",
    "Page",
    "Pressed",
    "Relative",
    "Released",
    "Said",
    "Scale",
    "Sends",
    "Show",
    "ShowKind",
    "Shown",
    "Stands",
    "SurfaceMap",
    "Takeover",
    "Touched",
    "Turned",
    "When",
    "Wire",
    "WireKind",
    "Woke",
]


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
    """The finger left the control, or the button came up."""

    control: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button went down."""

    control: str
    is_on: bool | None = None
    """What a button says that holds its own state and has a lamp."""


@dataclass(frozen=True, slots=True)
class Turned:
    """An endless knob was turned by `steps` of its own, to the right when positive."""

    control: str
    steps: int


@dataclass(frozen=True, slots=True)
class Answered:
    """The box asked for something in its own grammar, and this is what it must hear."""

    message: bytes


@dataclass(frozen=True, slots=True)
class Woke:
    """The box has just begun, or begun anew, and shows nothing: everything is told again."""


Hand = Moved | Touched | Released | Pressed | Turned
"""What a hand does."""

Gesture = Hand | Answered | Woke


@dataclass(frozen=True, slots=True)
class Stands:
    """A motor, ring or meter at `step` of its own steps; -1 for a ring with nothing to show. mode: of a ring."""

    step: int
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Lit:
    """A lamp in a state: `dark`, `lit`, `blink`, or one that the control names."""

    state: str


@dataclass(frozen=True, slots=True)
class Said:
    """A text on a display, as long as it is; the dialect cuts and pads."""

    text: str


Shown = Stands | Lit | Said


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
class Match:
    """How a box is found."""

    ports: tuple[str, ...] = ()
    """Shell patterns a port's name must match, upper and lower case alike."""
    usb: tuple[str, ...] = ()
    """`vendor:product` in small hex."""
    speaks: bool = True
    listens: bool = True
    also: tuple[tuple[str, ...], ...] = ()
    """Patterns of its further ports; wire port 1 is the first of them."""
    identity: tuple[int, ...] = ()
    """Its identity reply after F0 7E channel 06 02; -1 is any byte."""
    behind: tuple[str, ...] = ()
    """Ports on which it is asked for."""
    not_ports: tuple[str, ...] = ()
    """Patterns of its relatives, which it must not match."""
    kinds: tuple[str, ...] = (MIDI_PORT,)
    """What is spoken on its ports."""
    says: tuple[str, ...] = ()
    """Of a box that describes itself: patterns of the name it gives."""
    every: bool = False
    """Of a box on a serial line: any that no other map fits better."""
    has_keys: bool = False
    """Keys or pads to play on speak on the same port: what they say is music."""
    usual: bool = True
    """False: it is looked for only where the user says so; another model is what its ports mean by themselves."""
    each_port: bool = False
    """Each port of a device that fits is a box of its own; of others one is."""
    spoken_for: tuple[str, ...] = ()
    """Patterns of ports that the user has given to others, or to nobody."""
    shares: bool = False
    """It listens in: its ports are another's, too, or are played on."""


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
    match: Match
    controls: Mapping[str, Control]
    bindings: Mapping[str, tuple[Binding, ...]]
    feedback: Mapping[str, Feedback]
    dialect: str = "generic-midi"
    banks: Mapping[BankKind, int] = field(default_factory=lambda: {BankKind.STRIP: 8})
    takeover: Takeover = Takeover.PICKUP
    messages_per_s: int = 500
    bytes_per_s: int = 2800
    hold_s: float = 0.5
    double_s: float = 0.3
    hello: KorgSceneHello | None = None
    greeting: tuple[tuple[int, bytes], ...] = ()
    """(port, message) at every connect."""
    farewell: tuple[tuple[int, bytes], ...] = ()
    layers: Mapping[str, Layer] = field(default_factory=dict)
    pages: Mapping[str, Page] = field(default_factory=dict)
    face: tuple[tuple[tuple[str, ...], ...], ...] = ()
    """Rows of cells, each a stack of controls; an empty cell is a gap."""
    base: str = ""
    """The map it was made from; empty for one that stands alone."""
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of the controls in each row of the file."""
    ports: tuple[str, ...] = ()
    """What the file calls the further ports, in the order of `match.also`."""


class Dialect(Protocol):
    """A protocol's grammar for one box: no clock, no ports, and no state but what decoding the next message needs."""

    beat_s: float
    """How often the box wants to hear `beat`; 0 for never."""

    def decode(self, message: bytes, port: int = 0) -> tuple[Gesture, ...]:
        """What the hand did; nothing for a message that means nothing here. Never raises, whatever the bytes."""
        ...

    def encode(self, control: Control, shown: Shown) -> tuple[bytes, ...]:
        """The messages, to `control.port`, that make `control` show this."""
        ...

    def greet(self, port: int = 0) -> tuple[bytes, ...]:
        """What the box hears first; whatever was heard from it before is forgotten."""
        ...

    def dismiss(self, port: int = 0) -> tuple[bytes, ...]:
        """What the box hears last."""
        ...

    def beat(self, port: int = 0) -> tuple[bytes, ...]:
        """What tells the box every `beat_s` that somebody is there."""
        ...
