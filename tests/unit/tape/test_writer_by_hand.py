"""A take written by hand-turned parts: what is in the files is what was in the rings, whatever happens between."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.link import Operation, TakeFrames
from studiod.link.order import TakeOrder, TrackOrder
from studiod.tape import TapeMachine
from studiod.tape.capture import TakeWriter
from studiod.tape.repair import repair_session
from studiod.tape.takefiles import WriterOptions
from studiod.tape.wavfile import DATA_AT
from tests.fakes.desk_rig import Rig

RATE_HZ = 48000


def ramp(channels: int, frames: int, start: int = 0) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Each channel counts frames in 24-bit steps; channel c begins 1000 c higher."""
    counts = np.arange(start, start + frames)[None, :] + 1000 * np.arange(channels)[:, None]
    return (counts % (1 << 23) / (1 << 23)).astype(np.float32)


def order(folder: Path, channels: int, take_id: int = 1, bits: int = 24) -> TakeOrder:
    tracks = tuple(TrackOrder(n, f"strip-{n + 1:02d}.wav", n, f"Strip {n + 1}") for n in range(channels))
    return TakeOrder(take_id, folder, bits, tracks, "test")


def counts_in(path: Path) -> list[int]:
    samples, _ = soundfile.read(path, dtype="int32")
    return list(np.asarray(samples, np.int64) >> 8)


@pytest.mark.parametrize("is_polyphonic", [False, True])
@pytest.mark.parametrize("bits", [16, 24, 32])
def test_files_hold_what_the_rings_held(tmp_path: Path, bits: int, *, is_polyphonic: bool) -> None:
    with Rig.make(strips=2, buses=0) as rig:
        sound = np.round(ramp(2, 25_000) * (1 << 15)) / (1 << 15)
        rig.render(sound.astype(np.float32))
        options = WriterOptions(is_polyphonic=is_polyphonic)
        take = TakeFrames(1, 1000, 24_333, 0)
        writer = TakeWriter(rig.block, order(tmp_path / "0001", 2, bits=bits), take, RATE_HZ, options)
        writer.open()
        writer.advance(rig.block.capture_head)
        writer.close()
        about = json.loads((tmp_path / "0001" / "take.json").read_text())
        assert (about["frames"], len(about["files"])) == (23_333, 1 if is_polyphonic else 2)
        for channel in range(2):
            path = tmp_path / "0001" / about["tracks"][channel]["file"]
            samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
            assert rate_hz == RATE_HZ
            assert np.array_equal(samples[:, about["tracks"][channel]["channel"]], sound[channel, 1000:24_333])


def test_a_writer_after_one_that_died_before_its_headers_claims_what_is_there(tmp_path: Path) -> None:
    with Rig.make(strips=1, buses=0) as rig:
        rig.render(ramp(1, 1473))
        first = TakeWriter(rig.block, order(tmp_path / "0001", 1), TakeFrames(1, 0, None, 0), RATE_HZ)
        first.open()
        first.advance(1473)
        first.let_go()
        second = TakeWriter(rig.block, order(tmp_path / "0001", 1), TakeFrames(1, 0, 1473, 0), RATE_HZ)
        second.open()
        second.close()
    assert counts_in(tmp_path / "0001" / "strip-01.wav") == list(range(1473))


@settings(max_examples=30)
@given(cuts=st.lists(st.integers(1, 1500), min_size=1, max_size=6), keeps=st.data())
def test_a_writer_that_dies_anywhere_is_followed_by_one_that_misses_nothing(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], keeps: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("take") / "0001"
    with Rig.make(strips=3, buses=0) as rig:
        done = 0
        for frames in cuts:
            rig.render(ramp(3, frames, done))
            done += frames
            writer = TakeWriter(rig.block, order(folder, 3), TakeFrames(1, 0, None, 0), RATE_HZ)
            writer.open()
            writer.advance(rig.block.capture_head)
            if keeps.draw(st.booleans()):
                writer.sync()
            writer.let_go()
            # killed between two tracks: one file is shorter by any number of bytes
            path = folder / f"strip-{keeps.draw(st.integers(1, 3)):02d}.wav"
            os.truncate(path, DATA_AT + keeps.draw(st.integers(0, 3 * writer.written)))
        rig.render(ramp(3, rig.block.snapshot().main_latency, done))  # until the tape may read the last frame
        writer = TakeWriter(rig.block, order(folder, 3), TakeFrames(1, 0, done, 0), RATE_HZ)
        writer.open()
        writer.advance(rig.block.capture_head)
        writer.close()
    for channel in range(3):
        assert counts_in(folder / f"strip-{channel + 1:02d}.wav") == [n + 1000 * channel for n in range(done)]


