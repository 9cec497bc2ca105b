"""Disks for scenarios: files that refuse, and file systems that are soon full."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.disk_bench import MIB, Bench
from tests.fakes.faulty_disk import compiled_shim


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tests/data/iofault.c, compiled."""
    return compiled_shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def bench(shim: Path, tmp_path: Path) -> Bench:
    return Bench(shim, tmp_path)


@pytest.fixture(params=["ext4", "xfs"])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file system that is soon full (root and loop devices; skipped elsewhere)."""
    kind, size = request.param, 400 * MIB if request.param == "xfs" else 96 * MIB
    image, folder = tmp_path / "image", tmp_path / "first"
    image.touch()
    os.truncate(image, size)
    folder.mkdir()
    make = {"ext4": ["mkfs.ext4", "-q", "-m", "0"], "xfs": ["mkfs.xfs", "-q"]}[kind]
    try:
        subprocess.run([*make, str(image)], check=True, capture_output=True)
        subprocess.run(["mount", "-o", "loop", image, folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as fault:
        pytest.skip(f"no small {kind} here: {fault}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)  # a test that failed may hold a file
