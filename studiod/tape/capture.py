"""One take on its way to disk: out of the capture rings, into files that are valid at every moment."""

import contextlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiod.link import Block, Gap, TakeFrames
from studiod.link.order import TakeOrder
from studiod.tape._tape import RingView, start_writeback
from studiod.tape.files import load_json, save_json, sync_folder
from studiod.tape.wavfile import DATA_AT, header_page

PIECE_FRAMES = 1 << 16  # one write a track; bounds the buffer
TAPE_LATE = "tape late"


@dataclass
class _File:
    channel: int
    path: Path
    fd: int


@dataclass
class TakeWriter:
    """The files of one take. `advance` as the clock goes on, `sync` as often as loss is limited, `close` at its end.

    A writer made again on the same folder goes on where the files end: what the rings still hold is not lost.
    Raises OSError from every method that touches the disk; nothing written is harmed by that.
    """

    block: Block
    order: TakeOrder
    take: TakeFrames
    rate_hz: int
    gaps: list[Gap] = field(default_factory=list)
    written: int = 0
    """Frames handed to the system."""
    synced: int = 0
    """Frames the headers claim: all on disk."""
    _files: list[_File] = field(default_factory=list)
    _gaps_seen: int = 0

    def __post_init__(self) -> None:
        self._rings = RingView(self.block)
        self._buffer = bytearray(PIECE_FRAMES * self.order.bits // 8)
        self._width = self.order.bits // 8
        self._gaps_seen = max(self.block.gap_count - 256, 0)
        self._is_renewed = False
        self._is_claimed = False  # the headers say `synced`: a writer before this one may have died before it told them
        self._created = time.time()

    @property
    def document_path(self) -> Path:
        """take.json."""
        return self.order.folder / "take.json"

    def open(self) -> None:
        """Make the folder and the files, or find them again; when this returns the take is on disk as recording."""
        self.order.folder.mkdir(parents=True, exist_ok=True)
        before = load_json(self.document_path)
        if before is not None:
            begin = self.take.start
            self.gaps = [Gap(begin + gap["start"], gap["frames"], gap["cause"]) for gap in before["gaps"]]
            self._created = before["created_unix"]
        lengths = []
        for track in self.order.tracks:
            path = self.order.folder / track.file
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            self._files.append(_File(track.channel, path, fd))
            size = os.fstat(fd).st_size
            if size < DATA_AT:
                os.pwrite(fd, header_page(0, self.rate_hz, self.order.bits), 0)
                os.fsync(fd)
                size = DATA_AT
            lengths.append((size - DATA_AT) // self._width)
        # the shortest file is where every file is whole: the rest is written again, the same samples
        self.written = self.synced = min(lengths, default=0)
        self._save("recording")
        sync_folder(self.order.folder)
        sync_folder(self.order.folder.parent)

    def advance(self, head: int) -> int:
        """Write what lies between here and engine frame `head` (or the take's stop); frames written."""
        stop = head if self.take.stop is None else min(head, self.take.stop)
        began = self.written
        while self.take.start + self.written < stop:
            start = self.take.start + self.written
            oldest = self._rings.oldest
            if start < oldest:
                self._lose(min(oldest, stop) - start)
                continue
            frames = min(stop - start, PIECE_FRAMES)
            self._write(start, frames)
            if self._rings.oldest > start:  # the engine came round while we copied: what it touched is not trusted
                spoiled = min(self._rings.oldest - start, frames)
                self._blank(spoiled)
                self._note(Gap(start, spoiled, TAPE_LATE))
            self.written += frames
        return self.written - began

    def _write(self, start: int, frames: int) -> None:
        size = frames * self._width
        piece = memoryview(self._buffer)[:size]
        at = DATA_AT + self.written * self._width
        for file in self._files:
            self._rings.pack(file.channel, start, frames, self.order.bits, piece)
            _write_all(file.fd, piece, at)

    def _lose(self, frames: int) -> None:
        """The rings no longer hold these: exact silence of the same length, marked."""
        self._note(Gap(self.take.start + self.written, frames, TAPE_LATE))
        self.written += frames
        for file in self._files:
            os.ftruncate(file.fd, DATA_AT + self.written * self._width)

    def _blank(self, frames: int) -> None:
        silence = bytes(frames * self._width)
        for file in self._files:
            _write_all(file.fd, memoryview(silence), DATA_AT + self.written * self._width)

    def _note(self, gap: Gap) -> None:
        self.gaps.append(gap)
        self._is_renewed = True

    def _collect_gaps(self) -> None:
        """Gaps the engine has told since we looked last, as far as they lie in this take."""
        count = self.block.gap_count
        known = {(gap.start, gap.frames) for gap in self.gaps}
        for gap in self.block.gaps(self._gaps_seen):
            if gap.start + gap.frames > self.take.start and (gap.start, gap.frames) not in known:
                self._note(gap)
        self._gaps_seen = count

    def sync(self) -> None:
        """Make everything written durable, then let the headers claim it: they never claim more."""
        self._collect_gaps()
        if self.written == self.synced and self._is_claimed and not self._is_renewed:
            return
        length = self.written
        for file in self._files:
            # one journal commit then serves them all: without this each waits for its own
            start_writeback(file.fd)
        for file in self._files:
            os.fdatasync(file.fd)
        page = header_page(length, self.rate_hz, self.order.bits)
        for file in self._files:
            os.pwrite(file.fd, page, 0)
        self.synced = length
        self._is_claimed = True
        if self._is_renewed:
            self._save("recording")

    def close(self, state: str = "good") -> None:
        """End the take as `state` with every frame up to here durable; the files are let go even when that fails."""
        try:
            self.sync()
            for file in self._files:
                end = DATA_AT + self.written * self._width
                os.ftruncate(file.fd, end + (end % 2))  # RIFF chunks are padded to even length
                os.fsync(file.fd)
            self._save(state)
        finally:
            self.let_go()

    def let_go(self) -> None:
        """Close the file descriptors; may be called twice."""
        for file in self._files:
            with contextlib.suppress(OSError):
                os.close(file.fd)
        self._files = []

    def _save(self, state: str) -> None:
        save_json(self.document_path, self.document(state))
        self._is_renewed = False

    def document(self, state: str) -> dict[str, Any]:
        """take.json: what the take is, gaps relative to its first frame."""
        begin, end = self.take.start, self.take.start + self.written
        return {
            "id": self.order.id,
            "state": state,
            "frames": self.written,
            "rate_hz": self.rate_hz,
            "bits": self.order.bits,
            "start_frame": begin,
            "position": self.take.position,
            "created_unix": self._created,
            "recorded_by": self.order.by,
            "gaps": [
                {"start": gap.start - begin, "frames": gap.frames, "cause": gap.cause}
                for gap in merged(self.gaps, begin, end)
            ],
            "files": [track.file for track in self.order.tracks],
            "tracks": [
                {"file": track.file, "name": track.name, "strip": None if track.strip is None else track.strip + 1}
                for track in self.order.tracks
            ],
        }


def merged(gaps: Iterable[Gap], begin: int, end: int) -> list[Gap]:
    """`gaps` held inside [begin, end), in order, those that touch or overlap made one."""
    result: list[Gap] = []
    for gap in sorted(gaps):
        first, last = max(gap.start, begin), min(gap.start + gap.frames, end)
        if first >= last:
            continue
        if result and first <= result[-1].start + result[-1].frames:
            before = result.pop()
            last = max(last, before.start + before.frames)
            result.append(Gap(before.start, last - before.start, before.cause))
        else:
            result.append(Gap(first, last - first, gap.cause))
    return result


def _write_all(fd: int, piece: memoryview, at: int) -> None:
    while piece:
        done = os.pwrite(fd, piece, at)
        piece = piece[done:]
        at += done
