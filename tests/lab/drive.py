"""A drive with a cache, which QEMU reaches over NBD: what the guest did not flush is not safe when the power goes.

The image holds everything that was written. What was written since the last flush is remembered with what stood there
before, so that a power cut can take any of it back: drives write in any order, and stop in the middle.
"""

import os
import random
import socket
import struct
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SECTOR_BYTES: Final = 512
# https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md
_MAGIC, _OPTION_MAGIC, _REPLY_MAGIC = b"NBDMAGIC", b"IHAVEOPT", 0x0003_E889_0455_65A9
_REQUEST_MAGIC, _ANSWER_MAGIC = 0x2560_9513, 0x6744_6698
_FIXED_NEWSTYLE = 1
_HAS_FLAGS, _SEND_FLUSH = 1 << 0, 1 << 2  # no FUA: QEMU then flushes behind such a write
_EXPORT_NAME, _ABORT, _GO = 1, 2, 7
_ACK, _INFO, _UNSUPPORTED = 1, 3, (1 << 31) + 1
_INFO_EXPORT = 0
_READ, _WRITE, _DISCONNECT, _FLUSH = 0, 1, 2, 3
_EINVAL = 22
_KEPT, _LOST = 0.45, 0.9  # of what was not flushed; the rest is torn at a sector


@dataclass(frozen=True, slots=True)
class _Unflushed:
    offset: int
    before: bytes
    written: bytes


class Drive:
    """Serves `size_bytes` at the unix socket `path`, one connection at a time, from `start` to `stop`."""

    def __init__(self, image: Path, path: Path, size_bytes: int) -> None:
        self.path = path
        self._size = size_bytes
        self._image = os.open(image, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        os.ftruncate(self._image, size_bytes)
        self._unflushed: list[_Unflushed] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._idle = threading.Event()
        self._idle.set()
        self._thread = threading.Thread(target=self._serve, name=f"drive {path.name}")

    def start(self) -> None:
        """Wait for machines that are plugged to it."""
        self._listener.bind(str(self.path))
        self._listener.listen(1)
        self._thread.start()

    def stop(self) -> None:
        """End; the machine that had it is gone before. May be called twice."""
        if self._thread.is_alive():
            self._listener.shutdown(socket.SHUT_RDWR)
            self._thread.join()
        self._listener.close()
        if self._image >= 0:
            os.close(self._image)
            self._image = -1

    def cut(self, chance: random.Random) -> int:
        """The power is gone, and with it some of what was never flushed; how many writes that were.

        Called when the machine is ended. Raises AssertionError where it still holds the drive.
        """
        assert self._idle.wait(10.0), "a machine still holds the drive"
        unflushed, self._unflushed = self._unflushed, []
        for write in reversed(unflushed):
            os.pwrite(self._image, write.before, write.offset)
        for write in unflushed:
            fate = chance.random()
            torn = SECTOR_BYTES * chance.randrange(max(len(write.written) // SECTOR_BYTES, 1))
            kept = len(write.written) if fate < _KEPT else 0 if fate < _LOST else torn
            os.pwrite(self._image, write.written[:kept], write.offset)
        return len(unflushed)

    # -- NBD -------------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        while True:
            try:
                wire, _ = self._listener.accept()
            except OSError:
                return
            self._idle.clear()
            try:
                with wire:
                    if self._agree(wire):
                        self._obey(wire)
            except (ConnectionError, EOFError):  # the machine was ended
                pass
            finally:
                self._idle.set()

    def _agree(self, wire: socket.socket) -> bool:
        """Whether the machine has taken the drive. Raises EOFError where it goes."""
        flags = _HAS_FLAGS | _SEND_FLUSH
        wire.sendall(_MAGIC + _OPTION_MAGIC + struct.pack(">H", _FIXED_NEWSTYLE))
        _heard(wire, 4)
        while True:
            _, option, size = struct.unpack(">8sII", _heard(wire, 16))
            _heard(wire, size)
            if option == _EXPORT_NAME:
                wire.sendall(struct.pack(">QH", self._size, flags) + bytes(124))
                return True
            if option == _GO:
                about = struct.pack(">HQH", _INFO_EXPORT, self._size, flags)
                wire.sendall(_reply(option, _INFO, about) + _reply(option, _ACK))
                return True
            if option == _ABORT:
                wire.sendall(_reply(option, _ACK))
                return False
            wire.sendall(_reply(option, _UNSUPPORTED))

    def _obey(self, wire: socket.socket) -> None:
        while True:
            magic, _, kind, handle, offset, size = struct.unpack(">IHHQQI", _heard(wire, 28))
            assert magic == _REQUEST_MAGIC
            held, error = b"", 0
            if kind == _WRITE:
                self._write(offset, _heard(wire, size))
            elif kind == _READ:
                held = os.pread(self._image, size, offset)
            elif kind == _FLUSH:
                self._unflushed.clear()
            elif kind == _DISCONNECT:
                return
            else:
                error = _EINVAL
            wire.sendall(struct.pack(">IIQ", _ANSWER_MAGIC, error, handle) + held)

    def _write(self, offset: int, written: bytes) -> None:
        self._unflushed.append(_Unflushed(offset, os.pread(self._image, len(written), offset), written))
        os.pwrite(self._image, written, offset)


def _heard(wire: socket.socket, size: int) -> bytes:
    """The next `size` bytes. Raises EOFError where they do not come."""
    pieces = bytearray()
    while len(pieces) < size:
        piece = wire.recv(size - len(pieces))
        if not piece:
            raise EOFError
        pieces += piece
    return bytes(pieces)


def _reply(option: int, kind: int, about: bytes = b"") -> bytes:
    return struct.pack(">QIII", _REPLY_MAGIC, option, kind, len(about)) + about
