"""What is left of a recording when the recorder is killed: studiod beside jack_capture, ecasound and Ardour.

    python -m tests.bench.record_crash --json

All of them record the same 8 inputs of one jackd with a dummy driver at the same time and are killed, with SIGKILL and
in the same moment, N seconds after the last of them began. Then four readers decode what is there, as it is: the table
tells how many seconds each gets out of the worst file. The row `studiod, repaired` is after what studiod does at its
next start by itself. A program that is not installed is named and left out.
"""

import argparse
import contextlib
import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench._measure import Skipped
from tests.bench._recorders import BLOCK_FRAMES, CHANNELS, RATE_HZ, RECORDERS, Recorder, readable
from tests.real.jackd import has_jackd, jack_server

SECONDS = 20.0
READERS = ("soundfile", "sox", "ffmpeg", "wave")


@dataclass(frozen=True, slots=True)
class Left:
    """What one program left."""

    recorded_s: float
    """From when it can be seen from outside to record, to its end, by the wall clock."""
    files: int
    read_s: Mapping[str, float | None]
    """By each reader out of the worst file; None: the reader never reads such files."""

    def to_json(self) -> dict[str, Any]:
        """With 0.01 s."""
        read_s = {name: None if seconds is None else round(seconds, 2) for name, seconds in self.read_s.items()}
        return {"recorded_s": round(self.recorded_s, 2), "files": self.files, **read_s}


def measure(folder: Path, seconds: float, names: tuple[str, ...] = tuple(RECORDERS)) -> dict[str, Any]:
    """Record with all of `names`, kill them, and read what is left. Raises Skipped where there is no jackd."""
    if not has_jackd():
        raise Skipped("jackd is not installed (Debian: jackd2)")
    running: dict[str, tuple[Recorder, float]] = {}
    skipped: dict[str, str] = {}
    with jack_server(RATE_HZ, BLOCK_FRAMES, CHANNELS), contextlib.ExitStack() as stack:
        for name in names:
            try:
                recorder = stack.enter_context(RECORDERS[name](folder))
            except Skipped as why:
                skipped[name] = str(why)
            else:
                running[name] = recorder, time.monotonic()
        time.sleep(seconds)
        ended = time.monotonic()
        for recorder, _ in running.values():
            recorder.kill()
    left = {}
    for name, (recorder, began) in running.items():
        left[name] = _look(recorder, ended - began)
        if recorder.session is not None:
            recorder.repair()
            left[f"{name}, repaired"] = _look(recorder, ended - began)
    return {
        "seconds": seconds,
        "channels": CHANNELS,
        "left": {name: one.to_json() for name, one in left.items()},
        "skipped": skipped,
    }


def _look(recorder: Recorder, recorded_s: float) -> Left:
    paths = recorder.files()
    return Left(recorded_s, len(paths), readable(paths, recorder.channels))


def table(numbers: Mapping[str, Any]) -> str:
    """What was measured, for people."""
    lines = ["| seconds | it recorded | " + " | ".join(READERS) + " |", "| --- |" + " ---: |" * (len(READERS) + 1)]
    for name, left in numbers["left"].items():
        read = ["-" if left[reader] is None else f"{left[reader]:.2f}" for reader in READERS]
        lines.append(f"| {name} | {left['recorded_s']:.2f} | " + " | ".join(read) + " |")
    lines += [f"left out: {name}: {why}" for name, why in numbers["skipped"].items()]
    return "\n".join(lines)


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"of recording (default {SECONDS:g})")
    parser.add_argument("--folder", type=Path, help="on the disk to record to (default: the system's temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        try:
            numbers = measure(Path(name), options.seconds)
        except Skipped as why:
            raise SystemExit(str(why)) from None
    print(table(numbers))
    if options.json:
        print(json.dumps(numbers))


if __name__ == "__main__":
    main()
