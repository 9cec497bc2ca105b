"""`studiod measure-latency` on a cable whose length is known."""

import json
from pathlib import Path

import pytest

from studiod.app.cli import main
from studiod.app.latencies import Way, load_measured

pytestmark = pytest.mark.real


def measured(tmp_path: Path, config: str, *words: str) -> int:
    path = tmp_path / "studio.yaml"
    path.write_text(config)
    with pytest.raises(SystemExit) as ended:
        main(["measure-latency", "--config", str(path), *words])
    return int(ended.value.code or 0)


LOOP = "audio: {{host: virtual, block_frames: {block}}}\nvirtual: {{sources: loopback, loopback_frames: {frames}}}\n"


@pytest.mark.parametrize(("block", "frames", "channel"), [(64, 64, 1), (256, 1234, 3), (1024, 4801, 8)])
def test_a_cable_of_known_length_is_measured_without_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], block: int, frames: int, channel: int
) -> None:
    words = ("--output", str(channel), "--input", str(channel), "--json")
    assert measured(tmp_path, LOOP.format(block=block, frames=frames), *words) == 0
    fact = json.loads(capsys.readouterr().out)
    assert (fact["roundtrip_frames"], fact["gain_db"], fact["is_inverted"]) == (frames, 0.0, False)


def test_a_measured_value_is_remembered_for_what_was_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = LOOP.format(block=256, frames=500) + f"tape: {{library: {tmp_path / 'library'}}}\n"
    assert measured(tmp_path, config) == 0
    assert not (tmp_path / "library").exists()
    assert measured(tmp_path, config, "--save") == 0
    assert "remembered in" in capsys.readouterr().out
    assert load_measured(tmp_path / "library") == {Way("virtual", "virtual stage (loopback)", 48_000, 256): 500}
    (tmp_path / "file").write_text("in the way")
    assert measured(tmp_path, config.replace("/library", "/file"), "--save") == 1
    assert "it is not remembered" in capsys.readouterr().err


def test_an_input_without_a_cable_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = LOOP.format(block=256, frames=500)
    assert measured(tmp_path, config, "--output", "1", "--input", "2") == 1
    assert "is output 1 connected to input 2?" in capsys.readouterr().err


def test_a_channel_there_is_not_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert measured(tmp_path, LOOP.format(block=256, frames=500), "--output", "9") == 2
    assert "--output: 9; allowed 1..8" in capsys.readouterr().err
