"""A box in software in a process of its own, steered by words."""

import contextlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.helpers import eventually

_ANSWER_S = 10.0
_SEEN_S = 20.0
_TRIES = 4


class BoxProcess:
    """A module of `tests.fakes` that takes a command a line, and answers each with a line of JSON."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def do(self, command: str) -> dict[str, Any]:
        """Carry out a command; what the box shows after it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], _ANSWER_S)
        assert ready, f"the box does not answer to {command!r}"
        shown: dict[str, Any] = json.loads(self._process.stdout.readline())
        return shown

    def shows(self, is_right: Callable[[dict[str, Any]], bool], within_s: float = _SEEN_S) -> dict[str, Any]:
        """Wait until the box shows that; what it shows then. Raises AssertionError with what it shows instead."""
        seen: dict[str, Any] = {}

        def look() -> bool:
            seen.update(self.do("look"))
            return is_right(seen)

        try:
            eventually(look, within_s)
        except AssertionError:
            raise AssertionError(f"the box shows {seen}") from None
        return seen

    def until(self, command: str, is_done: Callable[[], bool]) -> None:
        """Carry out a command, again when nothing comes of it: a JACK server with no time loses messages."""
        for _ in range(_TRIES - 1):
            self.do(command)
            with contextlib.suppress(AssertionError):
                eventually(is_done, _SEEN_S / _TRIES)
                return
        self.do(command)
        eventually(is_done, _SEEN_S)


@contextmanager
def box_process(environment: Mapping[str, str], module: str, *arguments: str) -> Iterator[BoxProcess]:
    """Start `module`; it is killed at the end, and its ports vanish as those of a box that is pulled out."""
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | environment,
    ) as process:
        try:
            yield BoxProcess(process)
        finally:
            process.kill()
