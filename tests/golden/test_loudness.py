"""The loudness meter against EBU Tech 3341 and 3342, and against BS.1770 in float64."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from studiod.engine import LoudnessMeter
from studiod.model.loudness import LoudnessReading
from tests.golden.loudness_vectors import (
    CASES,
    WEIGHTS,
    Float32Array,
    integrated,
    k_weighted_squares,
    loudness_range,
    render,
    tone,
    true_peak,
    weights,
)

# ITU-R BS.1770-5, tables 1 and 2: b0 b1 b2 a1 a2 at 48 kHz
TABLE = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585),
    (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621),
)
RATE_HZ = 48_000
SIMPLE = {
    "M": "momentary",
    "S": "short_term",
    "I": "integrated",
    "LRA": "lra",
    "max_M": "max_momentary",
    "max_S": "max_short_term",
    "max_TP": "true_peak",
}
FOLLOWED: Mapping[str, tuple[Callable[[LoudnessReading], float], float]] = {
    "S_constant_after_3s": (lambda reading: reading.short_term, 3.0),
    "M_constant_after_1s": (lambda reading: reading.momentary, 1.0),
    "max_S_successive": (lambda reading: reading.short_term, 0.0),
    "max_M_successive": (lambda reading: reading.momentary, 0.0),
}


def measured(samples: Float32Array, rate_hz: int = RATE_HZ, given: list[float] | None = None) -> LoudnessReading:
    meter = LoudnessMeter(rate_hz, given or [1.0] * len(samples))
    meter.feed(samples)
    meter.finish()
    return meter.reading()


def followed(samples: Float32Array, rate_hz: int, look: Callable[[LoudnessReading], float]) -> list[float]:
    """What `look` sees every 10 ms."""
    meter = LoudnessMeter(rate_hz, [1.0] * len(samples))
    hop, seen = rate_hz // 100, []
    for start in range(0, samples.shape[1] - hop + 1, hop):
        meter.feed(np.ascontiguousarray(samples[:, start : start + hop]))
        seen.append(look(meter.reading()))
    return seen


def within(found: float, wanted: Mapping[str, Any], value: float) -> bool:
    return bool(value - wanted["minus"] <= found <= value + wanted["plus"])


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_signal_of_the_ebu_reads_as_it_must(case: Mapping[str, Any], rate_hz: int) -> None:
    samples = render(case, rate_hz)
    for what, wanted in case["expect"].items():
        if what in SIMPLE:
            found = getattr(measured(samples, rate_hz, weights(case)), SIMPLE[what])
            assert within(found, wanted, wanted["value"]), f"{what} is {found}"
            continue
        look, from_s = FOLLOWED[what]
        seen = followed(samples, rate_hz, look)
        if "value" in wanted:
            settled = seen[round(from_s * 100) - 1 :]
            assert len(settled) > 100
            assert all(within(found, wanted, wanted["value"]) for found in (min(settled), max(settled)))
        else:
            hops = round(wanted["window_s"] * 100)
            most = [max(seen[start : start + hops]) for start in range(0, len(wanted["values"]) * hops, hops)]
            pairs = zip(most, wanted["values"], strict=True)
            assert all(within(found, wanted, value) for found, value in pairs), most


def test_the_weighting_is_that_of_the_table_at_48_khz() -> None:
    assert np.allclose(LoudnessMeter(48_000, [1.0]).coefficients, TABLE, rtol=0.0, atol=1e-12)


def test_a_full_scale_sine_of_997_hz_in_one_front_channel_is_at_minus_3_01() -> None:
    assert measured(tone(RATE_HZ, 2, 0.0, 997.0)[np.newaxis]).integrated == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 176_400, 192_000, 384_000])
def test_it_reads_alike_at_every_rate(rate_hz: int) -> None:
    """Within the 0.05 dB by which the table's convention (a numerator of 1, -2, 1) moves with the rate."""
    reading = measured(np.stack([tone(rate_hz, 4, -23.0)] * 2), rate_hz)
    assert reading.momentary == pytest.approx(-23.0, abs=0.05)
    assert reading.short_term == pytest.approx(-23.0, abs=0.05)


def test_windows_are_as_long_where_10_ms_are_no_whole_number_of_frames() -> None:
    whole, parts = (measured(tone(rate_hz, 4, -20.0)[np.newaxis], rate_hz) for rate_hz in (8_100, 8_099))
    assert parts.momentary == pytest.approx(whole.momentary, abs=0.005)
    assert parts.short_term == pytest.approx(whole.short_term, abs=0.005)


# -- faults that the EBU's signals do not find; each is made, and found ------------------------------------------------


