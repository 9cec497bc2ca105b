"""Runs a MicroPython program: `run.py FILE`. There, standard input holds no bytes back that poll does not see."""

import io
import runpy
import sys


class Wire(io.FileIO):
    """Standard input of a board: bytes as they are, and itself as its buffer."""

    @property
    def buffer(self) -> "Wire":
        """The bytes."""
        return self


sys.stdin = Wire(0)
runpy.run_path(sys.argv[1], run_name="__main__")
