"""The library: described, thrown away and brought back; nothing goes for good unless that is said."""

import json
import os
from pathlib import Path

import pytest

from studiod.desk.takes import read_takes
from studiod.link.take import BadDocument, Changes
from studiod.model.parameter import Refused
from studiod.tape.files import save_json
from studiod.tape.library import (
    LibraryError,
    change_session,
    change_take,
    empty_trash,
    last_take_id,
    lay_on_top,
    let_hear,
    load_document,
    restore_session,
    restore_take,
    session_folders,
    session_summary,
    take_folders,
    trash_session,
    trash_take,
    trashed_takes,
)
from studiod.tape.verify import verify_take
from tests.fakes.takes import FakeTake, read_json


def test_what_is_said_of_a_take_is_kept_and_nothing_else_changes(tmp_path: Path) -> None:
    take = FakeTake(tmp_path, 3).write()
    before = (take.folder / "take.json").read_bytes()
    change_take(tmp_path, 3, Changes(name=" Cafe\u0301 ", tags=("loud", "loud"), rating=5, note="one\ntwo"))
    change_take(tmp_path, 3, Changes(rating=2))
    said = {"name": "Café", "tags": ["loud"], "rating": 2, "note": "one\ntwo"}
    assert load_document(take.folder).raw == json.loads(before) | said
    assert (take.folder / "take.json").read_bytes() == before, "the tape's file is the tape's"
    assert verify_take(take.folder).is_good


def test_what_an_older_studiod_wrote_of_a_take_stays_and_moves_with_the_next_change(tmp_path: Path) -> None:
    old = {"name": "Blues", "tags": ["slow"], "rating": 4, "note": "keep"}
    take = FakeTake(tmp_path, 3, more=old).write()
    assert load_document(take.folder).name == "Blues"
    change_take(tmp_path, 3, Changes(rating=5))
    assert read_json(take.folder / "about.json") == {"version": 1} | old | {"rating": 5}
    assert (load_document(take.folder).rating, load_document(take.folder).note) == (5, "keep")


@pytest.mark.parametrize("tape_is_last", [True, False])
def test_neither_the_tape_nor_who_names_a_take_loses_what_the_other_wrote(
    tmp_path: Path, *, tape_is_last: bool
) -> None:
    take = FakeTake(tmp_path).write()
    path, settled = take.folder / "take.json", {"folder": "/second/0001", "state": "good", "fault": ""}
    held = read_json(path)  # the tape reads, somebody names the take, the tape writes: or the other way round
    if tape_is_last:
        change_take(tmp_path, 1, Changes(name="A", note="b"))
        save_json(path, held | {"copy": settled})
    else:
        save_json(path, held | {"copy": settled})
        change_take(tmp_path, 1, Changes(name="A", note="b"))
    document = load_document(take.folder)
    assert (document.name, document.note, document.raw["copy"]) == ("A", "b", settled)


@pytest.mark.parametrize("about", ["", "[1]", '{"name": 7, "tags": "x", "rating": 99, "note": null}', "[" * 100_000])
def test_words_that_cannot_be_read_cost_no_take(tmp_path: Path, about: str) -> None:
    take = FakeTake(tmp_path, more={"name": "Blues"}).write()
    (take.folder / "about.json").write_text(about)
    assert (load_document(take.folder).name, load_document(take.folder).rating) == ("Blues", 0)
    (found,) = read_takes(tmp_path)
    assert found.document.name == "Blues"


def test_a_pipe_in_place_of_the_words_is_not_waited_for(tmp_path: Path) -> None:
    take = FakeTake(tmp_path).write()
    os.mkfifo(take.folder / "about.json")
    assert load_document(take.folder).name == ""


def test_what_already_is_so_is_not_written_again(tmp_path: Path) -> None:
    take = FakeTake(tmp_path).write()
    change_take(tmp_path, 1, Changes(name="A"))
    written = (take.folder / "about.json").stat().st_ino
    change_take(tmp_path, 1, Changes(name="A"))
    assert (take.folder / "about.json").stat().st_ino == written


@pytest.mark.parametrize(
    "changes", [Changes(name="a/b"), Changes(rating=6), Changes(rating=-1), Changes(tags=("x" * 99,))]
)
def test_what_is_refused_changes_nothing(tmp_path: Path, changes: Changes) -> None:
    take = FakeTake(tmp_path).write()
    before = (take.folder / "take.json").read_bytes()
    with pytest.raises(Refused):
        change_take(tmp_path, 1, changes)
    assert (take.folder / "take.json").read_bytes() == before
    assert not (take.folder / "about.json").exists()


