"""The files of all tracks from one frame on: a take has one part, and more when a disk refused to take any more."""

import contextlib
import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from studiod.link.timeline import Mark, marks_within
from studiod.tape._tape import PieceWriter, make_durable, unweave, write_heads
from studiod.tape.bwf import Marker, Tags
from studiod.tape.growing import GrowingFile
from studiod.tape.wavfile import DATA_AT

PIECE_FRAMES = 1 << 16  # one write a track; bounds the buffer, and how long the disk is asked at a time
WOVEN_FRAMES = 1 << 13  # of all tracks at once
POLYPHONIC_NAME = "take.wav"


@dataclass
class Part:
    """Frames are those of the take, counted from its first hidden one; `start` is where this part begins.

    files: one for each of `tracks` tracks, or one for all of them, `width` bytes a sample.
    """

    folder: Path
    start: int
    tracks: int
    width: int
    files: list[GrowingFile]
    frames: int = 0
    """Length, once the part has ended."""
    _asks_at: int = 0  # no file asks for room before this frame
    _fds: "array[int]" = field(default_factory=lambda: array("i"), repr=False)
    _pages: list[bytearray] = field(default_factory=list, repr=False)
    _told: list[Tags | None] | None = None  # what `_pages` say

    def __post_init__(self) -> None:
        self.is_woven = len(self.files) == 1 and self.tracks > 1
        """All tracks lie in one file."""

    @property
    def piece_frames(self) -> int:
        """The most frames that one `write` may have."""
        return WOVEN_FRAMES if self.is_woven else PIECE_FRAMES

    def name(self, track: int, home: Path) -> str:
        """What take.json in `home` calls the file of `track`."""
        path = self.files[0 if self.is_woven else track].path
        return path.name if path.parent == home else str(path)

    def channel(self, track: int) -> int:
        """Channel of `track` in its file, from 0."""
        return track if self.is_woven else 0

    def open(self, *, is_new: bool) -> None:
        """Open every file. Raises OSError, none left open."""
        try:
            for file in self.files:
                file.open(is_new=is_new)
        except OSError:
            self.let_go()
            raise
        self._fds = array("i", [file.fd for file in self.files])

    @contextlib.contextmanager
    def reading(self) -> Iterator["Part"]:
        """The same part for a while, open for reading only. Raises OSError."""
        opened = replace(self, files=[file.again() for file in self.files])
        try:
            for file in opened.files:
                file.open_to_read()
            yield opened
        finally:
            opened.let_go()

    def held(self) -> int:
        """The frame up to which every file has its samples, claimed or not."""
        return self.start + min((file.frames for file in self.files), default=0)

    def claimed(self) -> int:
        """The frame up to which every header tells of samples."""
        return self.start + min((file.claimed for file in self.files), default=0)

    def write(
        self, pieces: PieceWriter, frame: int, start: int, frames: int, silent: int, sums: "array[int]"
    ) -> list[tuple[int, list[tuple[int, int]], int]]:
        """Write the piece of every track at `frame`, as `pieces` says, from engine frame `start` on. Raises OSError."""
        at = DATA_AT + (frame - self.start) * self.width * (self.tracks if self.is_woven else 1)
        return pieces.write(self._fds, start, frames, silent, at, sums)

    def read(self, track: int, frame: int, frames: int) -> bytes:
        """The packed samples of `track` as they lie on the disk. Raises OSError; EOFError when they are not there."""
        file = self.files[0 if self.is_woven else track]
        samples = file.read(frame - self.start, frames)
        channels = self.tracks if self.is_woven else 1
        if len(samples) < frames * self.width * channels:
            raise EOFError(f"{file.path} ends before frame {frame + frames - self.start}")
        if channels == 1:
            return samples
        single = bytearray(frames * self.width)
        unweave(samples, frames, self.width, track, channels, single)
        return bytes(single)

    def keep_ahead(self, frame: int, ahead: int) -> None:
        """Have the disk keep room for every file, always as far `ahead`."""
        if frame < self._asks_at:
            return
        for file in self.files:
            file.keep_ahead(frame - self.start, ahead)
        self._asks_at = self.start + min((file.asks_at(ahead) for file in self.files), default=0)

    def kept_bytes(self, end: int) -> int:
        """Room that the disk keeps for the files and nothing uses yet, when they are written up to frame `end`."""
        return sum(file.kept_bytes(end - self.start) for file in self.files)

    def give_back(self) -> bool:
        """Give back all room that was kept, and keep none any more; False when there was none."""
        had_any = any(file.kept_bytes(file.frames) for file in self.files)
        for file in self.files:
            file.keep_none()
        return had_any

    def sync(self) -> None:
        """Make every sample written durable."""
        make_durable(self._fds)

    def claim(self, end: int) -> None:
        """Let the headers tell of what lies before frame `end`."""
        frames = end - self.start
        tags = [file.tags for file in self.files]
        if tags != self._told:
            self._pages, self._told = [file.page(frames) for file in self.files], tags
        if self.files:
            write_heads(self._fds, self._pages, *self.files[0].page_ends(frames))  # they are all of one form

    def cut(self, end: int) -> None:
        """End every file at frame `end`, missing samples silent."""
        self._asks_at = 0
        for file in self.files:
            file.cut(end - self.start)

    def abandon(self, end: int) -> None:
        """End what refused at frame `end`, as far as it lets us; a part of nothing leaves no file behind."""
        self.frames = max(end - self.start, 0)
        for file in self.files:
            if not self.frames:
                with contextlib.suppress(OSError):
                    file.path.unlink()
                continue
            with contextlib.suppress(OSError):  # no shorter than its header says, when that cannot be changed
                file.claim(self.frames)
                file.pad(self.frames)
        self.let_go()

    def seal(self, end: int) -> None:
        """End every file at frame `end` for good."""
        self.frames = end - self.start
        for file in self.files:
            file.claim(self.frames)
            file.pad(self.frames)
            file.sync_all()

    def mark(self, marks: Iterable[Mark]) -> None:
        """Write those of `marks` (of the take) that lie in this part behind its samples: `seal` has been."""
        found = marks_within(marks, self.start, self.start + self.frames)
        for file in self.files if found else ():
            file.mark(self.frames, [Marker(mark.start - self.start, mark.name, mark.frames) for mark in found])

    def let_go(self) -> None:
        """Close the files as they are; may be called twice."""
        self._fds = array("i")
        for file in self.files:
            file.close()


def free_names(folder: Path, names: Sequence[str], *, is_first: bool) -> list[str]:
    """`names`, with a number before their ending when any of them is taken in `folder`.

    is_first: a file without a sample does not count: who wrote it died before the take began.
    """
    number = 1
    while True:
        numbered = [name if number == 1 else f"{Path(name).stem}.{number}.wav" for name in names]
        if not any(_is_taken(folder / name, DATA_AT if is_first else -1) for name in numbered):
            return numbered
        number += 1


def _is_taken(path: Path, header_bytes: int) -> bool:
    try:
        return os.lstat(path).st_size > header_bytes
    except OSError:
        return False
