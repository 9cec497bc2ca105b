"""What recording costs: 64 tracks of 24 bits at 48 kHz by studiod's tape, and by jack_capture, at the same time.

    python -m tests.bench.record --json

studiod records its virtual host's counter on the real clock: every sample of every file is compared with what it must
be. jack_capture records as many channels of a jackd with a dummy driver into its one file. CPU is user + system of the
whole process, all its threads, over the same seconds: what else the machine does costs both the same. Both write to the
same disk; studiod also makes each quarter of a second durable, which jack_capture does not. jack_capture keeps no black
box: the ratio is that of a tape without one, and that of a tape with one is told beside it.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile

from studiod.link import Block
from studiod.tape.wavfile import DATA_AT
from tests.bench.start import shared_block
from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually
from tests.real.jackd import jack_server

TRACKS, RATE_HZ, BITS, BLOCK_FRAMES = 64, 48_000, 24, 256
SECONDS = 20.0
SETTLE_S = 1.0  # opening files and, for jack_capture, growing buffers is not recording
LOOK_S = 0.02  # how often the rings are looked at
RATIO_LIMIT, RING_LIMIT = 1.2, 0.25
COUNTER_MASK = (1 << 23) - 1  # what the virtual host plays: exact in float32 and in 24-bit files
COUNTER_STEP = 1009  # between its channels


def config(tracks: int, *, has_black_box: bool) -> str:
    """Settings of a studio that records its virtual host's counter on `tracks` strips."""
    return f"""\
audio: {{host: virtual, rate_hz: {RATE_HZ}, block_frames: {BLOCK_FRAMES}, inputs: {tracks}}}
virtual: {{sources: counter}}
desk: {{strips: {tracks}}}
tape: {{bits: {BITS}, pre_record_s: 0}}
blackbox: {{on: {str(has_black_box).lower()}}}
osc: {{bind: 127.0.0.1, zeroconf: false}}
surfaces: {{enable: false}}
"""


def cpu_percent(pids: dict[str, int], wait: Callable[[], object]) -> dict[str, float]:
    """User and system time of all threads of each process while `wait` waits, percent of one core."""

    def spent_s() -> dict[str, float]:
        times = {name: psutil.Process(pid).cpu_times() for name, pid in pids.items()}
        return {name: used.user + used.system for name, used in times.items()}

    before, began = spent_s(), time.monotonic()
    wait()
    after, ended = spent_s(), time.monotonic()
    return {name: 100.0 * (after[name] - before[name]) / (ended - began) for name in pids}


def ring_fill(block: Block, folder: Path, seconds: float) -> float:
    """The most of the capture rings, over the next `seconds`, that no file of the take in `folder` had yet."""
    start_frame = json.loads((folder / "take.json").read_text())["start_frame"]
    files = list(folder.glob("*.wav"))
    most, deadline = 0.0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        head = block.capture_head
        held = (min(path.stat().st_size for path in files) - DATA_AT) // (BITS // 8)
        most = max(most, (head - start_frame - held) / block.capture_frames)
        time.sleep(LOOK_S)
    return most


def frames_lost(folder: Path, tracks: int) -> int:
    """Samples of a recorded counter that are missing, too many, or not what they must be; of all tracks together."""
    document = json.loads((folder / "take.json").read_text())
    recorded = {row["strip"] - 1: row["parts"] for row in document["tracks"]}
    if set(recorded) != set(range(tracks)):
        raise ValueError(f"{folder}: {len(recorded)} of {tracks} strips were recorded")
    first, wrong = document["start_frame"], 0
    for channel, parts in recorded.items():
        at = -document["pre_frames"]
        for part in parts:
            wrong += abs(part["start"] - at) + wrong_samples(
                folder / part["file"], channel, first + part["start"], part["frames"]
            )
            at = part["start"] + part["frames"]
        wrong += abs(document["frames"] - at)
    return wrong


def wrong_samples(path: Path, channel: int, first_frame: int, frames: int) -> int:
    """Of a file that must hold `frames` of input `channel` (from 0), from engine frame `first_frame` on."""
    samples, _ = soundfile.read(path, dtype="int32")
    counted = (samples >> (32 - BITS)) & COUNTER_MASK
    first = first_frame + COUNTER_STEP * channel
    expected = np.arange(first, first + len(counted)) & COUNTER_MASK
    return abs(len(counted) - frames) + int(np.count_nonzero(counted != expected))


