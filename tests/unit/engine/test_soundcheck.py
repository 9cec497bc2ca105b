"""The virtual soundcheck: one switch, and every strip plays its track instead of its input."""

import numpy as np
import pytest

from studiod.link import Operation
from tests.fakes.desk_rig import Rig, Samples
from tests.unit.engine.playing import Tape

FRAMES = 6000
RAMP_FRAMES = 480
SETTLED = RAMP_FRAMES + 2
INPUT_LEVEL = 0.25
AUTO, INPUT, TAPE = 0.0, 1.0, 2.0
SOURCE_BUS_1 = 3.0


def tape_samples(frames: int = FRAMES) -> Samples:
    return np.random.default_rng(3).uniform(-0.4, 0.4, frames).astype(np.float32)


@pytest.fixture
def rig() -> Rig:
    """Both strips hear the same constant, and are heard on a bus each, as they are."""
    rig = Rig.make(2, 2, inputs=2)
    rig.set("/strip/1/send/1/level", 0.0)
    rig.set("/strip/2/send/2/level", 0.0)
    return rig


def play(rig: Rig, frames: int, blocks: list[int] | None = None) -> tuple[Samples, Samples]:
    """What the two buses play."""
    heard = rig.render(np.full((2, frames), INPUT_LEVEL, np.float32), blocks)
    return np.array(heard[2]), np.array(heard[3])


@pytest.mark.parametrize("monitor", [AUTO, INPUT, TAPE])
@pytest.mark.parametrize(
    ("operation", "arm"), [(Operation.PLAY, 0.0), (Operation.RECORD, 0.0), (Operation.RECORD, 1.0)]
)
def test_a_strip_plays_its_track_whatever_it_monitors_or_records(
    rig: Rig, monitor: float, operation: Operation, arm: float
) -> None:
    with rig:
        rig.set("/strip/1/monitor", monitor)
        rig.set("/strip/1/arm", arm)
        rig.set("/soundcheck", 1.0)
        tape = tape_samples()
        Tape(rig).cue({0: tape})
        rig.ask(operation, 1)
        assert (play(rig, 4000)[0][SETTLED:] == tape[SETTLED:4000]).all()


def test_a_strip_without_a_track_is_silent(rig: Rig) -> None:
    with rig:
        Tape(rig).cue({0: tape_samples()})
        rig.set("/strip/2/monitor", INPUT)
        rig.ask(Operation.PLAY)
        assert (play(rig, 1000)[1] == np.float32(INPUT_LEVEL)).all()
        rig.set("/soundcheck", 1.0)
        assert (play(rig, 1000)[1][SETTLED:] == 0.0).all()


def test_every_strip_is_silent_while_nothing_rolls(rig: Rig) -> None:
    with rig:
        rig.set("/soundcheck", 1.0)
        Tape(rig).cue({0: tape_samples()})
        first, second = play(rig, 1000)
        assert (first[SETTLED:] == 0.0).all()
        assert (second[SETTLED:] == 0.0).all()


def test_inputs_come_back_when_it_ends_also_amid_rolling(rig: Rig) -> None:
    with rig:
        rig.set("/strip/1/monitor", INPUT)
        rig.set("/soundcheck", 1.0)
        Tape(rig).cue({0: tape_samples()})
        rig.ask(Operation.PLAY)
        play(rig, 1000)
        rig.set("/soundcheck", 0.0)
        first, second = play(rig, 1000)
        assert (first[SETTLED:] == np.float32(INPUT_LEVEL)).all()
        assert (second[SETTLED:] == np.float32(INPUT_LEVEL)).all()


def test_the_switch_is_heard_as_a_fade_never_as_a_step(rig: Rig) -> None:
    with rig:
        Tape(rig).cue({0: np.full(FRAMES, -0.5, np.float32)})
        rig.set("/strip/1/monitor", INPUT)
        rig.ask(Operation.PLAY)
        play(rig, 1000)
        rig.set("/soundcheck", 1.0)
        first, _ = play(rig, 1000)
        assert first[0] == pytest.approx(INPUT_LEVEL, abs=0.01)
        assert first[-1] == -0.5
        assert np.abs(np.diff(first)).max() <= (INPUT_LEVEL + 0.5) / RAMP_FRAMES * 1.01


def test_a_strip_that_plays_a_bus_goes_on_playing_it(rig: Rig) -> None:
    """The return of an effect has no input: a soundcheck without reverb checks nothing."""
    with rig:
        rig.set("/strip/2/source", SOURCE_BUS_1)
        rig.set("/soundcheck", 1.0)
        tape = tape_samples()
        Tape(rig).cue({0: tape})
        rig.ask(Operation.PLAY)
        play(rig, 1000)
        first, second = play(rig, 3000)
        assert np.abs(second).max() > 0.0
        assert (second == first).all()


def test_what_comes_in_is_captured_as_it_comes(rig: Rig) -> None:
    with rig:
        rig.set("/soundcheck", 1.0)
        Tape(rig).cue({0: tape_samples()})
        rig.ask(Operation.RECORD, 1)
        play(rig, 1000)
        assert (rig.captured(0, 0, 800) == np.float32(INPUT_LEVEL)).all()


@pytest.mark.parametrize("blocks", [[1], [64], [1024], [333, 1]])
def test_it_sounds_the_same_in_blocks_of_any_size(rig: Rig, blocks: list[int]) -> None:
    with rig, Rig.make(2, 2, inputs=2) as other:
        heard = []
        for desk, sizes in ((rig, blocks), (other, [1000])):
            desk.set("/strip/1/send/1/level", 0.0)
            Tape(desk).cue({0: tape_samples()})
            desk.ask(Operation.PLAY)
            play(desk, 1000, sizes)
            desk.set("/soundcheck", 1.0)
            heard.append(play(desk, 1000, sizes)[0])
        assert (heard[0] == heard[1]).all()


def test_an_engine_that_restarts_is_still_in_the_soundcheck(rig: Rig) -> None:
    with rig:
        rig.set("/soundcheck", 1.0)
        play(rig, 1000)
        rig.restart_engine()
        assert (play(rig, 1000)[0][SETTLED:] == 0.0).all()
