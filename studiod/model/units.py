"""Decibels and linear gain, and how a level is said to a person."""

import math

SILENCE_DB = -math.inf
DB_PER_OCTAVE = 20.0 * math.log10(2.0)
"""dB of twice the gain."""


def gain_from_db(level_db: float) -> float:
    """Linear gain of `level_db`; -inf gives exactly 0.0."""
    if level_db == SILENCE_DB:
        return 0.0
    return math.pow(10.0, level_db / 20.0)


def db_from_gain(gain: float) -> float:
    """Level in dB of a linear `gain` (sign ignored); 0.0 gives -inf."""
    magnitude = abs(gain)
    if magnitude == 0.0:
        return SILENCE_DB
    return 20.0 * math.log10(magnitude)


def level_text(level_db: float) -> str:
    """How a level reads on a display: `-inf`, `-6.0 dB`, `+3.5 dB`."""
    if level_db == SILENCE_DB:
        return "-inf"
    rounded = round(level_db, 1) + 0.0  # + 0.0 turns -0.0 into 0.0: "-0.0 dB" puzzles readers
    return f"{rounded:+.1f} dB" if rounded > 0 else f"{rounded:.1f} dB"
