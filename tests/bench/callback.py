"""How long one block takes, at its worst: 32 strips of the reference workload, 64 frames, a call for each block.

    python -m tests.bench.callback --json [--force-isa avx2]

The offline host: the clock of the machine is read before and after every block, with the call from Python in between
(about a microsecond), so what else the machine does is in the figures too. `p999_share` is the duration that one block
in a thousand exceeds, as a share of the period; `cpu_p999_share` is the same of the thread's CPU time alone.
"""

import argparse
import gc
import json
import time

import numpy as np

from studiod.engine import ISAS
from tests.bench._measure import one_core
from tests.bench._workload import RATE_HZ, TimedDesk, workload

STRIPS, FRAMES = 32, 64
BLOCKS = 100_000
SHARE_LIMIT = 0.10


def durations(desk: TimedDesk, blocks: int) -> tuple[list[float], list[float]]:
    """Microseconds of the clock and of CPU that each of `blocks` blocks took, both sorted."""
    clock_ns, cpu_ns = np.zeros(blocks, np.int64), np.zeros(blocks, np.int64)
    clock, cpu = time.perf_counter_ns, time.thread_time_ns
    gc.collect()
    gc.disable()
    for block in range(blocks):
        cpu_began, began = cpu(), clock()
        desk.render_block()
        clock_ns[block], cpu_ns[block] = clock() - began, cpu() - cpu_began
    gc.enable()
    return (np.sort(clock_ns) / 1000.0).tolist(), (np.sort(cpu_ns) / 1000.0).tolist()


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.callback")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--force-isa", choices=ISAS)
    parser.add_argument("--blocks", type=int, default=BLOCKS)
    options = parser.parse_args()
    with TimedDesk(STRIPS, FRAMES, workload(STRIPS), options.force_isa) as desk, one_core():
        isa = desk.isa
        taken, cpu = durations(desk, options.blocks)
    period_us = 1e6 * FRAMES / RATE_HZ
    at = {"p50": 0.50, "p99": 0.99, "p999": 0.999}
    quantiles = {name: taken[min(len(taken) - 1, int(share * len(taken)))] for name, share in at.items()}
    cpu_p999 = cpu[min(len(cpu) - 1, int(0.999 * len(cpu)))]
    words = {
        "isa": isa,
        "strips": STRIPS,
        "frames": FRAMES,
        "blocks": options.blocks,
        "period_us": round(period_us, 1),
        **{f"{name}_us": round(us, 2) for name, us in quantiles.items()},
        "max_us": round(taken[-1], 2),
        "p50_share": round(quantiles["p50"] / period_us, 4),
        "p999_share": round(quantiles["p999"] / period_us, 4),
        "cpu_p999_share": round(cpu_p999 / period_us, 4),
        "p999_share_limit": SHARE_LIMIT,
    }
    for name, us in (*quantiles.items(), ("max", taken[-1]), ("p999 of CPU", cpu_p999)):
        print(f"{name:11} {us:8.2f} us, {us / period_us:6.2%} of the period")
    if options.json:
        print(json.dumps(words))


if __name__ == "__main__":
    main()
