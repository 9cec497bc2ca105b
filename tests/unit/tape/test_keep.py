"""A take out of the black box is what was played, sample by sample, and stands on its own from then on."""

import json
import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.link import TAPE
from studiod.link.order import KeepOrder, TrackOrder
from studiod.link.timeline import Mark, timeline_to_json
from studiod.tape.blackbox_room import BlackBoxLimits
from studiod.tape.keep import stretches
from studiod.tape.library import load_document
from tests.fakes.blackbox_rig import RATE_HZ, BlackBoxRig, checks_of, track_bytes
from tests.fakes.desk_rig import Rig, Samples
from tests.fakes.wav_markers import markers_in

TURNS = 10_000


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[BlackBoxRig]:
    with Rig.make(strips=2, buses=0, ring_s=5.0) as rig:
        made = BlackBoxRig(rig, tmp_path / "library")
        made.box.start()
        yield made
        made.box.stop()


def order(studio: BlackBoxRig, first: int, last: int, number: int = 1, *, run: int = 0, inputs: int = 2) -> KeepOrder:
    tracks = tuple(TrackOrder(n, f"input-{n + 1:02d}-voice.wav", n, f"Voice {n + 1}", "input") for n in range(inputs))
    folder = studio.library / "session" / "takes" / f"{number:04d}"
    return KeepOrder(number, folder, tracks, first, last, 4711, None, run, "pedal")


def keep(studio: BlackBoxRig, wanted: KeepOrder) -> dict[str, Any]:
    """Order it through the shared block, and turn until it is done: take.json."""
    studio.rig.block.store_keep(wanted.to_json())
    for _ in range(TURNS):
        studio.box.turn()
        if studio.box.keeper.status()["keeps_done"] >= wanted.id:
            break
    assert studio.box.keeper.status()["keeps_failed"] == {}
    paper: dict[str, Any] = json.loads((wanted.folder / "take.json").read_text())
    return paper


def assert_is_what_was_played(folder: Path, paper: dict[str, Any], first: int, frames: int) -> None:
    assert (paper["start_frame"], paper["frames"]) == (first, frames)
    for channel, track in enumerate(paper["tracks"]):
        sound = track_bytes(folder, track)
        assert len(sound) == 3 * (paper["pre_frames"] + frames)
        values = np.frombuffer(sound, np.uint8).reshape(-1, 3).astype(np.int64) @ (1, 1 << 8, 1 << 16)
        expected = np.arange(first - paper["pre_frames"], first + frames) + 1000 * channel
        assert np.array_equal(values, expected % (1 << 23))
        seconds = [zlib.crc32(sound[at : at + 3 * RATE_HZ]) for at in range(0, len(sound), 3 * RATE_HZ)]
        assert checks_of(folder, len(paper["tracks"]))[channel] == seconds


def test_what_nobody_armed_is_kept_as_it_was_played(studio: BlackBoxRig) -> None:
    studio.play(7 * RATE_HZ + 321)
    last = studio.head
    wanted = order(studio, last - 4 * RATE_HZ, last)
    paper = keep(studio, wanted)
    assert_is_what_was_played(wanted.folder, paper, last - 4 * RATE_HZ, 4 * RATE_HZ)
    assert {key: paper[key] for key in ("version", "id", "state", "bits", "position", "recorded_by", "stopped_by")} == {
        "version": 2,
        "id": 1,
        "state": "good",
        "bits": 24,
        "position": 4711,
        "recorded_by": "blackbox",
        "stopped_by": "pedal",
    }
    assert [track["strip"] for track in paper["tracks"]] == [1, 2]
    assert paper["created_unix"] == pytest.approx(studio.wall_s - 4.0, abs=0.5)
    for name in paper["files"]:
        assert soundfile.info(wanted.folder / name).samplerate == RATE_HZ


def test_nothing_is_copied_where_files_can_have_two_names(studio: BlackBoxRig) -> None:
    studio.play(7 * RATE_HZ)
    wanted = order(studio, RATE_HZ, 5 * RATE_HZ)
    paper = keep(studio, wanted)
    assert studio.box.keeper.status()["kept"]["method"] in {"hard link", "reflink"}
    if studio.box.keeper.status()["kept"]["method"] == "hard link":
        assert {(wanted.folder / name).stat().st_nlink for name in paper["files"]} == {2}


