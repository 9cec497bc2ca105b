"""MIDI timecode: quarter frames while it rolls, a full frame where it is set to."""

import math
from dataclasses import dataclass

from studiod.surfaces.sync.timecode import Timecode, TimecodeRate

PIECES = 8  # quarter frames that make one time, two frames long
ALL_DEVICES = 0x7F
_QUARTER_FRAME = 0xF1
_QUARTERS = 4
_FULL_HEAD, _FULL_TAIL = bytes((0xF0, 0x7F)), bytes((0x01, 0x01))
_FULL_BYTES = 10
_HOURS, _RATE_SHIFT, _RATES = 0x1F, 5, 3
_HAIR = 1e-6
_JUMP_FRAMES = 4  # further on than this in one step, nobody follows quarter by quarter


def quarter_frame(time: Timecode, piece: int) -> bytes:
    """Message `piece` (0..7) of the eight that tell `time`."""
    values = (time.frame, time.seconds, time.minutes, time.hours | time.rate << _RATE_SHIFT)
    value = values[piece // 2]
    return bytes((_QUARTER_FRAME, piece << 4 | (value >> 4 if piece % 2 else value & 0x0F)))


def full_frame(time: Timecode, device: int = ALL_DEVICES) -> bytes:
    """Go to `time`, and stand there."""
    hours = time.hours | time.rate << _RATE_SHIFT
    return _FULL_HEAD + bytes((device, 0x01, 0x01, hours, time.minutes, time.seconds, time.frame, 0xF7))


def parse_full_frame(message: bytes) -> Timecode | None:
    """The time in a full frame to any device; None for any other message."""
    if len(message) != _FULL_BYTES or message[:2] != _FULL_HEAD or message[3:5] != _FULL_TAIL or message[9] != 0xF7:  # noqa: PLR2004
        return None
    return _time(message[5], message[6], message[7], message[8])


@dataclass(frozen=True, slots=True)
class MtcTick:
    """Where the other machine is, to the quarter of a frame, at the moment the message came."""

    rate: TimecodeRate
    quarters: int
    """Quarters of frames since midnight. When piece 7 comes, 7 have passed since the time that was told; two frames
    have at the piece 0 that follows."""
    direction: int
    """1 forward, -1 backward."""

    @property
    def position_s(self) -> float:
        """Real seconds from midnight."""
        return float(self.quarters / (_QUARTERS * self.rate.per_s))

    @property
    def time(self) -> Timecode:
        """The frame that is on."""
        return Timecode.at_frame(self.rate, self.quarters // _QUARTERS)


class MtcIn:
    """Puts quarter frames together. A time counts when all its eight pieces came in order, forward or backward."""

    def __init__(self) -> None:
        self._nibbles = [0] * PIECES
        self._last: int | None = None
        self._direction = 0
        self._run = 0
        self._tick: MtcTick | None = None

    def hear(self, message: bytes) -> MtcTick | None:
        """Where it is after a quarter frame; None while that is not known, and for any other message. Never raises."""
        if len(message) != 2 or message[0] != _QUARTER_FRAME or message[1] & 0x80:  # noqa: PLR2004 - F1 dd
            return None
        piece, nibble = message[1] >> 4, message[1] & 0x0F
        self._follow(piece)
        self._nibbles[piece] = nibble
        if self._run >= PIECES and piece == (PIECES - 1 if self._direction > 0 else 0):
            self._tick = self._whole(piece)
        elif self._tick is not None:
            tick = self._tick
            quarters = (tick.quarters + self._direction) % (_QUARTERS * tick.rate.day_frames)
            self._tick = MtcTick(tick.rate, quarters, self._direction)
        return self._tick

    def _follow(self, piece: int) -> None:
        """Count how long the pieces came in one order; a turn or a hole begins anew."""
        last, self._last = self._last, piece
        step = 0 if last is None else (piece - last + _QUARTERS) % PIECES - _QUARTERS
        if step not in (1, -1):
            self._run, self._direction, self._tick = 1, 0, None
            return
        if step != self._direction:
            # the first piece of the new direction was the last of the old one, and its neighbours are of another time
            self._run, self._direction = 1, step
            self._tick = None
        # pieces of one time: forward they begin at 0, backward at 7
        self._run = 1 if piece == (0 if step > 0 else PIECES - 1) else self._run + 1

    def _whole(self, piece: int) -> MtcTick | None:
        low = self._nibbles
        time = _time(low[6] | low[7] << 4, low[4] | low[5] << 4, low[2] | low[3] << 4, low[0] | low[1] << 4)
        if time is None:
            return None
        quarters = (_QUARTERS * time.frames + piece) % (_QUARTERS * time.rate.day_frames)
        return MtcTick(time.rate, quarters, self._direction)


class MtcOut:
    """Tells a listener where we are. Positions are real seconds from midnight; turn it at least once a frame."""

    def __init__(self, rate: TimecodeRate, device: int = ALL_DEVICES) -> None:
        self._rate = rate
        self._device = device
        self._next: int | None = None
        self._base: Timecode | None = None
        self._first = 0

    def locate(self, position_s: float) -> bytes:
        """We stand at `position_s`: a full frame."""
        self._next = None
        return full_frame(Timecode.at_s(self._rate, position_s), self._device)

    def roll(self, position_s: float) -> list[tuple[float, bytes]]:
        """We roll, and are at `position_s` now: the quarter frames since the last turn, and where each belongs.

        It begins at the next whole frame. A jump is told with a full frame.
        """
        now = math.floor(position_s * float(_QUARTERS * self._rate.per_s) + _HAIR)
        if self._next is not None and not -1 <= now - self._next <= _QUARTERS * _JUMP_FRAMES:
            return [(position_s, self.locate(position_s)), *self.roll(position_s)]
        if self._next is None:
            self._next, self._base = -(-now // _QUARTERS) * _QUARTERS, None
        found = []
        while self._next <= now:
            found.append((float(self._next / (_QUARTERS * self._rate.per_s)), self._piece(self._next)))
            self._next += 1
        return found

    def _piece(self, quarter: int) -> bytes:
        frame, rest = divmod(quarter, _QUARTERS)
        if self._base is None or (rest == 0 and (frame - self._first) % 2 == 0):
            if self._base is None:
                self._first = frame
            self._base = Timecode.at_frame(self._rate, frame)
        return quarter_frame(self._base, (frame - self._first) % 2 * _QUARTERS + rest)


def _time(hours: int, minutes: int, seconds: int, frame: int) -> Timecode | None:
    try:
        rate = TimecodeRate(hours >> _RATE_SHIFT & _RATES)
        return Timecode(rate, hours & _HOURS, minutes, seconds, frame)
    except ValueError:
        return None
