"""Hours, minutes, seconds and frames, as film and television count them."""

import enum
import math
from dataclasses import dataclass
from fractions import Fraction

HOURS = 24
_MINUTE_S = 60
_DROPPED = 2  # numbers left out at the begin of each minute but every tenth: SMPTE ST 12-1
_TEN = 10
_HAIR = 1e-6  # of a frame: positions are floats, and a frame begins where it begins


class TimecodeRate(enum.IntEnum):
    """The four rates of MIDI timecode, by their number on the wire."""

    FPS_24 = 0
    FPS_25 = 1
    FPS_29_97_DROP = 2
    FPS_30 = 3

    @property
    def numbers(self) -> int:
        """Frame numbers in a second."""
        return (24, 25, 30, 30)[self]

    @property
    def per_s(self) -> Fraction:
        """Frames in a real second."""
        return Fraction(30_000, 1001) if self is TimecodeRate.FPS_29_97_DROP else Fraction(self.numbers)

    @property
    def day_frames(self) -> int:
        """Frames until the numbers begin anew."""
        whole = HOURS * 3600 * self.numbers
        return whole - _DROPPED * 9 * 6 * HOURS if self is TimecodeRate.FPS_29_97_DROP else whole


@dataclass(frozen=True, slots=True)
class Timecode:
    """A frame by its number. Raises ValueError for a number that does not exist at that rate."""

    rate: TimecodeRate
    hours: int
    minutes: int
    seconds: int
    frame: int

    def __post_init__(self) -> None:
        limits = (HOURS, _MINUTE_S, _MINUTE_S, self.rate.numbers)
        parts = (self.hours, self.minutes, self.seconds, self.frame)
        if not all(0 <= part < limit for part, limit in zip(parts, limits, strict=True)) or self._is_dropped():
            raise ValueError(f"{self} does not exist at {self.rate.name}")

    def __str__(self) -> str:
        mark = ";" if self.rate is TimecodeRate.FPS_29_97_DROP else ":"
        return f"{self.hours:02d}:{self.minutes:02d}:{self.seconds:02d}{mark}{self.frame:02d}"

    def _is_dropped(self) -> bool:
        drops = self.rate is TimecodeRate.FPS_29_97_DROP and self.minutes % _TEN and not self.seconds
        return bool(drops) and self.frame < _DROPPED

    @classmethod
    def at_frame(cls, rate: TimecodeRate, frames: int) -> "Timecode":
        """Name of frame `frames`, counted from midnight; the day begins anew after its last."""
        frames %= rate.day_frames
        if rate is TimecodeRate.FPS_29_97_DROP:
            minute = _MINUTE_S * rate.numbers - _DROPPED
            tens, rest = divmod(frames, _TEN * minute + _DROPPED)
            frames += _DROPPED * (9 * tens + max(rest - _DROPPED, 0) // minute)
        seconds, frame = divmod(frames, rate.numbers)
        minutes, seconds = divmod(seconds, _MINUTE_S)
        return cls(rate, minutes // _MINUTE_S, minutes % _MINUTE_S, seconds, frame)

    @classmethod
    def at_s(cls, rate: TimecodeRate, position_s: float) -> "Timecode":
        """The frame that is on at `position_s` real seconds from midnight."""
        return cls.at_frame(rate, math.floor(position_s * float(rate.per_s) + _HAIR))

    @property
    def frames(self) -> int:
        """Frames since midnight."""
        minutes = _MINUTE_S * self.hours + self.minutes
        whole = (_MINUTE_S * minutes + self.seconds) * self.rate.numbers + self.frame
        if self.rate is TimecodeRate.FPS_29_97_DROP:
            return whole - _DROPPED * (minutes - minutes // _TEN)
        return whole

    @property
    def position_s(self) -> float:
        """Real seconds from midnight to the begin of the frame."""
        return float(self.frames / self.rate.per_s)
