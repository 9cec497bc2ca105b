"""Copies that were cut off: made whole when their disk is there, by themselves, whatever the first disk does."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studiod.link import Operation
from studiod.link.order import TakeOrder, TrackOrder
from studiod.tape import TapeMachine, TapeOptions
from studiod.tape.copy import LOOK_S
from studiod.tape.library import find_takes
from studiod.tape.lock import LOCK_NAME, hold
from studiod.tape.verify import verify_take
from tests.fakes.desk_rig import Rig
from tests.fakes.takes import FakeTake, read_json

RATE_HZ = 48_000
STEP = 4800


class Studio:
    """A tape machine with a copy, both turned by hand as time goes."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig, self.now = rig, 0.0
        self.session, self.copies = folder / "first" / "s", folder / "second"
        self.machine = self.made()

    def made(self) -> TapeMachine:
        """One more machine on the same disks."""
        options = TapeOptions(copy_to=self.copies)
        return TapeMachine(self.rig.block, self.session, RATE_HZ, 0.25, lambda: self.now, list, options)

    def roll(self, seconds: float) -> None:
        """Play silence on, and turn."""
        for _ in range(round(seconds * RATE_HZ) // STEP):
            self.rig.render(np.zeros((self.rig.block.inputs, STEP), np.float32))
            self.now += STEP / RATE_HZ
            self.machine.turn()
            assert self.machine.copy is not None
            self.machine.copy.turn(self.rig.block.snapshot(), self.rig.block.capture_head)

    def start(self) -> None:
        self.machine.start()
        self.roll(2 * LOOK_S)

    def stop(self) -> None:
        if self.machine.copy is not None:
            self.machine.copy.stop()
        self.machine.stop()


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with Rig.make(strips=2, buses=0, ring_s=5.0) as rig:
        studio = Studio(rig, tmp_path)
        try:
            yield studio
        finally:
            studio.stop()


def cut_off(session: Path, number: int = 1) -> FakeTake:
    return FakeTake(session, number, state="recording", claimed=3000, rows=3).write()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix}


def test_a_copy_that_was_cut_off_is_whole_after_the_start_and_the_take_says_so(studio: Studio) -> None:
    copy = cut_off(studio.copies / "s")
    told = {"folder": str(copy.folder), "state": "recording", "fault": ""}
    first = FakeTake(studio.session, more={"copy": told}).write()
    studio.start()
    assert read_json(copy.folder / "take.json")["state"] == "repaired"
    assert verify_take(copy.folder).is_good
    assert read_json(first.folder / "take.json")["copy"] == told | {"state": "repaired"}
    left = contents(studio.copies)
    studio.stop()
    studio.machine = studio.made()
    studio.start()
    assert contents(studio.copies) == left, "a second start changes nothing"


def test_that_of_a_take_which_is_nobody_s_copy_here_is_not_told_of(studio: Studio) -> None:
    cut_off(studio.copies / "s")
    told = {"folder": str(studio.copies / "s" / "takes" / "0001.2"), "state": "good", "fault": ""}
    first = FakeTake(studio.session, more={"copy": told}).write()
    studio.start()
    assert read_json(first.folder / "take.json")["copy"] == told


def test_copies_of_two_libraries_are_made_whole_beside_each_other_and_found_by_verify(studio: Studio) -> None:
    ours = cut_off(studio.copies / "s")
    theirs = ours.folder.with_name("0001.2")
    cut_off(studio.copies / "other").folder.rename(theirs)
    studio.start()
    assert [read_json(folder / "take.json")["state"] for folder in (ours.folder, theirs)] == ["repaired"] * 2
    assert find_takes(studio.copies / "s") == [ours.folder, theirs]
    assert verify_take(theirs).is_good


def test_a_disk_that_is_plugged_in_later_is_looked_over_then(studio: Studio, tmp_path: Path) -> None:
    cut_off(tmp_path / "away" / "s")
    studio.start()
    (tmp_path / "away").rename(studio.copies)
    studio.roll(2 * LOOK_S)
    (folder,) = find_takes(studio.copies)
    assert read_json(folder / "take.json")["state"] == "repaired"


def test_what_another_studiod_is_writing_there_is_left_alone_until_it_is_done(studio: Studio) -> None:
    copy = cut_off(studio.copies / "s")
    other = hold(studio.copies / "s" / LOCK_NAME, os.getppid(), is_shared=True)
    studio.start()
    assert read_json(copy.folder / "take.json")["state"] == "recording"
    os.close(other)
    studio.roll(2 * LOOK_S)
    assert read_json(copy.folder / "take.json")["state"] == "repaired"


def test_a_copy_that_cannot_be_made_whole_hurts_nothing_else(studio: Studio) -> None:
    (studio.copies / "s" / LOCK_NAME).mkdir(parents=True)
    copy, first = cut_off(studio.copies / "s"), cut_off(studio.session)
    studio.start()
    assert read_json(copy.folder / "take.json")["state"] == "recording"
    assert read_json(first.folder / "take.json")["state"] == "repaired"
    assert studio.machine.library_fault == ""


def test_a_disk_that_is_written_is_locked_and_one_that_rests_can_be_unmounted(studio: Studio) -> None:
    studio.copies.mkdir()
    studio.start()
    tracks = tuple(TrackOrder(n, f"strip-{n + 1:02d}.wav", n, f"Strip {n + 1}") for n in range(2))
    order = TakeOrder(1, studio.session / "takes" / "0001", 24, tracks, "test")
    studio.rig.block.store_order(1, order.to_json())
    studio.rig.ask(Operation.RECORD, slot=1)
    studio.roll(1.0)
    with pytest.raises(BlockingIOError):
        hold(studio.copies / "s" / LOCK_NAME, os.getppid())
    studio.rig.ask(Operation.STOP)
    studio.roll(1.0)
    os.close(hold(studio.copies / "s" / LOCK_NAME, os.getppid()))
    assert read_json(studio.copies / "s" / "takes" / "0001" / "take.json")["state"] == "good"
