"""Every filter of the desk against the golden sets, and against the same filter in float64.

"Signal" is the louder of what goes into a filter and what comes out: beside a tone in the bottom of its notch nothing
is exact, the rounding of the input to float32 included.
"""

import math
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from studiod.engine import ISAS
from tests.fakes.desk_rig import Rig
from tests.golden.filters import Set, engine_section, filtered, golden_sets, section
from tests.golden.reference import RATE_HZ, Float64Array, butterworth_magnitude_db, first_order_high_pass, gain
from tests.golden.stand import BEST_ISA, OUTPUTS, Settings, each_alone, in_step, put

RATES_HZ = (44_100, 48_000, 96_000)
TYPES = {"highpass": 0, "lowshelf": 1, "peaking": 2, "highshelf": 3, "lowpass": 4, "notch": 5}
"""The golden file's names for studiod.model.console.chain.EQ_TYPES; allpass is none of the desk's."""
KEY_FILTERS = {"highpass": 1.0, "lowpass": 2.0, "bandpass_0db": 3.0}
BANDS = [one for one in golden_sets() if one.kind in TYPES]
KEYS = [one for one in golden_sets() if one.kind in KEY_FILTERS and one.fs == RATE_HZ]
MAGNITUDE_DB = 0.01
ERROR_DB = -120.0
NOTHING_DB = -120.0
LEVEL = 0.1  # a bell of +9 dB and Q 4 at the corner stays under full scale
SIGNALS = ("997 Hz", "noise", "corner")
SLOPES = {2: 0.0, 3: 1.0, 4: 2.0}
"""/strip/n/hpf/slope of each order."""
DAMPING = {2: (math.sqrt(2.0),), 3: (1.0,), 4: (1.8477590650225735, 0.7653668647301796)}
"""k = 1/Q of the second-order sections of each Butterworth order."""


def band(one: Set, number: int = 1) -> Settings:
    """Band `number` of an equaliser as the golden set says."""
    return {
        "/eq/on": 1.0,
        f"/eq/{number}/type": float(TYPES[one.kind]),
        f"/eq/{number}/freq": one.f0,
        f"/eq/{number}/gain": one.gain_db,
        f"/eq/{number}/q": one.q,
    }


def at_rate(rate_hz: int) -> list[Set]:
    return [one for one in BANDS if one.fs == rate_hz]


def rms(samples: Float64Array) -> Float64Array:
    return np.asarray(np.sqrt(np.mean(samples * samples, axis=-1)))


def tones(frequencies_hz: list[float], rate_hz: int, frames: int) -> Float64Array:
    angle = 2.0 * np.pi * np.outer(frequencies_hz, np.arange(frames)) / rate_hz
    return np.asarray((LEVEL * np.sin(angle)).astype(np.float32), np.float64)


def noise(seed: int, frames: int) -> Float64Array:
    return np.random.default_rng(seed).uniform(-LEVEL, LEVEL, frames).astype(np.float32).astype(np.float64)


def impulse(frames: int) -> Float64Array:
    samples = np.zeros(frames)
    samples[0] = 1.0
    return samples


@cache
def turning(frequency_hz: float, rate_hz: int, frames: int) -> NDArray[np.complex128]:
    return np.asarray(np.exp(-2j * np.pi * frequency_hz / rate_hz * np.arange(frames)))


def off_magnitude(one: Set, response: Float64Array) -> dict[tuple[str, float], float]:
    """Where an impulse response is not what the set says: gain over gain.

    60 dB down a hundredth of a dB is 120 dB under the signal, and counts no more.
    """
    wrong = {}
    for frequency_hz, magnitude_db in one.mag_db:
        heard = abs(response @ turning(frequency_hz, one.fs, len(response)))
        golden = gain(magnitude_db)
        if not golden * gain(-MAGNITUDE_DB) - gain(ERROR_DB) < heard < golden * gain(MAGNITUDE_DB) + gain(ERROR_DB):
            wrong[one.name, frequency_hz] = float(heard / golden)
    return wrong


def error_db(heard: Float64Array, expected: Float64Array, inputs: Float64Array) -> Float64Array:
    return np.asarray(20.0 * np.log10(rms(heard - expected) / np.maximum(rms(inputs), rms(expected))))


