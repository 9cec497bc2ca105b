"""The tape process at work: takes as the engine rolls them, playback ahead of it, and its state for everyone to see."""

import contextlib
import fcntl
import json
import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiod.link import TAPE, Block, TakeFrames
from studiod.link.order import TakeOrder
from studiod.link.session import takes_folder
from studiod.tape.capture import TakeWriter
from studiod.tape.files import load_json
from studiod.tape.repair import Repaired, repair_session, take_ids

STATUS_S = 0.1
HURRY_FILL = 0.1  # a ring this full is written without waiting for the next tick
SPACE_S = 2.0  # how often the disk is asked for its room
IDLE_S = 0.02  # a take begins within this; while one runs, STATUS_S is soon enough
LATE_S = 0.015  # a turn comes late, and the newest block is still in the making
SLOWER = 1.5  # than the slowest sync of late, the next one may be
LEAST, MOST = 0.5, 0.8  # of what may be lost, between two syncs: a slow disk has the rest, a fast one less to do
CALM = 0.9  # the slowest sync is forgotten within a few seconds
_log = logging.getLogger(__name__)


@dataclass
class TapeMachine:
    """Turn it by hand (`turn`) or from the tape process. One thread; the player has its own object and thread.

    session: folder of the session. max_loss_s: what may be lost when everything is killed. clock: steady seconds.
    """

    block: Block
    session: Path
    rate_hz: int
    max_loss_s: float
    clock: Callable[[], float]
    player_faults: Callable[[], list[str]] = list
    writer: TakeWriter | None = None
    library_fault: str = ""
    failed: dict[int, str] = field(default_factory=dict)
    """Take id -> why it could not be recorded, or not to its end."""
    finished: int = 0
    """Id of the last take that is closed."""
    repaired: list[Repaired] = field(default_factory=list)
    lost_frames: int = 0
    _synced_at: float = 0.0
    _sync_s: float = 0.0
    _told_at: float = -1.0
    _space_at: float = -SPACE_S
    _free_bytes: int | None = None
    _next_id: int = 1
    _done: set[int] = field(default_factory=set)
    _fill: float = 0.0
    _lock: int | None = None
    _said: str = ""

    def start(self) -> None:
        """Look at the library: make the session's folder, repair what was cut off, find the next take's number.

        A library that cannot be used is looked at again from time to time.
        """
        self._open_library()
        self._tell()

    def _open_library(self) -> None:
        self.library_fault = ""
        try:
            takes_folder(self.session).mkdir(parents=True, exist_ok=True)
            self._lock_session()
            probe = self.session / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
            running = frozenset(take.id for take in self.block.snapshot().takes if self._is_ordered_here(take.id))
            self.repaired = repair_session(self.session, running)
            for done in self.repaired:
                _log.warning("%s", done)
            self._next_id = max(take_ids(self.session), default=0) + 1
        except BlockingIOError:
            owner = self._lock_path.read_text(encoding="utf-8", errors="replace").strip()
            self.library_fault = (
                f"{self.session} is in use by another studiod (process {owner or 'unknown'}); nothing can be recorded "
                "there. Stop that one, or choose another folder with --library"
            )
        except OSError as fault:
            self.library_fault = (
                f"{self.session}: {fault.strerror}; nothing can be recorded there. "
                "Make it writable, or choose another folder with --library"
            )

    @property
    def _lock_path(self) -> Path:
        return self.session / ".lock"

    def _lock_session(self) -> None:
        """One studiod writes into a session. Raises BlockingIOError; the lock ends with this process."""
        if self._lock is None:
            fd = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(fd)
                raise
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getppid()}\n".encode(), 0)
            self._lock = fd

    def turn(self) -> None:
        """Write what the rings hold for the running take, close what has ended, tell how it stands."""
        now = self.clock()
        snapshot = self.block.snapshot()
        head = self.block.capture_head
        for take in snapshot.takes:
            self._follow(take, head, now)
        self.block.beat(TAPE)
        if now - self._told_at >= STATUS_S:
            self._told_at = now
            self._tell()

    def stop(self) -> None:
        """Close the running take where the engine's clock stands; may be called twice."""
        if self.writer is not None:
            take = self.writer.take
            self._guarded(lambda writer: writer.advance(self.block.capture_head), "to its end")
            if self.writer is not None:
                self._guarded(lambda writer: writer.close(self._end_state()), "closed")
                self._finish(take.id)
        self._tell()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # -- takes -----------------------------------------------------------------------------------------------------

    def _order(self, take_id: int) -> TakeOrder | None:
        order = TakeOrder.from_json(self.block.order(take_id))
        return order if order is not None and order.id == take_id else None

    def _is_ordered_here(self, take_id: int) -> bool:
        order = self._order(take_id)
        return order is not None and order.folder.parent == takes_folder(self.session)

    def _follow(self, take: TakeFrames, head: int, now: float) -> None:
        if take.id in self._done or (self.writer is not None and self.writer.take.id > take.id):
            return
        if self.writer is None and not self._open(take):
            return
        writer = self.writer
        if writer is None or writer.take.id != take.id:
            return  # the take before it is still being written
        writer.take = take
        behind = head - take.start - writer.written
        self._fill = max(min(behind / self.block.capture_frames, 1.0), 0.0)
        if take.stop is None and now < self._synced_at + self._interval_s and self._fill < HURRY_FILL:
            return
        self._guarded(lambda w: w.advance(head), "written")
        if self.writer is None:
            return
        if take.stop is not None and writer.written >= take.stop - take.start:
            self._guarded(lambda w: w.close(self._end_state()), "closed")
            self._finish(take.id)
        else:
            self._guarded(lambda w: w.sync(), "made durable")
            self._synced_at = now
            self._sync_s = max(self.clock() - now, CALM * self._sync_s)

    @property
    def _interval_s(self) -> float:
        """From one sync to the next: what is played just after one begins is durable when the next one ends."""
        spare = self.max_loss_s - LATE_S - SLOWER * self._sync_s
        return min(max(spare, LEAST * self.max_loss_s), MOST * self.max_loss_s)

    @property
    def pause_s(self) -> float:
        """How long nothing needs a turn."""
        if self.writer is None:
            return IDLE_S
        return min(max(self._synced_at + self._interval_s - self.clock(), 0.001), STATUS_S)

    def _open(self, take: TakeFrames) -> bool:
        order = self._order(take.id)
        if order is None or not order.tracks:
            self._done.add(take.id)
            return False
        before = load_json(order.folder / "take.json")
        if before is not None and before.get("state") != "recording":
            self._finish(take.id)
            return False
        writer = TakeWriter(self.block, order, take, self.rate_hz)
        self.writer = writer
        self._guarded(lambda w: w.open(), "begun")
        self._synced_at = self.clock()
        return self.writer is not None

    def _guarded(self, work: Callable[[TakeWriter], object], what: str) -> None:
        """Do `work` on the writer; when the disk refuses, the take ends as it is and everyone is told."""
        writer = self.writer
        if writer is None:
            return
        try:
            work(writer)
        except OSError as fault:
            take = writer.take
            why = f"take {take.id} could not be {what}: {writer.order.folder}: {fault.strerror}"
            self.failed[take.id] = why
            _log.error("%s", why)
            with contextlib.suppress(OSError):
                writer.close("damaged")
            writer.let_go()
            self.writer = None
            self._finish(take.id)

    def _end_state(self) -> str:
        if self.writer is not None:
            self.lost_frames += sum(gap.frames for gap in self.writer.gaps if gap.cause == "tape late")
        return "good"

    def _finish(self, take_id: int) -> None:
        self.writer = None
        self._done.add(take_id)
        self.finished = max(self.finished, take_id)
        self._next_id = max(self._next_id, take_id + 1)

    # -- what everyone may know ------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """How the tape stands, for the shared block."""
        writer = self.writer
        return {
            "library_fault": self.library_fault,
            "take": None
            if writer is None
            else {
                "id": writer.take.id,
                "frames": writer.written,
                "synced": writer.synced,
                "lost": sum(gap.frames for gap in writer.gaps),
            },
            "finished": self.finished,
            "failed": {str(number): why for number, why in list(self.failed.items())[-4:]},
            "next_id": self._next_id,
            "free_bytes": self._free_bytes,
            "ring_fill": round(self._fill, 4),
            "lost_frames": self.lost_frames,
            "repaired": [str(done) for done in self.repaired[-8:]],
            "playback_faults": self.player_faults()[:4],
        }

    def _tell(self) -> None:
        now = self.clock()
        if self.library_fault != self._said:
            self._said = self.library_fault
            _log.error("%s", self._said or f"{self.session} can be written again")
        if now - self._space_at >= SPACE_S:
            self._space_at = now
            if self.library_fault:
                self._open_library()
            with contextlib.suppress(OSError):
                self._free_bytes = shutil.disk_usage(self.session).free
        self.block.store_status(TAPE, json.dumps(self.status(), ensure_ascii=False))
