"""What a channel of the strip costs: the kernel called directly, beside the same strip in C, one channel at a time.

    python -m tests.bench.strip_basic --json [--force-isa avx2] [--channels 32] [--frames 64]

Trim, polarity, high-pass, mute, fader, pan, four post sends, peak and RMS meters. Both are built here with the flags of
setup.py (strip_basic.c, ext/variant_*.c); the figures are CPU time of the shortest of many interleaved rounds.
`moving` is the same with every fader, pan and send in motion.
"""

import argparse
import ast
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
HARNESS = ROOT / "tests" / "bench" / "strip_basic.c"
ROUNDS = 150
TARGET_ISA = "avx2"  # the one the numbers are about; elsewhere the fastest there is
MAX_DIFFERENCE_DB = -100.0  # the scalar strip rounds its coefficients elsewhere; more apart is not the same work


def build_flags() -> list[str]:
    """The compiler flags of the extension modules, as setup.py has them."""
    for node in ast.parse((ROOT / "setup.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLAGS":
            return [str(flag) for flag in ast.literal_eval(node.value)]
    raise LookupError("setup.py has no FLAGS")


def build(folder: Path) -> Path:
    """Compile the harness and every kernel; the program."""
    program = folder / "strip_basic"
    sources = [HARNESS, *sorted((ROOT / "ext").glob("variant_*.c"))]
    compiler = shutil.which("gcc") or "cc"
    words = [compiler, *build_flags(), f"-I{ROOT / 'ext'}", *map(str, sources), "-o", str(program), "-lm"]
    subprocess.run(words, check=True)
    return program


def measure(program: Path, channels: int, frames: int, rounds: int, isa: str | None) -> dict[str, dict[str, float]]:
    """{"ns", "moving", "difference_db"} of each kernel, and "ns" of `scalar`, by name. Raises ValueError."""
    words = [str(program), str(channels), str(frames), str(rounds), *([isa] if isa is not None else [])]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ValueError(f"this processor has no {isa}" if isa is not None else f"the harness says {done.returncode}")
    found: dict[str, dict[str, float]] = {}
    for line in done.stdout.splitlines():
        figure, name, value = line.split()
        found.setdefault(name, {})[figure] = float(value)
    return found


def report(figures: dict[str, dict[str, float]]) -> dict[str, Any]:
    """The figures as one object: those of the target's instruction set first."""
    scalar = figures.pop("scalar")["ns"]
    isa = TARGET_ISA if TARGET_ISA in figures else min(figures, key=lambda name: figures[name]["ns"])
    return {
        "ns_per_channel_sample": figures[isa]["ns"],
        "ratio_to_scalar": round(scalar / figures[isa]["ns"], 2),
        "isa": isa,
        "scalar_ns": scalar,
        "is_same_work": all(kernel["difference_db"] < MAX_DIFFERENCE_DB for kernel in figures.values()),
        "isas": {
            name: {
                "ns_per_channel_sample": kernel["ns"],
                "ratio_to_scalar": round(scalar / kernel["ns"], 2),
                "moving_ns": kernel["moving"],
                "difference_db": kernel["difference_db"],
            }
            for name, kernel in figures.items()
        },
    }


def main() -> int:
    """Build, measure, print; 1 where the two strips do not make the same sound."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.strip_basic")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--force-isa", help="measure this kernel only: sse2, avx2, avx512, neon")
    parser.add_argument("--channels", type=int, default=32, help="1 to 128")
    parser.add_argument("--frames", type=int, default=64, help="1 to 64")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            program = build(Path(folder))
            figures = measure(program, options.channels, options.frames, options.rounds, options.force_isa)
        except ValueError as fault:
            parser.error(str(fault))
    words = {"channels": options.channels, "frames": options.frames, **report(figures)}
    print(f"one channel at a time {words['scalar_ns']:.2f} ns per channel and sample")
    for name, kernel in words["isas"].items():
        print(f"{name:8} {kernel['ns_per_channel_sample']:.2f} ns, {kernel['ratio_to_scalar']:.1f}x as fast")
    if options.json:
        print(json.dumps(words))
    return 0 if words["is_same_work"] else 1


if __name__ == "__main__":
    sys.exit(main())
