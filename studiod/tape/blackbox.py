"""The black box: every input, always, on a ring on disk, so that what was never armed can still be kept."""

import logging
import os
import shutil
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiod.link import Block, Gap
from studiod.tape._tape import RingView
from studiod.tape.blackbox_chunk import ChunkWriter
from studiod.tape.blackbox_index import (
    FULL,
    REFUSED,
    TAPE_LATE,
    Run,
    chunk_folder,
    joined,
    open_run,
    read_chunk,
    read_index,
    remove,
)
from studiod.tape.blackbox_room import BlackBoxLimits, Shelf, full_sentence, reserve_bytes
from studiod.tape.boot import this_boot
from studiod.tape.keeper import Keeper
from studiod.tape.lock import LOCK_NAME, InUse, hold
from studiod.tape.proof import ClockDrift
from studiod.tape.witness import Witness

FOLDER = ".blackbox"
WRITE_S = 1.0  # what a killed tape may cost when the rings die with it
SYNC_S = 5.0  # what a power cut may cost; takes are synced far more often, and come first
CLEAN_S = 10.0
RETRY_S = 2.0
TELL_S = 0.5
IDLE_S = 0.05  # a press of keep is noticed within this
MOST_S = 4.0  # of sound in one turn: after a stall it catches up little by little
HURRY_FILL = 0.4  # of the rings: nothing is polite any more
_log = logging.getLogger(__name__)


