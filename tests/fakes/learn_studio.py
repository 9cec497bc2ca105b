"""A studio that learns controls and makes no sound: the real door, learner and OSC server, in a thread of its own."""

import asyncio
import threading
from concurrent.futures import Future
from pathlib import Path

from studiod.app import learn_door
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.server import OscServer
from studiod.surfaces.learn import Around, Done, Learner, Work
from studiod.surfaces.manager import SurfaceManager
from studiod.surfaces.own_maps import OwnMaps
from studiod.surfaces.touches import Touches
from tests.fakes.hand import Hand
from tests.fakes.learning import PlainBox
from tests.fakes.midi_ports import MemoryPorts
from tests.unit.surfaces.rig import desk

PORT = "BeatStep MIDI 1"


class LearnStudio:
    """Listens on a free port of loopback between `start` and `stop`; one unknown box is plugged in.

    hand: what is done at the box as soon as a lesson begins.
    """

    def __init__(self, folder: Path, hand: Hand | None = None) -> None:
        self.port = 0
        self.box = PlainBox()
        self.learner: Learner
        self._folder = folder
        self._hand = hand or Hand()
        self._thread: threading.Thread | None = None

    def start(self) -> "LearnStudio":
        """Listen; returns itself."""
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(opened)), name="learn studio")
        self._thread.start()
        opened.result(10.0)
        return self

    def stop(self) -> None:
        """Hang up and end the thread."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join(10.0)

    async def _run(self, opened: "Future[None]") -> None:
        loop = self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        hub, ports, touches = desk(4), MemoryPorts(), Touches()
        ports.plug(PORT, self.box)
        manager = SurfaceManager(hub, (), ports, clock=loop.time, later=loop.call_later)
        own = OwnMaps(self._folder, (), lambda: "2026-05-04 12:30")
        around = Around(loop.time, loop.call_later, self._in_background, lambda: "2026-05-04 12:30")
        self.learner = Learner(manager, ports, touches, own, around, lambda _: None)
        endpoint = OscEndpoint(hub, loop)
        learn_door.register(endpoint, hub.registry, lambda: self.learner)
        server = OscServer(endpoint, "127.0.0.1", 0)
        try:
            await server.start()
            self.port = server.port
        except BaseException as fault:
            opened.set_exception(fault)
            raise
        opened.set_result(None)
        hands = loop.create_task(self._move())
        await self._stopped.wait()
        hands.cancel()
        self.learner.stop()
        server.close()

    def _in_background(self, work: Work, done: Done) -> None:
        self._task = self._loop.create_task(self._do(work, done))

    @staticmethod
    async def _do(work: Work, done: Done) -> None:
        try:
            outcome = await asyncio.to_thread(work)
        except ValueError as fault:
            done(fault)
        else:
            done(outcome)

    async def _move(self) -> None:
        number = 0
        while True:
            await asyncio.sleep(0.01)
            if self.learner.state.number != number and self.learner.state.phase == "listening":
                number, began = self.learner.state.number, self._loop.time()
                for at_s, message in self._hand.said:
                    await asyncio.sleep(max(began + at_s - self._loop.time(), 0.0))
                    self.box.emit(message)
