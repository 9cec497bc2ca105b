"""The grammar of Mackie Control: bytes to gestures, what is shown to bytes (docs/reference/mackie-control.md)."""

from collections.abc import Iterable
from typing import Final

from studiod.surfaces.base import Moved, Pressed, Released, Touched, Turned
from studiod.surfaces.mackie.buttons import LAMPS, MASTER, NAMES, STRIPS, TOUCH, fader_name
from studiod.surfaces.mackie.wire import Splitter
from studiod.surfaces.mackie.words import POSITIONS, TOP, Colour, Key, Lamp, Part, Reply, Ring, Said, Shown

MACKIE: Final = bytes((0x00, 0x00, 0x66))
"""The maker's number in system exclusive messages."""
MCU_ID, MCU_XT_ID, LOGIC_ID, LOGIC_XT_ID = 0x14, 0x15, 0x10, 0x11
QUERY, READY, RESPOND, ACCEPTED, REFUSED, READY_COMPACT = 0x00, 0x01, 0x02, 0x03, 0x04, 0x06
OFFLINE, VERSION, VERSION_IS = 0x0F, 0x13, 0x14
FADERS_DOWN, LAMPS_OFF, RESET = 0x61, 0x62, 0x63
LCD, COLOURS, METER_MODE, METERS_STAND = 0x12, 0x72, 0x20, 0x21
TIME_DIGITS: Final = 10
ASSIGNMENT: Final = 10
"""Place of the right assignment digit; the left one is the next."""
TOP_LEVEL, OVERLOAD_ON, OVERLOAD_OFF = 0x0D, 0x0E, 0x0F

_ICON_COLOURS: Final = bytes.fromhex("F0 00 02 4E 16 14")
_NOTE_OFF, _NOTE_ON, _CONTROL, _PRESSURE, _BEND = 0x80, 0x90, 0xB0, 0xD0, 0xE0
_PRESSED_ABOVE = 0x40  # velocity; some stacks send a release as a note off, others as 0
_VPOT, _RING, _JOG, _DIGITS = 0x10, 0x30, 0x3C, 0x40
_BACKWARD, _TICKS = 0x40, 0x3F
_CENTRE_LAMP, _DOT = 0x40, 0x40
_HEAD = 5  # F0, maker, model
_MESSAGE = 3


def sysex(model_id: int, *body: int) -> bytes:
    """A message of the family to or from a box of `model_id`; each of `body` 0..127."""
    return bytes((0xF0, *MACKIE, model_id, *body, 0xF7))


def segment(shown: str) -> int:
    """Byte of a digit that shows a character, and its dot where a `.` follows; strangers are dark."""
    code = ord((shown[:1].upper() or " ")[0])  # a sharp s becomes two
    code = code if 0x20 <= code < 0x40 else code - 0x40 if 0x40 <= code < 0x60 else 0x20  # noqa: PLR2004 - the table
    return code | (_DOT if shown[1:] == "." else 0)


def steps(byte: int) -> int:
    """Ticks of a V-Pot or the jog wheel, to the right when positive; no ticks at all are one (Euphonix)."""
    ticks = byte & _TICKS or 1
    return -ticks if byte & _BACKWARD else ticks


