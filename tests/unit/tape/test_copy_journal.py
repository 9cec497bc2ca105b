"""The copy of a take is a take of its own: with its journal and its MIDI, by its own thread and with its own faults."""

import shutil
from pathlib import Path

import pytest

from studiod.link import Operation
from studiod.link.journal import JOURNAL_NAME, read_journal
from studiod.tape.copy import CopyState
from studiod.tape.verify import verify_take
from tests.fakes.desk_rig import Rig
from tests.fakes.midi_studio import ALL, DRUMS, KEYS, PADS, MidiStudio, note
from tests.fakes.takes import read_json

BESIDE = (JOURNAL_NAME, ALL.file, DRUMS.file)


def begun(rig: Rig, tmp_path: Path) -> tuple[MidiStudio, Path]:
    """A studio that records two notes, and the folder of the copy."""
    copies = tmp_path / "copies"
    copies.mkdir()
    studio = MidiStudio(rig, tmp_path / "session", copy_to=copies)
    studio.record()
    studio.play(9600, (100, KEYS, note(60)), (200, PADS, note(36, channel=9)))
    return studio, copies / "session" / "takes" / "0001"


def test_a_copy_has_the_same_journal_and_the_same_midi(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio, copy = begun(rig, tmp_path)
        assert read_journal(copy / JOURNAL_NAME).events, "while it is recorded"
        studio.stop()
        studio.play(4800)
        for name in BESIDE:
            assert (copy / name).read_bytes() == (studio.folder / name).read_bytes(), name
        assert verify_take(copy).faults == ()
        assert studio.machine.copy is not None
        assert studio.machine.copy.states[1].fault == ""


def test_a_take_of_midi_alone_is_copied_as_well(tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session", tracks=0, copy_to=tmp_path / "copies")
        studio.record()
        studio.play(9600, (100, KEYS, note(60)))
        studio.stop()
        studio.play(4800)
        copy = tmp_path / "copies" / "session" / "takes" / "0001"
        for name in BESIDE:
            assert (copy / name).read_bytes() == (studio.folder / name).read_bytes(), name
        assert verify_take(copy).faults == ()
        assert studio.machine.copy is not None
        assert studio.machine.copy.states[1] == CopyState(str(copy), "good", "")


def test_a_copy_that_is_cut_off_is_made_whole_without_the_first_disk(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        begun(rig, tmp_path)
        shutil.copytree(tmp_path / "copies", tmp_path / "left")  # what a kill leaves, and nothing of the first disk
    copy = tmp_path / "left" / "session" / "takes" / "0001"
    with Rig.make(1, 0) as rig:
        later = MidiStudio(rig, tmp_path / "elsewhere" / "session", copy_to=tmp_path / "left")
        later.play(240_000)
        assert read_json(copy / "take.json")["state"] == "repaired"
        assert verify_take(copy).faults == ()
        later.session = copy.parents[1]
        assert [message for _, message in later.file()][:2] == [note(60), note(36, channel=9)]


def test_a_tape_that_begins_anew_goes_on_with_the_copied_journal(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio, copy = begun(rig, tmp_path)
        (copy / JOURNAL_NAME).write_bytes(b"what a cut left")
        studio.new_tape()
        studio.play(9600, (100, KEYS, note(62)))
        studio.stop()
        studio.play(4800)
        for name in BESIDE:
            assert (copy / name).read_bytes() == (studio.folder / name).read_bytes(), name


def test_a_journal_that_cannot_be_copied_leaves_the_sound_alone_and_is_told(tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session", copy_to=copies)
        copy = copies / "session" / "takes" / "0001"
        studio.record()
        (copy / JOURNAL_NAME).unlink()
        assert studio.machine.copy is not None
        studio.machine.copy.journals.stop()
        studio.new_tape()
        (copy / JOURNAL_NAME).mkdir()
        studio.play(9600, (100, KEYS, note(60)))
        studio.stop()
        assert studio.machine.copy is not None
        state = studio.machine.copy.states[1]
        assert (state.state, "its journal and MIDI are not copied" in state.fault) == ("good", True)
        assert read_json(copy / "take.json")["state"] == "good"
        assert read_journal(studio.folder / JOURNAL_NAME).stop is not None


@pytest.mark.parametrize("is_stopped", [True, False])
def test_a_take_that_is_not_copied_has_no_journal_waiting_for_it(tmp_path: Path, *, is_stopped: bool) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session", copy_to=tmp_path / "not-there")
        studio.record()
        studio.play(4800, (100, KEYS, note(60)))
        rig.ask(Operation.STOP)
        studio.play(9600)
        assert studio.machine.copy is not None
        if is_stopped:
            studio.machine.copy.stop()
        assert not studio.machine.copy.journals.is_busy
        assert not (tmp_path / "not-there").exists()
