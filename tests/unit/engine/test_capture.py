"""The capture rings hold what came in and what went out, sample for sample, at the engine's frame."""

import numpy as np
import pytest

from tests.fakes.desk_rig import Rig, Samples

STRIPS, BUSES = 3, 2
LEFT, RIGHT = STRIPS + BUSES, STRIPS + BUSES + 1


def song(frames: int, seed: int = 5) -> Samples:
    return np.random.default_rng(seed).uniform(-0.3, 0.3, (STRIPS, frames)).astype(np.float32)


@pytest.fixture
def rig() -> Rig:
    """Rings of a power of two over 0.2 s: 16384 frames."""
    rig = Rig.make(STRIPS, BUSES, ring_s=0.2)
    rig.set("/strip/2/trim", 6.0)
    rig.set("/strip/2/send/1/level", 0.0)
    rig.set("/strip/3/send/2/level", -3.0)
    rig.set("/bus/2/fader", -6.0)
    return rig


@pytest.mark.parametrize("blocks", [[1024], [1000], [64, 1]])
def test_the_rings_hold_inputs_buses_and_main_across_their_end(rig: Rig, blocks: list[int]) -> None:
    with rig:
        whole, chunks = song(50_000), []
        size = rig.block.capture_frames
        for start in range(0, 50_000, 10_000):
            outputs = rig.render(whole[:, start : start + 10_000], blocks)
            chunks.append(outputs)
            late = rig.block.snapshot().main_latency
            head = start + 10_000 - late
            assert rig.block.capture_head == head
            first = max(0, head + late - size)
            for channel in range(STRIPS):
                held = rig.captured(channel, first, head - first)
                assert (held == whole[channel, first:head]).all()
        played = np.concatenate(chunks, axis=1)
        first, kept = head + late - size, size - late
        for channel, output, delay in ((STRIPS, 2, 0), (STRIPS + 1, 3, 0), (LEFT, 0, late), (RIGHT, 1, late)):
            assert np.abs(played[output]).max() > 0.05
            heard = played[output, first + delay : head + delay]
            assert (rig.captured(channel, first, kept) == heard).all()  # main, too, where it belongs


def test_inputs_are_kept_before_trim_whether_armed_or_not(rig: Rig) -> None:
    with rig:
        whole = song(1500)
        rig.set("/strip/2/mute", 1.0)
        rig.render(whole)
        assert (rig.captured(1, 0, 1000) == whole[1, :1000]).all()


def test_an_input_that_the_host_lacks_is_kept_as_exact_silence(rig: Rig) -> None:
    with rig:
        whole = song(1000)
        rig.render(whole)
        rig.render(whole[:1])
        rig.render(whole)
        assert (rig.captured(0, 1000, 1000) == whole[0]).all()
        assert (rig.captured(1, 1000, 1000) == 0.0).all()


def test_outputs_without_a_bus_are_silent(rig: Rig) -> None:
    with rig:
        assert (rig.render(song(500))[2 + BUSES :] == 0.0).all()


def test_a_host_with_fewer_outputs_gets_what_it_has(rig: Rig) -> None:
    with rig:
        outputs = np.full((1, 500), np.nan, np.float32)
        rig.engine.render(song(500), outputs)
        assert np.isfinite(outputs).all()
        assert np.abs(outputs).max() > 0.05


def test_a_host_without_outputs_is_recorded_all_the_same(rig: Rig) -> None:
    with rig:
        whole = song(1000)
        rig.engine.render(whole, np.empty((0, 1000), np.float32))
        assert (rig.captured(2, 0, 500) == whole[2, :500]).all()
