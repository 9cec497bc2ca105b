"""Takes that were cut off: what was on disk comes back, what is lost is told, and nothing is thrown away."""

import json
import os
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.tape.repair import BEFORE, Repaired, repair_session
from studiod.tape.verify import verify_take
from studiod.tape.wavfile import DATA_AT, read_header
from tests.fakes.takes import RATE_HZ, FakeTake, read_json, sound

BOOT = "4f9a"
REPAIR = """
import os, sys
from pathlib import Path
from studiod.tape.repair import repair_session
left = int(sys.argv[2])
def count(event, arguments):
    global left
    if event in {"open", "os.rename", "os.truncate", "os.mkdir"}:
        left -= 1
        if left == 0:
            os._exit(9)
sys.addaudithook(count)
repair_session(Path(sys.argv[1]), boot_id="4f9a")
"""


def cut_off(session: Path, **fields: Any) -> FakeTake:  # noqa: ANN401 - those of FakeTake
    """A take whose recording went on until everything stopped: headers and checksums are behind the sound."""
    form: dict[str, Any] = {"frames": 5600, "claimed": 5300, "rows": 5, "more": {"boot_id": BOOT}, **fields}
    return FakeTake(session, state="recording", **form).write()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def only(repaired: list[Repaired]) -> Repaired:
    (found,) = repaired
    return found


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"bits": 16},
        {"bits": 32},
        {"pre_frames": 2000},
        {"is_poly": True, "tracks": 4},
        {"cuts": (1500, 4000), "pre_frames": 700},
        {"cuts": (1500,), "is_poly": True},
        {"version": 1},
        {"frames": 5601},
    ],
)
def test_what_was_written_before_everything_was_killed_comes_back(tmp_path: Path, form: dict[str, Any]) -> None:
    take = cut_off(tmp_path, **form)
    done = only(repair_session(tmp_path, boot_id=BOOT))
    assert (done.frames, done.regained_frames, done.damage) == (take.frames - take.pre_frames, take.frames - 5300, ())
    document = read_json(take.folder / "take.json")
    assert (document["state"], document["frames"]) == ("repaired", take.frames - take.pre_frames)
    report = verify_take(take.folder)
    assert report.faults == ()
    if take.version > 1:
        assert report.checked_seconds == 6 * take.tracks  # those without checksums have been given theirs
    part = len(take.cuts)
    for track in range(1 if take.is_poly else take.tracks):
        path = take.path(track, part)
        assert soundfile.info(path).frames == take.frames - (take.cuts[-1] if take.cuts else 0)
        assert (b"bext" in read_header(path).chunks) == (take.version > 1)
        assert path.stat().st_size % 2 == 0


def test_what_is_regained_is_the_sound_itself(tmp_path: Path) -> None:
    take = cut_off(tmp_path)
    repair_session(tmp_path, boot_id=BOOT)
    assert [take.path(track).read_bytes()[DATA_AT:] for track in range(2)] == [sound(n, 0, 5600) for n in range(2)]


def test_every_track_ends_where_the_shortest_does_and_no_byte_of_sound_is_cut(tmp_path: Path) -> None:
    take = cut_off(tmp_path)
    os.truncate(take.path(0), DATA_AT + 3 * 5400 + 2)  # killed within a sample
    assert only(repair_session(tmp_path, boot_id=BOOT)).frames == 5400
    assert take.path(0).stat().st_size == DATA_AT + 3 * 5400 + 2
    assert take.path(1).read_bytes()[DATA_AT:] == sound(1, 0, 5600)
    assert [soundfile.info(take.path(track)).frames for track in range(2)] == [5400, 5400]
    assert verify_take(take.folder).faults == ()


def test_what_was_there_before_is_kept(tmp_path: Path) -> None:
    take = cut_off(tmp_path)
    before = contents(take.folder)
    repair_session(tmp_path, boot_id=BOOT)
    kept = contents(take.folder / BEFORE)
    assert kept["take.json"] == before["take.json"]
    for track in range(2):
        assert kept[f"strip-0{track + 1}.wav.header"] == before[take.file(track)][:DATA_AT]


def test_doing_it_twice_changes_nothing(tmp_path: Path) -> None:
    take = cut_off(tmp_path)
    assert len(repair_session(tmp_path, boot_id=BOOT)) == 1
    before = contents(take.folder)
    assert repair_session(tmp_path, boot_id=BOOT) == []
    assert contents(take.folder) == before


