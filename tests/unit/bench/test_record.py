"""What the recording bench counts as lost: neither more than there is nor less."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.bench.record import COUNTER_MASK, COUNTER_STEP, RATE_HZ, frames_lost, median

START, FRAMES, PRE = 8_380_000, 20_000, 3000  # the counter turns over within them


def take(folder: Path, strips: list[int], *, cut: int = 0) -> dict[str, Any]:
    """A take of the counter, its files as studiod's tape writes them; in two parts if `cut`. Its take.json."""
    tracks = []
    for strip in strips:
        places = [-PRE, cut, FRAMES] if cut else [-PRE, FRAMES]
        parts = []
        for begin, end in itertools.pairwise(places):
            counts = (np.arange(START + begin, START + end) + COUNTER_STEP * (strip - 1)) & COUNTER_MASK
            name = f"strip-{strip:02d}.{begin}.wav"
            soundfile.write(folder / name, (counts << 8).astype(np.int32), RATE_HZ, "PCM_24")
            parts.append({"file": name, "start": begin, "frames": end - begin})
        tracks.append({"strip": strip, "parts": parts})
    return {"start_frame": START, "frames": FRAMES, "pre_frames": PRE, "gaps": [], "tracks": tracks}


def lost(folder: Path, document: dict[str, Any], tracks: int) -> int:
    (folder / "take.json").write_text(json.dumps(document))
    return frames_lost(folder, tracks)


@pytest.mark.parametrize("cut", [0, 7000])
def test_nothing_is_lost_of_a_take_that_is_whole_hidden_frames_and_all(tmp_path: Path, cut: int) -> None:
    assert lost(tmp_path, take(tmp_path, [1, 2, 3], cut=cut), 3) == 0


def test_a_silence_counts_once_for_every_track_that_has_it(tmp_path: Path) -> None:
    document = take(tmp_path, [1, 2])
    path = tmp_path / document["tracks"][1]["parts"][0]["file"]
    samples, _ = soundfile.read(path, dtype="int32")
    samples[500:700] = 0
    soundfile.write(path, samples, RATE_HZ, "PCM_24")
    document["gaps"] = [{"start": 500 - PRE, "frames": 200, "cause": "tape late"}]
    assert lost(tmp_path, document, 2) == 200


def test_what_a_file_is_shorter_by_is_lost(tmp_path: Path) -> None:
    document = take(tmp_path, [1])
    document["frames"] += 10
    document["tracks"][0]["parts"][0]["frames"] += 10
    assert lost(tmp_path, document, 1) == 10


def test_a_strip_that_was_not_armed_is_told_and_makes_no_other_track_wrong(tmp_path: Path) -> None:
    document = take(tmp_path, [1, 3, 4])
    with pytest.raises(ValueError, match="3 of 4 strips were recorded"):
        lost(tmp_path, document, 4)


def test_of_rounds_the_middle_is_told_and_of_losses_the_worst() -> None:
    rounds = [{"tape_cpu_ratio": ratio, "frames_lost": ratio} for ratio in (3.0, 1.0, 2.0)]
    assert median(rounds) == {"tape_cpu_ratio": 2.0, "frames_lost": 3.0}
