"""PortAudio without a sound card: ALSA's null and file devices, what is found, and what is said when it is not.

These devices keep no time: they call as fast as they can, and prove what is played, not when.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.desk_rig import Rig
from tests.helpers import eventually
from tests.real.sound_box import SoundBox

STRIPS, BUSES, CHANNELS = 4, 1, 2
LENGTH = 400_000  # frames in the file: some tenths of a second as these devices run
CONFIG = """
pcm.!default {{ type null }}
pcm.studionull {{ type null hint {{ show on description "null" }} }}
pcm.studiofile {{
    type file slave.pcm null file "{out}" infile "{into}" format raw
    hint {{ show on description "file" }}
}}
"""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(importlib.util.find_spec("sounddevice") is None, reason="sounddevice is not installed"),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose ALSA has two devices and no card."""
    into = tmp_path / "in.raw"
    frames = np.arange(LENGTH)
    stereo = np.stack([frames % 30_000, -(frames % 20_000)], axis=1)
    into.write_bytes((stereo / 32768).astype("<f4").tobytes())  # the file is in the format of the stream
    (tmp_path / ".asoundrc").write_text(CONFIG.format(out=tmp_path / "out.raw", into=into))
    return tmp_path


def test_the_private_parts_of_sounddevice_that_we_use_are_there() -> None:
    sounddevice = pytest.importorskip("sounddevice")
    assert callable(sounddevice._StreamBase)  # noqa: SLF001
    assert sounddevice._ffi.cast("PaStreamCallback*", 4096)  # noqa: SLF001
    assert sounddevice.__version__.startswith("0.5.")


def test_the_engine_plays_on_a_device_without_a_clock(home: Path) -> None:
    with Rig.make(STRIPS, BUSES, outputs=CHANNELS) as rig, SoundBox(rig, "studionull", home=home) as box:
        eventually(lambda: rig.block.snapshot().blocks > 1000)
        told = rig.block.snapshot()
        assert (box.said["inputs"], box.said["outputs"], box.said["name"]) == (STRIPS, CHANNELS, "studionull")
        assert told.audio_thread > 0
        inwards, outwards = box.said["latency"]
        assert 0 < inwards < 48_000, "frames"
        assert 0 < outwards < 48_000
        assert told.period_ns == 256 * 1_000_000_000 // 48_000


def test_what_a_device_gives_is_captured_sample_for_sample(home: Path) -> None:
    with Rig.make(STRIPS, BUSES, inputs=CHANNELS, outputs=CHANNELS, ring_s=40.0) as rig:
        size = rig.block.capture_frames
        assert size > LENGTH
        with SoundBox(rig, "studiofile", block_frames=16, home=home):
            eventually(lambda: rig.block.capture_head > 100_000)
        if rig.block.capture_head > size:
            pytest.skip("the device has run round the rings before it was stopped")
        first, second = (np.rint(rig.captured(channel, 0, 100_000) * 32768) for channel in range(CHANNELS))
        start = int(np.argmax(first == 1.0)) - 1  # ALSA gives some silence before it reads the file
        heard = np.arange(100_000 - start)
        assert start < 50_000
        assert (first[start:] == heard % 30_000).all()
        assert (second[start:] == -(heard % 20_000)).all()


def test_every_device_is_listed_with_its_channels(home: Path) -> None:
    with Rig.make(STRIPS, BUSES) as rig, SoundBox(rig, "studionull", home=home) as box:
        listed = {device["name"]: device for device in box.said["devices"]}
        assert {"studionull", "studiofile"} <= listed.keys()
        assert listed["studionull"]["in_use"]
        assert not listed["studiofile"]["in_use"]


def test_a_device_that_is_not_there_is_a_sentence_with_the_remedy(home: Path) -> None:
    with Rig.make(STRIPS, BUSES) as rig, SoundBox(rig, "Scarlett", home=home) as box:
        assert box.said["fault"].startswith(
            "no sound card like 'Scarlett' is there: plug it in, or change audio.device"
        )


def test_a_machine_without_any_device_is_a_sentence(tmp_path: Path) -> None:
    with Rig.make(STRIPS, BUSES) as rig, SoundBox(rig, home=tmp_path) as box:
        assert "fault" in box.said or box.said["name"]  # a machine with a card of its own opens that


def test_a_killed_process_leaves_a_block_that_the_next_one_takes_up(home: Path) -> None:
    with Rig.make(STRIPS, BUSES) as rig:
        rig.set("/strip/1/fader", -6.0)
        for epoch in (1, 2):
            with SoundBox(rig, "studionull", home=home):
                eventually(lambda: rig.block.snapshot().blocks > 100)
            assert rig.block.snapshot().epoch == epoch
        first, *_ = rig.block.gaps()
        assert first.cause == "engine restarted"
