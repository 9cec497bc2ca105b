"""A tape machine turned by hand in a process of its own, so that faults can be put under it (tests/data/iofault.c).

    LD_PRELOAD=iofault.so python -m tests.chaos.disk_worker SCENARIO     (JSON, see `main`)

Prints the machine's last status as JSON.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np

from studiod.link import ENGINE, HEARD, PORTS, EventWriter, Operation
from studiod.link.order import MidiOrder, TakeOrder, TrackOrder
from studiod.link.ports import MIDI_MESSAGE, PortInfo, PortList
from studiod.tape import Heard, Journals, TapeMachine, TapeOptions
from tests.fakes.desk_rig import Rig, layout

RATE_HZ = 48000
TURN_FRAMES = 4800
BLOCK_BYTES = 1024
KEYS = 11
MIDI = (MidiOrder(1, "midi-01.mid", "Keys", "*", None), MidiOrder(2, "midi-02.mid", "Twice", "keys", 0))
NOTES = 100  # one a turn; so that those of a minute differ by their key and how loud they are


class Worker:
    """One session, one take: what each step of a scenario does."""

    def __init__(self, rig: Rig, scenario: dict[str, Any]) -> None:
        self.rig = rig
        self.now = 0.0
        self.frame = 0
        self.takes = 0
        session = Path(scenario["session"])
        paths = {key: Path(scenario[key]) for key in ("second_library", "copy_to") if key in scenario}
        options = TapeOptions(24, scenario.get("pre_record_s", 0.0), scenario.get("polyphonic", False), **paths)
        self.keys = EventWriter(rig.block, HEARD) if "midi" in scenario else None
        """Plays a note at the end of every turn; midi: MIDI tracks are recorded, "alone" or with the sound."""
        self.is_alone = scenario.get("midi") == "alone"
        self.notes = 0
        self.alarms: list[list[str]] = []
        heard = journals = None
        if self.keys is not None:
            rig.block.store_status(ENGINE, "{}")
            rig.block.store_status(PORTS, PortList((PortInfo(KEYS, "Keys", "in"),)).to_json())
            heard = Heard(rig.block, 5.0)
            journals = Journals(rig.block, layout(rig.block.strips, rig.block.buses), heard)
        self.machine = TapeMachine(
            rig.block, session, RATE_HZ, 0.25, lambda: self.now, list, options, journals=journals, heard=heard
        )
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
        for frame in range(self.frame - frames, self.frame, TURN_FRAMES) if self.keys is not None else ():
            self.note(frame)

    def note(self, frame: int) -> None:
        """Play the next note at `frame`."""
        assert self.keys is not None
        self.keys.post(KEYS, MIDI_MESSAGE, frame, 0, bytes((0x90, self.notes % NOTES, 1 + self.notes // NOTES % 127)))
        self.notes += 1

    def flood(self, notes: int) -> None:
        """Play so many notes before the machine turns again."""
        for _ in range(notes):
            self.note(self.frame)

    def away(self, frames: int) -> None:
        """Play on while the disk holds the machine up."""
        for begin in range(0, frames, TURN_FRAMES):
            self.play(min(TURN_FRAMES, frames - begin))
        self.turn()

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
        midi = MIDI if self.keys is not None else ()
        self.takes += 1
        folder = self.machine.session / "takes" / f"{self.takes:04d}"
        order = TakeOrder(self.takes, folder, 24, () if self.is_alone else tracks, "test", midi=midi)
        self.rig.block.store_order(self.takes, order.to_json())
        self.rig.ask(Operation.RECORD, slot=self.takes)

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

    def fill(self, folder: str) -> None:
        """Let other people take the disk of `folder`, to the last block."""
        step = os.statvfs(folder).f_bfree * os.statvfs(folder).f_frsize
        with (Path(folder) / "other people's").open("ab") as file:
            while step >= BLOCK_BYTES:
                size = os.fstat(file.fileno()).st_size
                try:
                    os.posix_fallocate(file.fileno(), size, step)
                except OSError:
                    os.ftruncate(file.fileno(), size)
                    step //= 2

    def make_room(self, folder: str) -> None:
        """Take away what they have there."""
        (Path(folder) / "other people's").unlink()

    def look(self) -> None:
        """Remember which alarms stand."""
        self.alarms.append([alarm.text for alarm in self.machine.alarms() if alarm.level == "alarm"])

    def die(self) -> None:
        """Killed."""
        os.kill(os.getpid(), signal.SIGKILL)

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
        sys.stdout.write(json.dumps({**worker.machine.status(), "notes": worker.notes, "looks": worker.alarms}))


if __name__ == "__main__":
    main()
