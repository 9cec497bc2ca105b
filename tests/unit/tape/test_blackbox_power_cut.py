"""A power cut leaves files that are longer than their sound: of a chunk, only what is known to be durable is held."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studiod.tape.blackbox_index import Chunk, read_index
from studiod.tape.verify import verify_take
from studiod.tape.wavfile import DATA_AT, header_page
from tests.fakes.blackbox_rig import RATE_HZ, BlackBoxRig, checks_of, counts_in, heard, kill, numbered
from tests.fakes.desk_rig import Rig, Samples
from tests.unit.tape.test_blackbox import expected, true_checks
from tests.unit.tape.test_keep import keep, order

ROW = 2 * 4  # of two inputs
READ = """
import os, sys
from pathlib import Path
from studiod.tape.blackbox_index import read_index
left = int(sys.argv[2])
def count(event, arguments):
    global left
    if event in {"open", "os.rename", "os.truncate"}:
        left -= 1
        if left == 0:
            os._exit(9)
sys.addaudithook(count)
read_index(Path(sys.argv[1]), "after the cut")
"""


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[BlackBoxRig]:
    with Rig.make(strips=2, buses=0, ring_s=5.0) as rig:
        made = BlackBoxRig(rig, tmp_path / "library", chunk_s=60.0)
        made.box.start()
        yield made
        made.box.stop()


def cut(studio: BlackBoxRig, *, header_s: float, rows: int, sound_s: float) -> Path:
    """Cut the power: so much of the open chunk had reached the disk, of which lengths are told before sound is there.

    It was synced after 5 and after 10 seconds.
    """
    kill(studio.box)
    (folder,) = studio.library.glob(".blackbox/*/0*")
    for path in folder.glob("*.wav"):
        with path.open("r+b") as file:
            file.write(header_page(round(header_s * RATE_HZ), RATE_HZ, 24))
            at = file.seek(DATA_AT + 3 * round(sound_s * RATE_HZ))
            file.write(bytes(path.stat().st_size - at))
    checks = folder / "checks.crc"
    with checks.open("r+b") as file:
        at = file.seek(16 + ROW * rows)
        file.write(bytes(checks.stat().st_size - at))
    paper = json.loads((folder / "chunk.json").read_text())
    (folder / "chunk.json").write_text(json.dumps(paper | {"boot_id": "before the cut"}))
    return folder


def found(studio: BlackBoxRig) -> list[Chunk]:
    return [chunk for run in read_index(studio.library / ".blackbox") for chunk in run.chunks]


def assert_holds(studio: BlackBoxRig, frames: int) -> None:
    (chunk,) = found(studio)
    assert (chunk.frames, chunk.gaps) == (frames, [])
    for channel in range(2):
        assert heard([chunk], channel) == expected(0, frames, channel)
        assert checks_of(chunk.folder, 2)[channel] == true_checks(chunk.path(channel), frames)


def test_what_was_synced_is_held_and_nothing_behind_it(studio: BlackBoxRig) -> None:
    studio.play(13 * RATE_HZ)
    cut(studio, header_s=5, rows=10, sound_s=10.5)
    assert_holds(studio, 10 * RATE_HZ)


@pytest.mark.parametrize(
    ("header_s", "rows", "sound_s", "held_s"), [(5.25, 5, 12, 5.25), (5.25, 0, 6, 5.25), (5.25, 10, 8.5, 8)]
)
def test_a_header_is_believed_and_whole_seconds_are_that_are_what_their_checks_say(
    studio: BlackBoxRig, header_s: float, rows: int, sound_s: float, held_s: float
) -> None:
    studio.play(13 * RATE_HZ)
    cut(studio, header_s=header_s, rows=rows, sound_s=sound_s)
    assert_holds(studio, round(held_s * RATE_HZ))


def test_a_chunk_of_which_nothing_is_durable_is_none(studio: BlackBoxRig) -> None:
    studio.play(4 * RATE_HZ)
    cut(studio, header_s=0, rows=0, sound_s=0)
    assert found(studio) == []


def test_a_chunk_whose_paper_is_lost_is_believed_no_further(studio: BlackBoxRig) -> None:
    studio.play(13 * RATE_HZ)
    (cut(studio, header_s=5, rows=5, sound_s=5) / "chunk.json").unlink()
    assert_holds(studio, 5 * RATE_HZ)


def test_silence_that_was_played_is_held_as_far_as_it_is_proven(studio: BlackBoxRig) -> None:
    def sound(channels: int, start: int, frames: int) -> Samples:
        made = numbered(channels, start, frames)
        made[1] = 0.0
        return made

    studio.sound = sound
    studio.play(13 * RATE_HZ)
    cut(studio, header_s=5, rows=10, sound_s=10)
    (chunk,) = found(studio)
    assert (chunk.frames, chunk.gaps) == (10 * RATE_HZ, [])
    assert np.array_equal(counts_in(chunk.path(1)), np.zeros(10 * RATE_HZ))


def test_a_second_that_is_not_what_it_was_is_a_gap_and_what_is_kept_of_it_is_damaged(studio: BlackBoxRig) -> None:
    studio.play(13 * RATE_HZ)
    folder = cut(studio, header_s=10, rows=10, sound_s=10)
    with (folder / "input-02.wav").open("r+b") as file:
        file.seek(DATA_AT + 3 * 4 * RATE_HZ)
        file.write(bytes(3 * 100))
    studio.clock_name = "after the power cut"
    studio.new_box().start()
    (chunk,) = studio.box.shelf.runs[0].chunks
    assert [tuple(gap) for gap in chunk.gaps] == [(4 * RATE_HZ, RATE_HZ, "disk fault")]
    wanted = order(studio, 0, chunk.end, run=1)
    paper = keep(studio, wanted)
    assert (paper["state"], paper["frames"]) == ("damaged", 10 * RATE_HZ)
    assert paper["gaps"] == [{"start": 4 * RATE_HZ, "frames": RATE_HZ, "cause": "disk fault"}]


def test_what_is_kept_after_a_power_cut_is_what_was_played(studio: BlackBoxRig) -> None:
    studio.play(13 * RATE_HZ)
    cut(studio, header_s=5, rows=10, sound_s=10)
    studio.clock_name = "after the power cut"
    studio.new_box().start()
    wanted = order(studio, 0, studio.box.shelf.runs[0].chunks[-1].end, run=1)
    paper = keep(studio, wanted)
    assert (paper["state"], paper["frames"]) == ("good", 10 * RATE_HZ)
    assert verify_take(wanted.folder).is_good


def test_killed_anywhere_while_it_looks_it_comes_to_the_same_end(studio: BlackBoxRig) -> None:
    studio.play(11 * RATE_HZ)
    folder = cut(studio, header_s=5, rows=10, sound_s=10)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    for events in range(1, 200, 7):
        for path, held in before.items():
            path.write_bytes(held)
        command = [sys.executable, "-c", READ, str(studio.library / ".blackbox"), str(events)]
        code = subprocess.run(command, check=False).returncode
        assert_holds(studio, 10 * RATE_HZ)
        if code == 0:
            return
    pytest.fail("it never came to its end")
