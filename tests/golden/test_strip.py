"""Every level and every sum of the desk is what its scale says, measured against the desk in float64."""

import json
import math
from functools import cache

import numpy as np
import pytest

from studiod.engine import ISAS
from studiod.model.console.strip import PAN_LAWS
from studiod.model.taper import Fader
from tests.fakes.desk_rig import Rig
from tests.golden.filters import GOLDEN
from tests.golden.reference import RATE_HZ, Float64Array, Send, Strip, desk, gain, high_pass, level_db, pan_gains
from tests.golden.stand import OUTPUTS, Settings, each_alone, in_step, noise, put, rendered

SUM_ERROR_DB = -140.0
FILTER_ERROR_DB = -120.0
GAIN_ERROR = 1.2e-7  # one step of a float32 under 1
CORNERS_HZ = (20.0, 31.5, 50.0, 80.0, 125.0, 250.0, 400.0)
EVERY_STRIP = 128
each_isa = pytest.mark.parametrize("isa", ISAS)


def one_after_the_other(strips: int) -> Float64Array:
    """Strip n has a one at frame n and silence else: what a sum plays at frame n is that strip's gain."""
    return np.eye(strips)


def rms(samples: Float64Array) -> Float64Array:
    return np.asarray(np.sqrt(np.mean(samples * samples, axis=-1)))


def error_db(heard: Float64Array, expected: Float64Array) -> float:
    """Error over signal, both RMS, of the worst output that plays; what plays not is silent."""
    off, signal = rms(heard - expected), rms(expected)
    assert (heard[signal == 0.0] == 0.0).all()
    return level_db(off[signal > 0.0] / signal[signal > 0.0])


# -- sums --------------------------------------------------------------------------------------------------------------

DESK = [
    Strip(fader_db=-3.0, pan=-1.0, sends=(Send(1, 0.0), Send(2, -6.0, is_pre=True))),
    Strip(trim_db=6.0, is_inverted=True, fader_db=-12.0, pan=0.3, sends=(Send(1, -10.0), Send(3, 3.0))),
    Strip(trim_db=-24.0, pan=1.0, sends=(Send(4, 10.0, is_pre=True),)),
    Strip(is_muted=True, sends=(Send(1, 0.0), Send(2, 0.0, is_pre=True))),
    Strip(fader_db=-math.inf, sends=(Send(3, -3.0, is_pre=True), Send(1, 0.0))),
    Strip(trim_db=2.5, fader_db=10.0, pan=-0.77, law="-4.5", sends=(Send(2, 0.0, is_on=False),)),
    Strip(fader_db=-60.0, pan=0.2, law="-6"),
    Strip(is_inverted=True, fader_db=-20.0, pan=-0.1, sends=(Send(4, -30.0), Send(1, -40.0, is_pre=True))),
    Strip(trim_db=24.0, fader_db=-30.0, pan=0.9, law="balance"),
]


@each_isa
def test_the_whole_desk_is_what_the_formulas_say(isa: str) -> None:
    """Re full scale -140 dB. Re signal a strip alone may come to -136: its trim, fader and pan are a float32 each."""
    inputs = noise(len(DESK))
    heard, expected = rendered(DESK, inputs, isa=isa), desk(DESK, inputs, 4)
    assert level_db(rms(heard - expected)) < SUM_ERROR_DB
    assert error_db(heard, expected) < SUM_ERROR_DB + 4.0


@each_isa
def test_32_strips_anywhere_sum_right(isa: str) -> None:
    random = np.random.default_rng(4)
    strips = [
        Strip(
            fader_db=random.uniform(-40.0, 0.0),
            pan=random.uniform(-1.0, 1.0),
            sends=tuple(Send(bus, random.uniform(-30.0, 0.0), is_pre=bus % 2 == 0) for bus in range(1, 5)),
        )
        for _ in range(32)
    ]
    inputs = noise(32)
    assert error_db(rendered(strips, inputs, isa=isa), desk(strips, inputs, 4)) < SUM_ERROR_DB


@each_isa
def test_128_strips_at_unity_into_main_and_every_bus_sum_right(isa: str) -> None:
    """No gain rounds here: what errs is the sum. Over four lanes 32 strips one after the other, it comes to -138.7."""
    sends = tuple(Send(bus, 0.0, is_pre=bus % 3 == 0) for bus in range(1, 17))
    strips = [Strip(law="balance", is_inverted=n % 5 == 0, sends=sends) for n in range(EVERY_STRIP)]
    inputs = noise(EVERY_STRIP, 500, 0.03)
    heard, expected = rendered(strips, inputs, buses=16, isa=isa), desk(strips, inputs, 16)
    assert level_db(expected) > -6.0
    assert level_db(rms(heard - expected)) < SUM_ERROR_DB
    assert error_db(heard, expected) < SUM_ERROR_DB + (2.0 if isa in {"sse2", "neon"} else 0.0)


