"""The black box holds every input, sample by sample, whatever happens to it."""

import json
import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.tape.blackbox_index import clock_identity, read_index
from studiod.tape.blackbox_room import BlackBoxLimits, reserve_bytes
from studiod.tape.wavfile import DATA_AT
from tests.fakes.blackbox_rig import PLENTY, RATE_HZ, BlackBoxRig, checks_of, counts_in, heard, numbered
from tests.fakes.desk_rig import Rig, Samples


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[BlackBoxRig]:
    with Rig.make(strips=3, buses=0, ring_s=5.0) as rig:
        made = BlackBoxRig(rig, tmp_path / "library")
        yield made
        made.box.stop()


def expected(first: int, end: int, channel: int) -> dict[int, int]:
    return {frame: (frame + 1000 * channel) % (1 << 23) for frame in range(first, end)}


def true_checks(path: Path, frames: int) -> list[int]:
    sound = path.read_bytes()[DATA_AT : DATA_AT + 3 * frames]
    return [zlib.crc32(sound[at : at + 3 * RATE_HZ]) for at in range(0, len(sound), 3 * RATE_HZ)]


def test_every_input_is_held_sample_by_sample_though_nothing_is_armed(studio: BlackBoxRig) -> None:
    studio.box.start()
    studio.play(5 * RATE_HZ + 7777)
    studio.box.stop()
    assert [(chunk.first_frame, chunk.frames) for chunk in studio.chunks] == [
        (0, 2 * RATE_HZ),
        (2 * RATE_HZ, 2 * RATE_HZ),
        (4 * RATE_HZ, studio.head - 4 * RATE_HZ),
    ]
    for channel in range(3):
        assert heard(studio.chunks, channel) == expected(0, studio.head, channel)


def test_how_far_back_it_reaches_is_told(studio: BlackBoxRig) -> None:
    studio.box.start()
    studio.play(5 * RATE_HZ)
    assert 4.0 <= studio.box.status()["held_s"] <= 5.0
    studio.play(2 * studio.rig.block.capture_frames, turns=False)
    studio.play(3 * RATE_HZ)
    reach = studio.rig.block.capture_frames / RATE_HZ + 3.0
    assert reach - 2.0 <= studio.box.status()["held_s"] <= reach + 1.0


def test_each_second_of_each_file_has_its_check(studio: BlackBoxRig) -> None:
    studio.box.start()
    studio.play(3 * RATE_HZ + 100, step=7001)
    studio.box.stop()
    for chunk in studio.chunks:
        for place, channel in enumerate(chunk.inputs):
            assert checks_of(chunk.folder, len(chunk.inputs))[place] == true_checks(chunk.path(channel), chunk.frames)
            assert chunk.checks()[channel] == true_checks(chunk.path(channel), chunk.frames)


