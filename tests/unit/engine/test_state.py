"""An engine goes on exactly where another one stood: what it tells when a take begins, and what is applied then."""

import struct

import numpy as np
import pytest

from studiod.engine import ISAS
from studiod.link import Operation
from tests.fakes.desk_rig import Rig, Samples
from tests.unit.engine.playing import Tape
from tests.unit.engine.songs import MATRICES, OUTPUTS, SONG, STRIPS, band, queue, song_rig, start_mix

RECORD = struct.Struct("<IIdQQ")  # control_record of ext/block.h
ROOM = 65_536
BLOCKS = 480
TAPE = 8  # OP_TAPE


def applied(rig: Rig) -> list[tuple[int, int, float, int, int]]:
    _, raw = rig.block.take_applied()
    return list(RECORD.iter_unpack(raw))


def go_on(isa: str, start: int, inputs: Samples) -> tuple[Samples, Samples]:
    """What a song plays from frame `start` on: live, and by an engine that was told the state and what was applied."""
    with song_rig(isa) as live:
        start_mix(live)
        queue(live, SONG, ((start, Operation.RECORD, 5),))
        first = live.render(inputs, [64])
        assert live.block.snapshot().take_id == 5
        state = live.block.state()
        records = applied(live)
    assert state is not None
    assert (state.take_id, state.frame) == (5, start)
    held = {index: samples for index, samples in state.lines.items() if samples is not None}
    assert held.keys() == state.lines.keys()
    with song_rig(isa) as other:
        other.engine.restore(state.blob, held)
        assert other.engine.frame == start
        for operation, slot, value, frame, _ in records:
            if frame >= start and operation == Operation.SET:
                assert other.block.push_control(Operation.SET, slot, value, frame, 0)
        return first[:, start:], other.render(np.ascontiguousarray(inputs[:, start:]), [BLOCKS])


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("start", [1, 1010, 3333, 5003])
def test_an_engine_goes_on_to_the_bit_where_another_stood(isa: str, start: int) -> None:
    live, again = go_on(isa, start, band())
    assert np.abs(live).max() > 0.05
    assert (live == again).all()


def test_it_would_be_noticed_if_the_delay_lines_were_missing() -> None:
    with song_rig() as live:
        start_mix(live)
        queue(live, SONG, ((3333, Operation.RECORD, 5),))
        first = live.render(band(), [64])
        state = live.block.state()
    assert state is not None
    assert state.lines
    with song_rig() as other:
        other.engine.restore(state.blob, {})
        again = other.render(np.ascontiguousarray(band()[:, 3333:]), [64])
        assert not (first[:, 3333:3500] == again[:, :167]).all()


def test_before_a_take_there_is_no_state() -> None:
    with song_rig() as rig:
        rig.render(band())
        assert rig.block.state() is None


def test_a_line_that_has_gone_round_is_not_told() -> None:
    with song_rig() as rig:
        start_mix(rig)
        rig.set("/strip/5/delay", 7.0)
        rig.set("/strip/5/delay/on", 1.0)
        rig.render(band())
        rig.ask(Operation.RECORD, slot=1)
        rig.render(band())
        state = rig.block.state()
        assert state is not None
        assert [samples is not None for samples in state.lines.values()] == [True]
        for _ in range(8):
            rig.render(band())
        state = rig.block.state()
        assert state is not None
        assert list(state.lines.values()) == [None]


@pytest.mark.parametrize("size", [0, 1000])
def test_a_state_of_another_engine_is_refused(size: int) -> None:
    with song_rig() as rig, pytest.raises(ValueError, match=f"a state of {size} bytes; this engine's has"):
        rig.engine.restore(bytes(size), {})


@pytest.mark.parametrize(
    ("index", "frames", "what"), [(-1, 1, "no delay line"), (10**6, 1, "no delay line"), (0, 1 << 20, "it holds fewer")]
)
def test_a_line_that_cannot_be_is_refused(index: int, frames: int, what: str) -> None:
    with song_rig() as live:
        live.ask(Operation.RECORD, slot=1)
        live.render(band())
        state = live.block.state()
    assert state is not None
    with song_rig() as rig, pytest.raises(ValueError, match=what):
        rig.engine.restore(state.blob, {index: bytes(4 * frames)})


def test_everything_obeyed_is_told_with_its_frame() -> None:
    with song_rig() as rig:
        queue(rig, SONG)
        rig.render(band())
        sets = [(slot, frame) for operation, slot, _, frame, _ in applied(rig) if operation == Operation.SET]
        assert sets == [(rig.registry.slot(move.address), move.frame) for move in SONG]


def test_a_tape_that_comes_and_goes_is_told() -> None:
    with Rig.make(STRIPS, 1, outputs=OUTPUTS, matrices=MATRICES) as rig:
        rig.set("/strip/1/monitor", 2.0)
        Tape(rig).cue({0: np.zeros(1024, np.float32)})
        rig.ask(Operation.PLAY)
        rig.render(band(), [64])
        told = [(operation, slot, frame) for operation, slot, _, frame, _ in applied(rig)]
        assert told == [(Operation.LOCATE, 1, 0), (Operation.PLAY, 0, 0), (TAPE, 1, 0), (TAPE, 0, 1024)]


def test_what_nobody_takes_is_counted() -> None:
    with Rig.make(1, 1) as rig:
        _ = rig.engine
        slot = rig.registry.slot("/strip/1/fader")
        for turn in range(18):
            for n in range(4000):
                assert rig.block.push_control(Operation.SET, slot, n / 4000, 0, 0)
            rig.render(np.zeros((1, 64), np.float32))
            assert rig.block.snapshot().applied_lost == max(4000 * (turn + 1) - ROOM, 0)
        assert rig.block.lost_span == (16 * 64, 17 * 64)
        assert len(applied(rig)) == ROOM
