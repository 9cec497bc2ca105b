"""A second copy of every take, on another disk: out of the rings, by a thread of its own, with its own faults."""

import contextlib
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from studiod.link import Block, Snapshot, TakeFrames
from studiod.link.closed import Closed
from studiod.link.order import TakeOrder
from studiod.link.take import DOCUMENT_NAME, RECORDING
from studiod.tape.capture import TakeWriter
from studiod.tape.copy_journal import JournalCopies
from studiod.tape.disks import Free, free_on
from studiod.tape.files import load_json
from studiod.tape.follow import TakeFollower
from studiod.tape.library import copied_folders
from studiod.tape.lock import LOCK_NAME, hold
from studiod.tape.repair import repair_takes
from studiod.tape.resume import free_folder
from studiod.tape.takefiles import WriterOptions

LOOK_S = 2.0  # how often the disk is looked for
_REMEMBERED = 16  # takes whose end is still told
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CopyState:
    """How the copy of one take stands. state: as in take.json, or "missing" when there is none."""

    folder: str
    state: str
    fault: str

    @property
    def has_ended(self) -> bool:
        """Nothing will change any more."""
        return self.state != "recording"

    def to_json(self) -> dict[str, str]:
        """For take.json and the shared block."""
        return {"folder": self.folder, "state": self.state, "fault": self.fault}


