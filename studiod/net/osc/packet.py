"""What an OSC packet says: messages, bundles, time tags, and the arguments they carry."""

import enum
from dataclasses import dataclass
from typing import Final

# RFC 5905: NTP counts from 1900, Unix from 1970.
_NTP_OFFSET_S = 2_208_988_800
_FRACTIONS = 1 << 32
_INT32_LOW, _INT32_HIGH = -(1 << 31), (1 << 31) - 1


class Malformed(ValueError):  # noqa: N818 - it reads as the fact it reports
    """Bytes that are no OSC packet; the message is the reason, and never holds the sender's bytes."""


class Impulse(enum.Enum):
    """The argument of tag `I`: it happened."""

    IMPULSE = "I"


IMPULSE: Final = Impulse.IMPULSE


@dataclass(frozen=True, slots=True)
class TimeTag:
    """A moment: 32.32 fixed point seconds since 1900."""

    ntp: int

    @classmethod
    def from_unix(cls, seconds: float) -> "TimeTag":
        """Tag of a Unix time."""
        return cls(round((seconds + _NTP_OFFSET_S) * _FRACTIONS) % (_FRACTIONS * _FRACTIONS))

    @property
    def unix(self) -> float:
        """Unix time of the tag; meaningless for `IMMEDIATELY`."""
        return self.ntp / _FRACTIONS - _NTP_OFFSET_S


IMMEDIATELY: Final = TimeTag(1)

Argument = int | float | str | bytes | None | TimeTag | Impulse | tuple["Argument", ...]


@dataclass(frozen=True, slots=True)
class Message:
    """An address and typed arguments.

    tags: one letter for each argument, without the comma; `[` and `]` enclose an array, which is one tuple in
    `arguments`. int: i h; float: f d; str: s S c; bytes: b r m; bool: T F; None: N; IMPULSE: I; TimeTag: t.
    """

    address: str
    tags: str = ""
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """Packets that belong together, and when."""

    time: TimeTag
    elements: tuple["Message | Bundle", ...]


Packet = Message | Bundle


def message(address: str, *arguments: Argument) -> Message:
    """A message whose tags follow from its Python arguments; an int beyond 32 bits becomes h."""
    return Message(address, "".join(map(_tag_of, arguments)), arguments)


def _tag_of(argument: Argument) -> str:
    match argument:
        case tuple():
            return f"[{''.join(map(_tag_of, argument))}]"
        case bool():
            return "T" if argument else "F"
        case int():
            return "i" if _INT32_LOW <= argument <= _INT32_HIGH else "h"
    for kind, tag in ((float, "f"), (str, "s"), (bytes, "b"), (TimeTag, "t"), (Impulse, "I")):
        if isinstance(argument, kind):
            return tag
    return "N"
