"""A WAV file that gets its name only when it is whole."""

import contextlib
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studiod.tape.files import sync_folder
from studiod.tape.wavfile import DATA_AT, header_page

_PCM16, _FLOAT = 16, 32


class WavDraft:
    """A WAV file under a name of its own beside `path`; `finish`, then `publish` make it `path`, `discard` removes it.

    bits: 16, 24, or 32 (float). 24 bits are rounded to the nearest step; 16 bits are dithered before that: triangular,
    two steps wide, the same at every run for the same `seed`. The file is RF64 where it is larger than 4 GiB.
    Everything raises OSError.
    """

    def __init__(self, path: Path, channels: int, rate_hz: int, bits: int, seed: int = 0) -> None:
        self.path = path
        self.frames = 0
        self.clipped = 0
        """Samples beyond full scale, of all channels."""
        self._channels, self._rate_hz, self._bits = channels, rate_hz, bits
        self._random = np.random.default_rng(seed)
        self._draft = path.with_name(f".{path.name}.{os.getpid()}.new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.fdopen(os.open(self._draft, flags, 0o666), "wb")
        self._file.write(bytes(DATA_AT))

    def write(self, samples: NDArray[np.float32]) -> None:
        """Append `samples`, (channels, frames), float32, full scale 1.0; read only."""
        self.frames += samples.shape[1]
        interleaved = np.ascontiguousarray(samples.T)
        self._file.write(interleaved.data if self._bits == _FLOAT else self._packed(interleaved).data)

    def finish(self) -> None:
        """Make it valid and durable, still under its own name."""
        if self.frames * self._channels * self._bits // 8 % 2:
            self._file.write(b"\0")  # chunks have an even length
        self._file.seek(0)
        self._file.write(header_page(self.frames, self._rate_hz, self._bits, self._channels))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def publish(self) -> None:
        """Give it its name, in place of what had it before."""
        self._draft.replace(self.path)
        sync_folder(self.path.parent)

    def discard(self) -> None:
        """Remove what is not published; may be called at any time."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._draft.unlink()

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