@cache
def signal_and_reference(name: str, rate_hz: int) -> tuple[Float64Array, Float64Array]:
    """A third of a second of `name` for each set at `rate_hz`, and what its filter makes of it; both (sets, frames).

    At its corner a filter stands on the flank of its phase: there the rounding of the parameters alone is worth -119 dB
    (a bell at 12 kHz, Q 4, at 44.1 kHz), so that the reference gets the numbers the engine gets.
    """
    sets, frames = at_rate(rate_hz), rate_hz // 3
    rows = {
        "997 Hz": tones([997.0] * len(sets), rate_hz, frames),
        "noise": np.tile(noise(3, frames), (len(sets), 1)),
        "corner": tones([one.f0 for one in sets], rate_hz, frames),
    }[name]
    return rows, filtered([one.rounded if name == "corner" else one.exact for one in sets], rows)


def test_the_golden_file_has_nine_sets_of_each_type_of_the_desk() -> None:
    assert {kind: sum(one.kind == kind for one in BANDS) for kind in TYPES} == dict.fromkeys(TYPES, 9)


@pytest.mark.parametrize("one", BANDS + KEYS[-3:], ids=lambda one: one.name)
def test_the_responses_are_the_cookbooks_and_parameters_in_float32_keep_them(one: Set) -> None:
    for frequency_hz, magnitude_db in one.mag_db:
        exact_db, rounded_db = (a.response_db(frequency_hz, one.fs) for a in (one.exact, one.rounded))
        if magnitude_db > NOTHING_DB:
            assert exact_db == pytest.approx(magnitude_db, abs=1e-6)
            assert rounded_db == pytest.approx(magnitude_db, abs=MAGNITUDE_DB / 10)
        else:  # the bottom of a notch
            assert max(exact_db, rounded_db) < NOTHING_DB


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_band_has_the_magnitude_of_its_golden_set(rate_hz: int, isa: str) -> None:
    sets = at_rate(rate_hz)
    responses = each_alone([band(one) for one in sets], impulse(rate_hz // 2), rate_hz=rate_hz, isa=isa)
    wrong: dict[tuple[str, float], float] = {}
    for one, response in zip(sets, responses, strict=True):
        wrong |= off_magnitude(one, response)
    assert wrong == {}


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("name", SIGNALS)
def test_a_band_errs_less_than_120_db_under_its_signal(name: str, rate_hz: int, isa: str) -> None:
    sets = at_rate(rate_hz)
    rows, expected = signal_and_reference(name, rate_hz)
    heard = each_alone([band(one) for one in sets], rows, rate_hz=rate_hz, isa=isa)
    errors_db = error_db(heard, expected, rows)
    worst = {one.name: round(float(db), 1) for one, db in zip(sets, errors_db, strict=True) if db > ERROR_DB}
    assert worst == {}


@pytest.mark.parametrize("isa", ISAS)
def test_every_band_of_a_bus_is_its_golden_set(isa: str) -> None:
    sets = at_rate(RATE_HZ)[:16]  # one on each bus
    signal = np.concatenate([impulse(RATE_HZ // 2), noise(9, RATE_HZ // 4)])
    with Rig.make(1, 16, isa=isa, outputs=OUTPUTS) as rig:
        for bus, one in enumerate(sets, 1):
            rig.set(f"/strip/1/send/{bus}/level", 0.0)
            put(rig, band(one, 1 + bus % 6), f"/bus/{bus}")
        heard = in_step(rig, signal[np.newaxis])[2:18]
    wrong: dict[tuple[str, float], float] = {}
    for one, response in zip(sets, heard, strict=True):
        wrong |= off_magnitude(one, response[: RATE_HZ // 2])
    assert wrong == {}
    sounding = signal[RATE_HZ // 2 :]  # the impulse has rung out
    expected = filtered([one.exact for one in sets], sounding)
    assert error_db(heard[:, RATE_HZ // 2 :], expected, np.tile(sounding, (len(sets), 1))).max() < ERROR_DB


@cache
def six_in_a_row() -> tuple[list[Set], Float64Array, Float64Array]:
    """Six bands, a noise (1, frames), and what they make of it."""
    six = [next(one for one in BANDS if one.fs == RATE_HZ and one.kind == kind and one.f0 == f0)
           for kind, f0 in (("highpass", 80), ("lowshelf", 80), ("peaking", 1000), ("notch", 12000),
                            ("highshelf", 1000), ("lowpass", 12000))]  # fmt: skip
    samples = noise(13, RATE_HZ // 4)[np.newaxis]
    expected = samples
    for one in six:
        expected = filtered([one.exact], expected)
    return six, samples, expected


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("place", ["/main", "/bus/1", "/matrix/1", "/mono"])
def test_six_bands_in_a_row_are_the_product_of_each_on_both_sides_of_main(place: str, isa: str) -> None:
    six, samples, expected = six_in_a_row()
    with Rig.make(1, 1, isa=isa, outputs=OUTPUTS, matrices=1) as rig:
        put(rig, {"/strip/1/pan/law": 3.0, "/strip/1/mono/on": 1.0, "/strip/1/send/1/level": 0.0})
        put(rig, {"/main/limiter/on": 0.0, "/main/matrix/1/level": 0.0})
        for number, one in enumerate(six, 1):
            put(rig, band(one, number), place)
        heard = in_step(rig, samples)
    rows = {"/main": [0, 1], "/bus/1": [2], "/matrix/1": [18], "/mono": [24]}[place]
    gains = 2.0 if place == "/matrix/1" else 1.0  # left and right of main meet in a matrix
    for row in rows:
        assert error_db(heard[row : row + 1] / gains, expected, samples)[0] < ERROR_DB + 6.0  # six in a row


@pytest.mark.parametrize(("rate_hz", "held_hz"), [(32_000, 0.49 * 32_000), (44_100, 20_000.0)])
def test_a_band_over_nyquist_is_held_under_it_and_stays_stable(rate_hz: int, held_hz: float) -> None:
    """At 32 kHz 20 kHz is no frequency; at 44.1 kHz it is the last there is before tan() runs away."""
    shapes = [(kind, q) for q in (0.1, 0.707, 18.0) for kind in TYPES]
    settings = [
        {"/eq/on": 1.0, "/eq/1/type": float(TYPES[kind]), "/eq/1/freq": 20_000.0, "/eq/1/gain": 18.0, "/eq/1/q": q}
        for kind, q in shapes
    ]
    sounding = noise(17, rate_hz // 4)
    heard = each_alone(settings, np.concatenate([sounding, np.zeros(rate_hz)]), rate_hz=rate_hz)
    assert np.isfinite(heard).all()
    assert np.abs(heard[:, -1000:]).max() < 1e-9  # it rings out
    expected = filtered([engine_section(kind, held_hz, 18.0, q, rate_hz) for kind, q in shapes], sounding)
    errors_db = error_db(heard[:, : len(sounding)], expected, np.tile(sounding, (len(shapes), 1)))
    # At the edge a float holds less of tan(): of a shelf of 18 dB it is 53 there.
    assert errors_db[: -len(TYPES)].max() < ERROR_DB + 6.0
    assert errors_db.max() < ERROR_DB + 30.0  # Q 18


@pytest.mark.parametrize("one", KEYS, ids=lambda one: one.name)
def test_the_key_filter_is_that_of_its_golden_set(one: Set) -> None:
    """Nobody hears the key: an expander 2:1 with its threshold at 0 dBFS turns down by as much as the filter takes.

    Held for longer than the test, so what counts is the peak; the tone fades in, lest the filter's onset be the peak.
    No tone is a fraction of the rate with few samples a period: its true peak comes by.
    """
    points_hz = [at * 1.00001 + 0.4 for at, db in one.mag_db if -60.0 < db < 0.1]
    frames = RATE_HZ
    fade = np.sin(np.pi / 2.0 * np.minimum(np.arange(frames) / (0.4 * RATE_HZ), 1.0)) ** 2
    tones_in = 0.5 * fade * np.sin(2.0 * np.pi * np.outer(points_hz, np.arange(frames)) / RATE_HZ)
    gate = {
        "/gate/on": 1.0,
        "/gate/mode": 1.0,
        "/gate/threshold": 0.0,
        "/gate/ratio": 2.0,
        "/gate/range": 80.0,
        "/gate/attack": 0.0,
        "/gate/hold": 2000.0,
        "/gate/release": 1.0,
        "/gate/key/filter": KEY_FILTERS[one.kind],
        "/gate/key/freq": one.f0,
        "/gate/key/q": one.q,
    }
    # What is turned down is a constant; each tone is the key of its own strip.
    keyed = [{**gate, "/gate/key": float(len(points_hz) + number)} for number in range(1, len(points_hz) + 1)]
    heard = each_alone([*keyed, *({} for _ in points_hz)], np.vstack([np.full_like(tones_in, 0.25), tones_in]))
    for row, frequency_hz in zip(heard, points_hz, strict=False):
        reduced_db = 20.0 * math.log10(row[-1] / 0.25 / 0.5)
        assert reduced_db == pytest.approx(one.exact.response_db(frequency_hz, RATE_HZ), abs=MAGNITUDE_DB)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("order", SLOPES)
def test_the_high_pass_has_the_butterworth_magnitude_of_its_order(order: int, isa: str) -> None:
    corners_hz = [20.0, 32.0, 80.0, 128.0, 400.0]  # bins of the transform are 0.5 Hz apart: all that is read is one
    frames = 2 * RATE_HZ
    settings = [{"/hpf/on": 1.0, "/hpf": corner, "/hpf/slope": SLOPES[order]} for corner in corners_hz]
    spectrum_db = 20.0 * np.log10(np.abs(np.fft.rfft(each_alone(settings, impulse(frames), isa=isa)))[:, 1:])
    frequency_hz = np.fft.rfftfreq(frames, 1.0 / RATE_HZ)[1:]
    for corner_hz, heard_db in zip(corners_hz, spectrum_db, strict=True):
        expected_db = butterworth_magnitude_db(frequency_hz, corner_hz, order)
        assert np.abs(heard_db - expected_db)[expected_db > -40.0].max() < MAGNITUDE_DB
        at_corner = np.argmin(np.abs(frequency_hz - corner_hz))
        assert heard_db[at_corner] == pytest.approx(-3.0103, abs=MAGNITUDE_DB)
        two, three = (np.argmin(np.abs(frequency_hz - corner_hz / ratio)) for ratio in (4.0, 8.0))
        assert heard_db[two] - heard_db[three] == pytest.approx(6.02 * order, abs=0.1)  # an octave


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("order", SLOPES)
@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_high_pass_errs_less_than_120_db_under_its_signal(rate_hz: int, order: int, isa: str) -> None:
    corners_hz, expected = high_pass_reference(rate_hz, order)
    settings = [{"/hpf/on": 1.0, "/hpf": at, "/hpf/slope": SLOPES[order]} for at in corners_hz]
    samples = noise(5, rate_hz // 3)
    heard = each_alone(settings, samples, rate_hz=rate_hz, isa=isa)
    assert error_db(heard, expected, np.tile(samples, (len(corners_hz), 1))).max() < ERROR_DB


@cache
def high_pass_reference(rate_hz: int, order: int) -> tuple[list[float], Float64Array]:
    corners_hz = [20.0, 80.0, 400.0]
    expected = np.tile(noise(5, rate_hz // 3), (len(corners_hz), 1))
    for k in DAMPING[order]:
        at = [section("highpass", math.tan(math.pi * corner / rate_hz), 1.0, 1.0 / k) for corner in corners_hz]
        expected = filtered(at, expected)
    if order % 2:
        expected = np.array(
            [first_order_high_pass(row, at, rate_hz) for row, at in zip(expected, corners_hz, strict=True)]
        )
    return corners_hz, expected


def test_four_bands_and_a_high_pass_in_a_row_are_the_product_of_each() -> None:
    bands = [next(one for one in BANDS if one.fs == RATE_HZ and one.kind == kind and one.f0 == f0)
             for kind, f0 in (("lowshelf", 80), ("peaking", 1000), ("notch", 12000), ("highshelf", 1000))]  # fmt: skip
    together: dict[str, float] = {"/hpf/on": 1.0, "/hpf": 100.0}
    for number, one in enumerate(bands, 1):
        together |= band(one, number)
    samples = noise(7, RATE_HZ // 4)
    expected = filtered([section("highpass", math.tan(math.pi * 100.0 / RATE_HZ), 1.0, math.sqrt(0.5))], samples)
    for one in bands:
        expected = filtered([one.exact], expected)
    heard = each_alone([together], samples, isa=BEST_ISA)
    assert error_db(heard, expected, samples[np.newaxis])[0] < ERROR_DB + 6.0  # five in a row


def test_a_band_that_is_off_is_left_out_and_the_others_stay() -> None:
    one = next(one for one in BANDS if one.fs == RATE_HZ and one.kind == "peaking" and one.f0 == 1000)
    both = {**band(one, 1), **band(one, 3), "/eq/1/on": 0.0}
    samples = noise(19, RATE_HZ // 8)
    alone, with_one_off, all_off = each_alone([band(one, 3), both, {**band(one, 1), "/eq/on": 0.0}], samples)
    assert (alone == with_one_off).all()
    assert (all_off == samples).all()
