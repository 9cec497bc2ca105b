"""What a channel costs at the reference workload W(N), beside SuperCollider's server, in one run.

    python -m tests.bench.strip --json [--channels 32] [--frames 64] [--force-isa avx2] [--callgrind]

A real engine is turned by hand at W(N) (tests/bench/_workload.py): control, strips, buses, limiter, meters, snapshot;
`live` writes the capture rings too. scsynth renders the same as a score (tests/data/bench); what its noise costs is
taken off. Both are CPU time for a channel and a sample, and take turns: the figure is the shortest round, `median` the
one in the middle. `full_console` is the same with gates and 16 sends, its delays idle; `full_console_delay` with delays
of 10 ms too.
"""

import argparse
import json
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from studiod.engine import ISAS
from tests.bench._measure import Skipped, interleaved, run
from tests.bench._scsynth import Scsynth
from tests.bench._workload import MAX_SENDS, TimedDesk, desk_settings, workload

ROUNDS = 7
SECONDS = 20.0
LARGE = 128  # channels: no worse for each than W(32)
CALLGRIND_ISA = "avx2"  # what the limit of 40 instructions is about; valgrind knows no AVX-512
CALLGRIND_RENDERS = (2, 34)  # the difference is what is counted: starting Python cancels
STEADY = {
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
}  # numpy's idle threads spin, dictionaries collide by chance
CONSOLE = ("hpf", "gate", "eq", "comp", "sends")


def contestants(
    stack: ExitStack, channels: int, frames: int, isa: str | None, seconds: float
) -> dict[str, Callable[[], float]]:
    """What takes turns, by name: W(N) on each instruction set (isa:NAME); W(128) and whole consoles on the best."""
    best = isa or ISAS[-1]

    def desk(
        count: int, kernel: str, features: tuple[str, ...] | None = None, *, is_live: bool = False
    ) -> Callable[[], float]:
        if features is None:
            made = TimedDesk(count, frames, workload(count), kernel, is_live=is_live)
        else:
            made = TimedDesk(count, frames, desk_settings(count, features, MAX_SENDS), kernel, MAX_SENDS)
        return partial(stack.enter_context(made).ns_per_channel_sample, seconds)

    turns = {f"isa:{kernel}": desk(channels, kernel) for kernel in ([isa] if isa else ISAS)}
    if channels != LARGE:
        turns["w128"] = desk(LARGE, best)
    turns["live"] = desk(channels, best, is_live=True)
    turns["full_console"] = desk(channels, best, CONSOLE)
    turns["full_console_delay"] = desk(channels, best, (*CONSOLE, "delay"))
    return turns


def report(figures: dict[str, list[float]], best: str) -> dict[str, Any]:
    """The rounds of every contestant as one object: nanoseconds for a channel and a sample, ratios to scsynth."""
    peer = figures.get("scsynth")

    def words(rounds: list[float]) -> dict[str, float | None]:
        return {
            "ns_per_channel_sample": round(rounds[0], 3),
            "median_ns": round(statistics.median(rounds), 3),
            "ratio_to_scsynth": round(peer[0] / rounds[0], 2) if peer else None,
            "median_ratio": round(statistics.median(peer) / statistics.median(rounds), 2) if peer else None,
        }

    return {
        **words(figures[f"isa:{best}"]),
        "isa": best,
        "scsynth_ns": round(peer[0], 3) if peer else None,
        "scsynth_median_ns": round(statistics.median(peer), 3) if peer else None,
        **{
            f"{name}_ns": round(figures[name][0], 3)
            for name in ("w128", "live", "full_console", "full_console_delay")
            if name in figures
        },
        "isas": {name[4:]: words(rounds) for name, rounds in figures.items() if name.startswith("isa:")},
    }


def instructions(folder: Path, channels: int, frames: int, isa: str) -> float:
    """Instructions for a channel and a sample, counted by callgrind. Raises Skipped where there is no valgrind."""
    program = shutil.which("valgrind")
    if program is None:
        raise Skipped("valgrind is not installed (Debian: valgrind)")
    counts: list[tuple[int, int]] = []
    for renders in CALLGRIND_RENDERS:
        out = folder / f"callgrind.{renders}"
        options = ["--channels", str(channels), "--frames", str(frames), "--force-isa", isa]
        inner = [sys.executable, "-m", "tests.bench.strip", *options, "--renders", str(renders)]
        run([program, "--tool=callgrind", f"--callgrind-out-file={out}", *inner], STEADY)
        found = re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE)
        if found is None:
            raise RuntimeError(f"callgrind left no total in {out}")
        counts.append((renders, int(found[1])))
    (few, least), (many, most) = counts
    with TimedDesk(channels, frames, workload(channels), isa) as desk:
        return (most - least) / ((many - few) * desk.render())


def show(words: dict[str, Any], skipped: dict[str, str]) -> None:
    """Print it for a person."""
    for name, kernel in words["isas"].items():
        ratio = kernel["ratio_to_scsynth"]
        beside = f", {ratio:.1f}x as fast as scsynth" if ratio is not None else ""
        print(f"{name:18} {kernel['ns_per_channel_sample']:6.2f} ns a channel and sample{beside}")
    for name in ("w128", "live", "full_console", "full_console_delay", "scsynth"):
        if words.get(f"{name}_ns") is not None:
            print(f"{name:18} {words[f'{name}_ns']:6.2f} ns")
    if "instructions_per_channel_sample" in words:
        count = words["instructions_per_channel_sample"]
        print(f"{'callgrind':18} {count:6.2f} instructions, {words['callgrind_isa']}")
    for name, why in skipped.items():
        print(f"skipped {name}: {why}")


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.strip")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--channels", type=int, default=32, help="1 to 128; scsynth: 8, 16, 32, 64 or 128")
    parser.add_argument("--frames", type=int, default=64, help="of a block")
    parser.add_argument("--force-isa", choices=ISAS, help="measure this kernel only")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of sound in a round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--callgrind", action="store_true", help="count instructions too (AVX2; takes a minute)")
    parser.add_argument("--renders", type=int, help=argparse.SUPPRESS)  # what runs inside callgrind
    options = parser.parse_args()
    channels, frames, isa = options.channels, options.frames, options.force_isa
    if options.renders is not None:
        with TimedDesk(channels, frames, workload(channels), isa) as desk:
            for _ in range(options.renders):
                desk.render()
        return
    counted_isa = isa or (CALLGRIND_ISA if CALLGRIND_ISA in ISAS else ISAS[0])
    words: dict[str, Any] = {"channels": channels, "frames": frames}
    skipped: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as made, ExitStack() as stack:
        folder = Path(made)
        turns = contestants(stack, channels, frames, isa, options.seconds)
        try:
            turns["scsynth"] = Scsynth(folder, channels, frames, options.seconds).ns_per_channel_sample
        except Skipped as reason:
            skipped["scsynth"] = str(reason)
        words |= report(interleaved(turns, options.rounds), isa or ISAS[-1])
        if options.callgrind:
            try:
                count = instructions(folder, channels, frames, counted_isa)
                words |= {"instructions_per_channel_sample": round(count, 2), "callgrind_isa": counted_isa}
            except Skipped as reason:
                skipped["callgrind"] = str(reason)
    show(words, skipped)
    if options.json:
        print(json.dumps({**words, "skipped": skipped}))


if __name__ == "__main__":
    main()
