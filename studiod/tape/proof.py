"""What a take can show for itself: a checksum of every second, clips, how slow the disk was, the drift of the clock."""

import bisect
import os
import struct
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from studiod.link import Snapshot
from studiod.tape._tape import crc32
from studiod.tape.disks import Refusal, refusal

CHECKS_NAME = "checks.crc"
CHECKS_VERSION = 1
_HEAD = struct.Struct("<4sIII")
_MAX_STRAINS = 100  # stretches told one by one; a list of takes holds them, too
_MAX_CLIPS = 1000  # runs told one by one; a take that clips more needs no longer list
RUNS_AT_ONCE = 64
WRITE_EDGES_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)
_DRIFT_LEAST_S = 10.0  # under that, a block that came late reads as a bad clock


class Strain(NamedTuple):
    """A stretch in which xruns and late blocks came, so many of each; `start` on the engine's clock."""

    start: int
    frames: int
    xruns: int
    late_blocks: int


class Checks:
    """checks.crc: a row for each whole second, a CRC-32 for each track over its packed bytes.

    `add` every track's next piece (or take it into `sums`), then `step`; pieces must not cross a second. Rows reach the
    file with `store`.

    make_room: asked once when the disk is full; True when there is room again.
    """

    def __init__(self, tracks: int, rate_hz: int, make_room: Callable[[], bool] = bool) -> None:
        self.fault = ""
        """Why rows can no longer be stored; empty while they can."""
        self._make_room = make_room
        self._rate_hz = rate_hz
        self.sums = array("I", bytes(4 * tracks))
        """The running CRC-32 of each track; whoever writes a piece of every track may change them in place."""
        self._second_frames = 0
        self._rows: list[bytes] = []
        self._stored = 0
        self._safe: tuple[bytes, int, int] = self.mark()
        self._row = struct.Struct(f"<{tracks}I")
        self._fd = -1
        self._is_dirty = False

    @property
    def frame(self) -> int:
        """Frames taken in so far, from the first hidden one."""
        return (self._stored + len(self._rows)) * self._rate_hz + self._second_frames

    def open(self, path: Path, frames: int) -> None:
        """Begin the file, or go on with the rows of the first `frames` it has; durable so far. Raises OSError.

        Where there are no tracks there is no file.
        """
        if not self.sums:
            return
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        head = _HEAD.pack(b"SDCK", CHECKS_VERSION, self._rate_hz, len(self.sums))
        if os.pread(self._fd, _HEAD.size, 0) != head:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, head, 0)
        rows = (os.fstat(self._fd).st_size - _HEAD.size) // self._row.size
        self._stored = min(rows, frames // self._rate_hz)
        os.ftruncate(self._fd, _HEAD.size + self._stored * self._row.size)
        self._is_dirty = True
        self.sync()  # before anyone is told of a take: a cut now would leave a file as long as its head, of zeros

    def add(self, track: int, packed: memoryview | bytes) -> None:
        """Take in the next piece of `track`."""
        self.sums[track] = crc32(packed, self.sums[track])

    def step(self, frames: int) -> None:
        """Every track has had its piece of `frames`."""
        self._second_frames += frames
        if self._second_frames >= self._rate_hz:
            self._end_row()

    def frames_to_row(self) -> int:
        """The longest piece that does not cross a second."""
        return self._rate_hz - self._second_frames

    def mark(self) -> tuple[bytes, int, int]:
        """Where it stands, for `rewind`."""
        return self.sums.tobytes(), self._second_frames, self._stored + len(self._rows)

    def rewind(self, mark: tuple[bytes, int, int] | None = None) -> None:
        """Forget what came after `mark`, or after the last `store`."""
        sums, self._second_frames, rows = self._safe if mark is None else mark
        self.sums = array("I", sums)
        del self._rows[rows - self._stored :]

    def sync(self) -> None:
        """Make the rows stored so far durable: with the sound, before the next ones are stored."""
        if self._is_dirty and not self.fault:
            self._guarded_sync()

    def store(self) -> None:
        """Append the rows of what has just been made durable; a row never claims what is not."""
        if self._rows and self._fd >= 0 and not self.fault:
            self._append(b"".join(self._rows), _HEAD.size + self._stored * self._row.size)
        self._stored += len(self._rows)
        self._rows.clear()
        self._safe = self.mark()

    def close(self) -> None:
        """Store the row of a last short second and let the file go; may be called twice."""
        if self._fd < 0:
            return
        if self._second_frames:
            self._end_row()
        self.store()
        self.sync()
        self.let_go()

    def let_go(self) -> None:
        """Close the file as it is; may be called twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _end_row(self) -> None:
        self._rows.append(self._row.pack(*self.sums))
        self.sums = array("I", bytes(4 * len(self.sums)))
        self._second_frames = 0

    def _append(self, rows: bytes, at: int) -> None:
        self._is_dirty = True
        try:
            try:
                _write_all(self._fd, rows, at)
            except OSError as fault:
                if refusal(fault) is not Refusal.FULL or not self._make_room():
                    raise
                _write_all(self._fd, rows, at)
        except OSError as fault:
            self.fault = f"the checksums could not be written: {fault.strerror}"

    def _guarded_sync(self) -> None:
        try:
            os.fdatasync(self._fd)
            self._is_dirty = False
        except OSError as fault:
            self.fault = f"the checksums could not be made durable: {fault.strerror}"


def _write_all(fd: int, piece: bytes, at: int) -> None:
    left = memoryview(piece)
    while left:
        done = os.pwrite(fd, left, at)
        left = left[done:]
        at += done


class Clips:
    """Runs of samples at full scale, track by track; a run that goes on in the next piece stays one run."""

    def __init__(self) -> None:
        self.more = 0
        """Runs beyond those that are listed."""
        self._runs: list[tuple[int, int, int]] = []
        self._last: dict[int, int] = {}
        self._fresh: list[tuple[int, int, int]] = []
        self._fresh_more = 0

    @property
    def runs(self) -> Sequence[tuple[int, int, int]]:
        """(track, first frame, frames) of what has been kept."""
        return self._runs

    def load(self, runs: Iterable[tuple[int, int, int]], more: int) -> None:
        """Go on from what a writer before this one told."""
        for run in runs:
            self._keep(run)
        self.more = more

    def add(self, track: int, frame: int, runs: Iterable[tuple[int, int]], more: int) -> None:
        """Take in the runs of a piece of `track` that begins at `frame`."""
        self._fresh += [(track, frame + first, frames) for first, frames in runs]
        self._fresh_more += more

    def mark(self) -> tuple[int, int]:
        """Where it stands, for `rewind`."""
        return len(self._fresh), self._fresh_more

    def rewind(self, mark: tuple[int, int] = (0, 0)) -> None:
        """Forget what came after `mark`, or after the last `keep`."""
        del self._fresh[mark[0] :]
        self._fresh_more = mark[1]

    def keep(self) -> bool:
        """What came since is durable; True when there was any."""
        had_any = bool(self._fresh or self._fresh_more)
        for run in self._fresh:
            self._keep(run)
        self.more += self._fresh_more
        self.rewind()
        return had_any

    def _keep(self, run: tuple[int, int, int]) -> None:
        track, frame, frames = run
        last = self._last.get(track)
        if last is not None:
            _, first, length = self._runs[last]
            if first + length == frame:
                self._runs[last] = (track, first, length + frames)
                return
        if len(self._runs) >= _MAX_CLIPS:
            self.more += 1
            self._last.pop(track, None)  # what touches a run that is not listed is not listed either
            return
        self._last[track] = len(self._runs)
        self._runs.append(run)


@dataclass
class Xruns:
    """Where the device told of an xrun, or a block took longer than it lasts, whether or not frames are missing.

    The engine counts them: each stretch lies between two looks at its counters.
    """

    runs: list[Strain] = field(default_factory=list)
    more: int = 0
    """Stretches beyond those that are listed."""
    is_new: bool = False
    """Something came since the papers were written."""

    def add(self, before: Snapshot, now: Snapshot, start: int) -> None:
        """What came between `before` and `now`, on the engine's clock, from the take's frame `start` on."""
        xruns, late = now.xruns - before.xruns, now.late_blocks - before.late_blocks
        first = max(before.frame, start)
        if not (xruns or late) or now.frame <= first:
            return
        self.is_new = True
        if self.runs and self.runs[-1].start + self.runs[-1].frames == first:
            last = self.runs.pop()
            self.runs.append(Strain(last.start, now.frame - last.start, last.xruns + xruns, last.late_blocks + late))
        elif len(self.runs) < _MAX_STRAINS:
            self.runs.append(Strain(first, now.frame - first, xruns, late))
        else:
            self.more += 1


class Latency:
    """How long the disk took each time sound was written and made durable, as a histogram."""

    def __init__(self, counts: Sequence[int] = ()) -> None:
        size = len(WRITE_EDGES_MS) + 1
        self.counts = list(counts) if len(counts) == size else [0] * size

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect.bisect_right(WRITE_EDGES_MS, 1000.0 * seconds)] += 1

    def to_json(self) -> dict[str, Any]:
        """counts[n] of them took less than edges[n], the last count at least the last edge."""
        return {"edges": list(WRITE_EDGES_MS), "counts": self.counts}


class ClockDrift:
    """How much faster the card counts frames than the system counts seconds: a least-squares line through both."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._first: tuple[int, int] | None = None
        self._epoch = -1
        self._count = 0
        self._mean_s = self._mean_frame_s = self._square = self._product = self._span_s = 0.0

    def add(self, epoch: int, frame: int, monotonic_ns: int) -> None:
        """Frame `frame` became next at `monotonic_ns`. Another epoch (an engine that started again) begins anew."""
        if self._first is None or epoch != self._epoch or frame < self._first[0]:
            self._begin(epoch, frame, monotonic_ns)
        first_frame, first_ns = self._first or (frame, monotonic_ns)
        seconds, frame_s = (monotonic_ns - first_ns) * 1e-9, (frame - first_frame) / self._rate_hz
        if self._count and seconds <= self._span_s:
            return  # no block since
        # what is fitted is the difference, which stays small: a day of seconds would leave no digits for it
        ahead_s = frame_s - seconds
        self._count += 1
        step, ahead_step = seconds - self._mean_s, ahead_s - self._mean_frame_s
        self._mean_s += step / self._count
        self._mean_frame_s += ahead_step / self._count
        self._square += step * (seconds - self._mean_s)
        self._product += step * (ahead_s - self._mean_frame_s)
        self._span_s = seconds

    @property
    def ppm(self) -> float | None:
        """Parts per million; None before there is enough to tell."""
        if self._span_s < _DRIFT_LEAST_S or self._square <= 0.0:
            return None
        return round(1e6 * self._product / self._square, 2)

    def _begin(self, epoch: int, frame: int, monotonic_ns: int) -> None:
        self._epoch, self._first, self._count = epoch, (frame, monotonic_ns), 0
        self._mean_s = self._mean_frame_s = self._square = self._product = self._span_s = 0.0
