"""Every control of the strip does what its scale says, measured against the desk in float64."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.engine import ISAS
from studiod.model.taper import Fader
from tests.fakes.desk_rig import Rig, Samples
from tests.golden.reference import RATE_HZ, Float64Array, Send, Strip, butterworth_db, desk, gain, high_pass, level_db
from tests.golden.stand import rendered

FRAMES = 4096
SUM_ERROR_DB = -140.0
FILTER_ERROR_DB = -120.0
CORNERS_HZ = (20.0, 31.5, 50.0, 80.0, 125.0, 250.0, 400.0)
each_isa = pytest.mark.parametrize("isa", ISAS)


def noise(strips: int, frames: int = FRAMES, level: float = 0.25) -> Samples:
    return np.random.default_rng(11).uniform(-level, level, (strips, frames)).astype(np.float32)


def error_db(heard: Float64Array, expected: Float64Array) -> float:
    return level_db(heard - expected)


DESK = [
    Strip(fader_db=-3.0, pan=-1.0, sends=(Send(1, 0.0), Send(2, -6.0, is_pre=True))),
    Strip(trim_db=6.0, is_inverted=True, fader_db=-12.0, pan=0.3, sends=(Send(1, -10.0), Send(3, 3.0))),
    Strip(trim_db=-24.0, pan=1.0, sends=(Send(4, 10.0, is_pre=True),)),
    Strip(is_muted=True, sends=(Send(1, 0.0), Send(2, 0.0, is_pre=True))),
    Strip(fader_db=-math.inf, sends=(Send(3, -3.0, is_pre=True), Send(1, 0.0))),
    Strip(trim_db=2.5, fader_db=10.0, pan=-0.77, sends=(Send(2, 0.0, is_on=False),)),
    Strip(fader_db=-60.0),
    Strip(is_inverted=True, fader_db=-20.0, pan=-0.1, sends=(Send(4, -30.0), Send(1, -40.0, is_pre=True))),
    Strip(trim_db=24.0, fader_db=-30.0, pan=0.9),
]
OPEN = {"/main/fader": 0.0, "/main/limiter/ceiling": 0.0}


@each_isa
def test_the_whole_desk_is_what_the_formulas_say(isa: str) -> None:
    inputs = noise(len(DESK), level=0.05)
    heard = rendered(DESK, inputs, isa=isa, more=OPEN)
    expected = desk(DESK, inputs.astype(np.float64), 4)
    assert level_db(expected[:2]) < 0.0  # the limiter has nothing to do
    assert level_db(expected) > -20.0
    assert error_db(heard, expected) < SUM_ERROR_DB


@each_isa
def test_a_filtered_desk_is_what_the_formulas_say(isa: str) -> None:
    strips = [Strip(corner_hz=corner, pan=-1.0 + 0.3 * n) for n, corner in enumerate(CORNERS_HZ)]
    inputs = noise(len(strips), level=0.05)
    assert error_db(rendered(strips, inputs, isa=isa), desk(strips, inputs.astype(np.float64), 4)) < FILTER_ERROR_DB


@each_isa
@pytest.mark.parametrize("corner_hz", CORNERS_HZ)
def test_the_high_pass_is_a_butterworth(isa: str, corner_hz: float) -> None:
    frames = 1 << 16
    impulse = np.zeros((1, frames), np.float32)
    impulse[0, 0] = 0.5
    response = rendered([Strip(corner_hz=corner_hz, pan=-1.0)], impulse, isa=isa)[0]
    spectrum_db = 20.0 * np.log10(np.abs(np.fft.rfft(response))[1:] / 0.5)
    frequency_hz = np.fft.rfftfreq(frames, 1 / RATE_HZ)[1:]
    heard = frequency_hz > corner_hz / 8.0  # below that (-36 dB) a bin of the transform holds the corner's slope
    assert np.abs(spectrum_db - butterworth_db(frequency_hz, corner_hz))[heard].max() < 0.01
    at_corner = spectrum_db[np.argmin(np.abs(frequency_hz - corner_hz))]
    assert at_corner == pytest.approx(-3.01, abs=0.15)  # the nearest bin is up to 0.4 Hz off


@each_isa
@pytest.mark.parametrize("corner_hz", CORNERS_HZ)
def test_the_filter_errs_less_than_a_24_bit_converter(isa: str, corner_hz: float) -> None:
    inputs = noise(1, 48_000, 0.9)
    heard = rendered([Strip(corner_hz=corner_hz, pan=-1.0)], inputs, isa=isa, more={"/main/limiter/ceiling": 0.0})[0]
    expected = high_pass(inputs[0].astype(np.float64), corner_hz)
    quiet = np.abs(expected) < 1.0
    assert error_db(heard[: quiet.argmin() or None], expected[: quiet.argmin() or None]) < FILTER_ERROR_DB


def test_a_filter_that_is_off_changes_no_bit() -> None:
    inputs = noise(1)
    assert (rendered([Strip(pan=-1.0)], inputs)[0] == inputs[0]).all()


@each_isa
def test_the_path_at_unity_is_bit_exact(isa: str) -> None:
    inputs = noise(1, level=0.96)
    heard = rendered([Strip(pan=1.0, sends=(Send(1, 0.0), Send(2, 0.0, is_pre=True)))], inputs, isa=isa)
    assert (heard[1:4] == inputs[0]).all()
    assert (heard[0] == 0.0).all()


@settings(max_examples=40, deadline=None)
@given(st.floats(-1.0, 1.0))
def test_pan_keeps_the_power(pan: float) -> None:
    heard = rendered([Strip(pan=pan)], np.full((1, 4), 0.5, np.float32))
    assert float(heard[0, 0] ** 2 + heard[1, 0] ** 2) == pytest.approx(0.25, abs=1e-7)


def test_pan_is_exact_at_its_ends_and_even_in_the_middle() -> None:
    ones = np.full((1, 4), 0.5, np.float32)
    left, centre, right = (rendered([Strip(pan=pan)], ones)[:2, 0].tolist() for pan in (-1.0, 0.0, 1.0))
    assert left == [0.5, 0.0]
    assert right == [0.0, 0.5]
    assert centre[0] == centre[1]
    assert level_db(centre[0] / 0.5) == pytest.approx(-3.0103, abs=1e-4)


@pytest.mark.parametrize("travel", [0.0, 0.01, 0.0625, 0.25, 0.5, 0.75, 0.9, 1.0])
@pytest.mark.parametrize("fader", ["/strip/1/fader", "/strip/1/send/1/level", "/bus/1/fader", "/main/fader"])
def test_every_fader_gives_the_gain_its_law_says(fader: str, travel: float) -> None:
    at_db = Fader().value(travel)
    send = {} if fader == "/strip/1/send/1/level" else {"/strip/1/send/1/level": 0.0}
    heard = rendered([Strip(pan=-1.0)], np.full((1, 4), 0.125, np.float32), more={**send, fader: at_db})
    bus_only = fader in {"/strip/1/send/1/level", "/bus/1/fader"}
    assert heard[2 if bus_only else 0, 0] == pytest.approx(0.125 * gain(at_db), rel=3e-7)


def test_mute_is_exact_silence_in_main_and_in_every_send() -> None:
    strip = Strip(is_muted=True, corner_hz=80.0, sends=(Send(1, 0.0), Send(2, 0.0, is_pre=True)))
    assert (rendered([strip], noise(1)) == 0.0).all()


@pytest.mark.parametrize("switch", ["/bus/1/mute", "/main/mute"])
def test_a_muted_bus_is_exact_silence(switch: str) -> None:
    heard = rendered([Strip(sends=(Send(1, 0.0),))], noise(1), more={switch: 1.0})
    silent, sounding = (2, 0) if switch == "/bus/1/mute" else (0, 2)
    assert (heard[silent] == 0.0).all()
    assert level_db(heard[sounding]) > -20.0


def test_solo_leaves_main_to_the_soloed_and_sends_as_they_are() -> None:
    inputs = noise(3)
    strips = [Strip(pan=-1.0, sends=(Send(1, 0.0),)), Strip(pan=-1.0, is_solo=True), Strip(sends=(Send(2, 0.0),))]
    heard = rendered(strips, inputs)
    assert (heard[0] == inputs[1]).all()
    assert (heard[2] == inputs[0]).all()
    assert (heard[3] == inputs[2]).all()


def test_two_solos_are_both_heard_and_the_last_one_off_brings_all_back() -> None:
    inputs = np.eye(3, dtype=np.float32) * 0.25
    with Rig.make(3, 1, outputs=2) as rig:
        for strip in (1, 2, 3):
            rig.set(f"/strip/{strip}/pan", -1.0)
        heard = {}
        for step, (address, value) in enumerate(
            (("/strip/1/solo", 1.0), ("/strip/2/solo", 1.0), ("/strip/1/solo", 0.0), ("/strip/2/solo", 0.0))
        ):
            rig.render(np.zeros((3, 3), np.float32))
            rig.set(address, value)
            rig.render(np.zeros((3, 1000), np.float32))
            heard[step] = (rig.render(inputs)[0] != 0.0).tolist()
        assert heard == {
            0: [True, False, False],
            1: [True, True, False],
            2: [False, True, False],
            3: [True, True, True],
        }


def test_a_pre_send_does_not_follow_the_fader_and_a_post_send_does() -> None:
    strip = Strip(fader_db=-20.0, sends=(Send(1, 0.0, is_pre=True), Send(2, 0.0)))
    heard = rendered([strip], np.full((1, 4), 0.5, np.float32))
    assert heard[2, 0] == 0.5
    assert heard[3, 0] == pytest.approx(0.05, rel=1e-6)


def test_polarity_inverts_and_two_inversions_null() -> None:
    inputs = np.repeat(noise(1), 2, axis=0)
    assert (rendered([Strip(), Strip(is_inverted=True)], inputs)[:2] == 0.0).all()


@each_isa
def test_128_strips_on_16_buses_sum_right(isa: str) -> None:
    strips = [
        Strip(fader_db=-20.0 - n % 7, pan=(n % 21) / 10.0 - 1.0, sends=(Send(1 + n % 16, -10.0),)) for n in range(128)
    ]
    inputs = noise(128, 500)
    heard = rendered(strips, inputs, buses=16, isa=isa)
    assert error_db(heard, desk(strips, inputs.astype(np.float64), 16)) < SUM_ERROR_DB
