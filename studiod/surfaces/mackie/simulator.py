"""A Mackie Control in software: it has faders, lamps, rings and displays, and a hand may work it.

It reads what it is sent by itself, apart from the codec, so that one proves the other.
"""

# ruff: noqa: PLR2004 - the numbers of the protocol, spelled out a second time

import enum
from typing import TYPE_CHECKING, Final

from studiod.surfaces.mackie.buttons import LAMPS, NOTES, TOUCH
from studiod.surfaces.mackie.handshake import answer_to
from studiod.surfaces.mackie.words import TOP, Colour, Lamp, RingMode

if TYPE_CHECKING:
    from collections.abc import Callable

FADERS: Final = 9
MASTER_FADER: Final = 9
"""Faders are counted from 1; this one is the master's."""
CELLS: Final = 112
FALL_S: Final = 0.3
"""A meter falls by a step in so long."""
SERIAL: Final = b"XYZW\x18a\x05"
RIDDLE: Final = bytes.fromhex("57 18 61 05")
_HEAD = bytes.fromhex("F0 00 00 66")
_READY = bytes.fromhex("58 59 5A 57 18 61 05 57 18 61 05")
_VERSION = b"V2.10"
_NAME_OF_NOTE: Final = {note: name for name, note in LAMPS.items()}


class Manners(enum.Enum):
    """What it answers to a query."""

    READY = "ready"
    """As a Mackie Control: with `ready`, and unasked when it is switched on."""
    RIDDLE = "riddle"
    """As a Logic Control: it wants its riddle solved, and refuses who cannot."""
    COMPACT = "compact"
    """As an X-Touch Compact: with command 06."""
    SILENT = "silent"
    """As a box that knows no questions."""


