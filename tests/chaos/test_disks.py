"""Disks that refuse, fill up and lie: every file stays valid, nothing is lost that need not be, and people are told."""

import errno
import json
import os
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
import soundfile

from studiod.desk.takes import read_takes
from studiod.tape.growing import GrowingFile
from studiod.tape.repair import repair_session
from tests.fakes.disk_bench import MIB, Bench, fill
from tests.fakes.tape_take import TakeOnDisk

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

SECOND = 48000
EIO, ENOSPC = f"E{errno.EIO}", f"E{errno.ENOSPC}"
SOUND = "strip-"


@pytest.mark.parametrize("polyphonic", [False, True])
def test_a_disk_that_takes_half_of_every_write_gets_the_other_half_again(bench: Bench, *, polyphonic: bool) -> None:
    bench.run(["arm", ".wav", "pwrite:3:short:200"], ["roll", 3 * SECOND], polyphonic=polyphonic, pre_record_s=0.5)
    assert bench.take.about["state"] == "good"
    assert bench.take.about["frames"] == 3 * SECOND
    assert len(bench.take.files()) == (1 if polyphonic else 2)
    bench.take.assert_true()


def test_a_full_disk_ends_the_take_whole_and_says_so(bench: Bench) -> None:
    status = bench.run(["roll", SECOND], ["arm", SOUND, "pwrite:7:full"], ["roll", 2 * SECOND])
    about = bench.take.about
    assert about["state"] == "damaged"
    assert SECOND <= about["frames"] < 3 * SECOND
    assert "No space left on device" in status["failed"]["1"]
    assert any(alarm["level"] == "alarm" and "ended there" in alarm["text"] for alarm in status["alarms"])
    bench.take.assert_true()


@pytest.mark.parametrize("polyphonic", [False, True])
def test_a_take_on_a_full_disk_goes_on_on_the_second_one_without_a_missing_frame(
    bench: Bench, *, polyphonic: bool
) -> None:
    fault = ["arm", f"first/session/takes/0001/{'take.wav' if polyphonic else SOUND}", "pwrite:9:full"]
    status = bench.run(
        ["roll", SECOND], fault, ["roll", 2 * SECOND], second_library=str(bench.second), polyphonic=polyphonic
    )
    about = bench.take.about
    assert (about["state"], about["frames"]) == ("good", 3 * SECOND)
    for track in about["tracks"]:
        first, second = track["parts"]
        assert not first["file"].startswith("/")
        assert Path(second["file"]).is_relative_to(bench.second)
        assert first["frames"] > 0
    assert any("goes on in" in alarm["text"] for alarm in status["alarms"])
    assert status["failed"] == {}
    bench.take.assert_true()
    beside = json.loads((bench.second / "session" / "takes" / "0001" / "take.json").read_text())
    assert beside["state"] == "good"


def test_a_take_that_finds_its_disk_full_begins_on_the_second_one(bench: Bench) -> None:
    status = bench.run(
        ["arm", f"first/session/takes/0001/{SOUND}", "pwrite:0:full"],
        ["roll", SECOND],
        second_library=str(bench.second),
    )
    about = bench.take.about
    assert (about["state"], about["frames"]) == ("good", SECOND)
    assert Path(about["tracks"][0]["file"]).is_relative_to(bench.second)
    assert status["failed"] == {}
    bench.take.assert_true()


@pytest.mark.parametrize("asks_together", [True, False])
def test_a_file_that_could_not_be_made_durable_once_is_never_asked_again(bench: Bench, *, asks_together: bool) -> None:
    if not asks_together:
        bench.environment |= {"IOFAULT_PATH": "", "IOFAULT_SPEC": f"aio:0:E{errno.ENOSYS}"}
    # for ever, and for this file only: who asks again fails again
    status = bench.run(["roll", SECOND], ["arm", "strip-02.wav", f"fdatasync:2:{EIO},fsync:0:{EIO}"], ["roll", SECOND])
    about = bench.take.about
    assert about["state"] == "damaged"
    assert about["frames"] == 2 * SECOND
    assert [len(track["parts"]) for track in about["tracks"]] == [2, 2]
    assert status["failed"] == {}
    assert any("Input/output error" in alarm["text"] for alarm in status["alarms"])
    bench.take.assert_true()


