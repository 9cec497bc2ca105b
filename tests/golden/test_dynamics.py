"""Compressor, expander, gate and ducker against their definitions: static curve, time constants, and a reference."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from studiod.engine import ISAS
from tests.fakes.desk_rig import Rig
from tests.golden.dynamics import Machine, gains
from tests.golden.filters import GOLDEN
from tests.golden.reference import RATE_HZ, Float64Array, gain
from tests.golden.stand import BEST_ISA, OUTPUTS, each_alone, in_step, put

CURVE_DB = 0.001  # ten times tighter than anyone asks
GAIN_DB = 0.001  # of any sample of a noise, whatever the ballistics
LOUD, QUIET = 1.0, 0.01
STEP = Machine(threshold_db=-20.0, ratio=4.0, release_ms=1.0)
STEP_DB = 15.0  # what STEP takes from LOUD; from QUIET it takes nothing
TIMES_MS = (0.1, 1.0, 5.0, 10.0, 50.0, 100.0)
each_isa = pytest.mark.parametrize("isa", ISAS)


def constants(levels_db: list[float], frames: int) -> Float64Array:
    return np.repeat([[gain(level_db)] for level_db in levels_db], frames, axis=1)


def settled_db(machines: list[Machine], levels_db: list[float], isa: str = BEST_ISA) -> Float64Array:
    """What each machine takes in the end from a constant; positive is louder."""
    heard = each_alone([machine.settings for machine in machines], constants(levels_db, RATE_HZ // 4), isa=isa)
    return np.asarray(20.0 * np.log10(heard[:, -1]) - levels_db)


def reduction_db(machines: list[Machine], signal: Float64Array, rate_hz: int = RATE_HZ) -> Float64Array:
    """What each machine takes from each sample of `signal` (frames,)."""
    heard = each_alone([machine.settings for machine in machines], signal, rate_hz=rate_hz)
    return np.asarray(-20.0 * np.log10(heard / signal.astype(np.float32)))


def golden_curves() -> list[tuple[Machine, list[float], list[float]]]:
    """Each static curve of the golden file, with levels in and out; its infinite ratio is the desk's 100."""
    return [
        (
            Machine(threshold_db=one["threshold"], ratio=min(float(one["ratio"]), 100.0), knee_db=one["knee"]),
            [float(level) for level, _ in one["points"]],
            [float(level) for _, level in one["points"]],
        )
        for one in json.loads(GOLDEN.read_text())["compressor_static"]
    ]


def golden_steps(rate_hz: int) -> dict[float, float]:
    """How far a one-pole has come after its time constant, which is a whole number of samples."""
    return {
        one["tau_ms"]: one["step_after_tau"]
        for one in json.loads(GOLDEN.read_text())["one_pole"]
        if one["fs"] == rate_hz
    }


# -- the static curve --------------------------------------------------------------------------------------------------


@each_isa
@pytest.mark.parametrize("is_rms", [False, True], ids=["peak", "rms"])
def test_the_compressor_has_the_static_curves_of_the_golden_file(is_rms: bool, isa: str) -> None:  # noqa: FBT001
    curves = golden_curves()
    machines = [replace(machine, is_rms=is_rms) for machine, levels, _ in curves for _ in levels]
    levels_in = [level for _, levels, _ in curves for level in levels]
    levels_out = [level for _, _, levels in curves for level in levels]
    heard_db = settled_db(machines, levels_in, isa) + levels_in
    assert np.abs(heard_db - levels_out).max() < CURVE_DB


@each_isa
@pytest.mark.parametrize("kind", ["compressor", "expander", "gate", "gate expander", "ducker"])
def test_every_machine_has_its_static_curve(kind: str, isa: str) -> None:
    """Thresholds, ratios, knees and ranges over their throws: under the knee, in it, and far past it."""
    shapes = [
        Machine(kind, threshold_db=threshold_db, ratio=ratio, knee_db=knee_db, range_db=range_db, release_ms=1.0)
        for threshold_db, ratio, knee_db, range_db in (
            (-60.0, 1.5, 0.0, 80.0),
            (-40.0, 20.0, 24.0, 60.0),
            (-20.0, 3.0, 6.0, 20.0),
            (-10.0, 1.0, 12.0, 0.0),
            (0.0, 2.0, 3.0, 40.0),
        )
    ]
    past_db = (-45.0, -12.0, -5.0, -2.0, -1.0, -0.1, 0.1, 1.0, 2.0, 5.0, 12.0, 45.0)
    machines = [shape for shape in shapes for _ in past_db]
    levels_db = [shape.threshold_db + over_db for shape in shapes for over_db in past_db]
    expected_db = [-float(machine.reduction_db(at)) for machine, at in zip(machines, levels_db, strict=True)]
    assert min(expected_db) < -30.0
    assert max(expected_db) == 0.0
    assert np.abs(settled_db(machines, levels_db, isa) - expected_db).max() < CURVE_DB


