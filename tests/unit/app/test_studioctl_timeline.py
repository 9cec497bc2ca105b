"""Loop, punch, markers and counting in, from a terminal."""

import json
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


@pytest.mark.parametrize(
    ("command", "start", "end"), [("loop", "/loop/start", "/loop/end"), ("punch", "/punch/in", "/punch/out")]
)
def test_two_positions_lay_it_and_a_word_switches_it(
    studio: FakeStudio, capsys: pytest.CaptureFixture[str], command: str, start: str, end: str
) -> None:
    assert run(studio, capsys, command, "1:00", "1:10.5") == f"{command} on: 0:01:00.000 to 0:01:10.500\n"
    assert (
        run(studio, capsys, command, "20", "30") == f"{command} on: 0:00:20.000 to 0:00:30.000\n"
    )  # before where it was
    assert (studio.value(start), studio.value(end)) == (20.0, 30.0)
    assert run(studio, capsys, command, "off") == f"{command} off: 0:00:20.000 to 0:00:30.000\n"
    assert json.loads(run(studio, capsys, command, "--json")) == {"on": False, "start_s": 20.0, "end_s": 30.0}


@pytest.mark.parametrize("words", [("30", "20"), ("10",), ("1", "2", "3"), ("on", "2")])
def test_what_is_no_loop_is_refused_before_anything_is_sent(
    studio: FakeStudio, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    run(studio, capsys, "loop", *words, code=WRONG_USAGE)
    assert not studio.value("/loop/on")
    assert studio.value("/loop/end") == 8.0


def test_a_loop_too_short_is_refused_in_studiods_words(studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is too short; allowed from 0.25 s on" in run(studio, capsys, "loop", "1", "1.1", code=NOT_DONE)


def test_markers_and_sections_are_made_and_listed(studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(studio, capsys, "markers") == "there are no markers\n"
    run(studio, capsys, "marker")
    studio.position_s = 61.5
    run(studio, capsys, "marker", "Second", "verse")
    lines = run(studio, capsys, "section", "1", "2", "First", "verse").splitlines()
    assert [line.split() for line in lines] == [
        ["1", "0:00:00.000", "Marker", "1"],
        ["2", "0:01:01.500", "Second", "verse"],
        ["section", "1", "0:00:00.000", "to", "0:01:01.500", "First", "verse"],
    ]
    assert len(json.loads(run(studio, capsys, "markers", "--json"))["markers"]) == 2
    assert "marker 2 is not before marker 1" in run(studio, capsys, "section", "2", "1", "x", code=NOT_DONE)


def test_a_button_with_a_number_is_pressed_with_it(studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    run(studio, capsys, "marker")
    assert run(studio, capsys, "press", "/marker/delete", "1") == "/marker/delete is pressed\n"
    assert studio.markers.markers == []
    assert "allowed is one number, number" in run(studio, capsys, "press", "/marker/delete", code=WRONG_USAGE)
    assert "allowed is no argument" in run(studio, capsys, "press", "/solo/clear", "1", code=WRONG_USAGE)


@pytest.mark.parametrize("command", ["record", "play"])
def test_a_count_in_is_told_and_not_waited_for(
    studio: FakeStudio, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    studio.write("/strip/1/arm", 1.0)
    studio.write("/transport/countin", 2.0)
    assert run(studio, capsys, command) == "the click counts in; break it off with `studioctl stop`\n"


def test_the_soundcheck_is_switched_and_told(studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(studio, capsys, "soundcheck") == "soundcheck off: every strip hears its input\n"
    assert run(studio, capsys, "soundcheck", "on") == "soundcheck on: every strip hears its track\n"
    assert studio.value("/soundcheck") == 1.0
    assert "on: strips hear their tracks, not their inputs" in run(studio, capsys, "status")
    assert json.loads(run(studio, capsys, "soundcheck", "off", "--json")) == {"on": False}
    assert "soundcheck" not in run(studio, capsys, "status")
    assert "allowed" in run(studio, capsys, "soundcheck", "maybe", code=NOT_DONE)
