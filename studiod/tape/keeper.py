"""Orders to keep what the black box holds: taken from the shared block, obeyed one after the other."""

import errno
import logging
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiod.link.closed import Closed
from studiod.link.order import KeepOrder
from studiod.link.timeline import timeline_from_json
from studiod.tape.keep import ORDER, WORKING, Keep, NothingKept

if TYPE_CHECKING:
    from studiod.tape.blackbox import BlackBox

STEP_BYTES = 8 << 20  # copied in a turn; a take that wants the disk leaves us less
POLITE_BYTES = 1 << 20
_FAILURES = 4
_log = logging.getLogger(__name__)


class Keeper:
    """Turned by the black box. An order that a killed tape left half done is done anew by the next."""

    def __init__(self, box: "BlackBox") -> None:
        self._box = box
        self._version = -1
        self._waiting: deque[KeepOrder] = deque()
        self._keep: Keep | None = None
        before = Closed.told(box.block)
        self._done = before.keeps
        self._kept: dict[str, Any] | None = None
        self._failed: dict[str, str] = dict(before.failed_keeps)

    def turn(self) -> bool:
        """Go on a little; True when there is something to tell."""
        version = self._box.block.keep_version
        if version != self._version:
            self._version = version
            self._look()
        if self._keep is None and not self._waiting:
            return False
        try:
            if self._keep is None:
                self._begin(self._waiting.popleft())
            elif self._keep.step(POLITE_BYTES if self._box.has_precedence() else STEP_BYTES):
                self._finish(self._keep)
        except (OSError, NothingKept) as fault:
            self._fail(fault)
        return True

    def resume(self) -> None:
        """Find the takes that were being made when everything stopped."""
        for paper in sorted(self._box.library.glob(f"*/takes/{WORKING}*/{ORDER}")):
            try:
                order = KeepOrder.from_json(paper.read_text(encoding="utf-8"))
            except (OSError, ValueError, TypeError):
                order = None
            if order is not None and paper.parent == _working(order):
                self.add(order)

    def add(self, order: KeepOrder) -> None:
        """Keep this, too; one that is known already is not kept twice."""
        held = [*self._waiting, *([self._keep.order] if self._keep is not None else [])]
        if order.folder not in {each.folder for each in held}:
            self._waiting.append(order)

    def stop(self) -> None:
        """Leave what is not done to the next start; may be called twice."""
        if self._keep is not None:
            self._keep.let_go()
            self._keep = None

    def status(self) -> dict[str, Any]:
        """For those who wait: what is being kept, what was kept last, what could not be, and which orders are done."""
        keep = self._keep
        return {
            "keeping": None
            if keep is None
            else {"id": keep.order.id, "bytes": keep.copied_bytes, "of_bytes": keep.to_copy_bytes},
            "kept": self._kept,
            "keeps_done": self._done,
            "keeps_failed": dict(self._failed),
        }

    # -- inside ----------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        order = KeepOrder.from_json(self._box.block.keep_order)
        if order is None or order.id <= self._done:
            return
        if order.folder.is_dir():  # kept by the tape before this one, which was killed before it could tell
            self._done = order.id
        else:
            self.add(order)

    def _begin(self, order: KeepOrder) -> None:
        box = self._box
        number = order.run or box.run_number
        box.seal()
        chunks = next((run.chunks for run in box.shelf.runs if run.number == number), [])
        keep = Keep(order.of_run(number), chunks, timeline_from_json(box.block.timeline))
        self._keep = keep
        keep.begin()

    def _finish(self, keep: Keep) -> None:
        paper = keep.document
        self._kept = {
            "id": keep.order.id,
            "seconds": round(paper["frames"] / paper["rate_hz"], 3),
            "asked_s": round((keep.order.last - keep.order.first) / paper["rate_hz"], 3),
            "state": paper["state"],
            "method": keep.method,
            "path": str(keep.order.folder),
        }
        self._done = max(self._done, keep.order.id)
        self._keep = None
        _log.info("take %d out of the black box: %.1f s", keep.order.id, self._kept["seconds"])

    def _fail(self, fault: OSError | NothingKept) -> None:
        keep, self._keep = self._keep, None
        if keep is None:
            return
        why = f"take {keep.order.id} could not be made of the black box: {keep.order.folder}: {_reason(fault)}"
        if isinstance(fault, NothingKept):
            why = self._box.fault or str(fault)
        _log.error("%s", why)
        keep.discard()
        self._done = max(self._done, keep.order.id)
        self._failed[str(keep.order.id)] = why
        for old in list(self._failed)[:-_FAILURES]:
            del self._failed[old]


def _working(order: KeepOrder) -> Path:
    return order.folder.with_name(f"{WORKING}{order.folder.name}")


def _reason(fault: Exception) -> str:
    if isinstance(fault, OSError):
        if fault.errno == errno.ENOSPC:
            return "the disk is full"
        return fault.strerror or str(fault)
    return str(fault)
