"""Commands that wait for their frame, and what is located amid rolling."""

import numpy as np
import pytest

from studiod.link import Operation
from tests.fakes.desk_rig import Rig, Samples
from tests.unit.engine.playing import Tape

BUS = 2
CROSS_FRAMES = 240
ROOM = 16
LENGTH = 20_000
BLOCKS = ([1], [63], [64], [65], [480], [1024], [333, 1])


def answers(rig: Rig) -> list[tuple[int, int]]:
    """Sequence number and frame of every answer, in their order."""
    found = []
    while (answer := rig.block.pop_answer()) is not None:
        found.append((answer[4], answer[3]))
    return found


def silence(rig: Rig, frames: int, blocks: list[int] | None = None) -> Samples:
    return np.array(rig.render(np.zeros((rig.block.inputs, frames), np.float32), blocks)[BUS])


@pytest.fixture
def rig() -> Rig:
    """Strip 1 plays its tape; it is heard on the bus as it is."""
    rig = Rig.make(1, 1)
    rig.set("/strip/1/monitor", 2.0)
    rig.set("/strip/1/send/1/level", 0.0)
    return rig


def test_commands_take_effect_at_their_frames_whatever_their_order(rig: Rig) -> None:
    with rig:
        late = rig.ask(Operation.STOP, at_frame=900)
        first = rig.ask(Operation.RECORD, slot=3, at_frame=100)
        second = rig.ask(Operation.PLAY, at_frame=100)
        now = rig.ask(Operation.LOCATE, slot=1, value=5.0)
        silence(rig, 1000)
        assert answers(rig) == [(now, 0), (first, 100), (second, 100), (late, 900)]
        (take,) = rig.block.snapshot().takes
        assert (take.start, take.stop, take.position) == (100, 100, 5)
        assert rig.block.snapshot().applied_seq == now  # the highest


def test_values_pass_a_command_that_waits(rig: Rig) -> None:
    with rig:
        rig.ask(Operation.PLAY, at_frame=50_000)
        rig.set("/strip/1/monitor", 1.0)
        assert not silence(rig, 64).any()
        heard = rig.render(np.full((1, 1000), 0.25, np.float32))[BUS]
        assert heard[-1] == np.float32(0.25)


def test_what_waits_can_be_let_go(rig: Rig) -> None:
    with rig:
        waiting = [rig.ask(Operation.PLAY, at_frame=200), rig.ask(Operation.STOP, at_frame=300)]
        silence(rig, 100)
        cancel = rig.ask(Operation.CANCEL)
        silence(rig, 1000)
        assert answers(rig) == [(waiting[0], 0), (waiting[1], 0), (cancel, 100)]
        assert rig.block.snapshot().position == 0


def test_a_command_too_many_holds_up_what_is_behind_it_and_is_not_lost(rig: Rig) -> None:
    with rig:
        seqs = [rig.ask(Operation.PLAY if n % 2 else Operation.STOP, at_frame=1000 - n) for n in range(ROOM + 1)]
        silence(rig, 2000)
        assert sorted(answers(rig)) == [(seq, 1000 - n) for n, seq in enumerate(seqs)]


def located_amid_rolling(blocks: list[int]) -> Samples:
    """2000 frames of a tape of 0.5, which at frame 1000 is gone from to one of -0.25 elsewhere."""
    with Rig.make(1, 1) as rig:
        rig.set("/strip/1/monitor", 2.0)
        rig.set("/strip/1/send/1/level", 0.0)
        tape = Tape(rig)
        tape.cue({0: np.full(LENGTH, 0.5, np.float32)}, position=131_072 - 1100)  # the ring's end is on the way over
        rig.ask(Operation.PLAY)
        silence(rig, 1000)
        tape.cue({0: np.linspace(-0.25, -0.3, LENGTH, dtype=np.float32)}, position=48_000, at_frame=2000)
        heard = silence(rig, 2000, blocks)
        assert rig.block.snapshot().position == 49_000
        assert rig.block.snapshot().dry_frames == 0
        return heard


def test_a_locate_amid_rolling_goes_over_from_one_tape_to_the_other() -> None:
    heard = located_amid_rolling([64])
    there = np.linspace(-0.25, -0.3, LENGTH, dtype=np.float32)
    assert (heard[:1000] == np.float32(0.5)).all()
    assert (heard[1000 + CROSS_FRAMES :] == there[CROSS_FRAMES:1000]).all()
    assert np.abs(np.diff(heard[999 : 1001 + CROSS_FRAMES])).max() < 1.1 * 0.75 / CROSS_FRAMES


def test_the_way_over_does_not_depend_on_blocks() -> None:
    heard = [located_amid_rolling(list(blocks)) for blocks in BLOCKS]
    assert all((one == heard[0]).all() for one in heard)


def test_a_loop_of_ten_passes_is_heard_without_a_break() -> None:
    """Both banks take turns; each pass is made ready while the one before it plays."""
    with Rig.make(1, 1) as rig:
        rig.set("/strip/1/monitor", 2.0)
        rig.set("/strip/1/send/1/level", 0.0)
        tape = Tape(rig)
        song = np.full(LENGTH, 0.5, np.float32)
        tape.cue({0: song})
        rig.ask(Operation.PLAY)
        silence(rig, 1000)
        for turn in range(10):
            tape.cue({0: song}, at_frame=3000 * (turn + 1))
            heard = silence(rig, 3000)
            assert np.abs(heard - 0.5).max() < 1e-6
        assert rig.block.snapshot().position == 1000
        assert rig.block.snapshot().dry_frames == 0
