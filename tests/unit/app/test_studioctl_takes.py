"""`studioctl takes` against real takes and a real door: said, thrown away, brought back, and refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studiod.app.control.faults import DONE, NOT_DONE, WRONG_USAGE
from studiod.app.control.grammar import TAKE_ACTIONS
from studiod.app.control.takes import WORK
from studiod.app.studioctl import main
from tests.fakes.take_studio import TakeStudio
from tests.fakes.takes import FakeTake

OTHERS = {(word,) for word in ("sessions", "lanes", "heard", "top")}


class Terminal:
    """Types commands and reads what they print."""

    def __init__(self, studio: TakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
        self.studio, self._capsys = studio, capsys

    def run(self, *words: str, code: int = DONE) -> str:
        command = () if words[0:1] in OTHERS else ("takes",)
        found = main(["--port", str(self.studio.port), *command, *words])
        printed = self._capsys.readouterr()
        assert found == code, printed.err
        return printed.out if code == DONE else printed.err

    def json(self, *words: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.run(*words, "--json"))


@pytest.fixture
def session(tmp_path: Path) -> Path:
    for number in (1, 2):
        FakeTake(tmp_path / "album", number).write()
    return tmp_path / "album"


@pytest.fixture
def terminal(session: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Terminal]:
    studio = TakeStudio(session).start()
    yield Terminal(studio, capsys)
    studio.stop()


def test_every_action_of_the_grammar_is_done() -> None:
    assert tuple(WORK) == TAKE_ACTIONS


def test_what_is_said_of_a_take_is_shown_with_it(terminal: Terminal) -> None:
    terminal.run("rename", "1", "Blues", "in F")
    terminal.run("rate", "1", "4")
    terminal.run("tag", "1", "slow", "best")
    head, row = terminal.run("note", "1", "the bridge is fine").splitlines()
    assert head.split() == ["take", "state", "length", "files", "gaps", "begun", "by", "said", "folder"]
    assert "Blues in F  ★★★★  slow, best  (the bridge is fine)" in row
    assert terminal.json("tag", "1")["take"]["tags"] == []
    assert [take["name"] for take in terminal.json()] == ["Blues in F", ""]


def test_without_anything_said_the_list_is_as_it_always_was(terminal: Terminal) -> None:
    assert terminal.run().splitlines()[0].split() == [
        "take",
        "state",
        "length",
        "files",
        "gaps",
        "begun",
        "by",
        "folder",
    ]


def test_takes_go_to_the_trash_and_come_back(terminal: Terminal, session: Path) -> None:
    assert terminal.run("trash") == "the trash is empty\n"
    assert terminal.run("trash", "1", "2") == "take 1 is in the trash\ntake 2 is in the trash\n"
    head, *rows = terminal.run("trash").splitlines()
    assert head.split() == ["take", "state", "length", "tracks", "name"]
    assert [row.split() for row in rows] == [[n, "good", "0:00:03.500", "2"] for n in ("1", "2")]
    assert terminal.json("restore", "2") == {"takes": [2]}
    assert terminal.run("empty", "all") == "gone for ever: take 1\n"
    assert terminal.run("empty", "all") == "nothing of that was in the trash\n"
    assert sorted(path.name for path in (session / "takes").iterdir()) == ["0002"]


def test_what_studiod_refuses_is_said(terminal: Terminal) -> None:
    assert "there is no take 9" in terminal.run("rate", "9", "1", code=NOT_DONE)
    assert "it would look like a path" in terminal.run("rename", "1", "a/b", code=NOT_DONE)
    assert "take 1 is not in the trash" in terminal.run("restore", "1", code=NOT_DONE)
    terminal.studio.recording = 3
    assert "a take is being recorded" in terminal.run("trash", "1", code=NOT_DONE)


def test_lanes_are_listed_and_chosen(terminal: Terminal) -> None:
    head, *rows = terminal.run("lanes").splitlines()
    assert head.split() == ["strip", "take", "at", "length", "layer", "name"]
    whole = [
        ["2", "0:00:00.000", "0:00:03.500", "cover", "heard"],
        ["1", "0:00:00.000", "0:00:03.500", "cover", "heard"],
    ]
    assert [row.split() for row in rows] == [["1", "Bass", *whole[0]], whole[1], ["2", "Voice", *whole[0]], whole[1]]
    assert [row.split()[-2:] for row in terminal.run("heard", "2", "1", "off").splitlines()[1:]] == [
        ["not", "heard"],
        ["cover", "heard"],
    ]
    assert [lane["heard"] for lane in terminal.json("heard", "2", "off")[1]["lanes"]] == [False, True]
    assert [lane["heard"] for lane in terminal.json("heard", "2", "on")[0]["lanes"]] == [True, True]
    assert [lane["take"] for lane in terminal.json("top", "1")[0]["lanes"]] == [1, 2]
    assert [lane["take"] for lane in terminal.json("top", "1", "off")[1]["lanes"]] == [2, 1]
    assert [each["strip"] for each in terminal.json("lanes", "2")] == [2]


def test_lanes_that_are_not_there_are_told(terminal: Terminal, session: Path) -> None:
    assert "has nothing of strip 3; allowed 1, 2" in terminal.run("heard", "1", "3", "off", code=NOT_DONE)
    assert "there is no take 9" in terminal.run("top", "9", code=NOT_DONE)
    assert "the number of a strip, 1..2" in terminal.run("lanes", "3", code=NOT_DONE)
    for number in (1, 2):
        terminal.run("trash", str(number))
    assert "no take lies there yet" in terminal.run("lanes")
    assert not list((session / "takes").iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ("lanes", "bass"),
        ("lanes", "0"),
        ("heard", "1"),
        ("heard", "1", "maybe"),
        ("heard", "1", "2", "3", "on"),
        ("heard", "one", "on"),
        ("heard", "1", "999", "on"),
        ("top", "one"),
        ("top", "1", "up"),
    ],
)
def test_what_cannot_be_meant_of_lanes_is_told_and_nothing_is_sent(terminal: Terminal, words: tuple[str, ...]) -> None:
    before = terminal.json("lanes")
    assert terminal.run(*words, code=WRONG_USAGE)
    assert terminal.json("lanes") == before


@pytest.mark.parametrize(
    "words",
    [
        ("paint", "1"),
        ("rename",),
        ("rename", "1"),
        ("rename", "one", "x"),
        ("rate", "1", "6"),
        ("rate", "1", "great"),
        ("rate", "1", "1", "2"),
        ("note", "1"),
        ("trash", "0"),
        ("trash", "1-2"),
        ("trash", "99999999999"),
        ("restore",),
        ("empty",),
        ("empty", "some"),
        ("rate", "\u0661", "1"),
    ],
)
def test_what_cannot_be_meant_is_told_and_nothing_is_sent(terminal: Terminal, words: tuple[str, ...]) -> None:
    before = terminal.json()
    assert terminal.run(*words, code=WRONG_USAGE)
    assert terminal.json() == before


def test_a_disk_that_does_not_answer_is_told_when_the_time_is_over(
    session: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    studio = TakeStudio(session)
    studio.is_stuck = True
    studio.start()
    try:
        said = Terminal(studio, capsys).run("rate", "1", "1", "--timeout", "0.2", code=NOT_DONE)
    finally:
        studio.stop()
    assert "not done within 0.2 s: the disk is slow" in said


def test_sessions_are_listed_described_thrown_away_and_brought_back(terminal: Terminal, session: Path) -> None:
    FakeTake(session.parent / "rehearsal").write()
    head, album, rehearsal = terminal.run("sessions").splitlines()
    assert head.split() == ["session", "takes", "length", "in", "trash", "said"]
    assert (album.split(), rehearsal.split()) == (["album", "2", "0:00:07.000"], ["rehearsal", "1", "0:00:03.500"])
    terminal.run("sessions", "rename", "album", "The", "Album")
    terminal.run("sessions", "rate", "album", "5")
    assert "The Album  ★★★★★  live" in terminal.run("sessions", "tag", "album", "live")
    away = session.parent / ".trash" / "rehearsal"
    assert terminal.run("sessions", "trash", "rehearsal") == f"rehearsal lies in {away}\n"
    assert [each["session"] for each in terminal.json("sessions")] == ["album"]
    assert terminal.json("sessions", "restore", "rehearsal") == {"path": str(session.parent / "rehearsal")}
    assert "is no session" in terminal.run("sessions", "trash", "nowhere", code=NOT_DONE)
    for words in (("rate", "album", "9"), ("rename", "album"), ("trash", "a", "b"), ("trash",)):
        terminal.run("sessions", *words, code=WRONG_USAGE)
