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
from tests.fakes.played_take import TAKE, PlayedTake, steps

MOVES = 40


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
