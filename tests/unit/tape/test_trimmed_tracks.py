"""A track of a strip after trim, on disk: beside its input, and silent where nobody had armed it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from studiod.link import Operation
from studiod.link.order import TakeOrder, TrackOrder
from studiod.link.take import read_document
from studiod.tape import TapeMachine, TapeOptions
from studiod.tape.files import load_json
from studiod.tape.verify import verify_take
from tests.fakes.desk_rig import Rig, Samples

RATE_HZ, BITS, STRIPS = 48_000, 32, 2
TRIMMED = STRIPS + 2  # capture of strip 1 after trim: there are no buses
AGO, PAUSE, RECORDED = RATE_HZ, RATE_HZ // 4, 9600


def noise(frames: int) -> Samples:
    return np.random.default_rng(3).uniform(-0.3, 0.3, (STRIPS, frames)).astype(np.float32)


@pytest.mark.parametrize("is_polyphonic", [False, True])
def test_its_pre_record_holds_nothing_of_what_nobody_had_armed(tmp_path: Path, *, is_polyphonic: bool) -> None:
    """Armed long ago, then not, then again shortly before Record; the rings have gone round meanwhile."""
    now = [0.0]
    folder = tmp_path / "takes" / "0001"
    tracks = TrackOrder(0, "raw.wav", 0, "A"), TrackOrder(TRIMMED, "trimmed.wav", None, "A trimmed", "trimmed")
    with Rig.make(strips=STRIPS, buses=0, ring_s=1.0) as rig:
        options = TapeOptions(pre_record_s=0.5, is_polyphonic=is_polyphonic)
        machine = TapeMachine(rig.block, tmp_path, RATE_HZ, 0.25, lambda: now[0], list, options)
        machine.start()
        rig.block.store_order(1, TakeOrder(1, folder, BITS, tracks, "anna", "ben").to_json())
        played = noise(2 * AGO + PAUSE + RECORDED + 4800)
        rig.set("/strip/1/trim", -6.0)
        rig.set("/strip/1/trimmed/arm", 1.0)
        rig.render(played[:, :AGO])
        rig.set("/strip/1/trimmed/arm", 0.0)
        rig.render(played[:, AGO : 2 * AGO])
        rig.set("/strip/1/trimmed/arm", 1.0)
        start = 2 * AGO + PAUSE
        rig.render(played[:, 2 * AGO : start])
        rig.ask(Operation.RECORD, slot=1)
        rig.render(played[:, start : start + RECORDED])
        machine.turn()
        rig.ask(Operation.STOP)
        rig.render(played[:, start + RECORDED :])
        for _ in range(10):
            now[0] += 0.1
            machine.turn()
        machine.stop()
    document = read_document(load_json(folder / "take.json"))
    assert (document.frames, document.pre_frames, document.state) == (RECORDED, RATE_HZ // 2, "good")
    assert [(track.kind, track.strip) for track in document.tracks] == [("strip", 1), ("trimmed", None)]
    raw, trimmed = (
        soundfile.read(folder / track.file, dtype="float32", always_2d=True)[0][:, track.channel]
        for track in document.tracks
    )
    first = start - document.pre_frames
    assert (raw == played[0, first : start + RECORDED]).all()
    armed_at = 2 * AGO - first
    assert 0 < armed_at < document.pre_frames
    assert not trimmed[:armed_at].any()
    assert (trimmed[armed_at:] == raw[armed_at:] * np.float32(10 ** (-6 / 20))).all()
    assert verify_take(folder).faults == ()
