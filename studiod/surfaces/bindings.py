"""What the controls of a box do and show: bindings, feedback, and the layers and pages they lie in."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Act(enum.StrEnum):
    """What a control does; each is a key of a binding in a map file."""

    ADDRESS = "address"
    TOGGLE = "toggle"
    MOMENTARY = "momentary"
    RADIO = "radio"
    STEP = "step"
    SET = "set"
    TRIGGER = "trigger"
    BANK = "bank"
    BANK_TO = "bank_to"
    SELECT = "select"
    PAGE = "page"
    NUDGE = "nudge"


ON_DESK = frozenset({Act.ADDRESS, Act.TOGGLE, Act.MOMENTARY, Act.RADIO, Act.STEP, Act.SET, Act.TRIGGER})
"""Acts that mean an address of the desk; the others turn the box itself."""


class When(enum.StrEnum):
    """At which moment of a button's press, or to which side of an encoder."""

    PRESS = "press"
    RELEASE = "release"
    TAP = "tap"
    HOLD = "hold"
    DOUBLE = "double"
    UP = "up"
    DOWN = "down"


class BankKind(enum.StrEnum):
    """What a window can lie on."""

    STRIP = "strip"
    BUS = "bus"
    MATRIX = "matrix"
    SEND = "send"
    VCA = "vca"
    MUTEGROUP = "mutegroup"
    MIDI = "midi"


@dataclass(frozen=True, slots=True)
class Binding:
    """Control -> what it does. `address` may hold `{strip+3}` or `{selected}`, which `Banks` turns into numbers."""

    control: str
    act: Act
    address: str = ""
    argument: float | None = None
    """Of a trigger."""
    when: When = When.PRESS
    word: str = ""
    """The choice of a `radio`, the value of a `set`, the page of a `page`."""
    by: float = 1.0
    """Of a `step`: in the parameter's unit. Of a `nudge`: seconds."""
    wraps: bool = False
    span: tuple[float, float] | None = None
    """Part of the parameter under the whole way of the control, in its own unit."""
    bank: BankKind = BankKind.STRIP
    bank_by: int = 0
    """Places to move the window by, for Act.BANK; the number to put first, for Act.BANK_TO."""
    place: str = field(default="", compare=False)
    """Where it is written, file:line; empty for what stands in no map."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a control shows: the value at `address`, or something of the box itself.

    Of `page`, `layer`, `selected` and `bank_at` at most one is given, and `address` is empty then.
    """

    control: str
    address: str = ""
    lit: tuple[str, ...] = ()
    """Choices at which a lamp is on; with none in `lit`, `blink` and `states`, whenever the value is not 0."""
    blink: tuple[str, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)
    """Value as text -> state of the lamp; `else` for any other."""
    on: str = "lit"
    """The state that says yes."""
    mode: str = ""
    """Of a ring."""
    span: tuple[float, float] | None = None
    """As of a binding: part of the parameter along the whole way of a motor or ring."""
    reading: int = 0
    """Which number of a meter."""
    glance: str = ""
    """A display tells this address's value for a moment after each change of it."""
    page: str = ""
    layer: str = ""
    selected: str = ""
    bank_at: tuple[BankKind, int] | None = None
    place: str = field(default="", compare=False)
    """As of a binding; of what follows from one, where that is written."""


@dataclass(frozen=True, slots=True)
class Page:
    """Bindings and feedback that come in place of the map's own for the controls they name."""

    bindings: Mapping[str, tuple[Binding, ...]]
    feedback: Mapping[str, Feedback]


@dataclass(frozen=True, slots=True)
class Layer(Page):
    """A page that is on while `key` is held, or from one press of it to the next."""

    key: str
    latches: bool = False
