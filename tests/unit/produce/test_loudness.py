"""Loudness of files: channels, formats, what is no sound."""

import math
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from studiod.produce.loudness import UnreadableSoundError, measure_loudness
from tests.golden.loudness_vectors import CASES, render, tone

RATE_HZ = 48_000
FIVE = next(case for case in CASES if case["id"] == "3341-6")  # L R C Ls Rs, -23 LUFS


def write(path: Path, rows: NDArray[np.floating], subtype: str = "FLOAT", form: str | None = None) -> Path:
    soundfile.write(path, rows.T, RATE_HZ, subtype=subtype, format=form)
    return path


def surround() -> NDArray[np.float32]:
    """L R C LFE Ls Rs at -23 LUFS, the LFE full of loud noise."""
    five = render(FIVE, RATE_HZ)
    noise = np.random.default_rng(51).uniform(-1.0, 1.0, five.shape[1])
    return np.insert(five, 3, noise, axis=0)


def test_a_stereo_tone_reads_its_level_and_a_mono_one_3_less(tmp_path: Path) -> None:
    row = tone(RATE_HZ, 4, -18.0)
    stereo = measure_loudness(write(tmp_path / "stereo.wav", np.stack([row, row]), "PCM_24"))
    assert stereo.integrated == pytest.approx(-18.0, abs=0.02)
    assert stereo.max_momentary == pytest.approx(-18.0, abs=0.05)
    assert stereo.max_short_term == pytest.approx(-18.0, abs=0.05)
    assert stereo.true_peak == pytest.approx(-18.0, abs=0.02)
    mono = measure_loudness(write(tmp_path / "mono.flac", row[np.newaxis], "PCM_24"))
    assert mono.integrated == pytest.approx(-18.0 - 10 * math.log10(2.0), abs=0.02)


@pytest.mark.parametrize("form", ["WAV", "WAVEX", "RF64", "FLAC"])
def test_the_lfe_of_5_1_counts_for_the_peak_alone(tmp_path: Path, form: str) -> None:
    reading = measure_loudness(write(tmp_path / "five", surround(), "PCM_24", form))
    assert reading.integrated == pytest.approx(-23.0, abs=0.05)
    assert reading.true_peak > -1.0


def test_ogg_has_its_channels_where_vorbis_puts_them(tmp_path: Path) -> None:
    left, right, centre, lfe, left_surround, right_surround = surround()[:, : 5 * RATE_HZ]
    rows = np.stack([left, centre, right, left_surround, right_surround, lfe])
    reading = measure_loudness(write(tmp_path / "five.ogg", rows, "VORBIS"))
    assert reading.integrated == pytest.approx(-23.0, abs=0.3)  # lossy


def test_a_mask_goes_before_the_number_of_channels(tmp_path: Path) -> None:
    path = write(tmp_path / "five.wav", surround(), "PCM_16", "WAVEX")
    raw = bytearray(path.read_bytes())
    at = raw.index(b"fmt ") + 28
    assert struct.unpack_from("<I", raw, at) == (0x3F,)
    struct.pack_into("<I", raw, at, 0x707)  # L R C, back, sides: the noise stands behind us
    path.write_bytes(raw)
    assert measure_loudness(path).integrated > -10.0


def test_silence_and_no_frames_at_all_are_minus_infinity(tmp_path: Path) -> None:
    for frames in (0, 10, 5 * RATE_HZ):
        reading = measure_loudness(write(tmp_path / f"{frames}.wav", np.zeros((2, frames), np.float32)))
        assert {reading.integrated, reading.true_peak, reading.max_momentary, reading.max_short_term} == {-math.inf}
        assert reading.lra == 0.0


def test_64_channels_all_count(tmp_path: Path) -> None:
    rows = np.tile(tone(RATE_HZ, 1, -40.0), (64, 1))
    reading = measure_loudness(write(tmp_path / "many.wav", rows))
    assert reading.integrated == pytest.approx(-40.0 - 10 * math.log10(2.0) + 10 * math.log10(64.0), abs=0.02)


def test_a_long_file_takes_the_memory_of_a_block(tmp_path: Path) -> None:
    path = write(tmp_path / "long.wav", np.zeros((2, 2_000_000), np.float32))
    tracemalloc.start()
    measure_loudness(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < path.stat().st_size / 4


def test_progress_grows_to_the_whole(tmp_path: Path) -> None:
    told: list[float] = []
    measure_loudness(write(tmp_path / "long.wav", np.zeros((2, 500_000), np.float32)), told.append)
    assert len(told) > 3
    assert told == sorted(set(told))
    assert told[-1] == 1.0


def test_what_is_no_sound_says_why(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("not music\n" * 100)
    slow = tmp_path / "slow.wav"
    soundfile.write(slow, np.zeros(100), 4000)
    for name, words in (
        ("missing.wav", "No such file"),
        ("empty.wav", "no sound file"),
        ("text.wav", "no sound file"),
        ("slow.wav", "rate_hz is 4000; allowed 8000..384000"),
        (".", "is no file"),
    ):
        with pytest.raises(UnreadableSoundError, match=words):
            measure_loudness(tmp_path / name)
