"""What serves the whole desk, the way through the desk: monitor, talkback, oscillator, click."""

import math
from collections.abc import Mapping

import numpy as np
import pytest

from studiod.engine import Click, Oscillator
from studiod.link import Operation
from studiod.model.console.section import SHAPES
from tests.fakes.desk_rig import MONITOR_OUTPUTS, MONO_OUTPUT, Rig, Samples
from tests.golden.reference import RATE_HZ, Float64Array, gain
from tests.golden.stand import OUTPUTS, Settings, put
from tests.unit.engine.playing import Tape

STRIPS, BUSES = 3, 4
TALKBACK_INPUT = 3
SETTLED = 1000
FRAMES = 600
NOISE = np.random.default_rng(3).uniform(-0.1, 0.1, (4, SETTLED + FRAMES)).astype(np.float32)
MIX: Settings = {
    "/main/limiter/on": 0,
    "/strip/1/pan": -1,
    "/strip/2/pan": 1,
    "/strip/3/main/on": 0,
    "/strip/3/mono/on": 1,
    "/strip/1/send/1/level": -1,
    "/strip/2/send/2/level": -2,
    "/strip/3/send/3/level": -3,
}
BUS, MONITOR = 2, slice(MONITOR_OUTPUTS[0], MONITOR_OUTPUTS[1] + 1)
"""Outputs of bus 1 and of the monitor."""


def desk(settings: Mapping[str, float] | None = None) -> Rig:
    rig = Rig.make(STRIPS, BUSES, inputs=4, outputs=OUTPUTS, ring_s=0.5)
    rig.talkback_input = TALKBACK_INPUT
    put(rig, MIX)
    put(rig, settings or {})
    return rig


def heard(settings: Mapping[str, float]) -> Float64Array:
    """What every output plays of NOISE when all has come to rest."""
    with desk() as rig:
        _ = rig.engine
        put(rig, settings)
        return rig.render(NOISE).astype(np.float64)[:, SETTLED:]


# -- monitor -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "left", "right"), [(0, 0, 1), (1, MONO_OUTPUT, MONO_OUTPUT), (2, 2, 2), (4, 4, 4)])
def test_the_monitor_plays_what_its_source_says_to_the_bit(source: int, left: int, right: int) -> None:
    sound = heard({"/monitor/source": source})
    assert sound[left].any()
    assert (sound[MONITOR] == sound[[left, right]]).all()


@pytest.mark.parametrize("source", [2, 3])
def test_of_a_linked_pair_of_buses_the_monitor_plays_both_sides(source: int) -> None:
    sound = heard({"/monitor/source": source, "/bus/1/link": 1, "/strip/1/send/1/pan": -1, "/strip/2/send/1/level": 0})
    assert not (sound[BUS] == sound[BUS + 1]).all()
    assert (sound[MONITOR] == sound[[BUS, BUS + 1]]).all()


def test_dim_level_mono_and_mute_act_on_the_monitor_alone() -> None:
    plain = heard({})
    for settings, share in (
        ({"/monitor/level": -7.5}, gain(-7.5)),
        ({"/monitor/dim": 1}, gain(-20)),
        ({"/monitor/dim": 1, "/monitor/dim/level": -31, "/monitor/level": 2}, gain(-29)),
    ):
        sound = heard(settings)
        np.testing.assert_allclose(sound[MONITOR], plain[MONITOR] * share, rtol=1e-6, atol=1e-9)
        assert (sound[[0, 1, BUS, MONO_OUTPUT]] == plain[[0, 1, BUS, MONO_OUTPUT]]).all()
    assert not heard({"/monitor/mute": 1})[MONITOR].any()
    mono = heard({"/monitor/mono": 1})
    np.testing.assert_allclose(mono[MONITOR], [plain[MONITOR].mean(axis=0)] * 2, atol=1e-8)
    assert (mono[:2] == plain[:2]).all()


def test_a_solo_takes_the_place_of_the_source_at_its_own_level() -> None:
    sound = heard({"/strip/3/solo": 1, "/solo/level": -4, "/monitor/source": 1, "/monitor/dim": 1})
    expected = NOISE[2, SETTLED:].astype(np.float64) * gain(-4 - 20)
    np.testing.assert_allclose(sound[MONITOR], [expected] * 2, atol=1e-8)


