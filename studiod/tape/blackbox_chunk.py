"""The chunk that is being written: every input side by side, each file valid at every moment."""

import contextlib
import os
from array import array
from pathlib import Path

from studiod.link import Block, Gap
from studiod.link.journal import MAGIC
from studiod.tape._tape import PieceWriter, RingView, clip_runs, crc32, make_durable, start_writeback, write_heads
from studiod.tape.blackbox_index import (
    BITS,
    CHECKS,
    OPEN,
    REFUSED,
    TAPE_LATE,
    WIDTH,
    Chunk,
    checks_head,
    finish_file,
    input_file,
    told_clips,
)
from studiod.tape.files import sync_folder
from studiod.tape.proof import RUNS_AT_ONCE, Clips
from studiod.tape.wavfile import DATA_AT, header_page
from studiod.tape.witness import EVENTS_NAME, append

_PIECE_BYTES = 4 << 20  # of all inputs together, at a time


class ChunkWriter:
    """Make it, `open`, then `write` and `sync`, and `seal` at the end. Raises OSError from all of them.

    After an OSError it is of no more use: `let_go`, and read what is there with `read_chunk`.
    """

    def __init__(
        self, block: Block, folder: Path, sequence: int, first_frame: int, rate_hz: int, inputs: list[int]
    ) -> None:
        self.first_frame = first_frame
        self.written = 0
        """Frames handed to the system."""
        self.synced = 0
        """Frames the headers claim: all on disk."""
        self._chunk = Chunk(folder, sequence, first_frame, 0, rate_hz, tuple(inputs))
        self._rings = RingView(block)
        self._pieces = PieceWriter(block, inputs, BITS)
        self._rate_hz = rate_hz
        self._inputs = inputs
        self._piece_frames = max(_PIECE_BYTES // (WIDTH * max(len(inputs), 1)), 1)
        self._files = array("i")
        self._checks = self._events = -1
        self._events_at = 0
        self._sums = array("I", bytes(4 * len(inputs)))  # the running CRC-32 of each
        self._rows = bytearray()
        self._rows_at = 0
        self._has_news = False
        self._clips = Clips()

    @property
    def end(self) -> int:
        """The next frame to be written, on the engine clock."""
        return self.first_frame + self.written

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self._chunk.folder

    def open(self, now_unix: float, *, is_synchronised: bool) -> None:
        """Make the folder and its files."""
        chunk = self._chunk
        chunk.folder.mkdir()
        chunk.ended_unix, chunk.clock_synchronised = now_unix, is_synchronised
        page = header_page(0, self._rate_hz, BITS)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        for channel in self._inputs:
            fd = os.open(chunk.folder / input_file(channel), flags, 0o644)
            self._files.append(fd)
            os.pwrite(fd, page, 0)
        self._checks = os.open(chunk.folder / CHECKS, flags, 0o644)
        self._append(checks_head(self._rate_hz, len(self._inputs)))
        chunk.save(OPEN)
        sync_folder(chunk.folder.parent)

    def write(self, stop: int) -> int:
        """Write what comes next, up to engine frame `stop` and not past the present second; frames written."""
        start = self.end
        frames = min(stop - start, self._rate_hz - start % self._rate_hz, self._piece_frames)
        at, before, late = DATA_AT + self.written * WIDTH, self._sums.tobytes(), 0
        clips = self._pieces.write(self._files, start, frames, 0, at, self._sums, is_sparse=True)
        while (touched := min(max(self._rings.oldest - start, 0), frames)) > late:
            late = touched  # the engine came round while we copied: what it touched is not trusted
            self._sums = array("I", before)
            clips = self._pieces.write(self._files, start, frames, late, at, self._sums)
        if late:
            self.note(Gap(start, late, TAPE_LATE))
        for place, runs, more in clips:
            self._clips.add(place, self.written, runs, more)
        self._step(frames)
        return frames

    def skip(self, frames: int, cause: str) -> None:
        """Go on after `frames` of exact silence that stand for what is lost."""
        self.note(Gap(self.end, frames, cause))
        while frames:
            piece = min(frames, self._rate_hz - self.end % self._rate_hz, self._piece_frames)
            self._put([bytes(piece * WIDTH)] * len(self._inputs), piece)
            frames -= piece

    def fill(self, before: Chunk) -> None:
        """Take over what `before` holds from here on, less than a second; where it cannot be read there is silence."""
        for gap in before.gaps:
            if gap.start + gap.frames > self.first_frame:
                self.note(gap)
        while self.end < before.end:
            frames = min(before.end - self.end, self._piece_frames)
            try:
                pieces = [before.read(channel, self.end, frames) for channel in self._inputs]
            except OSError:
                self.skip(before.end - self.end, REFUSED)
                return
            self._put(pieces, frames)

    @property
    def is_logging(self) -> bool:
        """Something has happened in it that was logged."""
        return self._events >= 0

    def log(self, raw: bytes) -> None:
        """Append chunks of a journal: what was turned and played meanwhile."""
        if not self.is_logging:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self._events = os.open(self._chunk.folder / EVENTS_NAME, flags, 0o644)
            self._events_at = append(self._events, MAGIC, 0)
        self._events_at = append(self._events, raw, self._events_at)

    def note(self, gap: Gap) -> None:
        """Remember a gap, on the engine clock."""
        if gap not in self._chunk.gaps:
            self._chunk.gaps.append(gap)
            self._has_news = True

    def _put(self, pieces: list[bytes], frames: int) -> None:
        """Write `frames` of each input, packed."""
        size = frames * WIDTH
        at = DATA_AT + self.written * WIDTH
        for place, fd in enumerate(self._files):
            piece = memoryview(pieces[place])
            self._sums[place] = crc32(piece, self._sums[place])
            if pieces[place].count(0) == size:
                os.ftruncate(fd, at + size)  # exact silence takes no room
                continue
            self._clips.add(place, self.written, *clip_runs(piece, frames, BITS, RUNS_AT_ONCE))
            offset = at
            while piece:
                done = os.pwrite(fd, piece, offset)
                piece, offset = piece[done:], offset + done
        self._step(frames)

    def _step(self, frames: int) -> None:
        """Every input has had its next `frames`."""
        self._clips.keep()
        self.written += frames
        if self.end % self._rate_hz == 0:
            self._end_row()

    def _end_row(self) -> None:
        self._rows += self._sums.tobytes()
        self._sums = array("I", bytes(4 * len(self._sums)))

    def sync(self) -> None:
        """Make everything written durable, then let headers and checks claim it.

        The headers say so for sure after the next one; of whole seconds the checks do at once.
        """
        if self._has_news:
            self._chunk.save(OPEN)
            self._has_news = False
        if self.is_logging:
            os.fdatasync(self._events)
        if self.written == self.synced:
            return
        make_durable(self._files)
        write_heads(self._files, [bytearray(header_page(self.written, self._rate_hz, BITS))] * len(self._files))
        self.synced = self.written
        self._append(self._rows)
        os.fdatasync(self._checks)
        self._rows = bytearray()

    def start_writeback(self) -> None:
        """Let the disk begin with what was written; waits for nothing."""
        for fd in self._files:
            start_writeback(fd)

    def seal(self, now_unix: float, *, is_synchronised: bool, drift_ppm: float | None = None) -> Chunk:
        """End the chunk here: nothing of it is ever written again. drift_ppm: of the card's clock, as known by now."""
        chunk = self._chunk
        if self.end % self._rate_hz:
            self._end_row()
        self.sync()
        page = header_page(self.written, self._rate_hz, BITS)
        for fd in self._files:
            finish_file(fd, page, self.written)
        os.fsync(self._checks)
        chunk.frames = self.written
        chunk.ended_unix, chunk.clock_synchronised = now_unix, is_synchronised
        chunk.size_bytes, chunk.drift_ppm = self.size_bytes, drift_ppm
        chunk.clips = told_clips(self._clips, self._inputs, self.first_frame)
        chunk.clips_more = self._clips.more
        chunk.save()
        self.let_go()
        return chunk

    @property
    def size_bytes(self) -> int:
        """Room it takes on disk. Raises OSError."""
        return sum(os.fstat(fd).st_blocks for fd in (*self._files, self._events) if fd >= 0) * 512

    def let_go(self) -> None:
        """Close the file descriptors; may be called twice."""
        for fd in (*self._files, self._checks, self._events):
            with contextlib.suppress(OSError):
                if fd >= 0:
                    os.close(fd)
        self._files, self._checks, self._events = array("i"), -1, -1

    def _append(self, rows: bytes | bytearray) -> None:
        """Behind the rows there are; a short write is made whole."""
        self._rows_at = append(self._checks, bytes(rows), self._rows_at)
