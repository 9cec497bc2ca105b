"""A take's journal: what the engine knew when the take began, and everything it obeyed since, each with its frame.

One file beside the sound, only ever appended to: a magic word, then chunks of a kind (4 letters), a length, a body and
the CRC-32 of kind and body. Whoever reads stops at the first chunk that is not whole; what is before it holds.
"""

import io
import json
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from studiod.link.packing import packed, unpacked
from studiod.link.words import EngineState, PortEvent

JOURNAL_NAME: Final = "journal.sdj"
MAGIC: Final = b"SDJOURN1"
HEAD, STATE, LINE, PLAYLIST, APPLIED, TAIL, END = b"HEAD", b"STAT", b"LINE", b"PLAY", b"APPL", b"TAIL", b"STOP"
MIDI, PORT, LOST = b"MIDI", b"PORT", b"LOST"
RECORD: Final = struct.Struct("<IIdQQ")  # control_record of ext/block.h
_CHUNK, _SPAN, _NUMBER = struct.Struct("<4sI"), struct.Struct("<QQ"), struct.Struct("<I")
_HOLE = struct.Struct("<QQQ")  # how many, from which frame on, how many the engine has lost in all
_EVENT = struct.Struct("<QQqHHI")  # number, frame, nanoseconds, port, kind, bytes that follow
TAPE_OPERATION, GAP_OPERATION = 8, 9  # told, never asked: the tape is there or not; frames were skipped
_LARGEST = 1 << 26  # bytes of a chunk: a length beyond is no length
_END_BYTES = _CHUNK.size + _SPAN.size + _NUMBER.size  # of an END chunk


class Applied(NamedTuple):
    """One record as the engine obeyed it, before it made `frame`."""

    operation: int
    slot: int
    value: float
    frame: int
    seq: int


def chunk(kind: bytes, body: bytes) -> bytes:
    """`body` as it stands in the file."""
    return _CHUNK.pack(kind, len(body)) + body + _NUMBER.pack(zlib.crc32(body, zlib.crc32(kind)))


def head_chunk(head: dict[str, Any]) -> bytes:
    """What the take was made with: JSON."""
    return chunk(HEAD, json.dumps(head, ensure_ascii=False).encode())


def state_chunks(state: EngineState) -> Iterator[bytes]:
    """What the engine knew; a delay line that was not caught is left out, and missed by `Journal.is_exact`."""
    yield chunk(STATE, _SPAN.pack(state.take_id, state.frame) + zlib.compress(state.blob, 1))
    for index, samples in state.lines.items():
        yield chunk(LINE, _NUMBER.pack(index) + zlib.compress(samples or b"", 1))


def playlist_chunk(generation: int, playlist: str) -> bytes:
    """What the tape played as `generation`."""
    return chunk(PLAYLIST, _NUMBER.pack(generation) + packed(playlist).encode())


def applied_chunk(first: int, upto: int, records: bytes) -> bytes:
    """Records number `first` and on; everything obeyed before frame `upto` is in this or in a chunk before."""
    return chunk(APPLIED, _SPAN.pack(first, upto) + records)


def lost_chunk(count: int, frame: int, total: int) -> bytes:
    """`count` records from engine frame `frame` on were lost before the tape took them; `total` ever, in any take."""
    return chunk(LOST, _HOLE.pack(count, frame, total))


def tail_chunk(channel: int, samples: bytes) -> bytes:
    """What input `channel` played after the take's end, float32: main is late, and still hears it."""
    return chunk(TAIL, _NUMBER.pack(channel) + samples)


def midi_chunk(events: Iterable[PortEvent]) -> bytes:
    """Messages of boxes, each with the frame it came at."""
    return chunk(
        MIDI,
        b"".join(
            _EVENT.pack(event.number, event.frame, event.ns, event.port, event.kind, len(event.message)) + event.message
            for event in events
        ),
    )


def event_chunks(events: list[PortEvent], names: Mapping[int, str], told: dict[int, str]) -> bytes:
    """Messages, behind the names of their ports that the file was not told yet; `told` is kept up. Nothing for none."""
    if not events:
        return b""
    fresh = {event.port: names.get(event.port, "") for event in events}
    fresh = {port: name for port, name in fresh.items() if told.get(port) != name}
    told |= fresh
    return (port_chunk(fresh) if fresh else b"") + midi_chunk(events)


def port_chunk(names: Mapping[int, str]) -> bytes:
    """What ports are called, by id."""
    return chunk(PORT, json.dumps({str(number): name for number, name in names.items()}, ensure_ascii=False).encode())


def end_chunk(stop: int) -> bytes:
    """The take ended at engine frame `stop`, and the journal is whole."""
    return chunk(END, _SPAN.pack(stop, 0))


