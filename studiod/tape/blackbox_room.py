"""How much the black box may hold, and for how long: what goes first when that is too much."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studiod.tape.blackbox_index import Chunk, Run, remove

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


def full_sentence(free: int, reserve: int) -> str:
    """Why nothing is held while `free` bytes of the disk are left."""
    return (
        f"the disk is nearly full: {free / _GB:.1f} GB are free, and the last {reserve / _GB:.1f} GB are for takes; "
        "only what is armed is recorded until there is room"
    )
