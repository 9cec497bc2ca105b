"""`studioctl learn` against a real door: what it prints while a control moves, and how it ends."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studiod.app.control.faults import DONE, NOT_DONE, WRONG_USAGE
from studiod.app.studioctl import main
from studiod.surfaces.controls import Wire, WireKind
from tests.fakes.hand import Hand, positions
from tests.fakes.learn_studio import LearnStudio

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    hand = Hand(speed=3.0)
    hand.slide(positions(Wire(WireKind.CC, 1, 21)), 127)
    studio = LearnStudio(tmp_path, hand).start()

    def run(*words: str, code: int = DONE) -> str:
        found = main(["--port", str(studio.port), "learn", *words])
        printed = capsys.readouterr()
        assert found == code, printed.err
        return printed.out if code == DONE else printed.err

    yield run
    studio.stop()


def test_it_says_what_it_waits_for_and_what_was_bound_and_takes_it_back(run: Run) -> None:
    first, *_, last = run("/strip/3/fader").splitlines()
    assert first == "/strip/3/fader: move the fader or knob the whole way, up first, then back"
    assert last == "bound: /strip/3/fader: CC 21 of BeatStep MIDI 1: absolute, 7 bit"
    head, row = run("--list").splitlines()
    assert head.split() == ["address", "box", "control", "page"]
    assert row.split() == ["/strip/3/fader", "beatstep-midi-1", "cc21", "learnt", "2026-05-04", "12:30"]
    assert run("--undo").splitlines()[-1].startswith("taken back: /strip/3/fader")
    assert run("--list") == "nothing has been learnt yet; as in: studioctl learn /strip/3/fader\n"
    assert "nothing is left to take back" in run("--undo", code=NOT_DONE)


def test_for_scripts_it_says_so_in_json(run: Run) -> None:
    told = json.loads(run("/strip/3/fader", "--json"))
    assert (told["phase"], told["number"]) == ("bound", 1)
    assert [each["control"] for each in json.loads(run("--list", "--json"))] == ["cc21"]
    assert json.loads(run("--forget", "/strip/3/fader", "--json"))["phase"] == "forgotten"


def test_cancelling_where_nobody_learns_does_nothing(run: Run) -> None:
    assert json.loads(run("--cancel", "--json"))["phase"] == "idle"


def test_what_cannot_be_bound_is_told(run: Run) -> None:
    assert "Did you mean /strip/3/fader?" in run("/strip/3/fadr", code=NOT_DONE)
    assert "only a switch" in run("/strip/3/fader", "--momentary", code=NOT_DONE)


@pytest.mark.parametrize("words", [(), ("/main/fader", "--undo"), ("--list", "--undo")])
def test_one_thing_at_a_time(run: Run, words: tuple[str, ...]) -> None:
    assert "takes an address, or one of" in run(*words, code=WRONG_USAGE)
