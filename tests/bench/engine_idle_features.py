"""What a strip pays for what is switched off: 32 strips with nothing on, each feature alone, W, and everything.

    python -m tests.bench.engine_idle_features --json [--force-isa avx2]

Nanoseconds of CPU for a channel and a sample, the whole engine, as in tests/bench/strip.py. `full` is W (high-pass,
equaliser, compressor, four sends), `everything` is W with gate, delay and 16 sends. What buses and main cost is shared
by 32 strips in these. `strip_ns` is what a strip more costs, from 128 and 32 of them; `bypassed_share` is that of a
strip with nothing on against one of W, `desk_bypassed_share` the same of the whole desk of 32 strips.
"""

import argparse
import json
from contextlib import ExitStack
from functools import partial

from studiod.engine import ISAS
from tests.bench._measure import interleaved
from tests.bench._workload import FEATURES, MAX_SENDS, TimedDesk, desk_settings, workload

STRIPS, MORE_STRIPS, FRAMES = 32, 128, 64
ROUNDS = 15
SECONDS = 8.0
SHARE_LIMIT = 0.30


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.engine_idle_features")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--force-isa", choices=ISAS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of sound in a round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    isa = options.force_isa or ISAS[-1]
    desks = {
        "bypassed": (STRIPS, desk_settings(STRIPS, ()), 4),
        **{feature: (STRIPS, desk_settings(STRIPS, (feature,)), 4) for feature in FEATURES},
        "full": (STRIPS, workload(STRIPS), 4),
        "everything": (STRIPS, desk_settings(STRIPS, FEATURES, MAX_SENDS), MAX_SENDS),
        "bypassed_128": (MORE_STRIPS, desk_settings(MORE_STRIPS, ()), 4),
        "full_128": (MORE_STRIPS, workload(MORE_STRIPS), 4),
    }
    with ExitStack() as stack:
        turns = {
            name: partial(
                stack.enter_context(TimedDesk(strips, FRAMES, settings, isa, buses)).ns_per_channel_sample,
                options.seconds,
            )
            for name, (strips, settings, buses) in desks.items()
        }
        figures = {name: rounds[0] for name, rounds in interleaved(turns, options.rounds).items()}
    strip = {
        name: (MORE_STRIPS * figures[f"{name}_128"] - STRIPS * figures[name]) / (MORE_STRIPS - STRIPS)
        for name in ("bypassed", "full")
    }
    words = {
        "isa": isa,
        "strips": STRIPS,
        "frames": FRAMES,
        **{f"{name}_ns": round(ns, 3) for name, ns in figures.items()},
        "strip_ns": round(strip["full"], 3),
        "strip_bypassed_ns": round(strip["bypassed"], 3),
        "bypassed_share": round(strip["bypassed"] / strip["full"], 3),
        "bypassed_share_limit": SHARE_LIMIT,
        "desk_bypassed_share": round(figures["bypassed"] / figures["full"], 3),
        "desk_bypassed_share_of_everything": round(figures["bypassed"] / figures["everything"], 3),
    }
    for name, ns in figures.items():
        print(f"{name:12} {ns:6.2f} ns a channel and sample, {ns / figures['full']:6.1%} of W({STRIPS})")
    print(f"a strip more: bypassed {strip['bypassed']:.2f} ns, full {strip['full']:.2f} ns a sample")
    if options.json:
        print(json.dumps(words))


if __name__ == "__main__":
    main()
