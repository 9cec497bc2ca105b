"""A studio with MIDI by hand: engine, tape machine and the event ring; time is frames."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mido
import numpy as np

from studiod.link import ENGINE, HEARD, PORTS, EventWriter, Operation
from studiod.link.order import MidiOrder, TakeOrder, TrackOrder
from studiod.link.ports import MIDI_MESSAGE, PortInfo, PortList
from studiod.tape import Heard, Journals, TapeMachine, TapeOptions
from studiod.tape.smf import TickClock
from tests.fakes.desk_rig import Rig, layout

RATE_HZ, TAKE = 48_000, 1
NOON_UNIX = 1_800_000_000.0
KEYS, PADS, BOX = 11, 12, 13
ALL = MidiOrder(1, "midi-01.mid", "Keys", "*", None, ("Box",))
DRUMS = MidiOrder(2, "midi-02.mid", "Drums", "pads*", 9)
CLOCK = TickClock.of(RATE_HZ, 120.0)


@dataclass
class MidiStudio:
    """Engine, tape machine and the event ring, turned by hand; time is frames."""

    rig: Rig
    session: Path
    midi: tuple[MidiOrder, ...] = (ALL, DRUMS)
    tracks: int = 1
    pre_record_s: float = 0.0
    copy_to: Path | None = None
    """Turned with the machine."""
    is_clock_synchronised: bool = False
    machine: TapeMachine = field(init=False)

    def __post_init__(self) -> None:
        block = self.rig.block
        self.writer = EventWriter(block, HEARD)
        ports = PortList(tuple(PortInfo(n, name, "in") for n, name in ((KEYS, "Keys"), (PADS, "Pads 1"), (BOX, "Box"))))
        block.store_status(PORTS, ports.to_json())
        block.store_status(ENGINE, "{}")
        tracks = tuple(TrackOrder(n, f"strip-{n + 1:02d}.wav", n, f"Strip {n + 1}") for n in range(self.tracks))
        order = TakeOrder(TAKE, self.folder, 24, tracks, "test", midi=self.midi)
        block.store_order(TAKE, order.to_json())
        self.new_tape()

    @property
    def folder(self) -> Path:
        return self.session / "takes" / "0001"

    def new_tape(self) -> None:
        """The tape process starts anew; one that was there is as if killed."""
        if hasattr(self, "machine"):
            kill(self.machine)
        block = self.rig.block
        heard = Heard(block, self.pre_record_s + 5.0)
        journals = Journals(block, layout(block.strips, block.buses), heard)
        options = TapeOptions(pre_record_s=self.pre_record_s, copy_to=self.copy_to)
        self.machine = TapeMachine(
            block,
            self.session,
            RATE_HZ,
            0.25,
            self.now,
            options=options,
            wall=lambda: NOON_UNIX,
            is_clock_synchronised=lambda: self.is_clock_synchronised,
            journals=journals,
            heard=heard,
        )
        self.machine.start()

    def now(self) -> float:
        return self.rig.block.input_head / RATE_HZ

    def play(self, frames: int, *events: tuple[int, int, bytes]) -> None:
        """Let time pass; events (frames from now, port, message) come meanwhile, told a little late."""
        start = self.rig.block.input_head
        waiting = sorted(events)
        for at in range(0, frames, 480):
            self.rig.render(np.zeros((self.rig.block.inputs, min(480, frames - at)), np.float32), [64])
            while waiting and waiting[0][0] < at + 480:
                offset, port, message = waiting.pop(0)
                self.writer.post(port, MIDI_MESSAGE, start + offset, 0, message)
            self.machine.turn()
            if self.machine.copy is not None:
                self.machine.copy.turn(self.rig.block.snapshot(), self.rig.block.capture_head)

    def record(self) -> int:
        """Press Record; the frame the take begins at."""
        self.rig.ask(Operation.RECORD, slot=TAKE)
        self.play(480)
        return next(take.start for take in self.rig.block.snapshot().takes if take.id == TAKE)

    def stop(self) -> None:
        self.rig.ask(Operation.STOP)
        self.play(4800)  # messages are told late: files are closed a little after the sound
        self.machine.turn()

    def file(self, name: str = "midi-01.mid") -> list[tuple[int, bytes]]:
        """Frame in the file, message."""
        found, tick = [], 0
        for message in mido.MidiFile(self.folder / name).tracks[0]:
            tick += message.time
            if not message.is_meta:
                found.append((CLOCK.frame(tick), bytes(message.bytes())))
        return found

    @property
    def about(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "take.json").read_text())
        return document


def kill(machine: TapeMachine) -> None:
    """Let go of the locks, as the kernel does when a process is killed; nothing is written."""
    for holder in (machine, machine.copy):
        if holder is not None and holder._lock is not None:  # noqa: SLF001 - what kill -9 does to it no method does
            os.close(holder._lock)  # noqa: SLF001
            holder._lock = None  # noqa: SLF001


def note(key: int, *, on: bool = True, channel: int = 0) -> bytes:
    return bytes((0x90 | channel if on else 0x80 | channel, key, 100))
