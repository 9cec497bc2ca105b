"""A child whose supervisor is gone."""

import subprocess
import sys

NOBODYS_FD = "0"


def test_a_child_whose_supervisor_was_killed_before_it_came_to_life_ends_without_a_word() -> None:
    other = "1"  # who takes in orphans is not who started us
    command = [sys.executable, "-m", "studiod.app.child", "engine", other, NOBODYS_FD, NOBODYS_FD, NOBODYS_FD]
    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
