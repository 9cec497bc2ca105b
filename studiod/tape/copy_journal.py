"""Journals and MIDI of copied takes: handed over by the thread that keeps the journals, written by that of the copy."""

import contextlib
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from studiod.link.journal import JOURNAL_NAME, has_ended
from studiod.link.take import BadDocument
from studiod.tape.files import replace_file, sync_folder
from studiod.tape.library import load_document
from studiod.tape.midi import midi_files

SYNC_S = 0.2  # as often as the journals themselves
PATIENCE_S = 2.0  # a journal whose end does not come by then, after the sound has ended, has failed


@dataclass
class JournalCopies:
    """`hand` what is written of a journal, in any thread; `turn` it in the copy's. clock: steady seconds.

    tell: gets the number of a take whose journal or MIDI cannot be copied, and why; its sound is not harmed by that.
    """

    clock: Callable[[], float]
    tell: Callable[[int, str], object]
    _handed: deque[tuple[int, int, bytes]] = field(default_factory=deque)
    _takes: dict[int, "_Copy"] = field(default_factory=dict)
    _done: set[int] = field(default_factory=set)
    _known: set[int] = field(default_factory=set)

    def hand(self, take_id: int, at: int, raw: bytes) -> None:
        """`raw` stands at byte `at` of the journal of take `take_id`. Waits for nothing."""
        self._known.add(take_id)
        self._handed.append((take_id, at, raw))

    @property
    def awaited(self) -> set[int]:
        """Takes of which something was handed over and not everything is written; for the thread that hands it."""
        self._known = {number for number in self._known if number not in self._done}
        return self._known

    @property
    def is_busy(self) -> bool:
        """Something is still to be written."""
        return bool(self._takes)

    def turn(self, folder_of: Callable[[int], Path | None], has_ended: Callable[[int], bool]) -> None:
        """Write what was handed over.

        folder_of: where a take is copied to, None where it is not. has_ended: its sound is copied, or will not be.
        """
        while self._handed:
            number, at, raw = self._handed.popleft()
            if number not in self._done:
                self._takes.setdefault(number, _Copy()).waiting.append((at, raw))
        for number, copy in list(self._takes.items()):
            copy.folder = copy.folder or folder_of(number)
            if copy.folder is not None:
                self._guarded(number, copy, is_over=has_ended(number))
            elif has_ended(number):
                self._end(number)

    def stop(self) -> None:
        """End with what there is; may be called twice."""
        for number, copy in list(self._takes.items()):
            if copy.folder is not None:
                copy.ended_at = -PATIENCE_S
                self._guarded(number, copy, is_over=True)
        for number in list(self._takes):
            self._end(number)

    def _guarded(self, number: int, copy: "_Copy", *, is_over: bool) -> None:
        try:
            if copy.turn(self.clock(), is_over=is_over):
                self._end(number)
        except (OSError, BadDocument) as fault:
            why = fault.strerror if isinstance(fault, OSError) else fault
            self.tell(number, f"its journal and MIDI are not copied: {copy.folder}: {why}")
            self._end(number)

    def _end(self, number: int) -> None:
        self._takes.pop(number).let_go()
        self._done.add(number)


@dataclass
class _Copy:
    """That of one take. Raises OSError where the disk refuses."""

    folder: Path | None = None
    waiting: list[tuple[int, bytes]] = field(default_factory=list)
    ended_at: float | None = None
    """When the sound was found to have ended."""
    _fd: int = -1
    _synced_at: float = 0.0
    _is_dirty: bool = False

    def turn(self, now: float, *, is_over: bool) -> bool:
        """Write what waits; True when everything is there."""
        folder = self.folder
        if folder is None:
            return False
        self._write(folder)
        if not is_over:
            self._sync(now)
            return False
        if self.ended_at is None:
            self.ended_at = now
        if not has_ended(folder / JOURNAL_NAME) and now < self.ended_at + PATIENCE_S:
            return False
        if self._is_dirty:
            os.fdatasync(self._fd)
        document = load_document(folder)
        for name, content in midi_files(folder, document, document.total_frames):
            replace_file(folder / name, content)
        return True

    def let_go(self) -> None:
        """Close the file; may be called twice."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.close(self._fd)
        self._fd = -1

    def _write(self, folder: Path) -> None:
        if self._fd < 0:
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
            self._fd = os.open(folder / JOURNAL_NAME, flags, 0o644)
            sync_folder(folder)
        for at, raw in self.waiting:
            piece = memoryview(raw)
            while piece:
                done = os.pwrite(self._fd, piece, at)
                piece, at = piece[done:], at + done  # noqa: PLW2901 - a short write is gone on with
            self._is_dirty = True
        self.waiting.clear()

    def _sync(self, now: float) -> None:
        if self._is_dirty and now >= self._synced_at + SYNC_S:
            os.fdatasync(self._fd)
            self._is_dirty, self._synced_at = False, now
