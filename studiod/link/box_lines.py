"""The grammar of studiod's own line protocol: one line, one word, both ways. docs/reference/serial-protocol.md."""

import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass

from studiod.link.box_controls import SerialControl, SerialKind

VERSION = 1
LONGEST_LINE = 128  # with its checksum, without its LF; a board with 2 KB of RAM holds two
MOST_CONTROLS = 256
MOST_STEPS = 16_384
LAMP_LEVELS = 128
MOST_TEXT = 64
_LINE = re.compile(rb"([ -~\x80-\xff]+)\*([0-9A-F]{4})\r?")
_TOKEN = re.compile(r"[A-Za-z0-9._+-]{1,24}")
_CONTROL = re.compile(r"[a-z0-9][a-z0-9/_-]{0,31}")
_KINDS = {"f": SerialKind.FADER, "k": SerialKind.KNOB, "b": SerialKind.BUTTON}
_KINDS |= {"e": SerialKind.ENCODER, "l": SerialKind.LAMP, "d": SerialKind.DISPLAY}
_FLAGS = "lmtd"  # lamp, motor, touch, detent
_MOST_DELTA = 127
_LAST_PING = 65_535


@dataclass(frozen=True, slots=True)
class Hello:
    """The box says who it is; `controls` descriptions follow."""

    version: int
    name: str
    firmware: str
    controls: int

    @property
    def payload(self) -> str:
        """As it stands before the checksum."""
        return f"H {self.version} {self.name} {self.firmware} {self.controls}"


@dataclass(frozen=True, slots=True)
class Description:
    """One control of the box, and the number it goes by."""

    number: int
    control: SerialControl

    @property
    def payload(self) -> str:
        """As it stands before the checksum."""
        control = self.control
        kind = next(letter for letter, kind in _KINDS.items() if kind is control.kind)
        has = (control.has_lamp, control.has_motor, control.has_touch, control.has_detent)
        flags = "".join(letter for letter, it_has in zip(_FLAGS, has, strict=True) if it_has)
        return f"C {self.number} {kind} {control.steps} {flags or '-'} {control.name}"


@dataclass(frozen=True, slots=True)
class Ready:
    """All controls have been described; their positions follow."""

    @property
    def payload(self) -> str:
        """As it stands before the checksum."""
        return "R"


@dataclass(frozen=True, slots=True)
class Position:
    """A fader or knob stands at `step`; to the box: let motor or ring go there."""

    number: int
    step: int

    @property
    def payload(self) -> str:
        """As it stands before the checksum."""
        return f"V {self.number} {self.step}"


@dataclass(frozen=True, slots=True)
class Turn:
    """An encoder was turned by `steps`, to the right when positive."""

    number: int
    steps: int

    @property
    def payload(self) -> str:
        """As it stands before the checksum."""
        return f"E {self.number} {self.steps}"


@dataclass(frozen=True, slots=True)
class Switch:
    """A button went down or up."""

    number: int
    is_down: bool

    @property
    def payload(self) -> str:
        """As it stands before the checksum."""
        return f"B {self.number} {int(self.is_down)}"


@dataclass(frozen=True, slots=True)
class Touch:
    """A finger came to a control, or left it."""

    number: int
    is_there: bool

    @property
    def payload(self) -> str:
        """As it stands before the checksum."""
        return f"T {self.number} {int(self.is_there)}"


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there; and the answer, with the same number."""

    number: int

    @property
    def payload(self) -> str:
        """As it stands before the checksum."""
        return f"P {self.number}"


@dataclass(frozen=True, slots=True)
class Ask:
    """To the box: say who you are, from the beginning."""

    @property
    def payload(self) -> str:
        """As it stands before the checksum."""
        return "?"


@dataclass(frozen=True, slots=True)
class Lamp:
    """To the box: a lamp shows `level`, 0 dark .. 127 bright, in a colour 0xRRGGBB where it has several."""

    number: int
    level: int
    colour: int | None = None

    @property
    def payload(self) -> str:
        """As it stands before the checksum."""
        colour = "" if self.colour is None else f" {self.colour:06X}"
        return f"L {self.number} {self.level}{colour}"


@dataclass(frozen=True, slots=True)
class Text:
    """To the box: a display shows `text`."""

    number: int
    text: str

    @property
    def payload(self) -> str:
        """As it stands before the checksum."""
        return f"D {self.number} {self.text}".rstrip()


Line = Hello | Description | Ready | Position | Turn | Switch | Touch | Ping | Ask | Lamp | Text


def checksum(payload: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, begins with FFFF; 29B1 for `123456789`."""
    return binascii.crc_hqx(payload, 0xFFFF)


