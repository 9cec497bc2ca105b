"""`studioctl keep` against a studio that answers: what was played becomes a take, or a sentence says why not."""

from collections.abc import Iterator

import pytest

from studiod.app.control.faults import DONE, NOT_DONE, WRONG_USAGE
from studiod.app.studioctl import main
from tests.fakes.studio import FakeStudio


@pytest.fixture
def studio() -> Iterator[FakeStudio]:
    studio = FakeStudio().start()
    yield studio
    studio.stop()


def run(studio: FakeStudio, capsys: pytest.CaptureFixture[str], *words: str, code: int = DONE) -> str:
    found = main(["--port", str(studio.port), *words])
    printed = capsys.readouterr()
    assert found == code, printed.err
    return printed.out if code == DONE else printed.err


def test_the_last_minutes_become_a_take(studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    promised, made = run(studio, capsys, "keep", "10:00").splitlines()
    assert promised == "keeping the last 0:10:00.000 as take 1"
    assert made == "take 1: good, 600.0 s, 8 files in /library/session/takes/0001"


def test_only_some_inputs_are_kept(studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    run(studio, capsys, "keep", "90", "--inputs", "2,5-6")
    assert studio.takes[0].files == ["input-2.wav", "input-5.wav", "input-6.wav"]
    assert studio.takes[0].seconds == 90.0


def test_scripts_get_the_take(studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    assert '"seconds": 5.0' in run(studio, capsys, "keep", "5", "--json")


def test_why_it_could_not_be_kept_is_told(studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    studio.keep_fault = "take 1: the disk is full"
    assert run(studio, capsys, "keep", "5", code=NOT_DONE) == "studioctl: take 1: the disk is full\n"


def test_a_second_keep_is_refused_in_studiods_words(studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    studio.keeping = 7
    assert "take 7 is still being kept" in run(studio, capsys, "keep", "5", code=NOT_DONE)


def test_a_copy_that_does_not_go_on_is_told(studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    studio.is_stuck = True
    assert "take 1 is still being made" in run(studio, capsys, "keep", "5", "--timeout", "0.2", code=NOT_DONE)


def test_the_end_of_an_earlier_run_becomes_a_take(studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    run(studio, capsys, "keep", "90", "--run", "5", "--inputs", "2")
    assert (studio.kept_run, studio.takes[0].files, studio.takes[0].seconds) == (5, ["input-2.wav"], 90.0)
    assert "holds nothing of run 4; allowed 5, 6" in run(studio, capsys, "keep", "90", "--run", "4", code=NOT_DONE)


def test_what_the_black_box_holds_is_listed_run_by_run(studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    told, heads, *rows = run(studio, capsys, "blackbox").splitlines()
    assert told == "black box on: the last 1 h 06 min, 5.5 GB of at most 8.0 GB"
    assert heads.split() == ["run", "held", "until", "inputs"]
    assert [row.split()[0] for row in rows] == ["5", "6"]
    assert ("20 min" in rows[0], "1-8, 11" in rows[0], "now" in rows[1]) == (True, True, True)
    assert '"held_runs"' in run(studio, capsys, "blackbox", "--json")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("keep", "5", "--run", "0"), "runs are counted from 1"),
        (("keep", "0"), "'0' is no length"),
        (("keep", "soon"), "'soon' is no position"),
        (("keep", "5", "--inputs", "0-2"), "'0-2' names no inputs"),
        (("keep", "5", "--inputs", "4-2"), "'4-2' names no inputs"),
        (("get", "/blackbox/keep"), "use `keep` of studioctl"),
        (("press", "/blackbox/keep"), "use `keep` of studioctl"),
    ],
)
def test_what_cannot_be_meant_is_told(
    words: tuple[str, ...], sentence: str, studio: FakeStudio, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in run(studio, capsys, *words, code=WRONG_USAGE)
