"""Checksums, clips, latency and drift by themselves, and in a take."""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from studiod.link import TakeFrames
from studiod.link.order import TakeOrder, TrackOrder
from studiod.tape.capture import TakeWriter
from studiod.tape.proof import Checks, Clips, ClockDrift, Latency
from studiod.tape.takefiles import WriterOptions
from tests.fakes.desk_rig import Rig
from tests.fakes.tape_take import TakeOnDisk

RATE_HZ = 48000


def rows(path: Path, tracks: int) -> list[tuple[int, ...]]:
    return list(struct.iter_unpack(f"<{tracks}I", path.read_bytes()[16:]))


def feed(checks: Checks, sound: list[bytes], begin: int, end: int, width: int) -> None:
    """Frames begin to end of every track, in pieces that do not cross a second."""
    while begin < end:
        frames = min(end - begin, checks.frames_to_row(), 7)
        for track, packed in enumerate(sound):
            checks.add(track, packed[begin * width : (begin + frames) * width])
        checks.step(frames)
        begin += frames


@given(
    length=st.integers(0, 95),
    stops=st.lists(st.integers(0, 95), max_size=5),
    dies_at=st.integers(0, 95),
    lies=st.integers(0, 20),
)
def test_rows_are_those_of_the_bytes_however_often_it_goes_back_or_begins_again(
    tmp_path_factory: pytest.TempPathFactory, length: int, stops: list[int], dies_at: int, lies: int
) -> None:
    path = tmp_path_factory.mktemp("checks") / "checks.crc"
    sound = [bytes(n % 251 for n in range(3 * track, 3 * track + 3 * length)) for track in range(2)]
    checks = Checks(2, 10)
    checks.open(path, 0)
    for stop in sorted(min(stop, length) for stop in stops):
        feed(checks, sound, checks.frame, stop, 3)
        checks.store()
        feed(checks, sound, stop, min(stop + lies, length), 3)
        checks.rewind()
        assert checks.frame == stop
        if stop >= dies_at:
            checks.let_go()
            checks = Checks(2, 10)
            checks.open(path, stop)
            assert checks.frame == 10 * (stop // 10)
            feed(checks, sound, checks.frame, stop, 3)
    feed(checks, sound, checks.frame, length, 3)
    checks.close()
    expected = [tuple(zlib.crc32(packed[at : at + 30]) for packed in sound) for at in range(0, 3 * length, 30)]
    assert rows(path, 2) == expected


def test_no_row_is_in_the_file_before_its_sound_is_durable(tmp_path: Path) -> None:
    checks = Checks(1, 10)
    checks.open(tmp_path / "checks.crc", 0)
    feed(checks, [bytes(90)], 0, 30, 3)
    assert rows(tmp_path / "checks.crc", 1) == []
    checks.store()
    assert len(rows(tmp_path / "checks.crc", 1)) == 3
    checks.let_go()


def test_a_run_at_full_scale_that_goes_on_in_the_next_piece_is_one_run() -> None:
    clips = Clips()
    clips.add(0, 100, [(10, 5), (95, 5)], 0)
    clips.add(1, 100, [(99, 1)], 0)
    assert not clips.runs
    clips.keep()
    clips.add(0, 200, [(0, 3), (50, 1)], 2)
    clips.add(1, 200, [(1, 1)], 0)
    clips.keep()
    assert list(clips.runs) == [(0, 110, 5), (0, 195, 8), (1, 199, 1), (0, 250, 1), (1, 201, 1)]
    assert clips.more == 2


def test_a_take_that_clips_all_the_time_lists_a_thousand_runs_and_counts_the_others() -> None:
    clips = Clips()
    for piece in range(40):
        clips.add(0, 1000 * piece, [(10 * n, 5) for n in range(50)], 7)
    clips.keep()
    assert len(clips.runs) == 1000
    assert clips.more == 40 * 57 - 1000


@pytest.mark.parametrize("bits", [16, 24, 32])
def test_clips_are_told_where_they_are_and_only_they(tmp_path: Path, bits: int) -> None:
    sound = np.zeros((2, 130_000), np.float32)
    sound[0, 1000:1010] = 2.0
    sound[0, 2000] = -1.0
    sound[0, 3000] = 0.999
    sound[1, 65_000:66_600] = 1.0  # over the border of a piece
    tracks = tuple(TrackOrder(n, f"strip-{n + 1:02d}.wav", n, f"Strip {n + 1}") for n in range(2))
    with Rig.make(strips=2, buses=0, ring_s=3.0) as rig:
        rig.render(sound)
        stop = rig.block.capture_head
        order = TakeOrder(1, tmp_path / "0001", bits, tracks, "test")
        take = TakeFrames(1, 500, stop, 0)
        writer = TakeWriter(rig.block, order, take, RATE_HZ, WriterOptions(pre_frames=500))
        writer.open()
        writer.advance(stop)
        writer.close()
    about = json.loads((tmp_path / "0001" / "take.json").read_text())
    found = sorted((clip["file"], clip["start"], clip["frames"]) for clip in about["clips"])
    assert found == [("strip-01.wav", 500, 10), ("strip-01.wav", 1500, 1), ("strip-02.wav", 64_500, 1600)]
    assert about["clips_more"] == 0
    heard, _ = soundfile.read(tmp_path / "0001" / "strip-01.wav", dtype="float32")
    assert heard[1000] >= 0.9999
    assert TakeOnDisk(tmp_path / "0001").checks() == TakeOnDisk(tmp_path / "0001").checks_of_files()


def test_latency_counts_below_each_edge_and_beyond_the_last() -> None:
    latency = Latency()
    for milliseconds in (0.5, 1.0, 1.5, 150.0, 30_000.0):
        latency.add(milliseconds / 1000.0)
    told = latency.to_json()
    assert len(told["counts"]) == len(told["edges"]) + 1
    assert told["counts"][:2] == [1, 2]
    assert told["counts"][told["edges"].index(200)] == 1
    assert told["counts"][-1] == 1
    assert Latency(told["counts"]).to_json() == told


@pytest.mark.parametrize("ppm", [-300.0, -5.0, 0.0, 37.0])
def test_drift_is_found_through_jitter_and_after_a_day(ppm: float) -> None:
    drift = ClockDrift(RATE_HZ)
    jitter = np.random.default_rng(4).uniform(0.0, 2e6, 86_400)
    for second in range(86_400):
        frame = round(second * RATE_HZ * (1.0 + ppm * 1e-6))
        drift.add(0, frame, 10**15 + second * 10**9 + int(jitter[second]))
    assert drift.ppm == pytest.approx(ppm, abs=0.1)


def test_drift_says_nothing_before_it_knows_and_begins_anew_with_a_new_engine() -> None:
    drift = ClockDrift(RATE_HZ)
    for second in range(10):
        drift.add(0, RATE_HZ * second, second * 10**9)
    assert drift.ppm is None
    for second in range(10, 30):
        drift.add(1, RATE_HZ * second + 5000, second * 10**9)
    assert drift.ppm == pytest.approx(0.0, abs=0.01)