def test_a_take_that_is_being_recorded_is_left_alone(tmp_path: Path) -> None:
    FakeTake(tmp_path, state="recording").write()
    for work in (lambda: change_take(tmp_path, 1, Changes(name="x")), lambda: trash_take(tmp_path, 1)):
        with pytest.raises(LibraryError, match="take 1 is being recorded: stop first"):
            work()


def test_a_take_that_nobody_records_any_more_can_be_described_and_thrown_away(tmp_path: Path) -> None:
    FakeTake(tmp_path, 1, state="recording").write()
    FakeTake(tmp_path, 2, state="recording").write()
    change_take(tmp_path, 1, Changes(name="x"), lambda take_id: take_id == 1)
    assert trash_take(tmp_path, 1, lambda take_id: take_id == 1) == tmp_path / "trash" / "0001"
    with pytest.raises(LibraryError, match="take 2 is being recorded: stop first"):
        trash_take(tmp_path, 2, lambda take_id: take_id == 1)


def test_a_take_that_is_not_there_is_named(tmp_path: Path) -> None:
    FakeTake(tmp_path / "s").write()
    for number in (2, 0, -1):
        with pytest.raises(LibraryError, match=f"there is no take {number} in s"):
            trash_take(tmp_path / "s", number)
    (tmp_path / "s" / "takes" / "0009").symlink_to(tmp_path)
    with pytest.raises(LibraryError, match="there is no take 9"):
        trash_take(tmp_path / "s", 9)


def test_the_trash_keeps_a_take_whole_and_gives_it_back(tmp_path: Path) -> None:
    take = FakeTake(tmp_path, 3).write()
    assert trash_take(tmp_path, 3) == tmp_path / "trash" / "0003"
    assert take_folders(tmp_path) == []
    ((number, document),) = trashed_takes(tmp_path)
    assert number == 3
    assert document is not None
    assert restore_take(tmp_path, 3) == take.folder
    assert verify_take(take.folder).is_good
    with pytest.raises(LibraryError, match="take 3 is not in the trash: it is empty"):
        restore_take(tmp_path, 3)


def test_nothing_is_ever_moved_over_anything(tmp_path: Path) -> None:
    take = FakeTake(tmp_path).write()
    trash_take(tmp_path, 1)
    FakeTake(tmp_path, frames=500).write()
    with pytest.raises(LibraryError, match="there is a take 1 again"):
        restore_take(tmp_path, 1)
    with pytest.raises(LibraryError, match="take 1 is in the trash already"):
        trash_take(tmp_path, 1)
    assert load_document(take.folder).frames == 500
    assert load_document(tmp_path / "trash" / "0001").frames == 3500


def test_numbers_are_never_given_again(tmp_path: Path) -> None:
    for number in (1, 7):
        FakeTake(tmp_path, number).write()
    trash_take(tmp_path, 7)
    assert last_take_id(tmp_path) == 7
    assert empty_trash(tmp_path) == [7]
    assert last_take_id(tmp_path) == 7
    assert not (tmp_path / "trash" / "0007").exists()
    assert last_take_id(tmp_path / "new") == 0


