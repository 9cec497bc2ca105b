"""How much the black box may hold, and for how long: what goes first when that is too much."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studiod.tape.blackbox_index import Chunk, Run, joined, remove

RUNS_TOLD = 12  # of more than that the tape's cell of the block has no room
_MIB, _GB = 1 << 20, 10**9


@dataclass(frozen=True, slots=True)
class BlackBoxLimits:
    """How much is held: the oldest goes when any of these says so."""

    size_bytes: int
    age_s: float
    reserve_bytes: int | None = None
    """Room on the disk that belongs to takes; None: `reserve_bytes` knows."""


def reserve_bytes(folder: Path, inputs: int, rate_hz: int) -> int:
    """What takes shall find free on the disk of `folder`: a quarter of an hour of every input. Raises OSError.

    Never less than half a GiB, but of a small disk a tenth.
    """
    return min(max(512 * _MIB, 900 * inputs * rate_hz * 3), shutil.disk_usage(folder).total // 10)


@dataclass
class Shelf:
    """The chunks that are sealed, of every run, oldest first. Clocks are those of the black box."""

    wall_clock: Callable[[], float]
    is_synchronised: Callable[[], bool]

    def __post_init__(self) -> None:
        self.runs: list[Run] = []
        self._told: list[dict[str, Any]] = []
        self._told_of: list[tuple[int, int, int]] = []

    @property
    def chunks(self) -> list[Chunk]:
        """Everything that is sealed, oldest first."""
        return [chunk for run in self.runs for chunk in run.chunks]

    @property
    def size_bytes(self) -> int:
        """Room that all of it takes."""
        return sum(chunk.size_bytes for chunk in self.chunks)

    def age_s(self, chunk: Chunk, open_s: float) -> float:
        """How old the end of `chunk` is at least; `open_s` of sound are in the chunk that is being written.

        By what was played since, and by the wall clock where it can be believed: a jump of a day makes nothing older.
        """
        chunks = self.chunks
        since = open_s + sum(later.frames / later.rate_hz for later in chunks[chunks.index(chunk) + 1 :])
        if chunk.clock_synchronised and self.is_synchronised():
            return max(since, self.wall_clock() - chunk.ended_unix)
        return since

    def make_room(self, size_bytes: int, age_s: float, open_s: float) -> None:
        """Remove the oldest until the rest takes `size_bytes` and is `age_s` old at most. Raises OSError."""
        held = self.size_bytes
        for chunk in self.chunks:
            if held <= size_bytes and self.age_s(chunk, open_s) <= age_s:
                return
            if not chunk.pins:
                held -= chunk.size_bytes
                self.drop(chunk)

    def free_disk(self, folder: Path, least: int) -> int:
        """Remove the oldest until `least` bytes of the disk of `folder` are free; what is free then. Raises OSError."""
        free = shutil.disk_usage(folder).free
        for chunk in self.chunks:
            if free >= least:
                break
            if not (chunk.pins or chunk.is_kept):  # the takes that share it hold on to its room
                self.drop(chunk)
                free = shutil.disk_usage(folder).free
        return free

    def held_runs(self, current: Run | None) -> list[dict[str, Any]]:
        """The newest runs that something is held of, for those who want to keep their end; JSON.

        `inputs` are stretches [first, end), from 1.
        """
        runs = [run for run in self.runs if run.chunks][-RUNS_TOLD:]
        state = [(run.number, run.chunks[0].sequence, run.chunks[-1].sequence) for run in runs]
        if state != self._told_of:
            self._told_of = state
            self._told = [_held_run(run, is_now=run is current) for run in runs]
        return self._told

    def drop(self, chunk: Chunk) -> None:
        """Remove `chunk`. Raises OSError."""
        for run in self.runs:
            if chunk in run.chunks:
                remove(chunk.folder)
                run.chunks.remove(chunk)

    def drop_empty_runs(self, but: Run | None) -> None:
        """Remove runs that hold nothing, but for the one that is being written. Raises OSError."""
        for run in [run for run in self.runs if not run.chunks and run is not but]:
            remove(run.folder)
            self.runs.remove(run)


def _held_run(run: Run, *, is_now: bool) -> dict[str, Any]:
    """What is sealed of `run`: its last stretch without a hole."""
    first, end = joined((chunk.first_frame, chunk.end) for chunk in run.chunks)[-1]
    last = run.chunks[-1]
    return {
        "run": run.number,
        "is_now": is_now,
        "first_frame": first,
        "end_frame": end,
        "rate_hz": run.rate_hz,
        "held_s": round((end - first) / max(run.rate_hz, 1), 1),
        "ended_unix": round(last.ended_unix),
        "clock_synchronised": last.clock_synchronised,
        "inputs": joined((channel + 1, channel + 2) for channel in last.inputs),
    }


def full_sentence(free: int, reserve: int) -> str:
    """Why nothing is held while `free` bytes of the disk are left."""
    return (
        f"the disk is nearly full: {free / _GB:.1f} GB are free, and the last {reserve / _GB:.1f} GB are for takes; "
        "only what is armed is recorded until there is room"
    )
