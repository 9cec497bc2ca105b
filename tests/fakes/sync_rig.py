"""A session in virtual time with MIDI ports: other machines play by the clock, and what they hear has its moment."""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from studiod.link import HEARD, PORTS, SAID, EngineClock, EventReader, EventWriter
from studiod.link.frame_clock import FrameClock
from studiod.ports import Patchbay
from studiod.surfaces.ports import BlockPorts
from studiod.surfaces.sync.desk import SyncDesk
from studiod.surfaces.sync.moment import Clocks
from studiod.surfaces.sync.plan import PortPlan, SyncPlan
from tests.fakes.hand_loop import HandLoop
from tests.fakes.port_system import MemorySystem
from tests.fakes.session_rig import RATE_HZ, SessionRig
from tests.unit.desk.rolling import session

_STEP_NS = 1_000_000
_PLUGGED_S = 0.3  # the list of ports is read four times a second
_IDEAL = EngineClock(1, 0, 1, 1)  # frame 0 at 1 ns


class SyncRig:
    """Machines are ports of `system`; `at` has one play a message at a moment, `sent` is what each heard, and when."""

    def __init__(self, studio: SessionRig, plan: SyncPlan, late_frames: int = 0) -> None:
        self.studio = studio
        self.hub = studio.hub
        self.system = MemorySystem()
        self.sent: list[tuple[float, str, bytes]] = []
        block = studio.rig.block
        self._ns = 1
        self._score: list[tuple[int, int, str, bytes]] = []
        self._order = itertools.count()
        self._said = EventReader(block, SAID)
        self._loop = HandLoop()
        frames = FrameClock(RATE_HZ)
        frames.read(_IDEAL)
        self._patchbay = Patchbay(
            self.system,
            EventWriter(block, HEARD),
            frames,
            lambda ports: block.store_status(PORTS, ports.to_json()),
            now_ns=lambda: self._ns,
        )
        self.ports = BlockPorts(block, lambda: None)
        clocks = Clocks(lambda: max(self._ns, round(self.now_s * 1e9) + 1), lambda: _IDEAL, lambda: late_frames)
        self.sync = SyncDesk(
            studio.hub, block, studio.transport, self.ports, plan, clocks=clocks, later=self._loop.later
        )

    @property
    def now_s(self) -> float:
        """Seconds of the engine's clock."""
        return self.studio.rig.block.snapshot().frame / RATE_HZ

    async def plug(self, *names: str) -> None:
        """Plug machines in, and let them be noticed."""
        for name in names:
            self.system.plug(name)
        await self.roll(_PLUGGED_S)

    def at(self, at_s: float, port: str, *messages: bytes) -> None:
        """The machine at `port` will say that at `at_s`, seconds of the engine's clock."""
        for message in messages:
            heapq.heappush(self._score, (round(at_s * 1e9) + 1, next(self._order), port, message))

    async def say(self, port: str, *messages: bytes) -> None:
        """The machine says that now, and it is obeyed."""
        self.at(self.now_s, port, *messages)
        await self.roll(0.02)
        await self.studio.settle()

    async def roll(self, seconds: float) -> None:
        """Let time go by."""
        end_s = self.now_s + seconds
        while self.now_s < end_s - 1e-9:
            await self.studio.roll(480)
            self._catch_up()
            for _ in range(3):
                await asyncio.sleep(0)
        self._catch_up()

    def heard_by(self, port: str) -> list[bytes]:
        """What the machine has heard, but clock ticks and quarter frames."""
        return [message for _, name, message in self.sent if name == port and message[0] not in (0xF8, 0xF1)]

    def _catch_up(self) -> None:
        """Let ports and surfaces live up to the engine's now, a millisecond at a time."""
        while self._ns + _STEP_NS <= self.now_s * 1e9 + 1:
            upto = self._ns + _STEP_NS
            while self._score and self._score[0][0] < upto:
                self._ns, _, port, message = heapq.heappop(self._score)
                self.system.play(port, message, 1e9)  # the time it is told at is the time it came
            self._ns = upto
            if self._ns // _STEP_NS % 250 == 0:
                self._patchbay.poll()
                self.studio.rig.block.set_ready(PORTS, ready=True)
            if self.ports.turn():
                self.sync.poll()
            self._loop.advance(_STEP_NS / 1e9)
            self._patchbay.say(self._said.read())
            self.sent += [(self._ns / 1e9, *each) for each in self.system.sent]
            self.system.sent.clear()


@asynccontextmanager
async def _rig(folder: Path, plan: SyncPlan, late_frames: int) -> AsyncIterator[SyncRig]:
    async with session(folder) as studio:
        rig = SyncRig(studio, plan, late_frames)
        rig.sync.start()
        try:
            yield rig
        finally:
            rig.sync.stop()


Scene = Callable[[SyncRig], Awaitable[None]]


def in_time(
    scene: Scene, folder: Path, *ports: PortPlan, start: tuple[int, int, int] = (0, 0, 0), late_frames: int = 0
) -> None:
    """Let `scene` happen with machines on `ports`; timecode free-wheels for a second."""

    async def run() -> None:
        async with _rig(folder, SyncPlan(ports, start, 1.0), late_frames) as rig:
            await scene(rig)

    asyncio.run(run())
