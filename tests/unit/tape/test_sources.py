"""What is heard of layered takes, and the files it lies in: opened once, read in long pieces, named in time."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studiod.link.playlist import Region
from studiod.tape.sources import MAX_OPEN, Sources, heard

RATE_HZ = 48000
LONGEST = 40
SUBTYPES = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}

layered = st.lists(
    st.builds(
        Region,
        strip=st.integers(0, 2),
        file=st.sampled_from([Path("a"), Path("b")]),
        offset=st.integers(0, 9),
        position=st.integers(0, LONGEST),
        frames=st.integers(0, LONGEST),
        channel=st.integers(0, 1),
    ),
    max_size=8,
)
Place = tuple[Path, int, int]


def painted(regions: tuple[Region, ...]) -> dict[tuple[int, int], Place]:
    """(strip, position) -> file, channel and frame that is heard there, the newer over the older."""
    return {
        (region.strip, region.position + at): (region.file, region.channel, region.offset + at)
        for region in regions
        for at in range(region.frames)
    }


@given(layered)
def test_what_is_heard_is_what_lies_on_top(regions: list[Region]) -> None:
    assert painted(heard(regions)) == painted(tuple(regions))


@given(layered)
def test_nothing_that_is_covered_is_read(regions: list[Region]) -> None:
    found = heard(regions)
    assert sum(region.frames for region in found) == len(painted(found))
    assert all(region.frames for region in found)


def sound_file(path: Path, channels: int = 1, bits: int = 24, frames: int = 5000, rate_hz: int = RATE_HZ) -> Path:
    sound = np.random.default_rng(channels).uniform(-0.9, 0.9, (frames, channels))
    soundfile.write(path, sound, rate_hz, subtype=SUBTYPES[bits])
    return path


def samples(sources: Sources, region: Region, at: int, frames: int) -> tuple[int, NDArray[np.float64]]:
    """Where what was read begins, and the samples, full scale 1.0."""
    found = sources.read(region, at, frames)
    assert found is not None
    start, (packed, count, bits) = found
    raw = np.frombuffer(bytes(packed), np.uint8).reshape(count, bits // 8)
    if bits == 32:
        return start, raw.view("<f4")[:, 0].astype(np.float64)
    words = np.zeros((count, 4), np.uint8)
    words[:, 4 - bits // 8 :] = raw
    return start, words.view("<i4")[:, 0] / 2.0**31


@pytest.mark.parametrize("bits", [16, 24, 32])
@pytest.mark.parametrize("channels", [1, 2, 7, 64])
def test_every_channel_is_read_as_it_lies_there(tmp_path: Path, bits: int, channels: int) -> None:
    path = sound_file(tmp_path / "a.wav", channels, bits)
    whole, _ = soundfile.read(path, always_2d=True)
    sources = Sources(RATE_HZ)
    for channel in range(channels):
        region = Region(channel, path, 100, 1000, 3000, channel)
        start, found = samples(sources, region, 500, 2000)
        assert start == 1000
        assert (found == whole[100:1600, channel]).all()
        start, found = samples(sources, region, 2500, 2000)
        assert start == 2500
        assert (found == whole[1600:3100, channel]).all()
    sources.close()


def test_strips_that_hear_different_stretches_of_a_polyphonic_file_read_it_once(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "a.wav", 2)
    whole, _ = soundfile.read(path, always_2d=True)
    sources = Sources(RATE_HZ)
    full, late = Region(0, path, 0, 0, 5000, 0), Region(1, path, 900, 900, 200, 1)
    assert (samples(sources, full, 0, 2000)[1] == whole[:2000, 0]).all()
    path.write_bytes(b"")  # what comes now can only come from what was read then
    start, found = samples(sources, late, 0, 2000)
    assert start == 900
    assert (found == whole[900:1100, 1]).all()
    sources.close()


def test_a_polyphonic_file_that_was_cut_ends_where_it_ends(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "a.wav", 3, 16, frames=1000)
    sources = Sources(RATE_HZ)
    region = Region(0, path, 0, 0, 4000, 2)
    assert len(samples(sources, region, 500, 1000)[1]) == 500
    assert sources.read(region, 2000, 1000) is None
    assert sources.faults == {}
    sources.close()


def test_a_file_stays_open_through_all_playlists_that_want_it(tmp_path: Path) -> None:
    one, two = sound_file(tmp_path / "1.wav"), sound_file(tmp_path / "2.wav")
    sources = Sources(RATE_HZ)
    for _ in range(10):
        sources.renew({one, two})
        for path in (one, two):
            assert sources.read(Region(0, path, 0, 0, 5000), 0, 100) is not None
    assert sources.opened == 2
    sources.renew({two})
    assert sources.read(Region(0, two, 0, 0, 5000), 0, 100) is not None
    assert sources.opened == 2
    sources.close()


def test_another_file_under_the_same_name_is_heard_after_the_next_playlist(tmp_path: Path) -> None:
    path, region = sound_file(tmp_path / "a.wav"), Region(0, tmp_path / "a.wav", 0, 0, 5000)
    sources = Sources(RATE_HZ)
    samples(sources, region, 0, 100)
    sound_file(tmp_path / "b.wav", frames=7000, bits=16).rename(path)
    sources.renew({path})
    whole, _ = soundfile.read(path)
    assert (samples(sources, region, 0, 100)[1] == whole[:100]).all()
    sources.close()


def test_a_file_that_comes_later_plays_from_the_next_playlist_on(tmp_path: Path) -> None:
    path, region = tmp_path / "a.wav", Region(0, tmp_path / "a.wav", 0, 0, 5000)
    sources = Sources(RATE_HZ)
    assert sources.read(region, 0, 100) is None
    assert "No such file" in sources.faults[str(path)]
    sound_file(path)
    sources.renew({path})
    assert sources.read(region, 0, 100) is not None
    assert sources.faults == {}
    sources.close()


def test_no_more_files_are_open_than_there_may_be(tmp_path: Path) -> None:
    sources = Sources(RATE_HZ)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(MAX_OPEN + 20):
        path = sound_file(tmp_path / f"{number}.wav", frames=10)
        assert sources.read(Region(0, path, 0, 0, 10), 0, 10) is not None
    assert len(list(Path("/proc/self/fd").iterdir())) - before == MAX_OPEN
    sources.close()
    sources.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("name", ["other-rate", "no-channel", "pipe", "folder"])
def test_what_cannot_play_is_named_and_silent(tmp_path: Path, name: str) -> None:
    path, channel = tmp_path / name, 0
    if name == "other-rate":
        path = sound_file(tmp_path / "other-rate.wav", rate_hz=44100)
    elif name == "no-channel":
        path, channel = sound_file(tmp_path / "no-channel.wav", 2), 2
    elif name == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    sources = Sources(RATE_HZ)
    assert sources.read(Region(0, path, 0, 0, 100, channel), 0, 100) is None
    assert "silent" in sources.faults[str(path)]
    assert str(path) in sources.faults[str(path)]
    sources.close()
