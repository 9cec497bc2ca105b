"""The guards of tests/conftest.py bite: a guard that never fails guards nothing."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from blockbuster import BlockingError

from tests.architecture.tree import ROOT

LEAVES_A_THREAD = """
import threading

def test_that_leaves_a_thread_behind():
    threading.Thread(target=threading.Event().wait, name="forgotten", daemon=True).start()

def test_that_does_not():
    pass
"""


def as_if_in_studiod(source: str) -> Callable[[], None]:
    """Return the function `work` of `source`, compiled as a file of studiod."""
    names: dict[str, Callable[[], None]] = {}
    exec(compile(source, str(ROOT / "studiod" / "desk" / "example.py"), "exec"), names)  # noqa: S102 - the guard reads file names
    return names["work"]


@pytest.mark.parametrize("call", ["time.sleep(0.001)", "os.listdir('/')"])
def test_studiod_cannot_block_a_running_loop(call: str) -> None:
    work = as_if_in_studiod(f"import os, time\ndef work(): {call}")

    async def turn() -> None:
        work()

    with pytest.raises(BlockingError):
        asyncio.run(turn())


def test_outside_a_loop_it_may_wait() -> None:
    as_if_in_studiod("import time\ndef work(): time.sleep(0)")()


def test_a_thread_that_outlives_its_test_is_named(tmp_path: Path) -> None:
    leaky = tmp_path / "test_leaky.py"
    leaky.write_text(LEAVES_A_THREAD, encoding="utf-8")
    options = ["-q", "-p", "tests.conftest", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]
    command = [sys.executable, "-m", "pytest", *options, str(leaky)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "threads outlive the test: forgotten" in run.stdout
    assert "2 passed, 1 error" in run.stdout