# -- talkback ----------------------------------------------------------------------------------------------------------


def test_talkback_is_heard_at_its_destinations_and_nowhere_else() -> None:
    words = {"/talkback/bus/2": 1, "/talkback/level": -6, "/talkback/autodim": 0}
    silent, off = heard({}), heard(words)
    assert (off == silent).all()
    sound = heard(words | {"/talkback/on": 1})
    voice = NOISE[TALKBACK_INPUT, SETTLED:].astype(np.float64) * gain(-6)
    np.testing.assert_allclose(sound[BUS + 1] - silent[BUS + 1], voice, atol=2e-8)
    others = [output for output in range(OUTPUTS) if output != BUS + 1]
    assert (sound[others] == silent[others]).all()


def test_talkback_into_main_is_on_both_sides_to_the_bit() -> None:
    with desk({"/strip/1/mute": 1, "/strip/2/mute": 1, "/talkback/on": 1, "/talkback/main": 1}) as rig:
        sound = rig.render(NOISE)
        late = rig.block.snapshot().main_latency
    assert (sound[:2, SETTLED:] == NOISE[TALKBACK_INPUT, SETTLED - late : -late]).all()


@pytest.mark.parametrize(("autodim", "share"), [(1, gain(-20)), (0, 1.0)])
def test_the_monitor_is_dimmed_while_someone_talks_if_so_set(autodim: int, share: float) -> None:
    plain = heard({})
    sound = heard({"/talkback/on": 1, "/talkback/bus/2": 1, "/talkback/autodim": autodim})
    np.testing.assert_allclose(sound[MONITOR], plain[MONITOR] * share, rtol=1e-6, atol=1e-9)
    assert (sound[:2] == plain[:2]).all()


