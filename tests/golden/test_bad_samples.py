"""What is no sound comes in anywhere: it leaves nowhere, it is counted, and the desk plays on as if it had not been."""

import numpy as np
import pytest

from studiod.engine import ISAS
from studiod.link import MeterLayout, Operation
from tests.fakes.desk_rig import MONITOR_OUTPUTS, MONO_OUTPUT, Rig, Samples
from tests.golden.reference import gain
from tests.golden.stand import OUTPUTS, Settings, put
from tests.unit.engine.playing import Tape

STRIPS, BUSES, MATRICES = 5, 3, 2
INSERT_INPUT, TALKBACK_INPUT = 5, 6
INPUTS = 7
FRAMES, HIT = 8192, 3001
FAULTS = {
    "nan": np.nan,
    "inf": np.inf,
    "-inf": -np.inf,
    "huge": 3e38,
    "-huge": -1e30,
    "120 dBFS": float(1 << 20),
}
NOT_A_SAMPLE = float(1 << 20)
LEGAL = float((1 << 20) - 1)
"""The largest sample that is one: +120 dBFS."""
TINY = np.float32(1e-40)
"""A denormal."""

EVERYTHING: Settings = {
    **{f"/strip/{strip}/{word}": 1 for strip in range(1, STRIPS + 1) for word in ("hpf/on", "eq/on", "mono/on")},
    **{f"/strip/{strip}/eq/{band}/gain": 6 for strip in range(1, STRIPS + 1) for band in (1, 2, 3, 4)},
    **{f"/strip/{strip}/{what}/on": 1 for strip in (1, 2, 3) for what in ("gate", "comp", "delay")},
    **{f"/strip/{strip}/delay": 11 for strip in (1, 2, 3)},
    **{f"/strip/{strip}/send/{bus}/level": -3 for strip in range(1, STRIPS + 1) for bus in (1, 2)},
    **{f"/strip/{strip}/send/2/tap": strip % 3 for strip in range(1, STRIPS + 1)},
    **{f"/{kind}/eq/on": 1 for kind in ("bus/1", "matrix/1", "main", "mono")},
    **{f"/{kind}/eq/2/gain": -6 for kind in ("bus/1", "matrix/1", "main", "mono")},
    **{f"/{kind}/comp/on": 1 for kind in ("bus/1", "bus/2", "matrix/1", "main", "mono")},
    "/strip/2/gate/key": 1,
    "/strip/3/link": 1,
    "/strip/4/insert/on": 1,
    "/strip/4/insert/input": INSERT_INPUT + 1,
    "/strip/4/insert/latency": 100,
    "/strip/5/direct/output": 31,
    "/bus/1/send/3/level": 0,
    "/bus/1/matrix/1/level": 0,
    "/bus/2/main/on": 1,
    "/main/matrix/2/level": 0,
    "/talkback/on": 1,
    "/talkback/main": 1,
    "/talkback/bus/3": 1,
    "/monitor/source": 3,
    "/loudness/source": 1,
}
"""One of each thing a desk does."""

WAYS_IN = {
    "input": 0,
    "keyed input": 1,
    "input of a pair": 2,
    "insert return": INSERT_INPUT,
    "talkback": TALKBACK_INPUT,
}


def desk(settings: Settings, isa: str | None = None) -> Rig:
    rig = Rig.make(STRIPS, BUSES, matrices=MATRICES, inputs=INPUTS, outputs=OUTPUTS, ring_s=0.5, isa=isa)
    rig.talkback_input = TALKBACK_INPUT
    put(rig, settings)
    return rig


def noise(frames: int = FRAMES, level: float = 0.1, seed: int = 9) -> Samples:
    return np.random.default_rng(seed).uniform(-level, level, (INPUTS, frames)).astype(np.float32)


def hit(channel: int, value: float) -> Samples:
    """Noise with five such samples on one input."""
    samples = noise()
    samples[channel, HIT : HIT + 5] = value
    return samples


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("way", WAYS_IN)
@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_sample_is_heard_as_silence_everywhere_and_counted(isa: str, way: str, fault: str) -> None:
    with desk(EVERYTHING, isa) as rig, desk(EVERYTHING, isa) as other:
        heard, expected = rig.render(hit(WAYS_IN[way], FAULTS[fault])), other.render(hit(WAYS_IN[way], 0.0))
        assert heard.any()
        assert (heard == expected).all()
        told, clean = rig.block.snapshot(), other.block.snapshot()
    assert (told.bad_samples, told.resets) == (5, 0)
    assert (clean.bad_samples, clean.resets) == (0, 0)
    assert told.meters == clean.meters


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_tape_that_holds_what_is_no_sample_is_heard_as_silence_there(isa: str, fault: str) -> None:
    def played(value: float) -> tuple[Samples, int]:
        with desk(EVERYTHING, isa) as rig:
            tracks = hit(3, value)
            Tape(rig).cue({0: tracks[0], 3: tracks[3]})
            rig.ask(Operation.PLAY)
            return rig.render(noise(seed=10)[:, : FRAMES - 1024]), rig.block.snapshot().bad_samples

    heard, count = played(FAULTS[fault])
    expected, _ = played(0.0)
    assert heard.any()
    assert (heard == expected).all()
    assert count == 5


