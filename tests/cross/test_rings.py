"""The ring and the cell between threads: on this machine, under ThreadSanitizer, and built for aarch64 under qemu.

An emulator on x86 orders memory as x86 does: it tests the aarch64 code, not its barriers. For those there is the
sanitizer, which reports an ordering that nobody asked for whether or not the machine keeps it by itself.
"""

import shutil
from pathlib import Path

import pytest

from tests.cross.toolchain import ROOT, Target, aarch64, native, sanitized

SOURCE = ROOT / "tests" / "cross" / "ring_check.c"
RECORDS = "50000"

pytestmark = pytest.mark.cross


def check(target: Target, folder: Path) -> None:
    if target.missing:
        pytest.skip(f"not installed: {target.missing}")
    program = target.build(folder, "ring_check", SOURCE)
    done = target.run(program, RECORDS)
    if b"unexpected memory mapping" in done.stderr and shutil.which("setarch"):
        # The sanitizer's own addresses are taken by a kernel that spreads programs further than it knows.
        done = Target(target.name, target.compiler, ("setarch", "--addr-no-randomize")).run(program, RECORDS)
    assert (done.returncode, done.stderr.decode()) == (0, "")


def test_no_record_is_torn_lost_or_doubled_on_this_machine(tmp_path: Path) -> None:
    check(native(), tmp_path)


def test_the_thread_sanitizer_sees_no_race(tmp_path: Path) -> None:
    check(sanitized(), tmp_path)


def test_no_record_is_torn_lost_or_doubled_on_aarch64(tmp_path: Path) -> None:
    check(aarch64(), tmp_path)
