"""`studiod` on the command line: complete help, clear words for what is wrong."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

from studiod.app.banner import banner
from studiod.app.cli import main, parser
from studiod.app.run import run


def commands() -> list[argparse.ArgumentParser]:
    (choices,) = [action.choices for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001
    return list(choices.values())


def test_every_command_and_option_has_help() -> None:
    assert commands()
    for command in commands():
        assert command.description
        for action in command._actions:  # noqa: SLF001
            assert action.help, f"{command.prog} {action.dest}"


def test_check_tells_everything_wrong_with_lines_and_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "studio.yaml"
    path.write_text("audio:\n  rate_hz: 12\ntaep:\n  bits: 24\n")
    with pytest.raises(SystemExit) as ended:
        main(["check", str(path)])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert f"{path}:2:" in said
    assert f"{path}:3:" in said
    assert "Did you mean tape?" in said


def test_check_is_content_with_the_default_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", str(Path(__file__).parents[3] / "config" / "studiod.yaml")])
    assert ended.value.code == 0
    assert "good" in capsys.readouterr().out


@pytest.mark.parametrize("option", [{"--host": "alsa"}, {"--osc-port": 70000}])
def test_a_wrong_option_starts_nothing(option: dict[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(None, option) == 2
    assert next(iter(option)) in capsys.readouterr().err


def test_the_banner_says_what_is_open_where_it_listens_and_what_to_type() -> None:
    status = {
        "version": "1.0",
        "name": "studiod",
        "device": "virtual stage (stage)",
        "rate_hz": 48000,
        "block_frames": 256,
        "isa": "avx2",
        "strips": 8,
        "buses": 4,
        "inputs": 8,
        "outputs": 8,
        "osc": {"port": 9123, "bind": "0.0.0.0"},  # noqa: S104 - shown, not bound
        "zeroconf": {"name": "studiod-2", "fault": ""},
        "session": "/music/session",
        "faults": ["no inputs: plug it in"],
    }
    text = banner(status)
    for wanted in (
        "virtual stage (stage), 48000 Hz",
        "0.0.0.0:9123, UDP and TCP; zeroconf studiod-2._osc._udp",
        "/music/session/takes",
        "!        no inputs: plug it in",
        "studioctl --port 9123 arm 1-4",
        "Ctrl-C stops.",
    ):
        assert wanted in text


def test_a_reader_that_has_seen_enough_ends_the_listing_without_a_word() -> None:
    inner, outer = os.pipe()
    os.close(inner)
    try:
        command = [sys.executable, "-c", "from studiod.app.cli import main; main(['maps', 'list'])"]
        ended = subprocess.run(command, stdout=outer, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    finally:
        os.close(outer)
    assert (ended.returncode, ended.stderr) == (1, "")