def test_the_header_claims_only_what_was_made_durable(tmp_path: Path) -> None:
    with Rig.make(strips=1, buses=0) as rig:
        rig.render(ramp(1, 3000))
        writer = TakeWriter(rig.block, order(tmp_path / "0001", 1), TakeFrames(1, 0, None, 0), RATE_HZ)
        writer.open()
        writer.advance(2000)
        path = tmp_path / "0001" / "strip-01.wav"
        assert soundfile.info(path).frames == 0
        writer.sync()
        assert soundfile.info(path).frames == 2000
        writer.advance(3000)
        assert soundfile.info(path).frames == 2000
        writer.close()
        assert soundfile.info(path).frames == 3000


def test_what_the_ring_no_longer_holds_is_an_exact_gap_and_the_length_stays_true(tmp_path: Path) -> None:
    with Rig.make(strips=1, buses=0, ring_s=0.1, block_frames=256) as rig:
        writer = TakeWriter(rig.block, order(tmp_path / "0001", 1), TakeFrames(1, 0, None, 0), RATE_HZ)
        writer.open()
        rig.render(ramp(1, 1000))
        writer.advance(rig.block.capture_head)
        rig.render(ramp(1, 3 * rig.block.capture_frames, 1000))
        head = rig.block.capture_head
        writer.take = TakeFrames(1, 0, head, 0)
        writer.advance(head)
        writer.close()
    document = json.loads((tmp_path / "0001" / "take.json").read_text())
    (gap,) = document["gaps"]
    assert gap["cause"] == "tape late"
    values = counts_in(tmp_path / "0001" / "strip-01.wav")
    assert len(values) == document["frames"] == head
    end = gap["start"] + gap["frames"]
    assert values[gap["start"] : end] == [0] * gap["frames"]
    assert values[: gap["start"]] == list(range(gap["start"]))
    assert values[end:] == list(range(end, head))


@settings(max_examples=40)
@given(lengths=st.lists(st.integers(3 * 700, 4000), min_size=2, max_size=2))
def test_a_take_that_was_cut_off_is_made_whole_and_doing_it_twice_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int]
) -> None:
    session = tmp_path_factory.mktemp("session")
    folder = session / "takes" / "0001"
    with Rig.make(strips=2, buses=0) as rig:
        rig.render(ramp(2, 1500))
        writer = TakeWriter(rig.block, order(folder, 2), TakeFrames(1, 0, None, 0), RATE_HZ)
        writer.open()
        writer.advance(700)
        writer.sync()
        writer.advance(1300)
        writer.let_go()
    for number, length in enumerate(lengths):
        os.truncate(folder / f"strip-{number + 1:02d}.wav", DATA_AT + length)
    whole = min(lengths) // 3
    (repaired,) = repair_session(session)
    assert repaired.frames == whole
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert repair_session(session) == []
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for channel in range(2):
        values = counts_in(folder / f"strip-{channel + 1:02d}.wav")
        heard = min(whole, 1300)
        assert values[:heard] == [n + 1000 * channel for n in range(heard)]
        assert len(values) == whole
    assert json.loads((folder / "take.json").read_text())["state"] == "repaired"


def test_the_machine_follows_the_engine_from_record_to_stop(tmp_path: Path) -> None:
    now = [0.0]
    with Rig.make(strips=2, buses=0) as rig:
        machine = TapeMachine(rig.block, tmp_path, RATE_HZ, 0.25, lambda: now[0])
        machine.start()
        rig.block.store_order(1, order(tmp_path / "takes" / "0001", 2).to_json())
        rig.render(ramp(2, 777))
        rig.ask(Operation.RECORD, slot=1)
        for turn in range(20):
            rig.render(ramp(2, 1000, 777 + 1000 * turn))
            now[0] += 1000 / RATE_HZ
            machine.turn()
        rig.ask(Operation.STOP)
        rig.render(ramp(2, 1000, 20777))
        now[0] += 1.0
        machine.turn()
        status = machine.status()
        machine.stop()
    assert status["finished"] == 1
    assert status["next_id"] == 2
    document = json.loads((tmp_path / "takes" / "0001" / "take.json").read_text())
    assert (document["state"], document["frames"], document["start_frame"]) == ("good", 20000, 777)
    assert counts_in(tmp_path / "takes" / "0001" / "strip-02.wav") == [n + 1000 for n in range(777, 20777)]
