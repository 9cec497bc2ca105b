"""What `studiod render` writes, in other people's programs; and a disk that is really full."""

import json
import os
import shutil
import subprocess
import sys
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from studiod.produce.draft import WavDraft
from studiod.produce.render import render
from tests.fakes.desk_rig import Samples
from tests.fakes.rendering import RATE_HZ, noise, order, written

pytestmark = [pytest.mark.real, pytest.mark.timeout(60)]

FRAMES = 30_001


def needs(*tools: str) -> pytest.MarkDecorator:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def told(*words: str | Path) -> bytes:
    """What a program writes to stdout. Raises CalledProcessError when it fails."""
    return subprocess.run([str(word) for word in words], capture_output=True, check=True).stdout


@pytest.fixture(params=[16, 24, 32])
def mix(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, int]:
    """A rendered file, and its bits."""
    wanted = order(tmp_path, [written(tmp_path / "1.wav", noise(FRAMES, 1), "PCM_24")])
    render(replace(wanted, bits=request.param))
    return wanted.output, request.param


def by_soundfile(path: Path) -> Samples:
    samples, rate_hz = soundfile.read(path, dtype="float32")
    assert rate_hz == RATE_HZ
    return np.asarray(samples, np.float32)


def test_wave_of_the_standard_library_reads_whole_samples(mix: tuple[Path, int]) -> None:
    path, bits = mix
    if bits == 32:
        pytest.skip("wave knows no floating point")
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, RATE_HZ, FRAMES)
        assert 8 * file.getsampwidth() == bits
        raw = file.readframes(FRAMES)
    width = bits // 8
    whole = [int.from_bytes(raw[at : at + width], "little", signed=True) for at in range(0, 600 * width, width)]
    assert np.array_equal(np.reshape(whole, (-1, 2)) / 2.0 ** (bits - 1), by_soundfile(path)[:300])


@needs("sox", "soxi")
def test_sox_reads_every_sample(mix: tuple[Path, int]) -> None:
    path, bits = mix
    facts = [told("soxi", flag, path).decode().strip() for flag in ("-r", "-c", "-s", "-b")]
    assert facts == [str(RATE_HZ), "2", str(FRAMES), str(bits)]
    raw = told("sox", path, "-t", "f32", "-")
    difference = np.frombuffer(raw, "<f4").reshape(-1, 2) - by_soundfile(path)
    assert np.abs(difference).max() <= (2.0**-24 if bits == 32 else 0.0)  # sox makes 24 bits of a float


@needs("ffmpeg", "ffprobe")
def test_ffmpeg_reads_every_sample(mix: tuple[Path, int]) -> None:
    path, bits = mix
    probe = ("ffprobe", "-v", "error", "-show_streams", "-of", "json", path)
    (stream,) = json.loads(told(*probe))["streams"]
    assert stream["codec_name"] == {16: "pcm_s16le", 24: "pcm_s24le", 32: "pcm_f32le"}[bits]
    assert (stream["sample_rate"], stream["channels"], stream["duration_ts"]) == (str(RATE_HZ), 2, FRAMES)
    raw = told("ffmpeg", "-v", "error", "-i", path, "-f", "f32le", "-")
    assert np.array_equal(np.frombuffer(raw, "<f4").reshape(-1, 2), by_soundfile(path))


@needs("ffprobe")
def test_what_is_larger_than_4_gib_is_read_to_its_end(tmp_path: Path) -> None:
    """The header of an hour and a half of six channels; the samples are a hole."""
    path, frames = tmp_path / "long.wav", (1 << 32) // (3 * 6) + 1_000_000
    draft = WavDraft(path, 6, RATE_HZ, 24)
    draft.frames = frames
    draft.finish()
    draft.publish(may_replace=False)
    draft.discard()
    os.truncate(path, path.stat().st_size + frames * 18)
    with path.open("rb") as file:
        assert file.read(4) == b"RF64"
    assert soundfile.info(path).frames == frames
    words = ("ffprobe", "-v", "error", "-show_entries", "stream=duration_ts", "-of", "csv=p=0", path)
    assert told(*words).decode().strip() == str(frames)


@needs("unshare", "mount")
@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk of its own needs root")
def test_a_full_disk_is_told_and_keeps_what_was_there(tmp_path: Path) -> None:
    song = written(tmp_path / "song.wav", noise(20 * RATE_HZ, 1), "PCM_24")
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        'mount -t tmpfs -o size=2m none "$1" && echo "an old mix" >"$1/mix.wav" || exit 9\n'
        '"$2" -m studiod render --force --output "$1/mix.wav" "$3"; echo "$?"\n'
        'ls -A "$1"; cat "$1/mix.wav"; df --output=used -k "$1" | tail -1'
    )
    words = ("unshare", "--mount", "sh", "-c", script, "sh", str(disk), sys.executable, str(song))
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stderr == f"{disk}/mix.wav cannot be written: the disk is full; nothing was left there\n"
    assert done.stdout.split("\n")[:3] == ["1", "mix.wav", "an old mix"]
    assert int(done.stdout.split("\n")[3]) <= 4
