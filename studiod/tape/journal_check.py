"""Whether a take's journal still is whole, and how far the take can be replayed."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from studiod.link.journal import JOURNAL_NAME, Journal, read_journal
from studiod.link.take import TakeDocument
from studiod.model.transport import timecode

KEPT: Final = "blackbox"  # who recorded a take that was kept: its journal holds no state, and has no end


@dataclass
class JournalReport:
    """How a journal stands, in sentences."""

    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What it has lacked from the beginning, or since the take was cut off."""


def whole_bytes(folder: Path) -> int | None:
    """How much of the journal of the take in `folder` is whole; None: there is none. Raises OSError."""
    try:
        return read_journal(folder / JOURNAL_NAME, None).end
    except FileNotFoundError:
        return None


def check_journal(folder: Path, document: TakeDocument) -> JournalReport:
    """Look at the journal of the closed take in `folder`."""
    report = JournalReport()
    path = folder / JOURNAL_NAME
    repair = document.raw.get("repair")
    if path.is_symlink():
        report.faults.append("is a link, no file")
    elif not path.exists():
        if isinstance(repair, dict) and repair.get("journal_bytes", 0) is None:
            report.notes.append("was not there any more when the take was repaired: it cannot be replayed")
        elif document.midi or document.raw.get("journal"):
            report.faults.append("is gone: the take cannot be replayed")
    elif not path.is_file():
        report.faults.append("is no file")
    else:
        _read(path, document, report)
    return JournalReport(*([f"{JOURNAL_NAME}: {why}" for why in told] for told in (report.faults, report.notes)))


def _read(path: Path, document: TakeDocument, report: JournalReport) -> None:
    try:
        journal = read_journal(path, None)
        if journal.head and journal.head["frame"] != document.raw.get("start_frame"):
            report.faults.append("is that of another take")
        elif document.recorded_by == KEPT:
            report.faults += _torn(journal, path.stat().st_size)
        else:
            _hold(journal, path.stat().st_size, document, report)
    except OSError as fault:
        report.faults.append(fault.strerror or str(fault))
    except (ValueError, LookupError, TypeError, struct.error, zlib.error) as fault:
        report.faults.append(f"is no journal: {fault}")


def _torn(journal: Journal, size: int) -> Iterator[str]:
    if journal.end < size or not journal.head:
        yield f"broken at byte {journal.end} of {size}"


def _hold(journal: Journal, size: int, document: TakeDocument, report: JournalReport) -> None:
    begin: int = journal.head.get("frame", 0)
    can_replay = journal.state is not None
    upto = f"replay goes up to {timecode(max(journal.upto - begin, 0), document.rate_hz)}"
    upto = upto if can_replay else "the take cannot be replayed"
    repair = document.raw.get("repair")
    # what a repair found: a journal that was cut off with its take is no worse since; older repairs did not look
    if isinstance(repair, dict) and journal.end >= (repair.get("journal_bytes") or 0):
        if journal.stop is None:
            report.notes.append(f"was cut off with the take: {upto}")
    elif torn := list(_torn(journal, size)):
        report.faults += [f"{why}: {upto}" if journal.stop is None else why for why in torn]
    elif journal.stop is None:
        report.faults.append(f"ends early: {upto}")
    elif not can_replay:
        report.notes.append("does not hold what the engine knew when the take began: the take cannot be replayed")
    if journal.missing_from is not None:
        since = timecode(max(journal.missing_from - begin, 0), document.rate_hz)
        report.notes.append(f"has lacked {journal.missing} moves from {since} on since it was written")
