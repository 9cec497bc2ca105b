"""MIDI machine control: play, stop, record, wind and locate, to and from other machines. Nobody is waited for.

Source: RP-013, MIDI Machine Control 1.0 (MIDI Manufacturers Association).
"""

import enum
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from studiod.surfaces.sync.timecode import Timecode, TimecodeRate

ALL_DEVICES = 0x7F
_HEAD = bytes((0xF0, 0x7F))
_COMMAND = 0x06
_END = 0xF7
_LOCATE, _MASKED_WRITE = 0x44, 0x41
_SEARCH, _SHUTTLE, _STEP = 0x46, 0x47, 0x48
_SPEED_BYTES = 3
_TARGET = 0x01
_RECORD_READY, _MUTE = 0x4F, 0x62
_FIRST_WITH_DATA, _FIRST_PLAIN_AGAIN = 0x40, 0x78  # commands between carry a count and so many bytes
_FIRST_BITS = 5  # track 1 is bit 5 of the bitmap: video, time code and aux tracks come before
_BITS = 7
_BACK = 0x40  # of a speed, and of a step
_MOST_STEPS = 0x3F
_SPEED_TOP, _SPEED_SHIFT = 0x07, 3
_SUBFRAMES = 100
_RATE_SHIFT, _RATES, _HOURS = 5, 3, 0x1F


class MmcVerb(enum.IntEnum):
    """A command that is one byte."""

    STOP = 0x01
    PLAY = 0x02
    DEFERRED_PLAY = 0x03
    """Play as soon as a locate has arrived."""
    FAST_FORWARD = 0x04
    REWIND = 0x05
    RECORD_STROBE = 0x06
    """Punch in; while it stands: record."""
    RECORD_EXIT = 0x07
    """Punch out, and play on."""
    RECORD_PAUSE = 0x08
    PAUSE = 0x09
    EJECT = 0x0A
    CHASE = 0x0B
    ERROR_RESET = 0x0C
    RESET = 0x0D


@dataclass(frozen=True, slots=True)
class MmcLocate:
    """Go to a frame, and a hundredth of it."""

    time: Timecode
    subframes: int = 0


@dataclass(frozen=True, slots=True)
class MmcShuttle:
    """Move at so many times the speed of play, back when negative; 0 stands."""

    speed: float


@dataclass(frozen=True, slots=True)
class MmcVariable:
    """Play or record, at so many times the usual speed, back when negative."""

    verb: MmcVerb
    speed: float


@dataclass(frozen=True, slots=True)
class MmcStep:
    """Move by so many half frames, back when negative."""

    half_frames: int
    rate: TimecodeRate

    @property
    def by_s(self) -> float:
        """Seconds."""
        return self.half_frames / 2.0 / float(self.rate.per_s)


@dataclass(frozen=True, slots=True)
class MmcTracks:
    """Arm or mute tracks, counted from 1, or the opposite."""

    on: frozenset[int]
    off: frozenset[int]
    is_mute: bool = False


_VERBS = frozenset(map(int, MmcVerb))
_VARIABLE = {0x45: MmcVerb.PLAY, 0x54: MmcVerb.DEFERRED_PLAY, 0x55: MmcVerb.RECORD_STROBE}
_VARIABLE_CODES = {verb: code for code, verb in _VARIABLE.items()}
Mmc = MmcVerb | MmcLocate | MmcTracks | MmcShuttle | MmcStep | MmcVariable


def encode_mmc(command: Mmc, device: int = ALL_DEVICES) -> bytes:
    """One message with `command`. Raises ValueError for what does not fit into one: tracks, a speed, a step."""
    head = _HEAD + bytes((device, _COMMAND))
    match command:
        case MmcLocate(time, subframes):
            fields = (time.hours | time.rate << _RATE_SHIFT, time.minutes, time.seconds, time.frame, subframes)
            body = bytes((_LOCATE, 6, _TARGET, *fields))
        case MmcTracks():
            body = _tracks_body(command)
        case MmcShuttle(speed):
            body = bytes((_SHUTTLE, _SPEED_BYTES, *_speed_bytes(speed)))
        case MmcVariable(verb, speed):
            body = bytes((_VARIABLE_CODES[verb], _SPEED_BYTES, *_speed_bytes(speed)))
        case MmcStep(half_frames):
            if abs(half_frames) > _MOST_STEPS:
                raise ValueError(f"a step of {half_frames} half frames; allowed {-_MOST_STEPS}..{_MOST_STEPS}")
            body = bytes((_STEP, 1, abs(half_frames) | (_BACK if half_frames < 0 else 0)))
        case MmcVerb():
            body = bytes((command,))
    return head + body + bytes((_END,))


