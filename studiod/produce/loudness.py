"""Loudness of sound files."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from studiod.engine import LoudnessMeter
from studiod.model.loudness import LoudnessReading
from studiod.produce.channels import channel_mask, weights_by_count, weights_by_mask

_BLOCK_SAMPLES: Final = 1 << 17  # of all channels together: half a megabyte stays in a second-level cache
_OGG_CODECS: Final = frozenset({"VORBIS", "OPUS"})


class UnreadableSoundError(Exception):
    """A file that cannot be measured; the message says why, without its name."""


def measure_loudness(path: Path, on_progress: Callable[[float], None] | None = None) -> LoudnessReading:
    """Loudness, range and peaks of the whole file at `path`, in any format that libsndfile reads.

    Takes the memory of one block, however long the file. `on_progress` is told the part that is done, 0 to 1, after
    each block. Momentary and short-term are those at the end. Raises UnreadableSoundError.
    """
    try:
        if path.exists() and not path.is_file():
            raise UnreadableSoundError("is no file")
        with path.open("rb") as file:
            mask = channel_mask(file)
        with soundfile.SoundFile(os.fsencode(path)) as sound:  # which it cannot do itself for any name
            return _measure(sound, mask, on_progress)
    except OSError as fault:
        raise UnreadableSoundError(fault.strerror or str(fault)) from fault
    except soundfile.LibsndfileError as fault:
        raise UnreadableSoundError(f"no sound file that can be read: {fault.error_string}") from fault


def _measure(sound: soundfile.SoundFile, mask: int, on_progress: Callable[[float], None] | None) -> LoudnessReading:
    channels = int(sound.channels)
    is_ogg = sound.format == "OGG" and sound.subtype in _OGG_CODECS
    weights = weights_by_mask(mask, channels) if mask else weights_by_count(channels, is_ogg=is_ogg)
    try:
        meter = LoudnessMeter(sound.samplerate, weights)
    except ValueError as fault:
        raise UnreadableSoundError(str(fault)) from fault
    block_frames = max(_BLOCK_SAMPLES // channels, 1)
    buffer = np.empty((block_frames, channels), np.float32)
    done = 0
    while len(block := sound.read(out=buffer)):
        meter.feed(np.ascontiguousarray(block.T))
        done += len(block)
        if on_progress is not None:
            on_progress(min(done / max(sound.frames, 1), 1.0))
    meter.finish()
    return meter.reading()
