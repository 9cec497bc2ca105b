"""What a loudness meter says, in the units people read."""

from typing import NamedTuple


class LoudnessReading(NamedTuple):
    """Figures of ITU-R BS.1770-5 and EBU Tech 3341/3342.

    Silence, and what cannot be told yet, is -inf; the range then is 0.
    """

    momentary: float
    """The last 400 ms, in LUFS."""
    short_term: float
    """The last 3 s, in LUFS."""
    integrated: float
    """All, gated, in LUFS; -inf before the first 400 ms are over."""
    lra: float
    """Loudness range, in LU."""
    true_peak: float
    """Largest magnitude of any channel, between the samples too, in dBTP."""
    sample_peak: float
    """Largest sample of any channel, in dBFS."""
    max_momentary: float
    max_short_term: float
