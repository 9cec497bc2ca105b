"""The desk in float64, one plain formula after another: what the engine is measured against."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]

RATE_HZ = 48_000


def gain(level_db: float) -> float:
    """Linear gain of `level_db`."""
    return 0.0 if level_db == -math.inf else 10.0 ** (level_db / 20.0)


def level_db(gain_or_samples: NDArray[np.floating] | float) -> float:
    """Largest magnitude in dB; -400 for silence."""
    return 20.0 * math.log10(float(np.max(np.abs(gain_or_samples))) + 1e-20)


def pan_gains(law: str, pan: float) -> tuple[float, float]:
    """Left and right at `pan` (-1..1) by the law named after its level at the centre, or `balance`."""
    p = (pan + 1.0) / 2.0
    left, right = math.cos(p * math.pi / 2.0), math.sin(p * math.pi / 2.0)
    return {
        "-3": (left, right),
        "-4.5": (math.sqrt((1.0 - p) * left), math.sqrt(p * right)),
        "-6": (1.0 - p, p),
        "balance": (min(1.0, 2.0 * (1.0 - p)), min(1.0, 2.0 * p)),
    }[law]


def high_pass(samples: Float64Array, corner_hz: float) -> Float64Array:
    """Second-order Butterworth high-pass: trapezoidal state-variable filter (Simper 2013). samples: (frames,)."""
    g, k = math.tan(math.pi * corner_hz / RATE_HZ), math.sqrt(2.0)
    a1 = 1.0 / (1.0 + g * (g + k))
    a2, a3 = g * a1, g * g * a1
    s1 = s2 = 0.0
    high = np.empty_like(samples)
    for frame, x in enumerate(samples.tolist()):
        v3 = x - s2
        v1 = a1 * s1 + a2 * v3
        v2 = s2 + a2 * s1 + a3 * v3
        s1, s2 = 2.0 * v1 - s1, 2.0 * v2 - s2
        high[frame] = x - k * v1 - v2
    return high


def first_order_high_pass(samples: Float64Array, corner_hz: float, rate_hz: int = RATE_HZ) -> Float64Array:
    """First-order Butterworth high-pass through the bilinear transform with its corner in place. samples: (frames,)."""
    g = math.tan(math.pi * corner_hz / rate_hz)
    state, out = 0.0, np.empty_like(samples)
    for frame, x in enumerate(samples.tolist()):
        low = (g * x + state) / (1.0 + g)
        state = 2.0 * low - state
        out[frame] = x - low
    return out


def butterworth_magnitude_db(
    frequency_hz: NDArray[np.floating], corner_hz: float, order: int, rate_hz: int = RATE_HZ
) -> Float64Array:
    """Magnitude of the analogue Butterworth high-pass, through the bilinear transform with its corner in place."""
    warped = np.tan(math.pi * frequency_hz / rate_hz) / math.tan(math.pi * corner_hz / rate_hz)
    with np.errstate(over="ignore", divide="ignore"):
        return np.asarray(-10.0 * np.log10(1.0 + warped ** (-2.0 * order)), np.float64)


@dataclass(frozen=True)
class Send:
    """A send of a strip."""

    bus: int
    level_db: float
    is_pre: bool = False
    is_on: bool = True


@dataclass(frozen=True)
class Strip:
    """Where one strip's controls stand."""

    trim_db: float = 0.0
    is_inverted: bool = False
    corner_hz: float | None = None
    is_muted: bool = False
    is_solo: bool = False
    fader_db: float = 0.0
    pan: float = 0.0
    law: str = "-3"
    sends: tuple[Send, ...] = field(default=())


def desk(strips: list[Strip], inputs: Float64Array, buses: int) -> Float64Array:
    """Main left and right, then the buses, all their faders at 0 dB; shape (2 + buses, frames).

    inputs: shape (strips, frames).
    """
    outputs = np.zeros((2 + buses, inputs.shape[1]))
    any_solo = any(strip.is_solo for strip in strips)
    for strip, samples in zip(strips, inputs, strict=True):
        x = samples * gain(strip.trim_db) * (-1.0 if strip.is_inverted else 1.0)
        if strip.corner_hz is not None:
            x = high_pass(x, strip.corner_hz)
        before = x * (0.0 if strip.is_muted else 1.0)
        after = before * gain(strip.fader_db)
        if strip.is_solo or not any_solo:
            left, right = pan_gains(strip.law, strip.pan)
            outputs[0] += after * left
            outputs[1] += after * right
        for send in strip.sends:
            if send.is_on:
                outputs[2 + send.bus - 1] += (before if send.is_pre else after) * gain(send.level_db)
    return outputs
