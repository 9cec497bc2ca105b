"""A tape that is started after one that was killed: what was closed stays as it is, what was not is finished."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studiod.link import TAPE, Operation
from studiod.link.closed import is_over
from studiod.link.journal import JOURNAL_NAME, read_journal
from studiod.link.order import TakeOrder, TrackOrder
from studiod.tape.bwf import read_bext
from studiod.tape.library import empty_trash, restore_take, trash_take
from studiod.tape.verify import verify_take
from tests.fakes.desk_rig import Rig
from tests.fakes.midi_studio import KEYS, RATE_HZ, TAKE, MidiStudio, kill, note
from tests.fakes.takes import read_json


@pytest.fixture
def rig() -> Iterator[Rig]:
    with Rig.make(1, 0) as rig:
        yield rig


@pytest.fixture
def studio(rig: Rig, tmp_path: Path) -> MidiStudio:
    """One whose takes have sound, notes, a journal and a copy."""
    (tmp_path / "copies").mkdir()
    return MidiStudio(rig, tmp_path / "session", copy_to=tmp_path / "copies")


def copies(studio: MidiStudio) -> Path:
    assert studio.copy_to is not None
    return studio.copy_to / "session" / "takes"


def record_one(studio: MidiStudio) -> None:
    """A take of 0.2 s with a note, closed wherever it is written."""
    studio.record()
    studio.play(9600, (100, KEYS, note(60)))
    studio.stop()
    studio.play(2 * RATE_HZ)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def tags(folder: Path) -> dict[str, str | int]:
    """Of the first strip's file."""
    page = (folder / "strip-01.wav").read_bytes()[:4096]
    return read_bext(page[page.index(b"bext") + 8 :])


def go_on(studio: MidiStudio) -> None:
    """The tape is killed, started anew, and time goes by: the desk moves on, and somebody plays."""
    studio.new_tape()
    assert studio.machine.library_fault == ""
    studio.rig.set("/strip/1/fader", -6.0)
    studio.play(3 * RATE_HZ, (100, KEYS, note(62)))


def finished(studio: MidiStudio) -> int:
    return int(json.loads(studio.rig.block.status(TAPE))["finished"])


@pytest.mark.parametrize("is_emptied", [False, True])
def test_a_take_that_was_thrown_away_is_not_written_again(studio: MidiStudio, *, is_emptied: bool) -> None:
    record_one(studio)
    thrown = files(studio.folder)
    trash_take(studio.session, TAKE)
    if is_emptied:
        empty_trash(studio.session)
    go_on(studio)
    assert not studio.folder.exists()
    assert finished(studio) == TAKE
    if not is_emptied:
        restore_take(studio.session, TAKE)
        assert files(studio.folder) == thrown


def test_a_closed_take_and_its_copy_stay_as_they_are(studio: MidiStudio) -> None:
    record_one(studio)
    before = files(studio.session / "takes"), files(copies(studio))
    go_on(studio)
    assert (files(studio.session / "takes"), files(copies(studio))) == before
    assert studio.about["copy"] == {"folder": str(copies(studio) / "0001"), "state": "good", "fault": ""}
    assert verify_take(studio.folder).faults == ()


def test_a_copy_that_was_closed_a_moment_before_the_kill_is_known_again_and_told(studio: MidiStudio) -> None:
    studio.record()
    studio.play(9600, (100, KEYS, note(60)))
    studio.rig.ask(Operation.STOP)
    while finished(studio) < TAKE:
        studio.rig.render(np.zeros((1, 480), np.float32), [64])
        studio.machine.turn()
    copy = studio.machine.copy
    assert copy is not None
    while copy.states[TAKE].state == "recording":
        copy.turn(studio.rig.block.snapshot(), studio.rig.block.capture_head)
    told = studio.about["copy"]
    assert isinstance(told, dict)
    assert told["state"] == "recording"
    (copies(studio) / "0001" / JOURNAL_NAME).write_bytes(b"what a kill left")
    go_on(studio)
    assert [folder.name for folder in copies(studio).iterdir()] == ["0001"]
    assert studio.about["copy"] == told | {"state": "good"}
    for name in (JOURNAL_NAME, "midi-01.mid"):
        assert (copies(studio) / "0001" / name).read_bytes() == (studio.folder / name).read_bytes(), name


def test_a_closed_take_of_another_library_is_not_taken_for_ours(studio: MidiStudio, tmp_path: Path) -> None:
    record_one(studio)
    theirs = files(copies(studio) / "0001")
    with Rig.make(1, 0) as rig:
        ours = MidiStudio(rig, tmp_path / "elsewhere" / "session", copy_to=studio.copy_to)
        record_one(ours)
        assert ours.about["start_frame"] == studio.about["start_frame"]
        second = copies(studio) / "0001.2"
        assert ours.about["copy"] == {"folder": str(second), "state": "good", "fault": ""}
        assert files(copies(studio) / "0001") == theirs
        go_on(ours)
        assert ours.about["copy"] == {"folder": str(second), "state": "good", "fault": ""}


