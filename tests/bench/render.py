"""How fast a mix is rendered: 32 stems of 24 bits through full strips, by studiod, ecasound and Ardour in one run.

    python -m tests.bench.render --json [--seconds 180] [--rounds 2]

Every program reads the same files, runs alone on one core, and writes one stereo file of 24 bits; they take turns, the
figure is the shortest round. `realtime_factor` is seconds of sound for a second of CPU (user + system of all its
threads and children), `wall_realtime_factor` for a second of the clock. studiod does the whole workload W(32)
(tests/bench/_workload.py); ecasound has no sends, meters and limiter; Ardour has no high-pass and limiter, and its
sends and buses are stereo. A ratio is null, and `skipped` says why, where a program is not installed.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import soundfile

from tests.bench._measure import Skipped, Spent, one_core
from tests.bench._mixers import Ardour, Ecasound, Studiod
from tests.bench._workload import NOISE_PEAK, NOISE_ROWS, RATE_HZ

STEMS = 32
SECONDS = 180.0
ROUNDS = 2
SUBTYPE = "PCM_24"
SILENT_RMS = 1e-3


class Mixer(Protocol):
    """A program that mixes the stems to `mix`."""

    @property
    def mix(self) -> Path: ...
    def render(self) -> Spent: ...


def write_stems(folder: Path, frames: int) -> list[Path]:
    """STEMS files of white noise; a few different ones, each as many times as it takes."""
    random = np.random.default_rng(1)
    stems = [folder / f"stem-{number + 1:02}.wav" for number in range(STEMS)]
    for number, stem in enumerate(stems):
        if number < NOISE_ROWS:
            with soundfile.SoundFile(stem, "w", RATE_HZ, 1, SUBTYPE) as file:
                for start in range(0, frames, RATE_HZ):
                    noise = random.uniform(-NOISE_PEAK, NOISE_PEAK, min(RATE_HZ, frames - start))
                    file.write(noise.astype(np.float32))
        else:
            shutil.copyfile(stems[number % NOISE_ROWS], stem)
    return stems


def render(name: str, mixer: Mixer, frames: int) -> Spent:
    """Mix once. Raises RuntimeError when there is no sound, or not all of it."""
    mixer.mix.unlink(missing_ok=True)
    spent = mixer.render()
    level, found = 0.0, soundfile.info(mixer.mix)
    for block in soundfile.blocks(mixer.mix, blocksize=RATE_HZ, dtype="float32"):
        level = max(level, float(np.sqrt(np.mean(np.square(block)))))
    if (found.frames, found.channels, found.subtype) != (frames, 2, SUBTYPE) or not level > SILENT_RMS:
        raise RuntimeError(
            f"{name} wrote {found.frames} frames, {found.channels} channels, {found.subtype}, rms {level:.2g}"
        )
    return spent


def prepare(makers: Mapping[str, Callable[[], Mixer]]) -> tuple[dict[str, Mixer], dict[str, str]]:
    """The programs that can be measured here, and why the others cannot."""
    mixers: dict[str, Mixer] = {}
    skipped: dict[str, str] = {}
    for name, make in makers.items():
        try:
            mixers[name] = make()
        except Skipped as reason:
            skipped[name] = str(reason)
    return mixers, skipped


def report(spent: dict[str, list[Spent]], seconds: float) -> dict[str, Any]:
    """The shortest round of each program, and how many times faster studiod was; null where something was skipped."""
    cpu = {name: min(each.cpu_s for each in rounds) for name, rounds in spent.items()}
    wall = {name: min(each.wall_s for each in rounds) for name, rounds in spent.items()}
    words: dict[str, Any] = {
        "realtime_factor": round(seconds / cpu["studiod"], 1) if "studiod" in cpu else None,
        "wall_realtime_factor": round(seconds / wall["studiod"], 1) if "studiod" in wall else None,
    }
    for name in ("ecasound", "ardour"):
        known = name in cpu and "studiod" in cpu
        words[f"ratio_to_{name}"] = round(cpu[name] / cpu["studiod"], 2) if known else None
        words[f"wall_ratio_to_{name}"] = round(wall[name] / wall["studiod"], 2) if known else None
    words["cpu_s"] = {name: round(figure, 3) for name, figure in cpu.items()}
    words["wall_s"] = {name: round(figure, 3) for name, figure in wall.items()}
    return words


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.render")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="length of the stems")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    frames = round(options.seconds * RATE_HZ)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        stems = write_stems(folder, frames)
        mixers, skipped = prepare(
            {
                "studiod": lambda: Studiod.make(folder, stems),
                "ecasound": lambda: Ecasound.make(folder, stems),
                "ardour": lambda: Ardour.make(folder, stems, frames),
            }
        )
        spent: dict[str, list[Spent]] = {name: [] for name in mixers}
        with one_core():
            for number in range(options.rounds):
                for name, mixer in mixers.items():
                    spent[name].append(render(name, mixer, frames))
                    print(
                        f"round {number + 1}: {name:8} {spent[name][-1].cpu_s:7.2f} s of CPU, "
                        f"{spent[name][-1].wall_s:7.2f} s",
                        file=sys.stderr,
                    )
    words = {"stems": STEMS, "seconds": options.seconds, **report(spent, options.seconds)}
    for name, cpu_s in words["cpu_s"].items():
        print(f"{name:8} {options.seconds / cpu_s:6.1f}x real time, {cpu_s:7.2f} s of CPU")
    for name, why in skipped.items():
        print(f"skipped {name}: {why}")
    if options.json:
        print(json.dumps({**words, "skipped": skipped}))


if __name__ == "__main__":
    main()