def read_chunks(raw: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Kind, body, and where the chunk ends, up to the first that is not whole."""
    yield from _chunks_in(io.BytesIO(raw))


def _chunks_in(file: BinaryIO) -> Iterator[tuple[bytes, bytes, int]]:
    if file.read(len(MAGIC)) != MAGIC:
        return
    at = len(MAGIC)
    while len(head := file.read(_CHUNK.size)) == _CHUNK.size:
        kind, length = _CHUNK.unpack(head)
        if length > _LARGEST:
            return
        body, told = file.read(length), file.read(_NUMBER.size)
        if len(told) < _NUMBER.size or _NUMBER.unpack(told)[0] != zlib.crc32(body, zlib.crc32(kind)):
            return
        at += len(head) + length + len(told)
        yield kind, body, at


def has_ended(path: Path) -> bool:
    """Whether the journal in `path` was told the end of its take last; reads no more than that. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        file.seek(max(os.fstat(file.fileno()).st_size - _END_BYTES, 0))
        last = file.read(_END_BYTES)
    return last[:4] == END and last == chunk(END, last[_CHUNK.size : -_NUMBER.size])


@dataclass
class Journal:
    """What there is of a journal."""

    head: dict[str, Any] = field(default_factory=dict)
    """take, frame, rate_hz, isa, build, layout, inputs, outputs, channels (capture ring of each
    track)."""
    state: EngineState | None = None
    playlists: dict[int, str] = field(default_factory=dict)
    records: list[Applied] = field(default_factory=list)
    upto: int = 0
    """Engine frame before which everything obeyed is known."""
    following: int | None = None
    """Number of the record that comes next."""
    missing: int = 0
    """Records that were never written."""
    missing_from: int | None = None
    """Engine frame from which on some are missing."""
    lost: int = 0
    """Records that the engine had lost by then, in any take."""
    tails: dict[int, bytes] = field(default_factory=dict)
    events: list[PortEvent] = field(default_factory=list)
    """Messages of boxes, as far as they are wanted."""
    next_event: int = 0
    """Number of the event after the last, wanted or not; 0: there are none."""
    ports: dict[int, str] = field(default_factory=dict)
    """What the ports of `events` are called."""
    stop: int | None = None
    """Engine frame behind the take's last; None: cut off."""
    end: int = 0
    """Bytes that are whole."""

    @property
    def is_exact(self) -> bool:
        """Nothing that sounds is missing up to `upto`."""
        state = self.state
        return state is not None and not self.missing and all(samples for samples in state.lines.values())


def everything(_: bytes) -> bool:
    """Every message is wanted."""
    return True


def parse_journal(raw: bytes, wanted: Callable[[bytes], bool] | None = everything) -> Journal:
    """What `raw` tells, as far as it is whole; wanted: which messages are to be in `events`, None for none."""
    return _parse(io.BytesIO(raw), wanted)


def read_journal(path: Path, wanted: Callable[[bytes], bool] | None = everything) -> Journal:
    """Like `parse_journal`, what is in `path`, without having all of it in memory. Raises OSError."""
    with path.open("rb") as file:
        return _parse(file, wanted)


def _parse(file: BinaryIO, wanted: Callable[[bytes], bool] | None) -> Journal:
    journal, last = Journal(), b""
    for kind, body, end in _chunks_in(file):
        if kind == MIDI:
            last = body
            if wanted is not None:  # a day of a clock that ticks is millions
                journal.events += _events(body, wanted)
        else:
            _take_in(journal, kind, body)
        journal.end = end
    for event in _events(last, everything):
        journal.next_event = event.number + 1
    return journal


def _take_in(journal: Journal, kind: bytes, body: bytes) -> None:
    taken = _TAKERS.get(kind)
    if taken is not None:
        taken(journal, body)


def _take_head(journal: Journal, body: bytes) -> None:
    journal.head = json.loads(body)
    journal.lost = journal.head.get("lost", 0)


def _take_state(journal: Journal, body: bytes) -> None:
    take_id, frame = _SPAN.unpack_from(body)
    journal.state = EngineState(take_id, frame, zlib.decompress(body[_SPAN.size :]), {})
    journal.upto = frame


def _take_line(journal: Journal, body: bytes) -> None:
    if journal.state is not None:
        journal.state.lines[_NUMBER.unpack_from(body)[0]] = zlib.decompress(body[_NUMBER.size :]) or None


def _take_playlist(journal: Journal, body: bytes) -> None:
    journal.playlists[_NUMBER.unpack_from(body)[0]] = unpacked(body[_NUMBER.size :].decode())


def _take_applied(journal: Journal, body: bytes) -> None:
    first, upto = _SPAN.unpack_from(body)
    records = [Applied(*found) for found in RECORD.iter_unpack(body[_SPAN.size :])]
    if journal.following is not None and first != journal.following:
        _miss(journal, first - journal.following, journal.upto)
    journal.upto = upto
    journal.following = first + len(records)
    journal.records += records


def _take_lost(journal: Journal, body: bytes) -> None:
    count, frame, journal.lost = _HOLE.unpack_from(body)
    _miss(journal, count, frame)


def _miss(journal: Journal, count: int, frame: int) -> None:
    journal.missing += count
    journal.missing_from = frame if journal.missing_from is None else min(frame, journal.missing_from)


def _take_ports(journal: Journal, body: bytes) -> None:
    journal.ports |= {int(number): name for number, name in json.loads(body).items()}


def _take_tail(journal: Journal, body: bytes) -> None:
    journal.tails[_NUMBER.unpack_from(body)[0]] = body[_NUMBER.size :]


def _take_end(journal: Journal, body: bytes) -> None:
    journal.stop = _SPAN.unpack_from(body)[0]


_TAKERS: Final[dict[bytes, Callable[[Journal, bytes], None]]] = {
    HEAD: _take_head,
    STATE: _take_state,
    LINE: _take_line,
    PLAYLIST: _take_playlist,
    APPLIED: _take_applied,
    LOST: _take_lost,
    PORT: _take_ports,
    TAIL: _take_tail,
    END: _take_end,
}


def _events(body: bytes, wanted: Callable[[bytes], bool]) -> Iterator[PortEvent]:
    at = 0
    while at < len(body):
        begin = at + _EVENT.size
        end = begin + int.from_bytes(body[begin - 4 : begin], "little")  # its last field
        if wanted(message := body[begin:end]):
            number, frame, ns, port, kind, _ = _EVENT.unpack_from(body, at)
            yield PortEvent(number, port, kind, frame, ns, message)
        at = end
