"""The MIDI tracks of takes: files that grow beside the sound, every message at its sample."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from studiod.link import Block, PortEvent, Snapshot, TakeFrames
from studiod.link.closed import Closed
from studiod.link.journal import JOURNAL_NAME, Journal, has_ended, read_journal
from studiod.link.order import MidiOrder, TakeOrder
from studiod.link.ports import MIDI_MESSAGE
from studiod.link.take import TakeDocument
from studiod.tape.beside import Beside
from studiod.tape.files import replace_file, sync_folder
from studiod.tape.heard import Heard
from studiod.tape.smf import SmfFile, TickClock, is_kept, whole_file

PATIENCE_S = 1.0  # a journal that is not whole by then has failed


def played(
    events: Iterable[PortEvent], names: Callable[[int], str], track: MidiOrder, first: int, last: int
) -> Iterator[tuple[int, bytes]]:
    """What belongs on `track` of the frames [first, last): frame from `first` on, message; as they were played."""
    found = [
        (event.frame - first, event.message)
        for event in events
        if event.kind == MIDI_MESSAGE and first <= event.frame < last and track.hears(names(event.port), event.message)
    ]
    found.sort(key=lambda item: item[0])
    yield from found


def _whole(journal: Journal, track: MidiOrder, clock: TickClock, first: int, last: int) -> bytes:
    """The file of `track` for frames [first, last), as the journal has them."""
    events = played(journal.events, lambda port: journal.ports.get(port, ""), track, first, last)
    return whole_file(clock, track.name, events, last - first)


def midi_files(folder: Path, document: TakeDocument, frames: int, begin: int = 0) -> Iterator[tuple[str, bytes]]:
    """Name and content of each MIDI file of the take in `folder`, made out of its journal.

    frames: how long they are. begin: where, counted from the first hidden frame. Raises OSError.
    """
    if not document.midi:
        return
    journal = read_journal(folder / JOURNAL_NAME, is_kept)
    clock = TickClock.of(document.rate_hz, document.tempo_bpm)
    first = int(document.raw["start_frame"]) - document.pre_frames + begin
    for track in document.midi:
        yield track.file, _whole(journal, track, clock, first, first + frames)


@dataclass
class MidiTracks:
    """Writes the MIDI files of every take that runs; turned after `heard`, and with the takes.

    sound: engine frame of the first hidden one of the take with that id, and the one behind its last so far; None while
    that is not known.
    """

    block: Block
    heard: Heard
    sound: Callable[[int], tuple[int, int] | None]
    _takes: "Beside[_Writer]" = field(default_factory=lambda: Beside(_ends_early))

    def __post_init__(self) -> None:
        self._takes.closed = Closed.told(self.block).midi

    @property
    def faults(self) -> Mapping[int, str]:
        """Take id -> why its MIDI files end early."""
        return self._takes.faults

    def is_done(self, take_id: int) -> bool:
        """The MIDI files of take `take_id` are whole, or as whole as they will be."""
        return self._takes.is_over(take_id)

    @property
    def closed(self) -> int:
        """MIDI files of takes up to this one are written to no more."""
        return self._takes.closed

    def turn(self, snapshot: Snapshot) -> None:
        """Write what came."""
        upto = self.heard.settled
        for take in snapshot.takes:
            if take.id in self._takes.running or self._open(take):
                self._takes.guarded(take.id, partial(self._advance, take, upto))
        self._takes.settle(snapshot.takes)

    def sync(self) -> None:
        """Make what is written durable."""
        self._takes.each(lambda writer: writer.sync())

    def close(self) -> None:
        """End every file where the sound of its take ends."""
        self._takes.each(self._finish)
        self._takes.let_go()

    def _finish(self, writer: "_Writer") -> None:
        _, end = self.sound(writer.order.id) or (0, self.block.input_head)
        writer.finish(end)

    def _open(self, take: TakeFrames) -> bool:
        """Whether its files are begun."""
        if self._takes.is_over(take.id):
            return False
        order = TakeOrder.from_json(self.block.order(take.id))
        if order is None or order.id != take.id or not order.midi:
            self._takes.done.add(take.id)
            return False
        sound = self.sound(take.id)
        if sound is None:
            return False  # the writer of the sound makes the folder, and says how far back it goes
        self._takes.running[take.id] = _Writer(self.heard, order, sound[0], self.block.rate_hz)
        self._takes.guarded(take.id, lambda writer: writer.open())
        return take.id in self._takes.running

    def _advance(self, take: TakeFrames, upto: int, writer: "_Writer") -> None:
        writer.advance(upto if take.stop is None else min(upto, take.stop))
        if take.stop is None or upto < take.stop:
            return
        if upto >= take.stop + PATIENCE_S * self.block.rate_hz or _has_ended(writer.order):
            writer.finish(take.stop)
            self._takes.end(take.id)


@dataclass
class _Writer:
    """The MIDI files of one take. Raises OSError where the disk refuses."""

    heard: Heard
    order: TakeOrder
    origin: int
    """Engine frame of the first hidden frame."""
    rate_hz: int
    _next: int = 0
    _files: list[tuple[MidiOrder, SmfFile]] = field(default_factory=list)
    _waiting: list[PortEvent] = field(default_factory=list)
    _names: dict[int, str] = field(default_factory=dict)
    _upto: int = 0
    _is_in_order: bool = True
    """Nothing was told later than what was played after it: the files are what the journal would make of them."""

    def open(self) -> None:
        """Begin the files; what a tape before this one wrote comes out of the journal again."""
        clock = TickClock.of(self.rate_hz, self.order.tempo_bpm)
        for track in self.order.midi:
            file = SmfFile(self.order.folder / track.file, clock, track.name)
            self._files.append((track, file))
            file.open()
        before = _journal(self.order)
        self._waiting, self._names = list(before.events), dict(before.ports)
        self._next = before.next_event
        sync_folder(self.order.folder)

    def advance(self, upto: int) -> None:
        """Write what was played before engine frame `upto`."""
        fresh = self.heard.since(self._next)
        if fresh:
            self._next = fresh[-1].number + 1
            self._waiting += fresh
            self._is_in_order &= all(event.frame >= self._upto for event in fresh)
            self._is_in_order &= all(name == self.heard.names.get(port, name) for port, name in self._names.items())
            self._names |= self.heard.names
        self._upto = max(self._upto, upto)
        due = [event for event in self._waiting if event.frame < upto]
        if not due:
            return
        self._waiting = [event for event in self._waiting if event.frame >= upto]
        for track, file in self._files:
            file.add(played(due, lambda port: self._names.get(port, ""), track, self.origin, upto))

    def sync(self) -> None:
        """Make what is written durable."""
        for _, file in self._files:
            file.sync()

    def finish(self, stop: int) -> None:
        """End the files at engine frame `stop`: as the journal has them, so that the two agree, unless it has less.

        The journal of a long take is not read for nothing: that would take the tape from the sound.
        """
        self._is_in_order &= stop >= self._upto  # else the files have more than the sound
        self.advance(stop)
        journal = None if self._is_in_order else _journal(self.order)
        for track, file in self._files:
            if journal is not None and journal.next_event >= self._next:
                file.let_go()
                replace_file(file.path, _whole(journal, track, file.clock, self.origin, stop))
            else:
                file.finish(stop - self.origin)

    def let_go(self) -> None:
        """Close the files; may be called twice."""
        for _, file in self._files:
            file.let_go()


def _journal(order: TakeOrder) -> Journal:
    try:
        return read_journal(order.folder / JOURNAL_NAME, is_kept)
    except FileNotFoundError:
        return Journal()


def _has_ended(order: TakeOrder) -> bool:
    try:
        return has_ended(order.folder / JOURNAL_NAME)
    except FileNotFoundError:
        return False


def _ends_early(number: int, _: _Writer, fault: OSError) -> str:
    where = fault.filename or "its file"
    return f"MIDI of take {number} ends early: {where}: {fault.strerror}; its journal may have the rest"
