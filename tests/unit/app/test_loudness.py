"""`studiod loudness`: what it prints, and how it ends."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from studiod.app.cli import main
from studiod.app.progress import Progress
from tests.golden.loudness_vectors import tone

RATE_HZ = 48_000


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.wav"
    soundfile.write(path, np.stack([tone(RATE_HZ, 4, -18.0)] * 2).T, RATE_HZ, subtype="PCM_24")
    return path


@pytest.fixture
def silence(tmp_path: Path) -> Path:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros((RATE_HZ, 2)), RATE_HZ)
    return path


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["loudness", *map(str, words)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def facts(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, list)
    return found


def test_json_has_one_object_for_each_file(song: Path, silence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(song, silence, "--json") == 0
    first, second = facts(capsys)
    assert list(first) == ["file", "integrated", "lra", "true_peak", "max_momentary", "max_short_term"]
    assert first["file"] == str(song)
    assert first["integrated"] == pytest.approx(-18.0, abs=0.02)
    assert first["true_peak"] == pytest.approx(-18.0, abs=0.02)
    assert all(level == round(level, 2) for name, level in first.items() if name != "file")
    nothing = dict.fromkeys(("integrated", "true_peak", "max_momentary", "max_short_term"), "-inf")
    assert second == {"file": str(silence), "lra": 0.0, **nothing}


def test_a_file_that_cannot_be_read_does_not_keep_the_others(
    song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "missing.wav", song, "--json") == 1
    first, second = facts(capsys)
    assert first == {"file": str(tmp_path / "missing.wav"), "error": "No such file or directory"}
    assert second["integrated"] == pytest.approx(-18.0, abs=0.02)


def test_people_get_a_table_and_are_told_what_is_wrong(
    song: Path, silence: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "text.wav"
    wrong.write_text("not music")
    assert run(song, wrong, silence) == 1
    said = capsys.readouterr()
    head, first, second = said.out.splitlines()
    assert head.split() == ["file", "I", "range", "peak", "max", "M", "max", "S"]
    # 4 s have a range: the silence after them is heard too
    assert first.split()[:6] == [str(song), "-18.0", "2.2", "-18.0", "-18.0", "-18.0"]
    assert second.split()[:6] == [str(silence), "-inf", "0.0", "-inf", "-inf", "-inf"]
    assert head.index("I") == first.index("-18.0") + 4
    assert first.count("█") == 11  # 22 of 40 LU
    assert "█" not in second
    assert said.err == f"{wrong}: no sound file that can be read: Format not recognised.\n"


def test_progress_is_shown_when_it_takes_long_and_goes_again() -> None:
    out, clock = io.StringIO(), iter([0.0, 0.9, 1.1, 1.15, 1.3]).__next__
    progress = Progress(out, "song.wav", clock)
    for part in (0.1, 0.2, 0.3, 0.4):
        progress.tell(part)
    progress.clear()
    assert out.getvalue() == "\r\x1b[Ksong.wav: 20%\r\x1b[Ksong.wav: 40%\r\x1b[K"


def test_nothing_is_shown_when_it_was_quick() -> None:
    out = io.StringIO()
    progress = Progress(out, "song.wav", iter([0.0, 0.5]).__next__)
    progress.tell(1.0)
    progress.clear()
    assert not out.getvalue()