def test_a_broken_disk_is_left_for_the_second_one(bench: Bench) -> None:
    bench.run(
        ["roll", SECOND],
        ["arm", f"first/session/takes/0001/{SOUND}", f"fdatasync:0:{EIO}"],
        ["roll", SECOND],
        second_library=str(bench.second),
    )
    about = bench.take.about
    assert about["frames"] == 2 * SECOND
    assert Path(about["tracks"][0]["parts"][-1]["file"]).is_relative_to(bench.second)
    bench.take.assert_true()


def test_a_take_whose_first_disk_fails_altogether_is_told_of_on_the_second_one(bench: Bench) -> None:
    gone = ["arm", "/first/", f"pwrite:0:{EIO},fdatasync:0:{EIO},fsync:0:{EIO}"]
    status = bench.run(["roll", SECOND], gone, ["roll", 2 * SECOND], second_library=str(bench.second))
    beside = json.loads((bench.second / "session" / "takes" / "0001" / "take.json").read_text())
    assert (beside["state"], beside["frames"]) == ("damaged", 3 * SECOND)
    elsewhere = {int(number): Path(folder) for number, folder in status["elsewhere"].items()}
    is_over = range(1, status["finished"] + 1).__contains__
    (listed,) = read_takes(bench.session, is_over, elsewhere)  # its own take.json could not be told
    assert (listed.state, listed.frames, listed.path) == ("damaged", 3 * SECOND, bench.session / "takes" / "0001")
    assert list(listed.summary()["tracks"][0]["parts"]) == beside["tracks"][0]["parts"]
    (listed,) = read_takes(bench.session, is_over)
    assert listed.state == "damaged"
    (listed,) = read_takes(bench.session)
    assert listed.state == "recording"
    for track in beside["tracks"]:
        last = track["parts"][-1]
        assert Path(last["file"]).is_relative_to(bench.second)
        assert soundfile.info(last["file"]).frames == last["frames"] > 2 * SECOND


def test_a_disk_on_which_nothing_becomes_durable_ends_the_take_at_the_last_frame_that_did(bench: Bench) -> None:
    status = bench.run(["roll", SECOND], ["arm", SOUND, f"fdatasync:4:{EIO},fsync:0:{EIO}"], ["roll", 2 * SECOND])
    about = bench.take.about
    assert about["state"] == "damaged"
    assert SECOND <= about["frames"] < 2 * SECOND
    assert "Input/output error" in status["failed"]["1"]
    bench.take.assert_true()


@pytest.mark.parametrize("refused", [ENOSPC, f"E{errno.EOPNOTSUPP}", f"E{errno.EINTR}", f"E{errno.EFBIG}"])
def test_a_disk_that_keeps_no_room_ahead_is_written_all_the_same(bench: Bench, refused: str) -> None:
    bench.run(["arm", SOUND, f"fallocate:0:{refused}"], ["roll", 2 * SECOND])
    assert (bench.take.about["state"], bench.take.about["frames"]) == ("good", 2 * SECOND)
    bench.take.assert_true()


def test_files_that_may_not_grow_any_more_are_followed_by_others_and_the_take_is_good(bench: Bench) -> None:
    bench.run(["limit", 4096 + 3 * 70_001], ["roll", 4 * SECOND])
    about = bench.take.about
    assert (about["state"], about["frames"]) == ("good", 4 * SECOND)
    lengths = [part["frames"] for part in about["tracks"][0]["parts"]]
    assert len(lengths) == 3
    assert 60_000 < max(lengths) <= 70_001
    bench.take.assert_true()


def test_the_ballast_lets_the_paper_be_kept_on_a_full_disk(bench: Bench) -> None:
    full = ["arm", "take.json", f"fsync:0:{ENOSPC}:1"]
    status = bench.run(["roll", SECOND], full)
    assert bench.take.about["state"] == "good"
    assert status["failed"] == {}
    assert bench.take.about["faults"] == []
    bench.take.assert_true()


def test_the_ballast_lets_checksums_be_kept_on_a_full_disk(bench: Bench) -> None:
    bench.run(["arm", "first/session/takes/0001/checks.crc", "pwrite:1:full:1"], ["roll", 3 * SECOND])
    assert (bench.take.about["state"], bench.take.about["faults"]) == ("good", [])
    bench.take.assert_true()


