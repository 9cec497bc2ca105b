"""Journals of running takes: everything the engine obeys, on disk beside the sound."""

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from studiod.link import ENGINE, Block, Snapshot, TakeFrames
from studiod.link.closed import Closed
from studiod.link.grain import bits_needed
from studiod.link.journal import (
    JOURNAL_NAME,
    MAGIC,
    RECORD,
    applied_chunk,
    end_chunk,
    event_chunks,
    head_chunk,
    lost_chunk,
    parse_journal,
    playlist_chunk,
    state_chunks,
    tail_chunk,
)
from studiod.link.order import TakeOrder
from studiod.link.playlist import BANKS, Playlist
from studiod.model.console import ConsoleLayout
from studiod.model.transport import timecode
from studiod.tape._tape import RingView
from studiod.tape.appended import AppendedFile
from studiod.tape.beside import Beside
from studiod.tape.heard import Heard

TICK_S = 0.25  # how often a journal with nothing to tell says so
_KEPT_S = 10.0  # records are kept for a take that is opened late
_GRAIN_FRAMES = 64  # of each input, by which it is known how many bits come in: converters never fall silent
_FRAME_AT = 16  # of a record: bytes before its frame


@dataclass
class _Batch:
    """Records number `first` and on, all there were until frame `upto`."""

    first: int
    upto: int
    raw: bytes
    lost_before: int
    lost: int
    """Records that the engine had lost before this batch, and until frame `upto`; `lost_span`: from where to where."""
    lost_span: tuple[int, int]


class Journals:
    """Writes the journal of every take that runs. `turn` it often: the ring of what was applied holds seconds.

    heard: what boxes say, turned before this; as far as it reaches back, a journal begins before its take. on_applied:
    gets everything that the engine obeyed, take or not: number of the first record, frame it is complete to, records.

    What a disk refuses waits in memory, and is told in `waits`; the sound is not its business.
    """

    def __init__(
        self,
        block: Block,
        layout: ConsoleLayout,
        heard: Heard | None = None,
        on_applied: Callable[[int, int, bytes], None] | None = None,
    ) -> None:
        self._block = block
        self._layout = layout
        self._heard = heard
        self._on_applied = on_applied
        self._batches: deque[_Batch] = deque()
        self._lost = 0
        self._holes: dict[int, str] = {}
        closed = Closed.told(block).journals
        self._takes: Beside[_Writer] = Beside("the journal", lambda: block.input_head / block.rate_hz, closed=closed)
        self.on_written: Callable[[int, int, bytes], None] | None = None
        """Gets what is in a journal: take id, where it stands, bytes; a journal that is gone on with from its begin."""

    @property
    def faults(self) -> Mapping[int, str]:
        """Take id -> what its journal lacks, or what of it is not on disk: lost, or still to come."""
        return self._holes | self._takes.faults

    @property
    def closed(self) -> int:
        """Journals of takes up to this one are written to no more."""
        return self._takes.closed

    @property
    def waits(self) -> Mapping[int, str]:
        """Take id -> what its disk refuses now."""
        return self._takes.waits

    def is_done(self, take_id: int) -> bool:
        """The journal of take `take_id` is whole, or as whole as it will be."""
        return self._takes.is_over(take_id)

    def may_throw_off(self, throw_off: Callable[[], bool]) -> None:
        """`throw_off` gives the ballast's room back, when only this can use it."""
        self._takes.throw_off = throw_off

    def turn(self, snapshot: Snapshot, *, is_last: bool = False) -> None:
        """Take what the engine obeyed, and write it where it belongs.

        is_last: engine and boxes have fallen silent: nothing is told late any more.
        """
        upto = snapshot.frame  # what was obeyed before it is in the ring by now, or counted as lost
        first, raw = self._block.take_applied()
        batch = _Batch(first, upto, raw, self._lost, snapshot.applied_lost, self._block.lost_span)
        self._lost = batch.lost
        if self._on_applied is not None:
            self._on_applied(first, upto, raw)
        self._batches.append(batch)
        while len(self._batches) > 1 and self._batches[0].upto + _KEPT_S * self._block.rate_hz < upto:
            self._batches.popleft()
        for writer in self._takes.running.values():
            writer.advance(batch)
        self._takes.each(lambda writer: writer.write())
        for number in self._takes.forgotten(snapshot.takes):
            self._takes.let_fall(number)
        for take in self._takes.left(snapshot.takes):
            self._follow(take, is_last=is_last)
        self._takes.settle(snapshot.takes)

    def sync(self) -> None:
        """Make what is written durable."""
        self._takes.each(lambda writer: writer.sync())

    def close(self) -> None:
        """Let go of all files; they end as if cut off, and are gone on with by the next tape."""
        self._takes.urge()
        self._takes.each(lambda writer: writer.sync())
        self._takes.let_go()

    def _follow(self, take: TakeFrames, *, is_last: bool) -> None:
        writer = self._takes.running.get(take.id)
        if writer is None:
            writer = self._open(take)
        if writer is None:
            return
        writer.take = take
        if not writer.is_begun:
            self._takes.guarded(take.id, lambda w: w.begin(list(self._batches)))
        if writer.hole:
            self._holes[take.id] = writer.hole
        head, done = self._block.capture_head, self._block.input_head
        told = head if self._heard is None or is_last else self._heard.settled
        stop = head if take.stop is None and is_last else take.stop  # a take that still runs ends with its sound
        if stop is None or not told >= stop > take.start or take.id not in self._takes.running:
            return
        if not writer.is_begun:
            self._takes.lose(take.id)  # there is no time after it
            return
        writer.finish(stop, done - head)
        if self._takes.guarded(take.id, lambda w: w.close()):
            self._takes.end(take.id)

    def _open(self, take: TakeFrames) -> "_Writer | None":
        order = TakeOrder.from_json(self._block.order(take.id))
        if order is None or order.id != take.id or order.is_empty or take.stop == take.start:
            self._takes.done.add(take.id)
            return None
        if not order.folder.is_dir():
            return None  # the writer of the sound makes it
        writer = _Writer(self._block, self._layout, order, take, self._heard, self.on_written)
        self._takes.running[take.id] = writer
        return writer


