"""The black box on disks that refuse, fill up and cannot share: it goes on, and takes out of it are true."""

import errno
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studiod.tape.blackbox_index import read_index
from tests.fakes.blackbox_rig import RATE_HZ, counts_in, heard, track_bytes

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

EIO, ENOSPC = f"E{errno.EIO}", f"E{errno.ENOSPC}"
MIB = 1 << 20


class Bench:
    """Runs scenarios of `blackbox_worker` in a process with the shim."""

    def __init__(self, shim: Path, library: Path) -> None:
        self.environment = os.environ | {"LD_PRELOAD": str(shim)}
        self.library = library

    def command(self, *steps: list[Any], **options: Any) -> list[str]:  # noqa: ANN401 - JSON
        """What to start."""
        scenario = {"library": str(self.library), "steps": steps, **options}
        return [sys.executable, "-m", "tests.chaos.blackbox_worker", json.dumps(scenario)]

    def run(self, *steps: list[Any], **options: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """The last status."""
        command = self.command(*steps, **options)
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        status: dict[str, Any] = json.loads(done.stdout)
        return status

    def assert_holds(self, first: int, end: int) -> None:
        """Every frame of [first, end), as it was played."""
        chunks = [chunk for run in read_index(self.library / ".blackbox") for chunk in run.chunks]
        for channel in range(2):
            found = heard(chunks, channel)
            assert [frame for frame in range(first, end) if found.get(frame) != frame + 1000 * channel] == []
        for chunk in chunks:
            assert chunk.gaps == []

    def assert_take(self, number: int, least_frames: int) -> None:
        """Take `number`, from frame 0 on, is whole and true."""
        folder = self.library / "session" / "takes" / f"{number:04d}"
        paper: dict[str, Any] = json.loads((folder / "take.json").read_text())
        frames = paper["frames"]
        assert (paper["state"], paper["start_frame"], frames >= least_frames) == ("good", 0, True)
        for channel, track in enumerate(paper["tracks"]):
            sound = np.frombuffer(track_bytes(folder, track), np.uint8).reshape(-1, 3).astype(np.int64)
            assert np.array_equal(sound @ (1, 1 << 8, 1 << 16), np.arange(frames) + 1000 * channel)


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tests/data/iofault.c, compiled."""
    library = tmp_path_factory.mktemp("shim") / "iofault.so"
    source = Path(__file__).parents[1] / "data" / "iofault.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.fixture
def bench(shim: Path, tmp_path: Path) -> Bench:
    return Bench(shim, tmp_path / "disk" / "library")


def test_a_disk_that_takes_half_of_a_write_gets_the_other_half(bench: Bench) -> None:
    status = bench.run(["arm", "input-", "pwrite:5:short:50"], ["play", 5])
    assert status["fault"] == ""
    bench.assert_holds(0, status["head"])


@pytest.mark.parametrize(
    "spec", [f"pwrite:3:{ENOSPC}:2", f"fdatasync:1:{EIO}:1", f"ftruncate:0:{EIO}:2", "pwrite:9:full:1"]
)
def test_a_disk_that_refuses_for_a_moment_costs_nothing(bench: Bench, spec: str) -> None:
    status = bench.run(["play", 6.3], ["arm", ".blackbox/", spec], ["play", 9.1], chunk_s=8.0)
    assert (status["fault"], status["lost_frames"]) == ("", 0)
    bench.assert_holds(0, status["head"])


def test_a_disk_that_refuses_for_longer_is_said_and_costs_what_the_rings_cannot_hold(bench: Bench) -> None:
    refuse = ["arm", "input-", f"pwrite:0:{ENOSPC}"]
    status = bench.run(["play", 3], refuse, ["play", 3])
    assert "No space left on device" in status["fault"]
    bench.assert_holds(0, 2 * RATE_HZ)
    status = bench.run(refuse, ["play", 9], ["arm", "input-", ""], ["play", 6])
    assert status["fault"] == ""
    chunks = read_index(bench.library / ".blackbox")[-1].chunks
    assert chunks[-1].end == status["head"]


def test_nothing_that_could_not_be_made_durable_is_claimed(bench: Bench) -> None:
    bench.run(["play", 6.5], ["arm", "input-", f"fdatasync:0:{EIO},fsync:0:{EIO}"], ["play", 6], chunk_s=60.0)
    for path in bench.library.glob(".blackbox/*/*/input-*.wav"):
        assert len(counts_in(path)) <= 6 * RATE_HZ


def test_a_disk_full_for_the_take_leaves_nothing_half_made(bench: Bench) -> None:
    status = bench.run(["play", 4], ["arm", ".keep-", f"fsync:0:{ENOSPC}"], ["keep", 1], ["play", 2])
    assert "the disk is full" in status["keeps_failed"]["1"]
    assert list(bench.library.glob("session/takes/*")) == []
    bench.assert_holds(0, status["head"])


@pytest.mark.parametrize("seed", range(4))
def test_killed_anywhere_it_holds_all_but_a_last_second(bench: Bench, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a seed, so that a failure repeats
    with subprocess.Popen(
        bench.command(["endless"]), env=bench.environment, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        told = [int(worker.stdout.readline()) for _ in range(chance.randrange(15, 90))]
        worker.kill()
    bench.assert_holds(0, told[-1] - RATE_HZ)


# -- disks of their own ------------------------------------------------------------------------------------------------

_MAKE = {"ext4": ["mkfs.ext4", "-q"], "xfs": ["mkfs.xfs", "-q", "-m", "reflink=1"], "btrfs": ["mkfs.btrfs", "-q"]}


@pytest.fixture
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file system in a file (root and loop devices; skipped elsewhere)."""
    kind = request.param
    image, folder = tmp_path / "image", tmp_path / "disk"
    folder.mkdir()
    image.touch()
    os.truncate(image, {"ext4": 48, "xfs": 320, "btrfs": 160}[kind] * MIB)
    try:
        subprocess.run([*_MAKE[kind], image], check=True, capture_output=True)
        subprocess.run(["mount", "-o", "loop", image, folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as fault:
        pytest.skip(f"no {kind} here: {fault}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize(
    ("disk", "method"), [("ext4", "hard link"), ("xfs", "reflink"), ("btrfs", "reflink")], indirect=["disk"]
)
def test_a_take_shares_its_sound_as_its_filesystem_can(disk: Path, bench: Bench, method: str) -> None:
    status = bench.run(["play", 5], ["keep", 1], ["play", 2])
    assert status["kept"]["method"] == method
    subprocess.run(["rm", "-r", disk / "library" / ".blackbox"], check=True)
    bench.assert_take(1, 5 * RATE_HZ - 500)


@pytest.mark.parametrize("disk", ["ext4"], indirect=True)
def test_a_full_disk_is_said_and_what_is_there_stays_valid(disk: Path, bench: Bench) -> None:
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    with (disk / "other people's").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - 2 * MIB)
    status = bench.run(["play", 20])
    assert "No space left on device" in status["fault"]
    (run,) = read_index(bench.library / ".blackbox")
    assert run.chunks[-1].end > 3 * RATE_HZ
    bench.assert_holds(0, run.chunks[-1].end)


@pytest.mark.parametrize("disk", ["ext4"], indirect=True)
def test_a_disk_that_can_only_be_read_is_said(disk: Path, bench: Bench) -> None:
    bench.run(["play", 3])
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    status = bench.run(["play", 3])
    assert (status["state"], "Read-only file system" in status["fault"]) == ("fault", True)
    bench.assert_holds(0, 2 * RATE_HZ)
