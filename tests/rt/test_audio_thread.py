"""What the audio thread never does while it plays: allocate, lock, wait, read, write, map, or call a slow function."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import studiod.engine
from studiod.engine import ISAS
from tests.cross.toolchain import ROOT

KINDS = ("allocate", "release", "lock", "wait", "files", "maps", "syscall")
ROWS = 256
BLOCKS = 1500  # two seconds of 64 frames
# What the code under the audio callbacks may call outside itself.
HARMLESS = {
    "memcpy",
    "memmove",
    "memset",
    "clock_gettime",  # answered without entering the kernel
    "clock_nanosleep",  # the virtual host's timer waits between blocks
    "syscall",  # gettid, when a thread enters
    "pthread_self",  # these three once, when a thread enters
    "pthread_getschedparam",
    "pthread_setschedparam",
}
ROOTS = re.compile(r"timer_thread|portaudio_callback|jack_callback|jack_xrun_callback|jack_shutdown_callback")
KERNELS = {"strips", "sums", "accumulate", "limit", "measure"}  # called through kernel_ops, in every variant
JUMP = re.compile(r"\s(?:call|jmp|j[a-z]+|bl|b|b\.[a-z]+)\s+[0-9a-f]+ <([^>+]+)(?:\+0x[0-9a-f]+)?>")

pytestmark = [
    pytest.mark.rt,
    pytest.mark.skipif(shutil.which("gcc") is None, reason="not installed: gcc"),
]


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interposer, compiled."""
    library = tmp_path_factory.mktemp("rt") / "watch.so"
    source = ROOT / "tests" / "rt" / "watch.c"
    words = ("gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-fno-builtin", str(source), "-o")
    subprocess.run((*words, str(library), "-ldl", "-pthread"), check=True)
    return library


def played(watch: Path, folder: Path, isa: str) -> tuple[dict[str, Any], dict[int, dict[str, int]]]:
    """What the stage said, and the counts of each thread of its process."""
    counts = folder / "counts"
    counts.write_bytes(bytes(8 * ROWS * (1 + len(KINDS))))
    environment = os.environ | {"LD_PRELOAD": str(watch), "STUDIOD_RT_WATCH": str(counts)}
    done = subprocess.run(
        (sys.executable, "-m", "tests.rt.stage", str(BLOCKS), isa),
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    rows = np.fromfile(counts, np.int64).reshape(ROWS, 1 + len(KINDS))
    by_thread = {int(row[0]): dict(zip(KINDS, row[1:].tolist(), strict=True)) for row in rows if row[0]}
    return json.loads(done.stdout), by_thread


@pytest.mark.parametrize("isa", ISAS[-1:])
def test_the_audio_thread_makes_no_call_that_could_keep_it_waiting(watch: Path, tmp_path: Path, isa: str) -> None:
    said, counts = played(watch, tmp_path, isa)
    assert said["blocks"] >= BLOCKS
    assert said["takes"] > 0
    assert said["laps"] > 1.0  # everything was moved
    assert [kind for kind, most in said["most"].items() if most < 1e-6] == []  # and every section did something
    assert said["faults"] == 0
    assert counts[said["main_thread"]]["allocate"] > 1000  # the watch does see
    assert counts[said["main_thread"]]["files"] > 10
    assert said["audio_thread"] not in (0, said["main_thread"])
    assert counts.get(said["audio_thread"], dict.fromkeys(KINDS, 0)) == dict.fromkeys(KINDS, 0)


def reachable() -> set[str]:
    """Every function that the audio callbacks can reach in the compiled engine: by direct calls, and the kernels."""
    (library,) = Path(studiod.engine.__file__).parent.glob("_engine*.so")
    listing = subprocess.run(
        ("objdump", "-d", "--no-show-raw-insn", str(library)), capture_output=True, text=True, check=True
    ).stdout
    calls: dict[str, set[str]] = {}
    function = ""
    for line in listing.splitlines():
        if head := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            function = head[1]
            calls.setdefault(function, set())
        elif jump := JUMP.search(line):
            calls[function].add(jump[1])
    found: set[str] = set()
    todo = [name for name in calls if ROOTS.search(name) and not name.endswith("@plt")]
    assert len(todo) >= 5
    assert calls.keys() >= KERNELS
    todo += KERNELS
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += calls.get(name, ())
    return found


@pytest.mark.skipif(shutil.which("objdump") is None, reason="not installed: objdump")
def test_the_callbacks_reach_nothing_but_arithmetic_and_the_clock() -> None:
    """No libm, no Python, no allocation in the machine code: not even on a path that is never taken."""
    outside = {name.removesuffix("@plt") for name in reachable() if name.endswith("@plt")}
    assert outside - HARMLESS == set()
    assert not [name for name in reachable() if "Pyx_" in name or name.startswith("Py")]
