"""What was turned and played while nobody recorded: control moves and MIDI, beside the sound in every chunk."""

import os
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from studiod.link import HEARD, Block, EventReader
from studiod.link.journal import (
    MAGIC,
    RECORD,
    Journal,
    applied_chunk,
    event_chunks,
    head_chunk,
    midi_chunk,
    port_chunk,
    read_journal,
)
from studiod.link.ports import MIDI_MESSAGE
from studiod.tape.heard import NamesOfPorts

EVENTS_NAME: Final = "events.sdj"
_MOST_BATCHES = 10_000  # of control moves that wait for a disk; older ones are dropped


class Witness:
    """Gathers what happens; `drain` it from the black box's thread, `applied` is given from the journal's."""

    def __init__(self, block: Block) -> None:
        self._reader = EventReader(block, HEARD)
        self._batches: deque[tuple[int, int, bytes]] = deque(maxlen=_MOST_BATCHES)
        self._names = NamesOfPorts(block)
        self._told: dict[int, str] = {}

    def applied(self, first: int, upto: int, records: bytes) -> None:
        """The engine obeyed `records`, number `first` and on, before frame `upto`."""
        if records:
            self._batches.append((first, upto, records))

    def begin(self) -> None:
        """Another file begins: it is told the names of ports anew."""
        self._told = {}

    def drain(self) -> bytes:
        """Everything since the last time, as it stands in the file; nothing when nothing happened."""
        raw = b""
        while self._batches:
            raw += applied_chunk(*self._batches.popleft())
        events = [event for event in self._reader.read() if event.kind == MIDI_MESSAGE]
        return raw + event_chunks(events, self._names.now(), self._told)


def read_events(folders: Iterable[Path], first: int, last: int) -> Journal:
    """What the chunks in `folders`, in order, tell of frames [first, last); a file that is not there tells nothing."""
    found = Journal()
    for folder in folders:
        try:
            journal = read_journal(folder / EVENTS_NAME)
        except OSError:
            continue
        found.events += [event for event in journal.events if first <= event.frame < last]
        found.records += [record for record in journal.records if first <= record.frame < last]
        found.ports |= journal.ports
    return found


def events_file(found: Journal, head: dict[str, object], last: int) -> bytes:
    """A journal of what was found: without the engine's state, so that nobody takes it for one to replay."""
    records = b"".join(RECORD.pack(*record) for record in found.records)
    return (
        MAGIC
        + head_chunk(head)
        + (port_chunk(found.ports) if found.ports else b"")
        + (midi_chunk(found.events) if found.events else b"")
        + applied_chunk(0, last, records)
    )


def append(fd: int, raw: bytes, at: int) -> int:
    """Write `raw` at byte `at`; where it ends. Raises OSError."""
    piece = memoryview(raw)
    while piece:
        done = os.pwrite(fd, piece, at)
        piece, at = piece[done:], at + done
    return at