class MackieCodec:
    """The grammar of one box.

    model_id: what stands in what it is sent; the greeting may learn another. can_flash: else flashing is on.
    has_rgb: colours are spoken as iCON does, else as Behringer does.
    """

    def __init__(self, model_id: int = MCU_ID, *, can_flash: bool = True, has_rgb: bool = False) -> None:
        self.model_id = model_id
        self._can_flash = can_flash
        self._has_rgb = has_rgb
        self._splitter = Splitter()

    def forget(self) -> None:
        """The wire was cut: forget half a message."""
        self._splitter.forget()

    def decode(self, piece: bytes) -> list[Said]:
        """What the box said; messages may be cut anywhere and use running status. Never raises."""
        found = (_said(message) for message in self._splitter.feed(piece))
        return [said for said in found if said is not None]

    def encode(self, key: Key, value: Shown) -> tuple[bytes, ...]:
        """The message that makes `key` show `value`."""
        part, place = key
        if isinstance(place, str):
            return self._lamp(place, value)
        message = b""
        match part, value:
            case Part.FADER, int():
                message = bytes((_BEND | place, value & 0x7F, value >> 7))
            case Part.RING, Ring(mode, position, is_centred):
                message = bytes((_CONTROL, _RING + place, is_centred * _CENTRE_LAMP | mode << 4 | position))
            case Part.DIGIT, str():
                message = bytes((_CONTROL, _DIGITS + place, segment(value)))
            case Part.METER, int():
                message = bytes((_PRESSURE, place << 4 | value))
            case Part.MASTER_METER, int():
                message = bytes((_PRESSURE | 1, place << 4 | value))
            case Part.OVERLOAD, _:
                message = bytes((_PRESSURE, place << 4 | (OVERLOAD_ON if value else OVERLOAD_OFF)))
            case Part.METER_MODE, int():
                is_strip = place < STRIPS
                message = sysex(self.model_id, *((METER_MODE, place, value) if is_strip else (METERS_STAND, value)))
            case Part.COLOURS, tuple():
                message = self._colours(each for each in value if isinstance(each, Colour))
            case _:
                return ()
        return (message,)

    def has_lamp(self, name: str) -> bool:
        """There is a lamp of that name in this family."""
        return name in LAMPS

    def time(self, digits: tuple[str, ...]) -> Iterable[tuple[Key, Shown]]:
        """One key a digit, so that only those that changed are sent."""
        return [((Part.DIGIT, place), shown) for place, shown in enumerate(reversed(digits))]

    def _lamp(self, name: str, value: Shown) -> tuple[bytes, ...]:
        if name not in LAMPS or not isinstance(value, int):
            return ()
        lamp = Lamp.ON if value == Lamp.FLASH and not self._can_flash else value
        return (bytes((_NOTE_ON, LAMPS[name], lamp)),)

    def _colours(self, colours: Iterable[Colour]) -> bytes:
        if not self._has_rgb:
            return sysex(self.model_id, COLOURS, *colours)
        full = 0x7F
        lights = (full if colour & bit else 0 for colour in colours for bit in (Colour.RED, Colour.GREEN, Colour.BLUE))
        return _ICON_COLOURS + bytes(lights) + b"\xf7"


def _said(message: bytes) -> Said | None:
    status = message[0]
    if status == 0xF0:  # noqa: PLR2004 - system exclusive
        is_ours = message[1:4] == MACKIE and len(message) > _HEAD + 1
        return Reply(message[4], message[_HEAD], message[_HEAD + 1 : -1]) if is_ours else None
    if len(message) != _MESSAGE:
        return None
    kind, channel = status & 0xF0, status & 0x0F
    if kind == _BEND:
        return _moved(channel, message[1] | message[2] << 7) if channel <= MASTER else None
    if kind in (_NOTE_ON, _NOTE_OFF) and channel == 0:
        return _button(message[1], is_down=kind == _NOTE_ON and message[2] > _PRESSED_ABOVE)
    if kind == _CONTROL and channel == 0:
        return _turned(message[1], message[2])
    return None


def _moved(place: int, position: int) -> Moved:
    return Moved(fader_name(place), min(position, POSITIONS - 1) / TOP)


def _button(note: int, *, is_down: bool) -> Said | None:
    if TOUCH <= note <= TOUCH + MASTER:
        name = fader_name(note - TOUCH)
        return Touched(name) if is_down else Released(name)
    if note not in NAMES:
        return None
    return Pressed(NAMES[note]) if is_down else Released(NAMES[note])


def _turned(controller: int, byte: int) -> Said | None:
    if _VPOT <= controller < _VPOT + STRIPS:
        return Turned(f"vpot/{controller - _VPOT + 1}", steps(byte))
    if controller == _JOG:
        return Turned("jog", steps(byte))
    return None
