"""Second-order filters in float64: the golden sets, and the state-variable filter with the numbers the engine gets."""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.golden.reference import Float64Array

GOLDEN: Final = Path(__file__).parents[1] / "data" / "dsp" / "dsp_golden.json"


@dataclass(frozen=True)
class Set:
    """One filter of dsp_golden.json: R. Bristow-Johnson's cookbook, direct form, a[0] = 1."""

    kind: str
    fs: int
    f0: float
    q: float
    gain_db: float
    b: tuple[float, ...]
    a: tuple[float, ...]
    mag_db: tuple[tuple[float, float], ...]
    """(Hz, dB)"""

    @property
    def name(self) -> str:
        """What a failing test calls it."""
        return f"{self.kind}-{self.f0:g}-{self.fs}"

    @property
    def exact(self) -> "Section":
        """The filter itself."""
        return section(self.kind, math.tan(math.pi * self.f0 / self.fs), 10.0 ** (self.gain_db / 20.0), self.q)

    @property
    def rounded(self) -> "Section":
        """The filter with the numbers the engine gets."""
        return engine_section(self.kind, self.f0, self.gain_db, self.q, self.fs)


@cache
def golden_sets() -> tuple[Set, ...]:
    """Every filter of the golden file."""
    return tuple(
        Set(
            one["kind"],
            one["fs"],
            one["f0"],
            one["q"],
            one["gain_db"],
            tuple(one["b"]),
            tuple(one["a"]),
            tuple((float(at), db) for at, db in one["mag_db"].items()),
        )
        for one in json.loads(GOLDEN.read_text())["biquads"]
    )


@dataclass(frozen=True)
class Section:
    """A state-variable filter: g, damping k, and how input, band and low are mixed (Simper 2013)."""

    g: float
    k: float
    m0: float
    m1: float
    m2: float

    def rounded(self) -> "Section":
        """The same with every number in float32: what the engine's channel holds."""
        return Section(*(float(np.float32(x)) for x in (self.g, self.k, self.m0, self.m1, self.m2)))

    def response_db(self, frequency_hz: float, rate_hz: int) -> float:
        """Magnitude at `frequency_hz`: the analogue prototype at the frequency the bilinear transform takes it from."""
        s = 1j * math.tan(math.pi * frequency_hz / rate_hz) / self.g
        below = s * s + self.k * s + 1.0
        return 20.0 * math.log10(max(abs(self.m0 + (self.m1 * s + self.m2) / below), 1e-30))


def section(kind: str, g: float, gain: float, q: float) -> Section:
    """The cookbook's analogue prototypes of input, band s / D and low 1 / D, with D = s^2 + k s + 1, A = sqrt(gain).

    highpass s^2/D = 1 - k s/D - 1/D; peaking (s^2 + A s/Q + 1)/(s^2 + s/(A Q) + 1) and so on.
    """
    root = math.sqrt(gain)
    k = 1.0 / q
    return {
        "highpass": Section(g, k, 1.0, -k, -1.0),
        "lowpass": Section(g, k, 0.0, 0.0, 1.0),
        "notch": Section(g, k, 1.0, -k, 0.0),
        "bandpass_0db": Section(g, k, 0.0, k, 0.0),
        "peaking": Section(g, k / root, 1.0, k * root - k / root, 0.0),
        "lowshelf": Section(g / math.sqrt(root), k, 1.0, k * (root - 1.0), gain - 1.0),
        "highshelf": Section(g * math.sqrt(root), k, gain, k * (1.0 - root) * root, 1.0 - gain),
    }[kind]


def engine_section(kind: str, f0: float, gain_db: float, q: float, rate_hz: int) -> Section:
    """What the engine makes of parameters: tan(pi f/fs), gain and Q arrive as float32, the section is float32."""
    g = float(np.float32(math.tan(math.pi * f0 / rate_hz)))
    gain = float(np.float32(10.0 ** (gain_db / 20.0)))
    return section(kind, g, gain, float(np.float32(q))).rounded()


def filtered(sections: list[Section], samples: NDArray[np.floating]) -> Float64Array:
    """`samples` (frames,) or (sections, frames) through each section in float64; shape (sections, frames)."""
    g, k, m0, m1, m2 = (np.array([getattr(one, name) for one in sections]) for name in ("g", "k", "m0", "m1", "m2"))
    rows = np.broadcast_to(np.atleast_2d(np.asarray(samples, np.float64)), (len(sections), np.shape(samples)[-1]))
    a1 = 1.0 / (1.0 + g * (g + k))
    a2 = g * a1
    a3 = g * a2
    s1 = np.zeros(len(sections))
    s2 = np.zeros(len(sections))
    out = np.empty(rows.shape)
    for frame, x in enumerate(np.ascontiguousarray(rows.T)):
        v3 = x - s2
        band = a1 * s1 + a2 * v3
        low = s2 + a2 * s1 + a3 * v3
        s1 = 2.0 * band - s1
        s2 = 2.0 * low - s2
        out[:, frame] = m0 * x + m1 * band + m2 * low
    return out
