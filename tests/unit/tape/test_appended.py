"""A file that is appended to on a disk that takes only a part: nothing is missing, and nothing is there twice."""

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.tape.appended import AHEAD_BYTES, AppendedFile


@contextlib.contextmanager
def limited(size: int) -> Iterator[None]:
    """No file grows beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@given(pieces=st.lists(st.tuples(st.binary(min_size=1, max_size=50), st.integers(0, 40)), min_size=1, max_size=20))
def test_what_was_refused_is_written_once_there_is_room(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[bytes, int]]
) -> None:
    path = tmp_path_factory.mktemp("appended") / "file"
    file = AppendedFile(path)
    everything = b""
    for piece, room in pieces:
        file.append(piece)
        everything += piece
        with limited(len(file.found()) + room), contextlib.suppress(OSError):
            file.sync()
        there = file.found()
        assert everything.startswith(there)
        assert file.held_bytes == len(everything) - len(there)
    file.sync()
    assert (path.read_bytes(), file.held_bytes, file.end) == (everything, 0, len(everything))
    file.let_go()


def test_it_goes_on_behind_what_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"whole torn")
    file = AppendedFile(path)
    assert file.found() == b"whole torn"
    file.go_on(6)
    file.append(b"again")
    file.sync()
    assert path.read_bytes() == b"whole again"
    file.let_go()


def test_room_is_kept_ahead_and_given_back(tmp_path: Path) -> None:
    file = AppendedFile(tmp_path / "file")
    file.append(b"x")
    file.sync()
    kept = 512 * file.path.stat().st_blocks
    file.release()
    if kept < AHEAD_BYTES:
        pytest.skip("this file system promises no room")
    assert 512 * file.path.stat().st_blocks < AHEAD_BYTES
    file.let_go()


def test_what_is_no_file_is_refused_at_once_and_by_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    file = AppendedFile(tmp_path / "pipe")
    assert file.found() == b""
    file.append(b"x")
    with pytest.raises(OSError, match="pipe"):
        file.sync()
    file.sync()
    assert file.path.read_bytes() == b"x", "another file is in its place"
    file.let_go()
