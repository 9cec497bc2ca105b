"""One sound file that grows: whole up to what its header claims, whatever happens to the rest of it."""

import contextlib
import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from studiod.tape._tape import reserve
from studiod.tape.disks import Refusal, refusal
from studiod.tape.wavfile import DATA_AT, NotAWav, append_markers, header_page, page_ends, read_format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studiod.tape.bwf import Marker, Tags

_NEVER = 1 << 62
AGAIN_S = 10.0  # a full disk is asked for room again after so much more sound


class GrowingFile:
    """The file at `path`. Every method that touches the disk raises OSError.

    tags: what its header says besides; from the next `claim` on.
    """

    def __init__(self, path: Path, rate_hz: int, bits: int, channels: int) -> None:
        self.path = path
        self.tags: Tags | None = None
        self._rate_hz, self._bits, self._channels = rate_hz, bits, channels
        self._width = channels * bits // 8
        self._fd = -1
        self._page = bytearray()
        self._page_tags: Tags | None = None  # what `_page` says
        self._kept = 0  # frames the disk has promised room for
        self._ask_at = 0  # frames; no room is asked for before there are so many

    def open(self, *, is_new: bool) -> None:
        """Make the file, header first and durable, or find it again; is_new: FileExistsError when there is one."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_EXCL if is_new else 0)
        self._fd = os.open(self.path, flags, 0o644)
        if os.fstat(self._fd).st_size < DATA_AT:
            self.claim(0)
            os.fsync(self._fd)
        self._kept = self.frames

    def again(self) -> "GrowingFile":
        """The same file, not open."""
        return GrowingFile(self.path, self._rate_hz, self._bits, self._channels)

    def open_to_read(self) -> None:
        """Open what is there; only `read` works then."""
        self._fd = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)

    @property
    def fd(self) -> int:
        """Its descriptor; -1 while it is not open."""
        return self._fd

    @property
    def frames(self) -> int:
        """Whole frames in the file, claimed or not."""
        return max(os.fstat(self._fd).st_size - DATA_AT, 0) // self._width

    @property
    def claimed(self) -> int:
        """Frames its header tells of."""
        try:
            return read_format(self.path).frames
        except NotAWav:
            return 0

    def kept_bytes(self, frames: int) -> int:
        """Room the disk has promised and nothing uses yet, when there are `frames`."""
        return max(self._kept - frames, 0) * self._width

    def keep_ahead(self, frame: int, ahead: int) -> None:
        """Have the disk keep room for at least `ahead` frames from `frame` on, twice as many at a time.

        A disk that has no room, or cannot promise any, keeps none: the samples are still written while they fit.
        """
        if frame < self._ask_at or self._kept - frame >= ahead:
            return
        begin, end = max(self._kept, frame), frame + 2 * ahead
        try:
            reserve(self._fd, DATA_AT + begin * self._width, (end - begin) * self._width)
        except OSError as fault:
            is_full = refusal(fault) is Refusal.FULL
            self.release()
            self._ask_at = frame + round(AGAIN_S * self._rate_hz) if is_full else _NEVER
        else:
            self._kept = end

    def asks_at(self, ahead: int) -> int:
        """The frame from which on `keep_ahead` of `ahead` frames asks the disk."""
        return max(self._ask_at, self._kept - ahead + 1)

    def release(self) -> None:
        """Give back the room that nothing uses; a refused promise may have left all of the disk promised."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, os.fstat(self._fd).st_size)
        self._kept = 0

    def keep_none(self) -> None:
        """Give the room back and ask for none any more."""
        self.release()
        self._ask_at = _NEVER

    def read(self, frame: int, frames: int) -> bytes:
        """Samples as they lie; fewer when the file ends before."""
        return os.pread(self._fd, frames * self._width, DATA_AT + frame * self._width)

    def page_ends(self, frames: int) -> tuple[bytes, bytes]:
        """How its `page` begins and ends; all that changes while the tags stay."""
        return page_ends(frames, self._rate_hz, self._bits, self._channels)

    def page(self, frames: int) -> bytearray:
        """Its header when that tells of `frames`; ours, and changed by the next call."""
        form = self._rate_hz, self._bits, self._channels
        head, data = self.page_ends(frames)
        if self._page and self._page_tags is self.tags:
            self._page[: len(head)], self._page[-len(data) :] = head, data
        else:
            self._page, self._page_tags = bytearray(header_page(frames, *form, self.tags)), self.tags
        return self._page

    def claim(self, frames: int) -> None:
        """Let the header tell of `frames`: only what is durable."""
        self._write_all(memoryview(self.page(frames)), 0)

    def cut(self, frames: int) -> None:
        """End the file behind `frames`, missing ones silent; room kept beyond is given back."""
        os.ftruncate(self._fd, DATA_AT + frames * self._width)
        self._kept = 0

    def pad(self, frames: int) -> None:
        """End the file behind `frames` for good: RIFF chunks are padded to even length."""
        self.cut(frames)
        end = DATA_AT + frames * self._width
        if end % 2:
            os.ftruncate(self._fd, end + 1)

    def mark(self, frames: int, markers: "Sequence[Marker]") -> None:
        """Write `markers` behind the `frames` of a file that has its end; where that is refused it ends as before."""
        try:
            append_markers(
                self._fd, frames, self._rate_hz, self._bits, markers, channels=self._channels, tags=self.tags
            )
        except OSError:
            with contextlib.suppress(OSError):
                self.claim(frames)
                self.pad(frames)
            raise

    def sync_all(self) -> None:
        """Make the samples, the header and the length durable."""
        os.fsync(self._fd)

    def close(self) -> None:
        """Let it go as it is; may be called twice."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.close(self._fd)
            self._fd = -1

    def _write_all(self, piece: memoryview, at: int) -> None:
        while piece:
            done = os.pwrite(self._fd, piece, at)
            if done == 0:  # POSIX leaves this open; asking for ever would hang the tape
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            piece = piece[done:]
            at += done
