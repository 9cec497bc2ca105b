"""What verification says of journals: a take is as it was recorded when what was done to the desk is, too."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from studiod.link.journal import JOURNAL_NAME, read_chunks
from studiod.tape.repair import repair_session
from studiod.tape.verify import TakeReport, verify_take
from tests.fakes.desk_rig import Rig
from tests.fakes.midi_studio import ALL, KEYS, MidiStudio, note
from tests.unit.tape.test_journal import ROOM, flood, moves

ANOTHER = "another start of the machine"


def recorded(folder: Path, *, is_whole: bool = True, has_midi: bool = False) -> Path:
    """A take of half a second in which a fader moves; its journal. is_whole: it was not cut off."""
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, folder / "session", midi=(ALL,) if has_midi else ())
        studio.record()
        moves(rig, 500)
        studio.play(24_000, (100, KEYS, note(60)))
        if is_whole:
            studio.stop()
        return studio.folder / JOURNAL_NAME


def verified(journal: Path) -> TakeReport:
    report = verify_take(journal.parent)
    assert report == verify_take(journal.parent, is_quick=True) or report.checked_seconds
    return report


@pytest.mark.parametrize("has_midi", [True, False])
def test_a_take_whose_journal_is_whole_is_good(tmp_path: Path, *, has_midi: bool) -> None:
    report = verified(recorded(tmp_path, has_midi=has_midi))
    assert (report.faults, report.notes) == ((), ())


@pytest.mark.parametrize("has_midi", [True, False])
def test_a_journal_that_is_gone_is_told_once(tmp_path: Path, *, has_midi: bool) -> None:
    journal = recorded(tmp_path, has_midi=has_midi)
    journal.unlink()
    assert verified(journal).faults == ("journal.sdj: is gone: the take cannot be replayed",)


def test_one_bit_that_fell_over_is_told_with_how_far_the_take_can_be_replayed(tmp_path: Path) -> None:
    journal = recorded(tmp_path, has_midi=True)
    raw = bytearray(journal.read_bytes())
    ends = [end for kind, _, end in read_chunks(bytes(raw)) if kind == b"APPL"]
    raw[ends[7] - 5] ^= 1
    journal.write_bytes(bytes(raw))
    (fault,) = verified(journal).faults
    broken = [end for _, _, end in read_chunks(bytes(raw))][-1]
    assert fault.startswith(f"journal.sdj: broken at byte {broken} of {len(raw)}: replay goes up to 0:00:00.")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda raw: raw[: list(read_chunks(raw))[-2][2]], "ends early: replay goes up to 0:00:00.5"),
        (lambda raw: raw[:-1], "broken at byte"),
        (lambda raw: raw + bytes(10), "broken at byte"),
        (lambda raw: raw[:20], "broken at byte 0 of 20: the take cannot be replayed"),
        (lambda _: b"", "broken at byte 0 of 0: the take cannot be replayed"),
    ],
)
def test_a_journal_that_is_cut_is_told(tmp_path: Path, spoil: Callable[[bytes], bytes], why: str) -> None:
    journal = recorded(tmp_path)
    journal.write_bytes(spoil(journal.read_bytes()))
    (fault,) = verified(journal).faults
    assert fault.startswith(f"journal.sdj: {why}")


def test_a_journal_of_another_take_is_told(tmp_path: Path) -> None:
    journal, other = (recorded(tmp_path / name) for name in "ab")
    path = other.parent / "take.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"start_frame": 777}))
    assert verified(journal).is_good
    assert verified(other).faults == ("journal.sdj: is that of another take",)


def test_a_journal_that_is_no_file_is_told(tmp_path: Path) -> None:
    journal = recorded(tmp_path)
    journal.rename(journal.with_name("moved"))
    journal.symlink_to("moved")
    assert verified(journal).faults == ("journal.sdj: is a link, no file",)
    journal.unlink()
    journal.mkdir()
    assert verified(journal).faults == ("journal.sdj: is no file",)


@pytest.mark.parametrize("torn", [b"", b"APPL\x40\0\0\0half a chunk"])
def test_a_journal_that_was_cut_off_with_its_take_is_no_fault_once_it_is_repaired(tmp_path: Path, torn: bytes) -> None:
    journal = recorded(tmp_path, is_whole=False, has_midi=True)
    journal.write_bytes(journal.read_bytes() + torn)
    repair_session(journal.parents[2], boot_id=ANOTHER)
    report = verified(journal)
    assert report.faults == ()
    (told,) = report.notes
    assert told.startswith("journal.sdj: was cut off with the take: replay goes up to 0:00:00.")
    raw = bytearray(journal.read_bytes())
    raw[len(raw) // 2] ^= 1  # and rots later
    journal.write_bytes(bytes(raw))
    (fault,) = verified(journal).faults
    assert fault.startswith("journal.sdj: broken at byte ")


@pytest.mark.parametrize("left", [0, 20])
def test_a_journal_that_was_cut_off_at_its_beginning_is_no_fault_once_it_is_repaired(tmp_path: Path, left: int) -> None:
    journal = recorded(tmp_path, is_whole=False)
    journal.write_bytes(journal.read_bytes()[:left])
    repair_session(journal.parents[2], boot_id=ANOTHER)
    report = verified(journal)
    assert report.faults == ()
    assert report.notes == ("journal.sdj: was cut off with the take: the take cannot be replayed",)


def test_a_journal_that_was_lost_with_its_take_is_no_fault_once_it_is_repaired(tmp_path: Path) -> None:
    journal = recorded(tmp_path, is_whole=False)
    journal.unlink()
    repair_session(journal.parents[2], boot_id=ANOTHER)
    report = verified(journal)
    assert report.faults == ()
    assert report.notes == ("journal.sdj: was not there any more when the take was repaired: it cannot be replayed",)


def test_moves_that_a_journal_has_always_lacked_are_told_as_known(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session", midi=())
        studio.record()
        flood(rig, 68_000)
        studio.play(480)
        studio.stop()
    report = verified(studio.folder / JOURNAL_NAME)
    (fault,) = report.faults
    assert fault.startswith(f"was damaged already: the journal of take 1 lacks {68_000 - ROOM} moves from 0:00:00.031")
    assert report.notes == (f"journal.sdj: has lacked {68_000 - ROOM} moves from 0:00:00.031 on since it was written",)
