"""Disks that refuse what is written beside the sound: no note is lost that need not be, and people are told."""

import errno
from pathlib import Path

import mido
import pytest

from studiod.link.journal import JOURNAL_NAME, Journal, read_journal
from studiod.tape.repair import repair_session
from studiod.tape.verify import verify_take
from tests.chaos.disk_worker import NOTES
from tests.chaos.test_kill_each_part import COUNTER
from tests.fakes.disk_bench import MIB, Bench, fill
from tests.fakes.disk_bench import RATE_HZ as SECOND
from tests.fakes.faulty_disk import faulty_disk
from tests.fakes.live_studio import LiveStudio
from tests.fakes.tape_take import TakeOnDisk

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

EIO, ENOSPC = f"E{errno.EIO}", f"E{errno.ENOSPC}"
JOURNAL = f"first/session/takes/0001/{JOURNAL_NAME}"
NOTES_FILE = "first/session/takes/0001/midi-01.mid"
WITH_SOUND = pytest.mark.parametrize("midi", ["alone", "with sound"])


def journal_of(bench: Bench) -> Journal:
    return read_journal(bench.take.folder / JOURNAL_NAME)


def notes_of(path: Path) -> list[int]:
    """Numbers of the notes in a MIDI file, every one of which must be whole."""
    return [
        message.note + NOTES * (message.velocity - 1)
        for message in mido.MidiFile(path).tracks[0]
        if message.type == "note_on"
    ]


def assert_has_all(bench: Bench, seconds: float) -> None:
    """The take is good, `seconds` long, and has every note of that time, ten a second, in files and journal."""
    about = bench.take.about
    assert (about["state"], about["faults"]) == ("good", [])
    assert about["frames"] == seconds * SECOND
    first = about["start_frame"] // 4800
    wanted = list(range(first, first + round(10 * seconds)))
    assert notes_of(bench.take.folder / "midi-01.mid") == wanted
    assert notes_of(bench.take.folder / "midi-02.mid") == wanted
    journal = journal_of(bench)
    assert journal.stop == about["start_frame"] + about["frames"]
    assert not journal.missing
    assert verify_take(bench.take.folder).faults == ()


# -- one file that is refused ------------------------------------------------------------------------------------------


@WITH_SOUND
@pytest.mark.parametrize("path", [NOTES_FILE, JOURNAL])
@pytest.mark.parametrize(
    "spec",
    [
        "pwrite:9:short:40",
        f"pwrite:9:full:4,pwrite:20:{ENOSPC}:3",
        f"pwrite:9:{EIO}:1",
        f"fdatasync:2:{EIO},fsync:0:{EIO}",
    ],
)
def test_a_file_that_is_refused_for_a_while_has_everything_in_the_end(
    bench: Bench, midi: str, path: str, spec: str
) -> None:
    status = bench.run(["arm", path, spec], ["roll", 12 * SECOND], ["look"], ["roll", SECOND], midi=midi)
    assert_has_all(bench, 13)
    assert status["alarms"] == []


@WITH_SOUND
@pytest.mark.parametrize("path", [NOTES_FILE, JOURNAL])
def test_the_alarm_is_on_while_a_file_is_refused_and_off_when_it_is_not(bench: Bench, midi: str, path: str) -> None:
    refused = ["arm", path, "pwrite:0:full"]
    status = bench.run(
        ["roll", SECOND],
        refused,
        ["roll", 3 * SECOND],
        ["look"],
        ["arm", path, ""],
        ["roll", 2 * SECOND],
        ["look"],
        midi=midi,
    )
    during, after = status["looks"]
    (told,) = during
    assert told.startswith("the journal" if path == JOURNAL else "the MIDI")
    assert "of take 1 waits in memory from 0:00:0" in told
    assert "No space left on device" in told
    assert path in told
    assert after == []
    assert_has_all(bench, 6)


@WITH_SOUND
def test_a_journal_that_is_never_taken_costs_no_note_and_the_take_says_so(bench: Bench, midi: str) -> None:
    status = bench.run(["roll", 2 * SECOND], ["arm", JOURNAL, "pwrite:0:full"], ["roll", 3 * SECOND], midi=midi)
    about = bench.take.about
    assert about["state"] == "damaged"
    (told,) = about["faults"]
    assert told.startswith("the journal of take 1 ends early, at 0:00:0")
    assert "and the rest is lost" in told
    assert "No space left on device" in told
    assert told in [alarm["text"] for alarm in status["alarms"]]
    assert len(notes_of(bench.take.folder / "midi-01.mid")) == 50
    assert journal_of(bench).stop is None


