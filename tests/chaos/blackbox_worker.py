"""A black box turned by hand in a process of its own, so that faults can be put under it (tests/data/iofault.c).

    LD_PRELOAD=iofault.so python -m tests.chaos.blackbox_worker SCENARIO     (JSON, see `main`)

Prints its last status as JSON.
"""

import ctypes
import json
import sys
from pathlib import Path
from typing import Any

from studiod.link.order import KeepOrder, TrackOrder
from tests.fakes.blackbox_rig import RATE_HZ, BlackBoxRig
from tests.fakes.desk_rig import Rig

STEP_FRAMES = 4800


class Worker:
    """What each step of a scenario does."""

    def __init__(self, rig: Rig, scenario: dict[str, Any]) -> None:
        self.library = Path(scenario["library"])
        self.studio = BlackBoxRig(rig, self.library, chunk_s=scenario.get("chunk_s", 2.0))
        self.studio.box.start()

    def play(self, seconds: float) -> None:
        """Play on, the black box turning as the clock goes."""
        self.studio.play(round(seconds * RATE_HZ), STEP_FRAMES)

    def arm(self, path: str, spec: str) -> None:
        """Put a fault under the files whose path has `path` in it; an empty spec takes it away."""
        ctypes.CDLL(None).iofault_arm(path.encode(), spec.encode())

    def keep(self, number: int) -> None:
        """Make everything there is take `number`."""
        rig = self.studio.rig
        tracks = tuple(TrackOrder(n, f"input-{n + 1:02d}.wav", n, f"In {n + 1}", "input") for n in range(2))
        folder = self.library / "session" / "takes" / f"{number:04d}"
        rig.block.store_keep(KeepOrder(number, folder, tracks, 0, self.studio.head, 0).to_json())
        for _ in range(100):
            self.studio.box.turn()

    def endless(self) -> None:
        """Play on until killed; a line for every turn: the frame up to which there was sound."""
        while True:
            self.studio.play(STEP_FRAMES, STEP_FRAMES)
            sys.stdout.write(f"{self.studio.head}\n")
            sys.stdout.flush()


def main() -> None:
    """Run a scenario: {"library", "chunk_s", "steps": [[method of Worker, arguments...], ...]}."""
    scenario = json.loads(sys.argv[1])
    with Rig.make(strips=2, buses=0, ring_s=5.0) as rig:
        worker = Worker(rig, scenario)
        for name, *arguments in scenario["steps"]:
            getattr(worker, name)(*arguments)
        worker.studio.box.stop()
        said = {**worker.studio.box.status(), "head": worker.studio.head}
        sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