@each_isa
def test_128_strips_on_16_buses_sum_right(isa: str) -> None:
    strips = [
        Strip(fader_db=-20.0 - n % 7, pan=(n % 21) / 10.0 - 1.0, sends=(Send(1 + n % 16, -10.0),))
        for n in range(EVERY_STRIP)
    ]
    inputs = noise(EVERY_STRIP, 1000)
    heard, expected = rendered(strips, inputs, buses=16, isa=isa), desk(strips, inputs, 16)
    assert level_db(rms(heard - expected)) < SUM_ERROR_DB - 10.0
    assert error_db(heard, expected) < SUM_ERROR_DB + 2.0  # few gains, the same again and again: they err together


@each_isa
def test_a_filtered_desk_is_what_the_formulas_say(isa: str) -> None:
    strips = [Strip(corner_hz=corner, pan=-1.0 + 0.3 * n) for n, corner in enumerate(CORNERS_HZ)]
    inputs = noise(len(strips))
    assert error_db(rendered(strips, inputs, isa=isa), desk(strips, inputs, 4)) < FILTER_ERROR_DB


@each_isa
def test_a_loud_strip_errs_less_than_a_24_bit_converter(isa: str) -> None:
    """Noise at full scale, 1 s, each corner."""
    samples = noise(1, RATE_HZ, 1.0)[0]
    heard = each_alone([{"/hpf/on": 1.0, "/hpf": corner} for corner in CORNERS_HZ], samples, isa=isa)
    assert error_db(heard, loud_through_every_corner()) < FILTER_ERROR_DB


@cache
def loud_through_every_corner() -> Float64Array:
    samples = noise(1, RATE_HZ, 1.0)[0]
    return np.array([high_pass(samples, corner) for corner in CORNERS_HZ])


# -- laws --------------------------------------------------------------------------------------------------------------


def main_gains(strips: list[Strip], more: Settings | None = None) -> Float64Array:
    """What each strip's one becomes on main left and right; shape (2, strips)."""
    return rendered(strips, one_after_the_other(len(strips)), more=more)[:2]


@pytest.mark.parametrize("law", PAN_LAWS)
def test_a_pan_law_is_exact_from_side_to_side(law: str) -> None:
    pans = [n / 50.0 - 1.0 for n in range(101)]
    heard = main_gains([Strip(pan=pan, law=law) for pan in pans])
    expected = np.array([pan_gains(law, pan) for pan in pans]).T
    assert np.abs(heard - expected).max() < GAIN_ERROR
    assert heard[:, 0].tolist() == [1.0, 0.0]
    assert heard[:, -1].tolist() == [0.0, 1.0]
    assert heard[0, 50] == heard[1, 50]
    if law == "-3":
        assert np.abs((heard**2).sum(axis=0) - 1.0).max() < 2.0 * GAIN_ERROR


def test_the_pan_laws_are_those_of_the_golden_file() -> None:
    golden = json.loads(GOLDEN.read_text())["pan"]
    names = dict(zip(PAN_LAWS, ("constant_power_-3", "compromise_-4.5", "linear_-6", "balance_0"), strict=True))
    points = [(law, float(p), sides) for law, name in names.items() for p, sides in golden[name].items()]
    heard = main_gains([Strip(pan=2.0 * p - 1.0, law=law) for law, p, _ in points])
    assert np.abs(heard.T - [sides for _, _, sides in points]).max() < GAIN_ERROR


@pytest.mark.parametrize("law", PAN_LAWS)
def test_a_send_into_a_pair_of_buses_has_the_pan_law_of_its_strip(law: str) -> None:
    pans = [n / 50.0 - 1.0 for n in range(101)]
    more = {f"/strip/{n}/send/1/pan": pan for n, pan in enumerate(pans, 1)}
    strips = [Strip(pan=0.5, law=law, sends=(Send(1, 0.0),)) for _ in pans]
    heard = rendered(strips, one_after_the_other(len(pans)), more={**more, "/bus/1/link": 1.0})[2:4]
    assert np.abs(heard.T - [pan_gains(law, pan) for pan in pans]).max() < GAIN_ERROR