def test_a_file_is_valid_at_every_moment_and_claims_what_was_made_durable(studio: BlackBoxRig) -> None:
    studio.chunk_s = 30.0
    studio.new_box().start()
    claimed = []
    for _ in range(32):
        studio.play(RATE_HZ // 4)
        (path,) = studio.library.glob(".blackbox/*/*/input-02.wav")
        frames = soundfile.info(path).frames
        assert np.array_equal(counts_in(path), (np.arange(frames) + 1000) % (1 << 23))
        claimed.append(frames)
    assert claimed[0] == 0
    assert claimed[-1] >= 5 * RATE_HZ
    assert claimed == sorted(claimed)


def test_inputs_that_must_never_be_kept_leave_no_file(studio: BlackBoxRig) -> None:
    studio.never = (2,)
    studio.new_box().start()
    studio.play(2 * RATE_HZ)
    studio.box.stop()
    (chunk,) = studio.chunks
    assert chunk.inputs == (0, 2)
    assert sorted(path.name for path in chunk.folder.glob("*.wav")) == ["input-01.wav", "input-03.wav"]
    assert heard([chunk], 2) == expected(0, studio.head, 2)


def test_exact_silence_takes_no_room_and_is_still_there(studio: BlackBoxRig) -> None:
    def sound(channels: int, start: int, frames: int) -> Samples:
        made = numbered(channels, start, frames)
        made[1] = 0.0
        return made

    studio.sound = sound
    studio.box.start()
    studio.play(2 * RATE_HZ)
    studio.box.stop()
    (chunk,) = studio.chunks
    assert chunk.path(1).stat().st_blocks * 512 <= 8192
    assert chunk.path(0).stat().st_blocks * 512 > 2 * RATE_HZ * 3
    assert np.array_equal(counts_in(chunk.path(1)), np.zeros(studio.head))
    assert chunk.checks()[1] == true_checks(chunk.path(1), chunk.frames)


def test_an_input_that_falls_silent_does_not_cost_the_others_when_it_is_killed(studio: BlackBoxRig) -> None:
    def sound(channels: int, start: int, frames: int) -> Samples:
        made = numbered(channels, start, frames)
        made[1, max(RATE_HZ - start, 0) :] = 0.0
        return made

    studio.sound = sound
    studio.chunk_s = 60.0
    studio.new_box().start()
    studio.play(3 * RATE_HZ)
    studio.new_box().start()  # the one before was killed
    (chunk,) = studio.chunks
    assert chunk.frames > 2 * RATE_HZ
    assert heard([chunk], 0) == expected(0, chunk.frames, 0)


@settings(max_examples=25, deadline=None)
@given(lives=st.lists(st.tuples(st.integers(1, 70_000), st.integers(0, 60_000)), min_size=1, max_size=6))
def test_killed_at_any_point_it_goes_on_and_misses_nothing(
    tmp_path_factory: pytest.TempPathFactory, lives: list[tuple[int, int]]
) -> None:
    with Rig.make(strips=2, buses=0, ring_s=5.0) as rig:
        studio = BlackBoxRig(rig, tmp_path_factory.mktemp("library"))
        studio.box.start()
        for lived, dead in lives:
            studio.play(lived)
            studio.new_box()  # the one before was killed
            studio.play(dead, turns=False)
            studio.box.start()
        studio.box.stop()
        assert studio.box.lost_frames == 0
        for channel in range(2):
            assert heard(studio.chunks, channel) == expected(0, studio.head, channel)
        for chunk in studio.chunks:
            assert chunk.checks()[0] == true_checks(chunk.path(0), chunk.frames)


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 3 * 100_000), min_size=2, max_size=2))
def test_a_chunk_whose_files_end_at_different_bytes_is_whole_up_to_the_shortest(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    with Rig.make(strips=2, buses=0, ring_s=5.0) as rig:
        studio = BlackBoxRig(rig, tmp_path_factory.mktemp("library"), chunk_s=60.0)
        studio.box.start()
        studio.play(100_000)
        (folder,) = studio.library.glob(".blackbox/*/0*")
        studio.clock_name = "another boot"
        studio.new_box()
        written = (folder / "input-01.wav").stat().st_size - DATA_AT
        for channel, cut in enumerate(cuts):
            os.truncate(folder / f"input-{channel + 1:02d}.wav", DATA_AT + min(cut, written))
    runs = read_index(studio.library / ".blackbox")
    frames = min(*cuts, written) // 3
    if not frames:
        assert [chunk for run in runs for chunk in run.chunks] == []
        return
    (chunk,) = runs[0].chunks
    for channel in range(2):
        assert heard([chunk], channel) == expected(0, frames, channel)
        assert chunk.checks()[channel] == true_checks(chunk.path(channel), frames)


def test_a_lost_paper_is_written_anew_from_the_files(studio: BlackBoxRig) -> None:
    studio.box.start()
    studio.play(5 * RATE_HZ)
    studio.box.stop()
    before = [(chunk.first_frame, chunk.frames, chunk.inputs, chunk.size_bytes) for chunk in studio.chunks]
    for paper in studio.library.glob(".blackbox/*/*/c*"):
        paper.unlink()
    (studio.library / ".blackbox" / "0001" / "run.json").write_text("{")
    (run,) = read_index(studio.library / ".blackbox")
    assert [(chunk.first_frame, chunk.frames, chunk.inputs, chunk.size_bytes) for chunk in run.chunks] == before
    assert run.rate_hz == RATE_HZ
    again = [json.loads((chunk.folder / "chunk.json").read_text())["state"] for chunk in run.chunks]
    assert again == ["sealed"] * 3


def test_frames_of_another_boot_never_meet_those_of_this_one(studio: BlackBoxRig) -> None:
    studio.box.start()
    studio.play(RATE_HZ)
    studio.clock_name = "second"
    studio.new_box().start()
    studio.play(RATE_HZ)
    studio.box.stop()
    first, second = studio.box.shelf.runs
    assert (first.number, second.number) == (1, 2)
    (before,) = first.chunks
    assert heard([before], 0) == expected(0, before.frames, 0)
    assert heard(second.chunks, 0) == expected(0, studio.head, 0)


def test_what_the_rings_no_longer_hold_is_a_gap_of_exactly_that_length(studio: BlackBoxRig) -> None:
    studio.box.start()
    studio.play(RATE_HZ)
    studio.play(2 * studio.rig.block.capture_frames, turns=False)
    studio.play(3 * RATE_HZ)
    studio.box.stop()
    (gap,) = {gap for chunk in studio.chunks for gap in chunk.gaps if gap.frames > RATE_HZ} or [None]
    assert gap is not None
    assert gap.cause == "tape late"
    values = heard(studio.chunks, 1)
    for frame, value in values.items():
        assert value == (frame + 1000) % (1 << 23) or any(
            gap.start <= frame < gap.start + gap.frames for chunk in studio.chunks for gap in chunk.gaps
        )
    assert max(values) == studio.head - 1
    missing = studio.head - len(values)
    silent = sum(value == 0 for frame, value in values.items() if frame)
    assert missing + silent == studio.box.lost_frames


@pytest.mark.parametrize("is_there", [True, False])
def test_a_second_that_the_rings_hold_half_of_is_made_whole_from_the_chunk_before(
    studio: BlackBoxRig, *, is_there: bool
) -> None:
    studio.box.start()
    studio.play(78_000)
    studio.box.seal()
    (before,) = studio.chunks
    if not is_there:
        before.path(0).unlink()
    held = studio.rig.block.capture_frames - 2 * studio.rig.block.block_frames
    studio.play(60_000 + held - studio.frame, turns=False)
    studio.play(RATE_HZ)
    studio.box.stop()
    second = studio.chunks[1]
    assert (second.first_frame, studio.box.lost_frames) == (RATE_HZ, 0)
    expected_gaps = [] if is_there else [(RATE_HZ, before.end - RATE_HZ, "disk fault")]
    assert [tuple(gap) for gap in second.gaps] == expected_gaps
    for channel in range(3):
        values = heard(studio.chunks[1:], channel)
        if not is_there:
            assert {values.pop(frame) for frame in range(RATE_HZ, before.end)} == {0}
        assert values == expected(RATE_HZ if is_there else before.end, studio.head, channel)
        assert second.checks()[channel] == true_checks(second.path(channel), second.frames)


def test_the_oldest_goes_when_there_is_more_than_was_asked_for(studio: BlackBoxRig) -> None:
    studio.limits = BlackBoxLimits(3 * 2 * RATE_HZ * 3 * 4, 1e9, 0)  # four chunks, without their headers
    studio.new_box().start()
    studio.play(40 * RATE_HZ)
    assert studio.chunks[-1].end == 38 * RATE_HZ
    assert (
        sum(chunk.size_bytes for chunk in studio.chunks) <= studio.limits.size_bytes + 5 * studio.chunks[0].size_bytes
    )
    studio.later(60.0)
    studio.box.stop()
    assert studio.box.shelf.size_bytes <= studio.limits.size_bytes
    on_disk = sorted(path.name for path in (studio.library / ".blackbox" / "0001").iterdir() if path.is_dir())
    assert on_disk == [chunk.folder.name for chunk in studio.chunks]


def test_the_oldest_goes_when_it_is_older_than_was_asked_for(studio: BlackBoxRig) -> None:
    studio.limits = BlackBoxLimits(10**12, 10.0, 0)
    studio.is_synchronised = False
    studio.new_box().start()
    studio.play(40 * RATE_HZ)
    studio.later(60.0)
    assert studio.head - studio.chunks[0].end <= 10 * RATE_HZ
    assert studio.head - studio.chunks[0].first_frame > 10 * RATE_HZ


def test_a_wall_clock_that_jumps_by_a_day_makes_nothing_old(studio: BlackBoxRig) -> None:
    studio.limits = BlackBoxLimits(10**12, 3600.0, 0)
    studio.is_synchronised = False
    studio.new_box().start()
    studio.play(6 * RATE_HZ)
    studio.wall_s += 86_400.0
    studio.is_synchronised = True
    studio.later(60.0)
    assert studio.chunks[0].first_frame == 0


def test_a_believed_wall_clock_makes_what_is_left_of_last_week_old(studio: BlackBoxRig) -> None:
    studio.limits = BlackBoxLimits(10**12, 3600.0, 0)
    studio.new_box().start()
    studio.play(4 * RATE_HZ)
    studio.clock_name = "a week later"
    studio.wall_s += 7 * 86_400.0
    studio.new_box().start()
    studio.later(60.0)
    assert [run.clock for run in studio.box.shelf.runs] == ["a week later"]


def test_below_the_reserve_it_makes_room_and_then_stops_and_says_so(studio: BlackBoxRig) -> None:
    studio.box.start()
    studio.play(6 * RATE_HZ)
    free = shutil.disk_usage(studio.library).free
    studio.limits = BlackBoxLimits(10**12, 1e9, 100 * free)
    studio.new_box().start()
    studio.later(60.0)
    studio.later(60.0)
    assert studio.chunks == []
    status = studio.box.status()
    assert status["state"] == "full"
    assert "only what is armed is recorded" in status["fault"]
    studio.box.limits = PLENTY
    studio.later(60.0)
    studio.play(RATE_HZ)
    studio.box.stop()
    assert studio.chunks[-1].end == studio.head


def test_a_take_that_needs_the_disk_has_it_until_the_rings_fill(studio: BlackBoxRig) -> None:
    studio.box.start()
    studio.play(RATE_HZ)
    studio.is_pressed = True
    before = studio.box.status()["held_s"]
    studio.play(RATE_HZ)
    assert studio.box.status()["held_s"] == before
    studio.play(3 * RATE_HZ)
    assert studio.box.status()["held_s"] > before + 1.5
    studio.play(10 * RATE_HZ)
    assert studio.box.lost_frames == 0


def test_one_studio_at_a_time_writes_and_the_other_says_whose_it_is(studio: BlackBoxRig) -> None:
    studio.box.start()
    studio.play(RATE_HZ)
    with Rig.make(strips=1, buses=0, ring_s=5.0) as rig:
        other = BlackBoxRig(rig, studio.library, clock_name="other")
        other.box.start()
        other.play(RATE_HZ)
        status = other.box.status()
        assert status["state"] == "fault"
        assert f"in use by another studiod (process {os.getppid()} of " in status["fault"]
        studio.box.stop()
        other.later(10.0)
        other.play(RATE_HZ)
        assert other.box.status()["state"] == "on"
        other.box.stop()
        assert heard(other.chunks, 0)[RATE_HZ + 5] == RATE_HZ + 5


def test_a_folder_where_nothing_can_be_made_is_said_and_tried_again(studio: BlackBoxRig) -> None:
    studio.library.write_text("a file where the library should be")
    studio.box.start()
    studio.play(RATE_HZ)
    assert "make it writable" in studio.box.status()["fault"]
    studio.library.unlink()
    studio.play(RATE_HZ)
    studio.later(10.0)
    studio.play(RATE_HZ)
    studio.box.stop()
    assert studio.box.fault == ""
    assert heard(studio.chunks, 0) == expected(0, studio.head, 0)


def test_a_clock_is_told_from_every_other(tmp_path: Path) -> None:
    assert clock_identity(os.getpid()) == clock_identity(os.getpid())
    assert clock_identity(os.getpid()) != clock_identity(os.getppid())
    assert 0 < reserve_bytes(tmp_path, 8, RATE_HZ) <= shutil.disk_usage(tmp_path).total // 10
