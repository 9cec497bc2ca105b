"""Takes that went on on a second disk and were cut off: the disk may come back later, and the take is whole then."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from studiod.tape import TapeMachine
from studiod.tape.repair import BEFORE, Repaired, repair_session
from studiod.tape.verify import verify_take
from tests.fakes.desk_rig import Rig
from tests.fakes.takes import FakeTake, read_json
from tests.unit.tape.test_repair import REPAIR, contents, cut_off, only

AFTER = "after the machine was started again"


def pulled(tmp_path: Path, **form: Any) -> FakeTake:  # noqa: ANN401 - those of FakeTake
    """A take of 5600 frames, from 3000 on on a second disk, that was cut off; the disk is out."""
    take = cut_off(tmp_path / "s", **{"cuts": (3000,), "elsewhere": tmp_path / "second" / "0001", **form})
    pull(tmp_path)
    return take


def pull(tmp_path: Path) -> None:
    (tmp_path / "second").rename(tmp_path / "pulled")


def plug_in(tmp_path: Path) -> None:
    (tmp_path / "pulled").rename(tmp_path / "second")


def repair(take: FakeTake) -> Repaired:
    return only(repair_session(take.session, boot_id=AFTER))


def sentence(tmp_path: Path, files: str = "2 files are") -> str:
    place = tmp_path / "second" / "0001"
    return f"its second disk ({place}) is not there: {files} missing until it is plugged in"


def test_a_take_whose_second_disk_is_out_is_damaged_and_says_what_to_do(tmp_path: Path) -> None:
    take = pulled(tmp_path)
    done = repair(take)
    assert (done.frames, done.damage) == (3000, (sentence(tmp_path),))
    assert str(done) == f"take 1 was cut off; {sentence(tmp_path)}"
    document = read_json(take.folder / "take.json")
    assert (document["state"], document["frames"]) == ("damaged", 3000)
    assert f"was damaged already: {sentence(tmp_path)}" in verify_take(take.folder).faults


@pytest.mark.parametrize("form", [{}, {"is_poly": True}, {"pre_frames": 700}, {"claimed": 5600, "rows": 6}])
def test_it_is_whole_when_the_disk_is_back(tmp_path: Path, form: dict[str, Any]) -> None:
    take = pulled(tmp_path, **form)
    repair(take)
    plug_in(tmp_path)
    done = repair(take)
    assert (done.frames, done.damage, done.away) == (5600 - take.pre_frames, (), ())
    assert read_json(take.folder / "take.json")["state"] == "repaired"
    report = verify_take(take.folder)
    assert report.faults == ()
    assert report.checked_seconds == 6 * take.tracks
    assert repair_session(take.session, boot_id=AFTER) == []


def test_it_is_the_take_it_had_been_with_the_disk_there(tmp_path: Path) -> None:
    take, other = pulled(tmp_path / "a"), pulled(tmp_path / "b")
    plug_in(tmp_path / "b")
    for _ in range(2):
        repair(take)
    plug_in(tmp_path / "a")
    repair(take)
    repair(other)
    found, wanted = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert {name: held.replace(b"/a/", b"/b/") for name, held in found.items()} == wanted


def test_looking_again_while_it_is_out_changes_nothing_and_tells_again(tmp_path: Path) -> None:
    take = pulled(tmp_path)
    first, before = repair(take), contents(tmp_path)
    again = repair(take)
    assert (again.frames, again.damage, again.away) == (first.frames, first.damage, first.away)
    assert contents(tmp_path) == before


def test_no_file_of_sound_and_no_checksum_is_touched_while_it_is_out(tmp_path: Path) -> None:
    take = pulled(tmp_path)
    before = contents(take.folder)
    repair(take)
    after = contents(take.folder)
    assert {name: after[name] for name in before if name != "take.json"} == {
        name: held for name, held in before.items() if name != "take.json"
    }
    assert after[f"{BEFORE}/take.json"] == before["take.json"]


def test_a_part_in_the_middle_that_is_out_costs_what_is_behind_it_nothing(tmp_path: Path) -> None:
    take = cut_off(tmp_path / "s", cuts=(1500, 4000), elsewhere=tmp_path / "second" / "0001")
    document = read_json(take.folder / "take.json")
    for track in range(2):  # the last part went on beside the first
        name = Path(take.file(track, 2)).name
        take.path(track, 2).rename(take.folder / name)
        document["tracks"][track]["parts"][2]["file"] = name
    (take.folder / "take.json").write_text(json.dumps(document))
    pull(tmp_path)
    assert (repair(take).frames, repair(take).damage) == (1500, (sentence(tmp_path),))
    plug_in(tmp_path)
    done = repair(take)
    assert (done.frames, done.damage) == (5600, ())
    assert verify_take(take.folder).faults == ()


def test_what_is_said_of_its_copy_meanwhile_stays_said(tmp_path: Path) -> None:
    take = pulled(tmp_path)
    repair(take)
    copied = {"copy": {"folder": "/usb/0001", "state": "repaired", "fault": ""}}
    document = read_json(take.folder / "take.json") | copied
    (take.folder / "take.json").write_text(json.dumps(document))
    plug_in(tmp_path)
    repair(take)
    assert read_json(take.folder / "take.json")["copy"] == copied["copy"]


def test_killed_anywhere_while_the_disk_comes_back_it_comes_to_the_same_end(tmp_path: Path) -> None:
    whole = pulled(tmp_path / "whole")
    plug_in(tmp_path / "whole")
    repair(whole)
    wanted = {name: held for name, held in contents(whole.folder).items() if name.endswith((".wav", ".crc"))}
    for events in range(1, 200, 6):
        place = tmp_path / f"{events}"
        take = pulled(place)
        repair(take)
        plug_in(place)
        code = subprocess.run([sys.executable, "-c", REPAIR, str(take.session), str(events)], check=False).returncode
        repair_session(take.session, boot_id=AFTER)
        found = {name: held for name, held in contents(take.folder).items() if name.endswith((".wav", ".crc"))}
        assert found == wanted
        assert verify_take(take.folder).faults == ()
        if code == 0:
            return
    pytest.fail("the repair never came to its end")


def test_what_was_kept_before_and_cannot_be_read_is_told_and_nothing_is_touched(tmp_path: Path) -> None:
    take = pulled(tmp_path)
    repair(take)
    (take.folder / BEFORE / "take.json").write_text("{")
    plug_in(tmp_path)
    before = contents(tmp_path)
    assert str(repair(take)) == f"take 1 is left as it is: {BEFORE}: take.json is no JSON"
    assert contents(tmp_path) == before


def test_a_tape_that_runs_finds_the_disk_when_it_is_plugged_in(tmp_path: Path) -> None:
    take = pulled(tmp_path)
    now = [0.0]
    with Rig.make(strips=1, buses=0) as rig:
        machine = TapeMachine(rig.block, take.session, 1000, 0.25, lambda: now[0])
        machine.start()
        for _ in range(3):
            now[0] += 5.0
            machine.turn()
        told = machine.status()
        assert told["repaired"] == [f"take 1 was cut off; {sentence(tmp_path)}"]
        assert {"level": "warning", "text": f"take 1 was cut off; {sentence(tmp_path)}"} in told["alarms"]
        plug_in(tmp_path)
        now[0] += 5.0
        machine.turn()
        told = machine.status()
        machine.stop()
    assert told["repaired"] == ["take 1 was cut off; repaired: 5600 frames, 300 of them regained"]
    assert not any("second disk" in alarm["text"] for alarm in told["alarms"])
    assert verify_take(take.folder).faults == ()
