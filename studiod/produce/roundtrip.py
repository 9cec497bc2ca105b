"""How long a sound takes from an output to an input: noise that was played is looked for in what came in."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
LEVEL_DB: Final = -18.0
PASSES: Final = 3
_LONG_S: Final = 0.25  # of noise in a pass
_LIKE_ENOUGH: Final = 0.25  # correlation; a cable has 1, a loudspeaker and a microphone in a room half of it and more


@dataclass(frozen=True, slots=True)
class Roundtrip:
    """What was found."""

    frames: int
    gain_db: float
    """How much louder it came back."""
    likeness: float
    """Correlation with what was played, 0 to 1."""
    is_inverted: bool


class NothingHeardError(Exception):
    """The noise did not come back, or not always alike; a sentence."""


def noise_of(rate_hz: int) -> Samples:
    """What is played in a pass: white noise at LEVEL_DB (peak), the same at every call."""
    level = 10.0 ** (LEVEL_DB / 20.0)
    return np.random.default_rng(11).uniform(-level, level, round(_LONG_S * rate_hz)).astype(np.float32)


def find_roundtrip(noise: Samples, heard: list[Samples]) -> Roundtrip:
    """Where `noise` is in each of `heard`, which begin when it began to be played. Raises NothingHeardError.

    Cross-correlation by FFT; the delay is that of the largest magnitude, whole frames, and alike in all passes.
    """
    found = [_find(noise, one) for one in heard]
    weakest = min(found, key=lambda one: one.likeness)
    if weakest.likeness < _LIKE_ENOUGH:
        raise NothingHeardError(
            f"what was played did not come in again (likeness {weakest.likeness:.2f}; {_LIKE_ENOUGH} is the least)"
        )
    delays = sorted({one.frames for one in found})
    if len(delays) > 1:
        raise NothingHeardError(f"it came in after {', '.join(map(str, delays))} frames: the device is not steady")
    return weakest


def _find(noise: Samples, heard: Samples) -> Roundtrip:
    size = 1 << math.ceil(math.log2(len(noise) + len(heard)))
    product = np.fft.rfft(heard.astype(np.float64), size) * np.conj(np.fft.rfft(noise.astype(np.float64), size))
    likeness = np.fft.irfft(product, size)[: len(heard) - len(noise) + 1]
    frames = int(np.argmax(np.abs(likeness)))
    part = heard[frames : frames + len(noise)].astype(np.float64)
    power, own = float(part @ part), float(noise.astype(np.float64) @ noise.astype(np.float64))
    peak = float(likeness[frames])
    gain_db = 10.0 * math.log10(power / own) if power else -math.inf
    return Roundtrip(frames, gain_db, abs(peak) / math.sqrt(power * own) if power else 0.0, peak < 0.0)
