"""A WAV file that gets its name only when it is whole."""

import contextlib
import errno
import itertools
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studiod.tape.bwf import Marker, Tags, marker_chunks
from studiod.tape.files import sync_folder
from studiod.tape.wavfile import DATA_AT, header_page

_PCM16, _FLOAT = 16, 32
_numbers = itertools.count()  # of this process: two drafts never share a hidden name
_MODE = 0o666  # less the umask, as any program's files


class WavDraft:
    """A WAV file that has no name yet: `finish`, then `publish` give it `path`; `discard` leaves nothing of it.

    bits: 16, 24, or 32 (float). 24 bits are rounded to the nearest step; 16 bits are dithered before that: triangular,
    two steps wide, the same at every run for the same `seed`. The file is RF64 where it is larger than 4 GiB.
    is_nameless: not even a killed process leaves anything; where the file system knows no such files, or if False, the
    draft is a hidden file beside `path`. tags: what the file says of itself. Everything raises OSError.
    """

    def __init__(
        self,
        path: Path,
        channels: int,
        rate_hz: int,
        bits: int,
        seed: int = 0,
        *,
        is_nameless: bool = True,
        tags: Tags | None = None,
    ) -> None:
        self.path = path
        self._tags = tags
        self.frames = 0
        self.clipped = 0
        """Samples beyond full scale, of all channels."""
        self._channels, self._rate_hz, self._bits = channels, rate_hz, bits
        self._random = np.random.default_rng(seed)
        self._hidden = path.with_name(f".studiod-{os.getpid()}-{next(_numbers)}.new")
        fd = _open_nameless(path.parent) if is_nameless else None
        self._is_nameless = fd is not None
        if fd is None:
            fd = os.open(self._hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
        self._file = os.fdopen(fd, "wb")
        self._file.write(bytes(DATA_AT))

    def write(self, samples: NDArray[np.float32]) -> None:
        """Append `samples`, (channels, frames), float32, full scale 1.0; read only."""
        self.frames += samples.shape[1]
        interleaved = np.ascontiguousarray(samples.T)
        self._file.write(interleaved.data if self._bits == _FLOAT else self._packed(interleaved).data)

    def write_packed(self, packed: bytes) -> None:
        """Append whole frames as the file holds them."""
        self.frames += len(packed) // (self._channels * self._bits // 8)
        self._file.write(packed)

    def finish(self, tags: Tags | None = None, markers: Sequence[Marker] = ()) -> None:
        """Make it valid and durable; it has no name yet. tags: in place of those it was begun with."""
        self._tags = tags or self._tags
        tail = marker_chunks(markers)
        if self.frames * self._channels * self._bits // 8 % 2:
            self._file.write(b"\0")  # chunks have an even length
        self._file.write(tail)
        self._file.seek(0)
        shape = (self.frames, self._rate_hz, self._bits, self._channels)
        self._file.write(header_page(*shape, self._tags, tail_bytes=len(tail)))
        self._file.flush()
        os.fsync(self._file.fileno())

    def publish(self, *, may_replace: bool) -> None:
        """Give it its name, in place of what has it if `may_replace`; else raises FileExistsError."""
        if not may_replace and self.path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self.path))
        if self._is_nameless:
            self._is_nameless = False
            self._hidden.unlink(missing_ok=True)
            # as open(2) tells; a link never replaces, hence two steps. Without a src_dir_fd Python would not follow.
            os.link(f"/proc/self/fd/{self._file.fileno()}", self._hidden, src_dir_fd=self._file.fileno())
        self._hidden.replace(self.path)
        sync_folder(self.path.parent)

    def discard(self) -> None:
        """Let it go, and what is not published with it; may be called at any time."""
        with contextlib.suppress(OSError):
            self._file.close()
        if not self._is_nameless:
            with contextlib.suppress(OSError):
                self._hidden.unlink()

    def _packed(self, samples: NDArray[np.float32]) -> NDArray[np.uint8] | NDArray[np.int16]:
        scale = np.float32(1 << (self._bits - 1))  # a power of two: nothing is lost
        steps = samples * scale
        self.clipped += int(np.count_nonzero((steps > scale - 1) | (steps < -scale)))
        if self._bits == _PCM16:
            steps += self._random.random(steps.shape, np.float32)
            steps -= self._random.random(steps.shape, np.float32)
        np.rint(steps, out=steps)
        np.clip(steps, -scale, scale - 1, out=steps)
        if self._bits == _PCM16:
            return steps.astype("<i2")
        return np.ascontiguousarray(steps.astype("<i4").reshape(-1, 1).view(np.uint8)[:, :3])


def _open_nameless(folder: Path) -> int | None:
    """A file in `folder` that nobody sees, None where the file system knows none."""
    try:
        return os.open(folder, os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC, _MODE)
    except OSError as fault:
        if fault.errno in {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL}:
            return None
        raise