def test_what_journal_and_files_never_took_is_told_of_both(bench: Bench) -> None:
    full = ["arm", "/first/session/takes/0001/", "pwrite:0:full"]
    bench.run(["roll", 2 * SECOND], full, ["roll", 2 * SECOND], midi="alone")
    about = bench.take.about
    assert about["state"] == "damaged"
    journal, midi = about["faults"]
    assert journal.startswith("the journal of take 1 ends early, at 0:00:0")
    assert midi.startswith("the MIDI of take 1 ends early, at 0:00:0")
    assert 15 <= len(notes_of(bench.take.folder / "midi-01.mid")) <= 20


def test_the_alarm_of_a_journal_that_was_lost_goes_with_its_take(bench: Bench) -> None:
    directory = bench.take.folder / JOURNAL_NAME
    directory.mkdir(parents=True)  # a journal that can never be written
    status = bench.run(
        ["roll", SECOND], ["look"], ["stop"], ["look"], ["record"], ["roll", SECOND], ["look"], midi="with sound"
    )
    during, lost, after = status["looks"]
    assert "Is a directory" in during[0]
    assert "the journal of take 1 ends early" in lost[0]
    assert after == []
    assert bench.take.about["state"] == "damaged"


@pytest.mark.parametrize(("half", "full"), [(6, 3), (6, 4), (7, 4), (8, 4), (8, 5), (9, 4)])
def test_a_studio_killed_while_the_disk_takes_half_leaves_a_midi_file_that_opens(
    bench: Bench, half: int, full: int
) -> None:
    refused = ["arm", NOTES_FILE, f"pwrite:{half}:short:1,pwrite:{full}:full"]
    bench.run_killed(refused, ["roll", 2 * SECOND], midi="alone")
    path = bench.take.folder / "midi-01.mid"
    before = notes_of(path)
    assert before == list(range(10, 10 + len(before)))
    (repaired,) = repair_session(bench.session)
    assert repaired.damage == ()
    assert len(notes_of(path)) >= 18


def test_a_repaired_take_says_from_where_on_its_notes_were_never_taken(bench: Bench) -> None:
    full = ["arm", JOURNAL, "pwrite:0:full"]
    bench.run_killed(["roll", 2 * SECOND], full, ["roll", 4 * SECOND], midi="with sound")
    (repaired,) = repair_session(bench.session)
    (told,) = repaired.damage
    assert told.startswith("journal.sdj ends at 0:00:0")
    assert bench.take.about["state"] == "damaged"
    assert bench.take.about["frames"] > 5 * SECOND
    assert len(notes_of(bench.take.folder / "midi-01.mid")) > 50, "what the journal lacks is in the file"


def test_room_that_a_journal_kept_is_given_back_by_repair(bench: Bench) -> None:
    bench.run_killed(["roll", SECOND], midi="with sound")
    path = bench.take.folder / JOURNAL_NAME
    assert path.stat().st_blocks * 512 > MIB
    repair_session(bench.session)
    assert path.stat().st_blocks * 512 < MIB
    assert len(journal_of(bench).events) >= 18


# -- a full disk -------------------------------------------------------------------------------------------------------


def test_a_full_disk_with_a_second_one_costs_no_note_and_no_move(small_disk: Path, bench: Bench) -> None:
    fill = ["fill", str(small_disk)]
    status = bench.run(
        ["roll", 2 * SECOND], fill, ["roll", 90 * SECOND], second_library=str(bench.second), midi="with sound"
    )
    about = bench.take.about
    assert (about["state"], about["frames"]) == ("good", 92 * SECOND)
    assert len(about["tracks"][0]["parts"]) == 2
    assert [alarm["text"] for alarm in status["alarms"] if "goes on in" not in alarm["text"]] == []
    assert len(notes_of(bench.take.folder / "midi-01.mid")) == 920
    assert journal_of(bench).stop is not None
    assert verify_take(bench.take.folder).faults == ()


def test_a_full_disk_ends_sound_notes_and_journal_together(small_disk: Path, bench: Bench) -> None:
    bench.run(["roll", 2 * SECOND], ["fill", str(small_disk)], ["roll", 90 * SECOND], midi="with sound")
    about = bench.take.about
    assert about["state"] == "damaged"
    assert all("journal" not in why and "MIDI" not in why for why in about["faults"])
    journal = journal_of(bench)
    assert journal.stop is not None
    assert journal.stop >= about["start_frame"] + about["frames"]
    assert len(notes_of(bench.take.folder / "midi-01.mid")) >= about["frames"] // 4800


