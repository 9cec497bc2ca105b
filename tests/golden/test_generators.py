"""The oscillator against what it promises: purity, pitch, spectra, levels, and no step when it changes."""

import math
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from studiod.engine import Oscillator
from tests.golden.reference import Float64Array, level_db

RATES_HZ = [44_100, 48_000, 96_000, 192_000]
RATE_HZ = 48_000
FADE = RATE_HZ // 100
NOISE_RMS = 0.1 * math.sqrt(0.5)
SWEEP_S = 10
CHUNK = 1_000_000
WHITE_SEED, PINK_SEED = 1, (1 << 63) + 1
# When what is set: fades cut short, a kind that comes back before it was gone, glides cut short.
MOVES: list[tuple[int, str, float]] = [
    (0, "sine", 1000.0),
    (777, "sine", 3000.0),
    (900, "sine", 50.0),
    (2000, "pink", 50.0),
    (2100, "white", 50.0),
    (2200, "sine", 60.0),
    (2290, "sweep", 70.0),
    (4000, "sweep", 800.0),
    (5000, "sine", 800.0),
]


def made(rate_hz: int, kind: str, frames: int, frequency_hz: float = 1000.0) -> Float64Array:
    oscillator = Oscillator(rate_hz)
    oscillator.set(kind, frequency_hz)
    return oscillator.run(frames).astype(np.float64)


def residual_db(samples: Float64Array, turns: Float64Array) -> tuple[float, float]:
    """What is left of `samples` without its best sine, in dB of that sine; and that sine's lead in turns."""
    basis = np.stack([np.sin(2 * np.pi * turns), np.cos(2 * np.pi * turns)])
    sine, cosine = np.linalg.solve(basis @ basis.T, basis @ samples)
    left = samples - sine * basis[0] - cosine * basis[1]
    power = float(np.mean(left**2)) / ((sine**2 + cosine**2) / 2)
    return 10 * math.log10(power), math.atan2(cosine, sine) / (2 * math.pi)


def turns_at(first: int, frames: int, frequency_hz: int, rate_hz: int) -> Float64Array:
    """Exact phase of a whole number of hertz, by whole-number arithmetic."""
    return np.asarray((np.arange(first, first + frames) * frequency_hz) % rate_hz / rate_hz, np.float64)


def uniform(seed: int, count: int) -> Float64Array:
    """splitmix64 from `seed` on, as numbers in -1..1."""
    with np.errstate(over="ignore"):
        mixed = np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15) * np.arange(1, count + 1, dtype=np.uint64)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.asarray(((mixed.view(np.int64) >> 11) + 0.5) / 2.0**52, np.float64)


