"""How a control that turns or slides tells its moves: the reading under which the hand moved most smoothly."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from studiod.surfaces.controls import Relative
from studiod.surfaces.generic_midi import steps_in

ABSOLUTE = "absolute"
# Costs in bits, as if the moves had to be written down: what a hand does seldom costs more.
_STANDS_STILL = 6.0  # a control that stands says nothing: hardly any box repeats a position
_TURNS_BACK = 2.0
_BEGINS_DOWN = 6.0  # people are asked to begin upwards
_PLACE_BITS = 7.0  # where it stood, or which value a side has, is anyone's guess
_TINY_WAY = 10.0  # people are asked to move it the whole way: a short one speaks for steps
_WHOLE_WAY = 0.5  # share of the range from which on nothing speaks against positions
LEAST_WAY = 0.3  # share of the range that a position must have gone through before it is believed
LEAST_PLACES = 6  # different positions before they are believed
LEAST_STEPS = 6  # messages of steps before they are believed
LEAST_GAP = 8.0  # bits between the best reading and the next
_TO_EACH_SIDE = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """What a run of values would be, read in one way."""

    relative: Relative | None
    """None: positions."""
    bits: float
    """What it costs to write down; the least is the likeliest."""
    velocities: tuple[int, ...]
    is_enough: bool
    """Enough was heard for this reading, if it is the best."""

    @property
    def name(self) -> str:
        """As the language of maps says it."""
        return ABSOLUTE if self.relative is None else self.relative.value

    @property
    def went_both_ways(self) -> bool:
        """Up as well as down."""
        ups = sum(velocity > 0 for velocity in self.velocities)
        return ups >= _TO_EACH_SIDE and sum(velocity < 0 for velocity in self.velocities) >= _TO_EACH_SIDE


def readings(values: Sequence[int], highest: int) -> list[Reading]:
    """Every reading of `values` (0..highest, in order), the likeliest first. Empty for fewer than two values."""
    if len(values) < 2:  # noqa: PLR2004 - one value is no move
        return []
    found = [_as_positions(values, highest)]
    found += [_as_steps(values, highest, relative) for relative in Relative if relative not in _TOLD_ELSEWHERE]
    found.append(_as_halves(values, highest))
    return sorted(found, key=lambda reading: reading.bits)


def gap_bits(found: Sequence[Reading]) -> float:
    """How much likelier the first is than what else it could be."""
    return found[1].bits - found[0].bits if len(found) > 1 else 0.0


def repeats(values: Sequence[int]) -> float:
    """Share of values that say the same as the one before."""
    again = sum(one == other for one, other in itertools.pairwise(values))
    return again / max(len(values) - 1, 1)


_TOLD_ELSEWHERE = (Relative.PAIR, Relative.HALF)


def _as_positions(values: Sequence[int], highest: int) -> Reading:
    velocities = tuple(later - earlier for earlier, later in itertools.pairwise(values))
    way = (max(values) - min(values)) / highest
    short = max(1.0 - way / _WHOLE_WAY, 0.0)
    # what a fine control says in a hundred small steps is the same hand as what a coarse one says in one
    coarse = [velocity * 127 / highest for velocity in velocities]
    bits = _PLACE_BITS + _TINY_WAY * short + _hand_bits(coarse)
    return Reading(None, bits, velocities, way >= LEAST_WAY and len(set(values)) >= LEAST_PLACES)


def _as_steps(values: Sequence[int], highest: int, relative: Relative) -> Reading:
    velocities = tuple(steps_in(value, relative, highest) for value in values)
    return _stepping(relative, _hand_bits(velocities), velocities)


def _as_halves(values: Sequence[int], highest: int) -> Reading:
    """One step a message, whatever the value; but a box has one value for each side, or few."""
    middle = (highest + 1) // 2
    velocities = tuple(1 if value >= middle else -1 for value in values)
    bits, last = _hand_bits(velocities), dict[int, int]()
    for value, side in zip(values, velocities, strict=True):
        bits += _PLACE_BITS * (last.get(side) != value)
        last[side] = value
    return _stepping(Relative.HALF, bits, velocities)


def _stepping(relative: Relative, bits: float, velocities: tuple[int, ...]) -> Reading:
    begun = sum(velocities[:3])
    reading = Reading(relative, bits + _BEGINS_DOWN * (begun < 0), velocities, is_enough=False)
    is_enough = len(velocities) >= LEAST_STEPS and reading.went_both_ways
    return Reading(relative, reading.bits, velocities, is_enough)


def _hand_bits(velocities: Iterable[float]) -> float:
    """What that motion costs to write down: speed costs a little, changes of speed, standing and turning more."""
    bits, before = 0.0, 0.0
    for velocity in velocities:
        bits += 0.5 * math.log2(1.0 + abs(velocity)) if velocity else _STANDS_STILL
        if before:
            bits += math.log2(1.0 + abs(abs(velocity) - abs(before)))
        bits += _TURNS_BACK * (velocity * before < 0.0)
        before = velocity or before
    return bits
