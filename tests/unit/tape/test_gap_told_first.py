"""Silence that nobody played is told of before it is written: who is killed between leaves none that is not marked."""

import json
from pathlib import Path

import numpy as np

from studiod.link import TakeFrames
from studiod.link.order import TakeOrder, TrackOrder
from studiod.link.words import GAP_CAUSES
from studiod.tape.capture import TakeWriter
from studiod.tape.repair import repair_session
from tests.fakes.desk_rig import Rig

RATE_HZ = 48_000
PLAYED, MISSED, CAUSE = 3000, 5000, 1


def test_a_writer_killed_right_after_it_wrote_a_gap_has_told_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "takes" / "0001"
    order = TakeOrder(1, folder, 24, (TrackOrder(0, "strip-01.wav", 0, "Strip 1"),), "test")
    with Rig.make(strips=1, buses=0) as rig:
        rig.render(np.full((1, PLAYED), 0.25, np.float32))
        writer = TakeWriter(rig.block, order, TakeFrames(1, 0, None, 0), RATE_HZ)
        writer.open()
        writer.advance(rig.block.capture_head)
        writer.sync()
        rig.engine.skip(MISSED, CAUSE)
        writer.advance(rig.block.capture_head)  # what main delays, the tape may not read yet: not all of the gap
        rig.render(np.full((1, PLAYED), 0.25, np.float32))
        writer.advance(rig.block.capture_head)
        told = json.loads((folder / "take.json").read_text())["gaps"]
        writer.let_go()  # killed before anything more was made durable
    gap = {"start": PLAYED, "frames": MISSED, "cause": GAP_CAUSES[CAUSE]}
    assert told == [gap]
    (done,) = repair_session(tmp_path)
    assert done.frames > PLAYED + MISSED
    assert json.loads((folder / "take.json").read_text())["gaps"] == [gap]
