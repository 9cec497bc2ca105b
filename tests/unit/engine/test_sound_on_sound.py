"""Recording over what is there: the strip's tape is heard while it records, and its input with it."""

import numpy as np
import pytest

from studiod.link import Operation
from tests.fakes.desk_rig import Rig, Samples
from tests.unit.engine.playing import Tape

FRAMES = 6000
SETTLED = 482
INPUT_LEVEL = np.float32(0.25)
AUTO, INPUT, TAPE = 0.0, 1.0, 2.0


def sound() -> Samples:
    return np.random.default_rng(3).uniform(-0.4, 0.4, FRAMES).astype(np.float32)


@pytest.fixture
def rig() -> Rig:
    """Strip 1 is armed and is heard on a bus of its own."""
    rig = Rig.make(2, 2, inputs=2)
    rig.set("/strip/1/send/1/level", 0.0)
    rig.set("/strip/2/send/2/level", 0.0)
    rig.set("/strip/1/arm", 1.0)
    return rig


def play(rig: Rig, frames: int) -> tuple[Samples, Samples]:
    heard = rig.render(np.full((2, frames), INPUT_LEVEL, np.float32))
    return np.array(heard[2]), np.array(heard[3])


@pytest.mark.parametrize(
    ("monitor", "overlays", "input_gain", "tape_gain"),
    [(AUTO, 1.0, 1, 1), (AUTO, 0.0, 1, 0), (INPUT, 1.0, 1, 0), (TAPE, 1.0, 0, 1)],
)
def test_a_strip_that_follows_the_transport_hears_its_layers_and_its_input(
    rig: Rig, monitor: float, overlays: float, input_gain: int, tape_gain: int
) -> None:
    with rig:
        rig.set("/strip/1/monitor", monitor)
        tape = sound()
        Tape(rig).cue({0: tape})
        rig.ask(Operation.RECORD, 1, overlays)
        expected = tape[SETTLED:4000] * tape_gain + INPUT_LEVEL * np.float32(input_gain)
        assert (play(rig, 4000)[0][SETTLED:] == expected).all()
        assert (rig.captured(0, SETTLED, 3000) == INPUT_LEVEL).all()


def test_a_strip_without_a_layer_hears_its_input_and_one_that_is_not_armed_its_tape(rig: Rig) -> None:
    with rig:
        tape = sound()
        Tape(rig).cue({1: tape})
        rig.ask(Operation.RECORD, 1, 1.0)
        first, second = play(rig, 4000)
        assert (first == INPUT_LEVEL).all()
        assert (second[SETTLED:] == tape[SETTLED:4000]).all()


def test_it_ends_with_the_take_and_the_next_may_be_another(rig: Rig) -> None:
    with rig:
        tape = sound()
        Tape(rig).cue({0: tape})
        rig.ask(Operation.RECORD, 1, 1.0)
        play(rig, 1000)
        rig.ask(Operation.PLAY)
        assert (play(rig, 1000)[0][SETTLED:] == tape[1000 + SETTLED : 2000]).all()
        rig.ask(Operation.RECORD, 2)
        assert (play(rig, 1000)[0][SETTLED:] == INPUT_LEVEL).all()


def test_an_engine_that_restarts_amid_the_take_still_plays_the_layers(rig: Rig) -> None:
    with rig:
        tape = sound()
        Tape(rig).cue({0: tape})
        rig.ask(Operation.RECORD, 1, 1.0)
        play(rig, 1000)
        rig.restart_engine()
        at = rig.block.snapshot().position
        heard = play(rig, 1000)[0][SETTLED:]
        assert (heard == tape[at + SETTLED : at + 1000] + INPUT_LEVEL).all()
