"""`studioctl proof` against a real take and a real door: why it is damaged, drawn and as JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from studiod.app.control.faults import DONE, NOT_DONE, WRONG_USAGE
from studiod.app.studioctl import main
from tests.fakes.take_studio import TakeStudio
from tests.fakes.takes import RATE_HZ, FakeTake

_DAMAGED: Final[dict[str, Any]] = {
    "state": "damaged",
    "recorded_by": "nanokontrol2",
    "stopped_by": "tape",
    "faults": ["/disk: no space left on device; take 2 ended there, whole up to its last frame"],
    "gaps": [{"start": 0, "frames": RATE_HZ, "cause": "engine restarted"}],
    "clips": [{"file": "strip-01.wav", "channel": 0, "start": 2 * RATE_HZ - 1, "frames": 1}],
    "clips_more": 0,
    "xruns": [{"start": RATE_HZ, "frames": 10, "xruns": 2, "late_blocks": 1}],
    "drift_ppm": 12.5,
    "write_ms": {"edges": [1, 2, 5], "counts": [40, 20, 0, 1]},
    "copy": {"folder": "/copy/0002", "state": "good", "fault": ""},
}


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[TakeStudio]:
    FakeTake(tmp_path / "album", 1).write()
    FakeTake(tmp_path / "album", 2, frames=2 * RATE_HZ, more=_DAMAGED).write()
    studio = TakeStudio(tmp_path / "album").start()
    yield studio
    studio.stop()


def typed(studio: TakeStudio, *words: str, code: int = DONE) -> None:
    assert main(["--port", str(studio.port), *words]) == code


def test_a_damaged_take_is_drawn_with_its_gaps_and_clips(
    studio: TakeStudio, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(studio, "proof", "2")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        "take 2  damaged, 0:00:02.000",
        "who     begun by nanokontrol2, ended by tape",
        "clock   the card ran +12.5 ppm beside the machine's clock",
        "copy    good, in /copy/0002",
        f"map     {'x' * 32}{'·' * 31}c  x 1 gap, c 1 clip, X both",
    ]
    assert lines[5:7] == [
        "! /disk: no space left on device; take 2 ended there, whole up to its last frame",
        f"0:00:00.000  {RATE_HZ} frames (1.000 s) are silence: engine restarted",
    ]
    assert lines.pop(7) == "0:00:01.000  2 xruns, 1 late block within 0.010 s"
    assert lines[8].split() == ["Strip", "1", "1", "0:00:01.999", "1"]
    assert [line.split() for line in lines[10:]] == [
        ["under", "1", "ms", "█" * 40, "40"],
        ["under", "2", "ms", "█" * 20, "20"],
        ["under", "5", "ms", "-"],
        ["5", "ms", "or", "more", "█", "1"],
    ]


def test_a_good_take_says_so_in_a_few_lines(studio: TakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    typed(studio, "proof", "1")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("take 1  good")
    assert lines[-1] == f"map     {'·' * 64}  no gaps, no clips"


def test_scripts_are_told_everything(studio: TakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    typed(studio, "proof", "2", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["faults"], told["gaps"]) == (_DAMAGED["faults"], _DAMAGED["gaps"])
    assert told["write_ms"] == _DAMAGED["write_ms"]


def test_the_list_names_what_went_wrong(studio: TakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    typed(studio, "takes")
    assert f"take 2: {_DAMAGED['faults'][0]}" in capsys.readouterr().out.splitlines()


def test_what_is_no_take_is_refused(studio: TakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    typed(studio, "proof", "9", code=NOT_DONE)
    assert "there is no take 9" in capsys.readouterr().err
    typed(studio, "proof", "all", code=WRONG_USAGE)
