"""The MIDI of a take goes along when it is exported, and begins where its sound begins."""

import io
from pathlib import Path

import mido
import pytest

from studiod.link import Operation
from studiod.link.journal import JOURNAL_NAME
from studiod.produce.export import Exported, ExportError, ExportOrder, export_take
from studiod.tape.smf import TickClock
from tests.fakes.desk_rig import Rig
from tests.fakes.midi_studio import ALL, DRUMS, KEYS, MidiStudio, note

RATE_HZ = 48_000
EARLY, LATE = note(50), note(60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A take with a note in its hidden second, and one 1000 frames after its begin."""
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session", pre_record_s=0.5)
        studio.play(24_000, (23_000, KEYS, EARLY))
        start = studio.record()
        studio.play(9600, (start + 1000 - rig.block.input_head, KEYS, LATE))
        rig.ask(Operation.STOP)
        studio.play(9600)
        studio.machine.stop()
        return studio.folder


def notes(done: Exported) -> list[tuple[int, bytes]]:
    """What begins in the file of the first MIDI track: frame, message."""
    found, tick = [], 0
    clock = TickClock.of(RATE_HZ, 120.0)
    (path,) = (path for path in done.files if path.name == "take-0001-midi-01-keys.mid")
    for message in mido.MidiFile(file=io.BytesIO(path.read_bytes())).tracks[0]:
        tick += message.time
        if message.type == "note_on":
            found.append((clock.frame(tick), bytes(message.bytes())))
    return found


def test_midi_begins_where_the_sound_begins(folder: Path, tmp_path: Path) -> None:
    done = export_take(ExportOrder(folder, tmp_path / "out"))
    assert [path.suffix for path in done.files] == [".wav", ".mid", ".mid"]
    assert all(path.is_file() for path in done.files)
    assert notes(done) == [(1000, LATE)]
    assert done.warnings == ()


def test_with_the_time_before_record_it_is_as_it_lies(folder: Path, tmp_path: Path) -> None:
    done = export_take(ExportOrder(folder, tmp_path / "out", with_pre=True))
    assert [message for _, message in notes(done)] == [EARLY, LATE]
    (path,) = (path for path in done.files if "midi-01" in path.name)
    assert path.read_bytes() == (folder / ALL.file).read_bytes()


def test_what_a_journal_cannot_tell_apart_comes_whole_with_a_warning(folder: Path, tmp_path: Path) -> None:
    (folder / JOURNAL_NAME).unlink()
    (folder / DRUMS.file).unlink()
    done = export_take(ExportOrder(folder, tmp_path / "out"))
    assert [message for _, message in notes(done)] == [EARLY, LATE]
    assert [path.suffix for path in done.files] == [".wav", ".mid"]
    assert [warning.partition(":")[0] for warning in done.warnings] == [ALL.file, DRUMS.file]


def test_a_midi_file_that_is_there_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "out" / "take-0001-midi-01-keys.mid"
    there.parent.mkdir()
    there.write_bytes(b"mine")
    with pytest.raises(ExportError, match=r"midi-01-keys\.mid: is there already"):
        export_take(ExportOrder(folder, tmp_path / "out"))
    assert [path.read_bytes() for path in there.parent.iterdir()] == [b"mine"]


def test_a_link_in_its_place_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / ALL.file).unlink()
    (folder / ALL.file).symlink_to(tmp_path / "secret")
    with pytest.raises(ExportError, match=ALL.file):
        export_take(ExportOrder(folder, tmp_path / "out"))
    assert list((tmp_path / "out").iterdir()) == []
