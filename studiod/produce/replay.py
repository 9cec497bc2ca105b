"""A take as main played it: its tracks and its journal through the same engine, to the bit."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from studiod.engine import ISAS, Engine, engine_targets
from studiod.link import Block, Dimensions, EngineState, Operation, create_block
from studiod.link.journal import GAP_OPERATION, JOURNAL_NAME, RECORD, TAPE_OPERATION, Applied, Journal, read_journal
from studiod.link.playlist import Playlist
from studiod.link.take import DOCUMENT_NAME, TakeDocument, TakeTrack, read_document
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.registry import Registry
from studiod.produce.draft import WavDraft
from studiod.produce.exactness import Doubt, doubts_of, exact_frames, is_cut, known_frames
from studiod.produce.sources import SourceFile, UnplayableSoundError
from studiod.tape import Player, RingView

PIECE_FRAMES: Final = 1024
_CHUNK_FRAMES: Final = 64  # the engine makes as many at once: BLOCK_CHUNK of ext/block.h
_RING_S: Final = 2.0
_PRIMING_TURNS: Final = 1000  # of the player: each fills more
_MAIN: Final = 2  # channels
_FLOAT: Final = 32


class ReplayError(Exception):
    """Why a take cannot be replayed; a sentence."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it."""

    file: Path
    frames: int
    rate_hz: int
    exact_frames: int
    """From the first on: to the bit what main played, if `studiod verify` finds the take as it was recorded."""
    doubts: tuple[Doubt, ...]
    """Why no more are, in order; what ends a replay early lies at its end."""

    @property
    def is_exact(self) -> bool:
        """All of the take is there, to the bit."""
        return not self.doubts


def replay(
    take: Path,
    output: Path,
    bits: int = _FLOAT,
    on_progress: Callable[[float], None] | None = None,
    *,
    may_replace: bool = False,
) -> Replayed:
    """Render main of the take in folder `take` to `output`, as long as its journal is whole. Raises ReplayError."""
    document, journal = _read(take)
    frames = known_frames(document, journal)
    if not frames:
        raise ReplayError(f"{take}: its journal ends where the take begins: there is nothing to replay")
    try:
        studio = _Studio(take, document, journal)
        draft = WavDraft(output, _MAIN, journal.head["rate_hz"], bits)
        try:
            for piece in studio.play(frames):
                draft.write(piece)
                if on_progress is not None:
                    on_progress(draft.frames / frames)
            draft.finish()
            draft.publish(may_replace=may_replace)
        finally:
            draft.discard()
    except (UnplayableSoundError, ValueError) as fault:
        raise ReplayError(f"{take}: {fault}") from fault
    except OSError as fault:
        raise ReplayError(f"{output}: {fault.strerror}") from fault
    found = sorted([*doubts_of(document, journal), *studio.doubts()], key=lambda doubt: doubt.start)
    exact = exact_frames(found, draft.frames, studio.late)
    return Replayed(output, draft.frames, journal.head["rate_hz"], exact, tuple(found))


def _read(take: Path) -> tuple[TakeDocument, Journal]:
    try:
        document = read_document(json.loads((take / DOCUMENT_NAME).read_text(encoding="utf-8")))
        journal = read_journal(take / JOURNAL_NAME)
    except FileNotFoundError as fault:
        raise ReplayError(f"{take}: there is no {Path(str(fault.filename)).name}") from fault
    except (OSError, ValueError) as fault:
        raise ReplayError(f"{take}: {fault}") from fault
    if not journal.head or journal.state is None:
        raise ReplayError(f"{take}: its journal does not hold what the engine knew when the take began")
    if journal.head["isa"] not in ISAS:
        raise ReplayError(f"{take} was played by {journal.head['isa']}; this machine has {', '.join(ISAS)}")
    return document, journal