def test_killed_anywhere_in_the_middle_it_comes_to_the_same_end(tmp_path: Path) -> None:
    form = {"cuts": (1500,), "frames": 5601}
    whole = cut_off(tmp_path / "whole" / "s", **form)
    repair_session(whole.session, boot_id=BOOT)
    kills = 0
    for events in range(1, 200, 5):
        take = cut_off(tmp_path / f"{events}" / "s", **form)
        command = [sys.executable, "-c", REPAIR, str(take.session), str(events)]
        kills += (code := subprocess.run(command, check=False).returncode) == 9
        # what a kill leaves half written is a hidden file, and nothing reads it
        repair_session(take.session, boot_id=BOOT)
        found = {name: held for name, held in contents(take.folder).items() if not Path(name).name.startswith(".")}
        assert found == contents(whole.folder)
        if code == 0:
            break
    else:
        pytest.fail("the repair never came to its end")
    assert kills >= 4


def test_a_take_that_is_being_recorded_or_was_closed_is_left_alone(tmp_path: Path) -> None:
    takes = [cut_off(tmp_path), FakeTake(tmp_path, 2).write(), FakeTake(tmp_path, 3, state="damaged").write()]
    before = contents(tmp_path)
    assert repair_session(tmp_path, frozenset({takes[0].id}), BOOT) == []
    assert contents(tmp_path) == before


# -- after a power cut -------------------------------------------------------------------------------------------------


def test_after_a_power_cut_sound_beyond_the_header_counts_until_it_breaks_off_into_nothing(tmp_path: Path) -> None:
    take = cut_off(tmp_path, claimed=3000, rows=3, frames=9000)
    with take.path(1).open("r+b") as file:  # blocks the disk never wrote read as zeros
        file.seek(DATA_AT + 3 * 6000)
        file.write(bytes(3 * 3000))
    done = only(repair_session(tmp_path, boot_id="another"))
    assert 5990 <= done.frames <= 6000 + 4096 // 3
    assert done.damage == ()
    kept = take.path(1).read_bytes()[DATA_AT : DATA_AT + 3 * min(done.frames, 6000)]
    assert kept == sound(1, 0, min(done.frames, 6000))
    assert verify_take(take.folder).faults == ()


def test_silence_that_was_played_counts_where_only_our_processes_died(tmp_path: Path) -> None:
    for boot_id, frames in ((BOOT, 9000), ("another", 6000)):
        take = cut_off(tmp_path / boot_id, claimed=3000, rows=3, frames=9000)
        for track in range(2):
            with take.path(track).open("r+b") as file:
                file.seek(DATA_AT + 3 * 6000)
                file.write(bytes(3 * 3000))
        found = only(repair_session(take.session, boot_id=boot_id)).frames
        assert frames <= found <= frames + 4096 // 3


def test_a_track_that_was_silent_before_says_nothing_by_being_silent(tmp_path: Path) -> None:
    take = cut_off(tmp_path, claimed=3000, rows=0, frames=9000)
    with take.path(1).open("r+b") as file:
        file.seek(DATA_AT)
        file.write(bytes(3 * 9000))
    assert only(repair_session(tmp_path, boot_id="another")).frames == 9000


def test_checksums_vouch_for_sound_the_header_had_not_been_told_of(tmp_path: Path) -> None:
    take = cut_off(tmp_path, claimed=1000, rows=5, frames=5000)
    with take.path(0).open("r+b") as file:  # silence that was played: it has its row
        file.seek(DATA_AT + 3 * 2000)
        file.write(bytes(3 * 2000))
    done = only(repair_session(tmp_path, boot_id="another"))
    assert done.frames == 5000
    assert done.damage == ("strip-01.wav: second 2, 3 of it is not what was recorded",)


# -- damage ------------------------------------------------------------------------------------------------------------


def test_a_second_that_is_not_what_it_was_is_told_and_the_take_is_damaged(tmp_path: Path) -> None:
    take = cut_off(tmp_path)
    with take.path(1).open("r+b") as file:
        file.seek(DATA_AT + 3 * 4321)
        file.write(b"\xff")
    done = only(repair_session(tmp_path, boot_id=BOOT))
    assert done.damage == ("strip-02.wav: second 4 of it is not what was recorded",)
    assert str(done).endswith("of them regained; damaged: strip-02.wav: second 4 of it is not what was recorded")
    assert read_json(take.folder / "take.json")["state"] == "damaged"
    faults = verify_take(take.folder).faults
    assert "was damaged already: strip-02.wav: second 4 of it is not what was recorded" in faults
    assert "strip-02.wav: 1 second is not what was recorded: at 0:00:04.000" in faults