def test_a_take_that_had_stopped_and_was_not_closed_is_finished(studio: MidiStudio) -> None:
    start = studio.record()
    studio.play(9600, (100, KEYS, note(60)))
    studio.rig.ask(Operation.STOP)
    studio.rig.render(np.zeros((1, 4800), np.float32), [64])  # nobody turns the tape any more
    assert finished(studio) == 0
    go_on(studio)
    assert (finished(studio), studio.about["state"]) == (TAKE, "good")
    journal = read_journal(studio.folder / JOURNAL_NAME)
    assert (journal.stop, journal.missing) == (start + int(str(studio.about["frames"])), 0)
    assert verify_take(studio.folder).faults == ()
    assert files(copies(studio) / "0001").keys() == files(studio.folder).keys()
    assert studio.about["copy"] == {"folder": str(copies(studio) / "0001"), "state": "good", "fault": ""}


def test_notes_that_were_not_whole_when_the_sound_was_closed_are_finished(studio: MidiStudio) -> None:
    studio.record()
    studio.play(4800, (10, KEYS, note(60)))
    studio.rig.ask(Operation.STOP)
    order = TakeOrder(TAKE + 1, studio.session / "takes" / "0002", 24, (TrackOrder(0, "a.wav", 0, "A"),), "test")
    studio.rig.block.store_order(TAKE + 1, order.to_json())
    studio.rig.ask(Operation.RECORD, slot=TAKE + 1)
    studio.play(480)
    studio.machine.turn()
    assert finished(studio) == TAKE, "the next one waits for it"
    assert read_journal(studio.folder / JOURNAL_NAME).stop is None
    go_on(studio)
    assert studio.file()[-1] == (studio.about["frames"], b"\x80\x3c\x40")
    assert read_journal(studio.folder / JOURNAL_NAME).missing == 0
    assert verify_take(studio.folder).faults == ()
    assert (copies(studio) / "0001" / "midi-01.mid").read_bytes() == (studio.folder / "midi-01.mid").read_bytes()


def test_a_journal_that_is_whole_is_not_gone_on_with_though_nobody_told_so(studio: MidiStudio) -> None:
    record_one(studio)
    whole = (studio.folder / JOURNAL_NAME).read_bytes()
    studio.rig.block.store_status(TAPE, "")
    go_on(studio)
    assert (studio.folder / JOURNAL_NAME).read_bytes() == whole
    assert read_journal(studio.folder / JOURNAL_NAME).missing == 0


def test_what_could_not_be_recorded_is_still_known_and_not_tried_again(studio: MidiStudio) -> None:
    studio.folder.parent.mkdir(exist_ok=True)
    studio.folder.write_text("in the way")
    studio.record()
    (why,) = json.loads(studio.rig.block.status(TAPE))["failed"].values()
    studio.stop()
    studio.folder.unlink()
    go_on(studio)
    assert json.loads(studio.rig.block.status(TAPE))["failed"] == {str(TAKE): why}
    assert not studio.folder.exists()


def test_a_copy_says_whether_its_clock_was_right(studio: MidiStudio) -> None:
    kill(studio.machine)
    studio.is_clock_synchronised = True
    studio.new_tape()
    record_one(studio)
    paper = read_json(copies(studio) / "0001" / "take.json")
    assert (paper["clock_synchronised"], studio.about["clock_synchronised"]) == (True, True)
    assert tags(copies(studio) / "0001")["date"] == tags(studio.folder)["date"] == "2027-01-15"


def test_it_is_certain_that_nobody_records_a_take_when_it_is_closed_or_was_never_begun_here(
    studio: MidiStudio, tmp_path: Path
) -> None:
    block = studio.rig.block
    studio.record()
    assert not is_over(block, TAKE)
    assert is_over(block, TAKE + 1), "left by a studio before this one, which held the session as this one does"
    studio.play(9600)
    studio.rig.ask(Operation.STOP)
    studio.rig.render(np.zeros((1, 4800), np.float32), [64])
    assert not is_over(block, TAKE), "it has stopped, and is not closed"
    studio.new_tape()
    assert not is_over(block, TAKE)
    studio.play(RATE_HZ)
    assert is_over(block, TAKE)
    with Rig.make(1, 0) as rig:
        second = MidiStudio(rig, tmp_path / "session")
        assert second.machine.is_locked_out
        assert not is_over(rig.block, TAKE + 1), "the studio that holds the session may record it"
        rig.block.store_status(TAPE, "")
        assert not is_over(rig.block, TAKE + 1), "no tape has looked yet"


def test_a_session_that_is_away_is_not_made_anew_by_the_next_tape_either(studio: MidiStudio, tmp_path: Path) -> None:
    record_one(studio)
    studio.session.rename(tmp_path / "elsewhere")
    studio.new_tape()
    assert "is not there any more: it was moved, or its disk is gone" in studio.machine.library_fault
    studio.play(RATE_HZ)
    assert not studio.session.exists()
    (tmp_path / "elsewhere").rename(studio.session)
    studio.play(3 * RATE_HZ)
    assert studio.machine.library_fault == ""
    assert verify_take(studio.folder).is_good
