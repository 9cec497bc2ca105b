"""Help, completions and the reference page: all there is, and nothing that is not."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from studiod.app.control import docs
from studiod.app.control.commands import WORK
from studiod.app.control.faults import DONE
from studiod.app.control.grammar import COMMANDS, GLOBALS, Command
from studiod.app.studioctl import main

ROOT = Path(__file__).parents[3]
SHELLS = ("bash", "zsh", "fish")
each_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
# Each takes longer to load than a command may take.
_SLOW = ("asyncio", "numpy", "pydantic", "yaml", "zeroconf", "mido", "sounddevice")


def help_of(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main([*words, "--help"]) == DONE
    return " ".join(capsys.readouterr().out.split())


def test_help_lists_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    said = help_of(capsys)
    assert [command.name for command in COMMANDS if f"{command.name} {command.summary}" not in said] == []
    assert re.findall(r" (\d)  ?(?=done|studiod refused|the command|no studiod)", said) == ["0", "1", "2", "3"]


@each_command
def test_help_of_a_command_explains_every_word_of_it(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    said = help_of(capsys, command.name)
    for argument in (*command.arguments, *GLOBALS):
        assert argument.help
        assert argument.help in said
        assert (argument.name if argument.is_option else argument.metavar) in said
    assert command.about in said
    assert command.examples


@each_command
def test_examples_are_commands_that_are_understood(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    for words, _ in command.examples:
        typed = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", words.partition(" > ")[0])]
        assert typed[0] == command.name
        assert main(["--timeout", "0.01", "--port", "1", *typed]) in {0, 3}, capsys.readouterr().err


def test_every_command_does_something() -> None:
    assert set(WORK) == {command.name for command in COMMANDS}


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == DONE
    assert re.fullmatch(r"studioctl \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


def test_options_stand_before_or_behind_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--port", "1", "--timeout", "0.01", "status"], ["status", "--timeout", "0.01", "--port", "1"]):
        assert main(words) == 3
        assert "127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_knows_every_command_and_option(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == DONE
    script = capsys.readouterr().out
    assert [command.name for command in COMMANDS if not re.search(rf"\b{command.name}\b", script)] == []
    assert [option.name for option in GLOBALS if option.name.removeprefix("--") not in script] == []


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_is_a_script_of_its_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    assert main(["completion", shell]) == DONE
    option = "--no-execute" if shell == "fish" else "-n"
    run = subprocess.run([shell, option], input=capsys.readouterr().out, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("st", {"status", "stop"}),
        ("arm ", {"all", "main"}),
        ("arm 1 ", {"all", "main"}),
        ("mute 3 ", {"on", "off"}),
        ("--port 9001 comp", {"completion"}),
        ("completion ", {"bash", "zsh", "fish"}),
        ("meters --f", {"--for"}),
        ("status --", {"--host", "--port", "--json", "--timeout", "--help"}),
        ("--port ", set()),
    ],
)
def test_bash_offers_what_can_stand_there(typed: str, offered: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == DONE
    words = ["studioctl", *typed.split(" ")]
    asked = f"COMP_WORDS=({' '.join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}"
    script = f'{capsys.readouterr().out}\n{asked}\n_studioctl\nprintf "%s\\n" "${{COMPREPLY[@]}}"\n'
    run = subprocess.run(["bash", "-u"], input=script, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    assert set(run.stdout.split()) == offered


def test_the_reference_page_is_up_to_date() -> None:
    assert docs.main(["--check", "--docs", str(ROOT / "docs")]) == 0


def test_a_stale_reference_page_is_named_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert docs.main(["--check", "--docs", str(tmp_path)]) == 1
    assert "is not what the commands say" in capsys.readouterr().out
    assert docs.main(["--docs", str(tmp_path)]) == 0
    assert docs.main(["--check", "--docs", str(tmp_path)]) == 0


def test_a_command_waits_for_nothing_but_itself() -> None:
    script = f"import sys, studiod.app.studioctl; print([name for name in {_SLOW} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
