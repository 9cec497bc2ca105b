"""Sets up a rig as a test's strips stand, and lays what it plays beside what went in."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from studiod.engine import ISAS
from studiod.model.console.strip import PAN_LAWS
from tests.fakes.desk_rig import Rig
from tests.golden.reference import RATE_HZ, Float64Array, Strip

BEST_ISA = ISAS[-1]
OUTPUTS = 32
"""Enough for every bus, matrix, mono and the monitor."""

LONGEST_LATENCY = 512
"""Frames: more than any limiter looks ahead."""

Settings = Mapping[str, float]
AnySamples = NDArray[np.floating]
"""What the engine hears of it is float32."""


def noise(strips: int, frames: int = 4096, level: float = 0.25) -> Float64Array:
    """White noise of float32, each strip's own; shape (strips, frames)."""
    samples = np.random.default_rng(11).uniform(-level, level, (strips, frames)).astype(np.float32)
    return np.asarray(samples, np.float64)


def stand(rig: Rig, strips: list[Strip]) -> None:
    """Put every control of `rig` where `strips` say."""
    for number, strip in enumerate(strips, 1):
        at = f"/strip/{number}"
        rig.set(f"{at}/trim", strip.trim_db)
        rig.set(f"{at}/polarity", float(strip.is_inverted))
        rig.set(f"{at}/hpf/on", float(strip.corner_hz is not None))
        if strip.corner_hz is not None:
            rig.set(f"{at}/hpf", strip.corner_hz)
        rig.set(f"{at}/mute", float(strip.is_muted))
        rig.set(f"{at}/solo", float(strip.is_solo))
        rig.set(f"{at}/fader", strip.fader_db)
        rig.set(f"{at}/pan", strip.pan)
        rig.set(f"{at}/pan/law", float(PAN_LAWS.index(strip.law)))
        for send in strip.sends:
            rig.set(f"{at}/send/{send.bus}/level", send.level_db)
            rig.set(f"{at}/send/{send.bus}/tap", float(send.is_pre))
            rig.set(f"{at}/send/{send.bus}/on", float(send.is_on))


def put(rig: Rig, settings: Settings, at: str = "") -> None:
    """Set everything in `settings`, addresses below `at`."""
    for address, value in settings.items():
        rig.set(f"{at}{address}", value)


def in_step(rig: Rig, inputs: AnySamples) -> Float64Array:
    """What the outputs play for `inputs`, main early by its latency: frame for frame beside the inputs.

    inputs: shape (channels, frames); the result: (outputs, frames), float64. The rig has heard more silence after it.
    """
    heard = rig.render(np.pad(inputs, ((0, 0), (0, LONGEST_LATENCY))).astype(np.float32)).astype(np.float64)
    late = rig.block.snapshot().main_latency
    assert 0 < late <= LONGEST_LATENCY
    frames = inputs.shape[1]
    return np.vstack([heard[:2, late : late + frames], heard[2:, :frames]])


def rendered(
    strips: list[Strip],
    inputs: AnySamples,
    *,
    buses: int = 4,
    isa: str | None = None,
    more: Settings | None = None,
) -> Float64Array:
    """Main left and right, then the buses, as the engine makes them; shape (2 + buses, frames). The limiter is off."""
    with Rig.make(len(strips), buses, isa=isa, outputs=2 + buses) as rig:
        stand(rig, strips)
        rig.set("/main/limiter/on", 0.0)
        put(rig, more or {})
        return in_step(rig, inputs)


def each_alone(
    settings: Sequence[Settings],
    inputs: AnySamples,
    *,
    rate_hz: int = RATE_HZ,
    isa: str | None = None,
    more: Settings | None = None,
) -> Float64Array:
    """Each strip by itself before its fader, through a direct out of its own; shape (strips, frames), float64.

    settings: of each strip, addresses below it (`/eq/on`). inputs: one row for all strips, or a row for each.
    """
    strips = len(settings)
    with Rig.make(strips, 1, rate_hz=rate_hz, isa=isa, outputs=max(strips, 8)) as rig:
        for number, of_strip in enumerate(settings, 1):
            rig.set(f"/strip/{number}/main/on", 0.0)
            rig.set(f"/strip/{number}/direct/output", float(number))
            put(rig, of_strip, f"/strip/{number}")
        put(rig, more or {})
        rows = np.broadcast_to(np.atleast_2d(inputs), (strips, np.atleast_2d(inputs).shape[1]))
        return rig.render(rows.astype(np.float32))[:strips].astype(np.float64)
