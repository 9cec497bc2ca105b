"""Journals by hand: nothing obeyed is missing in them, whoever dies; what is cut is a beginning of what was."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.link import Operation
from studiod.link.journal import JOURNAL_NAME, MAGIC, Journal, parse_journal, read_chunks, read_journal
from studiod.link.order import TakeOrder, TrackOrder
from studiod.tape import Journals
from tests.fakes.desk_rig import Rig, layout
from tests.fakes.midi_studio import MidiStudio
from tests.fakes.played_take import TAKE, PlayedTake, steps

MOVES = 40
ROOM = 65_536  # records that the engine tells while nobody takes any


def moves(rig: Rig, start: int, count: int = MOVES) -> list[int]:
    """Fader moves from frame `start` on, 100 frames apart; their frames."""
    frames = [start + 100 * n for n in range(count)]
    for n, frame in enumerate(frames):
        rig.set("/strip/1/fader", -n / 10, at_frame=frame)
    return frames


def told(journal: Journal) -> list[int]:
    return [record.frame for record in journal.records if record.operation == Operation.SET]


def played(tmp_path: Path, stop: int = 6000) -> tuple[bytes, list[int]]:
    """A whole journal, and the frames of its moves."""
    with Rig.make(2, 1) as rig:
        take = PlayedTake(rig, tmp_path / "0005")
        rig.ask(Operation.RECORD, slot=TAKE)
        frames = moves(rig, 500)
        take.play(steps(2, 4500))
        rig.ask(Operation.STOP, at_frame=stop)
        take.play(steps(2, 4500))
        take.close()
    return (tmp_path / "0005" / JOURNAL_NAME).read_bytes(), frames


def test_a_journal_holds_every_move_of_its_take(tmp_path: Path) -> None:
    raw, frames = played(tmp_path)
    journal = parse_journal(raw)
    assert told(journal) == frames
    assert (journal.missing, journal.stop, journal.is_exact) == (0, 6000, True)
    assert journal.head["take"] == TAKE
    assert journal.end == len(raw)
    assert {len(tail) for tail in journal.tails.values()} == {4 * 112}  # main is late by its limiter


def test_moves_before_and_after_the_take_are_not_in_it(tmp_path: Path) -> None:
    with Rig.make(2, 1) as rig:
        take = PlayedTake(rig, tmp_path / "0005")
        moves(rig, 0, 10)
        take.play(steps(2, 2000))
        rig.ask(Operation.RECORD, slot=TAKE)
        take.play(steps(2, 1000))
        inside = moves(rig, 3500, 5)
        take.play(steps(2, 1000))
        rig.ask(Operation.STOP, at_frame=4500)
        take.play(steps(2, 1000))
        rig.set("/strip/1/fader", 0.0, at_frame=6000)
        take.play(steps(2, 2000))
        take.close()
    assert told(read_journal(tmp_path / "0005" / JOURNAL_NAME)) == inside


def test_a_tape_that_begins_anew_goes_on_where_the_journal_ends(tmp_path: Path) -> None:
    with Rig.make(2, 1) as rig:
        take = PlayedTake(rig, tmp_path / "0005")
        rig.ask(Operation.RECORD, slot=TAKE)
        frames = moves(rig, 500)
        take.play(steps(2, 2000))
        take.journals.close()
        path = tmp_path / "0005" / JOURNAL_NAME
        with path.open("ab") as torn:
            torn.write(b"APPL\x40\0\0\0half a chunk")
        rig.render(steps(2, 1000))  # nobody reads the ring meanwhile
        take.journals = Journals(rig.block, take.desk)
        take.play(steps(2, 2000))
        rig.ask(Operation.STOP, at_frame=5500)
        take.play(steps(2, 2000))
        take.close()
    journal = read_journal(path)
    assert told(journal) == frames
    assert (journal.missing, journal.stop) == (0, 5500)
    assert journal.is_exact


def test_what_a_tape_took_and_never_wrote_is_missed(tmp_path: Path) -> None:
    with Rig.make(2, 1) as rig:
        take = PlayedTake(rig, tmp_path / "0005")
        rig.ask(Operation.RECORD, slot=TAKE)
        frames = moves(rig, 500)
        take.play(steps(2, 2000))
        take.journals.close()
        rig.render(steps(2, 1000))
        rig.block.take_applied()  # and dies
        take.journals = Journals(rig.block, take.desk)
        take.play(steps(2, 3000))
        take.close()
    journal = read_journal(tmp_path / "0005" / JOURNAL_NAME)
    assert journal.missing == 10
    assert told(journal) == [frame for frame in frames if not 2000 <= frame < 3000]
    assert not journal.is_exact


def flood(rig: Rig, count: int) -> None:
    """`count` moves in blocks of 64 frames, and nobody takes what the engine tells of them."""
    slot = rig.registry.slot("/strip/1/fader")
    for begun in range(0, count, 4000):
        for n in range(begun, min(begun + 4000, count)):
            assert rig.block.push_control(Operation.SET, slot, n / count, 0, 0)
        rig.render(np.zeros((rig.block.inputs, 64), np.float32))


def test_twenty_seconds_without_a_tape_lose_no_move_of_64_faders(tmp_path: Path) -> None:
    with Rig.make(2, 1) as rig:
        take = PlayedTake(rig, tmp_path / "0005")
        rig.ask(Operation.RECORD, slot=TAKE)
        take.play(steps(2, 480))
        flood(rig, 20 * 1600)
        take.play(steps(2, 480))
        take.close()
    journal = read_journal(tmp_path / "0005" / JOURNAL_NAME)
    assert (len(told(journal)), journal.missing, journal.missing_from) == (20 * 1600, 0, None)


@pytest.mark.parametrize("is_stopped", [False, True])
def test_moves_that_found_no_room_are_missed_from_the_first_of_them_on(tmp_path: Path, *, is_stopped: bool) -> None:
    """Also when the take ends before the tape comes again."""
    with Rig.make(2, 1) as rig:
        take = PlayedTake(rig, tmp_path / "0005")
        rig.ask(Operation.RECORD, slot=TAKE, at_frame=480)
        take.play(steps(2, 960))
        flood(rig, 68_000)
        rig.render(steps(2, 640))
        if is_stopped:
            rig.ask(Operation.STOP)
            rig.render(steps(2, 480))
        take.turn()
        assert take.journals.faults == {
            TAKE: f"the journal of take 5 lacks {68_000 - ROOM + is_stopped} moves from 0:00:00.031 on: "
            "it replays to the bit up to there"
        }
        take.play(steps(2, 480))
        take.close()
    journal = read_journal(tmp_path / "0005" / JOURNAL_NAME)
    assert (journal.missing, journal.missing_from) == (68_000 - ROOM + is_stopped, 960 + 16 * 64)
    assert not journal.is_exact
    assert (journal.stop is None) is not is_stopped


def test_what_a_journal_lacks_is_in_the_papers_of_the_take_and_told_now(tmp_path: Path) -> None:
    with Rig.make(1, 0) as rig:
        studio = MidiStudio(rig, tmp_path / "session")
        studio.record()
        assert studio.about["journal"] == JOURNAL_NAME
        flood(rig, 68_000)
        studio.play(480)
        (told_now,) = studio.machine.alarms()
        studio.stop()
        assert studio.about["faults"] == [told_now.text]
        assert told_now.text.startswith(f"the journal of take 1 lacks {68_000 - ROOM} moves from 0:00:00.031 on")
        assert studio.about["state"] == "damaged"


def test_moves_lost_before_a_take_are_none_of_its(tmp_path: Path) -> None:
    with Rig.make(2, 1) as rig:
        take = PlayedTake(rig, tmp_path / "0005")
        flood(rig, 68_000)
        take.journals.turn(rig.block.snapshot())
        rig.ask(Operation.RECORD, slot=TAKE)
        take.play(steps(2, 960))
        assert take.journals.faults == {}
        take.close()
    assert read_journal(tmp_path / "0005" / JOURNAL_NAME).is_exact


def test_a_tape_that_begins_anew_misses_what_was_lost_meanwhile_once(tmp_path: Path) -> None:
    with Rig.make(2, 1) as rig:
        take = PlayedTake(rig, tmp_path / "0005")
        rig.ask(Operation.RECORD, slot=TAKE)
        take.play(steps(2, 960))
        for _ in range(2):
            take.journals.close()
            flood(rig, 68_000)
            take.journals = Journals(rig.block, take.desk)
            take.play(steps(2, 960))
        take.journals.close()
        take.journals = Journals(rig.block, take.desk)
        take.play(steps(2, 960))
        assert "lacks" in take.journals.faults[TAKE]
        take.close()
    journal = read_journal(tmp_path / "0005" / JOURNAL_NAME)
    assert journal.missing == 2 * (68_000 - ROOM)
    assert len(told(journal)) == 2 * ROOM


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_journal_cut_anywhere_is_the_beginning_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    raw, frames = _whole(tmp_path_factory)
    cut = data.draw(st.integers(0, len(raw) - 1))
    journal = parse_journal(raw[:cut])
    assert told(journal) == frames[: len(told(journal))]
    assert all(frame < journal.upto for frame in told(journal))
    assert journal.stop is None
    assert journal.end <= cut


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_wrong_bit_anywhere_is_noticed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    raw, _ = _whole(tmp_path_factory)
    at, bit = data.draw(st.integers(len(MAGIC), len(raw) - 1)), data.draw(st.integers(0, 7))
    spoiled = bytearray(raw)
    spoiled[at] ^= 1 << bit
    ends = [end for _, _, end in read_chunks(raw)]
    whole = [end for _, _, end in read_chunks(bytes(spoiled))]
    assert whole == [end for end in ends if end <= at]


_kept: list[tuple[bytes, list[int]]] = []


def _whole(factory: pytest.TempPathFactory) -> tuple[bytes, list[int]]:
    if not _kept:
        _kept.append(played(factory.mktemp("journal")))
    return _kept[0]


def test_what_is_no_journal_tells_nothing() -> None:
    for raw in (b"", b"RIFF", MAGIC, MAGIC + b"HEAD\xff\xff\xff\xff{}", np.random.default_rng(1).bytes(5000)):
        assert parse_journal(raw).head == {}


def test_a_journal_that_is_no_file_is_told_and_holds_nobody_up(tmp_path: Path) -> None:
    folder = tmp_path / "0005"
    (folder / JOURNAL_NAME).mkdir(parents=True)
    with Rig.make(2, 1) as rig:
        journals = Journals(rig.block, layout(2, 1))
        rig.block.store_order(TAKE, TakeOrder(TAKE, folder, 24, (TrackOrder(0, "a.wav", 0, "A"),), "test").to_json())
        rig.ask(Operation.RECORD, slot=TAKE)
        for _ in range(3):
            rig.render(np.zeros((2, 480), np.float32))
            journals.turn(rig.block.snapshot())
            journals.sync()
        assert list(journals.waits) == [TAKE]
        assert str(folder) in journals.waits[TAKE]
        assert rig.block.take_applied()[1] == b""
