"""The grammar of HUI: bytes to gestures, what is shown to bytes (docs/reference/mackie-control.md)."""

from collections.abc import Iterable
from typing import Final

from studiod.surfaces.base import Moved, Pressed, Released, Touched, Turned
from studiod.surfaces.hui.zones import LAMPS, NAMES, PORTS, STRIPS, TOUCH
from studiod.surfaces.mackie.wire import Splitter
from studiod.surfaces.mackie.words import TOP, Alive, Key, Part, Ring, Said, Shown, Started

HEAD: Final = bytes.fromhex("F0 00 00 66 05 00")
"""Begins every system exclusive message of a HUI."""
PING, PONG = bytes.fromhex("90 00 00"), bytes.fromhex("90 00 7F")
TIME, SCRIBBLE, MAIN = 0x11, 0x10, 0x12
DIGITS: Final = 8
_CONTROL, _POLY = 0xB0, 0xA0
_ZONE_TO, _PORT_TO, _ZONE_FROM, _PORT_FROM = 0x0C, 0x2C, 0x0F, 0x2F
_FADER_LOW, _VPOT, _RING, _JOG = 0x20, 0x40, 0x10, 0x0D
_VPOTS: Final = 13
_DOWN, _MIDDLE, _CENTRE_LAMP, _DOT = 0x40, 0x40, 0x40, 0x10
_RESET = b"\xff"
_MESSAGE = 3
_TOP_LEVEL = 0x0C  # a HUI has no step above 0 dB


class HuiCodec:
    """The grammar of one box. It remembers the zone that was named, and the upper half of each fader."""

    def __init__(self) -> None:
        self._splitter = Splitter()
        self._zone: int | None = None
        self._high: dict[int, int] = {}

    def forget(self) -> None:
        """The wire was cut: forget what was half said."""
        self._splitter.forget()
        self._zone = None
        self._high.clear()

    def decode(self, piece: bytes) -> list[Said]:
        """What the box said; messages may be cut anywhere and use running status. Never raises."""
        found = (self._said(message) for message in self._splitter.feed(piece))
        return [said for said in found if said is not None]

    def encode(self, key: Key, value: Shown) -> tuple[bytes, ...]:
        """The messages that make `key` show `value`; none for what a HUI does not have."""
        part, place = key
        if isinstance(place, str):
            return _lamp(place, is_on=bool(value))
        messages: tuple[bytes, ...] = ()
        match part, value:
            case Part.FADER, int() if place < STRIPS:
                low = bytes((_CONTROL, _FADER_LOW + place, value & 0x7F))
                messages = (bytes((_CONTROL, place, value >> 7)), low)
            case Part.RING, Ring(mode, position, is_centred):
                messages = (bytes((_CONTROL, _RING + place, is_centred * _CENTRE_LAMP | mode << 4 | position)),)
            case Part.METER, int():
                messages = tuple(meter(place, side, min(value, _TOP_LEVEL)) for side in (0, 1))
            case Part.TIME, tuple():
                messages = (HEAD + bytes((TIME, *(_digit(str(shown)) for shown in reversed(value)))) + b"\xf7",)
        return messages

    def has_lamp(self, name: str) -> bool:
        """There is a lamp of that name in this family."""
        return name in LAMPS

    def time(self, digits: tuple[str, ...]) -> Iterable[tuple[Key, Shown]]:
        """The middle eight of ten digits, in one message."""
        first = (len(digits) - DIGITS) // 2
        return [((Part.TIME, 0), digits[first : first + DIGITS])]

    # -- inside ----------------------------------------------------------------------------------------------------

    def _said(self, message: bytes) -> Said | None:
        if message == _RESET:
            return Started()
        if message == PONG:
            return Alive()
        if len(message) != _MESSAGE or message[0] != _CONTROL:
            return None
        controller, byte = message[1], message[2]
        if controller == _ZONE_FROM:
            self._zone = byte
        elif controller < STRIPS:
            self._high[controller] = byte
        else:
            return self._done(controller, byte)
        return None

    def _done(self, controller: int, byte: int) -> Said | None:
        if controller == _PORT_FROM:
            return self._switched(byte)
        if _FADER_LOW <= controller < _FADER_LOW + STRIPS:
            place = controller - _FADER_LOW
            high = self._high.get(place)
            return None if high is None else Moved(f"fader/{place + 1}", (high << 7 | byte) / TOP)
        if _VPOT <= controller < _VPOT + _VPOTS:
            return _turned(f"vpot/{controller - _VPOT + 1}", byte)
        return _turned("jog", byte) if controller == _JOG else None

    def _switched(self, byte: int) -> Said | None:
        port, is_down = byte & ~_DOWN, bool(byte & _DOWN)
        if self._zone is None or port >= PORTS:
            return None
        if self._zone < STRIPS and port == TOUCH:
            fader = f"fader/{self._zone + 1}"
            return Touched(fader) if is_down else Released(fader)
        name = NAMES.get((self._zone, port))
        if name is None:
            return None
        return Pressed(name) if is_down else Released(name)


def meter(strip: int, side: int, level: int) -> bytes:
    """The message that shows `level` 0..12 on the left (0) or right (1) meter of a strip."""
    return bytes((_POLY, strip, side << 4 | level))


def _turned(control: str, byte: int) -> Said | None:
    steps = byte - _MIDDLE if byte > _MIDDLE else -byte
    return Turned(control, steps) if byte not in (0, _MIDDLE) else None


def _lamp(name: str, *, is_on: bool) -> tuple[bytes, ...]:
    if name not in LAMPS:
        return ()
    zone, port = LAMPS[name]
    return (bytes((_CONTROL, _ZONE_TO, zone)), bytes((_CONTROL, _PORT_TO, (_DOWN if is_on else 0) | port)))


def _digit(shown: str) -> int:
    """Byte of a digit: 0..F, and its dot. It knows no dark one."""
    figure = int(shown[0], 16) if shown[:1] in "0123456789abcdefABCDEF" and shown else 0
    return figure | (_DOT if shown[1:] == "." else 0)