@dataclass
class _Writer:
    """The journal of one take. Raises OSError where the disk refuses."""

    block: Block
    layout: ConsoleLayout
    order: TakeOrder
    take: TakeFrames
    heard: Heard | None = None
    on_written: Callable[[int, int, bytes], None] | None = None
    is_begun: bool = False
    _ticked: int = 0
    _written_to: int = 0
    """Engine frame up to which all is on disk."""
    _versions: list[int] = field(default_factory=lambda: [0] * BANKS)
    _is_whole: bool = False
    _next_event: int = 0
    _named: dict[int, str] = field(default_factory=dict)
    _following: int | None = None
    _lost: int = 0
    _missing: int = 0
    _missing_from: int | None = None

    @property
    def hole(self) -> str:
        """What the journal lacks, a sentence; empty when it lacks nothing."""
        if self._missing_from is None:
            return ""
        since = timecode(max(self._missing_from - self.take.start, 0), self.block.rate_hz)
        moves = "1 move" if self._missing == 1 else f"{self._missing} moves"
        return f"the journal of take {self.order.id} lacks {moves} from {since} on: it replays to the bit up to there"

    def __post_init__(self) -> None:
        self._file = AppendedFile(self.order.folder / JOURNAL_NAME)
        self._written_to = self.take.start

    @property
    def held_bytes(self) -> int:
        """In memory: the disk has not taken them."""
        return self._file.held_bytes

    @property
    def is_refused(self) -> bool:
        """It could not be begun."""
        return not self.is_begun

    @property
    def reached(self) -> str:
        """Where in the take what is on disk ends, for people."""
        return timecode(max(self._written_to - self.take.start, 0), self.block.rate_hz)

    @property
    def may_throw_off(self) -> bool:
        """The ballast may go for this: no sound grows that would take its room."""
        return not self.order.tracks or self.take.stop is not None

    def begin(self, batches: list[_Batch]) -> None:
        """Begin the file, or go on where it is whole."""
        held = self._file.found()
        before = parse_journal(held, None)
        self.is_begun = True
        if before.head:
            self._file.go_on(before.end)
            self._hand(0, held[: before.end])
            self._is_whole = before.stop is not None
            self._written_to = max(before.upto, self.take.start)
            if self._is_whole:
                return
            self._next_event = before.next_event
            self._named = before.ports
            self._following, self._ticked, self._lost = before.following, before.upto, before.lost
            self._missing, self._missing_from = before.missing, before.missing_from
            known = before.following or 0
            for batch in batches:
                self._write_batch(batch, known)
        else:
            self._lost = batches[0].lost_before
            self._append(MAGIC)
            self._append(head_chunk(self._head()))
            state = self.block.state()
            if state is not None and state.take_id == self.take.id:
                for piece in state_chunks(state):
                    self._append(piece)
            self._write_playlists()
            for batch in batches:
                self._write_batch(batch, 0)
        self.sync()

    def advance(self, batch: _Batch) -> None:
        """Write what was applied meanwhile; without any, now and then that there was nothing."""
        if not self.is_begun or self._is_whole:
            return
        self._write_playlists()
        self._write_events()
        if batch.raw or batch.upto >= max(self._ticked, self.take.start) + TICK_S * self.block.rate_hz:
            self._write_batch(batch, 0)

    def finish(self, stop: int, late: int) -> None:
        """Tell what main still heard after the end, and that the journal is whole."""
        if self._is_whole:
            return
        self._write_events()
        rings = RingView(self.block)
        for channel in self._inputs():
            tail = bytearray(4 * late)
            rings.pack(channel, stop, late, 32, tail)
            self._append(tail_chunk(channel, bytes(tail)))
        self._append(end_chunk(stop))
        self._is_whole = True

    def write(self) -> None:
        """Hand to the system what waits."""
        self._file.write()
        self._written_to = max(self._ticked, self._written_to)

    def sync(self) -> None:
        """Write what waits, and make it durable."""
        self._file.sync()
        self._written_to = max(self._ticked, self._written_to)

    def close(self) -> None:
        """The same, and give back the room that was kept for more."""
        self.sync()
        self._file.release()

    def let_go(self) -> None:
        """Close the file; may be called twice."""
        self._file.let_go()

    def _head(self) -> dict[str, Any]:
        status = json.loads(self.block.status(ENGINE) or "{}")
        return {
            "take": self.take.id,
            "frame": self.take.start,
            "position": self.take.position,
            "rate_hz": self.block.rate_hz,
            "isa": status.get("isa"),
            "build": status.get("build"),
            "inputs": self.block.inputs,
            "outputs": self.block.outputs,
            "layout": asdict(self.layout),
            "channels": [track.channel for track in self.order.tracks],
            "lost": self._lost,
            "input_bits": self._input_bits(),
        }

    def _input_bits(self) -> int:
        """How many bits the newest samples of the inputs need; 0 while all are silent."""
        rings, head = RingView(self.block), self.block.capture_head
        frames = min(_GRAIN_FRAMES, head - rings.oldest)
        held = bytearray(4 * frames)
        needed = 0
        for channel in self._inputs() if frames else ():
            rings.pack(channel, head - frames, frames, 32, held)
            needed = max(needed, bits_needed(bytes(held)))
        return needed

    def _inputs(self) -> list[int]:
        return sorted({track.channel for track in self.order.tracks if track.channel < self.block.inputs})

    def _write_playlists(self) -> None:
        for bank in range(BANKS):
            version = self.block.playlist_version(bank)
            if version != self._versions[bank]:
                self._versions[bank] = version
                text = self.block.playlist(bank)
                self._append(playlist_chunk(Playlist.from_json(text).generation, text))

    def _write_events(self) -> None:
        """What boxes said since, with the names of their ports before it."""
        events = [] if self.heard is None else self.heard.since(self._next_event)
        if self.heard is not None and events:
            self._append(event_chunks(events, self.heard.names, self._named))
            self._next_event = events[-1].number + 1

    def _write_batch(self, batch: _Batch, known: int) -> None:
        """The records from the take's start on that are not there yet; `known`: number of the first that may be new."""
        self._write_lost(batch)
        records = [batch.raw[at : at + RECORD.size] for at in range(0, len(batch.raw), RECORD.size)]
        skipped = 0
        for raw in records:
            is_early = int.from_bytes(raw[_FRAME_AT : _FRAME_AT + 8], "little") < self.take.start
            if not is_early and batch.first + skipped >= known:
                break
            skipped += 1
        first, upto = batch.first + skipped, max(batch.upto, self._ticked)
        if skipped == len(records) and batch.upto <= max(self.take.start, self._ticked):
            return
        if self._following is not None and first > self._following:
            self._miss(first - self._following, self._ticked)
        self._append(applied_chunk(first, upto, b"".join(records[skipped:])))
        self._ticked, self._following = upto, first + len(records) - skipped

    def _write_lost(self, batch: _Batch) -> None:
        """What the engine lost of the take since it was looked at last."""
        count, (first, last) = batch.lost - self._lost, batch.lost_span
        self._lost = max(batch.lost, self._lost)
        if count > 0 and last >= self.take.start and (self.take.stop is None or first < self.take.stop):
            since = max(first, self.take.start)
            self._append(lost_chunk(count, since, batch.lost))
            self._miss(count, since)

    def _miss(self, count: int, since: int) -> None:
        self._missing += count
        self._missing_from = since if self._missing_from is None else min(since, self._missing_from)

    def _hand(self, at: int, raw: bytes) -> None:
        if self.on_written is not None:
            self.on_written(self.take.id, at, raw)

    def _append(self, raw: bytes) -> None:
        self._hand(self._file.end, raw)
        self._file.append(raw)