def sealed(payload: str) -> bytes:
    """`payload` with its checksum and LF, ready for the wire. Raises ValueError when the line would be too long."""
    raw = payload.encode()
    line = b"%s*%04X" % (raw, checksum(raw))
    if len(line) > LONGEST_LINE:
        raise ValueError(f"a line of {len(line)} bytes; allowed {LONGEST_LINE}")
    return line + b"\n"


def unsealed(line: bytes) -> str | None:
    """The payload of one line (without its LF); None when its checksum is wrong, or it is no line of ours."""
    found = _LINE.fullmatch(line)
    if found is None or len(line) > LONGEST_LINE or checksum(found[1]) != int(found[2], 16):
        return None
    try:
        return found[1].decode()
    except UnicodeDecodeError:
        return None


def encode(line: Line) -> bytes:
    """`line` as it stands on the wire. Raises ValueError when it is too long."""
    return sealed(line.payload)


def decode(line: bytes) -> Line | None:
    """What one line (without its LF) says; None for anything that is not exactly one line of this protocol."""
    payload = unsealed(line)
    if payload is None:
        return None
    letter, _, rest = payload.partition(" ")
    read = _READERS.get(letter)
    if read is None:
        return None
    try:
        return read(rest)
    except _Odd:
        return None


class _Odd(Exception):  # noqa: N818 - it reads as the fact it reports
    """A line with the right checksum that says nothing."""


def _words(rest: str, count: int) -> list[str]:
    words = rest.split(" ")
    if len(words) != count:
        raise _Odd
    return words


def _whole(word: str, low: int, high: int) -> int:
    digits = word.removeprefix("-") if low < 0 else word
    if not digits.isascii() or not digits.isdigit() or len(digits) > len(str(high)):
        raise _Odd
    value = int(word)
    if not low <= value <= high:
        raise _Odd
    return value


def _number(word: str) -> int:
    return _whole(word, 0, MOST_CONTROLS - 1)


def _pair(low: int, high: int) -> Callable[[str], tuple[int, int]]:
    def read(rest: str) -> tuple[int, int]:
        number, value = _words(rest, 2)
        return _number(number), _whole(value, low, high)

    return read


_step, _delta, _flag = _pair(0, MOST_STEPS - 1), _pair(-_MOST_DELTA, _MOST_DELTA), _pair(0, 1)


def _hello(rest: str) -> Line:
    version, name, firmware, controls = _words(rest, 4)
    if not _TOKEN.fullmatch(name) or not _TOKEN.fullmatch(firmware):
        raise _Odd
    return Hello(_whole(version, 1, 99), name, firmware, _whole(controls, 0, MOST_CONTROLS))


def _description(rest: str) -> Line:
    number, letter, steps, flags, name = _words(rest, 5)
    kind = _KINDS.get(letter)
    flags = "" if flags == "-" else flags
    if kind is None or set(flags) - set(_FLAGS) or len(set(flags)) != len(flags) or not _CONTROL.fullmatch(name):
        raise _Odd
    control = SerialControl(name, kind, _whole(steps, 2, MOST_STEPS), *(letter in flags for letter in _FLAGS))
    return Description(_number(number), control)


def _alone(line: Line) -> Callable[[str], Line]:
    def read(rest: str) -> Line:
        if rest:
            raise _Odd
        return line

    return read


def _lamp(rest: str) -> Line:
    number, level, *colour = rest.split(" ")
    if len(colour) > 1 or (colour and not re.fullmatch(r"[0-9A-F]{6}", colour[0])):
        raise _Odd
    return Lamp(_number(number), _whole(level, 0, LAMP_LEVELS - 1), int(colour[0], 16) if colour else None)


def _text(rest: str) -> Line:
    number, _, text = rest.partition(" ")
    if len(text) > MOST_TEXT or not text.isprintable():
        raise _Odd
    return Text(_number(number), text)


_READERS: dict[str, Callable[[str], Line]] = {
    "H": _hello,
    "C": _description,
    "R": _alone(Ready()),
    "V": lambda rest: Position(*_step(rest)),
    "E": lambda rest: Turn(*_delta(rest)),
    "B": lambda rest: Switch(_flag(rest)[0], bool(_flag(rest)[1])),
    "T": lambda rest: Touch(_flag(rest)[0], bool(_flag(rest)[1])),
    "P": lambda rest: Ping(_whole(rest, 0, _LAST_PING)),
    "?": _alone(Ask()),
    "L": _lamp,
    "D": _text,
}