def test_peak_hears_the_crest_of_a_sine_and_rms_its_power() -> None:
    """997 Hz at -6 dBFS: its power is that of a constant at -9.01. Over 10 ms the square still ripples by 0.07 dB."""
    machine = Machine(threshold_db=-30.0, ratio=100.0, hold_ms=10.0, release_ms=1000.0)
    tone = 0.5 * np.sin(2.0 * np.pi * 997.0 * np.arange(RATE_HZ // 2) / RATE_HZ)
    heard = each_alone([machine.settings, replace(machine, is_rms=True).settings], tone)
    peak_db, rms_db = 20.0 * np.log10(np.abs(heard[:, -4800:]).max(axis=1) / 0.5)
    assert peak_db == pytest.approx(-30.0 + 6.0206, abs=CURVE_DB)
    assert rms_db == pytest.approx(-30.0 + 9.0309, abs=0.07)


@each_isa
def test_what_stays_under_the_knee_passes_to_the_last_bit(isa: str) -> None:
    noise = np.random.default_rng(2).uniform(-0.09, 0.09, 4800).astype(np.float32)
    machines = [
        Machine(threshold_db=-10.0, knee_db=20.0, attack_ms=5.0),
        Machine(threshold_db=-20.0, is_rms=True),
        Machine("ducker", threshold_db=-20.0),
        Machine("gate", threshold_db=-80.0, range_db=0.0),
    ]
    assert (each_alone([machine.settings for machine in machines], noise, isa=isa) == noise).all()


# -- time constants ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
@pytest.mark.parametrize("kind", ["compressor", "ducker", "gate"])
def test_the_attack_is_the_time_for_63_percent_of_a_step(kind: str, rate_hz: int) -> None:
    """Of decibels; a gate's attack is the way up. Nothing overshoots."""
    golden = golden_steps(rate_hz)
    machines = [replace(STEP, kind=kind, range_db=STEP_DB, attack_ms=time_ms) for time_ms in TIMES_MS]
    before = rate_hz // 4 * 5  # a gate begins open, and its attack is in the way of its closing, too
    signal = np.concatenate([np.full(before, QUIET), np.full(rate_hz, LOUD)])
    reduced_db = reduction_db(machines, signal, rate_hz)
    gone = reduced_db / STEP_DB if kind != "gate" else 1.0 - reduced_db / STEP_DB
    assert np.abs(gone[:, before - 1]).max() < 1e-3
    assert gone.max() < 1.0 + 1e-5
    assert np.diff(gone[:, before:], axis=1).min() > -1e-6
    for time_ms, row in zip(TIMES_MS, gone, strict=True):
        after_tau = before + round(time_ms * rate_hz / 1000.0) - 1
        assert row[after_tau] == pytest.approx(golden[time_ms], abs=1e-4)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
@pytest.mark.parametrize("kind", ["compressor", "ducker", "gate"])
def test_the_release_begins_after_the_hold_and_takes_its_time_constant(kind: str, rate_hz: int) -> None:
    golden = golden_steps(rate_hz)
    times = [(hold_ms, release_ms) for hold_ms in (0.0, 10.0, 123.4) for release_ms in (*TIMES_MS[1:], 300.0)]
    machines = [
        replace(STEP, kind=kind, range_db=STEP_DB, hold_ms=hold_ms, release_ms=release_ms)
        for hold_ms, release_ms in times
    ]
    loud = 100
    reduced_db = reduction_db(machines, np.concatenate([np.full(loud, LOUD), np.full(rate_hz // 2, QUIET)]), rate_hz)
    stays = reduced_db / STEP_DB if kind != "gate" else 1.0 - reduced_db / STEP_DB
    for (hold_ms, release_ms), row in zip(times, stays, strict=True):
        released = loud + round(hold_ms * rate_hz / 1000.0)
        after_tau = released + round(release_ms * rate_hz / 1000.0) - 1
        assert np.abs(row[loud - 1 : released] - 1.0).max() < 1e-5
        assert row[released] < 1.0 - 1e-5
        assert row[after_tau] == pytest.approx(1.0 - golden[release_ms], abs=1e-4)


# -- against the reference ---------------------------------------------------------------------------------------------

MACHINES = (
    Machine(threshold_db=-30.0, ratio=3.0, knee_db=6.0, attack_ms=10.0, release_ms=150.0),
    Machine(threshold_db=-30.0, ratio=3.0, knee_db=6.0, attack_ms=10.0, release_ms=150.0, is_rms=True),
    Machine(threshold_db=-50.0, ratio=100.0, attack_ms=0.0, release_ms=1.0),
    Machine(threshold_db=-50.0, ratio=20.0, attack_ms=0.5, release_ms=4000.0),
    Machine(threshold_db=-25.0, ratio=4.0, knee_db=24.0, attack_ms=200.0, hold_ms=30.0, release_ms=20.0, makeup_db=9.0),
    Machine(threshold_db=-40.0, ratio=8.0, attack_ms=2.0, hold_ms=5.0, release_ms=60.0, is_rms=True, mix=40.0),
    Machine(threshold_db=-35.0, ratio=2.0, knee_db=3.0, attack_ms=1.0, release_ms=100.0, makeup_db=24.0, mix=75.0),
    Machine("expander", threshold_db=-20.0, ratio=2.0, knee_db=6.0, attack_ms=5.0, release_ms=100.0, is_rms=True),
    Machine("expander", threshold_db=-40.0, ratio=1.5, attack_ms=20.0, hold_ms=10.0, release_ms=50.0),
    Machine("gate", threshold_db=-30.0, range_db=60.0, attack_ms=1.0, hold_ms=20.0, release_ms=50.0),
    Machine("gate", threshold_db=-12.0, range_db=20.0, attack_ms=0.0, hold_ms=0.0, release_ms=5.0),
    Machine("gate", threshold_db=-40.0, range_db=80.0, attack_ms=10.0, hold_ms=50.0, release_ms=300.0),
    Machine("gate expander", threshold_db=-20.0, ratio=3.0, range_db=40.0, attack_ms=2.0, hold_ms=5.0, release_ms=80.0),
    Machine("gate expander", threshold_db=-10.0, ratio=1.2, range_db=80.0, attack_ms=0.0, release_ms=30.0),
    Machine("ducker", threshold_db=-30.0, range_db=12.0, attack_ms=5.0, hold_ms=10.0, release_ms=100.0),
    Machine("ducker", threshold_db=-20.0, range_db=80.0, attack_ms=0.0, release_ms=10.0),
)


@cache
def bursts(seed: int, frames: int = RATE_HZ // 2) -> Float64Array:
    """Noise that all but stops, whispers, speaks and shouts, for 5 to 40 ms each. No sample is 0: zero has no level."""
    random = np.random.default_rng(seed)
    levels: list[float] = []
    while len(levels) < frames:
        levels += [float(random.choice([1e-5, 0.003, 0.05, 0.3, 1.0]))] * int(random.integers(240, 1920))
    noise = random.uniform(0.02, 1.0, frames) * random.choice([-1.0, 1.0], frames) * np.array(levels[:frames])
    return np.asarray(noise.astype(np.float32), np.float64)


@cache
def expected_gains(
    machines: tuple[Machine, ...], seeds: tuple[int, ...], *, linked: bool = False, rate_hz: int = RATE_HZ
) -> Float64Array:
    """What each machine makes of the bursts of its seed."""
    return gains(machines, np.vstack([bursts(seed) for seed in seeds]), linked=linked, rate_hz=rate_hz)


def worst_db(heard: Float64Array, signal: Float64Array, expected: Float64Array) -> Float64Array:
    """How far the gain of any sample is from `expected`, of each machine."""
    return np.asarray(np.abs(20.0 * np.log10(heard / signal / expected)).max(axis=-1))


@pytest.mark.parametrize(
    ("isa", "rate_hz"), [*((isa, RATE_HZ) for isa in ISAS), (BEST_ISA, 44_100), (BEST_ISA, 96_000)]
)
def test_noise_and_bursts_come_out_as_the_reference_says(isa: str, rate_hz: int) -> None:
    heard = each_alone([machine.settings for machine in MACHINES], bursts(1), rate_hz=rate_hz, isa=isa)
    expected = expected_gains(MACHINES, (1,) * len(MACHINES), rate_hz=rate_hz)
    off = dict(zip(MACHINES, worst_db(heard, bursts(1), expected).tolist(), strict=True))
    assert {machine: db for machine, db in off.items() if db > GAIN_DB} == {}


# -- keys, links, sums -------------------------------------------------------------------------------------------------


def keyed(machine: Machine, strip: int) -> dict[str, float]:
    return {**machine.settings, "/gate/key" if machine.is_gate else "/comp/key": float(strip)}


@each_isa
def test_an_external_key_is_another_strip_after_its_trim(isa: str) -> None:
    """Two strips listen to a third, whose own fader, mute and filters are none of their business."""
    comp, gate = MACHINES[0], MACHINES[9]
    key_strip = {"/trim": -6.0, "/mute": 1.0, "/fader": -40.0, "/hpf/on": 1.0, "/hpf": 400.0, "/eq/on": 1.0}
    inputs = np.vstack([bursts(1), bursts(2), bursts(3)])
    heard = each_alone([keyed(comp, 3), keyed(gate, 3), key_strip], inputs, isa=isa)
    expected = gains([comp, gate], np.tile(gain(-6.0) * bursts(3), (2, 1)))
    assert worst_db(heard[:2], inputs[:2], expected).max() < GAIN_DB


@each_isa
def test_a_linked_pair_hears_the_louder_of_both(isa: str) -> None:
    """Both sides are turned by one gain; neighbours that are not linked are not."""
    machines = tuple(machine for machine in (MACHINES[1], MACHINES[4], MACHINES[9]) for _ in range(2))
    seeds = tuple(range(10, 16))
    inputs = np.vstack([bursts(seed) for seed in seeds])
    links = {f"/strip/{odd}/link": 1.0 for odd in (1, 3, 5)}
    settings = [machine.settings for machine in machines]
    together, apart = (expected_gains(machines, seeds, linked=linked) for linked in (True, False))
    assert worst_db(each_alone(settings, inputs, isa=isa, more=links), inputs, together).max() < GAIN_DB
    assert worst_db(each_alone(settings, inputs, isa=isa), inputs, apart).max() < GAIN_DB
    assert (together[0] == together[1]).all()


@each_isa
def test_sums_have_the_same_compressor_and_both_sides_of_main_one(isa: str) -> None:
    """Buses by themselves and linked, mono, a matrix, and the glue compressor of main."""
    glue, bus, mono = MACHINES[0], MACHINES[1], MACHINES[4]
    inputs = np.vstack([bursts(20), bursts(21)])
    levels = {"/strip/1/pan": -1.0, "/strip/2/pan": 1.0, "/main/limiter/on": 0.0, "/strip/1/mono/on": 1.0}
    levels |= {"/strip/1/send/1/level": 0.0, "/strip/2/send/2/level": 0.0}
    levels |= {"/strip/1/send/3/level": 0.0, "/strip/2/send/3/level": 0.0, "/bus/3/link": 1.0}
    levels |= {"/strip/1/send/3/pan": -1.0, "/strip/2/send/3/pan": 1.0, "/bus/1/matrix/1/level": 0.0}
    with Rig.make(2, 4, isa=isa, outputs=OUTPUTS, matrices=1) as rig:
        put(rig, levels)
        put(rig, glue.settings, "/main")
        put(rig, mono.settings, "/mono")
        put(rig, glue.settings, "/matrix/1")
        for number in (2, 3, 4):
            put(rig, bus.settings, f"/bus/{number}")
        heard = in_step(rig, inputs)
    assert worst_db(heard[:2], inputs, expected_gains((glue, glue), (20, 21), linked=True)).max() < GAIN_DB
    assert worst_db(heard[3], inputs[1], expected_gains((bus,), (21,))[0]) < GAIN_DB
    assert worst_db(heard[4:6], inputs, expected_gains((bus, bus), (20, 21), linked=True)).max() < GAIN_DB
    assert worst_db(heard[18], inputs[0], expected_gains((glue,), (20,))[0]) < GAIN_DB
    assert worst_db(heard[24], inputs[0], expected_gains((mono,), (20,))[0]) < GAIN_DB
    assert (heard[2] == inputs[0]).all()  # bus 1 has none


def test_a_bus_may_be_keyed_by_a_strip() -> None:
    """The music bus ducks under the speaker."""
    duck = MACHINES[0]
    inputs = np.vstack([bursts(30), bursts(31)])
    with Rig.make(2, 1, outputs=OUTPUTS) as rig:
        put(rig, {"/strip/1/send/1/level": 0.0, "/bus/1/comp/key": 2.0})
        put(rig, duck.settings, "/bus/1")
        heard = in_step(rig, inputs)
    assert worst_db(heard[2], inputs[0], expected_gains((duck,), (31,))[0]) < GAIN_DB


def test_a_dry_mix_is_dry_and_half_is_half() -> None:
    """Parallel compression: make-up is of the compressed share only."""
    machine = replace(STEP, makeup_db=12.0)
    settings = [replace(machine, mix=mix).settings for mix in (0.0, 50.0, 100.0)]
    dry, half, wet = each_alone(settings, np.full(4800, LOUD))[:, -1]
    assert dry == LOUD
    assert wet == pytest.approx(gain(12.0 - STEP_DB), rel=1e-5)
    assert half == pytest.approx((1.0 + gain(12.0 - STEP_DB)) / 2.0, rel=1e-5)
