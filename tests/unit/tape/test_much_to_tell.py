"""A library with much damage: the tape starts, says what is worst, and how much more there is."""

import json
from pathlib import Path

from studiod.link import TAPE
from studiod.tape import TapeMachine
from studiod.tape.repair import Repaired
from tests.fakes.desk_rig import Rig
from tests.fakes.takes import FakeTake, read_json

TRACKS = 64


def damaged(session: Path, number: int) -> FakeTake:
    """A take that was being recorded, and whose files are gone but for one."""
    take = FakeTake(session, number, TRACKS, frames=200, state="recording", claimed=100).write()
    for track in range(1, TRACKS):
        take.path(track).unlink()
    return take


def machine(rig: Rig, session: Path, faults: int = 0) -> TapeMachine:
    return TapeMachine(
        rig.block, session, 48_000, 0.25, lambda: 0.0, lambda: [f"file {n}: is silent" for n in range(faults)]
    )


def test_damaged_takes_of_many_tracks_do_not_keep_the_tape_from_starting(tmp_path: Path) -> None:
    session = tmp_path / "session"
    takes = [damaged(session, number) for number in range(1, 8)]
    with Rig.make(strips=1, buses=0) as rig:
        tape = machine(rig, session)
        tape.start()
        told = json.loads(rig.block.status(TAPE))
        assert [line.split(" was")[0] for line in told["repaired"]] == [f"take {number}" for number in range(7, 0, -1)]
        assert told["repaired"][0].endswith(f"; and {TRACKS - 1 - 4} more")
        tape.stop()
    for take in takes:
        assert len(read_json(take.folder / "take.json")["repair"]["damage"]) == TRACKS - 1


def test_of_many_repairs_and_faults_the_first_are_told_and_how_many_more_there_are(tmp_path: Path) -> None:
    for number in range(1, 12):
        FakeTake(tmp_path, number, 1, frames=200, state="recording", claimed=100).write()
    with Rig.make(strips=1, buses=0) as rig:
        tape = machine(rig, tmp_path, faults=70)
        tape.start()
        told = json.loads(rig.block.status(TAPE))
        assert len(told["repaired"]) == 9
        assert told["repaired"][0].startswith("take 11 ")
        assert told["repaired"][-1] == "and 3 more"
        assert told["playback_faults"][-1] == "and 66 more"
        assert len(told["playback_faults"]) == 5
        tape.stop()


def test_alarms_that_are_not_told_one_by_one_are_counted(tmp_path: Path) -> None:
    with Rig.make(strips=1, buses=0) as rig:
        tape = machine(rig, tmp_path)
        tape.start()
        tape.repaired = [Repaired(n, 0, 0, away=(f"part {n} is on a disk that is not there",)) for n in range(1, 21)]
        told = tape.status()["alarms"]
        assert len(told) == 9
        assert told[-1] == {"level": "warning", "text": "and 12 more"}
        tape.stop()
