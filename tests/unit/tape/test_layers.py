"""What several layers of a strip sound like together: covered, or summed, to the bit, wherever pieces are cut."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.link import Operation
from studiod.link.playlist import Playlist, Region
from studiod.tape import Player
from studiod.tape.sources import heard
from tests.fakes.desk_rig import Rig, Samples

RATE_HZ = 48000
FADED = 500  # strips fade in when the transport starts
HEARD = 24_000
FRAMES = 30_000
STRIPS = 2
FILES = {"mono.wav": (1, "PCM_24"), "three.wav": (3, "PCM_16"), "float.wav": (2, "FLOAT"), "woven.wav": (2, "PCM_24")}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Sound files of every width, some with several channels, as loud as may be: sums go beyond full scale."""
    folder = tmp_path_factory.mktemp("layers")
    for seed, (name, (channels, subtype)) in enumerate(FILES.items()):
        sound = np.random.default_rng(seed).uniform(-0.99, 0.99, (FRAMES, channels))
        soundfile.write(folder / name, sound, RATE_HZ, subtype=subtype)
    return {name: folder / name for name in FILES}


@st.composite
def layer(draw: st.DrawFn) -> Region:
    name = draw(st.sampled_from(sorted(FILES)))
    frames = draw(st.integers(1, HEARD))
    return Region(
        draw(st.integers(0, STRIPS - 1)),
        Path(name),
        draw(st.integers(0, FRAMES - frames)),
        draw(st.integers(FADED, FADED + HEARD - 1)),
        frames,
        draw(st.integers(0, FILES[name][0] - 1)),
        draw(st.booleans()),
    )


def painted(regions: list[Region]) -> Samples:
    """Each strip's layers one after the other, the lowest first: added in float32, or in place of what was there."""
    laid = np.zeros((STRIPS, FADED + 2 * HEARD), np.float32)
    for region in regions:
        sound = soundfile.read(region.file, dtype="float32", always_2d=True)[0][:, region.channel]
        there = laid[region.strip, region.position : region.position + region.frames]
        sound = sound[region.offset : region.offset + region.frames]
        there[:] = there + sound if region.mixes else sound
    return laid[:, FADED : FADED + HEARD]


def played(regions: list[Region], block_frames: int) -> Samples:
    """What the strips' buses play of `regions`, from the first frame that is not faded in."""
    with Rig.make(STRIPS, STRIPS, inputs=STRIPS) as rig:
        for strip in range(1, STRIPS + 1):
            rig.set(f"/strip/{strip}/monitor", 2.0)
            rig.set(f"/strip/{strip}/send/{strip}/level", 0.0)
        player = Player(rig.block, RATE_HZ)
        rig.block.store_playlist(7, Playlist(7, 0, tuple(regions)).to_json())
        rig.render(np.zeros((STRIPS, 64), np.float32))
        for _ in range(2):  # the rings are begun anew once the engine has left them
            while player.turn():
                pass
            rig.render(np.zeros((STRIPS, 64), np.float32))
        rig.ask(Operation.LOCATE, slot=7, value=0.0)
        rig.ask(Operation.PLAY)
        heard_of: list[Samples] = []
        for at in range(0, FADED + HEARD, block_frames):
            frames = min(block_frames, FADED + HEARD - at)
            heard_of.append(rig.render(np.zeros((STRIPS, frames), np.float32))[2 : 2 + STRIPS])
            while player.turn():
                pass
        player.close()
        assert player.faults == {}
        return np.concatenate(heard_of, axis=1)[:, FADED:]


@settings(max_examples=40)
@given(st.lists(layer(), max_size=7), st.sampled_from([480, 1000]))
def test_layers_cover_or_are_summed_to_the_bit(files: dict[str, Path], layers: list[Region], block_frames: int) -> None:
    regions = [replace(region, file=files[str(region.file)]) for region in layers]
    assert (played(regions, block_frames) == painted(regions)).all()


def test_a_sum_beyond_full_scale_is_not_clipped(files: dict[str, Path]) -> None:
    region = Region(0, files["mono.wav"], 0, FADED, HEARD)
    again = replace(region, mixes=True)
    sound = played([region, again, again], 1000)[0]
    assert np.abs(sound).max() > 2.9
    assert (sound == painted([region, again, again])[0]).all()


def test_what_a_later_take_covers_is_not_read_mixed_or_not() -> None:
    below, mixed = Region(0, Path("a"), 0, 0, 100), Region(0, Path("b"), 0, 0, 100, mixes=True)
    over = Region(0, Path("c"), 0, 20, 60)
    assert heard([below, mixed, over]) == (
        Region(0, Path("a"), 0, 0, 20),
        Region(0, Path("a"), 80, 80, 20),
        over,
        Region(0, Path("b"), 0, 0, 20, mixes=True),
        Region(0, Path("b"), 80, 80, 20, mixes=True),
    )


def test_layers_are_added_from_the_lowest_up_whatever_their_files_are_called() -> None:
    layers = [Region(0, Path(name), 0, 0, 10, mixes=True) for name in ("z", "a", "m")]
    assert [region.file.name for region in heard(layers)] == ["z", "a", "m"]


def test_a_playlist_says_of_each_region_whether_it_mixes_and_one_of_an_older_studiod_covers() -> None:
    regions = (Region(0, Path("a"), 1, 2, 3, 4), Region(0, Path("b"), 1, 2, 3, 4, mixes=True))
    assert Playlist.from_json(Playlist(3, 5, regions).to_json()).regions == regions
    assert Playlist.from_json('[3, 5, [[0, "a", 1, 2, 3, 4]]]').regions == regions[:1]
