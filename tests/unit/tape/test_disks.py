"""What is told of a disk, and when; the ballast; and a second copy beside it."""

import errno
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from studiod.link import Operation
from studiod.link.order import TakeOrder, TrackOrder
from studiod.tape import TapeMachine, TapeOptions
from studiod.tape.disks import Ballast, DiskUse, Free, Refusal, Room, free_on, refusal, seconds_left
from tests.fakes.desk_rig import Rig
from tests.fakes.tape_take import TakeOnDisk

RATE_HZ = 48000
MIB = 1 << 20


@pytest.mark.parametrize(
    ("number", "meaning"),
    [
        (errno.ENOSPC, Refusal.FULL),
        (errno.EDQUOT, Refusal.FULL),
        (errno.EFBIG, Refusal.TOO_LONG),
        (errno.EIO, Refusal.BROKEN),
        (errno.EROFS, Refusal.BROKEN),
    ],
)
def test_a_refusal_is_told_by_its_number(number: int, meaning: Refusal) -> None:
    assert refusal(OSError(number, "no")) is meaning


def room(left_s: float | None, use: DiskUse = DiskUse.LIBRARY) -> Room:
    return Room(use, Path("/media/disk"), 0, left_s)


def test_there_is_a_warning_ten_minutes_before_full_and_an_alarm_two_minutes_before() -> None:
    per_second = 8 * RATE_HZ * 3
    told = {}
    for left_s in (3600, 601, 600, 121, 120, 3):
        alarm = room(seconds_left(left_s * per_second, per_second)).alarm(8)
        told[left_s] = None if alarm is None else alarm.level
    assert told == {3600: None, 601: None, 600: "warning", 121: "warning", 120: "alarm", 3: "alarm"}
    alarm = room(400.0).alarm(8)
    assert alarm is not None
    assert alarm.text == "/media/disk is full in 7 minutes of 8 tracks: make room on it"


def test_nothing_is_told_of_a_disk_while_nothing_is_armed() -> None:
    assert seconds_left(5, 0) is None
    assert seconds_left(None, 5) is None
    assert room(None).alarm(0) is None


def test_the_ballast_is_laid_where_there_is_room_and_thrown_off_once(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / ".studiod" / "ballast", MIB)
    ballast.lay(4 * MIB - 1)
    assert not ballast.is_there
    ballast.lay(4 * MIB)
    assert ballast.is_there
    assert ballast.path.stat().st_blocks * 512 >= MIB, "it takes the room it stands for"
    assert ballast.throw_off()
    assert not ballast.is_there
    assert not ballast.throw_off()


def test_a_ballast_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("someone else's")
    (tmp_path / "ballast").symlink_to(victim)
    Ballast(tmp_path / "ballast", MIB).lay(100 * MIB)
    assert victim.read_text() == "someone else's"


class Studio:
    """A machine turned by hand, with an order for two tracks. free: what disks have, by folder; others as they are."""

    def __init__(
        self, rig: Rig, session: Path, options: TapeOptions, armed: int = 0, free: Mapping[Path, Free] | None = None
    ) -> None:
        self.rig, self.now, self.frame, self.armed = rig, 0.0, 0, armed
        self.machine = TapeMachine(
            rig.block,
            session,
            RATE_HZ,
            0.25,
            lambda: self.now,
            list,
            options,
            lambda: self.armed,
            free_on=lambda folder: (free or {}).get(folder) or free_on(folder),
        )
        self.machine.start()
        tracks = tuple(TrackOrder(n, f"strip-{n + 1:02d}.wav", n, f"Strip {n + 1}") for n in range(2))
        rig.block.store_order(1, TakeOrder(1, session / "takes" / "0001", 24, tracks, "test").to_json())

    def roll(self, frames: int, *, copies: bool = True) -> None:
        """Play on, a tenth of a second at a time."""
        for _ in range(0, frames, 4800):
            counts = np.arange(self.frame, self.frame + 4800)[None, :] + 1000 * np.arange(2)[:, None]
            self.rig.render((counts / (1 << 23)).astype(np.float32))
            self.frame += 4800
            self.now += 0.1
            self.machine.turn()
            if copies and self.machine.copy is not None:
                self.machine.copy.turn(self.rig.block.snapshot(), self.rig.block.capture_head)