class _Track:
    """One input: hidden frames passed over, part after part, then what it played after the end."""

    def __init__(self, folder: Path, track: TakeTrack, hidden: int, tail: bytes) -> None:
        self._folder = folder
        self._parts = list(track.parts)
        self._channel = track.channel
        self._tail = np.frombuffer(tail, "<f4")
        self._source: SourceFile | None = None
        self._left = 0
        self.doubts: list[Doubt] = []
        while hidden:
            hidden -= len(self.read(min(hidden, PIECE_FRAMES)))

    def read(self, frames: int) -> NDArray[np.float32]:
        """The next samples; silence behind the last."""
        found = np.zeros(frames, np.float32)
        at = 0
        while at < frames and self._open():
            if self._source is None:
                break
            n = min(frames - at, self._left)
            rows = [np.empty(n, np.float32) for _ in range(self._source.channels)]
            self._source.read(rows)
            found[at : at + n] = rows[self._channel]
            self._left -= n
            at += n
        n = min(frames - at, len(self._tail))
        found[at : at + n], self._tail = self._tail[:n], self._tail[n:]
        return found

    def _open(self) -> bool:
        while not self._left:
            if self._source is not None:
                self._source.close()
                self._source = None
            if not self._parts:
                return False
            part = self._parts.pop(0)
            self._source = SourceFile(part.path(self._folder))
            self._left = part.frames
            missing = part.frames - self._source.frames
            if missing > 0:
                start = max(part.start + self._source.frames, 0)
                self.doubts.append(Doubt(start, missing, f"{part.file} ends {missing} frames before its time"))
        return True


