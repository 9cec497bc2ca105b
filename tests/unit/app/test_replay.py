"""`studiod replay` as a person calls it."""

import json
from pathlib import Path

import pytest
import soundfile

from studiod.app.cli import main
from studiod.link import Operation
from studiod.link.journal import HEAD, chunk, read_chunks
from tests.fakes.desk_rig import Rig
from tests.fakes.played_take import TAKE, PlayedTake, steps

FRAMES = 9600


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A session `album` with take 5."""
    folder = tmp_path / "album" / "takes" / "0005"
    folder.parent.mkdir(parents=True)
    with Rig.make(2, 1) as rig:
        take = PlayedTake(rig, folder)
        rig.ask(Operation.RECORD, slot=TAKE, at_frame=480)
        rig.ask(Operation.STOP, at_frame=480 + FRAMES)
        take.play(steps(2, 12_000))
        take.close()
    return tmp_path


def replayed(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["replay", *words])
    return int(ended.value.code or 0)


def test_a_take_is_named_by_its_number_or_its_folder(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by_number = ["5", "--library", str(library), "--session", "album", "--output", str(library / "a.wav")]
    assert replayed(*by_number) == 0
    assert "to the bit what main played" in capsys.readouterr().out
    folder = str(library / "album" / "takes" / "0005")
    assert replayed(folder, "--output", str(library / "b.wav"), "--bits", "24", "--json") == 0
    fact = json.loads(capsys.readouterr().out)
    assert (fact["frames"], fact["rate_hz"], fact["is_exact"], fact["warnings"]) == (FRAMES, 48_000, True, [])
    assert (fact["exact_frames"], fact["doubts"]) == (FRAMES, [])
    assert (soundfile.info(library / "a.wav").subtype, soundfile.info(library / "b.wav").subtype) == ("FLOAT", "PCM_24")


def test_what_cannot_be_done_is_said(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replayed("6", "--library", str(library), "--session", "album", "--output", str(library / "a.wav")) == 1
    assert "there is no take.json" in capsys.readouterr().err
    folder = str(library / "album" / "takes" / "0005")
    (library / "a.wav").touch()
    assert replayed(folder, "--output", str(library / "a.wav")) == 1
    assert "exists" in capsys.readouterr().err
    assert replayed(folder, "--output", str(library / "a.wav"), "--force") == 0


def test_a_build_that_is_another_is_no_secret(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = library / "album" / "takes" / "0005" / "journal.sdj"
    raw = journal.read_bytes()
    start = raw.index(HEAD)
    kind, body, end = next(read_chunks(raw))
    assert kind == HEAD
    head = json.loads(body) | {"build": "another"}
    journal.write_bytes(raw[:start] + chunk(HEAD, json.dumps(head).encode()) + raw[end:])
    assert replayed(str(journal.parent), "--output", str(library / "a.wav")) == 3
    told = capsys.readouterr()
    assert "another build of studiod" in told.err
    assert "not to the bit" in told.out


def test_up_to_where_it_is_exact_is_said_and_the_exit_status_is_3(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = library / "album" / "takes" / "0005"
    path = folder / "take.json"
    gaps = [{"start": 4800, "frames": 2400, "cause": "tape late"}]
    path.write_text(json.dumps(json.loads(path.read_text()) | {"gaps": gaps}))
    assert replayed(str(folder), "--output", str(library / "a.wav")) == 3
    told = capsys.readouterr()
    why = "from 0:00:00.100 on: 0.050 s are silence in its files, and were not for main: tape late"
    assert told.err == f"{why}\n"
    assert "to the bit what main played up to 0:00:00.097, see above" in told.out
    assert replayed(str(folder), "--output", str(library / "b.wav"), "--json") == 3
    fact = json.loads(capsys.readouterr().out)
    assert (fact["is_exact"], fact["exact_frames"], fact["warnings"]) == (False, 4800 - 112, [why])
    assert fact["doubts"] == [{"start": 4800, "frames": 2400, "why": why.partition("on: ")[2]}]