def test_the_pan_of_a_linked_pair_is_its_balance_and_no_side_crosses() -> None:
    pans = [n / 31.5 - 1.0 for n in range(64)]
    links = {f"/strip/{2 * n + 1}/link": 1.0 for n in range(len(pans))}
    heard = main_gains([Strip(pan=pan, law="-3") for pan in pans for _ in range(2)], links)
    expected = np.array([pan_gains("balance", pan) for pan in pans]).T
    assert np.abs(heard[0, ::2] - expected[0]).max() < GAIN_ERROR
    assert np.abs(heard[1, 1::2] - expected[1]).max() < GAIN_ERROR
    assert (heard[0, 1::2] == 0.0).all()
    assert (heard[1, ::2] == 0.0).all()


def test_the_balance_of_main_only_turns_the_far_side_down() -> None:
    for pan in (-1.0, -0.4, 0.0, 0.25, 1.0):
        heard = main_gains([Strip(law="balance")], {"/main/balance": pan})[:, 0]
        assert np.abs(heard - pan_gains("balance", pan)).max() < GAIN_ERROR


def test_the_fader_law_is_that_of_the_golden_file() -> None:
    points = json.loads(GOLDEN.read_text())["x32_fader"]
    strips = [Strip(fader_db=Fader().value(travel), pan=-1.0) for travel, _ in points]
    assert np.abs(main_gains(strips)[0] / [gain(at_db) for _, at_db in points] - 1.0).max() < GAIN_ERROR


TRAVELS = [n / 127.0 for n in range(EVERY_STRIP)]
FADERS_DB = [Fader().value(travel) for travel in TRAVELS]


def gain_errors(heard: Float64Array, levels_db: list[float]) -> float:
    assert levels_db[0] == -math.inf
    assert heard[0] == 0.0
    return float(np.abs(heard[1:] / [gain(at_db) for at_db in levels_db[1:]] - 1.0).max())


@pytest.mark.parametrize("tap", [0.0, 1.0, 2.0])
def test_every_throw_of_fader_and_send_gives_the_gain_its_law_says(tap: float) -> None:
    strips = [
        Strip(fader_db=0.0 if tap == 0.0 else -5.0, pan=-1.0, sends=(Send(1, at_db), Send(2, 0.0)))
        for at_db in FADERS_DB
    ]
    more = {f"/strip/{n + 1}/send/1/tap": tap for n in range(EVERY_STRIP)}
    heard = rendered(strips, one_after_the_other(EVERY_STRIP), more=more)
    assert gain_errors(heard[2], FADERS_DB) < GAIN_ERROR
    faders = [Strip(fader_db=at_db, pan=-1.0) for at_db in FADERS_DB]
    assert gain_errors(main_gains(faders)[0], FADERS_DB) < GAIN_ERROR


def test_every_sum_has_the_same_fader() -> None:
    """Buses, matrices, main and mono, at sixteen throws from silence to +10 dB."""
    levels_db = [Fader().value(n / 15.0) for n in range(16)]
    levels = {f"/bus/{n + 1}/fader": at_db for n, at_db in enumerate(levels_db)}
    at_unity = {"/strip/1/pan/law": 3.0, "/strip/1/mono/on": 1.0, "/main/limiter/on": 0.0}
    with Rig.make(1, 16, outputs=OUTPUTS) as rig:
        put(rig, {**at_unity, **levels})
        put(rig, {f"/strip/1/send/{bus}/level": 0.0 for bus in range(1, 17)})
        assert gain_errors(in_step(rig, np.full((1, 4), 0.125))[2:18, 0] / 0.125, levels_db) < GAIN_ERROR
    for at_db in levels_db:
        with Rig.make(1, 1, outputs=OUTPUTS, matrices=1) as rig:
            put(rig, {**at_unity, "/bus/1/matrix/1/level": 0.0, "/strip/1/send/1/level": 0.0})
            put(rig, dict.fromkeys(("/main/fader", "/mono/fader", "/matrix/1/fader"), at_db))
            heard = in_step(rig, np.full((1, 4), 0.125))[:, 0] / 0.125
        assert heard[[0, 1, 18, 24]].tolist() == pytest.approx([gain(at_db)] * 4, rel=GAIN_ERROR)


def test_trim_turns_by_its_decibels_up_and_down() -> None:
    trims_db = [n / 2.0 - 24.0 for n in range(97)]
    heard = main_gains([Strip(trim_db=trim_db, pan=-1.0) for trim_db in trims_db])[0]
    assert np.abs(heard / [gain(trim_db) for trim_db in trims_db] - 1.0).max() < GAIN_ERROR