def test_a_kept_take_outlives_the_black_box_and_is_never_written_again(studio: BlackBoxRig) -> None:
    studio.play(5 * RATE_HZ + 99)
    last = studio.head
    wanted = order(studio, 0, last)
    paper = keep(studio, wanted)
    before = {name: (wanted.folder / name).read_bytes() for name in paper["files"]}
    studio.box.limits = BlackBoxLimits(1, 1.0, 0)
    studio.play(20 * RATE_HZ)
    assert studio.chunks[0].first_frame > last
    assert {name: (wanted.folder / name).read_bytes() for name in paper["files"]} == before
    assert_is_what_was_played(wanted.folder, paper, 0, last)


def test_the_recording_goes_on_behind_a_keep_without_a_hole(studio: BlackBoxRig) -> None:
    for number in range(1, 6):
        studio.play(17_001)
        keep(studio, order(studio, 0, studio.head, number))
    last = studio.head
    wanted = order(studio, 0, last, 6)
    assert_is_what_was_played(wanted.folder, keep(studio, wanted), 0, last)
    assert studio.box.lost_frames == 0


@settings(max_examples=25, deadline=None)
@given(plays=st.lists(st.integers(1, 60_000), min_size=1, max_size=5), ends=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_any_stretch_can_be_kept_whatever_was_kept_before(
    tmp_path_factory: pytest.TempPathFactory, plays: list[int], ends: tuple[float, float]
) -> None:
    with Rig.make(strips=2, buses=0, ring_s=5.0) as rig:
        studio = BlackBoxRig(rig, tmp_path_factory.mktemp("library"), chunk_s=1.0)
        studio.box.start()
        for number, frames in enumerate(plays, 1):
            studio.play(frames + 112)
            if number % 2:
                studio.box.seal()
        first, last = sorted(max(round(end * studio.head), 1) for end in ends)
        first = min(first, last - 1)
        wanted = order(studio, first, last)
        assert_is_what_was_played(wanted.folder, keep(studio, wanted), first, last - first)
        studio.box.stop()


def test_what_was_not_held_any_more_is_left_out_and_said(studio: BlackBoxRig) -> None:
    studio.box.limits = BlackBoxLimits(10**12, 4.0, 0)
    studio.is_synchronised = False
    studio.play(30 * RATE_HZ)
    studio.later(60.0)
    held = studio.chunks[0].first_frame
    assert held > 0
    wanted = order(studio, 0, studio.head)
    paper = keep(studio, wanted)
    assert_is_what_was_played(wanted.folder, paper, held, studio.head - held)
    kept = studio.box.keeper.status()["kept"]
    assert kept["asked_s"] - kept["seconds"] == pytest.approx(held / RATE_HZ, abs=0.01)


def test_a_hole_is_silence_of_its_length_and_the_take_is_damaged(studio: BlackBoxRig) -> None:
    studio.play(2 * RATE_HZ + 5000)
    studio.play(2 * studio.rig.block.capture_frames, turns=False)
    studio.play(3 * RATE_HZ)
    last = studio.head
    wanted = order(studio, RATE_HZ, last)
    paper = keep(studio, wanted)
    assert paper["state"] == "damaged"
    assert paper["frames"] == last - RATE_HZ
    assert {gap["cause"] for gap in paper["gaps"]} == {"tape late"}
    for channel, track in enumerate(paper["tracks"]):
        sound = track_bytes(wanted.folder, track)
        values = np.frombuffer(sound, np.uint8).reshape(-1, 3).astype(np.int64) @ (1, 1 << 8, 1 << 16)
        expected = (np.arange(RATE_HZ - paper["pre_frames"], last) + 1000 * channel) % (1 << 23)
        for gap in paper["gaps"]:
            begin = gap["start"] + paper["pre_frames"]
            expected[begin : begin + gap["frames"]] = 0
        assert np.array_equal(values, expected)
        seconds = [zlib.crc32(sound[at : at + 3 * RATE_HZ]) for at in range(0, len(sound), 3 * RATE_HZ)]
        assert checks_of(wanted.folder, 2)[channel] == seconds


def test_an_input_that_was_never_kept_is_silence_and_said(studio: BlackBoxRig) -> None:
    studio.never = (2,)
    studio.new_box().start()
    studio.play(3 * RATE_HZ)
    wanted = order(studio, 0, 2 * RATE_HZ)
    paper = keep(studio, wanted)
    assert paper["state"] == "damaged"
    assert [gap["cause"] for gap in paper["gaps"]] == ["input missing"]
    assert set(track_bytes(wanted.folder, paper["tracks"][1])) == {0}
    assert set(track_bytes(wanted.folder, paper["tracks"][0])) != {0}


def test_an_earlier_run_can_be_kept_after_everything_died(studio: BlackBoxRig) -> None:
    studio.play(3 * RATE_HZ)
    studio.clock_name = "after the power cut"
    studio.new_box().start()
    studio.play(RATE_HZ)
    end = max(chunk.end for chunk in studio.box.shelf.runs[0].chunks)
    wanted = order(studio, RATE_HZ, end, run=1)
    assert_is_what_was_played(wanted.folder, keep(studio, wanted), RATE_HZ, end - RATE_HZ)


def test_an_order_that_was_half_done_when_it_was_killed_is_done_by_the_next(studio: BlackBoxRig) -> None:
    studio.play(5 * RATE_HZ)
    wanted = order(studio, 0, 4 * RATE_HZ)
    studio.rig.block.store_keep(wanted.to_json())
    studio.box.turn()  # linked, but not yet in its place
    assert not wanted.folder.exists()
    studio.clock_name = "another boot"
    studio.rig.block.store_keep("")
    studio.new_box().start()
    for _ in range(4):
        studio.box.turn()
    paper = json.loads((wanted.folder / "take.json").read_text())
    assert_is_what_was_played(wanted.folder, paper, 0, 4 * RATE_HZ)
    assert [path.name for path in wanted.folder.parent.iterdir()] == ["0001"]


def test_an_order_is_obeyed_once_also_by_a_tape_that_starts_anew(studio: BlackBoxRig) -> None:
    studio.play(3 * RATE_HZ)
    wanted = order(studio, 0, 2 * RATE_HZ)
    paper = keep(studio, wanted)
    studio.new_box().start()
    studio.play(RATE_HZ)
    status = studio.box.keeper.status()
    assert (status["keeps_done"], status["keeps_failed"]) == (1, {})
    assert json.loads((wanted.folder / "take.json").read_text()) == paper


def test_a_kept_take_that_was_thrown_away_is_not_made_again_by_the_next_tape(studio: BlackBoxRig) -> None:
    studio.play(3 * RATE_HZ)
    wanted = order(studio, 0, RATE_HZ)
    keep(studio, wanted)
    shutil.rmtree(wanted.folder)
    studio.rig.block.store_status(TAPE, json.dumps({"blackbox": studio.box.status()}))
    studio.new_box().start()
    studio.play(RATE_HZ)
    assert not wanted.folder.exists()
    assert studio.box.keeper.status()["keeps_done"] == 1


def test_why_nothing_was_kept_is_still_told_by_the_next_tape(studio: BlackBoxRig) -> None:
    wanted = order(studio, 100 * RATE_HZ, 200 * RATE_HZ)
    studio.rig.block.store_keep(wanted.to_json())
    studio.play(RATE_HZ)
    before = studio.box.keeper.status()
    assert before["keeps_failed"].keys() == {"1"}
    studio.rig.block.store_status(TAPE, json.dumps({"blackbox": studio.box.status()}))
    studio.new_box().start()
    studio.play(RATE_HZ)
    assert studio.box.keeper.status() == before


def test_nothing_can_be_kept_of_what_nobody_holds(studio: BlackBoxRig) -> None:
    studio.play(RATE_HZ)
    wanted = order(studio, 100 * RATE_HZ, 200 * RATE_HZ)
    studio.rig.block.store_keep(wanted.to_json())
    for _ in range(3):
        studio.box.turn()
    status = studio.box.keeper.status()
    assert "holds nothing of that time" in status["keeps_failed"]["1"]
    assert status["keeps_done"] == 1
    assert list(studio.library.glob("session/takes/*")) == []
    studio.play(RATE_HZ)
    assert studio.box.fault == ""


def test_a_take_that_is_there_is_not_touched(studio: BlackBoxRig) -> None:
    studio.play(3 * RATE_HZ)
    wanted = order(studio, 0, RATE_HZ, 2)
    studio.box.keeper.add(wanted)
    wanted.folder.mkdir(parents=True)
    (wanted.folder / "take.json").write_text("someone's")
    for _ in range(3):
        studio.box.turn()
    assert "File exists" in studio.box.keeper.status()["keeps_failed"]["2"] or "already" in str(studio.box.status())
    assert (wanted.folder / "take.json").read_text() == "someone's"


def test_sound_played_while_the_transport_rolled_lies_where_it_was_played(studio: BlackBoxRig) -> None:
    studio.play(4 * RATE_HZ)
    wanted = order(studio, 2 * RATE_HZ, 3 * RATE_HZ)
    rolling = KeepOrder(
        1, wanted.folder, wanted.tracks, wanted.first, wanted.last, wanted.position, -RATE_HZ, 0, wanted.by
    )
    assert keep(studio, rolling)["position"] == RATE_HZ


def test_another_filesystem_gets_a_copy_little_by_little_cut_to_the_second(studio: BlackBoxRig) -> None:
    shm = Path("/dev/shm")  # noqa: S108 - a filesystem of its own nearly everywhere
    if not shm.is_dir() or shm.stat().st_dev == studio.library.stat().st_dev:
        pytest.skip("there is no other filesystem")
    studio.play(8 * RATE_HZ + 77)
    far = shm / f"studiod-test-{os.getpid()}"
    wanted = order(studio, 3 * RATE_HZ + 1000, 7 * RATE_HZ + 40_000)
    try:
        wanted = KeepOrder(1, far / "takes" / "0001", wanted.tracks, wanted.first, wanted.last, 0, None, 0, "test")
        studio.rig.block.store_keep(wanted.to_json())
        studio.box.turn()
        keeping = studio.box.status()["keeping"]
        assert keeping["of_bytes"] == 2 * 3 * (4 * RATE_HZ + 40_000)
        studio.is_pressed = True
        studio.box.turn()
        assert 0 < studio.box.status()["keeping"]["bytes"] < keeping["of_bytes"]
        studio.is_pressed = False
        assert [chunk.pins for chunk in studio.chunks] == [0, 1, 1, 1, 0][: len(studio.chunks)]
        studio.box.shelf.make_room(0, 0.0, 0.0)
        assert [chunk.first_frame for chunk in studio.chunks] == [2 * RATE_HZ, 4 * RATE_HZ, 6 * RATE_HZ]
        paper = keep(studio, wanted)
        assert studio.box.keeper.status()["kept"]["method"] == "copy"
        assert paper["pre_frames"] == 1000
        assert_is_what_was_played(wanted.folder, paper, wanted.first, wanted.last - wanted.first)
        assert {(wanted.folder / name).stat().st_nlink for name in paper["files"]} == {1}
    finally:
        shutil.rmtree(far, ignore_errors=True)


def test_what_overlaps_is_taken_from_the_later_chunk(studio: BlackBoxRig) -> None:
    studio.play(RATE_HZ + 500)
    studio.box.seal()
    studio.play(700)
    studio.box.seal()
    studio.play(RATE_HZ)
    studio.box.seal()
    found = stretches(studio.chunks, 0, studio.head)
    assert [(part.begin, part.end) for part in found] == [
        (0, RATE_HZ),
        (RATE_HZ, 2 * RATE_HZ),
        (2 * RATE_HZ, studio.head),
    ]


# -- what the take shows for itself ------------------------------------------------------------------------------------


def clipping(channels: int, start: int, frames: int) -> Samples:
    """Silence but for full scale: channel 0 over the seam of two chunks, channel 1 for three frames of every second."""
    sound = np.full((channels, frames), 0.25, np.float32)
    at = np.arange(start, start + frames)
    sound[0, (at >= 2 * RATE_HZ - 5) & (at < 2 * RATE_HZ + 7)] = 1.0
    sound[1, at % RATE_HZ < 3] = -1.0
    return sound


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_clips_are_told_as_in_a_take_that_was_recorded(tmp_path: Path, *, is_forgotten: bool) -> None:
    with Rig.make(strips=2, buses=0, ring_s=5.0) as rig:
        studio = BlackBoxRig(rig, tmp_path / "library", sound=clipping)
        studio.box.start()
        studio.play(5 * RATE_HZ)
        if is_forgotten:  # chunks of a studiod that did not look for any
            for path in (tmp_path / "library").glob(".blackbox/*/*/chunk.json"):
                held = json.loads(path.read_text())
                path.write_text(json.dumps({key: held[key] for key in held if not key.startswith("clips")}))
            studio.new_box().start()
        first = RATE_HZ + 1
        wanted = order(studio, first, 4 * RATE_HZ + 2)
        paper = keep(studio, wanted)
        studio.box.stop()
    names = [track["file"] for track in paper["tracks"]]
    expected = {(names[0], 2 * RATE_HZ - 5 - first, 12)}
    expected |= {(names[1], n * RATE_HZ - first, 3 if n < 4 else 2) for n in range(5)}
    told = {(clip["file"], clip["start"], clip["frames"]) for clip in paper["clips"]}
    assert told == expected
    assert paper["clips_more"] == 0


def test_the_markers_of_that_time_are_in_the_paper_and_the_files_are_not_touched(studio: BlackBoxRig) -> None:
    studio.rig.block.store_timeline(
        timeline_to_json(
            [Mark("before", 4710), Mark("in it", 4712), Mark("A", 5000, 10), Mark("behind", 4711 + RATE_HZ)]
        )
    )
    studio.play(4 * RATE_HZ)
    wanted = order(studio, 2 * RATE_HZ, 3 * RATE_HZ)
    paper = keep(studio, wanted)
    assert paper["pre_frames"] == 0
    assert [(mark["name"], mark["start"], mark["frames"]) for mark in paper["markers"]] == [
        ("in it", 1, 0),
        ("A", 289, 10),
    ]
    assert [markers_in(path) for path in wanted.folder.glob("*.wav")] == [[], []]


def test_how_fast_the_card_ran_is_told_as_last_known(studio: BlackBoxRig) -> None:
    studio.play(6 * RATE_HZ)
    studio.box.seal()
    chunks = studio.box.shelf.runs[0].chunks
    for chunk, drift_ppm in zip(chunks, (None, 12.5, 13.5), strict=True):
        chunk.drift_ppm = drift_ppm
        chunk.save()
    studio.new_box().start()
    assert keep(studio, order(studio, 0, 3 * RATE_HZ))["drift_ppm"] == 12.5
    assert keep(studio, order(studio, 0, RATE_HZ, 2))["drift_ppm"] is None


def test_the_end_of_an_earlier_run_is_kept_as_it_was_played(studio: BlackBoxRig) -> None:
    studio.play(5 * RATE_HZ)
    studio.box.stop()
    end = studio.head
    studio.clock_name = "second"
    studio.new_box().start()
    studio.play(3 * RATE_HZ)
    before, now = studio.box.status()["held_runs"]
    assert (before["run"], before["is_now"], before["inputs"], now["is_now"]) == (1, False, [(1, 3)], True)
    last = before["end_frame"]
    assert last == end
    wanted = order(studio, last - 2 * RATE_HZ, last, run=before["run"])
    paper = keep(studio, wanted)
    assert_is_what_was_played(wanted.folder, paper, last - 2 * RATE_HZ, 2 * RATE_HZ)


def test_a_machine_whose_clock_began_at_1970_keeps_takes_that_can_be_read(tmp_path: Path) -> None:
    with Rig.make(strips=2, buses=0, ring_s=5.0) as rig:
        studio = BlackBoxRig(rig, tmp_path / "library", wall_s=-4.0, is_synchronised=False)
        studio.box.start()
        studio.play(5 * RATE_HZ)
        wanted = order(studio, 0, 4 * RATE_HZ)
        keep(studio, wanted)
        studio.box.stop()
    document = load_document(wanted.folder)
    assert (document.created_unix, document.clock_synchronised) == (0.0, False)