class _Studio:
    """An engine that goes on from the journal's state, fed with the take's tracks."""

    def __init__(self, take: Path, document: TakeDocument, journal: Journal) -> None:
        self._missing: list[Doubt] = []
        self._journal = journal
        head = journal.head
        fields: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in head["layout"].items()}
        layout = ConsoleLayout(**fields)
        registry = Registry(console_parameters(layout))
        self._block = _make_block(head, layout, registry)
        self._engine = Engine(
            self._block, engine_targets(registry), [-1] * layout.strips, [-1] * layout.buses, (-1, -1), isa=head["isa"]
        )
        state = journal.state or EngineState(0, 0, b"", {})
        self._engine.restore(state.blob, {index: held for index, held in state.lines.items() if held})
        self._rings = RingView(self._block)
        self._player = Player(self._block, head["rate_hz"])
        self._end: int | None = None
        if is_cut(document, journal):  # main would still hear what is behind its journal or its files
            self._end = head["frame"] + known_frames(document, journal)
        self._tracks = {
            channel: _Track(take, track, document.pre_frames, journal.tails.get(channel, b""))
            for channel, track in zip(head["channels"], document.tracks, strict=True)
            if channel < head["inputs"]
        }
        self._moves = _moves(journal.records, head["take"])
        self._seq = 0
        self._tape_then: list[tuple[int, int]] = []  # frame, and whether the tape was there from it on: then, and here
        self._tape_here: list[tuple[int, int]] = []

    def play(self, frames: int) -> Iterator[NDArray[np.float32]]:
        """Main, left and right, `frames` of it from the take's first."""
        begin, done = self._journal.head["frame"], 0
        main = self._block.inputs + self._block.buses
        self._cue_first()
        while done < frames and (self._end is None or self._engine.frame < self._end):
            self._step(self._end)
            ready = min(self._block.capture_head - begin, frames) - done
            while ready > 0:
                n = min(ready, PIECE_FRAMES)
                yield np.vstack([self._samples(main + side, begin + done, n) for side in range(_MAIN)])
                done, ready = done + n, ready - n

    @property
    def late(self) -> int:
        """Frames that main is later than what comes in."""
        return self._engine.frame - self._block.capture_head

    def doubts(self) -> list[Doubt]:
        """What was not there to be played."""
        tracks = [doubt for track in self._tracks.values() for doubt in track.doubts]
        faults = [Doubt(0, None, fault) for fault in self._player.faults.values()]
        return [*self._missing, *tracks, *self._late_tape(), *faults]

    def _late_tape(self) -> Iterator[Doubt]:
        """Where the tape came or went otherwise than here, but for the pieces that blocks are made in."""
        for then, here in zip_longest(self._tape_then, self._tape_here):
            if then is None or here is None or then[1] != here[1] or abs(then[0] - here[0]) >= _CHUNK_FRAMES:
                frame = min(each[0] for each in (then, here) if each is not None)
                if frame + _CHUNK_FRAMES < self._engine.frame:
                    start = max(frame - self._journal.head["frame"], 0)
                    yield Doubt(start, None, "the tape was not played in time: main heard silence where it plays here")
                return

    def _samples(self, channel: int, start: int, frames: int) -> NDArray[np.float32]:
        out = bytearray(4 * frames)
        self._rings.pack(channel, start, frames, _FLOAT, out)
        return np.frombuffer(out, "<f4")

    def _step(self, cut: int | None) -> None:
        """Obey what is due, then render to the next move, at most to frame `cut`."""
        while self._moves and self._moves[0].frame <= self._engine.frame:
            self._obey(self._moves.pop(0))
        frames = PIECE_FRAMES
        if self._moves:
            frames = min(frames, self._moves[0].frame - self._engine.frame)
        if cut is not None:
            frames = min(frames, cut - self._engine.frame)
        self._render(frames)

    def _obey(self, move: Applied) -> None:
        if move.operation == GAP_OPERATION:
            self._feed(int(move.value))  # the files hold silence there
            self._engine.skip(int(move.value), move.slot)
        elif move.operation == TAPE_OPERATION:
            self._tape_then.append((move.frame, move.slot))
        else:
            if move.operation == Operation.LOCATE:
                self._cue(move.slot)
            self._seq += 1
            while not self._block.push_control(move.operation, move.slot, move.value, 0, self._seq):
                self._render(0)
            self._block.pop_answer()

    def _render(self, frames: int) -> None:
        while self._player.turn():
            pass
        outputs = np.empty((self._block.outputs, frames), np.float32)
        self._engine.render(self._feed(frames), outputs)
        for record in RECORD.iter_unpack(self._block.take_applied()[1]):
            told = Applied(*record)
            if told.operation == TAPE_OPERATION:
                self._tape_here.append((told.frame, told.slot))

    def _feed(self, frames: int) -> NDArray[np.float32]:
        inputs = np.zeros((self._block.inputs, frames), np.float32)
        for channel, track in self._tracks.items():
            inputs[channel] = track.read(frames)
        return inputs

    def _cue_first(self) -> None:
        generation = self._block_generation()
        if generation:
            self._cue(generation)

    def _block_generation(self) -> int:
        return min(self._journal.playlists, default=0)

    def _cue(self, generation: int) -> None:
        text = self._journal.playlists.get(generation)
        if text is None:
            since = max(self._engine.frame - self._journal.head["frame"], 0)
            self._missing.append(Doubt(since, None, f"what the tape played from its {generation}. cue on is missing"))
            return
        playlist = Playlist.from_json(text)
        if generation == self._block_generation():
            playlist = Playlist(generation, self._journal.head["position"], playlist.regions)
        self._block.store_playlist(generation, playlist.to_json())
        for _ in range(_PRIMING_TURNS):
            self._player.turn()
            if self._block.is_cued(generation):
                return


def _make_block(head: dict[str, Any], layout: ConsoleLayout, registry: Registry) -> Block:
    dimensions = Dimensions(
        head["rate_hz"],
        PIECE_FRAMES,
        layout.strips,
        layout.buses,
        head["inputs"],
        head["outputs"],
        len(registry.numbers),
        len(registry.texts),
        _RING_S,
        layout.matrices,
    )
    fd = create_block(dimensions, "{}")
    try:
        return Block(fd)
    finally:
        os.close(fd)


def _moves(records: Sequence[Applied], take_id: int) -> list[Applied]:
    """What was obeyed after the take began: what was before it, the state knows."""
    for place, record in enumerate(records):
        if record.operation == Operation.RECORD and record.slot == take_id:
            return list(records[place + 1 :])
    return list(records)