@dataclass
class BlackBox:
    """Turn it (`turn`, again after `pause_s`) from a thread of its own; `status` may be asked from any.

    library: its folder. engine_clock: `clock_identity`, the same as long as frames count on. never: inputs, from 1,
    that are not kept. clock: steady seconds; wall_clock: Unix time. has_precedence: whether a take wants the disk for
    itself just now.
    """

    block: Block
    library: Path
    engine_clock: str
    limits: BlackBoxLimits
    chunk_s: float = 60.0
    never: Collection[int] = ()
    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time
    is_synchronised: Callable[[], bool] = bool
    has_precedence: Callable[[], bool] = bool
    witness: Witness | None = None
    """What is turned and played goes along with the sound; None: only sound is held."""
    fault: str = ""
    """Why nothing is kept just now."""
    lost_frames: int = 0
    _run: Run | None = None
    _writer: ChunkWriter | None = None
    _at: int = 0  # next frame to be written
    _lost_because: str = TAPE_LATE
    _lock: int | None = None
    _unsealed: list[tuple[Path, int]] = field(default_factory=list)
    _next_try: float = 0.0
    _next_write: float = 0.0
    _next_sync: float = 0.0
    _next_clean: float = 0.0
    _next_tell: float = 0.0
    _full: str = ""  # why only takes may write to this disk just now
    _told: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = self.library / FOLDER
        self.rate_hz = self.block.rate_hz
        self.inputs = [channel for channel in range(self.block.inputs) if channel + 1 not in self.never]
        self.shelf = Shelf(self.wall_clock, self.is_synchronised)
        self._rings = RingView(self.block)
        self._drift = ClockDrift(self.rate_hz)
        self._chunk_frames = max(round(self.chunk_s), 1) * self.rate_hz
        self.keeper = Keeper(self)
        self._tell()

    @property
    def pause_s(self) -> float:
        """How long nothing needs a turn."""
        return IDLE_S

    def start(self) -> None:
        """Find what earlier runs left and begin to write; a library that cannot be used is tried again and again."""
        self._open()
        self._tell()

    def turn(self) -> None:
        """Write what is due, make it durable, remove what is too old."""
        now = self.clock()
        if self._run is None or self.fault:
            if now < self._next_try:
                self.keeper.turn()
                return
            self._recover()
        if self._run is not None and not self.fault:
            self._guarded(lambda: self._work(now))
        has_news = self.keeper.turn()
        if has_news or now >= self._next_tell or self.fault:
            self._next_tell = now + TELL_S
            self._tell()

    def stop(self) -> None:
        """Seal what is open with all that the rings hold; may be called twice."""
        self.seal()
        self.keeper.stop()
        if self._writer is not None:
            self._writer.let_go()
            self._writer = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        self._run = None
        self._tell()

    def seal(self) -> None:
        """Write all that the rings hold and close the chunk, so that its files may be linked."""
        if self._run is not None and not self.fault:
            self._guarded(self._write_all)

    def _write_all(self) -> None:
        head = self.block.capture_head
        while not self._full and self._at < head:
            self._write(head)
        self._seal()

    @property
    def run_number(self) -> int:
        """The run that is being written, 0 while there is none."""
        return self._run.number if self._run is not None else 0

    def status(self) -> dict[str, Any]:
        """How it stands; whole, from any thread."""
        return self._told

    # -- the library -----------------------------------------------------------------------------------------------

    def _open(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self._take_lock()
            self.shelf.runs = read_index(self.root)
            self._run = open_run(self.root, self.shelf.runs, self.engine_clock, self.rate_hz)
            self.shelf.drop_empty_runs(self._run)
            self._full = ""
            self._at = self._resume_at(self._run)
            self._say("")
            self.keeper.resume()
        except InUse as taken:
            self._say(
                f"{self.root} is in use by another studiod ({taken.strerror}): this one keeps nothing that is not armed"
            )
        except OSError as fault:
            self._say(f"{self.root}: {fault.strerror}: only what is armed is recorded; make it writable")

    def _resume_at(self, run: Run) -> int:
        """The frame to go on with: where the chunks of this clock end, if the rings still hold that."""
        if run.chunks:
            return max(chunk.end for chunk in run.chunks)
        return self._rings.oldest

    def _take_lock(self) -> None:
        """One studiod writes into a black box. Raises InUse; the lock ends with this process."""
        if self._lock is None:
            self._lock = hold(self.root / LOCK_NAME, os.getppid())

    def _say(self, sentence: str) -> None:
        if sentence != self.fault:
            _log.log(logging.WARNING if sentence else logging.INFO, "black box: %s", sentence or "goes on")
        self.fault = sentence
        if sentence:
            self._next_try = self.clock() + RETRY_S

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do `work`; when the disk refuses, what is durable stays, and the rest is tried again elsewhere."""
        try:
            work()
        except OSError as fault:
            self._say(f"{self.root}: {fault.strerror or fault}: nothing is kept until that is better")
            writer, self._writer = self._writer, None
            self._lost_because = REFUSED
            if writer is not None:
                writer.let_go()
                self._at = writer.first_frame + writer.synced
                self._unsealed.append((writer.folder, writer.synced))

    def _recover(self) -> None:
        """After a fault: close what it left open and go on in a new chunk."""
        if self._run is None:
            self._open()
            return
        try:
            self.root.stat()
            while self._unsealed:
                folder, synced = self._unsealed[-1]
                chunk = read_chunk(folder, this_boot(), synced) if folder.exists() else None
                if chunk is not None:
                    self._run.chunks.append(chunk)
                elif folder.exists():
                    remove(folder)
                self._unsealed.pop()
            self._run.folder.mkdir(exist_ok=True)
            self._say("")
        except OSError as fault:
            self._say(f"{self.root}: {fault.strerror or fault}: nothing is kept until that is better")

    # -- writing ---------------------------------------------------------------------------------------------------

    def _work(self, now: float) -> None:
        head = self.block.capture_head
        fill = (head - self._at) / self.block.capture_frames
        is_hurried = fill > HURRY_FILL
        self._write_what_is_due(now, head, is_hurried=is_hurried)
        if now >= self._next_clean:
            self._next_clean = now + CLEAN_S
            self._clean()

    def _write_what_is_due(self, now: float, head: int, *, is_hurried: bool) -> None:
        if self._full or (now < self._next_write and not is_hurried) or (self.has_precedence() and not is_hurried):
            return
        self._next_write = now + WRITE_S
        snapshot = self.block.snapshot()
        self._drift.add(snapshot.epoch, snapshot.frame, snapshot.monotonic_ns)
        stop = head if is_hurried else min(head, self._at + round(MOST_S * self.rate_hz))
        while self._at < stop:
            self._write(stop)
        if self._writer is None:
            return
        self._log(self._writer)
        if now >= self._next_sync:
            self._next_sync = now + SYNC_S
            self._note_gaps(self._writer)
            self._writer.sync()
        else:
            self._writer.start_writeback()

    def _log(self, writer: ChunkWriter) -> None:
        """What happened since the last time, into the chunk that is written now: it may be of the one before."""
        if self.witness is None:
            return
        if not writer.is_logging:
            self.witness.begin()
        raw = self.witness.drain()
        if raw:
            writer.log(raw)

    def _write(self, stop: int) -> None:
        """One piece: of a second at most, of one chunk."""
        oldest = self._rings.oldest
        writer = self._writer
        if writer is not None and oldest - oldest % self.rate_hz > writer.end:
            self._seal()  # a long hole is no part of any chunk
            writer = None
        if oldest > self._at:
            self.lost_frames += oldest - self._at
            self._at = oldest
        if writer is None:
            writer = self._begin(oldest)
        if writer.end < oldest:
            writer.skip(min(oldest, self._chunk_end(writer)) - writer.end, self._lost_because)
        elif writer.end < stop:
            self._lost_because = TAPE_LATE
            writer.write(min(stop, self._chunk_end(writer)))
        self._at = max(self._at, writer.end)
        if writer.end >= self._chunk_end(writer):
            self._seal()

    def _chunk_end(self, writer: ChunkWriter) -> int:
        return (writer.first_frame // self._chunk_frames + 1) * self._chunk_frames

    def _begin(self, oldest: int) -> ChunkWriter:
        """A new chunk, on a whole second: the seconds of all chunks are then the same, and so are their checks.

        It begins, if need be, with what the chunk before it holds, too.
        """
        run = self._run
        if run is None:
            raise OSError(0, "the black box is not open")
        first = self._at - self._at % self.rate_hz
        before = run.chunks[-1] if run.chunks else None
        folder = chunk_folder(run.folder, run.next_sequence, first)
        writer = ChunkWriter(self.block, folder, run.next_sequence, first, self.rate_hz, self.inputs)
        try:
            writer.open(self.wall_clock(), is_synchronised=self.is_synchronised())
        except OSError:
            writer.let_go()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._writer = writer
        if before is not None and before.end < first:
            writer.note(Gap(before.end, first - before.end, self._lost_because))
        elif before is not None and before.first_frame <= first < oldest:
            writer.fill(before)  # the rings hold no more of that second
        self._next_sync = self.clock() + SYNC_S
        return writer

    def _seal(self) -> None:
        writer, run = self._writer, self._run
        if writer is None or run is None:
            return
        self._note_gaps(writer)
        self._log(writer)
        if writer.written:
            is_synchronised = self.is_synchronised()
            chunk = writer.seal(self.wall_clock(), is_synchronised=is_synchronised, drift_ppm=self._drift.ppm)
            run.chunks.append(chunk)
        else:
            writer.let_go()
            remove(writer.folder)
        self._writer = None

    def _note_gaps(self, writer: ChunkWriter) -> None:
        for gap in self.block.gaps():
            if gap.start < writer.end and gap.start + gap.frames > writer.first_frame:
                writer.note(gap)

    def _clean(self) -> None:
        """Remove the oldest until everything is within its limits; stop where only takes may write."""
        writer, reserve = self._writer, self.limits.reserve_bytes
        if reserve is None:
            reserve = reserve_bytes(self.root, len(self.inputs), self.rate_hz)
        open_s, open_bytes = (0.0, 0) if writer is None else (writer.written / self.rate_hz, writer.size_bytes)
        self.shelf.make_room(self.limits.size_bytes - open_bytes, self.limits.age_s, open_s)
        free = self.shelf.free_disk(self.root, reserve)
        self.shelf.drop_empty_runs(self._run)
        was_full, self._full = bool(self._full), full_sentence(free, reserve) if free < reserve else ""
        if self._full and not was_full:
            _log.warning("black box: %s", self._full)
            self._lost_because = FULL
            self._seal()
        elif was_full and not self._full:
            _log.info("black box: there is room again: goes on")

    # -- what everyone may know ------------------------------------------------------------------------------------

    def _tell(self) -> None:
        run = self._run
        spans = [(chunk.first_frame, chunk.end) for chunk in run.chunks] if run is not None else []
        if self._writer is not None:
            spans.append((self._writer.first_frame, self._writer.end))
        first, end = joined(spans)[-1] if spans else (0, 0)
        self._told = {
            "state": "fault" if self.fault else "full" if self._full else "on" if run is not None else "off",
            "fault": self.fault or self._full,
            "held_s": round((end - first) / self.rate_hz, 3),
            "size_bytes": self.shelf.size_bytes,
            "limit_bytes": self.limits.size_bytes,
            "runs": len(self.shelf.runs),
            "held_runs": self.shelf.held_runs(run),
            "inputs": [channel + 1 for channel in self.inputs],
            "lost_frames": self.lost_frames,
            **self.keeper.status(),
        }
