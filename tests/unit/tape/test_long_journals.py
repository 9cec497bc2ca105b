"""A journal of a day with a clock that ticks has millions of messages: nobody holds them, or reads them for nothing."""

import tracemalloc
from pathlib import Path

from studiod.link.journal import JOURNAL_NAME, MAGIC, chunk, end_chunk, has_ended, head_chunk, midi_chunk, read_journal
from studiod.link.ports import MIDI_MESSAGE
from studiod.link.words import PortEvent
from studiod.tape.library import load_document
from studiod.tape.midi import midi_files
from studiod.tape.verify import verify_take
from tests.fakes.desk_rig import Rig
from tests.fakes.midi_studio import KEYS, PADS, MidiStudio, note

CLOCK = b"\xf8"


def read_bytes() -> int:
    """Bytes that this process has read from files, ever."""
    words = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(words["rchar"])


def recorded(rig: Rig, tmp_path: Path) -> MidiStudio:
    """A take of a note amid a clock, that still runs."""
    studio = MidiStudio(rig, tmp_path / "session")
    studio.record()
    clock = [(frame, PADS, CLOCK) for frame in range(0, 48_000, 48)]
    for _ in range(4):
        studio.play(48_000, *clock, (100, KEYS, note(60)), (4000, KEYS, note(60, on=False)))
    return studio


def test_a_take_is_closed_without_its_journal_being_read_again(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = recorded(rig, tmp_path)
        journal = studio.folder / JOURNAL_NAME
        size, before = journal.stat().st_size, read_bytes()
        studio.stop()
        assert read_bytes() - before < size / 2
        assert has_ended(journal)
        assert len(read_journal(journal).events) == 4 * 1002
        assert [message for _, message in studio.file()] == [note(60), note(60, on=False)] * 4
        assert verify_take(studio.folder).faults == ()


def test_a_message_that_is_told_far_too_late_is_in_file_and_journal_alike(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session")
        start = studio.record()
        now = rig.block.input_head
        studio.play(9600, (5000, KEYS, note(60)))
        studio.writer.post(PADS, MIDI_MESSAGE, now + 300, 0, note(61))
        studio.play(4800)
        studio.stop()
        assert studio.file()[:2] == [(now + 300 - start, note(61)), (now + 5000 - start, note(60))]
        assert verify_take(studio.folder).faults == ()


def test_midi_files_are_made_of_a_clock_of_hours_without_holding_it(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = recorded(rig, tmp_path)
        studio.stop()
    ticks = (PortEvent(number, PADS, MIDI_MESSAGE, 7 * number, 0, CLOCK) for number in range(50_000))
    raw = MAGIC + head_chunk({"take": 1}) + b"".join(midi_chunk([event]) for event in ticks) + end_chunk(400_000)
    (studio.folder / JOURNAL_NAME).write_bytes(raw)
    document = load_document(studio.folder)
    tracemalloc.start()
    try:
        made = dict(midi_files(studio.folder, document, document.total_frames))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(made) == 2
    assert peak < len(raw) / 2


def test_what_is_not_wanted_is_counted_and_not_held(tmp_path: Path) -> None:
    events = [
        PortEvent(number, PADS, MIDI_MESSAGE, number, 0, CLOCK if number % 3 else note(60)) for number in range(9)
    ]
    path = tmp_path / JOURNAL_NAME
    path.write_bytes(MAGIC + head_chunk({"take": 1}) + midi_chunk(events[:5]) + midi_chunk(events[5:]))
    notes = read_journal(path, lambda message: message != CLOCK)
    assert (notes.events, notes.next_event) == (events[::3], 9)
    nothing = read_journal(path, None)
    assert (nothing.events, nothing.next_event, nothing.end) == ([], 9, path.stat().st_size)
    assert read_journal(path).events == events


def test_the_end_of_a_journal_is_told_by_its_last_bytes(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL_NAME
    whole = MAGIC + head_chunk({"take": 1}) + end_chunk(4711)
    for raw, is_over in (
        (whole, True),
        (whole[:-1], False),
        (whole[:-1] + b"?", False),
        (b"", False),
        (MAGIC, False),
        (whole + chunk(b"PLAY", b"more"), False),
    ):
        path.write_bytes(raw)
        assert has_ended(path) is is_over
