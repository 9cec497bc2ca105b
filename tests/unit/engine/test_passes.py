"""Strips that sound after others: what plays a bus shares its vector with strips that have played already."""

import numpy as np
import pytest

from studiod.engine import ISAS
from tests.fakes.desk_rig import Rig, Samples

RATE_HZ = 48_000
FRAMES = 9_600
BUS_1 = 3.0  # /strip/n/source: input, oscillator, click, then the buses


def hum() -> Samples:
    """Two inputs, 50 Hz on the first."""
    inputs = np.zeros((2, FRAMES), np.float32)
    inputs[0] = 0.1 * np.sin(2 * np.pi * 50.0 / RATE_HZ * np.arange(FRAMES))
    return inputs


def second_of_two(isa: str) -> Rig:
    """Strip 1 goes into bus 1 only; strip 2 plays bus 1 into main."""
    rig = Rig.make(2, 1, isa=isa)
    rig.set("/strip/1/main/on", 0.0)
    rig.set("/strip/1/send/1/level", 0.0)
    rig.set("/strip/2/source", BUS_1)
    return rig


@pytest.mark.parametrize("isa", ISAS)
def test_the_filters_of_a_strip_that_plays_a_bus_work_from_the_start(isa: str) -> None:
    with second_of_two(isa) as plain, second_of_two(isa) as filtered:
        filtered.set("/strip/2/hpf/on", 1.0)
        filtered.set("/strip/2/hpf", 400.0)
        before, after = plain.render(hum())[0, FRAMES // 2 :], filtered.render(hum())[0, FRAMES // 2 :]
        assert np.abs(before).max() > 0.05
        assert np.abs(after).max() < 0.02 * np.abs(before).max()  # three octaves under a corner of 12 dB/oct: -36 dB


@pytest.mark.parametrize("isa", ISAS)
def test_what_is_no_sample_is_counted_once_however_often_its_vector_is_looked_at(isa: str) -> None:
    with second_of_two(isa) as rig:
        inputs = hum()
        inputs[0, 1000] = np.nan
        rig.render(inputs)
        assert rig.block.snapshot().bad_samples == 1
