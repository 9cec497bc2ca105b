"""Tapers: how far a control is thrown (travel, 0..1) and the value a person means by it."""

import itertools
import math
from dataclasses import dataclass
from typing import Protocol

from studiod.model.units import SILENCE_DB


class Taper(Protocol):
    """A monotone law between travel (0..1) and a value in natural units. NaN raises ValueError both ways."""

    def value(self, travel: float) -> float:
        """Value in natural units at `travel`; travel outside 0..1 is held at the ends."""
        ...

    def travel(self, value: float) -> float:
        """Travel (0..1) at which the law gives `value`; values beyond the ends give the ends."""
        ...


def _unit(travel: float) -> float:
    """Return `travel` held inside 0..1."""
    if math.isnan(travel):
        raise ValueError("travel is NaN; allowed 0..1")
    return min(max(travel, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Linear:
    """Equal throw, equal change, `low` < `high`."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"a linear taper runs upwards, not {self.low:g}..{self.high:g}")

    def value(self, travel: float) -> float:
        """Value at `travel`, ends exact."""
        position = _unit(travel)
        if position == 1.0:
            return self.high
        # Rounding may step over the end by one bit; the parameter would refuse what its own fader sent.
        return min(self.low + (self.high - self.low) * position, self.high)

    def travel(self, value: float) -> float:
        """Travel of `value`."""
        return _unit((value - self.low) / (self.high - self.low))


@dataclass(frozen=True, slots=True)
class Logarithmic:
    """Equal throw, equal ratio, 0 < `low` < `high`: frequencies and times."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0.0 < self.low < self.high:
            raise ValueError(f"a logarithmic taper runs upwards from above 0, not {self.low:g}..{self.high:g}")

    def value(self, travel: float) -> float:
        """Value at `travel`, ends exact."""
        position = _unit(travel)
        if position in (0.0, 1.0):
            return self.high if position else self.low
        return min(self.low * math.pow(self.high / self.low, position), self.high)

    def travel(self, value: float) -> float:
        """Travel of `value`; values at or under `low` give 0."""
        if value <= self.low:
            return 0.0
        return _unit(math.log(value / self.low) / math.log(self.high / self.low))


@dataclass(frozen=True, slots=True)
class Power:
    """Finer towards `low`, by travel to the power of `exponent`: times and lengths that may be 0."""

    low: float
    high: float
    exponent: float

    def __post_init__(self) -> None:
        if not (self.low < self.high and self.exponent > 0.0):
            raise ValueError(f"a power taper runs upwards, not {self.low:g}..{self.high:g} ^ {self.exponent:g}")

    def value(self, travel: float) -> float:
        """Value at `travel`, ends exact."""
        position = _unit(travel)
        if position == 1.0:
            return self.high
        return min(self.low + (self.high - self.low) * math.pow(position, self.exponent), self.high)

    def travel(self, value: float) -> float:
        """Travel of `value`; values at or under `low` give 0."""
        if value <= self.low:
            return 0.0
        return _unit(math.pow((value - self.low) / (self.high - self.low), 1.0 / self.exponent))


@dataclass(frozen=True, slots=True)
class Stepped:
    """`count` equal steps, value 0..count-1: switches and choices."""

    count: int

    def value(self, travel: float) -> float:
        """Nearest step at `travel`."""
        return float(math.floor(_unit(travel) * (self.count - 1) + 0.5))

    def travel(self, value: float) -> float:
        """Travel of step `value`."""
        return _unit(value / max(self.count - 1, 1))


# Joints of the fader law: (travel, dB). Four straight pieces, the law measured on X32-class desks
# (docs/reference/fader-law.md): fine around 0 dB where mixes are made, coarse towards silence.
FADER_JOINTS = ((0.0, -90.0), (0.0625, -60.0), (0.25, -30.0), (0.5, -10.0), (1.0, 10.0))
FADER_LOW_DB = SILENCE_DB
FADER_HIGH_DB = 10.0
# Under this travel a 14-bit fader cannot be told from its bottom stop: it means off.
_OFF_TRAVEL = 0.5 / 16383


@dataclass(frozen=True, slots=True)
class Fader:
    """The long-throw fader law: bottom is -inf, 3/4 is 0 dB, top is +10 dB."""

    def value(self, travel: float) -> float:
        """Level in dB at `travel`; the bottom stop is -inf."""
        position = _unit(travel)
        if position < _OFF_TRAVEL:
            return SILENCE_DB
        for (start, start_db), (end, end_db) in itertools.pairwise(FADER_JOINTS):
            if position <= end:
                return start_db + (end_db - start_db) * (position - start) / (end - start)
        return FADER_HIGH_DB

    def travel(self, value: float) -> float:
        """Travel at level `value` dB; -90 dB and below is the bottom stop."""
        if math.isnan(value):
            raise ValueError("level is NaN; allowed -inf..10 dB")
        if value <= FADER_JOINTS[0][1]:
            return 0.0
        for (start, start_db), (end, end_db) in itertools.pairwise(FADER_JOINTS):
            if value <= end_db:
                return start + (end - start) * (value - start_db) / (end_db - start_db)
        return 1.0