def test_a_take_of_midi_alone_outlives_a_full_disk(small_disk: Path, bench: Bench) -> None:
    status = bench.run(["roll", SECOND], ["fill", str(small_disk)], ["roll", 9 * SECOND], midi="alone")
    assert_has_all(bench, 10)
    assert status["alarms"] == []


def test_a_take_of_midi_alone_waits_for_room(small_disk: Path, bench: Bench) -> None:
    fill(small_disk, 40 * MIB)  # too little for a ballast
    no_room = ["arm", str(small_disk), f"fallocate:0:{ENOSPC}"]
    full, empty = ["fill", str(small_disk)], ["make_room", str(small_disk)]
    many = ["flood", 10_000]  # more than the blocks hold that a file system gives a file at a time
    status = bench.run(
        no_room,
        ["roll", SECOND],
        full,
        many,
        ["roll", 9 * SECOND],
        ["look"],
        ["stop"],
        empty,
        ["roll", 5 * SECOND],
        midi="alone",
    )
    assert any("waits in memory" in told for told in status["looks"][0])
    assert [alarm["text"] for alarm in status["alarms"]] == []
    assert notes_of(bench.take.folder / "midi-01.mid") == list(range(10, 10_110))
    assert bench.take.about["frames"] == 10 * SECOND
    assert bench.take.about["state"] in ("good", "repaired")
    assert verify_take(bench.take.folder).faults == ()


# -- a disk that does not answer ---------------------------------------------------------------------------------------


@WITH_SOUND
def test_twenty_seconds_without_an_answer_cost_nothing(bench: Bench, midi: str) -> None:
    status = bench.run(["roll", SECOND], ["away", 20 * SECOND], ["roll", SECOND], midi=midi, ring_s=24.0)
    assert_has_all(bench, 22)
    assert status["lost_frames"] == 0


def test_notes_that_were_gone_before_they_were_read_are_told_with_their_number(bench: Bench) -> None:
    bench.run(["roll", SECOND], ["flood", 100_000], ["roll", SECOND], midi="with sound")
    about = bench.take.about
    assert about["state"] == "damaged"
    (told,) = about["faults"]
    lost = int(told.removeprefix("the MIDI of take 1 lacks ").partition(" ")[0])
    numbers = [event.number for event in journal_of(bench).events]
    assert numbers[-1] - numbers[0] + 1 == len(numbers) + lost
    assert len(notes_of(bench.take.folder / "midi-01.mid")) < 100_000 < lost + len(numbers)


def stalled(tmp_path: Path, path: str, call: str, stall_s: float, ring_s: float) -> None:
    """A take of a whole studio during which the disk took `stall_s` for one call on `path`."""
    config = f"{COUNTER}tape: {{ring_s: {ring_s}, pre_record_s: 1}}\n"
    stalls = faulty_disk(tmp_path, path, f"{call}:1:stall{round(1000 * stall_s)}:1")
    with LiveStudio(tmp_path / "library", config, environment=stalls) as studio:
        studio.record(1, 2)
        studio.roll_on(round((stall_s + 3.0) * SECOND))
        studio.stop_take()
        assert studio.status()["restarts"] == {"engine": 0, "tape": 0, "desk": 0, "ports": 0}
    take = TakeOnDisk(tmp_path / "library" / "session" / "takes" / "0001")
    assert (take.about["state"], take.about["gaps"], take.about["faults"]) == ("good", [], [])
    journal = read_journal(take.folder / JOURNAL_NAME)
    assert journal.stop == take.about["start_frame"] + take.about["frames"]
    assert not journal.missing


@pytest.mark.parametrize(("path", "call"), [(JOURNAL_NAME, "fdatasync"), ("take.json", "fsync")])
def test_a_stall_of_journal_or_paper_loses_nothing(tmp_path: Path, path: str, call: str) -> None:
    stalled(tmp_path, path, call, 2.0, 5.0)


@pytest.mark.soak
@pytest.mark.parametrize(("path", "call"), [(JOURNAL_NAME, "fdatasync"), ("take.json", "fsync")])
def test_a_stall_of_twenty_seconds_of_journal_or_paper_loses_nothing(tmp_path: Path, path: str, call: str) -> None:
    stalled(tmp_path, path, call, 20.0, 24.0)
