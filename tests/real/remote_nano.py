"""The software nanoKONTROL2 in a process of its own, behind real MIDI ports."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.fakes.box_process import BoxProcess, box_process


class RemoteNano:
    """The software nanoKONTROL2 in a process of its own, steered by words."""

    def __init__(self, process: BoxProcess) -> None:
        self._process = process

    def do(self, command: str) -> set[str]:
        """Carry out a command; names of the buttons that are lit after it."""
        return set(self._process.do(command)["lit"])

    def shows(self, *lit: str) -> None:
        """Wait until exactly these are lit."""
        self._process.shows(lambda seen: set(seen["lit"]) == set(lit))


@contextmanager
def remote_nano(environment: Mapping[str, str]) -> Iterator[RemoteNano]:
    """One that is not plugged in yet."""
    with box_process(environment, "tests.fakes.nanokontrol2") as process:
        yield RemoteNano(process)
