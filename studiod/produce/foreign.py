"""Sound files from elsewhere, read by libsndfile: nothing they say is believed before it is seen."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Self

import numpy as np
import soundfile

from studiod.produce.resample import LEAST_RATE_HZ, MOST_RATE_HZ, Block
from studiod.tape.wavfile import NotAWav, read_header

MOST_CHANNELS: Final = 128
_WHOLE: Final = frozenset({"PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "ALAC_16", "ALAC_20", "ALAC_24"})  # fit into 24 bits
_PIECE_FRAMES: Final = 1 << 16
_PIECE_SAMPLES: Final = 1 << 20  # of all channels together: 8 MB
_LOUDEST: Final = 1000.0  # 60 dB over full scale: what is beyond never was sound


class ImportFault(Exception):  # noqa: N818 - it reads as the fact it reports
    """A file that does not become a take; the message names it and says why."""


class ForeignSound:
    """A sound file, read from its beginning in blocks that hold numbers and nothing else. Raises ImportFault."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.warnings: list[str] = []
        self.bad_samples = 0
        try:
            if not path.is_file():
                raise ImportFault(f"{path}: {'is no file' if path.exists() else 'there is no such file'}")
            with path.open("rb"):  # says why it cannot be read, which libsndfile does not
                pass
            self._sound = soundfile.SoundFile(os.fsencode(path))  # which it cannot do itself for any name
        except OSError as fault:
            raise ImportFault(f"{path}: {fault.strerror or fault}") from fault
        except soundfile.LibsndfileError as fault:
            raise ImportFault(f"{path}: no sound file that can be read: {_why(path, fault)}") from fault
        except (TypeError, ValueError) as fault:  # a name that ends in .raw
            raise ImportFault(f"{path}: samples without a header: their rate and form are not known") from fault
        try:
            self.rate_hz, self.channels = int(self._sound.samplerate), int(self._sound.channels)
            self.format, self.subtype = str(self._sound.format), str(self._sound.subtype)
            self.claimed = max(int(self._sound.frames), 0)
            self._look()
        except BaseException:
            self.close()
            raise

    @property
    def is_whole(self) -> bool:
        """Its samples are whole numbers of 24 bits or fewer, as they were recorded."""
        return self.subtype in _WHOLE

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go; may be called twice."""
        with contextlib.suppress(soundfile.LibsndfileError):
            self._sound.close()

    def blocks(self, on_progress: Callable[[float], None] | None) -> Iterator[Block]:
        """(frames, channels), float64, full scale 1.0; to where the file ends, whatever it says of itself.

        A block is good until the next.
        """
        room: Block = np.empty((min(_PIECE_FRAMES, max(_PIECE_SAMPLES // self.channels, 1)), self.channels))
        at, why = 0, ""
        while not why:
            try:
                frames = len(self._sound.read(out=room))
            except soundfile.LibsndfileError as fault:  # what it could read before that is there
                why = f" ({fault.error_string})"
                frames = min(max(self._tell() - at, 0), len(room))
            if not frames:
                break
            at += frames
            yield self._sane(room[:frames])
            if on_progress is not None and self.claimed:
                on_progress(min(at / self.claimed, 1.0))
        if at < self.claimed:
            self.warnings.append(
                f"{self.path}: says it is {self.claimed / self.rate_hz:.1f} s long and ends after "
                f"{at / self.rate_hz:.1f} s{why}; what is there is imported"
            )
        if self.bad_samples:
            self.warnings.append(f"{self.path}: {self.bad_samples} samples were no numbers; they are silence now")

    def _look(self) -> None:
        if not LEAST_RATE_HZ <= self.rate_hz <= MOST_RATE_HZ:
            raise ImportFault(f"{self.path}: is at {self.rate_hz} Hz; allowed {LEAST_RATE_HZ}..{MOST_RATE_HZ} Hz")
        if not 1 <= self.channels <= MOST_CHANNELS:
            raise ImportFault(f"{self.path}: has {self.channels} channels; allowed 1..{MOST_CHANNELS}")
        with contextlib.suppress(NotAWav, OSError):
            header = read_header(self.path)
            if header.claimed_frames > header.form.frames:
                says = header.claimed_frames / header.form.rate_hz
                self.warnings.append(
                    f"{self.path}: says it is {says:.1f} s long and was cut off; what is there is imported"
                )

    def _tell(self) -> int:
        try:
            return int(self._sound.tell())
        except soundfile.LibsndfileError:
            return 0

    def _sane(self, block: Block) -> Block:
        is_bad = ~(np.abs(block) <= _LOUDEST)  # NaN, too
        bad = int(np.count_nonzero(is_bad))
        if bad:
            self.bad_samples += bad
            block[is_bad] = 0.0
        return block


def _why(path: Path, fault: soundfile.LibsndfileError) -> str:
    """What is wrong with `path`, where our own reader of WAV knows better than an internal error of libsndfile."""
    said = str(fault.error_string)
    if "nternal error" not in said:
        return said
    try:
        header = read_header(path)
    except NotAWav as known:
        return str(known).removeprefix(f"{path}: ")
    except OSError as known:
        return known.strerror or str(known)
    return (
        f"its header says {header.claimed_frames} frames, and there is room for {header.form.frames}: "
        "the lengths in its ds64 chunk are missing, or lie"
    )
