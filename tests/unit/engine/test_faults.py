"""What no input may do: reach main as no number, or make the processor slow."""

import numpy as np
import pytest

from studiod.engine import ISAS
from studiod.link import MeterLayout, Operation
from tests.fakes.desk_rig import Rig, Samples
from tests.unit.engine.playing import Tape

NOT_SAMPLES = (np.nan, np.inf, -np.inf, 1e30, -1e30, float(1 << 20))
TINY = np.float32(1e-40)  # denormal
FRAMES = 4096


def levels(rig: Rig) -> list[float]:
    """Every meter that falls back to 0: all but the limiter's gain and loudness, which remembers."""
    told = rig.block.snapshot().meters
    at = MeterLayout(rig.block.strips, rig.block.buses, rig.block.matrices)
    return [told[i] for i in range(at.loudness) if i != at.main + 4]


def noise(channels: int, frames: int, level: float) -> Samples:
    return np.random.default_rng(7).uniform(-level, level, (channels, frames)).astype(np.float32)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("fault", NOT_SAMPLES)
def test_what_is_no_sample_is_silence_and_counted(isa: str, fault: float) -> None:
    with Rig.make(9, 1, isa=isa) as rig:
        rig.set("/strip/9/hpf/on", 1.0)
        rig.set("/strip/9/send/1/level", 0.0)
        clean = noise(9, FRAMES, 0.1)
        faulty = clean.copy()
        clean[8, 100:103] = 0.0
        faulty[8, 100:103] = fault
        heard = rig.render(faulty)
        told = rig.block.snapshot()
        assert not heard[0, : told.main_latency].any()
        with Rig.make(9, 1, isa=isa) as other:
            other.set("/strip/9/hpf/on", 1.0)
            other.set("/strip/9/send/1/level", 0.0)
            assert (heard == other.render(clean)).all()
        assert told.bad_samples == 3
        assert np.isfinite(told.meters).all()


def test_a_tape_with_what_is_no_sample_does_not_reach_main() -> None:
    with Rig.make(2, 1) as rig:
        tape = noise(1, FRAMES, 0.1)[0]
        tape[500] = np.nan
        tape[501] = 1e30
        Tape(rig).cue({0: tape})
        rig.ask(Operation.PLAY)
        assert np.isfinite(rig.render(np.zeros((2, FRAMES), np.float32))).all()
        assert rig.block.snapshot().bad_samples == 2


@pytest.mark.parametrize("isa", ISAS)
def test_denormals_are_silence_everywhere(isa: str) -> None:
    with Rig.make(2, 1, isa=isa) as rig:
        for strip in (1, 2):
            rig.set(f"/strip/{strip}/hpf/on", 1.0)
            rig.set(f"/strip/{strip}/send/1/level", 0.0)
        assert (rig.render(np.full((2, FRAMES), TINY, np.float32)) == 0.0).all()
        assert not any(levels(rig))


def test_filters_and_meters_die_away() -> None:
    with Rig.make(1, 1) as rig:
        rig.set("/strip/1/hpf/on", 1.0)
        rig.set("/strip/1/hpf", 400.0)
        rig.render(noise(1, FRAMES, 0.5))
        tail = np.zeros((1, 48_000), np.float32)
        for _ in range(60):  # the peak meter falls 20 dB in 1.7 s: 700 dB
            heard = rig.render(tail)
        assert (heard == 0.0).all()
        assert max(levels(rig)) < 1e-30  # -300 dB in power


def test_the_caller_keeps_its_own_denormals() -> None:
    with Rig.make(1, 1) as rig:
        rig.render(noise(1, 64, 0.1))
        assert np.full(4, TINY) * np.float32(1.0) == pytest.approx(TINY, rel=0.1)
        assert (np.full(4, TINY) * np.float32(1.0) > 0.0).all()
