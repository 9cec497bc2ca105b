"""The MIDI tracks of takes: files that grow beside the sound, every message at its sample."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from studiod.link import Block, PortEvent, Snapshot, TakeFrames
from studiod.link.closed import Closed
from studiod.link.journal import JOURNAL_NAME, Journal, has_ended, read_journal
from studiod.link.order import MidiOrder, TakeOrder
from studiod.link.ports import MIDI_MESSAGE
from studiod.link.take import TakeDocument
from studiod.model.transport import timecode
from studiod.tape.beside import Beside
from studiod.tape.disks import Refusal, refusal
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

    What a disk refuses waits in memory, and is told in `waits`; in the end the files are made out of the journal.

    sound: engine frame of the first hidden one of the take with that id, and the one behind its last so far; None while
    that is not known. is_awaited: whether the journal of that take waits for its disk.
    """

    block: Block
    heard: Heard
    sound: Callable[[int], tuple[int, int] | None]
    is_awaited: Callable[[int], bool] = lambda _: False
    _takes: "Beside[_Writer]" = field(init=False)
    _missed: dict[int, int] = field(default_factory=dict)
    """Take id -> messages that were gone before they were read."""
    _counted: int = 0

    def __post_init__(self) -> None:
        closed = Closed.told(self.block).midi
        self._takes = Beside("the MIDI", lambda: self.block.input_head / self.block.rate_hz, closed=closed)

    @property
    def faults(self) -> Mapping[int, str]:
        """Take id -> what of its MIDI is not on disk: lost, or still to come."""
        lacking = {
            number: f"the MIDI of take {number} lacks {count} messages that were gone before they could be read"
            for number, count in self._missed.items()
        }
        ending = self._takes.faults
        return {
            number: "; ".join(each[number] for each in (lacking, ending) if number in each)
            for number in lacking | ending
        }

    @property
    def waits(self) -> Mapping[int, str]:
        """Take id -> what its disk refuses now."""
        return self._takes.waits

    def is_done(self, take_id: int) -> bool:
        """The MIDI files of take `take_id` are whole, or as whole as they will be."""
        return self._takes.is_over(take_id)

    @property
    def closed(self) -> int:
        """MIDI files of takes up to this one are written to no more."""
        return self._takes.closed

    def may_throw_off(self, throw_off: Callable[[], bool]) -> None:
        """`throw_off` gives the ballast's room back, when only this can use it."""
        self._takes.throw_off = throw_off

    def turn(self, snapshot: Snapshot) -> None:
        """Write what came."""
        self._count()
        upto = self.heard.settled
        for number in self._takes.forgotten(snapshot.takes):
            self._takes.guarded(number, self._finish)
            self._takes.let_fall(number)
        for take in self._takes.left(snapshot.takes):
            writer = self._takes.running.get(take.id) or self._open(take)
            if writer is None:
                continue
            writer.take = take
            if writer.is_begun or self._takes.guarded(take.id, lambda writer: writer.begin()):
                self._advance(take, upto, writer)
        self._takes.settle(snapshot.takes)

    def sync(self) -> None:
        """Make what is written durable."""
        self._takes.each(lambda writer: writer.sync())

    def close(self) -> None:
        """End every file where the sound of its take ends."""
        self._takes.urge()
        self._takes.each(self._finish)
        self._takes.let_go()

    def _count(self) -> None:
        fresh, self._counted = self.heard.missed - self._counted, self.heard.missed
        for number in self._takes.running if fresh else ():
            self._missed[number] = self._missed.get(number, 0) + fresh

    def _finish(self, writer: "_Writer") -> None:
        _, end = self.sound(writer.order.id) or (0, self.block.input_head)
        writer.finish(end, is_late=True)

    def _open(self, take: TakeFrames) -> "_Writer | None":
        """The writer of its files, when there are to be any."""
        order = TakeOrder.from_json(self.block.order(take.id))
        if order is None or order.id != take.id or not order.midi:
            self._takes.done.add(take.id)
            return None
        sound = self.sound(take.id)
        if sound is None:
            return None  # the writer of the sound makes the folder, and says how far back it goes
        self._takes.running[take.id] = _Writer(self.heard, order, take, sound[0], self.block.rate_hz)
        return self._takes.running[take.id]

    def _advance(self, take: TakeFrames, upto: int, writer: "_Writer") -> None:
        writer.advance(upto if take.stop is None else min(upto, take.stop))
        if not self._takes.guarded(take.id, lambda writer: writer.write()) and take.id not in self._takes.running:
            return
        if take.stop is None or upto < take.stop or (writer.needs_journal and self.is_awaited(take.id)):
            return
        if self._takes.guarded(take.id, lambda writer: self._end(writer, take.stop or 0, upto)) and writer.is_finished:
            (self._takes.lose if writer.is_refused else self._takes.end)(take.id)

    def _end(self, writer: "_Writer", stop: int, upto: int) -> None:
        is_late = upto >= stop + PATIENCE_S * self.block.rate_hz
        if is_late or _has_ended(writer.order):
            writer.finish(stop, is_late=is_late)


