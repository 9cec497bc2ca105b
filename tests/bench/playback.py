"""What playing costs: 64 tracks of 24 bits at 48 kHz by studiod's tape, and by ecasound, at the same time.

    python -m tests.bench.playback --json

studiod records its virtual host's counter on 64 strips, then plays that take through its strips on the real clock.
ecasound plays the same files, mixed, to a device that takes sound as a sound card would (rtnull). CPU is user + system
of the whole process, all its threads, over the same seconds; both read the same disk, or its cache. studiod's tape does
what it always does besides: the black box holds 64 inputs, unless `--no-blackbox` is given.
"""

import argparse
import json
import mmap
import os
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from studiod.link import Block
from tests.bench.record import cpu_percent
from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually

TRACKS, RATE_HZ, BITS, BLOCK_FRAMES = 64, 48_000, 24, 256
SECONDS: Final = 20.0
SETTLE_S: Final = 1.0  # opening files is not playing
SPARE_S: Final = 6.0
LOOKS: Final = 40  # at how full the rings are
_CUE: Final = struct.Struct("<Qqq40x")  # block_cue of ext/block.h: generation, from, to
_CUES_AT: Final = 1536
_RING_FRAMES: Final = 131_072  # two seconds, up to a power of two: ext/block_layout.h
CONFIG: Final = f"""\
audio: {{host: virtual, rate_hz: {RATE_HZ}, block_frames: {BLOCK_FRAMES}, inputs: {TRACKS}}}
virtual: {{sources: counter}}
desk: {{strips: {TRACKS}}}
tape: {{bits: {BITS}, pre_record_s: 0}}
osc: {{bind: 127.0.0.1, zeroconf: false}}
surfaces: {{enable: false}}
"""


@contextmanager
def ecasound(folder: Path, files: list[Path]) -> Iterator[int | None]:
    """Process id of an ecasound that has begun to play `files`; None where it is not installed."""
    if shutil.which("ecasound") is None:
        yield None
        return
    command = ["ecasound", "-q", "-z:db", f"-b:{BLOCK_FRAMES}", f"-f:s{BITS}_le,1,{RATE_HZ}"]
    for number, path in enumerate(files, 1):
        command += [f"-a:{number}", f"-i:{path}"]
    command += [f"-a:{','.join(str(number) for number in range(1, len(files) + 1))}", "-o:rtnull"]
    with (folder / "ecasound.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            eventually(lambda: _reads(process.pid, files[-1]), within_s=20.0)
            yield process.pid
            assert process.poll() is None, (folder / "ecasound.log").read_text(errors="replace")
        finally:
            process.terminate()
            process.wait(10)


def _reads(pid: int, path: Path) -> bool:
    """Whether the process has `path` open."""
    return any(
        os.path.realpath(link) == str(path.resolve()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()
    )


class Rings:
    """How far ahead of the transport the playback rings of a running studiod are filled."""

    def __init__(self, supervisor: int) -> None:
        memory = next(link for link in Path(f"/proc/{supervisor}/fd").iterdir() if "memfd:" in str(link.readlink()))
        self._fd = os.open(memory, os.O_RDWR)
        self._block = Block(self._fd)
        self._map = mmap.mmap(self._fd, 4096)

    def fill(self) -> float:
        """0 to 1, of the cue that plays."""
        snapshot = self._block.snapshot()
        for number in range(2):
            generation, _, until = _CUE.unpack_from(self._map, _CUES_AT + number * _CUE.size)
            if generation == snapshot.generation:
                return float(until - snapshot.position) / _RING_FRAMES
        return 0.0

    def close(self) -> None:
        """Let it go."""
        self._map.close()
        os.close(self._fd)


def measure(folder: Path, seconds: float, *, has_blackbox: bool) -> dict[str, Any]:
    """CPU of both players, what was not there in time, and how full the rings were."""
    config = CONFIG if has_blackbox else CONFIG + "blackbox: {on: false}\n"
    with LiveStudio(folder / "library", config, options=()) as studio:
        studio.record(*range(1, TRACKS + 1))
        studio.roll_on(int((seconds + SPARE_S) * RATE_HZ))
        take = studio.stop_take()
        files = [Path(take["path"]) / name for name in take["files"]]
        rings = Rings(studio.status()["processes"]["supervisor"])
        with ecasound(folder, files) as rival:
            studio.send("/transport/play")
            studio.wait_for_state("playing")
            studio.roll_on(int(SETTLE_S * RATE_HZ))
            processes = studio.status()["processes"]
            pids = {"tape": processes["tape"], "engine": processes["engine"]}
            pids |= {} if rival is None else {"ecasound": rival}
            fills, percent = [], dict.fromkeys(pids, 0.0)
            for _ in range(LOOKS):
                for name, used in cpu_percent(pids, lambda: time.sleep(seconds / LOOKS)).items():
                    percent[name] += used / LOOKS
                fills.append(rings.fill())
        state, engine = studio.ask("/transport/state"), studio.status()["engine"]
        rings.close()
    return {
        "tracks": len(files),
        "seconds": seconds,
        "has_blackbox": has_blackbox,
        "was_playing": state == ("playing",),
        "tape_cpu_percent": round(percent["tape"], 2),
        "engine_cpu_percent": round(percent["engine"], 2),
        "ecasound_cpu_percent": round(percent["ecasound"], 2) if "ecasound" in percent else None,
        "tape_cpu_ratio": round(percent["tape"] / percent["ecasound"], 3) if "ecasound" in percent else None,
        "dry_frames": engine["dry_frames"],
        "ring_fill_least": round(min(fills), 3),
        "ring_fill_mean": round(sum(fills) / len(fills), 3),
        "late_blocks": engine["late_blocks"],
    }


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"of playing (default {SECONDS:g})")
    parser.add_argument("--folder", type=Path, help="on the disk to play from (default: the system's temporary folder)")
    parser.add_argument("--no-blackbox", action="store_true", help="the tape plays and does nothing else")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        numbers = measure(Path(name), options.seconds, has_blackbox=not options.no_blackbox)
    if options.json:
        print(json.dumps(numbers))
    else:
        for word, number in numbers.items():
            print(f"{word:26} {number}")


if __name__ == "__main__":
    main()
