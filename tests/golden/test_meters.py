"""Meters show what is there: peaks at once, power over 300 ms, what dynamics and limiter take away, loudness."""

import math
from collections.abc import Iterator

import numpy as np
import pytest

from studiod.link import MeterLayout, Operation
from studiod.model.units import DB_PER_OCTAVE
from tests.fakes.desk_rig import Rig, Samples
from tests.golden.reference import RATE_HZ, gain
from tests.golden.stand import OUTPUTS, put

STRIPS, BUSES, MATRICES = 2, 2, 2
AT = MeterLayout(STRIPS, BUSES, MATRICES)
PEAKS = {
    "strip": 0,
    "bus 1": AT.buses,
    "bus 2": AT.buses + AT.SUM,
    "matrix 1": AT.matrices,
    "matrix 2": AT.matrices + AT.SUM,
    "mono": AT.mono,
    "left": AT.main,
}
POWER_BEHIND = {"left": 2}
"""How far behind a peak its mean square lies: 1, but both peaks of main come first."""
EVERYWHERE = {
    "/strip/1/pan": -1.0,
    "/strip/1/mono/on": 1.0,
    "/strip/1/send/1/level": 0.0,
    "/strip/1/send/2/level": -6.0,
    "/bus/1/matrix/1/level": 0.0,
    "/mono/matrix/2/level": -6.0,
    "/main/limiter/on": 0.0,
}
SUMS = {"bus/2": AT.buses + AT.SUM, "matrix/2": AT.matrices + AT.SUM, "mono": AT.mono, "main": AT.main + 3}
"""Where the compressor's reduction of a sum lies, less 2."""


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A desk whose first strip is heard left, on mono, on both buses and both matrices."""
    with Rig.make(STRIPS, BUSES, matrices=MATRICES, outputs=OUTPUTS, ring_s=0.5) as made:
        put(made, EVERYWHERE)
        yield made


def meters(rig: Rig) -> tuple[float, ...]:
    return rig.block.snapshot().meters


def both(row: Samples) -> Samples:
    """`row` on the first input, silence on the second."""
    return np.stack([row, np.zeros_like(row)]).astype(np.float32)


def sine(seconds: float, level: float = 0.5, frequency_hz: float = 1000.0) -> Samples:
    frames = np.arange(round(seconds * RATE_HZ))
    return both((level * np.sin(2 * np.pi * frequency_hz * frames / RATE_HZ)).astype(np.float32))


def test_a_peak_is_the_highest_sample_at_once(rig: Rig) -> None:
    row = np.zeros(640, np.float32)
    row[639 - rig.block.snapshot().main_latency] = -0.8125
    rig.render(both(row))
    late = rig.block.snapshot().main_latency
    rig.render(both(np.zeros(late, np.float32)))
    row[:] = 0.0
    row[-1] = -0.9375
    rig.render(both(row))
    at_once = {name: meters(rig)[at] for name, at in PEAKS.items() if name != "left"}
    expected = {"strip": 1.0, "bus 1": 1.0, "bus 2": gain(-6), "matrix 1": 1.0, "matrix 2": gain(-6), "mono": 1.0}
    assert at_once == pytest.approx({name: 0.9375 * share for name, share in expected.items()}, rel=1e-6)
    rig.render(both(np.zeros(late, np.float32)))
    assert meters(rig)[AT.main] == np.float32(0.9375)  # main is as late as its limiter


def test_a_peak_falls_20_db_in_1_7_s(rig: Rig) -> None:
    row = np.zeros(1 + 512, np.float32)
    row[0] = 0.5
    rig.render(both(row))
    before = {name: meters(rig)[at] for name, at in PEAKS.items()}
    rig.render(both(np.zeros(round(1.7 * RATE_HZ), np.float32)))
    fallen = {name: 20 * math.log10(meters(rig)[at] / before[name]) for name, at in PEAKS.items()}
    assert fallen == pytest.approx(dict.fromkeys(PEAKS, -20.0), abs=0.03)
    assert meters(rig)[AT.main + 1] == 0.0  # right


def test_a_mean_square_settles_on_the_power_of_a_tone(rig: Rig) -> None:
    rig.set("/strip/1/trim", 6.0)
    rig.set("/strip/1/fader", -6.0)
    rig.render(sine(3.0))
    at = {name: meters(rig)[at + POWER_BEHIND.get(name, 1)] for name, at in PEAKS.items()}
    levels_db = {"strip": 6, "bus 1": 0, "bus 2": -6, "matrix 1": 0, "matrix 2": -6, "mono": 0, "left": 0}
    expected = {name: 0.5**2 / 2 * gain(level_db) ** 2 for name, level_db in levels_db.items()}
    assert at == pytest.approx(expected, rel=2e-3)
    assert meters(rig)[AT.main + 3] == 0.0  # right


def test_a_mean_square_integrates_over_300_ms(rig: Rig) -> None:
    rig.render(both(np.full(round(0.3 * RATE_HZ), 0.5, np.float32)))
    assert meters(rig)[1] == pytest.approx(0.25 * (1 - math.exp(-1)), rel=1e-3)


def test_the_limiter_meter_shows_what_it_takes_away(rig: Rig) -> None:
    rig.set("/main/limiter/on", 1.0)
    rig.set("/main/limiter/ceiling", -12.0)
    rig.render(sine(0.5, 1.0))
    assert 20 * math.log10(meters(rig)[AT.main + 4]) == pytest.approx(-12.0, abs=0.05)
    rig.render(sine(2.0, 0.01))
    assert meters(rig)[AT.main + 4] == pytest.approx(1.0, abs=1e-3)


def test_the_gate_meter_shows_its_range_when_closed_and_nothing_when_open_or_off(rig: Rig) -> None:
    gate = {"on": 1, "threshold": -20, "range": 30, "hold": 0, "release": 10, "attack": 0.1}
    put(rig, gate, "/strip/1/gate/")
    quiet, loud = sine(0.5, 0.01), sine(0.5, 0.5)
    rig.render(quiet)
    assert meters(rig)[2] * DB_PER_OCTAVE == pytest.approx(30.0, abs=0.01)
    rig.set("/strip/1/gate/release", 500.0)  # the crests of a tone keep it open
    rig.render(loud)
    assert meters(rig)[2] * DB_PER_OCTAVE == pytest.approx(0.0, abs=0.2)
    rig.set("/strip/1/gate/release", 10.0)
    rig.render(quiet)
    rig.set("/strip/1/gate/on", 0.0)
    rig.render(quiet)
    assert meters(rig)[2] == 0.0


def test_the_compressor_meter_of_a_strip_shows_its_reduction(rig: Rig) -> None:
    put(rig, {"on": 1, "threshold": -20, "ratio": 4, "knee": 0, "makeup": 10}, "/strip/1/comp/")
    rig.render(both(np.full(RATE_HZ, gain(-4.0), np.float32)))
    assert meters(rig)[3] * DB_PER_OCTAVE == pytest.approx(16 * 3 / 4, abs=0.01)
    rig.set("/strip/1/comp/on", 0.0)
    rig.render(both(np.full(1000, gain(-4.0), np.float32)))
    assert meters(rig)[3] == 0.0


@pytest.mark.parametrize("name", SUMS)
def test_the_compressor_meter_of_a_sum_shows_its_reduction(rig: Rig, name: str) -> None:
    put(rig, {"on": 1, "threshold": -30, "ratio": 2, "knee": 0}, f"/{name}/comp/")
    put(rig, {"/strip/1/send/2/level": 0.0, "/mono/matrix/2/level": 0.0, "/bus/2/matrix/2/on": 0.0})
    rig.render(both(np.full(RATE_HZ, gain(-10.0), np.float32)))
    shown = {other: meters(rig)[at + 2] * DB_PER_OCTAVE for other, at in SUMS.items()}
    expected = dict.fromkeys(SUMS, 0.0) | {name: 10.0}
    assert shown == pytest.approx(expected, abs=0.01)


def told(rig: Rig) -> tuple[float, ...]:
    """Meters with the loudness of all that was heard: it is worked out after a block, and told with the next."""
    rig.render(np.zeros((STRIPS, 1), np.float32))
    return meters(rig)


def lufs(power: float) -> float:
    """ITU-R BS.1770-5, equation 2."""
    return -0.691 + 10 * math.log10(power)


def test_the_loudness_of_main_is_that_of_the_standard(rig: Rig) -> None:
    rig.render(sine(4.0, 1.0, 997.0))
    momentary, short_term, integrated, _, true_peak = told(rig)[AT.loudness : AT.loudness + 5]
    assert [lufs(power) for power in (momentary, short_term, integrated)] == pytest.approx([-3.01] * 3, abs=0.02)
    assert 20 * math.log10(true_peak) == pytest.approx(0.0, abs=0.05)


def test_the_other_loudness_is_of_the_bus_that_is_chosen_and_of_a_pair_both(rig: Rig) -> None:
    chosen = slice(AT.chosen_loudness, AT.chosen_loudness + 5)
    rig.set("/loudness/source", 2.0)
    rig.render(sine(4.0, 1.0, 997.0))
    momentary, short_term, integrated, _, true_peak = told(rig)[chosen]
    powers = [momentary, short_term, integrated]
    assert [lufs(power) for power in powers] == pytest.approx([-3.01 - 6.0] * 3, abs=0.02)
    assert 20 * math.log10(true_peak) == pytest.approx(-6.0, abs=0.05)
    put(rig, {"/bus/1/link": 1.0, "/strip/1/send/1/pan": -1.0})
    rig.render(sine(1.0, 1.0, 997.0))
    assert lufs(told(rig)[AT.chosen_loudness]) == pytest.approx(-3.01, abs=0.02)
    rig.set("/loudness/source", 0.0)


def test_a_reset_begins_loudness_anew(rig: Rig) -> None:
    rig.render(sine(2.0, 1.0, 997.0))
    rig.render(both(np.zeros(512, np.float32)))  # what the limiter still held
    rig.ask(Operation.LOUDNESS_RESET)
    rig.render(sine(2.0, 0.1, 997.0))
    integrated, true_peak = told(rig)[AT.loudness + 2], meters(rig)[AT.loudness + 4]
    assert lufs(integrated) == pytest.approx(-23.01, abs=0.05)
    assert 20 * math.log10(true_peak) == pytest.approx(-20.0, abs=0.1)
