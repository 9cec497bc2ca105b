"""What a block of 64 frames costs the engine, whole: control, strips, buses, limiter, meters, capture rings, snapshot.

    python -m tests.bench.block --json [--force-isa avx2]

Turned by hand, as fast as it goes: CPU time of the shortest of several renders, four sends of every strip open.
"""

import argparse
import json
import time

import numpy as np

from studiod.engine import ISAS
from tests.fakes.desk_rig import Rig

DESKS = ((8, 4), (32, 8), (64, 16), (128, 16))
FRAMES, BLOCKS, RENDERS = 64, 400, 15
SENDS = 4


def microseconds(strips: int, buses: int, isa: str | None) -> float:
    """CPU time of a block."""
    with Rig.make(strips, buses, block_frames=FRAMES, isa=isa) as rig:
        for strip in range(1, strips + 1):
            rig.set(f"/strip/{strip}/hpf/on", 1.0)
            rig.set(f"/strip/{strip}/fader", -20.0)
            for bus in range(1, SENDS + 1):
                rig.set(f"/strip/{strip}/send/{bus}/level", -6.0)
        noise = np.random.default_rng(1).uniform(-0.1, 0.1, (strips, FRAMES * BLOCKS)).astype(np.float32)
        outputs = np.empty((rig.block.outputs, FRAMES * BLOCKS), np.float32)
        rig.engine.render(noise, outputs)
        shortest = float("inf")
        for _ in range(RENDERS):
            began = time.process_time_ns()
            rig.engine.render(noise, outputs)
            shortest = min(shortest, time.process_time_ns() - began)
        return shortest / BLOCKS / 1000.0


def main() -> None:
    """Measure each desk and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.block")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--force-isa", choices=ISAS)
    options = parser.parse_args()
    found: dict[str, float] = {}
    for strips, buses in DESKS:
        found[f"us_{strips}_strips"] = round(microseconds(strips, buses, options.force_isa), 2)
        print(f"{strips:3} strips, {buses:2} buses: {found[f'us_{strips}_strips']:6.2f} us a block of {FRAMES} frames")
    if options.json:
        print(json.dumps({"isa": options.force_isa or ISAS[-1], "frames": FRAMES, **found}))


if __name__ == "__main__":
    main()
