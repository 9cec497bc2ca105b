"""The software nanoKONTROL2 in a process of its own, behind real MIDI ports."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.helpers import eventually


class RemoteNano:
    """The software nanoKONTROL2 in a process of its own, steered by words."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def do(self, command: str) -> set[str]:
        """Carry out a command; names of the buttons that are lit after it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], 10.0)
        assert ready, f"the box does not answer to {command!r}"
        return set(json.loads(self._process.stdout.readline())["lit"])

    def shows(self, *lit: str) -> None:
        """Wait until exactly these are lit."""
        eventually(lambda: self.do("lamps") == set(lit), within_s=20)


@contextmanager
def remote_nano(environment: dict[str, str]) -> Iterator[RemoteNano]:
    """One that is not plugged in yet."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.nanokontrol2"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | environment,
    ) as process:
        try:
            yield RemoteNano(process)
        finally:
            process.kill()
