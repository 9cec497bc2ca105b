"""What is flat or off changes no bit, what is muted is silence, a delay is whole samples, and nothing distorts."""

import numpy as np
import pytest

from studiod.engine import ISAS
from tests.fakes.desk_rig import Rig
from tests.golden.reference import RATE_HZ, Float64Array, Send, Strip, gain, level_db
from tests.golden.stand import BEST_ISA, OUTPUTS, Settings, each_alone, in_step, noise, put, rendered

DISTORTION_DB = -140.0
each_isa = pytest.mark.parametrize("isa", ISAS)


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
