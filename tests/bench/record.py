"""What recording costs: 32 tracks of 24 bits at 48 kHz by studiod's tape, and by jack_capture, at the same time.

    python -m tests.bench.record --json

studiod records its virtual host's counter on the real clock: every sample of every file is compared with what it must
be. jack_capture records 32 channels of a jackd with a dummy driver into its one file. CPU is user + system of the
whole process, all its threads, over the same seconds: what else the machine does costs both the same. Both write to the
same disk; studiod also makes each quarter of a second durable, which jack_capture does not.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile

from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually
from tests.real.jackd import jack_server

TRACKS, RATE_HZ, BITS, BLOCK_FRAMES = 32, 48_000, 24, 256
SECONDS = 20.0
SETTLE_S = 1.0  # opening files and, for jack_capture, growing buffers is not recording
RATIO_LIMIT = 1.5
COUNTER_MASK = (1 << 23) - 1  # what the virtual host plays: exact in float32 and in 24-bit files
COUNTER_STEP = 1009  # between its channels
CONFIG = f"""\
audio: {{host: virtual, rate_hz: {RATE_HZ}, block_frames: {BLOCK_FRAMES}, inputs: {TRACKS}}}
virtual: {{sources: counter}}
desk: {{strips: {TRACKS}}}
tape: {{bits: {BITS}, pre_record_s: 0}}
osc: {{bind: 127.0.0.1, zeroconf: false}}
surfaces: {{enable: false}}
"""


def cpu_percent(pids: dict[str, int], seconds: float) -> dict[str, float]:
    """User and system time of all threads of each process over the next `seconds`, percent of one core."""

    def spent_s() -> dict[str, float]:
        times = {name: psutil.Process(pid).cpu_times() for name, pid in pids.items()}
        return {name: used.user + used.system for name, used in times.items()}

    before, began = spent_s(), time.monotonic()
    time.sleep(seconds)
    after, ended = spent_s(), time.monotonic()
    return {name: 100.0 * (after[name] - before[name]) / (ended - began) for name in pids}


def wrong_samples(path: Path, channel: int, start_frame: int, frames: int) -> int:
    """Samples in a recording of the counter that are missing, too many, or not what they must be."""
    samples, _ = soundfile.read(path, dtype="int32")
    counted = (samples >> (32 - BITS)) & COUNTER_MASK
    first = start_frame + COUNTER_STEP * channel
    expected = np.arange(first, first + len(counted)) & COUNTER_MASK
    return abs(len(counted) - frames) + int(np.count_nonzero(counted != expected))


@contextmanager
def jack_capture(folder: Path, seconds: float) -> Iterator[int]:
    """Process id of a jack_capture that has begun to record as many channels, and must do so for `seconds`."""
    sound = folder / "jack_capture.wav"
    # --daemon: no meters and no keyboard, which would cost it more
    command = ["jack_capture", "--daemon", "-b", str(BITS), "-c", str(TRACKS), "-p", "system:capture_*", str(sound)]
    with jack_server(RATE_HZ, BLOCK_FRAMES, TRACKS), (folder / "jack_capture.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            settled = int(SETTLE_S * RATE_HZ) * TRACKS * BITS // 8
            eventually(lambda: sound.exists() and sound.stat().st_size > settled, within_s=10.0 + SETTLE_S)
            yield process.pid
        finally:
            process.terminate()
            process.wait(10)
    recorded = soundfile.info(sound)
    assert (recorded.channels, recorded.frames >= seconds * RATE_HZ) == (TRACKS, True), recorded


def measure(folder: Path, seconds: float) -> dict[str, Any]:
    """CPU of both recorders, and what studiod's take lost."""
    with LiveStudio(folder / "library", CONFIG, options=()) as studio:
        with jack_capture(folder, seconds) as rival:
            studio.record(*range(1, TRACKS + 1))
            studio.roll_on(int(SETTLE_S * RATE_HZ))
            percent = cpu_percent({"tape": studio.status()["processes"]["tape"], "jack_capture": rival}, seconds)
        take = studio.stop_take()
        engine = studio.status()["engine"]
    document = json.loads((Path(take["path"]) / "take.json").read_text())
    wrong = [
        wrong_samples(Path(take["path"]) / name, channel, document["start_frame"], document["frames"])
        for channel, name in enumerate(document["files"])
    ]
    return {
        "tape_cpu_ratio": round(percent["tape"] / percent["jack_capture"], 3),
        "ratio_limit": RATIO_LIMIT,
        "tape_cpu_percent": round(percent["tape"], 2),
        "jack_capture_cpu_percent": round(percent["jack_capture"], 2),
        "frames_lost": sum(wrong) + sum(gap["frames"] for gap in document["gaps"]),
        "frames": document["frames"],
        "tracks": len(wrong),
        "seconds": seconds,
        "late_blocks": engine["late_blocks"],
    }


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"of each recording (default {SECONDS:g})")
    parser.add_argument("--folder", type=Path, help="on the disk to record to (default: the system's temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        numbers = measure(Path(name), options.seconds)
    if options.json:
        print(json.dumps(numbers))
    else:
        for word, number in numbers.items():
            print(f"{word:26} {number:g}")


if __name__ == "__main__":
    main()
