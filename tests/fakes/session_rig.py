"""A whole session in one process and virtual time: real engine, real tape, real transport; sleeping renders sound."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from studiod.desk.discards import Shelf
from studiod.desk.hub import Hub
from studiod.desk.rules import lay_rules
from studiod.desk.store import BlockStore
from studiod.desk.transport import Outside, Transport
from studiod.link import ENGINE, TAPE
from studiod.link.closed import is_over
from studiod.tape import Player, TapeMachine
from studiod.tape.library import restore_take, trash_take
from tests.fakes.desk_rig import Rig, Samples, layout

RATE_HZ = 48000


@dataclass
class SessionRig:
    """Turned by `roll`, and by whatever waits. Inputs: channel c plays the constant (c + 1) / 100, times `louder`."""

    rig: Rig
    session: Path
    has_engine: bool = True
    has_tape: bool = True
    heard: list[Samples] = field(default_factory=list)
    now_s: float = 0.0
    louder: float = 1.0
    roundtrip_frames: int = 0
    _turning: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.hub = Hub(self.rig.registry, BlockStore(self.rig.block), RATE_HZ)
        lay_rules(self.hub, layout(self.rig.block.strips, self.rig.block.buses))
        self.machine = TapeMachine(self.rig.block, self.session, RATE_HZ, 0.25, lambda: self.now_s)
        self.player = Player(self.rig.block, RATE_HZ)
        strips, buses = self.rig.block.strips, self.rig.block.buses
        self.transport = self.new_transport(strips, buses)
        self.rig.block.set_ready(ENGINE, ready=True)
        self.rig.block.set_ready(TAPE, ready=True)

    def new_transport(self, strips: int, buses: int) -> Transport:
        """What a restarted desk makes."""
        trash = partial(trash_take, self.session, is_over=partial(is_over, self.rig.block))
        shelf = Shelf(trash, partial(restore_take, self.session))
        return Transport(
            self.rig.block,
            self.hub,
            layout(strips, buses),
            self.session,
            24,
            shelf,
            outside=Outside(lambda: self.roundtrip_frames),
            sleep=self.sleep,
        )

    async def sleep(self, seconds: float) -> None:
        """Virtual time: the engine renders it, the tape and the player turn."""
        await self.roll(max(round(seconds * RATE_HZ), 1))

    async def roll(self, frames: int) -> None:
        """Let `frames` go by. The tape, another process in life, turns in another thread: it may wait for its disk."""
        async with self._turning:  # a test and the transport may both wait
            block = self.rig.block
            self.hub.turn()  # as the desk's loop does, soon after every change
            if self.has_engine:
                levels = (np.arange(block.inputs, dtype=np.float32) + 1) * np.float32(self.louder) / 100
                self.heard.append(self.rig.render(np.repeat(levels[:, None], frames, axis=1)))
            self.now_s += frames / RATE_HZ
            if self.has_tape:
                await asyncio.to_thread(self._turn_tape)
            self.transport.poll(block.snapshot())

    def _turn_tape(self) -> None:
        self.machine.turn()
        while self.player.turn():
            pass

    async def start(self) -> None:
        """Open the library."""
        await asyncio.to_thread(self.machine.start)

    async def stop(self) -> None:
        """Close what is open."""
        await asyncio.to_thread(self.machine.stop)
        await asyncio.to_thread(self.player.close)

    async def settle(self) -> None:
        """Until every command is carried out."""
        for _ in range(10_000):
            await asyncio.sleep(0.001)
            if self.transport.is_settled:
                return
        raise AssertionError("the transport does not come to rest")

    @property
    def output(self) -> Samples:
        """Everything main and the buses played so far."""
        return np.concatenate(self.heard, axis=1)
