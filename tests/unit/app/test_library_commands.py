"""`studiod verify` and `studiod export` at a terminal: what they say, and how they end."""

import json
from pathlib import Path

import pytest

from studiod.app.cli import main
from studiod.tape.wavfile import DATA_AT
from tests.fakes.takes import FakeTake


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def break_a_sample(take: FakeTake) -> None:
    with take.path(0).open("r+b") as file:
        file.seek(DATA_AT + 4000)
        file.write(b"\xff\xff")


def test_verify_sums_up_what_is_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in (1, 2):
        FakeTake(tmp_path / "s", number).write()
    assert run("verify", tmp_path) == 0
    assert capsys.readouterr() == ("2 takes, 16 seconds of tracks: all as recorded\n", "")
    assert run("verify", tmp_path / "s", "--quick") == 0
    assert capsys.readouterr().out == "2 takes, headers and lengths: all as recorded\n"


def test_verify_names_what_is_wrong_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take = FakeTake(tmp_path / "s").write()
    break_a_sample(take)
    assert run("verify", take.folder) == 1
    fault, sum_up = capsys.readouterr().out.splitlines()
    assert fault == f"{take.folder}: strip-01.wav: 1 second is not what was recorded: at 0:00:01.000"
    assert sum_up == "1 take, 8 seconds of tracks: 1 with something wrong"


def test_verify_for_scripts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take = FakeTake(tmp_path / "s").write()
    break_a_sample(take)
    assert run("verify", tmp_path / "s", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["good"] is False
    (fact,) = told["takes"]
    assert (fact["path"], fact["id"], fact["state"], fact["checked_seconds"]) == (str(take.folder), 1, "good", 8)
    assert len(fact["faults"]) == 1


def test_verify_looks_at_the_library_of_the_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    FakeTake(tmp_path / "library" / "s").write()
    config = tmp_path / "studiod.yaml"
    config.write_text(f"tape:\n  library: {tmp_path / 'library'}\n")
    assert run("verify", "--config", config) == 0
    assert capsys.readouterr().out.startswith("1 take, 8 seconds")


def test_verify_looks_at_the_copies_too_where_their_disk_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    FakeTake(tmp_path / "library" / "s").write()
    copies, config = tmp_path / "copies", tmp_path / "studiod.yaml"
    config.write_text(f"tape:\n  library: {tmp_path / 'library'}\n  copy_to: {copies}\n")
    assert run("verify", "--config", config) == 0
    missing, sum_up = capsys.readouterr().out.splitlines()
    assert missing == f"tape.copy_to {copies} is not there: the copies are not looked at"
    assert sum_up.startswith("1 take, ")
    assert run("verify", "--config", config, "--json") == 0
    assert json.loads(capsys.readouterr().out)["notes"] == [missing]
    copy = FakeTake(copies / "s").write()
    assert run("verify", "--config", config) == 0
    assert capsys.readouterr().out.startswith("2 takes, 16 seconds")
    break_a_sample(copy)
    assert run("verify", "--config", config) == 1
    assert capsys.readouterr().out.startswith(f"{copy.folder}: strip-01.wav: 1 second is not what was recorded")


def test_verify_of_copies_that_are_none_yet_is_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    FakeTake(tmp_path / "library" / "s").write()
    (tmp_path / "copies").mkdir()
    config = tmp_path / "studiod.yaml"
    config.write_text(f"tape:\n  library: {tmp_path / 'library'}\n  copy_to: {tmp_path / 'copies'}\n")
    assert run("verify", "--config", config) == 0
    assert capsys.readouterr().out.startswith("1 take, 8 seconds")


@pytest.mark.parametrize("place", ["nowhere", "empty"])
def test_verify_of_what_is_no_library_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    (tmp_path / "empty").mkdir()
    assert run("verify", tmp_path / place) == 2
    assert str(tmp_path / place) in capsys.readouterr().err


def test_export_prints_the_files_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take = FakeTake(tmp_path / "s", 3).write()
    assert run("export", take.folder, "--to", tmp_path / "out") == 0
    names = [f"take-0003-strip-0{n}-strip-{n}.wav" for n in (1, 2)]
    assert capsys.readouterr() == ("".join(f"{tmp_path / 'out' / name}\n" for name in names), "")
    words = (
        "export",
        3,
        "--library",
        tmp_path,
        "--session",
        "s",
        "--to",
        tmp_path / "two",
        "--format",
        "flac",
        "--json",
    )
    assert run(*words) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["frames"], told["bits"], told["rate_hz"], told["warnings"]) == (3500, 24, 1000, [])
    assert [Path(file).suffix for file in told["files"]] == [".flac", ".flac"]


def test_export_never_overwrites_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("export", FakeTake(tmp_path / "s").write().folder, "--to", tmp_path)
    assert run(*words) == 0
    assert run(*words) == 1
    assert "--force" in capsys.readouterr().err
    assert run(*words, "--force") == 0


def test_export_of_what_is_not_there_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", 9, "--library", tmp_path, "--to", tmp_path / "out") == 1
    assert "takes/0009: there is no take.json" in capsys.readouterr().err
