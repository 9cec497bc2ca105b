"""Signals whose peaks lie between the samples: those of EBU Tech 3341 (2023), cases 15 to 23, and worse ones."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]

FADE_S = 0.010
SECONDS = 0.25

# case: divider of the rate, amplitude, phase in degrees, true peak in dBTP
EBU_TONES = {
    15: (4, 0.50, 0.0, -6.0),
    16: (4, 0.50, 45.0, -6.0),
    17: (6, 0.50, 60.0, -6.0),
    18: (8, 0.50, 67.5, -6.0),
    19: (4, 1.41, 45.0, 3.0),
}
EBU_BURSTS = {20: 0, 21: 1, 22: 2, 23: 3}  # case: offset of the decimation; each peaks at 0 dBTP
EBU_CASES = (*EBU_TONES, *EBU_BURSTS)


def ebu_dbtp(case: int) -> float:
    """The true peak that the case was made to have."""
    return EBU_TONES[case][3] if case in EBU_TONES else 0.0


def ebu(case: int, rate_hz: int) -> Float64Array:
    """The case, a quarter of a second of it; shape (2, frames), both channels alike."""
    if case in EBU_BURSTS:
        wave = _burst(EBU_BURSTS[case], rate_hz)
    else:
        divider, amplitude, phase_deg, _ = EBU_TONES[case]
        frames = np.arange(int(SECONDS * rate_hz))
        wave = _faded(amplitude * np.sin(2 * np.pi * frames / divider + np.radians(phase_deg)), FADE_S * rate_hz)
    return np.stack([wave, wave])


def _faded(wave: Float64Array, frames: float) -> Float64Array:
    ramp = np.minimum(1.0, np.arange(len(wave)) / frames)
    faded: Float64Array = wave * ramp * ramp[::-1]
    return faded


def _burst(offset: int, rate_hz: int) -> Float64Array:
    """One period of a quarter of the rate in a tone of a sixth of it, made at four times the rate."""
    periods = int(SECONDS * rate_hz / 12)
    carrier = 0.5 * np.sin(2 * np.pi * np.arange(24 * periods) / 24)
    wide = np.concatenate([carrier, np.sin(2 * np.pi * np.arange(16) / 16), carrier])
    wide = _faded(wide, FADE_S * rate_hz * 4)
    reach = 320  # taps to either side: from 0.44 to 0.56 of the lower rate, -100 dB
    taps = np.arange(-reach, reach + 1)
    low_pass = np.sinc(taps / 4) * np.kaiser(2 * reach + 1, 10.0)
    return np.convolve(wide, low_pass / low_pass.sum(), "same")[offset::4]


def _step(generator: np.random.Generator, frames: int) -> Float64Array:
    del generator
    return np.stack([np.arange(frames) > frames // 4, np.arange(frames) > frames // 2]).astype(np.float64)


def _impulse(generator: np.random.Generator, frames: int) -> Float64Array:
    wave = np.zeros((2, frames))
    wave[0, frames // 3], wave[1, frames // 2] = generator.choice([-1.0, 1.0], 2)
    return wave


def _high_tone(generator: np.random.Generator, frames: int) -> Float64Array:
    phase = generator.uniform(0.0, 2 * np.pi)
    wave = _faded(np.sin(0.9 * np.pi * np.arange(frames) + phase), 100.0)
    return np.stack([wave, -0.5 * wave])


def _kick(generator: np.random.Generator, frames: int) -> Float64Array:
    seconds = np.arange(frames) / 48_000
    body = np.sin(2 * np.pi * np.cumsum(48.0 + 110.0 * np.exp(-seconds / 0.03)) / 48_000) * np.exp(-seconds / 0.11)
    beater = 0.3 * generator.standard_normal(frames) * np.exp(-seconds / 0.004)
    return np.roll(np.stack([body + beater, body]), frames // 5, axis=1) * (np.arange(frames) >= frames // 5)


def _noise(generator: np.random.Generator, frames: int) -> Float64Array:
    return generator.standard_normal((2, frames))


def _clipped(generator: np.random.Generator, frames: int) -> Float64Array:
    return np.clip(generator.uniform(1.0, 30.0) * _noise(generator, frames), -1.0, 1.0)


def _square(generator: np.random.Generator, frames: int) -> Float64Array:
    return generator.choice([-1.0, 1.0], (2, frames))


def _held_square(generator: np.random.Generator, frames: int) -> Float64Array:
    held = int(generator.integers(2, 12))
    return np.repeat(_square(generator, frames // held + 1), held, axis=1)[:, :frames]


def _sparse(generator: np.random.Generator, frames: int) -> Float64Array:
    clicks = generator.random((2, frames)) < generator.uniform(0.001, 0.2)
    return _noise(generator, frames) * clicks


def _bursts(generator: np.random.Generator, frames: int) -> Float64Array:
    return _square(generator, frames) * (np.arange(frames) % 1500 < 40)


LOUD: dict[str, Callable[[np.random.Generator, int], Float64Array]] = {
    "step": _step,
    "impulse": _impulse,
    "high tone": _high_tone,
    "kick": _kick,
    "noise": _noise,
    "clipped noise": _clipped,
    "random square": _square,
    "held random square": _held_square,
    "sparse clicks": _sparse,
    "bursts": _bursts,
}


def loud(name: str, seed: int, frames: int) -> Float64Array:
    """A signal of LOUD; shape (2, frames), around full scale."""
    return LOUD[name](np.random.default_rng(seed), frames)
