"""What the tape plays comes through its strip, at its position; and who decides whether it does."""

import numpy as np
import pytest

from studiod.link import Operation
from tests.fakes.desk_rig import Rig, Samples
from tests.unit.engine.playing import Tape

FRAMES = 6000
RAMP_FRAMES = 480
INPUT_LEVEL = 0.25
AUTO, INPUT, TAPE = 0.0, 1.0, 2.0


def tape_samples(frames: int = FRAMES) -> Samples:
    return np.random.default_rng(3).uniform(-0.4, 0.4, frames).astype(np.float32)


@pytest.fixture
def rig() -> Rig:
    """Both strips are heard on the bus as they are; what comes in is a constant."""
    rig = Rig.make(2, 1, inputs=1)
    rig.set("/strip/1/send/1/level", 0.0)
    rig.set("/strip/2/send/1/level", 0.0)
    return rig


def play(rig: Rig, frames: int, blocks: list[int] | None = None) -> Samples:
    return np.array(rig.render(np.full((1, frames), INPUT_LEVEL, np.float32), blocks)[2])


@pytest.mark.parametrize("blocks", [[1], [64], [1024], [333, 1]])
def test_a_rolling_strip_plays_its_tape_sample_for_sample(rig: Rig, blocks: list[int]) -> None:
    with rig:
        tape = tape_samples()
        Tape(rig).cue({0: tape})
        rig.ask(Operation.PLAY, at_frame=1000)
        left = play(rig, 5000, blocks)
        assert (left[:1000] == np.float32(INPUT_LEVEL)).all()
        assert (left[1000 + RAMP_FRAMES + 2 :] == tape[RAMP_FRAMES + 2 : 4000]).all()


@pytest.mark.parametrize("position", [48_000, 131_072 - 100, 10**9])
def test_the_tape_plays_from_where_it_was_located(rig: Rig, position: int) -> None:
    with rig:
        tape = tape_samples()
        Tape(rig).cue({0: tape}, position)
        rig.ask(Operation.PLAY)
        assert (play(rig, 4000)[RAMP_FRAMES + 2 :] == tape[RAMP_FRAMES + 2 : 4000]).all()


def test_a_tape_opened_in_mid_song_plays_where_the_song_is(rig: Rig) -> None:
    with rig:
        rig.set("/strip/1/monitor", INPUT)
        tape = tape_samples()
        Tape(rig).cue({0: tape})
        rig.ask(Operation.PLAY)
        assert (play(rig, 2000) == np.float32(INPUT_LEVEL)).all()
        rig.set("/strip/1/monitor", TAPE)
        assert (play(rig, 2000)[RAMP_FRAMES + 2 :] == tape[2000 + RAMP_FRAMES + 2 : 4000]).all()


def test_an_engine_that_restarts_goes_on_reading_where_the_song_is(rig: Rig) -> None:
    with rig:
        tape = tape_samples(96_000)
        Tape(rig).cue({0: tape})
        rig.ask(Operation.PLAY)
        play(rig, 2000)
        rig.restart_engine()
        left = play(rig, 2000)
        assert (left[RAMP_FRAMES + 2 :] == tape[2000 + RAMP_FRAMES + 2 : 4000]).all()


def test_a_stop_fades_what_was_playing_even_when_it_is_located_away_at_once(rig: Rig) -> None:
    with rig:
        rig.set("/strip/1/monitor", TAPE)
        Tape(rig).cue({0: np.full(FRAMES, 0.5, np.float32)})
        rig.ask(Operation.PLAY)
        play(rig, 2000)
        rig.ask(Operation.STOP)
        rig.ask(Operation.LOCATE, 2, 0.0)
        left = play(rig, 1000)
        assert np.abs(np.diff(left)).max() <= 0.5 / RAMP_FRAMES * 1.01
        assert left[0] > 0.49
        assert (left[RAMP_FRAMES + 2 :] == 0.0).all()


def test_a_tape_that_is_not_there_in_time_is_silence_and_counted(rig: Rig) -> None:
    with rig:
        tape = Tape(rig)
        tape.cue({0: tape_samples()})
        rig.ask(Operation.PLAY)
        play(rig, 1000)
        tape.view.invalidate()
        assert (play(rig, 1024)[RAMP_FRAMES + 2 :] == 0.0).all()
        assert rig.block.snapshot().dry_frames == 1024


def test_a_tape_that_was_late_is_heard_when_it_comes(rig: Rig) -> None:
    with rig:
        late, samples = Tape(rig), tape_samples()
        late.generation = 1
        rig.set("/strip/1/monitor", TAPE)
        rig.ask(Operation.LOCATE, 1, 0.0)
        rig.ask(Operation.PLAY)
        assert (play(rig, 1000)[RAMP_FRAMES:] == 0.0).all()
        late.fill({0: samples})
        assert (play(rig, 2000)[RAMP_FRAMES + 2 :] == samples[1000 + RAMP_FRAMES + 2 : 3000]).all()


@pytest.mark.parametrize(
    ("monitor", "operation", "arm", "hears_tape"),
    [
        (AUTO, Operation.STOP, 0.0, False),
        (AUTO, Operation.PLAY, 0.0, True),
        (AUTO, Operation.PLAY, 1.0, True),
        (AUTO, Operation.RECORD, 0.0, True),
        (AUTO, Operation.RECORD, 1.0, False),
        (INPUT, Operation.PLAY, 0.0, False),
    ],
)
def test_a_strip_hears_what_its_monitor_switch_says(
    rig: Rig, monitor: float, operation: Operation, arm: float, *, hears_tape: bool
) -> None:
    with rig:
        rig.set("/strip/1/monitor", monitor)
        rig.set("/strip/1/arm", arm)
        tape = tape_samples()
        Tape(rig).cue({0: tape})
        rig.ask(operation, 1)
        heard = play(rig, 4000)[RAMP_FRAMES + 2 :]
        expected = tape[RAMP_FRAMES + 2 : 4000] if hears_tape else np.full_like(heard, INPUT_LEVEL)
        assert (heard == expected).all()


def test_a_strip_on_tape_is_silent_while_nothing_rolls(rig: Rig) -> None:
    with rig:
        rig.set("/strip/1/monitor", TAPE)
        Tape(rig).cue({0: tape_samples()})
        assert (play(rig, 1000) == 0.0).all()


def test_a_strip_with_nothing_on_tape_goes_on_playing_its_input(rig: Rig) -> None:
    with rig:
        Tape(rig).cue({1: tape_samples()})
        rig.ask(Operation.PLAY)
        left = play(rig, 4000)
        assert np.abs(left).max() > INPUT_LEVEL  # strip 2's tape is in it
        rig.set("/strip/2/mute", 1.0)
        assert (play(rig, 1000)[RAMP_FRAMES + 2 :] == np.float32(INPUT_LEVEL)).all()