def test_what_is_wrong_long_before_the_end_is_left_to_verification(tmp_path: Path) -> None:
    take = cut_off(tmp_path, frames=9500, claimed=9500, rows=9)
    with take.path(0).open("r+b") as file:
        file.seek(DATA_AT + 3 * 1500)
        file.write(b"\xff")
    assert only(repair_session(tmp_path, boot_id=BOOT)).damage == ()
    assert verify_take(take.folder).faults == ("strip-01.wav: 1 second is not what was recorded: at 0:00:01.000",)


def test_a_file_that_lost_what_was_durable_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    take = cut_off(tmp_path, tracks=3)
    os.truncate(take.path(1), DATA_AT + 3 * 1000)
    take.path(2).unlink()
    done = only(repair_session(tmp_path, boot_id=BOOT))
    assert done.frames == 5600
    assert done.damage == (
        "strip-02.wav has 1000 frames, and had 5300 or more that were durable",
        "strip-03.wav: No such file or directory",
    )
    assert soundfile.info(take.path(0)).frames == 5600
    assert soundfile.info(take.path(1)).frames == 1000


def test_a_part_that_is_gone_from_a_disk_that_is_there_is_lost(tmp_path: Path) -> None:
    take = cut_off(tmp_path / "s", cuts=(3000,), elsewhere=tmp_path / "second")
    for track in range(2):
        take.path(track, 1).unlink()
    done = only(repair_session(take.session, boot_id=BOOT))
    assert [why.partition(": ")[2] for why in done.damage] == ["No such file or directory"] * 2
    assert (done.frames, done.away) == (3000, ())
    assert repair_session(take.session, boot_id=BOOT) == []


def test_a_document_never_leads_the_pen_to_a_file_that_was_not_made_here(tmp_path: Path) -> None:
    take = cut_off(tmp_path / "s", cuts=(3000,), elsewhere=tmp_path / "second")
    precious = tmp_path / "second" / "strip-01-2.wav"
    precious.write_bytes(b"My diary. " * 2000)
    repair_session(take.session, boot_id=BOOT)
    assert precious.read_bytes() == b"My diary. " * 2000


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": "recording"}', '{"state": "recording", "files": 7}'])
def test_a_take_whose_document_cannot_be_read_is_told_and_not_touched(tmp_path: Path, text: str) -> None:
    take = cut_off(tmp_path)
    (take.folder / "take.json").write_text(text)
    before = contents(tmp_path)
    done = only(repair_session(tmp_path, boot_id=BOOT))
    assert "take 1 is left as it is: take.json" in str(done)
    assert contents(tmp_path) == before


def test_a_take_that_the_disk_does_not_let_be_repaired_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    stuck, take = cut_off(tmp_path, id=1), cut_off(tmp_path, id=2)
    (stuck.folder / BEFORE).write_text("a file in the way")
    before = contents(stuck.folder)
    told, done = repair_session(tmp_path, boot_id=BOOT)
    assert str(told).startswith(f"take 1 is left as it is: {stuck.folder / BEFORE}")
    assert (done.id, done.frames) == (2, 5600)
    assert contents(stuck.folder) == before
    assert verify_take(take.folder).faults == ()
    (stuck.folder / BEFORE).unlink()
    assert only(repair_session(tmp_path, boot_id=BOOT)).frames == 5600


def test_a_document_that_lies_keeps_nobody_from_starting(tmp_path: Path) -> None:
    lies: tuple[dict[str, Any], ...] = (
        {"clips": [{"start": "x", "frames": 1}, 7, {}]},
        {"clips": None},
        {"tracks": [{"file": "strip-01.wav", "name": "", "strip": 1, "parts": []}]},
        {"tracks": []},
        {"pre_frames": 1 << 52},
        {"created_unix": 2.5e11, "pre_frames": 1 << 40, "rate_hz": 1},
    )
    for number, fields in enumerate(lies, 1):
        take = cut_off(tmp_path, id=number, more=fields)
        with take.path(0).open("r+b") as file:
            file.write(b"no header of ours")
    assert {done.id for done in repair_session(tmp_path, boot_id=BOOT)} == set(range(1, len(lies) + 1))