def test_the_time_left_is_that_of_what_is_armed_and_then_of_what_is_recorded(tmp_path: Path) -> None:
    with Rig.make(strips=2, buses=0, ring_s=3.0) as rig:
        studio = Studio(rig, tmp_path / "session", TapeOptions())
        assert studio.machine.status()["seconds_left"] is None
        studio.armed = 32
        armed = studio.machine.status()
        assert armed["seconds_left"] == pytest.approx(armed["free_bytes"] / (32 * 3 * RATE_HZ), rel=0.01)
        rig.ask(Operation.RECORD, slot=1)
        studio.roll(RATE_HZ)
        rolling = studio.machine.status()
        assert studio.machine.writer is not None
        room = rolling["free_bytes"] + studio.machine.writer.kept_bytes  # what is kept for it is its own
        assert rolling["seconds_left"] == pytest.approx(room / (2 * 3 * RATE_HZ), abs=1.0)
        studio.machine.stop()


@pytest.mark.parametrize(
    ("minutes", "level"),
    [((60, 60, 60), None), ((60, 5, 60), "warning"), ((60, 1, 60), "alarm"), ((60, 60, 1), "warning")],
)
def test_every_disk_is_watched_that_a_take_goes_to(
    tmp_path: Path, minutes: tuple[int, int, int], level: str | None
) -> None:
    folders = tmp_path / "session", tmp_path / "usb", tmp_path / "second"
    for folder in folders:
        folder.mkdir()
    minute = 60 * 8 * 3 * RATE_HZ
    free = {folder: Free(count * minute, n) for n, (folder, count) in enumerate(zip(folders, minutes, strict=True))}
    with Rig.make(strips=2, buses=0, ring_s=3.0) as rig:
        options = TapeOptions(second_library=folders[2], copy_to=folders[1])
        studio = Studio(rig, folders[0], options, 8, free)
        studio.roll(3 * RATE_HZ)
        status = studio.machine.status()
        studio.machine.stop()
    assert [told["use"] for told in status["room"]] == ["library", "copy", "second library"]
    assert [told["seconds_left"] for told in status["room"]] == [60.0 * count for count in minutes]
    assert [alarm["level"] for alarm in status["alarms"]] == ([] if level is None else [level])
    if level is not None:
        named = folders[1] if minutes[1] < 60 else folders[2]
        assert str(named) in status["alarms"][0]["text"]


def test_a_copy_on_the_same_disk_halves_the_time_left(tmp_path: Path) -> None:
    folders = tmp_path / "session", tmp_path / "usb"
    for folder in folders:
        folder.mkdir()
    free = dict.fromkeys(folders, Free(1200 * 8 * 3 * RATE_HZ, 1))
    with Rig.make(strips=2, buses=0, ring_s=3.0) as rig:
        studio = Studio(rig, folders[0], TapeOptions(copy_to=folders[1]), 8, free)
        studio.roll(3 * RATE_HZ)
        status = studio.machine.status()
        studio.machine.stop()
    assert status["seconds_left"] == 600.0
    assert [alarm["text"] for alarm in status["alarms"]] == [
        f"{folders[0]} is full in 10 minutes of 8 tracks: make room on it"
    ]


def test_the_copy_says_when_it_ends_by_its_name() -> None:
    alarm = room(240.0, DiskUse.COPY).alarm(1)
    assert alarm is not None
    assert alarm.text == "the copy on /media/disk ends in 4 minutes of 1 track: make room on it"


def test_room_is_kept_ahead_for_every_file_and_given_back_at_the_end(tmp_path: Path) -> None:
    with Rig.make(strips=2, buses=0, ring_s=3.0) as rig:
        studio = Studio(rig, tmp_path / "session", TapeOptions())
        rig.ask(Operation.RECORD, slot=1)
        studio.roll(2 * RATE_HZ)
        path = tmp_path / "session" / "takes" / "0001" / "strip-02.wav"
        assert path.stat().st_blocks * 512 > 30 * 3 * RATE_HZ
        assert path.stat().st_size < 3 * 3 * RATE_HZ
        studio.machine.stop()
        assert path.stat().st_blocks * 512 < 4 * 3 * RATE_HZ