# -- oscillator --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_the_oscillator_plays_its_shape_into_buses_and_main(shape: str) -> None:
    settings = {"/oscillator/bus/4": 1, "/oscillator/main": 1, "/oscillator/level": -12, "/oscillator/freq": 997}
    silence = np.zeros((4, RATE_HZ // 5), np.float32)
    with desk(settings | {"/oscillator/shape": SHAPES.index(shape), "/oscillator/on": 1}) as rig:
        sound = rig.render(silence).astype(np.float64)
        late = rig.block.snapshot().main_latency
    alone = Oscillator(RATE_HZ)
    alone.set(shape, 997.0)
    expected = alone.run(silence.shape[1]).astype(np.float64) * gain(-12)
    np.testing.assert_allclose(sound[BUS + 3, SETTLED:], expected[SETTLED:], atol=1e-7)
    np.testing.assert_allclose(sound[:2, SETTLED + late :], [expected[SETTLED:-late]] * 2, atol=1e-7)
    others = [output for output in range(OUTPUTS) if output not in (0, 1, BUS + 3, *MONITOR_OUTPUTS)]
    assert not sound[others].any()


def test_an_oscillator_that_is_off_is_silence() -> None:
    with desk({"/oscillator/bus/4": 1, "/oscillator/main": 1}) as rig:
        assert not rig.render(np.zeros((4, 4800), np.float32)).any()


# -- click -------------------------------------------------------------------------------------------------------------

CLICK = {"/click/on": 1, "/click/bus/1": 1, "/click/level": -6, "/click/tempo": 133.7, "/click/beats": 2}
METRE = (133.7, 3, 1, 4.0)
"""Tempo, beats, clicks in a beat, accent in dB of CLICK."""


def silence(frames: int) -> Samples:
    return np.zeros((4, frames), np.float32)


def clicks(metre: tuple[float, int, int, float], *pieces: tuple[int, int]) -> Float64Array:
    """A click by itself over `pieces` (position, frames), at the level of CLICK."""
    alone = Click(RATE_HZ)
    alone.set(*metre)
    played = [alone.run(position, frames) for position, frames in pieces]
    return np.concatenate(played).astype(np.float64) * gain(-6)


@pytest.mark.parametrize("subdivision", [1, 2, 3, 4])
def test_clicks_of_a_song_are_on_their_frames(subdivision: int) -> None:
    with desk(CLICK | {"/click/subdivision": subdivision - 1}) as rig:
        assert not rig.render(silence(SETTLED)).any()  # nothing rolls
        rig.ask(Operation.PLAY)
        sound = rig.render(silence(100_000)).astype(np.float64)
    np.testing.assert_allclose(sound[BUS], clicks((133.7, 3, subdivision, 4.0), (0, 100_000)), atol=1e-7)
    assert not sound[[output for output in range(OUTPUTS) if output != BUS]].any()


@pytest.mark.parametrize("block", [[1024], [63]])
def test_clicks_follow_a_song_that_is_located_and_looped_in_mid_roll(block: list[int]) -> None:
    start, end, turns = 20_000, 52_345, 3
    with desk(CLICK) as rig:
        rig.render(silence(SETTLED))
        rig.ask(Operation.PLAY, at_frame=SETTLED)
        for turn in range(turns):
            at = SETTLED + 7_001 + turn * (end - start)
            rig.ask(Operation.LOCATE, 1 + turn, float(start), at_frame=at)
        sound = rig.render(silence(7_001 + turns * (end - start)), block)[BUS].astype(np.float64)
    expected = clicks(METRE, (0, 7_001), *[(start, end - start)] * turns)
    np.testing.assert_allclose(sound, expected, atol=1e-7)


def test_a_new_tempo_holds_from_its_frame_on() -> None:
    alone = Click(RATE_HZ)
    alone.set(*METRE)
    expected = [alone.run(0, 30_011)]
    alone.set(97.003, *METRE[1:])
    expected.append(alone.run(30_011, 60_000))
    with desk(CLICK) as rig:
        rig.render(silence(SETTLED))
        rig.ask(Operation.PLAY)
        rig.set("/click/tempo", 97.003, at_frame=SETTLED + 30_011)
        sound = rig.render(silence(90_011))[BUS].astype(np.float64)
    np.testing.assert_allclose(sound, np.concatenate(expected).astype(np.float64) * gain(-6), atol=1e-6)


def test_a_free_click_begins_where_it_is_switched_on_and_goes_on_when_the_song_rolls_by_the_song() -> None:
    with desk(CLICK | {"/click/on": 0, "/click/free": 1}) as rig:
        assert not rig.render(silence(SETTLED)).any()
        rig.set("/click/on", 1.0, at_frame=SETTLED + 333)
        sound = rig.render(silence(60_000))[BUS].astype(np.float64)
        np.testing.assert_allclose(sound[333 + 480 :], clicks(METRE, (0, 60_000 - 333))[480:], atol=1e-7)
        rig.ask(Operation.PLAY)
        rolls = rig.render(silence(60_000))[BUS].astype(np.float64)
    np.testing.assert_allclose(rolls[2000:], clicks(METRE, (0, 60_000))[2000:], atol=1e-7)


@pytest.mark.parametrize("latency", [0, 700])
def test_a_click_is_heard_with_the_beat_of_the_tape_behind_any_insert(latency: int) -> None:
    alone = Click(RATE_HZ)
    alone.set(*METRE)
    beat = alone.onset(2)
    tape = np.zeros(60_000, np.float32)
    tape[beat] = 0.5
    insert = {"/strip/2/insert/on": 1, "/strip/2/insert/latency": latency} if latency else {}
    with desk(CLICK | insert | {"/click/bus/1": 0, "/click/bus/4": 1, "/strip/1/send/1/level": 0}) as rig:
        rig.render(silence(SETTLED))
        Tape(rig).cue({0: tape})
        rig.ask(Operation.PLAY)
        sound = rig.render(silence(60_000))
    played = int(np.flatnonzero(sound[BUS])[0])
    assert played == beat + latency
    assert np.flatnonzero(sound[BUS + 3, beat - 2000 :])[0] + beat - 2000 == played
    assert math.isclose(float(sound[BUS, played]), 0.5)


def test_a_strip_that_returns_the_click_is_on_the_same_frame() -> None:
    with desk(CLICK | {"/strip/2/source": 2, "/strip/2/send/2/level": 0}) as rig:
        rig.render(silence(SETTLED))
        rig.ask(Operation.PLAY)
        sound = rig.render(silence(60_000))
    assert sound[BUS].any()
    assert (sound[BUS + 1] == sound[BUS]).all()
