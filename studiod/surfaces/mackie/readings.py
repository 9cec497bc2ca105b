"""Numbers as the box shows them: levels, rings, the time in ten digits."""

import bisect
import math
from typing import Final

from studiod.model.parameter import Kind, ParameterSpec
from studiod.surfaces.mackie.words import TOP, Ring, RingMode

METER_DB: Final = (-60.0, -50.0, -40.0, -30.0, -20.0, -14.0, -10.0, -8.0, -6.0, -4.0, -2.0, 0.0)
"""Level from which each step of a meter lights, 1 to 12; above the last is 13."""
LAMPS_IN_RING: Final = 11
_SPREAD: Final = 6
_TICKS_OF_SIXTEENTH: Final = 240
_SIXTEENTHS: Final = 4
_LAST_BAR, _LAST_HOUR = 999, 999


def level_of(peak_db: float) -> int:
    """Step 0..13 a meter shows at `peak_db` dBFS."""
    if math.isnan(peak_db):
        return 0
    return bisect.bisect_right(METER_DB, peak_db) + (peak_db > METER_DB[-1])


def position_of(travel: float) -> int:
    """Position 0..16383 of a fader at `travel`."""
    return math.floor(min(max(travel, 0.0), 1.0) * TOP + 0.5)


def is_bipolar(spec: ParameterSpec) -> bool:
    """Its middle means nothing is changed: pan, and gains that boost and cut."""
    return spec.kind is Kind.PAN or (spec.low < 0.0 and spec.low == -spec.high)


def ring_of(spec: ParameterSpec, value: float, *, dots_only: bool = False) -> Ring:
    """What the ring of a knob shows for `value`."""
    travel = spec.to_travel(value)
    dot = math.floor(travel * (LAMPS_IN_RING - 1) + 0.5) + 1
    if dots_only:
        return Ring(RingMode.DOT, dot, is_bipolar(spec) and value == 0.0)
    if spec.kind is Kind.TOGGLE:
        return Ring(RingMode.WRAP, LAMPS_IN_RING if value else 0)
    if spec.kind in (Kind.FREQ, Kind.CHOICE):
        return Ring(RingMode.DOT, dot)
    if is_bipolar(spec):
        return Ring(RingMode.BOOST_CUT, dot, value == 0.0)
    if spec.address.endswith("/q"):
        return Ring(RingMode.SPREAD, math.floor(travel * (_SPREAD - 1) + 0.5) + 1)
    return Ring(RingMode.WRAP, dot)


def time_digits(seconds: float) -> tuple[str, ...]:
    """`seconds` as ten digits: hours, minutes, seconds, thousandths, a dot after each of the first three."""
    thousandths = math.floor(max(seconds, 0.0) * 1000 + 1e-6)
    whole, thousandths = divmod(thousandths, 1000)
    hours = min(whole // 3600, _LAST_HOUR)
    return _grouped(f"{hours:3d}", f"{whole // 60 % 60:02d}", f"{whole % 60:02d}", f"{thousandths:03d}")


def beat_digits(seconds: float, tempo: float, beats: int) -> tuple[str, ...]:
    """`seconds` as ten digits: bar, beat, sixteenth, ticks of a 240th of that; bars of `beats` from the beginning."""
    ticks = math.floor(max(seconds, 0.0) * tempo / 60.0 * _SIXTEENTHS * _TICKS_OF_SIXTEENTH + 1e-6)
    sixteenths, ticks = divmod(ticks, _TICKS_OF_SIXTEENTH)
    beat, sixteenth = divmod(sixteenths, _SIXTEENTHS)
    bar, beat = divmod(beat, beats)
    return _grouped(f"{bar % _LAST_BAR + 1:3d}", f"{beat + 1:2d}", f"{sixteenth + 1:2d}", f"{ticks:03d}")


def no_digits() -> tuple[str, ...]:
    """A dark display."""
    return (" ",) * 10


def _grouped(*groups: str) -> tuple[str, ...]:
    digits = [list(group) for group in groups]
    for group in digits[:-1]:
        group[-1] += "."
    return tuple(digit for group in digits for digit in group)