def test_every_take_is_copied_and_its_paper_says_so(tmp_path: Path) -> None:
    (tmp_path / "usb").mkdir()
    with Rig.make(strips=2, buses=0, ring_s=3.0) as rig:
        studio = Studio(rig, tmp_path / "session", TapeOptions(copy_to=tmp_path / "usb", pre_record_s=0.5))
        studio.roll(RATE_HZ)
        rig.ask(Operation.RECORD, slot=1)
        studio.roll(RATE_HZ)
        assert studio.machine.status()["copy"]["state"] == "recording"
        rig.ask(Operation.STOP)
        studio.roll(3 * RATE_HZ)
        assert studio.machine.copy is not None
        studio.machine.copy.stop()
        studio.machine.stop()
    first = TakeOnDisk(tmp_path / "session" / "takes" / "0001")
    copy = TakeOnDisk(tmp_path / "usb" / "session" / "takes" / "0001")
    assert first.about["copy"] == {"folder": str(copy.folder), "state": "good", "fault": ""}
    assert copy.about["copy"] is None
    for taken in (first, copy):
        assert taken.about["state"] == "good"
        taken.assert_true()
    assert [first.packed(track) for track in range(2)] == [copy.packed(track) for track in range(2)]


def test_a_copy_that_comes_late_catches_up_and_holds_nothing_up(tmp_path: Path) -> None:
    (tmp_path / "usb").mkdir()
    with Rig.make(strips=2, buses=0, ring_s=5.0) as rig:
        studio = Studio(rig, tmp_path / "session", TapeOptions(copy_to=tmp_path / "usb"))
        rig.ask(Operation.RECORD, slot=1)
        studio.roll(2 * RATE_HZ, copies=False)
        rig.ask(Operation.STOP)
        studio.roll(RATE_HZ, copies=False)
        first = TakeOnDisk(tmp_path / "session" / "takes" / "0001")
        assert first.about["state"] == "good"
        studio.roll(RATE_HZ)
        studio.machine.stop()
    copy = TakeOnDisk(tmp_path / "usb" / "session" / "takes" / "0001")
    assert copy.about["frames"] == first.about["frames"] == 2 * RATE_HZ
    assert first.about["copy"]["state"] == "good"
    copy.assert_true()


def test_a_copy_never_lands_on_another_take_of_that_number(tmp_path: Path) -> None:
    there = tmp_path / "usb" / "session" / "takes" / "0001"
    there.mkdir(parents=True)
    (there / "take.json").write_text(json.dumps({"id": 1, "state": "good", "start_frame": 7}))
    with Rig.make(strips=2, buses=0, ring_s=3.0) as rig:
        studio = Studio(rig, tmp_path / "session", TapeOptions(copy_to=tmp_path / "usb"))
        rig.ask(Operation.RECORD, slot=1)
        studio.roll(RATE_HZ)
        assert studio.machine.copy is not None
        studio.machine.copy.stop()
        studio.machine.stop()
    assert json.loads((there / "take.json").read_text())["start_frame"] == 7
    assert [path.name for path in there.iterdir()] == ["take.json"]
    TakeOnDisk(there.with_name("0001.2")).assert_true()


def test_a_disk_for_copies_that_is_not_there_is_told_and_never_made(tmp_path: Path) -> None:
    with Rig.make(strips=2, buses=0, ring_s=3.0) as rig:
        options = TapeOptions(copy_to=tmp_path / "usb", second_library=tmp_path / "second")
        studio = Studio(rig, tmp_path / "session", options)
        rig.ask(Operation.RECORD, slot=1)
        studio.roll(RATE_HZ)
        texts = [alarm["text"] for alarm in studio.machine.status()["alarms"]]
        studio.machine.stop()
    assert any(f"tape.copy_to {tmp_path / 'usb'} is not there" in text for text in texts)
    assert any(f"tape.second_library {tmp_path / 'second'} is not there" in text for text in texts)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["session"]
    assert TakeOnDisk(tmp_path / "session" / "takes" / "0001").about["copy"]["state"] == "missing"


def test_a_take_whose_clock_is_set_while_it_runs_is_dated_right(tmp_path: Path) -> None:
    wall, is_set = [1000.0], [False]
    with Rig.make(strips=2, buses=0, ring_s=3.0) as rig:
        studio = Studio(rig, tmp_path / "session", TapeOptions())
        studio.machine.wall, studio.machine.is_clock_synchronised = lambda: wall[0], lambda: is_set[0]
        rig.ask(Operation.RECORD, slot=1)
        studio.roll(RATE_HZ)
        path = tmp_path / "session" / "takes" / "0001" / "take.json"
        assert json.loads(path.read_text())["clock_synchronised"] is False
        is_set[0], wall[0] = True, 1_790_000_000.0
        studio.machine.stop()
    about = json.loads(path.read_text())
    assert about["clock_synchronised"] is True
    assert about["created_unix"] == pytest.approx(1_790_000_000.0 - 0.9, abs=0.11)