def test_links_are_not_followed(tmp_path: Path) -> None:
    take = cut_off(tmp_path / "s")
    take.path(0).rename(tmp_path / "elsewhere.wav")
    take.path(0).symlink_to(tmp_path / "elsewhere.wav")
    before = (tmp_path / "elsewhere.wav").read_bytes()
    assert only(repair_session(take.session, boot_id=BOOT)).damage
    assert (tmp_path / "elsewhere.wav").read_bytes() == before


def test_without_its_checksums_a_take_is_made_whole_and_that_is_told(tmp_path: Path) -> None:
    take = cut_off(tmp_path)
    (take.folder / "checks.crc").write_bytes(b"junk")
    done = only(repair_session(tmp_path, boot_id=BOOT))
    assert (done.frames, done.damage) == (5600, ("checks.crc is no file of checksums",))


def test_a_row_that_was_torn_is_made_whole(tmp_path: Path) -> None:
    take = cut_off(tmp_path)
    with (take.folder / "checks.crc").open("ab") as file:
        file.write(b"\1\2\3")
    repair_session(tmp_path, boot_id=BOOT)
    assert verify_take(take.folder).faults == ()


def test_gaps_and_clips_end_with_the_take(tmp_path: Path) -> None:
    gaps = [{"start": n, "frames": 500, "cause": "tape late"} for n in (100, 5300, 9000)]
    clips = [{"file": "strip-01.wav", "start": n, "frames": 400} for n in (-50, 5500, 8000)]
    take = cut_off(tmp_path, more={"boot_id": BOOT, "gaps": gaps, "clips": clips})
    repair_session(tmp_path, boot_id=BOOT)
    document = read_json(take.folder / "take.json")
    assert [(gap["start"], gap["frames"]) for gap in document["gaps"]] == [(100, 500), (5300, 300)]
    assert [(clip["start"], clip["frames"]) for clip in document["clips"]] == [(-50, 400), (5500, 100)]


def test_a_writer_that_was_killed_between_its_last_row_and_its_last_word_has_lost_nothing(tmp_path: Path) -> None:
    take = cut_off(tmp_path, claimed=5600, rows=6)
    done = only(repair_session(tmp_path, boot_id="another"))
    assert (done.frames, done.damage) == (5600, ())
    assert verify_take(take.folder).faults == ()


def test_a_repair_reads_only_the_end_of_what_is_long(tmp_path: Path) -> None:
    take = cut_off(tmp_path, tracks=1)
    frames = 20 * 9 * 3600 * 1000  # sparse: reading all of it would take seconds
    os.truncate(take.path(0), DATA_AT + 3 * frames)
    silence = zlib.crc32(bytes(3 * RATE_HZ)).to_bytes(4, "little")
    head = (take.folder / "checks.crc").read_bytes()[:16]
    (take.folder / "checks.crc").write_bytes(head + silence * (frames // RATE_HZ - 3))
    began = time.process_time()
    done = only(repair_session(tmp_path, boot_id=BOOT))
    assert (done.frames, done.damage) == (frames, ())
    assert time.process_time() - began < 1.0
    assert (take.folder / "checks.crc").stat().st_size == 16 + 4 * frames // RATE_HZ


@settings(max_examples=40)
@given(
    lengths=st.lists(st.integers(0, 3 * 2500), min_size=2, max_size=2),
    claimed=st.integers(0, 2000),
    rows=st.integers(0, 2),
    is_same_boot=st.booleans(),
)
def test_however_it_was_cut_the_files_open_and_the_papers_agree(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], claimed: int, rows: int, *, is_same_boot: bool
) -> None:
    session = tmp_path_factory.mktemp("cut")
    take = cut_off(session, frames=2500, claimed=claimed, rows=rows)
    for track, length in enumerate(lengths):
        os.truncate(take.path(track), DATA_AT + length)
    done = only(repair_session(session, boot_id=BOOT if is_same_boot else ""))
    sure = max(claimed, rows * RATE_HZ)
    whole = [length // 3 for length in lengths if length // 3 >= sure]
    if whole:
        assert done.frames == min(whole)
    assert bool(done.damage) == (len(whole) < 2)
    for track, length in enumerate(lengths):
        held = take.path(track).read_bytes()
        assert held[DATA_AT : DATA_AT + length] == sound(track, 0, 2500)[:length]
        assert soundfile.info(take.path(track)).frames == min(length // 3, done.frames)
    report = verify_take(take.folder)
    assert all("was damaged already" in fault or "has checksums of" in fault for fault in report.faults)
    assert json.loads((take.folder / "take.json").read_text())["state"] == ("damaged" if done.damage else "repaired")
