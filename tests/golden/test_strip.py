"""Every control of the strip does what its scale says, measured against the desk in float64; what is flat is exact."""

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
from tests.golden.stand import BEST_ISA, OUTPUTS, Settings, each_alone, in_step, put, rendered

FRAMES = 4096
SUM_ERROR_DB = -140.0
FILTER_ERROR_DB = -120.0
DISTORTION_DB = -140.0
GAIN_ERROR = 1.2e-7  # one step of a float32 under 1
CORNERS_HZ = (20.0, 31.5, 50.0, 80.0, 125.0, 250.0, 400.0)
EVERY_STRIP = 128
each_isa = pytest.mark.parametrize("isa", ISAS)


def noise(strips: int, frames: int = FRAMES, level: float = 0.25) -> Float64Array:
    samples = np.random.default_rng(11).uniform(-level, level, (strips, frames)).astype(np.float32)
    return np.asarray(samples, np.float64)


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


# -- exactness ---------------------------------------------------------------------------------------------------------


@each_isa
def test_the_path_at_unity_is_bit_exact(isa: str) -> None:
    """To main, to a bus from each tap, and through that bus and main to a matrix."""
    inputs = noise(1, level=1.0)
    with Rig.make(1, 3, isa=isa, outputs=OUTPUTS, matrices=2) as rig:
        put(rig, {"/strip/1/pan": 1.0, "/main/limiter/on": 0.0, "/strip/1/mono/on": 1.0})
        put(rig, {f"/strip/1/send/{bus}/level": 0.0 for bus in (1, 2, 3)})
        put(rig, {"/strip/1/send/2/tap": 1.0, "/strip/1/send/3/tap": 2.0})
        put(rig, {"/bus/1/matrix/1/level": 0.0, "/mono/matrix/2/level": 0.0})
        heard = in_step(rig, inputs)
    for row in (1, 2, 3, 4, 18, 19, 24):
        assert (heard[row] == inputs[0]).all(), row
    assert (heard[0] == 0.0).all()


@each_isa
def test_a_limiter_with_nothing_to_do_changes_no_bit(isa: str) -> None:
    inputs = noise(1, level=0.25)
    heard = rendered([Strip(pan=-1.0)], inputs, isa=isa, more={"/main/limiter/on": 1.0})
    assert (heard[0] == inputs[0]).all()


FLAT_STRIP: dict[str, Settings] = {
    "high-pass off": {"/hpf": 400.0, "/hpf/slope": 2.0},
    "gate off": {"/gate/threshold": 0.0, "/gate/range": 80.0, "/gate/key/filter": 3.0},
    "gate without a range": {"/gate/on": 1.0, "/gate/threshold": 0.0, "/gate/range": 0.0},
    "expander 1:1": {"/gate/on": 1.0, "/gate/mode": 1.0, "/gate/threshold": 0.0, "/gate/ratio": 1.0},
    "ducker that hears nothing": {"/gate/on": 1.0, "/gate/mode": 2.0, "/gate/threshold": 0.0},
    "insert off": {"/insert/output": 8.0, "/insert/input": 1.0},
}
FLAT: dict[str, Settings] = {
    "EQ off": {"/eq/1/gain": 12.0, "/eq/2/type": 0.0, "/eq/3/type": 5.0},
    "EQ at 0 dB": {"/eq/on": 1.0, "/eq/1/freq": 80.0, "/eq/2/q": 9.0, "/eq/4/freq": 12000.0},
    "bands off": {
        "/eq/on": 1.0,
        **{f"/eq/{band}/gain": 9.0 for band in range(1, 5)},
        **{f"/eq/{band}/on": 0.0 for band in range(1, 5)},
    },
    "compressor off": {"/comp/threshold": -60.0, "/comp/ratio": 100.0, "/comp/makeup": 12.0},
    "compressor 1:1": {"/comp/on": 1.0, "/comp/threshold": -60.0, "/comp/ratio": 1.0},
    "compressor under its knee": {"/comp/on": 1.0, "/comp/threshold": 0.0, "/comp/knee": 0.0, "/comp/detector": 1.0},
    "dry compressor": {"/comp/on": 1.0, "/comp/threshold": -60.0, "/comp/ratio": 20.0, "/comp/mix": 0.0},
    "delay off": {"/delay": 500.0},
    "delay of nothing": {"/delay/on": 1.0},
}


@each_isa
def test_what_is_flat_or_off_changes_no_bit_of_a_strip(isa: str) -> None:
    """Each by itself, and all that goes together."""
    flat = {**FLAT_STRIP, **FLAT}
    together = {
        word: value for settings in flat.values() for word, value in settings.items() if not word.endswith("/on")
    }
    inputs = noise(1, level=0.9)[0]
    heard = each_alone([*flat.values(), together], inputs, isa=isa)
    assert [name for name, row in zip([*flat, "together"], heard, strict=True) if (row != inputs).any()] == []


