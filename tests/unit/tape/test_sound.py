"""Tracks of a take made whole again from parts and channels, and what is told of the holes."""

import os
from pathlib import Path

import pytest

from studiod.tape.library import load_document
from studiod.tape.sound import TakeSound, channel_of
from studiod.tape.wavfile import DATA_AT
from tests.fakes.takes import FakeTake, sound


@pytest.mark.parametrize("is_poly", [False, True])
def test_a_stretch_over_several_parts_is_read_in_one(tmp_path: Path, *, is_poly: bool) -> None:
    take = FakeTake(tmp_path, cuts=(500, 1200), is_poly=is_poly, pre_frames=800).write()
    with TakeSound(take.folder, load_document(take.folder)) as held:
        for track in range(2):
            assert held.frames_in(track) == 3500
            assert held.read(track, 300, 2000) == sound(track, 300, 2000)
            assert held.read(track, 3400, 500) == sound(track, 3400, 100)


def test_a_track_ends_where_it_has_a_hole(tmp_path: Path) -> None:
    take = FakeTake(tmp_path, cuts=(500, 1200)).write()
    os.truncate(take.path(0, 1), DATA_AT + 3 * 400)
    with TakeSound(take.folder, load_document(take.folder)) as held:
        assert (held.frames_in(0), held.frames_in(1)) == (900, 3500)
        assert held.read(0, 0, 3500) == sound(0, 0, 900)
        assert held.read(0, 1200, 100) == sound(0, 1200, 100)
        assert held.crc(0, 0, 1000) is None


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    take = FakeTake(tmp_path).write()
    take.path(0).unlink()
    os.mkfifo(take.path(0))
    take.path(1).unlink()
    with TakeSound(take.folder, load_document(take.folder)) as held:
        assert held.faults == {"strip-01.wav": "is no file", "strip-02.wav": "No such file or directory"}
        assert held.read(0, 0, 10) == b""


def test_a_channel_is_every_nth_sample() -> None:
    assert channel_of(b"aaBBccDDeeFFg", 1, 3, 2) == b"BBee"[:2] + b"ee"
    assert channel_of(b"aaBBccDDeeFFg", 0, 1, 2) == b"aaBBccDDeeFF"
