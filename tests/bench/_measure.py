"""How the benches measure: CPU time of threads and of other programs, in rounds that take turns."""

import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Skipped(Exception):  # noqa: N818 - it reads as the fact it reports
    """A peer cannot be measured here; the message says why."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a program took: CPU (user + system of it and of what it started) and wall-clock time, seconds."""

    cpu_s: float
    wall_s: float


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Spent:
    """Run a program to its end. Raises RuntimeError with the end of what it said when it fails."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=None if environment is None else {**os.environ, **environment},
        check=False,
    )
    wall_s, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        said = done.stdout.decode("utf-8", "replace").strip()[-2000:]
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {said}")
    return Spent(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall_s)


@contextmanager
def one_core() -> Iterator[int]:
    """Hold this process, and what it starts, on one core; its number."""
    allowed = os.sched_getaffinity(0)
    core = max(allowed)
    os.sched_setaffinity(0, {core})
    try:
        yield core
    finally:
        os.sched_setaffinity(0, allowed)


def interleaved(contestants: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """What each contestant measured in each round, sorted: they take turns, a busy minute costs all of them."""
    found: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            found[name].append(measure())
    return {name: sorted(figures) for name, figures in found.items()}
