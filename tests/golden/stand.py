"""Sets up a rig as the reference's strips stand."""

import numpy as np

from tests.fakes.desk_rig import Rig, Samples
from tests.golden.reference import Float64Array, Strip


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
        for send in strip.sends:
            rig.set(f"{at}/send/{send.bus}/level", send.level_db)
            rig.set(f"{at}/send/{send.bus}/tap", float(send.is_pre))
            rig.set(f"{at}/send/{send.bus}/on", float(send.is_on))


def rendered(
    strips: list[Strip],
    inputs: Samples,
    *,
    buses: int = 4,
    isa: str | None = None,
    more: dict[str, float] | None = None,
) -> Float64Array:
    """Main left and right, then the buses, as the engine makes them; shape (2 + buses, frames)."""
    with Rig.make(len(strips), buses, isa=isa, outputs=2 + buses) as rig:
        stand(rig, strips)
        for address, value in (more or {}).items():
            rig.set(address, value)
        return rig.render(inputs).astype(np.float64)
