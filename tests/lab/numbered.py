"""A sound in which every frame says its own number, and what a take of it tells."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

FULL_SCALE = 1 << 23  # 24 bits: a float32 holds each number exactly, and 174 s of 48 kHz fit
Frames = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames of a take that are one thing: silence where `first_number` is 0, else numbers that count on."""

    start: int
    frames: int
    first_number: int


def write_numbered(path: Path, sample_format: str, channels: int, frames: int) -> None:
    """Raw interleaved frames for aplay: channel 1 holds 1, 2, 3 ..., channel 2 -1, -2, -3 ..., and so on by turns.

    sample_format: FLOAT_LE or S32_LE, as ALSA names them. Raises ValueError for another.
    """
    numbers = np.arange(1, frames + 1, dtype=np.int64)
    signs = np.where(np.arange(channels) % 2 == 0, 1, -1)
    table = numbers[:, None] * signs
    if sample_format == "FLOAT_LE":
        (table / FULL_SCALE).astype("<f4").tofile(path)
    elif sample_format == "S32_LE":
        (table << 8).astype("<i4").tofile(path)
    else:
        raise ValueError(f"{sample_format}: numbers are written as FLOAT_LE or S32_LE")


def read_numbers(path: Path) -> Frames:
    """The numbers in a mono file of 24 bits; 0 is silence. Raises AssertionError for another file."""
    about = soundfile.info(path)
    assert (about.channels, about.subtype) == (1, "PCM_24"), about
    samples, _rate_hz = soundfile.read(path, dtype="int32")
    numbers: Frames = samples.astype(np.int64) >> 8
    return numbers


def silences(numbers: Frames) -> list[tuple[int, int]]:
    """Start and length of each silence in a take."""
    return [(part.start, part.frames) for part in stretches(numbers) if not part.first_number]


def sounds(numbers: Frames, least_frames: int = 1) -> list[Stretch]:
    """Runs of numbers that are at least so long."""
    return [part for part in stretches(numbers) if part.first_number and part.frames >= least_frames]


def stretches(numbers: Frames) -> list[Stretch]:
    """Cut a take into silences and runs of numbers, in order. A damaged sample is a stretch of its own."""
    step = np.diff(numbers)
    goes_on = np.where(numbers[1:] == 0, numbers[:-1] == 0, (step == 1) & (numbers[:-1] != 0))
    starts = np.concatenate(([0], np.flatnonzero(~goes_on) + 1)) if len(numbers) else np.zeros(0, np.int64)
    ends = np.concatenate((starts[1:], [len(numbers)])) if len(numbers) else starts
    return [Stretch(int(start), int(end - start), int(numbers[start])) for start, end in zip(starts, ends, strict=True)]
