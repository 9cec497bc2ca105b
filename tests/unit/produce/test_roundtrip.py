"""Noise that was played is found in what came in: to the frame, or not at all."""

import numpy as np
import pytest
from numpy.typing import NDArray

from studiod.produce.roundtrip import NothingHeardError, find_roundtrip, noise_of

RATE_HZ = 48_000
LONG = RATE_HZ // 2


def back(delay: int, gain: float = 1.0, noise_level: float = 0.0, seed: int = 2) -> NDArray[np.float32]:
    """What comes in of a pass: late, at another level, with noise of its own."""
    noise = noise_of(RATE_HZ)
    heard = np.random.default_rng(seed).normal(0.0, noise_level + 1e-9, LONG)
    heard[delay : delay + len(noise)] += gain * noise[: LONG - delay]
    return heard.astype(np.float32)


@pytest.mark.parametrize("delay", [0, 1, 63, 64, 777, 12_000 - 1])
def test_a_cable_is_found_to_the_frame(delay: int) -> None:
    found = find_roundtrip(noise_of(RATE_HZ), [back(delay)] * 3)
    assert (found.frames, found.is_inverted) == (delay, False)
    assert found.gain_db == pytest.approx(0.0, abs=0.01)
    assert found.likeness == pytest.approx(1.0, abs=1e-6)


def test_level_and_polarity_are_told() -> None:
    found = find_roundtrip(noise_of(RATE_HZ), [back(300, -0.5)])
    assert (found.frames, found.is_inverted) == (300, True)
    assert found.gain_db == pytest.approx(-6.02, abs=0.01)


def test_a_room_as_loud_as_the_signal_does_not_matter() -> None:
    passes = [back(2345, 0.2, 0.02, seed) for seed in range(3)]
    assert find_roundtrip(noise_of(RATE_HZ), passes).frames == 2345


def test_silence_and_noise_of_others_are_nothing() -> None:
    for heard in (np.zeros(LONG, np.float32), back(0, 0.0, 0.1)):
        with pytest.raises(NothingHeardError, match="did not come in again"):
            find_roundtrip(noise_of(RATE_HZ), [heard])


def test_a_device_that_is_not_steady_is_said() -> None:
    with pytest.raises(NothingHeardError, match="after 100, 164 frames: the device is not steady"):
        find_roundtrip(noise_of(RATE_HZ), [back(100), back(164), back(100)])