def pattern(*parts: tuple[float, float]) -> Float32Array:
    """(seconds, level in dBFS) after each other, one channel."""
    return np.concatenate([tone(RATE_HZ, seconds, level_db) for seconds, level_db in parts])


@pytest.mark.parametrize(
    ("samples", "fault"),
    [
        (pattern((8, -20), (8, -31.5)), {"relative_gate_lu": -8.0}),
        (pattern((4, -20), (8, -35), (24, -math.inf)), {"absolute_gate_lufs": -math.inf}),
        (pattern(*[(0.2, -math.inf), (0.4, -20), (0.6, -math.inf)] * 15), {"step_s": 0.4}),
    ],
    ids=["a relative gate of -8 LU", "no absolute gate", "no overlap"],
)
def test_the_gates_and_the_overlap_are_those_of_the_recommendation(samples: Float32Array, fault: Any) -> None:  # noqa: ANN401
    squares = k_weighted_squares(samples, TABLE)
    right, wrong = integrated(squares, RATE_HZ), integrated(squares, RATE_HZ, **fault)
    assert abs(wrong - right) > 0.5  # a meter with this fault would be found
    assert measured(samples[np.newaxis]).integrated == pytest.approx(right, abs=0.02)


def test_noise_reads_as_in_float64() -> None:
    rng = np.random.default_rng(1770)
    level = np.repeat(10 ** rng.uniform(-2.5, -0.5, 16), RATE_HZ)
    level[-RATE_HZ * 3 // 2 :] = 0.0  # as much as Tech 3342 appends: what is measured ends before it
    rows = (rng.standard_normal((5, len(level))) * level).astype(np.float32)
    given = list(WEIGHTS.values())
    squares = sum(weight * k_weighted_squares(row, TABLE) for row, weight in zip(rows, given, strict=True))
    right = integrated(np.asarray(squares)[: -RATE_HZ * 3 // 2], RATE_HZ)
    reading = measured(np.ascontiguousarray(rows[:, : -RATE_HZ * 3 // 2]), RATE_HZ, given)
    assert reading.integrated == pytest.approx(right, abs=0.02)
    assert reading.lra == pytest.approx(loudness_range(np.asarray(squares), RATE_HZ), abs=0.04)


# -- true peak ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cycles", "filter_db"), [(0.01, 0.01), (0.1, 0.01), (0.19, 0.01), (0.25, 0.01), (0.31, 0.02), (0.38, 0.25)]
)
def test_the_true_peak_of_a_sine_is_its_amplitude(cycles: float, filter_db: float) -> None:
    """Under it by no more than what lies between two looks, 20 lg cos(pi f / 4), and the filter's own part."""
    under_db = filter_db - 20 * math.log10(math.cos(math.pi * cycles / 4))
    frames = np.arange(4000)
    fade = np.hanning(len(frames))
    for phase in np.linspace(0.0, math.pi, 7):
        row = (np.sin(2 * math.pi * cycles * frames + phase) * fade).astype(np.float32)
        over_db = measured(row[np.newaxis]).true_peak - 20 * math.log10(true_peak(row))
        assert -under_db <= over_db <= 0.1


def test_the_true_peak_of_noise_is_near_that_of_a_long_interpolation() -> None:
    rng = np.random.default_rng(4)
    rows = np.clip(rng.standard_normal((2, 20_000)), -1.0, 1.0).astype(np.float32)
    low_pass = np.sinc(np.arange(-100, 101) * 0.76) * np.kaiser(201, 9.0) * 0.76  # to 0.38 of the rate
    rows = np.stack([np.convolve(row, low_pass, "same") for row in rows]).astype(np.float32)
    assert measured(rows).true_peak == pytest.approx(20 * math.log10(max(map(true_peak, rows))), abs=0.3)


def test_a_file_that_ends_loud_has_its_last_true_peak() -> None:
    row = tone(RATE_HZ, 0.01, 0.0, RATE_HZ / 4)
    row = (row + np.roll(row, 1)) / np.sqrt(2.0).astype(np.float32)  # 45 degrees: the samples lie beside the peaks
    ending = np.concatenate([np.zeros(1000, np.float32), row[:3]])
    meter = LoudnessMeter(RATE_HZ, [1.0])
    meter.feed(ending[np.newaxis])
    meter.finish()
    assert meter.reading().true_peak == pytest.approx(20 * math.log10(true_peak(ending)), abs=0.3)
    assert meter.reading().true_peak > meter.reading().sample_peak + 0.5


# -- how it is used ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [8_000, 11_025])
def test_what_is_read_does_not_depend_on_how_it_was_fed(rate_hz: int) -> None:
    rng = np.random.default_rng(3)
    samples = (rng.standard_normal((3, 5 * rate_hz)) * np.linspace(0.5, 0.01, 5 * rate_hz)).astype(np.float32)
    samples[1, 20_000:20_010] = np.inf
    readings = set()
    for frames in (1, 63, 64, 1024, samples.shape[1]):
        meter = LoudnessMeter(rate_hz, [1.0, 0.0, 1.41])
        for start in range(0, samples.shape[1], frames):
            meter.feed(np.ascontiguousarray(samples[:, start : start + frames]))
        before = meter.reading()
        meter.finish()
        readings.add((before, meter.reading(), meter.bad_samples))
    ((before, _, bad_samples),) = readings
    assert before.lra > 0.1
    assert bad_samples == 10


@pytest.mark.parametrize("fault", [math.nan, math.inf, -math.inf, 3e38])
def test_what_is_no_sample_is_silence_and_leaves_nothing_behind(fault: float) -> None:
    samples = np.stack([tone(RATE_HZ, 5, -20.0)] * 2)
    samples[0, 10_000] = samples[1, 10_001] = fault
    meter = LoudnessMeter(RATE_HZ, [1.0, 1.0])
    meter.feed(samples)
    reading = meter.reading()
    assert meter.bad_samples == 2
    assert reading.short_term == pytest.approx(-20.0, abs=0.02)
    assert reading.integrated == pytest.approx(-20.0, abs=0.02)
    assert -20.1 < reading.true_peak < -19.0


def test_reset_forgets_everything() -> None:
    rng = np.random.default_rng(5)
    first, second = (rng.standard_normal((2, 4 * 8000)).astype(np.float32) * level for level in (1.0, 0.01))
    used, fresh = LoudnessMeter(8000, [1.0, 1.0]), LoudnessMeter(8000, [1.0, 1.0])
    used.feed(np.ascontiguousarray(first[:, :30_011]))
    used.finish()
    used.reset()
    assert used.reading() == fresh.reading()
    used.feed(second)
    fresh.feed(second)
    assert used.reading() == fresh.reading()


def test_silence_is_minus_infinity_without_a_range() -> None:
    reading = measured(np.zeros((2, 5 * 8000), np.float32), 8000)
    assert reading._replace(lra=-math.inf) == (-math.inf,) * len(reading)
    assert reading.lra == 0.0


def test_what_fades_into_silence_becomes_silence() -> None:
    """Soon, too: not when the filters have fallen through all the numbers a double has, the last ones slow."""
    samples = np.concatenate([tone(8000, 1, 0.0), np.zeros(4 * 8000, np.float32)])
    meter = LoudnessMeter(8000, [1.0])
    meter.feed(samples[np.newaxis])
    assert meter.reading().short_term == -math.inf


def test_the_end_of_a_file_counts_towards_the_range_only() -> None:
    meter = LoudnessMeter(8000, [1.0])
    meter.feed(np.concatenate([tone(8000, 6, -20.0), tone(8000, 1, -40.0)])[np.newaxis])
    before = meter.reading()
    meter.finish()
    after = meter.reading()
    assert after.lra > before.lra + 1.0
    assert after._replace(lra=0.0, true_peak=0.0) == before._replace(lra=0.0, true_peak=0.0)
    assert after.true_peak >= before.true_peak
    meter.finish()
    assert meter.reading() == after


def test_levels_outside_the_histogram_keep_their_loudness() -> None:
    loud = measured(tone(8000, 4, 60.0)[np.newaxis], 8000)
    assert loud.integrated == pytest.approx(57.0, abs=0.1)
    assert loud.lra == pytest.approx(0.0, abs=0.1)
    assert measured(tone(8000, 4, -70.0)[np.newaxis], 8000).integrated == -math.inf


def test_what_cannot_be_measured_is_refused_with_what_is_allowed() -> None:
    for rate_hz in (7999, 384_001):
        with pytest.raises(ValueError, match=r"allowed 8000\.\.384000"):
            LoudnessMeter(rate_hz, [1.0])
    for wrong in ([], [1.0] * 1025):
        with pytest.raises(ValueError, match=r"allowed 1\.\.1024"):
            LoudnessMeter(RATE_HZ, wrong)
    with pytest.raises(ValueError, match="0 or more"):
        LoudnessMeter(RATE_HZ, [math.nan])
    meter = LoudnessMeter(RATE_HZ, [1.0, 1.0])
    with pytest.raises(ValueError, match="hears 2"):
        meter.feed(np.zeros((3, 10), np.float32))
    meter.finish()
    with pytest.raises(ValueError, match="reset it first"):
        meter.feed(np.zeros((2, 10), np.float32))
