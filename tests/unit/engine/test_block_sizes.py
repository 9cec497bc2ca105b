"""What comes out does not depend on how it is cut into blocks, nor on which run it is."""

import hashlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studiod.engine import ISAS
from studiod.link import MeterLayout
from studiod.model.console import console_parameters
from tests.fakes.desk_rig import Samples, layout
from tests.unit.engine.songs import (
    BUSES,
    FRAMES,
    MATRICES,
    OUTPUTS,
    SONG,
    STRIPS,
    TRANSPORT,
    Move,
    band,
    queue,
    song_rig,
    start_mix,
)

SIZES = ([1], [63], [64], [65], [480], [1024], [1, 7, 64, 333, 65, 128, 1023])
each_isa = pytest.mark.parametrize("isa", ISAS)

Everything = tuple[Samples, list[Samples], tuple[float, ...], tuple[object, ...], int]


def everything(isa: str, blocks: list[int], moves: tuple[Move, ...] = SONG, frames: int = FRAMES) -> Everything:
    """Outputs, capture rings, meters, takes and counted faults of the song in blocks of these sizes."""
    with song_rig(isa) as rig:
        start_mix(rig)
        queue(rig, moves, TRANSPORT)
        song = band(frames=frames)
        song[6, frames // 2] = np.nan
        outputs = rig.render(song, blocks)
        told = rig.block.snapshot()
        rings = [rig.captured(channel, 0, rig.block.capture_head) for channel in range(STRIPS + BUSES + 2)]
        # the limiter's reading is of the last block, however long that was
        at = MeterLayout(STRIPS, BUSES, MATRICES).main + 4
        return outputs, rings, (*told.meters[:at], *told.meters[at + 1 :]), told.takes, told.bad_samples


def same(one: Everything, other: Everything) -> bool:
    return (
        one[0].tobytes() == other[0].tobytes()
        and [ring.tobytes() for ring in one[1]] == [ring.tobytes() for ring in other[1]]
        and one[2:] == other[2:]
    )


@each_isa
def test_a_render_in_any_block_size_is_bit_equal(isa: str) -> None:
    whole = everything(isa, SIZES[0])
    assert np.abs(whole[0][0]).max() > 0.1  # there is something to compare
    assert [sizes for sizes in SIZES if not same(whole, everything(isa, sizes))] == []


@each_isa
def test_two_runs_give_the_same_bits(isa: str) -> None:
    hashes = {hashlib.sha256(everything(isa, [256])[0].tobytes()).hexdigest() for _ in range(2)}
    assert len(hashes) == 1


FEW_FRAMES = 1500
STEERED = [
    spec for spec in console_parameters(layout(STRIPS, BUSES, MATRICES, STRIPS, OUTPUTS)) if spec.engine is not None
]
moves = st.lists(
    st.builds(
        lambda frame, spec, travel: Move(frame, spec.address, spec.from_travel(travel)),
        st.integers(0, FEW_FRAMES),
        st.sampled_from(STEERED),
        st.floats(0.0, 1.0, width=32),
    ),
    max_size=40,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moves, st.lists(st.integers(1, 400), min_size=1, max_size=6))
def test_any_mix_in_any_blocks_is_bit_equal(some: list[Move], blocks: list[int]) -> None:
    script = tuple(sorted(some, key=lambda move: move.frame))
    assert same(everything(ISAS[-1], blocks, script, FEW_FRAMES), everything(ISAS[-1], [1024], script, FEW_FRAMES))
