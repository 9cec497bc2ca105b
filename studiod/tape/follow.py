"""Takes as the engine rolls them: opened, written, made durable and closed in time, by whatever writes them."""

import contextlib
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from studiod.link import Block, Snapshot, TakeFrames
from studiod.link.order import TakeOrder
from studiod.tape.capture import TAPE_LATE, TakeWriter

HURRY_FILL = 0.1  # a ring this full is written without waiting for the next tick
IDLE_S = 0.02  # a take begins within this; while one runs, STATUS_S is soon enough
STATUS_S = 0.1
WRITE_S = 0.075  # sound that is handed to the system outlives us all: a kill of every process costs this and a turn
LATE_S = 0.015  # a turn comes late, and the newest block is still in the making
SLOWER = 1.5  # than the slowest sync of late, the next one may be
LEAST, MOST = 0.5, 0.8  # of what may be lost, between two syncs: a slow disk has the rest, a fast one less to do
CALM = 0.9  # the slowest sync is forgotten within a few seconds
BESIDE_S = 1.2  # a take is not closed before what lies beside its sound is whole, or this late at most
TURN_S = 2.0  # the most sound one turn writes: what comes before Record waits its turn, too
_log = logging.getLogger(__name__)


@dataclass
class TakeFollower:
    """Turn it by hand, or in a thread: one of its own. make: a writer for a take, None when it is not to be written.

    max_loss_s: what may be lost when everything is killed. clock: steady seconds. is_whole_beside: whether all that
    lies beside the sound of an ended take is written; asked again until it is.
    """

    block: Block
    rate_hz: int
    max_loss_s: float
    clock: Callable[[], float]
    make: Callable[[TakeFrames, TakeOrder], TakeWriter | None]
    is_whole_beside: Callable[[int], bool] = lambda _: True
    writer: TakeWriter | None = None
    last: TakeWriter | None = None
    """The writer of the take before, closed."""
    failed: dict[int, str] = field(default_factory=dict)
    """Take id -> why it could not be recorded, or not to its end."""
    elsewhere: dict[int, Path] = field(default_factory=dict)
    """Take id -> a folder whose take.json tells how it ended: its own may not."""
    finished: int = 0
    """Takes up to this one are closed; at first: by the tape before this one."""
    lost_frames: int = 0
    fill: float = 0.0
    """How full the rings are of what was played since Record and is not written."""
    _before: Snapshot | None = None
    _is_behind: bool = False
    _ended_at: float | None = None
    """When the sound of the running take was whole; None while it is not."""
    _written_at: float = 0.0
    _synced_at: float = 0.0
    _sync_s: float = 0.0
    _settled: int | None = None
    """How many of the takes begun ever nothing is left to do for; None before the first turn."""

    def turn(self, snapshot: Snapshot, head: int) -> None:
        """Write what the rings hold up to engine frame `head`, close what has ended."""
        now = self.clock()
        before, self._before = self._before or snapshot, snapshot
        running = self.writer
        if running is not None:
            running.xruns.add(before, snapshot, running.take.start)
        self._give_up_forgotten(snapshot)
        for take in snapshot.takes:
            if take.id > self.finished:
                self._follow(take, head, now)
        self._settled = snapshot.takes_begun - sum(take.id > self.finished for take in snapshot.takes)
        if self.writer is not None and self.writer is not running:
            self.writer.xruns.add(before, snapshot, self.writer.take.start)
        if self.writer is not None:
            self.writer.drift.add(snapshot.epoch, snapshot.frame, snapshot.monotonic_ns)

    def stop(self) -> None:
        """Close the running take where the engine's clock stands; may be called twice."""
        if self.writer is None:
            return
        take = self.writer.take
        head = self.block.capture_head
        self._guarded(lambda writer: writer.advance(head), "written to its end")
        self._close(take.id)

    @property
    def pause_s(self) -> float:
        """How long nothing needs a turn."""
        if self.writer is None:
            return IDLE_S
        if self._is_behind:
            return 0.0
        if self._ended_at is not None:
            return IDLE_S
        due = min(self._synced_at + self._interval_s, self._written_at + self._write_s)
        return min(max(due - self.clock(), 0.001), STATUS_S)

    def is_done(self, take_id: int) -> bool:
        """Take `take_id` is closed, or was given up."""
        return take_id <= self.finished

    def order(self, take_id: int) -> TakeOrder | None:
        """What the desk ordered for take `take_id`."""
        order = TakeOrder.from_json(self.block.order(take_id))
        return order if order is not None and order.id == take_id else None

    def _follow(self, take: TakeFrames, head: int, now: float) -> None:
        if self.writer is not None and self.writer.take.id > take.id:
            return
        if self.writer is None:
            self._open(take)
        writer = self.writer
        if writer is None or writer.take.id != take.id:
            return  # the take before it is still being written
        writer.take = take
        behind = head - writer.origin - writer.written
        self._is_behind = behind > HURRY_FILL * self.block.capture_frames
        is_sync_due = take.stop is not None or self._is_behind or now >= self._synced_at + self._interval_s
        if not is_sync_due and now < self._written_at + self._write_s:
            return
        until = min(head, writer.origin + writer.written + round(TURN_S * self.rate_hz))
        self._guarded(lambda w: w.advance(until), "written")
        self._written_at = now
        if self.writer is None:
            return
        waiting = head - max(writer.origin + writer.written, take.start)
        self.fill = max(min(waiting / self.block.capture_frames, 1.0), 0.0)
        if take.stop is not None and writer.origin + writer.written >= take.stop:
            self._end(take.id, now)
        elif is_sync_due:
            self._guarded(lambda w: w.sync(), "made durable")
            self._synced_at = now
            self._sync_s = max(self.clock() - now, CALM * self._sync_s)

    def _give_up_forgotten(self, snapshot: Snapshot) -> None:
        """Takes that are begun and ended so fast that the engine no longer knows when: nobody waits for them."""
        forgotten = snapshot.takes_begun - len(snapshot.takes)
        lost = 0 if self._settled is None else forgotten - self._settled
        if lost <= 0:
            return
        oldest = snapshot.takes[0].id
        why = "the disk stood still while too many takes were begun and ended"
        if self.writer is not None and self.writer.take.id < oldest:
            lost -= 1
            number = self.writer.take.id
            self._fail(number, f"take {number} is not known to its end: {why}")
            self._guarded(lambda writer: writer.close("damaged"), "closed")
            self._finish(number)
        if lost:
            noun, verb = ("take", "is") if lost == 1 else ("takes", "are")
            self._fail(oldest - 1, f"{lost} {noun} before take {oldest} {verb} lost: {why}")

    @property
    def _interval_s(self) -> float:
        """From one sync to the next: what is played just after one begins is durable when the next one ends."""
        spare = self.max_loss_s - LATE_S - SLOWER * self._sync_s
        return min(max(spare, LEAST * self.max_loss_s), MOST * self.max_loss_s)

    @property
    def _write_s(self) -> float:
        """From one write to the next: so that the last of them falls together with a sync."""
        interval_s = self._interval_s
        return interval_s / math.ceil(interval_s / WRITE_S)

    def _open(self, take: TakeFrames) -> None:
        order = self.order(take.id)
        if order is None or order.is_empty or take.stop == take.start:  # nobody recorded anything
            self._finish(take.id)
            return
        try:
            self.writer = self.make(take, order)
        except OSError as fault:
            self._fail(
                take.id, f"take {take.id} could not be begun: {fault.filename or order.folder}: {fault.strerror}"
            )
        if self.writer is None:
            self._finish(take.id)
            return
        self._guarded(lambda writer: writer.open(), "begun")
        self._synced_at = self.clock()

    def _end(self, take_id: int, now: float) -> None:
        """Close take `take_id`, whose sound is whole, unless something beside it is not, and nobody waits."""
        is_waited_for = any(take.id > take_id for take in self.block.snapshot().takes)
        is_late = self._ended_at is not None and now >= self._ended_at + BESIDE_S
        if is_waited_for or is_late or self.is_whole_beside(take_id):
            self._close(take_id)
        elif self._ended_at is None:
            self._ended_at = now
            self._guarded(lambda writer: writer.sync(), "made durable")

    def _close(self, take_id: int) -> None:
        if self.writer is not None:
            order = self.order(take_id)
            self.writer.paper.stopped_by = "" if order is None else order.stopped_by
            self.lost_frames += sum(gap.frames for gap in self.writer.gaps if gap.cause == TAPE_LATE)
        self._guarded(lambda writer: writer.close(), "closed")
        self._finish(take_id)

    def _guarded(self, work: Callable[[TakeWriter], object], what: str) -> None:
        """Do `work` on the writer; when the disk refuses, the take ends as it is and everyone is told."""
        writer = self.writer
        if writer is None:
            return
        try:
            work(writer)
        except OSError as fault:
            take = writer.take
            self._fail(
                take.id,
                f"take {take.id} could not be {what}: {fault.filename or writer.order.folder}: {fault.strerror}",
            )
            with contextlib.suppress(OSError):
                writer.close("damaged")
            writer.let_go()
            if writer.folders_elsewhere:
                self.elsewhere[take.id] = max(writer.folders_elsewhere)
            self._finish(take.id)

    def _fail(self, take_id: int, why: str) -> None:
        self.failed[take_id] = why
        _log.error("%s", why)

    def _finish(self, take_id: int) -> None:
        if self.writer is not None:
            self.last = self.writer
        self.writer = None
        self._ended_at = None
        self.finished = max(self.finished, take_id)