@pytest.mark.parametrize("isa", ISAS)
def test_a_channel_that_goes_astray_is_reset_and_counted_and_the_others_play_on_to_the_bit(isa: str) -> None:
    """The largest sample there is, turned up by 24 dB of trim and again by the equaliser."""
    settings: Settings = {
        **{f"/strip/{strip}/send/{bus}/level": 0 for strip, bus in ((1, 1), (2, 2), (3, 3))},
        **{f"/strip/{strip}/main/on": 0 for strip in (1, 3, 4, 5)},
        **{f"/strip/{strip}/eq/on": 1 for strip in (1, 2)},
        **{f"/strip/{strip}/eq/2/gain": 12 for strip in (1, 2)},
        "/strip/1/trim": 24,
        "/strip/1/comp/on": 1,
        "/strip/1/comp/mix": 50,
        "/strip/1/delay/on": 1,
        "/strip/1/delay": 10,
    }
    with desk(settings, isa) as rig, desk(settings, isa) as other:
        heard, expected = rig.render(hit(0, LEGAL)), other.render(hit(0, 0.0))
        told = rig.block.snapshot()
        assert told.resets == 1
        assert told.bad_samples == 0
        assert np.isfinite(told.meters).all()
        assert np.abs(heard).max() < NOT_A_SAMPLE
        others = [0, 1, 3, 4]  # main, buses 2 and 3
        assert (heard[others] == expected[others]).all()
        assert (heard[2, :HIT] == expected[2, :HIT]).all()
        more = noise(24_000, seed=12)
        afterwards, as_ever = rig.render(more)[:, -4800:], other.render(more)[:, -4800:]
        assert np.abs(as_ever[2]).max() > 0.1
        np.testing.assert_allclose(afterwards[2], as_ever[2], atol=1e-4)  # its delay, too, is back


UTMOST: Settings = {
    **{f"/vca/{vca}/fader": 10 for vca in range(1, 9)},
    **{f"/{kind}/vca/{vca}": 1 for vca in range(1, 9) for kind in ("strip/1", "bus/1", "bus/2", "bus/3", "matrix/1")},
    "/strip/1/trim": 24,
    "/strip/1/send/1/level": 10,
    "/bus/1/send/2/level": 10,
    "/bus/2/send/3/level": 10,
    "/bus/3/matrix/1/level": 10,
    "/bus/3/mono/on": 1,
    "/bus/3/main/on": 1,
    "/monitor/source": 4,
    "/monitor/level": 10,
}
"""Gain upon gain: no sample of it is at fault."""


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("is_filtered", [False, True])
def test_gain_upon_gain_leaves_nowhere_and_is_forgotten(isa: str, *, is_filtered: bool) -> None:
    chains = {"/bus/2/eq/on": 1, "/bus/2/eq/3/gain": 18, "/matrix/1/comp/on": 1} if is_filtered else {}
    main_at = MeterLayout(STRIPS, BUSES, MATRICES).main
    with desk({**UTMOST, **chains}, isa) as rig:
        heard = rig.render(hit(0, LEGAL))
        assert np.isfinite(heard).all()
        assert np.abs(heard[[2, 3, 4, 18, MONO_OUTPUT]]).max() < NOT_A_SAMPLE
        assert np.abs(heard[list(MONITOR_OUTPUTS)]).max() < NOT_A_SAMPLE * gain(10.0)
        assert np.abs(heard[:2]).max() <= gain(-0.9)  # what the limiter lets through
        told = rig.block.snapshot()
        assert told.resets > 0
        assert np.isfinite(told.meters).all()
        rig.render(np.zeros((INPUTS, 4800), np.float32))
        assert not rig.render(np.zeros((INPUTS, 480), np.float32)).any()
        meters = rig.block.snapshot().meters
        assert np.isfinite(meters).all()
        assert max(meters[main_at : main_at + 2]) <= 1.0


@pytest.mark.parametrize("isa", ISAS)
def test_main_hears_the_others_again_after_the_loudest_sample_there_is(isa: str) -> None:
    settings: Settings = {"/strip/2/pan": -1, "/strip/3/mute": 1, "/strip/4/mute": 1, "/strip/5/mute": 1}
    with desk(settings, isa) as rig:
        rig.render(hit(0, LEGAL))
        put(rig, {"/strip/1/mute": 1})
        rig.render(noise(96_000))  # the limiter comes back
        heard = rig.render(noise())[0]
        late = rig.block.snapshot().main_latency
        np.testing.assert_allclose(heard[late:], noise()[1, :-late], atol=1e-6)


@pytest.mark.parametrize("isa", ISAS)
def test_denormals_come_in_as_silence_and_none_leaves(isa: str) -> None:
    with desk(EVERYTHING, isa) as rig:
        assert not rig.render(np.full((INPUTS, FRAMES), TINY, np.float32)).any()
    with desk(EVERYTHING, isa) as rig:
        rig.render(noise(2048, 0.5))
        for _ in range(10):  # seconds, in which all that rings dies away
            dying = np.abs(rig.render(np.zeros((INPUTS, 48_000), np.float32)))
            assert not ((dying != 0.0) & (dying < np.finfo(np.float32).tiny)).any()
        assert dying.max() < 1e-30  # -600 dB: what a filter still holds where its next step rounds to nothing
