"""The main limiter: nothing passes its ceiling, not even between the samples, and it is not heard to work."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from studiod.engine import PeakLimiter
from tests.golden.peak_signals import EBU_CASES, LOUD, Float64Array, ebu, loud
from tests.golden.reference import gain
from tests.golden.true_peak import true_peak, true_peak_dbtp

Samples = NDArray[np.float32]

RATE_HZ = 48_000
LATENCY = 112  # frames at 48 kHz
READING = 48  # of them, before the gain may begin to move
OVER_DB = 0.1  # what a meter may read above the ceiling


def limited(samples: NDArray[np.floating], ceiling_dbtp: float = -1.0, rate_hz: int = RATE_HZ) -> Samples:
    """What comes out of a new limiter, with its delay and everything that is still in it at the end."""
    limiter = PeakLimiter(rate_hz, ceiling_dbtp)
    return limiter.process(followed(samples, limiter.latency))


def followed(samples: NDArray[np.floating], frames: int) -> Samples:
    """`samples` and `frames` of silence."""
    return np.pad(samples, ((0, 0), (0, frames))).astype(np.float32)


def delayed(samples: Samples, frames: int = LATENCY) -> Samples:
    return np.pad(samples, ((0, 0), (frames, 0)))[:, : samples.shape[1]]


def driven(samples: Float64Array, over_db: float, ceiling_dbtp: float) -> Float64Array:
    """`samples` at a level that peaks `over_db` above the ceiling."""
    wave: Float64Array = samples * (gain(ceiling_dbtp + over_db) / true_peak(samples))
    return wave


def noise(seed: int, frames: int, level: float) -> Samples:
    return (level * np.random.default_rng(seed).uniform(-1.0, 1.0, (2, frames))).astype(np.float32)


# -- the ceiling -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("case", EBU_CASES)
def test_the_ebu_signals_stay_under_the_ceiling_and_reach_it(case: int, rate_hz: int) -> None:
    for over_db in (6.0, 12.0, 20.0):
        out = limited(driven(ebu(case, rate_hz), over_db, -1.0), rate_hz=rate_hz)
        assert -0.2 <= true_peak_dbtp(out) + 1.0 <= OVER_DB


@pytest.mark.parametrize(("rate_part", "crest_deg"), [(1 / 4, 11.25), (1 / 3, 15.0), (2 / 5, 18.0)])
def test_a_crest_between_the_oversampled_points_is_read(rate_part: float, crest_deg: float) -> None:
    """Four points a frame, none nearer than `crest_deg` to a crest: alone they would read up to 0.44 dB too little."""
    frames = np.arange(12_000)
    fade = 0.5 - 0.5 * np.cos(np.pi * np.minimum(1.0, np.minimum(frames, frames[::-1]) / 2000))
    tone = fade * np.sin(2 * np.pi * rate_part * frames + np.radians(90.0 - crest_deg))
    out = limited(driven(np.stack([tone, tone]), 12.0, -1.0))
    assert -0.15 <= true_peak_dbtp(out) + 1.0 <= 0.02


@pytest.mark.parametrize("ceiling_dbtp", [-0.1, -1.0, -9.0])
@pytest.mark.parametrize("name", LOUD)
def test_what_is_loud_in_any_way_stays_under_the_ceiling(name: str, ceiling_dbtp: float) -> None:
    for over_db in (6.0, 20.0):
        out = limited(driven(loud(name, 1, 12_000), over_db, ceiling_dbtp), ceiling_dbtp)
        assert -2.0 <= true_peak_dbtp(out) - ceiling_dbtp <= OVER_DB


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(LOUD)),
    seed=st.integers(0, 2**32 - 1),
    frames=st.integers(400, 6000),
    over_db=st.floats(-1.0, 40.0),
    ceiling_dbtp=st.floats(-24.0, 0.0),
    rate_hz=st.sampled_from([44_100, 48_000, 88_200, 96_000, 192_000]),
)
def test_no_random_signal_passes(
    name: str, seed: int, frames: int, over_db: float, ceiling_dbtp: float, rate_hz: int
) -> None:
    samples = loud(name, seed, frames)
    if samples.any():
        out = limited(driven(samples, over_db, ceiling_dbtp), ceiling_dbtp, rate_hz)
        assert true_peak_dbtp(out) <= ceiling_dbtp + OVER_DB


def test_a_lowered_ceiling_holds_for_what_comes_in_after_its_ramp() -> None:
    limiter = PeakLimiter(RATE_HZ, -1.0)
    tone = np.sin(2 * np.pi * 0.02 * np.arange(9600)) * np.ones((2, 1))
    limiter.process(tone.astype(np.float32))
    limiter.ceiling_dbtp = -12.0
    assert limiter.ceiling_dbtp == -12.0
    out = limiter.process(tone.astype(np.float32))
    assert np.abs(out[:, 480 + LATENCY :]).max() <= gain(-12.0) * 1.001
    steepest = 2 * math.pi * 0.02 * gain(-1.0)
    assert np.abs(np.diff(out)).max() <= steepest + 2 / 480


# -- what it leaves alone ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate_hz", "frames"), [(44_100, 112), (48_000, 112), (88_200, 176), (96_000, 192), (176_400, 304), (192_000, 336)]
)
def test_an_impulse_below_the_ceiling_comes_out_as_it_was_after_the_latency(rate_hz: int, frames: int) -> None:
    impulse = np.zeros((2, 1000), np.float32)
    impulse[:, 5] = [0.5, -0.3]
    limiter = PeakLimiter(rate_hz, -1.0)
    assert limiter.latency == frames
    assert np.array_equal(limiter.process(impulse), delayed(impulse, frames))


def test_what_stays_below_the_ceiling_passes_bit_for_bit() -> None:
    """Also a quarter of a dB below it, where every group is measured, and after the limiter has worked."""
    frames = np.arange(20_000)
    music = np.sin(0.011 * frames) + 0.6 * np.sin(0.31 * frames + 1.0) + 0.2 * np.sin(1.7 * frames)
    samples = driven(np.stack([music, 0.7 * music[::-1]]), -0.25, -1.0).astype(np.float32)
    limiter = PeakLimiter(RATE_HZ, -1.0)
    limiter.process(followed(noise(1, 480, 4.0), 2 * RATE_HZ))
    limiter.gain  # noqa: B018  reading starts it anew
    assert np.array_equal(limiter.process(samples)[:, LATENCY:], samples[:, :-LATENCY])
    assert limiter.gain == 1.0


def test_switched_off_it_only_delays() -> None:
    limiter = PeakLimiter(RATE_HZ, -1.0)
    limiter.is_on = False
    limiter.process(np.zeros((2, 480), np.float32))
    samples = noise(2, 5000, 8.0)
    assert np.array_equal(limiter.process(samples), delayed(samples))
    assert (limiter.is_on, limiter.gain) == (False, 1.0)


def test_it_is_switched_without_a_click() -> None:
    limiter = PeakLimiter(RATE_HZ, -12.0)
    tone = (np.sin(2 * np.pi * 0.02 * np.arange(4800)) * np.ones((2, 1))).astype(np.float32)
    parts = [limiter.process(tone)]
    for is_on in (False, True):
        limiter.is_on = is_on
        parts.append(limiter.process(tone))
    heard = np.concatenate(parts, axis=1)[:, 2000:]
    assert np.abs(heard).max() == pytest.approx(1.0, abs=0.01)
    assert np.abs(np.diff(heard)).max() <= 2 * math.pi * 0.02 + 1 / 480


def test_denormals_pass_as_they_are_and_cost_what_silence_costs() -> None:
    tiny = np.full((2, 48_000), 1e-40, np.float32)
    assert np.array_equal(limited(tiny)[:, LATENCY:], tiny)

    def cost_s(samples: Samples) -> float:
        limiter = PeakLimiter(RATE_HZ, -1.0)
        began = time.perf_counter()
        limiter.process(samples)
        return time.perf_counter() - began

    silence = np.zeros_like(tiny)
    assert min(cost_s(tiny) for _ in range(9)) < 5 * min(cost_s(silence) for _ in range(9))


# -- the gain ----------------------------------------------------------------------------------------------------------


def gain_curve(left: NDArray[np.floating], ceiling_dbtp: float = -1.0) -> NDArray[np.float64]:
    """The gain, frame by frame, as a constant on the right shows it, far below any ceiling."""
    level = 2.0**-20
    samples = np.stack([left, np.full_like(left, level)])
    return limited(samples, ceiling_dbtp)[1, LATENCY:].astype(np.float64) / level


def test_both_channels_get_the_same_gain() -> None:
    samples = noise(3, 20_000, 1.0) * np.array([[6.0], [0.1]], np.float32)
    out = limited(samples)[:, LATENCY:]
    is_sure = np.abs(samples).min(axis=0) > 1e-3
    ratios = out[:, is_sure].astype(np.float64) / samples[:, is_sure]
    assert ratios.max() < 0.5
    assert ratios[0] == pytest.approx(ratios[1], rel=3e-7)


def test_the_gain_falls_before_the_peak_and_no_steeper_than_the_look_ahead_allows() -> None:
    """The smoothing window is a raised cosine: twice the steepness of a straight line over the same time."""
    left = np.zeros(24_000)
    left[[5000, 5700, 9000, 9020, 9044]] = [10.0, -4.0, 3.0, 8.0, 30.0]
    curve = gain_curve(left)
    steps = np.diff(curve)
    assert curve[:4850].min() == 1.0
    assert curve[5000] <= gain(-1.0) / 10.0
    assert -steps.min() <= 2.0 * (1.0 - curve.min()) / (LATENCY - READING) + 1e-6
    assert steps.max() <= 1.0 / (0.080 * RATE_HZ) * 1.02


def test_it_holds_for_ten_milliseconds_and_then_comes_back_in_eighty() -> None:
    left = np.zeros(3 * RATE_HZ)
    left[1000] = 10.0
    curve = gain_curve(left)
    lowest = curve.min()
    assert curve[1000 : 1000 + 480].max() <= lowest * (1 + 1e-6)
    back = np.flatnonzero(curve[1000:] >= 1.0 - (1.0 - lowest) * math.exp(-1))[0]
    assert back / RATE_HZ == pytest.approx(0.010 + 0.080, abs=0.004)
    assert (curve[-RATE_HZ // 2 :] == 1.0).all()


def test_the_meter_reads_the_smallest_gain_since_it_was_last_read() -> None:
    left = np.zeros(4800)
    left[1000] = 10.0
    limiter = PeakLimiter(RATE_HZ, -1.0)
    limiter.process(np.stack([left, left]).astype(np.float32))
    lowest = limiter.gain
    assert lowest == pytest.approx(gain_curve(left).min(), rel=1e-6)
    assert lowest < limiter.gain < 1.0


# -- sameness and faults -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", [1, 63, 64, 65, 480, 1024])
def test_the_output_does_not_depend_on_the_block_size(block: int) -> None:
    quiet_and_loud = np.repeat(np.tile([0.01, 0.3, 3.0, 0.0], 5), 500)
    samples = noise(4, 10_000, 1.0) * quiet_and_loud.astype(np.float32)
    cut = PeakLimiter(RATE_HZ, -1.0)
    parts = [cut.process(samples[:, at : at + block]) for at in range(0, samples.shape[1], block)]
    assert np.array_equal(np.concatenate(parts, axis=1), PeakLimiter(RATE_HZ, -1.0).process(samples))


def test_moves_land_on_their_frame_whatever_the_block_size() -> None:
    samples = noise(5, 6000, 2.0)

    def moved(block: int) -> Samples:
        limiter = PeakLimiter(RATE_HZ, -1.0)
        parts = []
        for start, stop, ceiling_dbtp, is_on in (
            (0, 1003, -1.0, True),
            (1003, 3010, -9.0, True),
            (3010, 6000, -9.0, False),
        ):
            limiter.ceiling_dbtp, limiter.is_on = ceiling_dbtp, is_on
            parts += [limiter.process(samples[:, at : min(at + block, stop)]) for at in range(start, stop, block)]
        return np.concatenate(parts, axis=1)

    assert np.array_equal(moved(7), moved(6000))


@pytest.mark.parametrize("quiet_groups", range(1, 9))
def test_what_is_skipped_because_it_is_quiet_changes_nothing(quiet_groups: int) -> None:
    """Two pasts that are out of reach: after silence the filters stood still, after sound below the ceiling not."""
    reach = 64  # frames
    for click in range(16):
        behind = noise(6, reach + 16 * quiet_groups + 2000, 0.1)
        behind[:, reach + 16 * quiet_groups + click] = 1000.0  # seen by the outermost tap
        pasts = np.zeros((2, 1600), np.float32), noise(8, 1600, 0.3)
        still, awake = (limited(np.concatenate([past, behind], axis=1)) for past in pasts)
        heard_from = 1600 + LATENCY
        assert np.array_equal(still[:, heard_from:], awake[:, heard_from:])


@pytest.mark.parametrize("fault", [math.nan, math.inf, -math.inf, 2.0**20, -3e38])
def test_what_is_no_sample_becomes_silence_and_is_counted(fault: float) -> None:
    samples = noise(9, 4000, 2.0)
    mended = samples.copy()
    samples[0, [700, 701]] = samples[1, 1500] = fault
    mended[0, [700, 701]] = mended[1, 1500] = 0.0
    limiter = PeakLimiter(RATE_HZ, -1.0)
    assert np.array_equal(limiter.process(samples), limited(mended)[:, :4000])
    assert limiter.bad_samples == 3


def test_it_comes_back_from_the_largest_sample_there_is() -> None:
    samples = np.zeros((2, 2 * RATE_HZ), np.float32)
    samples[0, 100] = np.nextafter(np.float32(2.0**20), np.float32(0.0))
    samples[:, -500:] = noise(10, 500, 0.2)
    out = limited(samples)
    assert np.isfinite(out).all()
    assert np.abs(out).max() <= gain(-1.0)
    assert np.array_equal(out[:, -500:], samples[:, -500:])


@pytest.mark.parametrize(
    ("rate_hz", "ceiling_dbtp", "complaint"),
    [
        (7999, -1.0, "rate 7999 Hz; allowed 8000..192000"),
        (math.nan, -1.0, "rate nan Hz"),
        (48_000, 0.1, "ceiling 0.1 dBTP; allowed -60..0"),
        (48_000, math.nan, "ceiling nan dBTP"),
    ],
)
def test_what_it_cannot_be_is_refused(rate_hz: float, ceiling_dbtp: float, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        PeakLimiter(rate_hz, ceiling_dbtp)


@pytest.mark.parametrize("shape", [(2,), (1, 5), (3, 5), (5, 2)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="wanted float32"):
        PeakLimiter(RATE_HZ, -1.0).process(np.zeros(shape, np.float32))


def test_other_types_are_refused() -> None:
    with pytest.raises(ValueError, match="float64"):
        PeakLimiter(RATE_HZ, -1.0).process(np.zeros((2, 5)))  # type: ignore[arg-type]


def test_what_is_given_is_not_changed() -> None:
    samples = noise(11, 1000, 4.0)
    before = samples.copy()
    PeakLimiter(RATE_HZ, -1.0).process(samples)
    assert np.array_equal(samples, before)


def test_no_frames_give_no_frames() -> None:
    assert PeakLimiter(RATE_HZ, -1.0).process(np.zeros((2, 0), np.float32)).shape == (2, 0)
