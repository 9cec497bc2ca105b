"""What was turned and played while nobody recorded is kept with the sound."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mido
import pytest

from studiod.link import HEARD, PORTS, EventWriter, Operation
from studiod.link.journal import JOURNAL_NAME, RECORD, read_journal
from studiod.link.order import KeepOrder, MidiOrder, TrackOrder
from studiod.link.ports import MIDI_MESSAGE, SERIAL_BYTES, PortInfo, PortList
from studiod.tape import Journals
from studiod.tape.smf import TickClock
from studiod.tape.verify import verify_take
from studiod.tape.witness import EVENTS_NAME
from tests.fakes.blackbox_rig import RATE_HZ, BlackBoxRig
from tests.fakes.desk_rig import Rig, layout

KEYS = 7
NOTE, OFF = b"\x90\x40\x64", b"\x80\x40\x00"
MIDI = MidiOrder(1, "midi-01.mid", "Keys", "*", None)
CLOCK = TickClock.of(RATE_HZ, 120.0)


class Studio(BlackBoxRig):
    """A black box with a journal beside it, as the tape process turns them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.writer = EventWriter(self.rig.block, HEARD)
        self.rig.block.store_status(PORTS, PortList((PortInfo(KEYS, "Keys", "in"),)).to_json())
        self.journals = Journals(self.rig.block, layout(2, 0), on_applied=self.witness.applied)

    def pass_by(self, frames: int, *events: tuple[int, bytes]) -> None:
        """Let `frames` go by; (frame from now, message) come meanwhile."""
        start, waiting = self.head, sorted(events)
        for at in range(0, frames, 12_000):
            step = min(12_000, frames - at)
            while waiting and waiting[0][0] < at + step:
                offset, message = waiting.pop(0)
                self.writer.post(KEYS, MIDI_MESSAGE, start + offset, 0, message)
            self.journals.turn(self.rig.block.snapshot())
            self.play(step)

    def keep(self, first: int, last: int, number: int = 1) -> dict[str, Any]:
        tracks = tuple(TrackOrder(n, f"input-{n + 1:02d}.wav", n, f"In {n + 1}", "input") for n in range(2))
        folder = self.library / "session" / "takes" / f"{number:04d}"
        order = KeepOrder(number, folder, tracks, first, last, 0, None, 0, "pedal", (MIDI,), 120.0)
        self.rig.block.store_keep(order.to_json())
        while self.box.keeper.status()["keeps_done"] < number:
            self.box.turn()
        self.folder = folder
        paper: dict[str, Any] = json.loads((folder / "take.json").read_text())
        return paper

    def notes(self) -> list[tuple[int, bytes]]:
        found, tick = [], 0
        for message in mido.MidiFile(self.folder / MIDI.file).tracks[0]:
            tick += message.time
            if not message.is_meta:
                found.append((CLOCK.frame(tick), bytes(message.bytes())))
        return found


@pytest.fixture(name="studio")
def _studio(tmp_path: Path) -> Iterator[Studio]:
    with Rig.make(strips=2, buses=0, ring_s=5.0) as rig:
        made = Studio(rig, tmp_path / "library")
        made.box.start()
        yield made
        made.box.stop()


def test_notes_that_nobody_armed_are_kept_at_their_frames_over_chunks(studio: Studio) -> None:
    studio.pass_by(7 * RATE_HZ, (1000, NOTE), (3 * RATE_HZ, OFF), (5 * RATE_HZ + 7, NOTE), (6 * RATE_HZ, OFF))
    paper = studio.keep(0, 6 * RATE_HZ + 1)
    assert [track["file"] for track in paper["midi"]] == [MIDI.file]
    assert studio.notes() == [(1000, NOTE), (3 * RATE_HZ, OFF), (5 * RATE_HZ + 7, NOTE), (6 * RATE_HZ, OFF)]
    assert verify_take(studio.folder).faults == ()


def test_only_what_lies_in_the_take_is_in_it(studio: Studio) -> None:
    studio.pass_by(6 * RATE_HZ, (1000, NOTE), (4 * RATE_HZ + 500, NOTE), (4 * RATE_HZ + 900, OFF))
    paper = studio.keep(4 * RATE_HZ, 5 * RATE_HZ)
    begin = paper["start_frame"] - paper["pre_frames"]
    assert studio.notes() == [(4 * RATE_HZ + 500 - begin, NOTE), (4 * RATE_HZ + 900 - begin, OFF)]


def test_control_moves_are_kept_with_their_frames_in_a_journal_that_is_none_to_replay(studio: Studio) -> None:
    studio.pass_by(RATE_HZ)
    studio.rig.set("/strip/1/fader", -6.0)
    studio.pass_by(3 * RATE_HZ)
    studio.keep(0, 4 * RATE_HZ)
    journal = read_journal(studio.folder / JOURNAL_NAME)
    assert [record.operation for record in journal.records] == [Operation.SET]
    assert RATE_HZ <= journal.records[0].frame < RATE_HZ + 12_000
    assert not journal.is_exact
    report = verify_take(studio.folder)
    assert (report.faults, report.notes) == ((), ())
    path = studio.folder / JOURNAL_NAME
    path.write_bytes(path.read_bytes()[:-1])
    (fault,) = verify_take(studio.folder).faults
    assert fault.startswith("journal.sdj: broken at byte ")


def test_where_nothing_happened_nothing_is_written(studio: Studio) -> None:
    studio.pass_by(5 * RATE_HZ)
    paper = studio.keep(0, 4 * RATE_HZ)
    assert "midi" not in paper
    assert not (studio.folder / JOURNAL_NAME).exists()
    assert not list(studio.library.rglob(EVENTS_NAME))
    assert verify_take(studio.folder).faults == ()


def test_the_chatter_of_a_home_made_box_is_not_kept(studio: Studio) -> None:
    studio.writer.post(KEYS, SERIAL_BYTES, studio.head + 100, 0, b"512|1023\r\n")
    studio.pass_by(5 * RATE_HZ)
    studio.keep(0, 4 * RATE_HZ)
    assert not list(studio.library.rglob(EVENTS_NAME))


def test_a_black_box_that_was_killed_has_what_it_had_written(studio: Studio) -> None:
    studio.pass_by(3 * RATE_HZ + 100, (RATE_HZ, NOTE))
    studio.new_box().start()
    studio.pass_by(3 * RATE_HZ, (RATE_HZ, OFF))
    studio.keep(0, 6 * RATE_HZ)
    assert [message for _, message in studio.notes()] == [NOTE, OFF]


def test_a_torn_event_file_gives_what_is_whole(studio: Studio) -> None:
    studio.pass_by(2 * RATE_HZ + 10, (1000, NOTE))
    (log,) = studio.library.rglob(EVENTS_NAME)
    with log.open("ab") as torn:
        torn.write(b"MIDI\xff\xff")
    studio.pass_by(2 * RATE_HZ, (1000, OFF))
    studio.keep(0, 4 * RATE_HZ)
    assert [message for _, message in studio.notes()] == [NOTE, OFF]


def test_moves_wait_for_a_disk_and_the_oldest_are_dropped_at_last(studio: Studio) -> None:
    record = RECORD.pack(Operation.SET, 1, 0.5, 100, 0)
    for number in range(20_000):
        studio.witness.applied(number, 100, record)
    studio.witness.applied(20_000, 100, b"")
    raw = studio.witness.drain()
    assert raw.count(b"APPL") == 10_000
    assert studio.witness.drain() == b""
