"""`studiod sim` on a terminal of its own: typed at, and read as a person would."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

_ROWS, _COLUMNS = 40, 120
_PIECE = 1 << 16
_FRAME: Final = "\x1b[H"
_CODES: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class SimTerminal:
    """Started by `with`; `q` is typed at its end."""

    def __init__(self, *arguments: str, environment: Mapping[str, str]) -> None:
        self._arguments = arguments
        self._environment = environment
        self._drawn = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._terminal = -1
        self._reader = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._terminal, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "studiod", "sim", *self._arguments],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=os.environ | self._environment,
        )
        os.close(inner)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        try:
            self.type("q")
            self._process.wait(10)
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join()
            os.close(self._terminal)

    def type(self, keys: str) -> None:
        """Type these."""
        os.write(self._terminal, keys.encode())

    @property
    def raw(self) -> str:
        """The last picture that was drawn whole, with its colours."""
        frames = self._drawn.split(_FRAME)
        return frames[-2] if len(frames) > 2 else frames[-1]

    @property
    def screen(self) -> list[str]:
        """Its lines, without colours."""
        return [line.rstrip() for line in _CODES.sub("", self.raw).replace("\r", "").split("\n")]

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._terminal, _PIECE)
            except OSError:  # the other end is closed
                return
            if not piece:
                return
            self._drawn = (self._drawn + piece.decode(errors="replace"))[-4 * _PIECE :]
