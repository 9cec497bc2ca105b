"""What a surface of this family can show, and what it says of itself: the words that grammar and logic share."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from studiod.surfaces.base import Gesture

POSITIONS = 0x4000  # a pitch bend message carries 14 bits
TOP = POSITIONS - 1


class Part(enum.Enum):
    """A kind of thing that shows something; a key is a part and its place."""

    FADER = enum.auto()
    """Place 0.. from the left, the master last; shows a position 0..TOP."""
    LAMP = enum.auto()
    """Place is the button's name; shows a `Lamp`."""
    RING = enum.auto()
    """Place 0.. from the left; shows a `Ring`."""
    TIME = enum.auto()
    """Place 0; shows one text a digit from left to right, each a character and perhaps a dot."""
    DIGIT = enum.auto()
    """Place 0.. from the right, 10 and 11 for the assignment; shows a character and perhaps a dot."""
    COLOURS = enum.auto()
    """Place 0; shows a tuple of `Colour`, one a strip."""
    OVERLOAD = enum.auto()
    """Place 0..; shows whether the meter was too high."""
    METER = enum.auto()
    """Place 0..; shows a level 0..13, and falls by itself."""
    MASTER_METER = enum.auto()
    """Place 0 left, 1 right; as METER."""
    METER_MODE = enum.auto()
    """Place 0.., bits of where a strip's meter shows; the place behind the last: whether meters on the glass stand."""


class Lamp(enum.IntEnum):
    """What a lamp does, as Mackie Control says it."""

    OFF = 0
    FLASH = 1
    ON = 0x7F


class RingMode(enum.IntEnum):
    """How a ring of eleven lamps shows a position."""

    DOT = 0
    BOOST_CUT = 1
    """From the middle to the position."""
    WRAP = 2
    """From the left to the position."""
    SPREAD = 3
    """From the middle to both sides; positions 1..6."""


class Colour(enum.IntEnum):
    """Colour of a scribble strip: bit 0 red, bit 1 green, bit 2 blue."""

    OFF = 0
    RED = 1
    GREEN = 2
    YELLOW = 3
    BLUE = 4
    MAGENTA = 5
    CYAN = 6
    WHITE = 7


class Ring(NamedTuple):
    """What a V-Pot's ring shows: position 0 (all dark) or 1..11, and the small lamp under it."""

    mode: RingMode
    position: int
    is_centred: bool = False


Key = tuple[Part, int | str]
Shown = int | str | Ring | tuple[Colour, ...] | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the box says of itself: a system exclusive message of its maker."""

    model_id: int
    command: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Alive:
    """The box answers the heartbeat."""


@dataclass(frozen=True, slots=True)
class Started:
    """The box was switched on or off: it shows nothing any more."""


Said = Gesture | Reply | Alive | Started


class Codec(Protocol):
    """A grammar of this family. `decode` keeps what decoding needs and nothing else."""

    def decode(self, piece: bytes) -> list[Said]:
        """What the box said; never raises, whatever the bytes."""
        ...

    def encode(self, key: Key, value: Shown) -> tuple[bytes, ...]:
        """The messages that make `key` show `value`; none for what this family cannot show."""
        ...

    def has_lamp(self, name: str) -> bool:
        """There is a lamp of that name in this family."""
        ...

    def time(self, digits: tuple[str, ...]) -> Iterable[tuple[Key, Shown]]:
        """What to show so that the time display reads `digits`, from left to right."""
        ...

    def forget(self) -> None:
        """The wire was cut: forget half a message."""
        ...
