"""A studio that has takes on a disk and no sound: the real door, librarian and OSC server, in a thread of its own."""

import asyncio
import threading
from concurrent.futures import Future
from pathlib import Path

from studiod.app import lane_list, take_list
from studiod.app.take_door import TakeDoor
from studiod.desk.hub import Hub
from studiod.desk.librarian import Librarian
from studiod.desk.takes import read_takes
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.registry import Registry
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.server import OscServer
from tests.fakes.store import MemoryStore


class TakeStudio:
    """Listens on a free port of loopback between `start` and `stop`."""

    def __init__(self, session: Path) -> None:
        self.port = 0
        self.recording: int | None = None
        self.is_stuck = False
        """Orders are taken and nobody obeys them: a disk that does not answer."""
        self._session = session
        self._takes = read_takes(session)
        self._thread: threading.Thread | None = None

    def start(self) -> "TakeStudio":
        """Listen; returns itself."""
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(opened)), name="take studio")
        self._thread.start()
        opened.result(10.0)
        return self

    def stop(self) -> None:
        """Hang up and end the thread."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join(10.0)

    async def _run(self, opened: "Future[None]") -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        hub = Hub(Registry(console_parameters(ConsoleLayout(1, 0, (1,), ("",), ()))), MemoryStore(), 48000)
        endpoint = OscEndpoint(hub, self._loop)
        librarian = Librarian(lambda: self._takes, self._reread, lambda: self.recording)
        TakeDoor(librarian, self._session, lambda _: False).register(endpoint)
        take_list.register(endpoint, lambda: self._takes)
        lane_list.register(endpoint, lambda: self._takes, lambda: ("Bass", "Voice"))
        server = OscServer(endpoint, "127.0.0.1", 0)
        try:
            await server.start()
            self.port = server.port
        except BaseException as fault:
            opened.set_exception(fault)
            raise
        opened.set_result(None)
        task = None if self.is_stuck else self._loop.create_task(librarian.run())
        await self._stopped.wait()
        if task is not None:
            task.cancel()
        server.close()

    async def _reread(self, _plays_anew: bool) -> None:  # noqa: FBT001 - what the transport's own takes
        self._takes = await asyncio.to_thread(read_takes, self._session)
