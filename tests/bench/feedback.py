"""How far behind the hand the desk is: eight boxes with motor faders, all moving; then one that floods.

    python -m tests.bench.feedback --json

The boxes are real MIDI ports of a jackd with a dummy driver, in a process of their own. What the ports process hears
is in the shared block with the time at which it came; the gain target goes into the engine's ring when its value
changes there; what is said to the other boxes is in the block, too. All three are watched from beside, by one loop that
sleeps between two looks: its period is told with the numbers, for what is faster than it cannot be seen.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from studiod.app.settings import Settings
from studiod.link import HEARD, SAID, Block, EventReader
from studiod.model.console import console_parameters
from studiod.model.registry import Registry
from studiod.model.taper import Fader
from tests.bench.start import shared_block
from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually
from tests.real.jackd import jack_server

BOXES = 8
STEPS = 127
LOOK_S = 0.0001
PLAY_HZ, PLAY_S = 100, 10.0
FLOOD_HZ, FLOOD_S = 10_000, 5.0
QUIET_S = 10.0
LIMITS = {"target_p99_ms": 1.0, "feedback_p99_ms": 20.0, "behind_ms": 20.0, "late_blocks": 0.0}
MAP = """\
format: 2
name: benchbox
maker: studiod
model: benchbox
dialect: generic-midi
mode: any
confidence: measured
sources: [tests/bench/feedback.py]
match: {ports: ["*benchbox*"]}
banks: {strip: 8}
messages_per_s: 4000
bytes_per_s: 48000
controls:
  fader/{i}: {kind: fader, count: 8, channel: 1, cc: 0, motor: true}
bindings:
  fader/{i}: [{address: "/strip/{bank+i}/fader"}]
feedback:
  fader/{i}: {address: "/strip/{bank+i}/fader"}
