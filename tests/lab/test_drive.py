"""The drive of the lab: what was flushed is safe, what was not is kept, lost or torn."""

import random
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.drive import SECTOR_BYTES, Drive

SIZE = 64 * SECTOR_BYTES
READ, WRITE, DISCONNECT, FLUSH = 0, 1, 2, 3


class Guest:
    """The other side of NBD, as much as a test needs."""

    def __init__(self, path: Path) -> None:
        self._wire = socket.socket(socket.AF_UNIX)
        self._wire.connect(str(path))
        self._heard(18)
        self._wire.sendall(struct.pack(">I8sII", 1, b"IHAVEOPT", 1, 0))
        self.size, _flags = struct.unpack(">QH124x", self._heard(134))

    def ask(self, kind: int, offset: int = 0, size: int = 0, written: bytes = b"") -> bytes:
        self._wire.sendall(struct.pack(">IHHQQI", 0x25609513, 0, kind, 7, offset, size or len(written)) + written)
        magic, error, handle = struct.unpack(">IIQ", self._heard(16))
        assert (magic, error, handle) == (0x67446698, 0, 7)
        return self._heard(size) if kind == READ else b""

    def end(self) -> None:
        self._wire.close()

    def _heard(self, size: int) -> bytes:
        held = bytearray()
        while len(held) < size:
            piece = self._wire.recv(size - len(held))
            assert piece, "the drive hung up"
            held += piece
        return bytes(held)


@pytest.fixture
def drive(tmp_path: Path, short_folder: Path) -> Iterator[Drive]:
    drive = Drive(tmp_path / "image", short_folder / "drive", SIZE)
    drive.start()
    yield drive
    drive.stop()


def test_what_is_written_is_read_again_by_this_machine_and_the_next(drive: Drive) -> None:
    guest = Guest(drive.path)
    assert guest.size == SIZE
    guest.ask(WRITE, 4096, written=b"abc" * 512)
    assert guest.ask(READ, 4096, 1536) == b"abc" * 512
    guest.end()
    guest = Guest(drive.path)
    assert guest.ask(READ, 4096, 3) == b"abc"
    guest.end()


def test_a_cut_takes_nothing_that_was_flushed_and_some_of_what_was_not(drive: Drive) -> None:
    chance, fates = random.Random(1), set()  # noqa: S311 - a seed, so that a failure repeats
    for _ in range(100):
        guest = Guest(drive.path)
        guest.ask(WRITE, 0, written=b"a" * 8 * SECTOR_BYTES)
        guest.ask(FLUSH)
        guest.ask(WRITE, 0, written=b"b" * 4 * SECTOR_BYTES)
        guest.ask(WRITE, 4 * SECTOR_BYTES, written=b"c" * 2 * SECTOR_BYTES)
        guest.end()
        assert drive.cut(chance) == 2
        guest = Guest(drive.path)
        left = guest.ask(READ, 0, 8 * SECTOR_BYTES)[::SECTOR_BYTES].decode()
        guest.end()
        assert left.endswith("aa"), "nobody wrote there again"
        assert left[:4] in {"aaaa", "baaa", "bbaa", "bbba", "bbbb"}
        assert left[4:6] in {"aa", "ca", "cc"}
        fates.add((left[:4], left[4:6]))
    assert {("aaaa", "aa"), ("bbbb", "cc"), ("bbbb", "aa"), ("aaaa", "cc")} <= fates
    assert any("a" in first and "b" in first for first, _ in fates), "one is torn"


def test_what_was_flushed_behind_two_writes_to_one_place_is_the_later(drive: Drive) -> None:
    guest = Guest(drive.path)
    guest.ask(WRITE, 0, written=b"a" * SECTOR_BYTES)
    guest.ask(WRITE, 0, written=b"b" * SECTOR_BYTES)
    guest.ask(FLUSH)
    guest.end()
    assert drive.cut(random.Random(2)) == 0  # noqa: S311
    guest = Guest(drive.path)
    assert guest.ask(READ, 0, 1) == b"b"
    guest.end()
