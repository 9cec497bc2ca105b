"""The lock of a session names its owner as a person needs it, and no owner can write into the sentence."""

import os
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from studiod.tape.lock import InUse, Owner, hold


def test_who_holds_it_is_named_with_user_machine_and_command(tmp_path: Path) -> None:
    held = hold(tmp_path / ".lock", os.getpid())
    with pytest.raises(InUse) as refused:
        hold(tmp_path / ".lock", os.getppid())
    said = str(refused.value.strerror)
    assert said.startswith(f"process {os.getpid()} of ")
    assert f" on {socket.gethostname()}: " in said
    assert Path(sys.executable).name in said
    os.close(held)
    os.close(hold(tmp_path / ".lock", os.getpid()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "process unknown"),
        ("4711\n", "process 4711"),
        ("4711\nanna\nstage\nstudiod run --library /x\n", "process 4711 of anna on stage: studiod run --library /x"),
        ("4711\nan\x1b[31mna\nst\u202eage\nsay\x07\nmore\n", "process 4711 of an[31mna on stage: say"),
    ],
)
def test_what_a_lock_file_says_is_shown_as_plain_text(tmp_path: Path, text: str, shown: str) -> None:
    path = tmp_path / ".lock"
    path.write_text(text, encoding="utf-8")
    assert str(Owner.read(path)) == shown


def test_a_lock_file_of_bytes_that_are_no_text_is_read(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_bytes(b"\xff\x00" * 5000)
    assert not Owner.read(tmp_path / ".lock").is_here


def test_only_a_process_of_this_machine_is_here(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    for text, is_here in (
        (f"{os.getpid()}\n", True),
        (f"{os.getpid()}\nanna\n{socket.gethostname()}\n", True),
        (f"{os.getpid()}\nanna\nanother\n", False),
        (Owner.of_process(os.getpid()).text(), True),
        (replace(Owner.of_process(os.getpid()), began="another-boot 17").text(), False),
        ("99999999\n", False),
        ("self\n", False),
        ("", False),
    ):
        path.write_text(text)
        assert Owner.read(path).is_here is is_here


@pytest.mark.parametrize("gone", [{"began": "another-boot 17"}, {"process": "99999999"}])
def test_who_was_given_the_number_of_one_that_has_ended_is_not_blamed(tmp_path: Path, gone: dict[str, str]) -> None:
    path = tmp_path / ".lock"
    held = hold(path, os.getpid())
    path.write_text(replace(Owner.of_process(os.getpid()), **gone).text(), encoding="utf-8")
    with pytest.raises(InUse, match=r"it is not known by whom: process .* does not run here any more"):
        hold(path, os.getppid())
    os.close(held)


def test_a_pipe_in_place_of_the_lock_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".lock")
    assert str(Owner.read(tmp_path / ".lock")) == "process unknown"
    with pytest.raises(OSError, match=r"Illegal seek|Invalid argument"):
        hold(tmp_path / ".lock", os.getpid())