@dataclass
class _Writer:
    """The MIDI files of one take. Raises OSError where the disk refuses."""

    heard: Heard
    order: TakeOrder
    take: TakeFrames
    origin: int
    """Engine frame of the first hidden frame."""
    rate_hz: int
    is_begun: bool = False
    is_finished: bool = False
    _next: int = 0
    _files: list[tuple[MidiOrder, SmfFile]] = field(default_factory=list)
    _waiting: list[PortEvent] = field(default_factory=list)
    _names: dict[int, str] = field(default_factory=dict)
    _upto: int = 0
    _is_in_order: bool = True
    """Nothing was told later than what was played after it: the files are what the journal would make of them."""
    _is_short: bool = False
    _written_to: int = 0

    @property
    def held_bytes(self) -> int:
        """In memory: the disk has not taken them."""
        return sum(file.held_bytes for _, file in self._files)

    @property
    def reached(self) -> str:
        """Where in the take what is on disk ends, for people."""
        return timecode(max(self._written_to - self.take.start, 0), self.rate_hz)

    @property
    def is_refused(self) -> bool:
        """A file has failed, and is to be made anew or was not, or none could be begun."""
        is_spoiled = any(file.is_given_up for _, file in self._files)
        return not self.is_begun or self._is_short or (is_spoiled and not self.is_finished)

    @property
    def needs_journal(self) -> bool:
        """The files are to be made anew out of it."""
        return not self._is_in_order or any(file.is_given_up for _, file in self._files)

    @property
    def may_throw_off(self) -> bool:
        """The ballast may go for this: no sound grows that would take its room."""
        return not self.order.tracks or self.take.stop is not None

    def begin(self) -> None:
        """Begin the files; what a tape before this one wrote comes out of the journal again."""
        is_begun = any((self.order.folder / track.file).exists() for track in self.order.midi)
        before = _journal(self.order, is_needed=is_begun)
        clock = TickClock.of(self.rate_hz, self.order.tempo_bpm)
        self._files = [(track, SmfFile(self.order.folder / track.file, clock, track.name)) for track in self.order.midi]
        self._waiting, self._names = list(before.events), dict(before.ports)
        self._next = before.next_event
        self.is_begun = True
        self.write()
        sync_folder(self.order.folder)

    def advance(self, upto: int) -> None:
        """Have what was played before engine frame `upto` wait for `write`."""
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

    def write(self) -> None:
        """Hand to the system what waits."""
        self._each(SmfFile.write)
        if not self.is_refused:
            self._written_to = self._upto

    def sync(self) -> None:
        """Write what waits, and make it durable."""
        self._each(SmfFile.sync)

    def finish(self, stop: int, *, is_late: bool) -> None:
        """End the files at engine frame `stop`: as the journal has them, so that the two agree, unless it has less.

        The journal of a long take is not read for nothing: that would take the tape from the sound. is_late: one that
        cannot be read is not waited for.
        """
        self._is_in_order &= stop >= self._upto  # else the files have more than the sound
        self.advance(stop)
        journal = _journal(self.order, is_needed=not is_late) if self.needs_journal else None
        for track, file in self._files:
            is_wanted = file.is_given_up or not self._is_in_order
            if is_wanted and journal is not None and journal.next_event >= self._next:
                file.give_up()
                replace_file(file.path, _whole(journal, track, file.clock, self.origin, stop))
            elif file.is_given_up:
                self._is_short = True
            else:
                _asked(file, lambda file: file.finish(stop - self.origin))
        self.is_finished = True

    def let_go(self) -> None:
        """Close the files; may be called twice."""
        for _, file in self._files:
            file.let_go()

    def _each(self, work: Callable[[SmfFile], None]) -> None:
        """Do `work` on every file, whatever the others do."""
        refused = None
        for _, file in self._files:
            try:
                _asked(file, work)
            except OSError as fault:
                refused = fault
        if refused is not None:
            raise refused


def _asked(file: SmfFile, work: Callable[[SmfFile], None]) -> None:
    """Do `work` on `file`; one that the disk failed is not asked again, and made anew in the end."""
    try:
        work(file)
    except OSError as fault:
        if refusal(fault) is Refusal.BROKEN:
            file.give_up()
        raise


def _journal(order: TakeOrder, *, is_needed: bool) -> Journal:
    """The journal as far as there is one. Raises OSError where it cannot be read, if it is needed."""
    try:
        return read_journal(order.folder / JOURNAL_NAME, is_kept)
    except OSError as fault:
        if is_needed and not isinstance(fault, FileNotFoundError):
            raise
        return Journal()


def _has_ended(order: TakeOrder) -> bool:
    try:
        return has_ended(order.folder / JOURNAL_NAME)
    except OSError:
        return False
