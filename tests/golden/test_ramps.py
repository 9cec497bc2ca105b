"""Nothing that is moved clicks: every gain walks, and meters fall as their standard says."""

import math

import numpy as np
import pytest

from tests.fakes.desk_rig import Rig, Samples
from tests.golden.reference import RATE_HZ, gain

TONE_HZ = 1000.0
RAMP_FRAMES = 480
LEVEL = 0.5
SILENCE_FRAMES = 10 * RATE_HZ
# What may happen while it plays, and by how much the gain of main left then walks in a ramp.
MOVES = {
    "mute": [("/strip/1/mute", 1.0)],
    "fader off": [("/strip/1/fader", -math.inf)],
    "fader up": [("/strip/1/fader", 5.0)],
    "pan": [("/strip/1/pan", 1.0)],
    "polarity": [("/strip/1/polarity", 1.0)],
    "trim": [("/strip/1/trim", -24.0)],
    "solo elsewhere": [("/strip/2/solo", 1.0)],
    "main": [("/main/fader", -math.inf)],
    "main mute": [("/main/mute", 1.0)],
    "filter": [("/strip/1/hpf/on", 1.0)],
    "filter sweep": [("/strip/1/hpf/on", 1.0), ("/strip/1/hpf", 400.0)],
    "send": [("/strip/1/send/1/level", 0.0)],
    "send pre": [("/strip/1/send/2/tap", 1.0)],
    "bus": [("/bus/2/fader", -math.inf)],
    "bus mute": [("/bus/2/mute", 1.0)],
    "ceiling": [("/main/limiter/ceiling", -24.0)],
}


def tone(frames: int, start: int = 0) -> Samples:
    wave = LEVEL * np.sin(2 * np.pi * TONE_HZ * np.arange(start, start + frames) / RATE_HZ)
    return np.stack([wave, np.zeros(frames)]).astype(np.float32)


@pytest.mark.parametrize("name", MOVES)
def test_no_move_makes_a_step_in_a_tone(name: str) -> None:
    with Rig.make(2, 2, outputs=4) as rig:
        rig.set("/strip/1/pan", -1.0)
        rig.set("/strip/1/fader", -6.0)
        rig.set("/strip/1/send/2/level", 0.0)
        before = rig.render(tone(RATE_HZ // 10))
        for address, value in MOVES[name]:
            rig.set(address, value, at_frame=RATE_HZ // 10 + 12)  # on the crest of the wave: the worst moment
        after = rig.render(tone(RATE_HZ // 10, RATE_HZ // 10))
        heard = np.concatenate([before, after], axis=1)
        steepest = 2 * math.pi * TONE_HZ / RATE_HZ * np.abs(heard).max()
        walk = 2 * gain(5.0) * LEVEL / RAMP_FRAMES  # the longest way, from one polarity to the other, in one ramp
        assert np.abs(np.diff(heard)).max() <= steepest + walk


def test_a_mute_is_silent_after_its_ramp_and_not_before() -> None:
    with Rig.make(2, 1) as rig:
        rig.set("/strip/1/pan", -1.0)
        rig.render(tone(480))
        rig.set("/strip/1/mute", 1.0)
        left = rig.render(tone(2000))[0]
        assert np.abs(left[RAMP_FRAMES - 60 : RAMP_FRAMES - 5]).max() > 0.0
        assert (left[RAMP_FRAMES + 1 :] == 0.0).all()


def test_the_peak_meter_shows_the_highest_sample_at_once() -> None:
    with Rig.make(1, 1) as rig:
        song = np.zeros((1, 64), np.float32)
        song[0, 63] = -0.8125
        rig.render(song)
        assert rig.block.snapshot().meters[0] == np.float32(0.8125)


def test_the_peak_meter_falls_20_db_in_1_7_s() -> None:
    with Rig.make(1, 1) as rig:
        rig.set("/strip/1/send/1/level", 0.0)
        rig.set("/strip/1/pan", -1.0)
        song = np.zeros((1, 1), np.float32)
        song[0, 0] = 0.5
        rig.render(song)
        rig.render(np.zeros((1, round(1.7 * RATE_HZ)), np.float32))
        strip, _, bus, _, left, right, *_ = rig.block.snapshot().meters
        for peak in (strip, bus, left):
            assert 20 * math.log10(peak / 0.5) == pytest.approx(-20.0, abs=0.1)
        assert right == 0.0


def test_the_mean_square_meter_settles_on_the_power_of_a_tone() -> None:
    with Rig.make(2, 1) as rig:
        rig.set("/strip/1/send/1/level", -6.0)
        rig.set("/strip/1/trim", 6.0)
        rig.set("/strip/1/pan", -1.0)
        rig.set("/strip/1/fader", -6.0)
        rig.render(tone(3 * RATE_HZ))
        meters = rig.block.snapshot().meters
        at = {"strip": meters[1], "bus": meters[5], "left": meters[8], "right": meters[9]}
        power = LEVEL**2 / 2
        expected = {"strip": power * gain(6.0) ** 2, "bus": power * gain(-6.0) ** 2, "left": power, "right": 0.0}
        assert at == pytest.approx(expected, rel=2e-3)


def test_the_mean_square_meter_integrates_over_300_ms() -> None:
    with Rig.make(1, 1) as rig:
        rig.render(np.full((1, round(0.3 * RATE_HZ)), 0.5, np.float32))
        assert rig.block.snapshot().meters[1] == pytest.approx(0.25 * (1 - math.exp(-1)), rel=1e-3)


def test_the_limiter_meter_shows_what_it_takes_away() -> None:
    with Rig.make(1, 1) as rig:
        rig.set("/strip/1/pan", -1.0)
        rig.set("/main/limiter/ceiling", -12.0)
        rig.render(np.full((1, 4800), 1.0, np.float32))
        assert 20 * math.log10(rig.block.snapshot().meters[-1]) == pytest.approx(-12.0, abs=0.01)