def test_a_copy_that_fails_holds_nothing_up_and_is_told(bench: Bench) -> None:
    status = bench.run(
        ["roll", SECOND], ["arm", "/second/", f"pwrite:0:{EIO}"], ["roll", SECOND], copy_to=str(bench.second)
    )
    about = bench.take.about
    assert (about["state"], about["frames"]) == ("good", 2 * SECOND)
    assert about["copy"]["state"] == "damaged"
    assert "Input/output error" in about["copy"]["fault"]
    assert any("copy" in alarm["text"] for alarm in status["alarms"])
    bench.take.assert_true()


def test_a_take_whose_first_disk_fails_is_whole_in_its_copy(bench: Bench) -> None:
    bench.run(["roll", SECOND], ["arm", "/first/", f"pwrite:0:{EIO}"], ["roll", SECOND], copy_to=str(bench.second))
    assert bench.take.about["state"] == "damaged"
    copy = TakeOnDisk(bench.second / "session" / "takes" / "0001")
    assert (copy.about["state"], copy.about["frames"]) == ("good", 2 * SECOND)
    copy.assert_true()


# -- a small disk of its own ------------------------------------------------------------------------------------------


def test_room_that_was_refused_is_not_kept_from_others(small_disk: Path) -> None:
    file = GrowingFile(small_disk / "a.wav", SECOND, 24, 1)
    file.open(is_new=True)
    before = os.statvfs(small_disk).f_bfree
    file.keep_ahead(0, 2000 * SECOND)  # a refusal leaves what there was in the file's hands
    assert os.statvfs(small_disk).f_bfree >= before - 64
    file.keep_ahead(20 * SECOND, SECOND)
    assert os.statvfs(small_disk).f_bfree < before - 64, "less of it is kept, later"
    file.release()
    assert os.statvfs(small_disk).f_bfree >= before - 64
    file.close()


def test_a_disk_that_fills_up_is_used_to_the_end_and_still_takes_the_paper(small_disk: Path, bench: Bench) -> None:
    fill(small_disk, 70 * MIB)
    status = bench.run(["roll", 20 * SECOND], tracks=32, ring_s=3.0)
    about = bench.take.about
    assert about["state"] == "damaged"
    assert "No space left on device" in status["failed"]["1"]
    assert 32 * 3 * about["frames"] > 50 * MIB, "what was kept for the last files must serve all"
    assert not (bench.session / ".studiod" / "ballast").exists()
    assert os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize > 8 * MIB, "the ballast's room is free"
    bench.take.assert_true()


def test_a_take_on_a_disk_that_fills_up_goes_on_elsewhere(small_disk: Path, bench: Bench) -> None:
    fill(small_disk, 70 * MIB)
    status = bench.run(["roll", 15 * SECOND], tracks=32, ring_s=3.0, second_library=str(bench.second))
    about = bench.take.about
    assert (about["state"], about["frames"]) == ("good", 15 * SECOND)
    assert status["failed"] == {}
    assert len(about["tracks"][31]["parts"]) == 2
    bench.take.assert_true()


# -- kill -9 ----------------------------------------------------------------------------------------------------------


def kill_somewhere(bench: Bench, folder: Path, turns: int, **options: Any) -> None:  # noqa: ANN401 - JSON
    """Kill a worker after it told of `turns` turns; its take must be there up to the last of them."""
    bench.session = folder / "session"
    take = TakeOnDisk(bench.session / "takes" / "0001")
    command = bench.command([["roll", SECOND], ["record"], ["endless"]], **options)
    with subprocess.Popen(command, env=bench.environment, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        told = [int(worker.stdout.readline()) for _ in range(turns)]
        worker.kill()
    repair_session(bench.session)
    about = take.about
    assert about["state"] in ("repaired", "recording")
    assert about["start_frame"] + about["frames"] >= told[-1] - SECOND // 10
    take.assert_true()


@pytest.mark.parametrize("seed", range(4))
def test_a_worker_killed_anywhere_leaves_a_take_that_is_true_to_its_last_tenth_of_a_second(
    bench: Bench, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a seed, so that a failure repeats
    kill_somewhere(bench, tmp_path, chance.randrange(2, 60), pre_record_s=chance.choice([0.0, 0.5]))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_workers_killed_anywhere(bench: Bench, tmp_path: Path) -> None:
    chance = random.Random(200)  # noqa: S311
    for number in range(200):
        folder = tmp_path / str(number)
        kill_somewhere(bench, folder, chance.randrange(2, 200), tracks=chance.randrange(1, 16), pre_record_s=0.5)
