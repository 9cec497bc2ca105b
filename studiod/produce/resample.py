"""Another sample rate, once and well: soxr at its best quality, to the frame, without delay."""

from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

Block = NDArray[np.float64]
LEAST_RATE_HZ: Final = 1_000
MOST_RATE_HZ: Final = 1_536_000
_QUALITY: Final = "VHQ"  # flat to 0.45 of the lower rate, then linear phase down to the rounding of 28 bits


def resampled_frames(frames: int, source_hz: int, rate_hz: int) -> int:
    """How long `frames` at `source_hz` are at `rate_hz`: to the nearest frame, a half to the longer."""
    return (2 * frames * rate_hz + source_hz) // (2 * source_hz)


class Resampler:
    """Takes blocks at `source_hz`, gives blocks at `rate_hz`: what was at a time stays there. (frames, channels).

    Equal rates pass through untouched.
    """

    def __init__(self, source_hz: int, rate_hz: int, channels: int) -> None:
        self._source_hz, self._rate_hz, self._channels = source_hz, rate_hz, channels
        self._taken = self._given = 0
        self._stream = (
            None
            if source_hz == rate_hz
            else soxr.ResampleStream(source_hz, rate_hz, channels, dtype="float64", quality=_QUALITY)
        )

    def push(self, block: Block) -> Block:
        """What has become of it, and of what came before; `block` is read only."""
        self._taken += len(block)
        if self._stream is None:
            return block
        made: Block = self._stream.resample_chunk(block)
        self._given += len(made)
        return made

    def finish(self) -> Block:
        """The rest, so that all is as long as `resampled_frames` says."""
        none: Block = np.empty((0, self._channels))
        if self._stream is None or not self._taken:
            return none
        missing = resampled_frames(self._taken, self._source_hz, self._rate_hz) - self._given
        made: Block = self._stream.resample_chunk(none, last=True)[:missing]
        self._given += missing
        return made if len(made) == missing else np.pad(made, ((0, missing - len(made)), (0, 0)))