class Simulator:
    """One unit, switched on. `emit` is where its messages go; `receive` takes the computer's.

    A motor is where it is told to be at once, unless a finger is on its fader: then it goes there when that leaves.
    """

    def __init__(
        self,
        model_id: int = 0x14,
        manners: Manners = Manners.READY,
        *,
        has_touch: bool = True,
        has_motors: bool = True,
        talks_back: bool = False,
        fader_bits: int = 14,
    ) -> None:
        self.model_id = model_id
        self.manners = manners
        self.has_touch = has_touch
        self.has_motors = has_motors
        self.talks_back = talks_back
        """It says where a motor brings a fader, as if a hand had; with sensors its way there, too."""
        self._deaf_bits = (1 << 14 - fader_bits) - 1
        self.emit: Callable[[bytes], None] = lambda _: None
        self.received: list[bytes] = []
        """Everything that ever came in."""
        self.faders = [0] * FADERS
        """Where each stands, 0..16383; it stays there when the unit is switched off."""
        self._forget()

    def power_on(self) -> None:
        """Switched off and on: nothing is lit, and it says that it is there."""
        self._forget()
        if self.manners is not Manners.SILENT:
            self._introduce()

    def _forget(self) -> None:
        self.targets = list(self.faders)
        """Where each motor was told to be."""
        self.touched: set[int] = set()
        self.lamps = dict.fromkeys(LAMPS, Lamp.OFF)
        self.rings = [0] * 8
        """The byte each ring shows."""
        self.meters = [0] * 8
        self.overloads = [False] * 8
        self.meter_modes = [0] * 8
        """Bits of where each shows."""
        self.are_meters_upright = False
        self.digits = [" "] * 12
        self.colours = [Colour.WHITE] * 8
        self.is_accepted = self.manners is not Manners.RIDDLE
        self._cells = bytearray(b" " * CELLS)
        self._falls_in_s = [FALL_S] * 8

    # -- what can be seen ------------------------------------------------------------------------------------------

    def text(self, row: int, strip: int) -> str:
        """What stands over strip 1..8 in row 0 or 1, without spaces around."""
        start = row * 56 + (strip - 1) * 7
        return self._cells[start : start + 7].decode("ascii").strip()

    def line(self, row: int) -> str:
        """What a row shows: 55 characters, for the 56th is hidden."""
        return self._cells[row * 56 : row * 56 + 55].decode("ascii")

    @property
    def lit(self) -> set[str]:
        """Names of the lamps that are on or flash."""
        return {name for name, lamp in self.lamps.items() if lamp is not Lamp.OFF}

    @property
    def time(self) -> str:
        """What the ten digits show, from left to right, with their dots."""
        return "".join(reversed(self.digits[:10]))

    @property
    def assignment(self) -> str:
        """What the two digits show."""
        return self.digits[11] + self.digits[10]

    def ring(self, strip: int) -> tuple[RingMode, int, bool]:
        """Mode, position and centre lamp of the ring of strip 1..8."""
        byte = self.rings[strip - 1]
        return RingMode(byte >> 4 & 3), byte & 0x0F, bool(byte & 0x40)

    # -- hands -----------------------------------------------------------------------------------------------------

    def touch(self, fader: int) -> None:
        """Lay a finger on fader 1..9."""
        self.touched.add(fader)
        if self.has_touch:
            self.emit(bytes((0x90, TOUCH + fader - 1, 0x7F)))

    def release(self, fader: int) -> None:
        """Take it away; the motor goes where it was told last."""
        self.touched.discard(fader)
        if self.has_motors:
            self.faders[fader - 1] = self.targets[fader - 1]
        if self.has_touch:
            self.emit(bytes((0x90, TOUCH + fader - 1, 0x00)))

    def move(self, fader: int, position: int) -> None:
        """Push fader 1..9 to 0..16383."""
        self.faders[fader - 1] = min(max(position, 0), TOP)
        self._tell(fader, self.faders[fader - 1])

    def _tell(self, fader: int, position: int) -> None:
        here = position & ~self._deaf_bits
        self.emit(bytes((0xE0 + fader - 1, here & 0x7F, here >> 7)))

    def press(self, name: str) -> None:
        """Press a button and let it go."""
        self.hold(name)
        self.let_go(name)

    def hold(self, name: str) -> None:
        """Press a button."""
        self.emit(bytes((0x90, NOTES[name], 0x7F)))

    def let_go(self, name: str) -> None:
        """Let a button go."""
        self.emit(bytes((0x90, NOTES[name], 0x00)))

    def turn(self, vpot: int, ticks: int) -> None:
        """Turn V-Pot 1..8, to the right when positive."""
        self.emit(bytes((0xB0, 0x10 + vpot - 1, _ticks(ticks))))

    def jog(self, ticks: int) -> None:
        """Turn the wheel."""
        self.emit(bytes((0xB0, 0x3C, _ticks(ticks))))

    def elapse(self, seconds: float) -> None:
        """Let time pass: meters fall."""
        for place, left_s in enumerate(self._falls_in_s):
            falls, rest_s = divmod(FALL_S - left_s + seconds, FALL_S)
            self._falls_in_s[place] = FALL_S - rest_s
            self.meters[place] = max(self.meters[place] - int(falls), 0)

    # -- wire ------------------------------------------------------------------------------------------------------

    def receive(self, message: bytes) -> None:
        """A whole message from the computer; what means nothing is passed over."""
        self.received.append(message)
        if message[:4] == _HEAD and len(message) > 6 and message[4] == self.model_id:
            self._command(message[5], message[6:-1])
        elif not self.is_accepted:
            return
        elif message[0] & 0xF0 == 0xE0 and len(message) == 3:
            self._drive(message[0] & 0x0F, message[1] | message[2] << 7)
        elif message[0] == 0x90 and message[1] in _NAME_OF_NOTE:
            on = Lamp.FLASH if message[2] % 2 and message[2] != Lamp.ON else Lamp.ON
            self.lamps[_NAME_OF_NOTE[message[1]]] = on if message[2] else Lamp.OFF
        elif message[0] in {0xB0, 0xBF}:
            self._control(message[1], message[2])
        elif message[0] == 0xD0:
            self._meter(message[1] >> 4, message[1] & 0x0F)

    def _drive(self, place: int, position: int) -> None:
        if place < FADERS and self.has_motors:
            self.targets[place] = position
            if place + 1 not in self.touched and self.faders[place] != position:
                stood, self.faders[place] = self.faders[place], position
                if self.talks_back:
                    if self.has_touch:
                        self._tell(place + 1, (stood + position) // 2)
                    self._tell(place + 1, position)

    def _control(self, controller: int, byte: int) -> None:
        if 0x30 <= controller < 0x38:
            self.rings[controller - 0x30] = byte
        elif 0x40 <= controller <= 0x4B:
            code = byte & 0x3F
            dot = "." if byte & 0x40 else ""
            self.digits[controller - 0x40] = chr(code if code >= 0x20 else code + 0x40) + dot

    def _meter(self, place: int, level: int) -> None:
        if place >= len(self.meters):
            return
        if level in {0x0E, 0x0F}:
            self.overloads[place] = level == 0x0E
        else:
            self.meters[place], self._falls_in_s[place] = level, FALL_S

    def _command(self, command: int, body: bytes) -> None:
        if command == 0x00:
            if self.manners is not Manners.SILENT:
                self._introduce()
        elif command == 0x02:
            self.is_accepted = body == SERIAL + answer_to(RIDDLE)
            self._say(0x03 if self.is_accepted else 0x04, SERIAL)
        elif command == 0x13:
            self._say(0x14, _VERSION)
        elif command == 0x12 and body and self.is_accepted:
            text = body[1 : 1 + max(CELLS - body[0], 0)]
            self._cells[body[0] : body[0] + len(text)] = text
        elif command == 0x72 and len(body) == 8 and self.is_accepted:
            self.colours = [Colour(byte & 7) for byte in body]
        elif command == 0x20 and len(body) == 2 and body[0] < 8:
            self.meter_modes[body[0]] = body[1]
        elif command == 0x21 and body:
            self.are_meters_upright = body[0] == 1
        elif command == 0x0F:
            self.is_accepted = False

    def _introduce(self) -> None:
        if self.manners is Manners.COMPACT:
            self._say(0x06, b"")
        else:
            self._say(0x01, SERIAL + RIDDLE if self.manners is Manners.RIDDLE else _READY)

    def _say(self, command: int, body: bytes) -> None:
        self.emit(_HEAD + bytes((self.model_id, command)) + body + b"\xf7")


def _ticks(ticks: int) -> int:
    return min(abs(ticks), 0x3F) | (0x40 if ticks < 0 else 0)