def spectra(samples: Float64Array, size: int = 1 << 16) -> NDArray[np.complex128]:
    """Hann-windowed spectra of half-overlapping pieces, shape (pieces, bins)."""
    pieces = np.lib.stride_tricks.sliding_window_view(samples, size)[:: size // 2]
    return np.fft.rfft(pieces * np.hanning(size))


def octaves_db(samples: Float64Array) -> Float64Array:
    """Power in the octaves from 20 Hz to 20.48 kHz, in dB."""
    power = np.mean(np.abs(spectra(samples)) ** 2, axis=0)
    hz = np.fft.rfftfreq(1 << 16, 1 / RATE_HZ)
    edges = 20.0 * 2.0 ** np.arange(11)
    return np.array([10 * math.log10(float(power[(hz >= low) & (hz < high)].sum())) for low, high in pairwise(edges)])


def moved(blocks: int) -> NDArray[np.float32]:
    """A render of MOVES in blocks of that many frames, shorter only where something is set."""
    oscillator = Oscillator(RATE_HZ)
    heard = []
    ends = [at for at, _, _ in MOVES[1:]] + [6000]
    for (at, kind, frequency_hz), end in zip(MOVES, ends, strict=True):
        oscillator.set(kind, frequency_hz)
        heard += [oscillator.run(min(blocks, end - frame)) for frame in range(at, end, blocks)]
    return np.concatenate(heard)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("frequency_hz", [20, 997, 10_000])
def test_all_that_is_not_the_sine_lies_140_db_under_it(rate_hz: int, frequency_hz: int) -> None:
    sine = made(rate_hz, "sine", rate_hz, frequency_hz)
    left_db, lead = residual_db(sine, turns_at(0, rate_hz, frequency_hz, rate_hz))
    assert left_db <= -140.0
    assert abs(lead) < 1e-9
    assert math.sqrt(2 * np.mean(sine**2)) == pytest.approx(1.0, abs=1e-6)
    assert np.abs(sine).max() <= 1.0


@pytest.mark.parametrize("frequency_hz", [997, 19_999])
def test_the_pitch_is_exact_after_ten_minutes(frequency_hz: int) -> None:
    oscillator = Oscillator(RATE_HZ)
    oscillator.set("sine", frequency_hz)
    last = 600 * RATE_HZ
    for start in range(0, last, CHUNK):
        oscillator.run(min(CHUNK, last - start))
    _, lead = residual_db(oscillator.run(RATE_HZ).astype(np.float64), turns_at(last, RATE_HZ, frequency_hz, RATE_HZ))
    assert abs(lead) < 4e-9  # turns: what rounding can add up to when it always errs to one side


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_pink_falls_3_db_an_octave_at_every_rate(rate_hz: int) -> None:
    """Its filter is measured: the cross-spectrum with the noise that drives it takes the chance out of the answer."""
    frames = 1 << 20
    drive, pink = spectra(uniform(PINK_SEED, frames)), spectra(made(rate_hz, "pink", frames))
    response = np.abs(np.mean(pink * drive.conj(), axis=0) / np.mean(np.abs(drive) ** 2, axis=0))
    hz = np.fft.rfftfreq(1 << 16, 1 / rate_hz)
    heard = (hz >= 20.0) & (hz <= 20_000.0)
    error_db = 20 * np.log10(response[heard]) + 10 * np.log10(hz[heard])
    assert np.abs(error_db - np.median(error_db)).max() <= 0.5


def test_pink_has_the_same_power_in_every_octave() -> None:
    power_db = octaves_db(made(RATE_HZ, "pink", 60 * RATE_HZ))
    assert np.abs(power_db - power_db.mean()).max() <= 0.5


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_pink_has_the_level_of_white_at_every_rate(rate_hz: int) -> None:
    pink = made(rate_hz, "pink", 30 * rate_hz)
    assert level_db(np.sqrt(np.mean(pink**2)) / NOISE_RMS) == pytest.approx(0.0, abs=0.2)
    assert 10.0 <= level_db(np.abs(pink).max() / NOISE_RMS) <= 15.0


def test_white_is_flat() -> None:
    power_db = octaves_db(made(RATE_HZ, "white", 60 * RATE_HZ))
    per_hertz_db = power_db - 10 * np.log10(2.0 ** np.arange(10))
    assert np.abs(per_hertz_db - per_hertz_db[-1]).max() <= 0.3


def test_white_has_its_level_no_offset_and_the_crest_of_uniform_noise() -> None:
    white = made(RATE_HZ, "white", 2_000_000)
    assert level_db(np.sqrt(np.mean(white**2)) / NOISE_RMS) == pytest.approx(0.0, abs=0.01)
    assert abs(white.mean()) < 3 * NOISE_RMS / math.sqrt(2_000_000)
    assert level_db(np.abs(white).max() / NOISE_RMS) == pytest.approx(10 * math.log10(3.0), abs=0.001)


def test_white_is_the_generator_it_is_said_to_be() -> None:
    expected = (NOISE_RMS * math.sqrt(3.0) * uniform(WHITE_SEED, 10_000)).astype(np.float32)
    np.testing.assert_allclose(made(RATE_HZ, "white", 10_000), expected, rtol=2e-7)


@pytest.mark.parametrize(("rate_hz", "high_hz"), [(32_000, 15_360.0), (44_100, 20_000.0), (192_000, 20_000.0)])
def test_the_sweep_has_its_frequency_at_every_time(rate_hz: int, high_hz: float) -> None:
    sweep = made(rate_hz, "sweep", SWEEP_S * rate_hz)
    for second in (1.0, 2.5, 5.0, 7.5, 9.9):
        window = 0.05 if second > 2.0 else 0.25
        start, end = int((second - window) * rate_hz), int((second + window) * rate_hz)
        piece = sweep[start:end]
        rising = np.flatnonzero((piece[:-1] < 0) & (piece[1:] >= 0))
        crossing = (start + rising - piece[rising] / (piece[rising + 1] - piece[rising])) / rate_hz
        turns = len(crossing) - 1
        # turns between two times, by the integral of the law
        octave = math.log(high_hz / 20.0) / SWEEP_S
        expected = 20.0 / octave * (math.exp(octave * crossing[-1]) - math.exp(octave * crossing[0]))
        assert turns == pytest.approx(expected, rel=1e-3)


def test_a_sweep_is_one_unbroken_sine() -> None:
    frames = SWEEP_S * RATE_HZ
    multiplier = 1000.0 ** (1 / frames)
    turns = 20.0 / RATE_HZ * (multiplier ** np.arange(frames) - 1) / (multiplier - 1)
    whole = slice(FADE, frames - FADE)
    np.testing.assert_allclose(
        made(RATE_HZ, "sweep", frames)[whole], np.sin(2 * np.pi * (turns % 1.0))[whole], atol=1e-6
    )


def test_a_sweep_ends_softly_and_begins_again_after_ten_seconds() -> None:
    frames = SWEEP_S * RATE_HZ
    sweep = made(RATE_HZ, "sweep", 2 * frames)
    np.testing.assert_array_equal(sweep[:frames], sweep[frames:])
    assert np.abs(sweep[frames - 24 : frames + 24]).max() < 0.01
    assert np.abs(sweep[frames - FADE - 48 : frames - FADE]).max() > 0.99


def steepest(samples: NDArray[np.floating]) -> float:
    return float(np.abs(np.diff(samples)).max())


def above_db(samples: Float64Array, hz: float) -> float:
    """The highest line above `hz`, in dB of the highest of all; four-term Blackman-Harris window."""
    turn = 2 * np.pi * np.arange(len(samples)) / len(samples)
    window = 0.35875 - 0.48829 * np.cos(turn) + 0.14128 * np.cos(2 * turn) - 0.01168 * np.cos(3 * turn)
    lines = np.abs(np.fft.rfft(samples * window))
    return level_db(lines[np.fft.rfftfreq(len(samples), 1 / RATE_HZ) >= hz].max() / lines.max())


@pytest.mark.parametrize(("kind", "other"), [("sine", "sweep"), ("sweep", "sine")])
@pytest.mark.parametrize("crest", range(0, 48, 6))
def test_a_change_of_kind_makes_no_step(kind: str, other: str, crest: int) -> None:
    oscillator = Oscillator(RATE_HZ)
    oscillator.set(kind, 1000.0)
    before = oscillator.run(2400 + crest)
    oscillator.set(other, 1000.0)
    heard = np.concatenate([before, oscillator.run(2400)]).astype(np.float64)
    assert steepest(heard) <= 2 * math.pi * 1000 / RATE_HZ + 2 * 1.5 / FADE  # both walk, at most 1.5 / FADE a frame
    assert above_db(heard, 5000.0) < -90.0
    settled = np.concatenate([heard[: 2400 + crest], heard[2400 + crest + FADE :]])
    assert np.abs(settled).max() <= 1.0


@pytest.mark.parametrize("noise", ["pink", "white"])
def test_noise_fades_into_a_sine_and_nothing_of_it_stays(noise: str) -> None:
    oscillator = Oscillator(RATE_HZ)
    oscillator.set(noise, 1000.0)
    before = oscillator.run(4800)
    oscillator.set("sine", 1000.0)
    after = oscillator.run(4800)
    assert abs(float(after[0] - before[-1])) <= steepest(before) + 2 * math.pi * 1000 / RATE_HZ
    np.testing.assert_array_equal(after[FADE:], made(RATE_HZ, "sine", 4800)[FADE:])
    assert np.abs(after[: FADE // 2] - made(RATE_HZ, "sine", FADE // 2)).max() > 0.01


def test_a_new_frequency_is_reached_in_10_ms_without_a_step() -> None:
    oscillator = Oscillator(RATE_HZ)
    before = oscillator.run(2400 + 12)
    oscillator.set("sine", 2000.0)
    after = oscillator.run(2400)
    heard = np.concatenate([before, after]).astype(np.float64)
    assert steepest(heard) <= 2 * math.pi * 2000 / RATE_HZ
    assert above_db(heard, 10_000.0) < -90.0
    assert residual_db(after[FADE:].astype(np.float64), turns_at(0, 2400 - FADE, 2000, RATE_HZ))[0] <= -140.0
    assert residual_db(after[:FADE].astype(np.float64), turns_at(0, FADE, 2000, RATE_HZ))[0] > -40.0


@pytest.mark.parametrize("blocks", [1, 63, 64, 65, 300, 480, 1024])
def test_blocks_of_any_size_give_the_same_bits_through_every_change(blocks: int) -> None:
    assert moved(blocks).tobytes() == moved(6000).tobytes()


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_frequency_above_nyquist_is_held_under_it(rate_hz: int) -> None:
    held, at_top = made(rate_hz, "sine", 4800, 500_000.0), made(rate_hz, "sine", 4800, 0.48 * rate_hz)
    np.testing.assert_array_equal(held, at_top)
    assert np.abs(np.fft.rfft(held * np.hanning(4800))).argmax() == round(0.48 * 4800)


@pytest.mark.parametrize(
    ("kind", "frequency_hz", "message"),
    [
        ("square", 1000.0, "allowed sine, pink, white, sweep"),
        ("sine", math.nan, "allowed 1..23040"),
        ("sine", math.inf, "allowed 1..23040"),
        ("sine", 0.0, "allowed 1..23040"),
        ("sine", -5.0, "allowed 1..23040"),
    ],
)
def test_what_is_no_sound_is_refused_and_changes_nothing(kind: str, frequency_hz: float, message: str) -> None:
    oscillator = Oscillator(RATE_HZ)
    with pytest.raises(ValueError, match=message):
        oscillator.set(kind, frequency_hz)
    np.testing.assert_array_equal(oscillator.run(480), made(RATE_HZ, "sine", 480))


@pytest.mark.parametrize("rate_hz", [7999, 192_001])
def test_a_rate_it_is_not_made_for_is_refused(rate_hz: int) -> None:
    with pytest.raises(ValueError, match=r"allowed 8000\.\.192000"):
        Oscillator(rate_hz)
