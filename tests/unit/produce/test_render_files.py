"""Files in and out of a render: every sample of theirs as it was, and none of them ever half there."""

import os
import stat
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from studiod.produce.draft import WavDraft
from studiod.produce.sources import SourceFile, UnplayableSoundError
from tests.fakes.desk_rig import Samples
from tests.fakes.rendering import RATE_HZ, heard, noise, written

MOST_24 = 2**23 - 1


def draft_of(path: Path, samples: Samples, bits: int, seed: int = 0) -> WavDraft:
    """A published file of `samples`, (channels, frames), written in uneven pieces."""
    draft = WavDraft(path, len(samples), RATE_HZ, bits, seed)
    for piece in np.array_split(samples, [1, 8, 1000, 5000], axis=1):
        draft.write(piece)
    draft.finish()
    draft.publish(may_replace=True)
    draft.discard()
    return draft


def played(path: Path, frames: int) -> Samples:
    """All of a file through a source, in uneven pieces."""
    with SourceFile(path) as source:
        rows = np.full((source.channels, frames), np.nan, np.float32)
        for first, end in ((0, 1), (1, 700), (700, frames)):
            source.read([row[first:end] for row in rows])
    return rows


def steps(count: int, bits: int) -> NDArray[np.int32]:
    """Random whole samples, the extremes among them."""
    top = 2 ** (bits - 1)
    extremes = [-top, top - 1, 0, 1, -1, -top + 1, top - 2, 255, 256, -256]
    return np.concatenate([extremes, np.random.default_rng(3).integers(-top, top, count)]).astype(np.int32)


# -- what goes in comes out --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_24_bits_come_through_as_they_are(tmp_path: Path, channels: int) -> None:
    whole = np.stack([np.roll(steps(9_991, 24), n) for n in range(channels)])
    samples = (whole / 2.0**23).astype(np.float32)
    first = written(tmp_path / "first.wav", samples, "PCM_24")
    again = played(first, whole.shape[1])
    assert np.array_equal(again, samples)
    draft_of(tmp_path / "second.wav", again, 24)
    found, _ = soundfile.read(tmp_path / "second.wav", dtype="int32", always_2d=True)
    assert np.array_equal(found.T >> 8, whole)


def test_32_bits_come_through_as_they_are_beyond_full_scale_too(tmp_path: Path) -> None:
    samples = noise(10_000, 2, 4.0)
    draft = draft_of(tmp_path / "float.wav", samples, 32)
    assert np.array_equal(heard(tmp_path / "float.wav"), samples)
    assert np.array_equal(played(tmp_path / "float.wav", 10_000), samples)
    assert draft.clipped == 0


def test_16_bits_are_read_as_they_are(tmp_path: Path) -> None:
    whole = steps(10_000, 16)
    file = written(tmp_path / "16.wav", (whole / 2.0**15).astype(np.float32), "PCM_16")
    assert np.array_equal(played(file, len(whole)) * 2.0**15, whole[np.newaxis])


@pytest.mark.parametrize(
    ("name", "channels", "subtype"),
    [
        ("mono.flac", 1, "PCM_24"),
        ("pair.flac", 2, "PCM_16"),
        ("pair.aiff", 2, "PCM_24"),
        ("eight.wav", 1, "PCM_U8"),
        ("double.wav", 1, "DOUBLE"),
        ("whole.wav", 1, "PCM_32"),
        ("song.ogg", 2, "VORBIS"),
        ("surround.wav", 6, "PCM_24"),
    ],
)
def test_any_format_is_played_as_it_decodes_and_silent_after_its_end(
    tmp_path: Path, name: str, channels: int, subtype: str
) -> None:
    file = written(tmp_path / name, noise(3000, channels), subtype)
    sound = played(file, 4000)
    assert np.array_equal(sound[:, :3000], heard(file)[:, :3000])
    assert not sound[:, 3000:].any()


def test_a_file_that_is_cut_while_it_plays_is_named(tmp_path: Path) -> None:
    file = written(tmp_path / "cut.wav", noise(50_000, 1), "PCM_24")
    with SourceFile(file) as source:
        row = np.zeros(20_000, np.float32)
        source.read([row])
        os.truncate(file, 70_000)
        with pytest.raises(UnplayableSoundError, match=r"cut\.wav: cannot be read on after 0\.4 s"):
            source.read([row])


# -- rounding and dither -----------------------------------------------------------------------------------------------


def test_24_bits_take_the_nearest_step_and_stop_at_full_scale(tmp_path: Path) -> None:
    levels = np.array([[1.4, 1.6, -1.4, -1.6, MOST_24, MOST_24 + 1.0, 3e7, -(2.0**23), -(2.0**23) - 1.0, 0.0]])
    draft = draft_of(tmp_path / "steps.wav", (levels / 2.0**23).astype(np.float32), 24)
    found = heard(tmp_path / "steps.wav") * 2.0**23
    assert found.tolist() == [[1, 2, -1, -2, MOST_24, MOST_24, MOST_24, -(2.0**23), -(2.0**23), 0]]
    assert draft.clipped == 3


