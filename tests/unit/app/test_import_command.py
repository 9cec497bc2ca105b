"""`studiod import` at a terminal: what it says, how it ends, and who numbers its takes."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from studiod.app.cli import main
from studiod.tape.library import empty_trash, trash_take
from tests.fakes.takes import FakeTake

RATE_HZ = 48000


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["import", *(str(word) for word in words)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def sound(path: Path, channels: int = 1, seconds: float = 0.5, rate_hz: int = RATE_HZ) -> Path:
    samples = np.random.default_rng(3).uniform(-0.5, 0.5, (round(seconds * rate_hz), channels))
    soundfile.write(path, samples, rate_hz, subtype="PCM_24")
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Eight strips, a library of its own, and a port on which nobody listens."""
    path = tmp_path / "studio.yaml"
    strips = ", ".join("{}" for _ in range(8))
    path.write_text(f"tape: {{library: {tmp_path}}}\nosc: {{port: 1}}\ndesk: {{strips: [{strips}]}}\n")
    return path


def document(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "take.json").read_text())
    assert isinstance(found, dict)
    return found


def test_files_become_takes_on_strips_one_behind_the_other(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drums, bass = sound(tmp_path / "drums.wav", 2), sound(tmp_path / "bass.flac", rate_hz=44100)
    assert run(drums, bass, "--config", config, "--session", "album", "--strip", 3, "--at", 1.5) == 0
    takes = tmp_path / "album" / "takes"
    assert capsys.readouterr().out.splitlines() == [
        f"take 1: 0.5 s on strips 3 to 4, in {takes / '0001'}",
        f"take 2: 0.5 s on strip 5, resampled from 44100 Hz, in {takes / '0002'}",
    ]
    assert [track["strip"] for track in document(takes / "0001")["tracks"]] == [3, 4]
    assert [document(takes / f"{n:04d}")["position"] for n in (1, 2)] == [72000, 72000]
    assert sorted(path.name for path in takes.iterdir()) == ["0001", "0002"]


def test_for_scripts(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gone = tmp_path / "gone.wav"
    assert run(gone, sound(tmp_path / "a.wav"), "--config", config, "--json", "--name", "Intro") == 1
    told = capsys.readouterr()
    fact = json.loads(told.out)
    assert told.err == f"{gone}: there is no such file\n"
    assert fact["faults"] == [f"{gone}: there is no such file"]
    (take,) = fact["takes"]
    assert (take["id"], take["frames"], take["strips"], take["bits"]) == (1, 24000, [1], 24)
    assert document(Path(take["path"]))["name"] == "Intro"


def test_numbers_go_on_behind_what_there_was_ever(tmp_path: Path, config: Path) -> None:
    for number in (4, 9):
        FakeTake(tmp_path / "album", number).write()
    trash_take(tmp_path / "album", 9)
    empty_trash(tmp_path / "album")
    assert run(sound(tmp_path / "a.wav"), "--config", config, "--session", "album") == 0
    assert (tmp_path / "album" / "takes" / "0010" / "take.json").is_file()


def test_a_session_that_a_studio_has_open_is_left_alone_when_that_does_not_answer(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    takes = tmp_path / "album" / "takes"
    takes.mkdir(parents=True)
    lock = os.open(takes.parent / ".lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert run(sound(tmp_path / "a.wav"), "--config", config, "--session", "album") == 1
    os.close(lock)
    said = capsys.readouterr().err
    assert f"{takes.parent} is open in a studiod that must number its takes" in said
    assert "--osc-port" in said
    assert list(takes.iterdir()) == []


def test_a_session_whose_lock_cannot_be_had_is_named(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = tmp_path / "album" / ".lock"
    lock.mkdir(parents=True)
    assert run(sound(tmp_path / "a.wav"), "--config", config, "--session", "album") == 1
    assert capsys.readouterr().err == f"{lock}: Is a directory\n"


def test_the_lock_is_let_go(tmp_path: Path, config: Path) -> None:
    assert run(sound(tmp_path / "a.wav"), "--config", config, "--session", "album") == 0
    lock = os.open(tmp_path / "album" / ".lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(lock)


def test_a_file_that_needs_more_strips_than_there_are_is_refused(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(sound(tmp_path / "a.wav", 4), "--config", config, "--strip", 7) == 1
    assert "would play on strips 7 to 10; the desk has strips 1..8" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [("--at", "-1"), ("--at", "nan"), ("--at", "soon"), ("--session", ".."), ("--name", "a/b")]
)
def test_what_cannot_be_meant_is_wrong_usage(
    tmp_path: Path, config: Path, words: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(sound(tmp_path / "a.wav"), "--config", config, *words) == 2
    assert capsys.readouterr().err
