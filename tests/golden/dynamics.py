"""Gate, expander, ducker and compressor in float64, in dB, from their definitions.

D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range Compressor Design", JAES 60 (2012): gain computer with a
quadratic knee, smooth decoupled ballistics; a hold before the release.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.golden.reference import RATE_HZ, Float64Array
from tests.golden.stand import Settings

DETECTOR_MS = 10.0  # time constant of the mean square
MOST_DB = 16.0 * 20.0 * math.log10(2.0)  # a compressor takes no more than 16 octaves
LIMITS = 100.0  # from this ratio on nothing passes the threshold
GATE_SLOPE = 65536.0  # how steeply a gate closes: 80 dB within 0.0013 dB


@dataclass(frozen=True)
class Machine:
    """One dynamics processor as a person sets it: dB, ms, percent."""

    kind: str = "compressor"
    """compressor, expander (both of the compressor's place); gate, gate expander, ducker (of the gate's)."""
    threshold_db: float = -20.0
    ratio: float = 4.0
    knee_db: float = 0.0
    attack_ms: float = 0.0
    hold_ms: float = 0.0
    release_ms: float = 100.0
    makeup_db: float = 0.0
    mix: float = 100.0
    is_rms: bool = False
    range_db: float = 60.0

    @property
    def is_gate(self) -> bool:
        """It stands in the gate's place."""
        return self.kind in {"gate", "gate expander", "ducker"}

    @property
    def acts_above(self) -> bool:
        """It turns down what is above the threshold, and its attack is the way down."""
        return self.kind in {"compressor", "ducker"}

    @property
    def settings(self) -> Settings:
        """Addresses below a strip."""
        if self.is_gate:
            return {
                "/gate/on": 1.0,
                "/gate/mode": float(("gate", "gate expander", "ducker").index(self.kind)),
                "/gate/threshold": self.threshold_db,
                "/gate/ratio": self.ratio,
                "/gate/range": self.range_db,
                "/gate/attack": self.attack_ms,
                "/gate/hold": self.hold_ms,
                "/gate/release": self.release_ms,
            }
        return {
            "/comp/on": 1.0,
            "/comp/mode": float(self.kind == "expander"),
            "/comp/detector": float(self.is_rms),
            "/comp/threshold": self.threshold_db,
            "/comp/ratio": self.ratio,
            "/comp/knee": self.knee_db,
            "/comp/attack": self.attack_ms,
            "/comp/hold": self.hold_ms,
            "/comp/release": self.release_ms,
            "/comp/makeup": self.makeup_db,
            "/comp/mix": self.mix,
        }

    def reduction_db(self, level_db: NDArray[np.floating] | float) -> Float64Array:
        """Gain reduction asked for at a steady `level_db`: the static curve, 0 and up."""
        over = np.asarray(level_db, np.float64) - self.threshold_db
        if not self.acts_above:
            over = -over
        knee = 0.0 if self.is_gate else self.knee_db
        if knee > 0.0:
            bent = np.clip(over + knee / 2.0, 0.0, knee) ** 2 / (2.0 * knee)
            over = bent + np.maximum(over - knee / 2.0, 0.0)
        slope = self.ratio - 1.0
        if self.kind == "compressor":
            slope = 1.0 - 1.0 / self.ratio if self.ratio < LIMITS else 1.0
        if self.kind in {"gate", "ducker"}:
            slope = GATE_SLOPE
        most = self.range_db if self.is_gate else MOST_DB
        return np.minimum(np.maximum(over, 0.0) * slope, most)


def share(time_ms: float, rate_hz: int = RATE_HZ) -> float:
    """Share of the way that a one-pole of time constant `time_ms` goes in a sample."""
    return 1.0 - math.exp(-1000.0 / (time_ms * rate_hz)) if time_ms > 0.0 else 1.0


def gains(
    machines: Sequence[Machine], keys: NDArray[np.floating], *, linked: bool = False, rate_hz: int = RATE_HZ
) -> Float64Array:
    """What each machine multiplies its signal by while it listens to its row of `keys`; shape (machines, frames).

    linked: machines 0 and 1, 2 and 3... listen to the louder of both.
    """
    power = np.asarray(keys, np.float64) ** 2
    detector = np.array([share(DETECTOR_MS, rate_hz) if machine.is_rms else 1.0 for machine in machines])
    mean = np.zeros(len(machines))
    means = np.empty_like(power)
    for frame, now in enumerate(np.ascontiguousarray(power.T)):
        mean = mean + detector * (now - mean)
        means[:, frame] = mean
    if linked:
        means = np.maximum(means, means.reshape(-1, 2, means.shape[1])[:, ::-1].reshape(means.shape))
    level_db = 10.0 * np.log10(means + 1e-20)
    asked = np.array([machine.reduction_db(row) for machine, row in zip(machines, level_db, strict=True)])
    reduction = _followed(machines, asked, rate_hz)
    makeup = np.array([[machine.makeup_db] for machine in machines])
    wet = np.array([[machine.mix / 100.0] for machine in machines])
    return np.asarray(1.0 - wet + wet * 10.0 ** ((makeup - reduction) / 20.0))


def _followed(machines: Sequence[Machine], asked: Float64Array, rate_hz: int) -> Float64Array:
    """Reduction in dB: at once in the attack's direction, held, released; then smoothed by the attack."""
    attack = np.array([share(machine.attack_ms, rate_hz) for machine in machines])
    release = np.array([share(machine.release_ms, rate_hz) for machine in machines])
    hold = np.array([round(machine.hold_ms * rate_hz / 1000.0) for machine in machines])
    sign = np.array([1.0 if machine.acts_above else -1.0 for machine in machines])
    target, reduction, waits = np.zeros(len(machines)), np.zeros(len(machines)), np.zeros(len(machines), np.int64)
    out = np.empty_like(asked)
    for frame, now in enumerate(np.ascontiguousarray((sign[:, np.newaxis] * asked).T)):
        attacks = now >= target
        released = np.where(waits > 0, target, target + release * (now - target))
        waits = np.where(attacks, hold, np.maximum(waits - 1, 0))
        target = np.where(attacks, now, released)
        reduction = reduction + attack * (target - reduction)
        out[:, frame] = reduction
    return sign[:, np.newaxis] * out