"""


@dataclass
class Watch:
    """What was seen in the block, and how long each thing took, seconds."""

    block: Block
    slots: list[int]
    targets_s: list[float] = field(default_factory=list)
    feedback_s: list[float] = field(default_factory=list)
    heard: int = 0

    def __post_init__(self) -> None:
        self._heard, self._said = EventReader(self.block, HEARD), EventReader(self.block, SAID)
        self._moved: dict[tuple[int, int], float] = {}
        self._steps = [self._step(fader) for fader in range(BOXES)]
        self.changed_s = [0.0] * BOXES

    def stands_at(self, fader: int) -> int:
        """Step of a fader of the desk, as last seen."""
        return self._steps[fader]

    def look(self) -> None:
        """Take in what happened since the last look."""
        for event in self._heard.read():
            self.heard += 1
            self._moved[event.message[1], event.message[2]] = event.ns / 1e9
        now = time.monotonic()
        for fader in range(BOXES):
            step = self._step(fader)
            if step != self._steps[fader]:
                self._steps[fader] = step
                self.changed_s[fader] = now
                self._note(self.targets_s, fader, step, now)
        for event in self._said.read():
            if len(event.message) == 3 and event.message[0] == 0xB0:
                self._note(self.feedback_s, event.message[1], event.message[2], now)

    def _note(self, noted: list[float], fader: int, step: int, now: float) -> None:
        moved = self._moved.get((fader, step))
        if moved is not None and now - moved < 0.5:  # an older one is of another round, or the picture at the start
            noted.append(now - moved)

    def _step(self, fader: int) -> int:
        return round(Fader().travel(self.block.number(self.slots[fader])) * STEPS)


def percentiles(name: str, seconds: list[float]) -> dict[str, float]:
    """Median, 99 % and the worst, ms."""
    found = np.percentile(seconds, [50, 99, 100]) * 1e3 if seconds else [float("nan")] * 3
    return {f"{name}_{part}_ms": round(float(ms), 3) for part, ms in zip(("p50", "p99", "worst"), found, strict=True)}


def watch_while(watch: Watch, hands: "subprocess.Popen[str]", command: str) -> tuple[list[Any], float]:
    """Have the hands play, and look on until they are done; what they answered, and the seconds between two looks."""
    assert hands.stdin is not None
    assert hands.stdout is not None
    hands.stdin.write(command + "\n")
    hands.stdin.flush()
    answer: list[str] = []
    reader = threading.Thread(target=lambda pipe: answer.append(pipe.readline()), args=(hands.stdout,))
    reader.start()
    began, looks = time.monotonic(), 0
    while reader.is_alive():
        watch.look()
        looks += 1
        time.sleep(LOOK_S)
    return json.loads(answer[0]), (time.monotonic() - began) / looks


def measure(folder: Path) -> dict[str, float]:
    """Everything, once."""
    (folder / "maps").mkdir()
    (folder / "maps" / "benchbox.yaml").write_text(MAP)
    config = f"midi: {{api: jack, tracks: 0}}\nsurfaces: {{maps: ['{folder / 'maps'}']}}\nblackbox: {{on: false}}\n"
    with jack_server() as server:
        command = [sys.executable, "-m", "tests.bench._hands", str(BOXES)]
        pipe = subprocess.PIPE
        with (
            LiveStudio(folder / "library", config, environment=server.environment) as studio,
            subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=os.environ | server.environment) as hands,
        ):
            assert studio.process is not None
            assert hands.stdout is not None
            hands.stdout.readline()
            eventually(lambda: _connected(studio) == BOXES, 30.0)
            block = shared_block(studio.process.pid)
            assert block is not None
            registry = Registry(console_parameters(Settings.from_json(block.config).console_layout()))
            slots = [registry.number_slot(f"/strip/{strip}/fader") for strip in range(1, BOXES + 1)]
            desk = psutil.Process(studio.status()["processes"]["desk"])
            numbers = _play(Watch(block, slots), hands) | _flood(Watch(block, slots), hands, desk)
            assert hands.stdin is not None
            hands.stdin.close()
            return numbers


def _connected(studio: LiveStudio) -> int:
    """Boxes that are there."""
    surfaces = json.loads(str(studio.ask("/system/devices")[0]))["surfaces"]
    return sum(surface["state"] == "connected" for surface in surfaces)


def _play(watch: Watch, hands: "subprocess.Popen[str]") -> dict[str, float]:
    late = _late(watch.block)
    _, look_s = watch_while(watch, hands, f"play {PLAY_HZ} {PLAY_S}")
    return {
        "moves": watch.heard,
        "look_ms": round(look_s * 1e3, 3),
        **percentiles("target", watch.targets_s),
        **percentiles("feedback", watch.feedback_s),
        "late_blocks_playing": _late(watch.block) - late,
    }


def _flood(watch: Watch, hands: "subprocess.Popen[str]", desk: psutil.Process) -> dict[str, float]:
    late, busy = _late(watch.block), desk.cpu_times()
    ((last, at_s),), _ = watch_while(watch, hands, f"flood {FLOOD_HZ} {FLOOD_S}")
    until = time.monotonic() + QUIET_S
    while watch.stands_at(0) != last and time.monotonic() < until:
        watch.look()
        time.sleep(LOOK_S)
    after = desk.cpu_times()
    return {
        "flood_per_s": round(watch.heard / FLOOD_S),
        "is_latest": float(watch.stands_at(0) == last),
        "behind_ms": round((watch.changed_s[0] - at_s) * 1e3, 3),
        "desk_cpu_percent": round(100 * (after.user + after.system - busy.user - busy.system) / FLOOD_S, 1),
        "late_blocks": _late(watch.block) - late,
    }


def _late(block: Block) -> int:
    """Blocks that came too late since the studio began."""
    snapshot = block.snapshot()
    return snapshot.late_blocks + snapshot.xruns


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        numbers = measure(Path(folder)) | {f"{name}_limit": limit for name, limit in LIMITS.items()}
    if options.json:
        print(json.dumps(numbers))
    else:
        for name, number in numbers.items():
            print(f"{name:22} {number:g}")


if __name__ == "__main__":
    main()