@dataclass
class TakeCopy:
    """Writes each take a second time under `root`, the folder of a session on another disk. Turn it in its own thread.

    It reads the rings itself: neither disk waits for the other, and a fault of the first leaves the copy whole.
    """

    block: Block
    root: Path
    rate_hz: int
    max_loss_s: float
    clock: Callable[[], float]
    options: WriterOptions
    wall: Callable[[], float] = time.time
    is_clock_synchronised: Callable[[], bool] = bool
    free_on: Callable[[Path], Free | None] = free_on
    """How room is looked for on its disk, by this thread alone."""
    free: Free | None = None
    """What is free there for copies, what is kept for the running one with it; None when nobody knows."""
    states: dict[int, CopyState] = field(default_factory=dict)
    """By take id; replaced as a whole, so that another thread may look at any time."""
    finished: int = field(init=False)
    """The sound of takes up to this one is copied, or will not be, and `states` tells of it."""

    fault: str = ""
    """Why nothing can be copied, as far as is known; empty when it can."""
    repaired: dict[int, CopyState] = field(default_factory=dict)
    """Copies that were cut off and are whole again, by take id; replaced as a whole."""
    _faults_beside: dict[int, tuple[str]] = field(default_factory=dict)
    """Take id -> why its journal is not copied."""
    _is_looked_over: bool = False
    """What was cut off on this disk is repaired."""
    _lock: int | None = None
    """While a take is written: nobody else may take it for one that was cut off."""

    def __post_init__(self) -> None:
        self._looked_at = self.clock() - LOOK_S
        self._follower = TakeFollower(self.block, self.rate_hz, self.max_loss_s, self.clock, self._make)
        self.finished = self._follower.finished = Closed.told(self.block).copies
        self._inherited = {take.id for take in self.block.snapshot().takes}  # the tape before this one followed them
        self.journals = JournalCopies(self.clock, self._tell_of_journal)
        """What journals have is handed to it by the thread that keeps them."""

    def turn(self, snapshot: Snapshot, head: int) -> None:
        """Go on with what the rings hold up to engine frame `head`."""
        if self.clock() - self._looked_at >= LOOK_S:
            self._look()
            if not self.fault and not self._is_looked_over and self._follower.writer is None:
                self._repair(frozenset(take.id for take in snapshot.takes if not self._follower.is_done(take.id)))
        self._follower.turn(snapshot, head)
        self._tell()
        self.journals.turn(self._folder_of, self._follower.is_done)
        self._let_go()

    def stop(self) -> None:
        """Close the running take where the engine's clock stands; may be called twice."""
        self._follower.stop()
        self._tell()
        self.journals.stop()
        self._let_go()

    @property
    def is_troubled(self) -> bool:
        """Nothing is copied, or the last copy has a fault: that is told, and its room says no more."""
        states = self.states
        return bool(self.fault or (states and states[max(states)].fault))

    @property
    def pause_s(self) -> float:
        """How long nothing needs a turn."""
        return self._follower.pause_s

    def _look(self) -> None:
        """A folder that is not there is a disk that is not: it is never made. Only this thread waits for the answer."""
        self._looked_at = self.clock()
        is_there = self.root.parent.is_dir()
        self.fault = "" if is_there else f"tape.copy_to {self.root.parent} is not there: nothing is copied"
        self._is_looked_over = self._is_looked_over and is_there  # another disk may come
        free, writer = self.free_on(self.root.parent) if is_there else None, self._follower.writer
        self.free = free if free is None or writer is None else replace(free, bytes=free.bytes + writer.kept_bytes)

    def _repair(self, running: frozenset[int]) -> None:
        """Make the copies whole that were cut off, but for `running`; again later while others write there."""
        try:
            if not self.root.is_dir():
                self._is_looked_over = True
                return
            lock = hold(self.root / LOCK_NAME, os.getppid())
        except BlockingIOError:
            return
        except OSError as fault:
            self._is_looked_over = True
            _log.warning("the copies in %s are not looked at: %s", self.root, fault.strerror)
            return
        try:
            self._is_looked_over = True
            for folder in copied_folders(self.root):
                for done in repair_takes([folder], self.root.name, running):
                    _log.warning("the copy in %s: %s", folder, done)
                    if not done.is_untouched:
                        state = CopyState(str(folder), "damaged" if done.damage else "repaired", done.told_damage)
                        self.repaired = {**self.repaired, done.id: state}
        except OSError as fault:
            _log.warning("the copies in %s are not looked at: %s", self.root, fault.strerror)
        finally:
            os.close(lock)

    def _let_go(self) -> None:
        """A disk that nothing is written to can be unmounted."""
        if self._lock is not None and self._follower.writer is None and not self.journals.is_busy:
            os.close(self._lock)
            self._lock = None

    def _make(self, take: TakeFrames, order: TakeOrder) -> TakeWriter | None:
        self._look()
        if self.fault:
            self._put(take.id, CopyState("", "missing", self.fault))
            return None
        if self._lock is None:
            self.root.mkdir(exist_ok=True)
            with contextlib.suppress(OSError):  # a disk without locks, or someone who repairs there: it is written
                self._lock = hold(self.root / LOCK_NAME, os.getppid(), is_shared=True)
        place = self.root / "takes" / order.folder.name
        folder = free_folder(place, order, take.start, may_be_closed=take.id in self._inherited)
        before = load_json(folder / DOCUMENT_NAME)
        if before is not None and before.get("state") != RECORDING:  # the tape before this one did not come to tell
            faults = [str(fault) for fault in before.get("faults", ())]
            self._put(take.id, CopyState(str(folder), str(before.get("state")), "; ".join(faults[-2:])))
            return None
        return TakeWriter(
            self.block,
            replace(order, folder=folder),
            take,
            self.rate_hz,
            self.options,
            self.clock,
            self.wall,
            self.is_clock_synchronised,
        )

    def _tell(self) -> None:
        follower = self._follower
        for writer in (follower.last, follower.writer):
            if writer is None:
                continue
            number = writer.take.id
            known = self.states.get(number)
            if known is not None and known.has_ended:
                continue
            why = follower.failed.get(number, "; ".join([*writer.faults[-2:], *self._faults_beside.get(number, ())]))
            state = (
                "recording" if writer is follower.writer else "damaged" if number in follower.failed else writer.state
            )
            told = CopyState(str(writer.order.folder), state, why)
            if told != known:
                self._put(number, told)
        for number, why in follower.failed.items():
            if number not in self.states:
                self._put(number, CopyState("", "missing", why))
        self.finished = follower.finished

    def _folder_of(self, number: int) -> Path | None:
        state = self.states.get(number)
        return Path(state.folder) if state is not None and state.folder else None

    def _tell_of_journal(self, number: int, why: str) -> None:
        self._faults_beside[number] = (why,)
        _log.warning("the copy of take %d: %s", number, why)
        state = self.states.get(number)
        if state is not None:
            self._put(number, replace(state, fault="; ".join(word for word in (state.fault, why) if word)))

    def _put(self, number: int, state: CopyState) -> None:
        kept = sorted({*self.states, number})[-_REMEMBERED:]
        self.states = {key: state if key == number else self.states[key] for key in kept}
