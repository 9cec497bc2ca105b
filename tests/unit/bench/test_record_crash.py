"""What the crash bench says of files: a reader that is believed too easily makes every recorder look safe."""

import struct
from pathlib import Path

import pytest

from tests.bench._measure import Skipped
from tests.bench._recorders import RATE_HZ, RECORDERS, readable
from tests.bench.record_crash import Left, table

FRAMES = RATE_HZ // 2
WIDTH = 3


def wav(
    path: Path,
    *,
    channels: int = 1,
    riff: int | None = None,
    claimed: int | None = None,
    form: int = 1,
    width: int = WIDTH,
) -> Path:
    """Half a second of sound behind a header that says what it is told to."""
    sound = b"\1" * (FRAMES * channels * width)
    frame = channels * width
    body = struct.pack("<HHIIHH", form, channels, RATE_HZ, RATE_HZ * frame, frame, 8 * width)
    data = len(sound) if claimed is None else claimed
    head = b"WAVEfmt " + struct.pack("<I", len(body)) + body + b"data" + struct.pack("<I", data)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(head) + len(sound) if riff is None else riff) + head + sound)
    return path


@pytest.mark.parametrize("channels", [1, 8])
def test_a_whole_file_is_read_whole_by_all_four(tmp_path: Path, channels: int) -> None:
    found = readable([wav(tmp_path / "a.wav", channels=channels)], channels)
    assert found == {"soundfile": 0.5, "sox": 0.5, "ffmpeg": 0.5, "wave": 0.5}


def test_a_header_that_was_never_finished_is_nothing_to_sox_and_wave(tmp_path: Path) -> None:
    found = readable([wav(tmp_path / "a.wav", channels=8, riff=8, claimed=0)], 8)
    assert (found["sox"], found["wave"], found["soundfile"]) == (0.0, 0.0, 0.5)


def test_a_file_that_claims_more_than_it_has_counts_for_what_it_has(tmp_path: Path) -> None:
    found = readable([wav(tmp_path / "a.wav", claimed=10 * FRAMES * WIDTH)], 1)
    assert all(seconds is not None and seconds <= 0.5 for seconds in found.values())


def test_the_worst_file_counts(tmp_path: Path) -> None:
    whole, broken = wav(tmp_path / "a.wav"), tmp_path / "b.wav"
    broken.write_bytes(b"RIFF")
    assert readable([whole, broken], 1) == {"soundfile": 0.0, "sox": 0.0, "ffmpeg": 0.0, "wave": 0.0}


def test_what_left_no_file_left_nothing() -> None:
    assert set(readable([], 1).values()) == {0.0}


def test_floating_point_is_no_failure_of_wave(tmp_path: Path) -> None:
    found = readable([wav(tmp_path / "a.wav", form=3, width=4)], 1)
    assert (found["wave"], found["soundfile"]) == (None, 0.5)


def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("jack_capture", "ecasound", "ardour"):
        with pytest.raises(Skipped, match=f"(?i){name} is not installed"), RECORDERS[name](tmp_path):
            pass


def test_the_table_tells_what_is_left_of_whom_and_who_is_left_out() -> None:
    left = Left(20.123, 8, {"soundfile": 20.0, "sox": 0.0, "ffmpeg": 20.0, "wave": None}).to_json()
    rows = table({"left": {"ardour": left}, "skipped": {"ecasound": "ecasound is not installed"}}).splitlines()
    assert rows[2] == "| ardour | 20.12 | 20.00 | 0.00 | 20.00 | - |"
    assert rows[3] == "left out: ecasound: ecasound is not installed"
