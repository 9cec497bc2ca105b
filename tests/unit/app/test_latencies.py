"""The round trip: as configured, as measured for what is open, or as its driver says; and which of these is told."""

import json
from pathlib import Path

import numpy as np
import pytest

from studiod.app.latencies import FILE_NAME, Latencies, Way, load_measured, save_measured
from studiod.link import ENGINE
from tests.fakes.desk_rig import Rig

CARD = Way("portaudio", "USB Audio: hw:1,0", 48_000, 256)


def opened(rig: Rig, way: Way = CARD, **more: object) -> None:
    """The engine has `way` open."""
    rig.block.store_status(ENGINE, json.dumps({"host": way.host, "device": way.device, **more}))
    rig.render(np.zeros((rig.block.inputs, way.block_frames), np.float32))


def test_what_was_measured_is_remembered_for_its_device_rate_and_block_alone(tmp_path: Path) -> None:
    other = Way("portaudio", "USB Audio: hw:1,0", 48_000, 64)
    save_measured(tmp_path / "library", CARD, 640)
    path = save_measured(tmp_path / "library", other, 256)
    save_measured(tmp_path / "library", CARD, 641)
    assert load_measured(tmp_path / "library") == {CARD: 641, other: 256}
    assert path == tmp_path / "library" / FILE_NAME


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"measured": [3, {"host": "x"}]}', '{"measured": [{"host": 1, "rate_hz": []}]}']
)
def test_a_file_that_says_nothing_is_nothing_measured(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    assert load_measured(tmp_path) == {}
    assert load_measured(tmp_path / "away") == {}


def test_a_measured_value_is_used_for_the_device_it_is_of() -> None:
    with Rig.make(block_frames=256) as rig:
        latencies = Latencies({CARD: 641})
        opened(rig, input_latency=100, output_latency=28)
        known = latencies.now(rig.block)
        assert (known.frames, known.source, known.note) == (641, "measured", "")


def test_another_device_is_said_not_to_be_measured_and_the_value_is_not_used_for_it() -> None:
    with Rig.make(block_frames=256) as rig:
        latencies = Latencies({CARD: 641})
        opened(rig, Way("portaudio", "Onboard", 48_000, 256), input_latency=100, output_latency=28)
        known = latencies.now(rig.block)
        assert (known.frames, known.source) == (128, "driver")
        assert "not measured for Onboard at 48000 Hz in blocks of 256 frames" in known.note
        opened(rig, Way("jack", "JACK server", 48_000, 128), input_latency=None)
        known = latencies.now(rig.block)
        assert (known.frames, known.source) == (0, "none")
        assert "JACK server at 48000 Hz in blocks of 128 frames: overdubs lie late" in known.note


def test_the_virtual_stage_has_nothing_to_measure() -> None:
    with Rig.make(block_frames=256) as rig:
        assert Latencies({}).now(rig.block).note == ""
        opened(rig, Way("virtual", "virtual stage (stage)", 48_000, 256), input_latency=0, output_latency=0)
        known = Latencies({}).now(rig.block)
        assert (known.frames, known.source, known.note) == (0, "none", "")


def test_what_is_configured_goes_before_all_else() -> None:
    with Rig.make(block_frames=256) as rig:
        opened(rig, input_latency=100, output_latency=28)
        known = Latencies({CARD: 641}, 99).now(rig.block)
        assert (known.frames, known.source, known.note) == (99, "configured", "")