@contextmanager
def jack_capture(folder: Path, seconds: float, tracks: int) -> Iterator[int]:
    """Process id of a jack_capture that has begun to record `tracks` channels, and must do so for `seconds`."""
    sound = folder / "jack_capture.wav"
    # --daemon: no meters and no keyboard, which would cost it more
    command = ["jack_capture", "--daemon", "-b", str(BITS), "-c", str(tracks), "-p", "system:capture_*", str(sound)]
    with jack_server(RATE_HZ, BLOCK_FRAMES, tracks), (folder / "jack_capture.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            settled = int(SETTLE_S * RATE_HZ) * tracks * BITS // 8
            eventually(lambda: sound.exists() and sound.stat().st_size > settled, within_s=10.0 + SETTLE_S)
            yield process.pid
        finally:
            process.terminate()
            process.wait(10)
    recorded = soundfile.info(sound)
    # on a busy machine the dummy driver falls behind the clock
    assert (recorded.channels, recorded.frames >= 0.95 * seconds * RATE_HZ) == (tracks, True), recorded


def measure(folder: Path, seconds: float, tracks: int, *, has_black_box: bool) -> dict[str, float]:
    """CPU of both recorders, and what studiod's take lost."""
    settings = config(tracks, has_black_box=has_black_box)
    with LiveStudio(folder / "library", settings, options=()) as studio:
        with jack_capture(folder, seconds, tracks) as rival:
            arm(studio, tracks)
            studio.record()
            studio.roll_on(int(SETTLE_S * RATE_HZ))
            assert studio.process is not None
            block = shared_block(studio.process.pid)
            assert block is not None
            (take,) = (studio.session / "takes").iterdir()
            fills: list[float] = []
            percent = cpu_percent(
                {"tape": studio.status()["processes"]["tape"], "jack_capture": rival},
                lambda: fills.append(ring_fill(block, take, seconds)),
            )
        studio.stop_take()
        engine = studio.status()["engine"]
    document = json.loads((take / "take.json").read_text())
    return {
        "tape_cpu_ratio": percent["tape"] / percent["jack_capture"],
        "tape_cpu_percent": percent["tape"],
        "jack_capture_cpu_percent": percent["jack_capture"],
        "ring_fill": fills[0],
        "frames_lost": frames_lost(take, tracks),
        "gaps": len(document["gaps"]),
        "frames": tracks * document["frames"],
        "late_blocks": engine["late_blocks"],
    }


def arm(studio: LiveStudio, tracks: int) -> None:
    """Arm every strip, and see that it is: a datagram may get lost."""
    for strip in range(1, tracks + 1):

        def is_armed(address: str = f"/strip/{strip}/arm") -> bool:
            studio.send(address, 1)
            answer = studio.try_ask(address)
            return answer is not None and answer[0] == 1

        eventually(is_armed)


def median(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Of each figure; of what must not be, the worst."""
    worst = {"ring_fill", "frames_lost", "gaps", "late_blocks"}
    return {
        name: round((max if name in worst else statistics.median)([each[name] for each in rounds]), 4)
        for name in rounds[0]
    }


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--tracks", type=int, default=TRACKS, help=f"how many (default {TRACKS})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"of each recording (default {SECONDS:g})")
    parser.add_argument("--rounds", type=int, default=1, help="recordings of each kind; the median is told (default 1)")
    parser.add_argument("--black-box", choices=("on", "off"), help="only with it, or without (default: both)")
    parser.add_argument("--folder", type=Path, help="on the disk to record to (default: the system's temporary folder)")
    options = parser.parse_args()
    kinds = [options.black_box] if options.black_box else ["off", "on"]
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
    for _ in range(options.rounds):
        for kind in kinds:
            with tempfile.TemporaryDirectory(dir=options.folder) as name:
                numbers = measure(Path(name), options.seconds, options.tracks, has_black_box=kind == "on")
            found[kind].append(numbers)
    told: dict[str, Any] = {
        "tracks": options.tracks,
        "seconds": options.seconds,
        "rounds": options.rounds,
        "ratio_limit": RATIO_LIMIT,
        "ring_limit": RING_LIMIT,
        **{f"black_box_{kind}": median(rounds) for kind, rounds in found.items()},
    }
    if options.json:
        print(json.dumps(told))
        return
    for kind, rounds in found.items():
        print(f"{options.tracks} tracks, {options.seconds:g} s, {options.rounds} rounds, black box {kind}")
        for word, number in median(rounds).items():
            print(f"  {word:26} {number:g}")


if __name__ == "__main__":
    main()
