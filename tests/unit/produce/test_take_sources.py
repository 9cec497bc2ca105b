"""A track of a take as a source: its visible frames, whatever files and channels they lie in."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studiod.produce.sources import SourceFile, TakeTrackSource, UnplayableSoundError
from studiod.tape.library import load_document
from tests.fakes.takes import FakeTake, sound


def expected(take: FakeTake, track: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    raw = sound(track, take.pre_frames, take.frames - take.pre_frames, take.width)
    if take.bits == 32:
        return np.frombuffer(raw, "<f4").astype(np.float32)
    words = np.zeros((len(raw) // take.width, 4), np.uint8)
    words[:, 4 - take.width :] = np.frombuffer(raw, np.uint8).reshape(-1, take.width)
    return (words.view("<i4").reshape(-1) / 2.0**31).astype(np.float32)


@pytest.mark.parametrize("bits", [16, 24, 32])
@pytest.mark.parametrize(
    "form",
    [
        {},
        {"version": 1},
        {"pre_frames": 700},
        {"pre_frames": 700, "cuts": (300, 1500)},
        {"pre_frames": 700, "is_poly": True},
        {"pre_frames": 700, "cuts": (1500,), "is_poly": True},
    ],
)
def test_the_visible_frames_play_bit_for_bit(tmp_path: Path, bits: int, form: dict[str, Any]) -> None:
    take = FakeTake(tmp_path, bits=bits, **form).write()
    document = load_document(take.folder)
    for track in range(2):
        heard = np.full((1, document.frames + 100), np.nan, np.float32)
        with SourceFile(take.path(track), TakeTrackSource(take.folder, document, track)) as source:
            assert (source.rate_hz, source.channels, source.frames) == (1000, 1, document.frames)
            for first in range(0, heard.shape[1], 256):
                source.read([heard[0, first : first + 256]])
        assert np.array_equal(heard[0, : document.frames], expected(take, track))
        assert not heard[0, document.frames :].any()


def test_what_is_not_there_is_silence(tmp_path: Path) -> None:
    take = FakeTake(tmp_path, cuts=(1500,)).write()
    take.path(0, 1).unlink()
    heard = np.full((1, 3500), np.nan, np.float32)
    with SourceFile(take.path(0), TakeTrackSource(take.folder, load_document(take.folder), 0)) as source:
        assert source.frames == 1500
        source.read([heard[0]])
    assert np.array_equal(heard[0, :1500], expected(take, 0)[:1500])
    assert not heard[0, 1500:].any()


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    take = FakeTake(tmp_path).write()
    source = TakeTrackSource(take.folder, load_document(take.folder), 0)
    take.path(0).write_bytes(b"no sound")
    with pytest.raises(UnplayableSoundError, match="no RIFF or RF64"):
        SourceFile(take.path(0), source)
    take.path(0).unlink()
    with pytest.raises(UnplayableSoundError, match="No such file"):
        SourceFile(take.path(0), source)
