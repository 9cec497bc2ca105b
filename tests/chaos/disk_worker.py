"""A tape machine turned by hand in a process of its own, so that faults can be put under it (tests/data/iofault.c).

    LD_PRELOAD=iofault.so python -m tests.chaos.disk_worker SCENARIO     (JSON, see `main`)

Prints the machine's last status as JSON.
"""

import ctypes
import json
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np

from studiod.link import Operation
from studiod.link.order import TakeOrder, TrackOrder
from studiod.tape import TapeMachine, TapeOptions
from tests.fakes.desk_rig import Rig

RATE_HZ = 48000
TURN_FRAMES = 4800


class Worker:
    """One session, one take: what each step of a scenario does."""

    def __init__(self, rig: Rig, scenario: dict[str, Any]) -> None:
        self.rig = rig
        self.now = 0.0
        self.frame = 0
        session = Path(scenario["session"])
        paths = {key: Path(scenario[key]) for key in ("second_library", "copy_to") if key in scenario}
        options = TapeOptions(24, scenario.get("pre_record_s", 0.0), scenario.get("polyphonic", False), **paths)
        self.machine = TapeMachine(rig.block, session, RATE_HZ, 0.25, lambda: self.now, list, options)
        self.machine.start()

    def roll(self, frames: int) -> None:
        """Play on, the machine turning as the clock goes."""
        for begin in range(0, frames, TURN_FRAMES):
            self.play(min(TURN_FRAMES, frames - begin))
            self.turn()

    def play(self, frames: int) -> None:
        """Play on while the machine is away."""
        channels = self.rig.block.inputs
        counts = np.arange(self.frame, self.frame + frames)[None, :] + 1000 * np.arange(channels)[:, None]
        self.rig.render((counts / (1 << 23)).astype(np.float32))
        self.frame += frames
        self.now += frames / RATE_HZ

    def turn(self) -> None:
        """Let everyone do what is to be done now."""
        self.machine.turn()
        if self.machine.copy is not None:
            self.machine.copy.turn(self.rig.block.snapshot(), self.rig.block.capture_head)

    def record(self) -> None:
        """Press Record on every input."""
        tracks = tuple(
            TrackOrder(n, f"strip-{n + 1:02d}.wav", n, f"Strip {n + 1}") for n in range(self.rig.block.inputs)
        )
        order = TakeOrder(1, self.machine.session / "takes" / "0001", 24, tracks, "test")
        self.rig.block.store_order(1, order.to_json())
        self.rig.ask(Operation.RECORD, slot=1)

    def stop(self) -> None:
        """Press Stop, and let everything be written."""
        self.rig.ask(Operation.STOP)
        for _ in range(30):
            self.play(TURN_FRAMES)
            self.turn()

    def arm(self, path: str, spec: str) -> None:
        """Put a fault under the files whose path has `path` in it."""
        ctypes.CDLL(None).iofault_arm(path.encode(), spec.encode())

    def limit(self, size: int) -> None:
        """Let no file grow beyond `size` bytes."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def endless(self) -> None:
        """Roll on until killed; a line for every turn: the frame up to which the machine could write."""
        while True:
            self.roll(TURN_FRAMES)
            sys.stdout.write(f"{self.rig.block.capture_head}\n")
            sys.stdout.flush()


def main() -> None:
    """Run a scenario: {"session", "tracks", "ring_s", "steps": [[method of Worker, arguments...], ...], options}."""
    scenario = json.loads(sys.argv[1])
    with Rig.make(strips=scenario["tracks"], buses=0, ring_s=scenario.get("ring_s", 2.0)) as rig:
        worker = Worker(rig, scenario)
        for name, *arguments in scenario["steps"]:
            getattr(worker, name)(*arguments)
        if worker.machine.copy is not None:
            worker.machine.copy.stop()
        worker.machine.stop()
        sys.stdout.write(json.dumps(worker.machine.status()))


if __name__ == "__main__":
    main()
