"""A unix socket that carries one JSON object a line, both ways: QEMU's control, and the guest's hand."""

import json
import socket
from pathlib import Path
from typing import Any

_PIECE_BYTES = 65536


class JsonWire:
    """Connected from the start until `close`. Raises OSError where the other side is silent or gone."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._pending = b""

    def say(self, words: dict[str, object]) -> None:
        """Send one object."""
        self._socket.sendall(json.dumps(words).encode() + b"\n")

    def hear(self, within_s: float) -> dict[str, Any]:
        """The next object. Raises TimeoutError after `within_s` of silence, ConnectionError at the end."""
        self._socket.settimeout(within_s)
        while b"\n" not in self._pending:
            piece = self._socket.recv(_PIECE_BYTES)
            if not piece:
                raise ConnectionError("the other side closed")
            self._pending += piece
        line, self._pending = self._pending.split(b"\n", 1)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Let go; may be called twice."""
        self._socket.close()
