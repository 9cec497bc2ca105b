"""What a take's samples are packed and checked with: on this machine, and built for aarch64 under qemu."""

from pathlib import Path

import pytest

from tests.cross.toolchain import AARCH64_CPUS, ROOT, Target, aarch64, native

pytestmark = pytest.mark.cross


def check(target: Target, folder: Path, cpu: str | None = None) -> None:
    if target.missing:
        pytest.skip(f"not installed: {target.missing}")
    # Not every function of these headers is of use here.
    flags = Target(target.name, target.compiler, target.runner, (*target.flags, "-Wno-unused-function"))
    done = flags.run(flags.build(folder, "piece_check", ROOT / "tests" / "cross" / "piece_check.c"), cpu=cpu)
    assert (done.returncode, done.stderr.decode()) == (0, "")


def test_samples_and_checksums_are_the_same_every_way_on_this_machine(tmp_path: Path) -> None:
    check(native(), tmp_path)


@pytest.mark.parametrize("cpu", AARCH64_CPUS)
def test_samples_and_checksums_are_the_same_every_way_on_aarch64(tmp_path: Path, cpu: str) -> None:
    check(aarch64(), tmp_path, cpu if aarch64().runner else None)