@pytest.mark.parametrize("level", [0.0, 0.25, 0.5, -3.3, 1000.75])
def test_16_bits_have_triangular_dither(tmp_path: Path, level: float) -> None:
    """Error of mean 0 and variance 1/4 at any level (Lipshitz, Wannamaker and Vanderkooy, JAES 40, 1992)."""
    count = 200_000
    rows = np.full((2, count), level / 2.0**15, np.float32)
    draft_of(tmp_path / "16.wav", rows, 16)
    error: NDArray[np.float64] = heard(tmp_path / "16.wav").astype(np.float64) * 2.0**15 - level
    assert np.abs(error).max() < 1.5  # two steps wide, and rounded
    assert np.abs(error.mean(axis=1)).max() < 5 * 0.5 / np.sqrt(count)
    assert np.var(error, axis=1) == pytest.approx([0.25, 0.25], rel=0.02)
    assert abs(np.corrcoef(error[0], error[1])[0, 1]) < 5 / np.sqrt(count)  # each channel its own
    assert abs(np.corrcoef(error[0, 1:], error[0, :-1])[0, 1]) < 5 / np.sqrt(count)  # white


def test_dither_is_as_likely_as_a_triangle_is_high(tmp_path: Path) -> None:
    draft_of(tmp_path / "16.wav", np.zeros((1, 200_000), np.float32), 16)
    found = heard(tmp_path / "16.wav")[0] * 2.0**15
    # a triangle from -1 to 1 has an eighth of its area beyond each half
    assert [np.mean(found == step) for step in (-1, 0, 1)] == pytest.approx([0.125, 0.75, 0.125], abs=0.005)


def test_dither_is_another_for_every_file_and_the_same_again(tmp_path: Path) -> None:
    silence = np.zeros((1, 10_000), np.float32)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        draft_of(tmp_path / name, silence, 16, seed)
    first, again, other = ((tmp_path / name).read_bytes() for name in ("a", "b", "c"))
    assert first == again != other


@pytest.mark.parametrize(("channels", "frames", "bits"), [(1, 1, 24), (1, 3, 24), (2, 1, 16), (3, 5, 24), (1, 0, 32)])
def test_chunks_have_an_even_length_and_all_programs_agree_on_theirs(
    tmp_path: Path, channels: int, frames: int, bits: int
) -> None:
    path = tmp_path / "short.wav"
    draft_of(path, np.zeros((channels, frames), np.float32), bits)
    assert path.stat().st_size % 2 == 0
    assert int.from_bytes(path.read_bytes()[4:8], "little") == path.stat().st_size - 8
    found = soundfile.info(path)
    assert (found.channels, found.frames, found.samplerate) == (channels, frames, RATE_HZ)


# -- whole or not there ------------------------------------------------------------------------------------------------


@pytest.fixture
def umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


@pytest.mark.parametrize("is_nameless", [True, False])
def test_a_draft_has_its_name_when_it_is_whole(tmp_path: Path, umask: int, *, is_nameless: bool) -> None:
    path = tmp_path / "mix.wav"
    path.write_text("what was there")
    draft = WavDraft(path, 1, RATE_HZ, 24, is_nameless=is_nameless)
    draft.write(noise(100, 1))
    draft.finish()
    assert path.read_text() == "what was there"
    assert len(list(tmp_path.iterdir())) == (1 if is_nameless else 2)
    draft.publish(may_replace=True)
    draft.discard()
    assert list(tmp_path.iterdir()) == [path]
    assert heard(path).shape == (1, 100)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


@pytest.mark.parametrize("is_nameless", [True, False])
def test_a_draft_that_is_discarded_leaves_nothing(tmp_path: Path, *, is_nameless: bool) -> None:
    draft = WavDraft(tmp_path / "mix.wav", 1, RATE_HZ, 24, is_nameless=is_nameless)
    draft.write(noise(100, 1))
    draft.discard()
    draft.discard()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("is_nameless", [True, False])
def test_what_came_there_meanwhile_stays(tmp_path: Path, *, is_nameless: bool) -> None:
    path = tmp_path / "mix.wav"
    draft = WavDraft(path, 1, RATE_HZ, 24, is_nameless=is_nameless)
    draft.finish()
    path.write_text("came meanwhile")
    with pytest.raises(FileExistsError):
        draft.publish(may_replace=False)
    draft.discard()
    assert [entry.read_text() for entry in tmp_path.iterdir()] == ["came meanwhile"]
