"""The chunk that is being written: every input side by side, each file valid at every moment."""

import contextlib
import os
import struct
import zlib
from pathlib import Path

from studiod.link import Gap
from studiod.tape._tape import RingView, clip_runs, start_writeback
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

_PIECE_BYTES = 4 << 20  # of all inputs together, at a time


class ChunkWriter:
    """Make it, `open`, then `write` and `sync`, and `seal` at the end. Raises OSError from all of them.

    After an OSError it is of no more use: `let_go`, and read what is there with `read_chunk`.
    """

    def __init__(
        self, rings: RingView, folder: Path, sequence: int, first_frame: int, rate_hz: int, inputs: list[int]
    ) -> None:
        self.first_frame = first_frame
        self.written = 0
        """Frames handed to the system."""
        self.synced = 0
        """Frames the headers claim: all on disk."""
        self._chunk = Chunk(folder, sequence, first_frame, 0, rate_hz, tuple(inputs))
        self._rings = rings
        self._rate_hz = rate_hz
        self._inputs = inputs
        self._piece_frames = max(_PIECE_BYTES // (WIDTH * max(len(inputs), 1)), 1)
        self._buffer = bytearray(min(self._piece_frames, rate_hz) * WIDTH * len(inputs))
        self._silence = b""
        self._files: list[int] = []
        self._checks = -1
        self._crcs = [0] * len(inputs)
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
        size = frames * WIDTH
        views = memoryview(self._buffer)
        for place, channel in enumerate(self._inputs):
            self._rings.pack(channel, start, frames, BITS, views[place * size : (place + 1) * size])
        late = min(max(self._rings.oldest - start, 0), frames)
        if late:  # the engine came round while we copied: what it touched is not trusted
            for place in range(len(self._inputs)):
                views[place * size : place * size + late * WIDTH] = bytes(late * WIDTH)
            self.note(Gap(start, late, TAPE_LATE))
        self._put(frames)
        return frames

    def skip(self, frames: int, cause: str) -> None:
        """Go on after `frames` of exact silence that stand for what is lost."""
        self.note(Gap(self.end, frames, cause))
        while frames:
            piece = min(frames, self._rate_hz - self.end % self._rate_hz, self._piece_frames)
            self._buffer[: piece * WIDTH * len(self._inputs)] = bytes(piece * WIDTH * len(self._inputs))
            self._put(piece)
            frames -= piece

    def fill(self, before: Chunk) -> None:
        """Take over what `before` holds from here on, less than a second; where it cannot be read there is silence."""
        for gap in before.gaps:
            if gap.start + gap.frames > self.first_frame:
                self.note(gap)
        while self.end < before.end:
            frames = min(before.end - self.end, self._piece_frames)
            size = frames * WIDTH
            try:
                pieces = [before.read(channel, self.end, frames) for channel in self._inputs]
            except OSError:
                self.skip(before.end - self.end, REFUSED)
                return
            for place, piece in enumerate(pieces):
                self._buffer[place * size : (place + 1) * size] = piece
            self._put(frames)

    def note(self, gap: Gap) -> None:
        """Remember a gap, on the engine clock."""
        if gap not in self._chunk.gaps:
            self._chunk.gaps.append(gap)
            self._has_news = True

    def _put(self, frames: int) -> None:
        """Write the first `frames` of each input in the buffer."""
        size = frames * WIDTH
        if len(self._silence) != size:
            self._silence = bytes(size)
        at = DATA_AT + self.written * WIDTH
        buffer, views, crcs = self._buffer, memoryview(self._buffer), []
        for place, fd in enumerate(self._files):
            begin = place * size
            piece = views[begin : begin + size]
            crcs.append(zlib.crc32(piece, self._crcs[place]))
            if buffer.startswith(self._silence, begin):
                os.ftruncate(fd, at + size)  # exact silence takes no room
                continue
            self._clips.add(place, self.written, *clip_runs(piece, frames, BITS, RUNS_AT_ONCE))
            offset = at
            while piece:
                done = os.pwrite(fd, piece, offset)
                piece, offset = piece[done:], offset + done
        self._clips.keep()
        self._crcs = crcs
        self.written += frames
        if self.end % self._rate_hz == 0:
            self._end_row()

    def _end_row(self) -> None:
        self._rows += struct.pack(f"<{len(self._crcs)}I", *self._crcs)
        self._crcs = [0] * len(self._crcs)

    def sync(self) -> None:
        """Make everything written durable, then let headers and checks claim it."""
        if self._has_news:
            self._chunk.save(OPEN)
            self._has_news = False
        if self.written == self.synced:
            return
        for fd in self._files:
            start_writeback(fd)  # one journal commit then serves them all
        for fd in self._files:
            os.fdatasync(fd)
        page = header_page(self.written, self._rate_hz, BITS)
        for fd in self._files:
            os.pwrite(fd, page, 0)
        self.synced = self.written
        self._append(self._rows)
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
        return sum(os.fstat(fd).st_blocks for fd in self._files) * 512

    def let_go(self) -> None:
        """Close the file descriptors; may be called twice."""
        for fd in (*self._files, self._checks):
            with contextlib.suppress(OSError):
                if fd >= 0:
                    os.close(fd)
        self._files, self._checks = [], -1

    def _append(self, rows: bytes | bytearray) -> None:
        """Behind the rows there are; a short write is made whole."""
        piece = memoryview(bytes(rows))
        while piece:
            done = os.pwrite(self._checks, piece, self._rows_at)
            piece = piece[done:]
            self._rows_at += done