@pytest.mark.parametrize("name", FLAT)
def test_what_is_flat_or_off_changes_no_bit_of_a_sum(name: str) -> None:
    """Nor does main at full width and in balance."""
    inputs = noise(1, level=0.9)
    with Rig.make(1, 1, outputs=OUTPUTS, matrices=1) as rig:
        put(rig, {"/strip/1/pan/law": 3.0, "/strip/1/send/1/level": 0.0, "/strip/1/mono/on": 1.0})
        put(rig, {"/bus/1/matrix/1/level": 0.0, "/main/limiter/on": 0.0})
        for place in ("/bus/1", "/main", "/mono", "/matrix/1"):
            put(rig, FLAT[name], place)
        heard = in_step(rig, inputs)
    for row in (0, 1, 2, 18, 24):
        assert (heard[row] == inputs[0]).all(), row


def test_what_was_on_changes_no_bit_once_it_is_off() -> None:
    """A section fades out, and the delay with it; 50 ms later nothing is left of it."""
    on = {
        "/hpf/on": {"/hpf": 300.0, "/hpf/slope": 1.0},
        "/gate/on": {"/gate/threshold": 0.0, "/gate/range": 20.0},
        "/eq/on": {"/eq/1/gain": 12.0, "/eq/2/type": 5.0, "/eq/3/type": 0.0},
        "/comp/on": {"/comp/threshold": -40.0, "/comp/makeup": 6.0, "/comp/mix": 70.0},
        "/delay/on": {"/delay": 12.0},
        "/polarity": {},
    }
    inputs = noise(len(on), RATE_HZ // 5)
    with Rig.make(len(on), 1, outputs=8) as rig:
        for strip, (switch, settings) in enumerate(on.items(), 1):
            put(rig, {switch: 1.0, "/direct/output": float(strip), "/main/on": 0.0, **settings}, f"/strip/{strip}")
        before = rig.render(inputs.astype(np.float32))
        for strip, switch in enumerate(on, 1):
            rig.set(f"/strip/{strip}{switch}", 0.0)
        after = rig.render(inputs.astype(np.float32))
    settled = slice(RATE_HZ // 20, None)
    for row, switch in enumerate(on):
        assert (before[row, settled] != inputs[row, settled]).any(), switch
        assert (after[row, settled] == inputs[row, settled]).all(), switch


def test_mute_is_exact_silence_in_main_and_in_every_send() -> None:
    strip = Strip(is_muted=True, corner_hz=80.0, sends=(Send(1, 0.0), Send(2, 0.0, is_pre=True), Send(3, 0.0)))
    assert (rendered([strip], noise(1), more={"/strip/1/send/3/tap": 2.0, "/strip/1/eq/on": 1.0}) == 0.0).all()


@pytest.mark.parametrize("switch", ["/bus/1/mute", "/main/mute", "/mono/mute", "/matrix/1/mute"])
def test_a_sum_that_is_muted_is_exact_silence_and_the_others_play(switch: str) -> None:
    with Rig.make(1, 1, outputs=OUTPUTS, matrices=1) as rig:
        put(rig, {"/strip/1/send/1/level": 0.0, "/strip/1/mono/on": 1.0, "/mono/matrix/1/level": 0.0})
        put(rig, {"/main/limiter/on": 0.0, switch: 1.0})
        heard = in_step(rig, noise(1))
    silent = {"/bus/1/mute": {2}, "/main/mute": {0, 1}, "/mono/mute": {24, 18}, "/matrix/1/mute": {18}}[switch]
    for row in (0, 1, 2, 18, 24):
        assert (level_db(heard[row]) < -300.0) == (row in silent), row
        assert (heard[row] == 0.0).all() == (row in silent), row


@each_isa
def test_polarity_inverts_and_two_inversions_null(isa: str) -> None:
    inputs = np.repeat(noise(1), 2, axis=0)
    heard = rendered([Strip(pan=-1.0), Strip(is_inverted=True, pan=-1.0)], inputs, isa=isa)
    assert (heard[0] == 0.0).all()
    alone = each_alone([{"/polarity": 1.0}], inputs[:1], isa=isa)
    assert (alone[0] == -inputs[0]).all()


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_a_delay_is_exact_to_the_sample(rate_hz: int) -> None:
    times_ms = (1000.0 / rate_hz, 0.5, 1.0, 10.0, 33.333, 123.4, 499.99, 500.0)
    settings = [{"/delay/on": 1.0, "/delay": time_ms} for time_ms in times_ms]
    inputs = noise(1, rate_hz * 6 // 10)[0]
    heard = each_alone(settings, inputs, rate_hz=rate_hz)
    for time_ms, row in zip(times_ms, heard, strict=True):
        late = round(time_ms * rate_hz / 1000.0)
        assert late > 0
        assert (row[late:] == inputs[: len(inputs) - late]).all(), time_ms
        assert (row[:late] == 0.0).all(), time_ms


def test_sums_are_delayed_to_the_sample() -> None:
    late_ms = {"/bus/1": 100.0, "/bus/2": 0.02, "/main": 7.0, "/mono": 50.0, "/matrix/1": 499.0}
    rows = {"/bus/1": [2], "/bus/2": [3], "/main": [0, 1], "/mono": [24], "/matrix/1": [18]}
    inputs = noise(1, RATE_HZ)
    with Rig.make(1, 2, outputs=OUTPUTS, matrices=1) as rig:
        put(rig, {"/strip/1/pan/law": 3.0, "/strip/1/mono/on": 1.0, "/main/limiter/on": 0.0})
        put(rig, {"/strip/1/send/1/level": 0.0, "/strip/1/send/2/level": 0.0, "/mono/matrix/1/level": 0.0})
        for place, time_ms in late_ms.items():
            put(rig, {"/delay/on": 1.0, "/delay": time_ms}, place)
        heard = in_step(rig, inputs)
    for place, time_ms in late_ms.items():
        late = round((time_ms + (late_ms["/mono"] if place == "/matrix/1" else 0.0)) * RATE_HZ / 1000.0)
        for row in rows[place]:
            assert (heard[row, late:] == inputs[0, : RATE_HZ - late]).all(), place
            assert (heard[row, :late] == 0.0).all(), place


# -- distortion --------------------------------------------------------------------------------------------------------


def distortion_db(samples: Float64Array) -> float:
    """THD+N: all that is not the 997 Hz in one second of `samples`, over the 997 Hz."""
    spectrum = np.fft.rfft(samples[:RATE_HZ])
    tone = abs(spectrum[997])
    spectrum[997] = 0.0
    return level_db(np.sqrt(np.sum(np.abs(spectrum) ** 2)) / tone)


IN_THE_WAY: dict[str, Settings] = {
    "flat": {"/strip/1/pan": -1.0},
    "at the centre": {},
    "trimmed and faded": {"/strip/1/trim": 7.3, "/strip/1/fader": -9.1, "/strip/1/pan": -0.3, "/main/fader": -1.7},
    "bypassed": {
        "/strip/1/pan": -1.0,
        **{f"/strip/1{word}": value for word, value in FLAT_STRIP["gate off"].items()},
        **{f"{at}{word}": value for at in ("/strip/1", "/main") for word, value in FLAT["EQ off"].items()},
        **{f"{at}{word}": value for at in ("/strip/1", "/main") for word, value in FLAT["compressor off"].items()},
    },
    "switched in and flat": {
        "/strip/1/pan": -1.0,
        "/strip/1/gate/on": 1.0,
        "/strip/1/gate/threshold": -80.0,
        "/strip/1/eq/on": 1.0,
        "/main/eq/on": 1.0,
        "/strip/1/comp/on": 1.0,
        "/strip/1/comp/threshold": 0.0,
        "/strip/1/comp/knee": 0.0,
        "/strip/1/delay/on": 1.0,
        "/strip/1/delay": 3.0,
        "/main/comp/on": 1.0,
        "/main/comp/threshold": 0.0,
        "/main/comp/knee": 0.0,
    },
    "the limiter at 0 dBTP": {"/strip/1/pan": -1.0, "/main/limiter/on": 1.0, "/main/limiter/ceiling": 0.0},
}


@each_isa
@pytest.mark.parametrize("name", IN_THE_WAY)
def test_a_flat_strip_adds_less_noise_and_distortion_than_any_converter(name: str, isa: str) -> None:
    """997 Hz at -1 dBFS; the gate, where there is one, has had a second to open."""
    angle = 2.0 * np.pi * 997.0 * np.arange(2 * RATE_HZ) / RATE_HZ
    heard = rendered([Strip()], gain(-1.0) * np.sin(angle)[np.newaxis], isa=isa, more=IN_THE_WAY[name])
    assert level_db(heard[0, RATE_HZ:]) > -20.0
    assert distortion_db(heard[0, RATE_HZ:]) < DISTORTION_DB


def test_muted_inputs_leave_no_noise_and_no_crosstalk() -> None:
    """Everything switched in; what has no signal plays exact zeros beside what has."""
    settings = {"/hpf/on": 1.0, "/eq/on": 1.0, "/eq/2/gain": 9.0, "/comp/on": 1.0, "/gate/on": 1.0, "/gate/range": 10.0}
    inputs = noise(8)
    inputs[1::2] = 0.0
    heard = each_alone([settings] * 8, inputs, isa=BEST_ISA)
    assert (heard[1::2] == 0.0).all()
    assert (np.abs(heard[::2]).max(axis=1) > 0.01).all()
