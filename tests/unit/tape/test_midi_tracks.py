"""MIDI tracks by hand: what was played is in files and journal at its frame, whoever dies in between."""

import json
from pathlib import Path

import numpy as np
import pytest

from studiod.link import TAPE, Operation
from studiod.link.journal import JOURNAL_NAME, read_journal
from studiod.link.order import TakeOrder, TrackOrder
from studiod.link.ports import MIDI_MESSAGE
from studiod.tape.repair import repair_session
from studiod.tape.verify import verify_take
from tests.fakes.desk_rig import Rig
from tests.fakes.midi_studio import BOX, KEYS, PADS, RATE_HZ, TAKE, MidiStudio, note


def test_every_message_is_in_its_track_at_its_frame(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session")
        start = studio.record()
        now = rig.block.input_head
        studio.play(9600, (100, KEYS, note(60)), (777, PADS, note(36, channel=9)), (5001, KEYS, note(60, on=False)))
        studio.play(2400, (5, PADS, note(40, channel=3)), (6, PADS, note(36, on=False, channel=9)))
        studio.stop()
        first = now - start
        assert studio.file()[:5] == [
            (first + 100, note(60)),
            (first + 777, note(36, channel=9)),
            (first + 5001, note(60, on=False)),
            (first + 9605, note(40, channel=3)),
            (first + 9606, note(36, on=False, channel=9)),
        ]
        assert [message for _, message in studio.file("midi-02.mid")] == [
            note(36, channel=9),
            note(36, on=False, channel=9),
        ]
        assert verify_take(studio.folder).faults == ()


def test_boxes_that_control_the_desk_are_not_on_the_track_of_every_keyboard_but_in_the_journal(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session")
        studio.record()
        studio.play(4800, (10, BOX, b"\xb0\x00\x7f"), (20, KEYS, b"\xf8"))
        studio.stop()
        assert studio.file() == []
        journal = read_journal(studio.folder / JOURNAL_NAME)
        assert [(journal.ports[event.port], event.message) for event in journal.events] == [
            ("Box", b"\xb0\x00\x7f"),
            ("Keys", b"\xf8"),
        ]


def test_messages_told_out_of_order_are_written_in_the_order_they_were_played(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session")
        start = studio.record()
        now = rig.block.input_head
        studio.writer.post(KEYS, MIDI_MESSAGE, now + 900, 0, note(62))
        studio.writer.post(PADS, MIDI_MESSAGE, now + 300, 0, note(61))
        studio.play(9600)
        studio.stop()
        assert studio.file()[:2] == [(now + 300 - start, note(61)), (now + 900 - start, note(62))]


def test_the_file_begins_with_the_hidden_frames_as_the_sound_does(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session", pre_record_s=0.5)
        studio.play(48_000, (40_000, KEYS, note(60)), (1000, KEYS, note(50)))
        start = studio.record()
        studio.play(4800)
        studio.stop()
        assert studio.about["pre_frames"] == 24_000
        assert studio.file()[0] == (40_000 - (start - 24_000), note(60))
        assert note(50) not in [message for _, message in studio.file()]


def test_a_note_held_at_stop_ends_with_the_take(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session")
        studio.record()
        studio.play(4800, (10, KEYS, note(60)))
        studio.stop()
        assert studio.file()[-1] == (studio.about["frames"], b"\x80\x3c\x40")


def test_a_message_told_after_the_sound_has_ended_is_in_file_and_journal_alike(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session")
        start = studio.record()
        studio.play(4800)
        rig.ask(Operation.STOP)
        studio.play(480)
        stop = next(take.stop for take in rig.block.snapshot().takes if take.id == TAKE)
        assert stop is not None
        studio.writer.post(KEYS, MIDI_MESSAGE, stop - 3, 0, note(60))
        studio.play(4800)
        assert studio.file()[0] == (stop - 3 - start, note(60))
        assert verify_take(studio.folder).faults == ()


def test_a_studio_that_is_stopped_right_after_a_take_leaves_a_whole_journal(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "s")
        start = studio.record()
        studio.play(4800, (100, KEYS, note(60)))
        rig.ask(Operation.STOP)
        studio.play(480)  # less than messages may be late
        studio.machine.turn()
        assert read_journal(studio.folder / JOURNAL_NAME).stop is None
        studio.machine.stop()
    journal = read_journal(studio.folder / JOURNAL_NAME)
    assert journal.stop == start + int(str(studio.about["frames"]))
    assert set(journal.tails) == {0}
    assert [message[1] for _, message in studio.file()] == [60, 60]


def test_a_studio_that_is_stopped_amid_a_take_ends_notes_where_the_sound_ends(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session")
        studio.record()
        studio.play(9600, (100, KEYS, note(60)))
        studio.machine.stop()
        assert studio.file()[-1] == (studio.about["frames"], b"\x80\x3c\x40")
        assert verify_take(studio.folder).faults == ()


@pytest.mark.parametrize("tracks", [0, 1])
def test_a_take_is_told_closed_when_its_notes_are_whole(tmp_path: Path, tracks: int) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session", tracks=tracks)
        studio.record()
        studio.play(4800, (10, KEYS, note(60)))
        rig.ask(Operation.STOP)
        states: list[str] = []
        while not states or states[-1] == "recording":
            studio.play(480)
            states.append(str(studio.about["state"]))
            is_told = json.loads(rig.block.status(TAPE))["finished"] == TAKE
            assert is_told == (states[-1] != "recording")
        assert states == ["recording"] * (len(states) - 1) + ["good"]
        assert len(states) > 1, "messages are told late: it was not closed before they could be"
        assert studio.file()[-1] == (studio.about["frames"], b"\x80\x3c\x40")


def test_a_take_is_closed_at_once_when_the_next_one_waits(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session")
        studio.record()
        studio.play(4800, (10, KEYS, note(60)))
        rig.ask(Operation.STOP)
        order = TakeOrder(TAKE + 1, studio.session / "takes" / "0002", 24, (TrackOrder(0, "a.wav", 0, "A"),), "test")
        rig.block.store_order(TAKE + 1, order.to_json())
        rig.ask(Operation.RECORD, slot=TAKE + 1)
        studio.play(480)
        studio.machine.turn()
        assert studio.machine.writer is not None
        assert studio.machine.writer.take.id == TAKE + 1
        studio.play(4800)
        assert studio.file()[-1] == (studio.about["frames"], b"\x80\x3c\x40")


def test_a_take_whose_journal_never_ends_is_closed_a_second_later(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session")
        studio.record()
        studio.play(4800, (10, KEYS, note(60)))
        assert studio.machine.journals is not None
        studio.machine.journals = None  # nobody keeps one
        studio.stop()
        states = [studio.about["state"]]
        studio.play(RATE_HZ)
        states.append(studio.about["state"])
        assert states == ["recording", "good"]


def test_a_take_of_midi_alone_is_a_take(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session", tracks=0)
        studio.record()
        studio.play(9600, (100, KEYS, note(60)))
        studio.stop()
        assert studio.about["state"] == "good"
        assert (studio.about["tracks"], studio.about["frames"]) == ([], 480 + 9600)
        assert studio.file()[0][1] == note(60)
        assert verify_take(studio.folder).faults == ()


@pytest.mark.parametrize("tracks", [0, 1])
def test_a_tape_that_begins_anew_amid_a_take_misses_nothing(tmp_path: Path, tracks: int) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session", tracks=tracks)
        start = studio.record()
        now = rig.block.input_head
        studio.play(9600, (100, KEYS, note(60)))
        # killed: nothing is closed; meanwhile a note comes
        rig.render(np.zeros((1, 4800), np.float32), [64])
        studio.writer.post(KEYS, MIDI_MESSAGE, now + 9700, 0, note(61))
        studio.new_tape()
        studio.play(9600, (100, KEYS, note(62)))
        studio.stop()
        assert [(frame - (now - start), message) for frame, message in studio.file()[:3]] == [
            (100, note(60)),
            (9700, note(61)),
            (9600 + 4800 + 100, note(62)),
        ]
        assert studio.about["state"] == "good"
        assert verify_take(studio.folder).faults == ()


@pytest.mark.parametrize("tracks", [0, 1])
def test_a_take_that_was_cut_off_has_its_notes_back_after_repair(tmp_path: Path, tracks: int) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session", tracks=tracks)
        studio.record()
        studio.play(48_000, (100, KEYS, note(60)), (4000, KEYS, note(60, on=False)))
        (studio.folder / "midi-01.mid").write_bytes(b"torn")
    (repaired,) = repair_session(studio.session, boot_id="another start of the machine")
    assert repaired.damage == ()
    assert studio.about["state"] == "repaired"
    assert [message for _, message in studio.file()] == [note(60), note(60, on=False)]
    assert verify_take(studio.folder).faults == ()


def test_a_midi_file_that_was_changed_is_found_by_verify(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session")
        studio.record()
        studio.play(4800, (10, KEYS, note(60)))
        studio.stop()
    path = studio.folder / "midi-01.mid"
    raw = bytearray(path.read_bytes())
    raw[raw.index(note(60)) + 1] = 61
    path.write_bytes(raw)
    assert verify_take(studio.folder).faults == ("midi-01.mid: is not what was played, as journal.sdj has it",)
    path.unlink()
    assert verify_take(studio.folder).faults == ("midi-01.mid: No such file or directory",)


def test_a_take_that_the_engine_no_longer_knows_ends_in_its_files_too(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session")
        studio.record()
        studio.play(4800, (100, KEYS, note(60)))
        for number in range(TAKE + 1, TAKE + 130):  # as many as the engine remembers, while the disk stands still
            rig.ask(Operation.RECORD, number)
            rig.render(np.zeros((1, 480), np.float32))
        studio.play(9600, (100, KEYS, note(64)))
        assert [(message[0] >> 4, message[1]) for _, message in studio.file()] == [(9, 60), (8, 60)]
        ended = (studio.folder / JOURNAL_NAME).stat().st_size
        studio.play(9600, (100, KEYS, note(65)))
        assert (studio.folder / JOURNAL_NAME).stat().st_size == ended
        assert studio.about["state"] == "damaged"
