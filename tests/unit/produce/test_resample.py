"""What another sample rate may do to sound: next to nothing, and never at another time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studiod.produce.resample import Resampler, resampled_frames

Sound = NDArray[np.float64]
PAIRS = [(44100, 48000), (48000, 44100), (96000, 48000), (48000, 96000), (192000, 44100), (8000, 48000), (22050, 96000)]
EDGE = 0.45  # of the lower rate: up to there nothing may happen


def resampled(sound: Sound, source_hz: int, rate_hz: int, block_frames: int = 4096) -> Sound:
    made = Resampler(source_hz, rate_hz, 1)
    blocks = [made.push(sound[at : at + block_frames, None]) for at in range(0, len(sound), block_frames)]
    return np.concatenate([*blocks, made.finish()])[:, 0]


def tone(frequency_hz: float, rate_hz: int, frames: int) -> Sound:
    sound: Sound = np.sin(2 * np.pi * frequency_hz * np.arange(frames) / rate_hz)
    return sound


def level_db(sound: Sound) -> float:
    return float(20 * np.log10(max(np.sqrt(2 * np.mean(sound**2)), 1e-20)))


def middle(sound: Sound) -> Sound:
    """Without the edges, where a tone that begins is no tone."""
    return sound[len(sound) // 4 : -len(sound) // 4]


def residue_db(sound: Sound, frequency_hz: float, rate_hz: int) -> float:
    """Everything but the tone, under a window that leaks less than what is looked for."""
    at = np.arange(len(sound)) / rate_hz
    columns = np.stack([np.sin(2 * np.pi * frequency_hz * at), np.cos(2 * np.pi * frequency_hz * at)], axis=1)
    share, *_ = np.linalg.lstsq(columns, sound, rcond=None)
    return level_db(sound - columns @ share)


@pytest.mark.parametrize(("source_hz", "rate_hz"), PAIRS)
@pytest.mark.parametrize("part", [0.001, 0.1, 0.3, 0.4, EDGE])
def test_what_is_heard_keeps_its_level(source_hz: int, rate_hz: int, part: float) -> None:
    frequency_hz = part * min(source_hz, rate_hz)
    made = middle(resampled(tone(frequency_hz, source_hz, 2 * source_hz), source_hz, rate_hz))
    whole = middle(tone(frequency_hz, rate_hz, 2 * rate_hz))
    assert level_db(made) - level_db(whole) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(("source_hz", "rate_hz"), PAIRS)
@pytest.mark.parametrize("part", [0.01, 0.2, EDGE])
def test_no_image_and_no_alias_of_a_tone_is_above_120_db_down(source_hz: int, rate_hz: int, part: float) -> None:
    frequency_hz = part * min(source_hz, rate_hz)
    made = middle(resampled(tone(frequency_hz, source_hz, source_hz), source_hz, rate_hz))
    assert residue_db(made, frequency_hz, rate_hz) < -120.0


@pytest.mark.parametrize(("source_hz", "rate_hz"), [pair for pair in PAIRS if pair[0] > pair[1]])
@pytest.mark.parametrize("part", [0.51, 0.6, 0.9])
def test_what_the_lower_rate_cannot_hold_is_gone(source_hz: int, rate_hz: int, part: float) -> None:
    frequency_hz = rate_hz * 0.5 + (part - 0.5) * (source_hz - rate_hz)
    made = middle(resampled(tone(frequency_hz, source_hz, source_hz), source_hz, rate_hz))
    assert level_db(made) < -120.0


@pytest.mark.parametrize(("source_hz", "rate_hz"), PAIRS)
def test_an_impulse_stays_at_its_place(source_hz: int, rate_hz: int) -> None:
    sound = np.zeros(source_hz)
    sound[source_hz // 2] = 1.0
    made = resampled(sound, source_hz, rate_hz)
    assert int(np.argmax(np.abs(made))) == rate_hz // 2
    around = made[rate_hz // 2 - 200 : rate_hz // 2 + 201]
    assert np.abs(around - around[::-1]).max() < 1e-6 * np.abs(around).max()


@given(
    st.integers(1, 20000),
    st.sampled_from([*PAIRS, (44101, 48000), (1000, 192000), (1_536_000, 44100)]),
    st.integers(1, 8192),
)
def test_the_length_is_exact_to_a_frame(frames: int, pair: tuple[int, int], block_frames: int) -> None:
    source_hz, rate_hz = pair
    made = resampled(np.ones(frames), source_hz, rate_hz, block_frames)
    assert len(made) == resampled_frames(frames, source_hz, rate_hz)
    assert abs(len(made) - frames * rate_hz / source_hz) <= 0.5


def test_it_sounds_the_same_in_blocks_of_any_size() -> None:
    sound = np.random.default_rng(3).uniform(-1, 1, 30000)
    whole = resampled(sound, 44100, 48000, 30000)
    for block_frames in (1, 63, 4096):
        assert (
            np.abs(
                resampled(sound[:3000] if block_frames == 1 else sound, 44100, 48000, block_frames)[:2900]
                - whole[:2900]
            ).max()
            < 1e-9
        )


def test_the_same_rate_changes_nothing() -> None:
    sound = np.random.default_rng(3).uniform(-1, 1, 5000)
    assert (resampled(sound, 48000, 48000) == sound).all()