def decode_mmc(message: bytes, device: int, rate: TimecodeRate) -> list[Mmc]:
    """Commands to `device` (or to all) in one message, in order; nothing for any other message. Never raises.

    rate: what hours without rate bits mean. Commands that are not known, and those cut off, are left out.
    """
    if message[:2] != _HEAD or len(message) < 6 or message[3] != _COMMAND or message[-1] != _END:  # noqa: PLR2004
        return []
    if device != ALL_DEVICES and message[2] not in (device, ALL_DEVICES):
        return []
    return list(_commands(message[4:-1], rate))


def _commands(body: bytes, rate: TimecodeRate) -> Iterator[Mmc]:
    at = 0
    while at < len(body):
        code = body[at]
        at += 1
        if not _FIRST_WITH_DATA <= code < _FIRST_PLAIN_AGAIN:
            if code in _VERBS:
                yield MmcVerb(code)
            continue
        if at >= len(body) or at + 1 + body[at] > len(body):
            return
        data = body[at + 1 : at + 1 + body[at]]
        at += 1 + len(data)
        if code == _LOCATE:
            yield from _locate(data, rate)
        elif code == _MASKED_WRITE:
            yield from _masked(data)
        elif code in (_SEARCH, _SHUTTLE) and len(data) == _SPEED_BYTES:
            yield MmcShuttle(_speed(data))
        elif code in _VARIABLE and len(data) == _SPEED_BYTES:
            yield MmcVariable(_VARIABLE[code], _speed(data))
        elif code == _STEP and len(data) == 1:
            yield MmcStep((data[0] & _MOST_STEPS) * (-1 if data[0] & _BACK else 1), rate)


def _speed(data: bytes) -> float:
    """Standard speed: 0gsssppp 0qqqqqqq 0rrrrrrr is ppp.qqqqqqqrrrrrrr, shifted left by sss; g is back."""
    mantissa = (data[0] & _SPEED_TOP) << 2 * _BITS | data[1] << _BITS | data[2]
    speed = math.ldexp(mantissa, (data[0] >> _SPEED_SHIFT & _SPEED_TOP) - 2 * _BITS)
    return -speed if data[0] & _BACK else speed


def _speed_bytes(speed: float) -> bytes:
    for shift in range(_SPEED_TOP + 1):
        mantissa = round(math.ldexp(abs(speed), 2 * _BITS - shift))
        if mantissa >> 2 * _BITS <= _SPEED_TOP:
            first = mantissa >> 2 * _BITS | shift << _SPEED_SHIFT | (_BACK if speed < 0.0 else 0)
            return bytes((first, mantissa >> _BITS & 0x7F, mantissa & 0x7F))
    raise ValueError(f"a speed of {speed:g}; allowed up to 1024 times that of play")


def _locate(data: bytes, rate: TimecodeRate) -> Iterator[Mmc]:
    if len(data) != 6 or data[0] != _TARGET:  # noqa: PLR2004 - 01 hh mm ss ff sf
        return
    told = TimecodeRate(data[1] >> _RATE_SHIFT & _RATES)
    # hours without rate bits look like 24 frames; many machines send no others
    rate = told or rate
    try:
        yield MmcLocate(Timecode(rate, data[1] & _HOURS, data[2], data[3], data[4]), min(data[5], _SUBFRAMES - 1))
    except ValueError:
        return


def _masked(data: bytes) -> Iterator[Mmc]:
    if len(data) != 4 or data[0] not in (_RECORD_READY, _MUTE):  # noqa: PLR2004 - name, byte, mask, data
        return
    name, byte, mask, wanted = data
    touched = {byte * _BITS + bit - _FIRST_BITS + 1: wanted >> bit & 1 for bit in range(_BITS) if mask >> bit & 1}
    on = frozenset(track for track, is_on in touched.items() if is_on and track > 0)
    off = frozenset(track for track, is_on in touched.items() if not is_on and track > 0)
    if on or off:
        yield MmcTracks(on, off, is_mute=name == _MUTE)


def _tracks_body(tracks: MmcTracks) -> bytes:
    places = {track: divmod(track - 1 + _FIRST_BITS, _BITS) for track in tracks.on | tracks.off}
    bytes_touched = {byte for byte, _ in places.values()}
    if len(bytes_touched) != 1 or tracks.on & tracks.off or min(places) < 1:
        raise ValueError(f"tracks {sorted(places)} in one message; allowed some of one group of seven, each once")
    mask = _bits(places[track][1] for track in places)
    wanted = _bits(places[track][1] for track in tracks.on)
    name = _MUTE if tracks.is_mute else _RECORD_READY
    return bytes((_MASKED_WRITE, 4, name, bytes_touched.pop(), mask, wanted))


def _bits(places: Iterable[int]) -> int:
    return sum(1 << place for place in places)