def test_emptying_the_trash_takes_only_what_is_named_and_never_follows_a_link(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        FakeTake(tmp_path / "s", number).write()
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    trash_take(tmp_path / "s", 1)
    (tmp_path / "s" / "trash" / "0001" / "link").symlink_to(tmp_path)
    trash_take(tmp_path / "s", 2)
    assert empty_trash(tmp_path / "s", frozenset({1, 3})) == [1]
    assert [number for number, _ in trashed_takes(tmp_path / "s")] == [2]
    assert precious.read_text() == "mine"
    assert len(take_folders(tmp_path / "s")) == 1


def test_a_session_is_summed_up_and_described(tmp_path: Path) -> None:
    session = tmp_path / "album"
    FakeTake(session, 1).write()
    FakeTake(session, 2, state="damaged").write()
    FakeTake(session, 3).write()
    (session / "takes" / "0004").mkdir()
    trash_take(session, 3)
    change_session(session, Changes(name="The album", rating=3))
    change_session(session, Changes(tags=("jazz",)))
    summary = session_summary(session)
    assert summary == {
        "session": "album",
        "path": str(session),
        "takes": 2,
        "seconds": 7.0,
        "states": {"good": 1, "damaged": 1},
        "trashed": 1,
        "latest_unix": 1_795_252_530.0,
        "name": "The album",
        "tags": ["jazz"],
        "rating": 3,
        "note": "",
    }
    json.dumps(summary)
    (session / "about.json").write_text('{"rating": "high", "tags": 7}')
    assert session_summary(session)["rating"] == 0


def test_a_session_goes_to_the_trash_of_its_library_and_back_unless_it_is_open(tmp_path: Path) -> None:
    session = tmp_path / "album"
    FakeTake(session).write()
    (session / ".lock").write_text(f"{os.getpid()}\n")
    with pytest.raises(LibraryError, match="album is open in studiod"):
        trash_session(session)
    (session / ".lock").write_text("")
    assert trash_session(session) == tmp_path / ".trash" / "album"
    assert session_folders(tmp_path) == []
    for name in ("../album", "", "..", "a\0b"):
        with pytest.raises(LibraryError, match="is no name of a session"):
            restore_session(tmp_path, name)
    restore_session(tmp_path, "album")
    assert session_folders(tmp_path) == [session]
    with pytest.raises(LibraryError, match="has no session album"):
        restore_session(tmp_path, "album")


def test_a_folder_that_may_not_be_written_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    take = FakeTake(tmp_path / "s").write()
    (tmp_path / "s" / "trash").write_text("a file in the way")
    with pytest.raises(OSError, match=r"File exists|Not a directory"):
        trash_take(tmp_path / "s", 1)
    assert verify_take(take.folder).is_good


def test_a_document_without_end_is_refused(tmp_path: Path) -> None:
    take = FakeTake(tmp_path).write()
    with (take.folder / "take.json").open("r+b") as file:
        file.truncate(1 << 30)
    with pytest.raises(BadDocument):
        load_document(take.folder)


def test_lanes_are_kept_beside_what_is_said_and_only_written_where_they_change(tmp_path: Path) -> None:
    take = FakeTake(tmp_path, 3, tracks=3, more={"name": "Old"}).write()
    let_hear(tmp_path, 3, 2, is_heard=True)  # it is
    lay_on_top(tmp_path, 3, is_on_top=True)  # it lies there
    assert not (take.folder / "about.json").exists()
    let_hear(tmp_path, 3, 2, is_heard=False)
    change_take(tmp_path, 3, Changes(rating=2))
    FakeTake(tmp_path, 5).write()
    lay_on_top(tmp_path, 3, is_on_top=True)
    said = {"version": 1, "name": "Old", "tags": [], "rating": 2, "note": "", "unheard": [2], "on_top": [5, 1]}
    assert read_json(take.folder / "about.json") == said
    document = load_document(take.folder)
    assert (document.unheard, document.place) == (frozenset({2}), (5, 1))
    let_hear(tmp_path, 3, None, is_heard=True)
    lay_on_top(tmp_path, 3, is_on_top=False)
    assert read_json(take.folder / "about.json") == said | {"unheard": [], "on_top": []}
    assert load_document(take.folder).place == (3, 0)


def test_lanes_that_are_none_are_refused(tmp_path: Path) -> None:
    FakeTake(tmp_path, 1).write()
    FakeTake(tmp_path, 2, state="recording").write()
    notes = FakeTake(tmp_path, 3, tracks=0).write()
    for take_id, strip, why in (
        (9, 1, "no take 9"),
        (2, 1, "being recorded"),
        (1, 3, "allowed 1, 2"),
        (3, 1, "nothing"),
    ):
        with pytest.raises(LibraryError, match=why):
            let_hear(tmp_path, take_id, strip, is_heard=False)
    with pytest.raises(LibraryError, match="no take 9"):
        lay_on_top(tmp_path, 9, is_on_top=True)
    assert not (notes.folder / "about.json").exists()


@pytest.mark.parametrize(
    "about",
    [{"unheard": 3}, {"unheard": [0]}, {"unheard": ["1"]}, {"unheard": [True]}, {"on_top": [1]}, {"on_top": [1, -1]}],
)
def test_lanes_that_cannot_be_read_are_as_if_nothing_were_said(tmp_path: Path, about: dict[str, object]) -> None:
    take = FakeTake(tmp_path, 1).write()
    (take.folder / "about.json").write_text(json.dumps(about))
    document = load_document(take.folder)
    assert (document.unheard, document.place) == (frozenset(), (1, 0))
