"""The desk process: the hub and everything that speaks for it, started in order and stopped in mirror order."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from studiod import __version__
from studiod.app import blackbox_door, import_door, learn_door, transport_door
from studiod.app.banner import banner
from studiod.app.bells import Bells
from studiod.app.latencies import Latencies, load_measured
from studiod.app.queries import Queries
from studiod.app.settings import Settings
from studiod.app.take_door import TakeDoor
from studiod.desk import state
from studiod.desk.hub import Change, Hub
from studiod.desk.keeping import Keeping
from studiod.desk.librarian import Librarian
from studiod.desk.meters import Meters
from studiod.desk.rules import lay_rules
from studiod.desk.store import BlockStore, values_in
from studiod.desk.transport import Outside, Transport
from studiod.link import DESK, ENGINE, TAPE, Block
from studiod.link.closed import is_over
from studiod.model.console import console_parameters
from studiod.model.parameter import Flag, Refused
from studiod.model.registry import Registry
from studiod.net.access import AccessPolicy, networks
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.server import OscServer

POLL_S = 0.02  # engine's word to surfaces: a third of a frame of film
SAVE_S = 2.0  # a change is on disk so much later
RETRY_TURN_S = 0.002  # the engine's ring was full: it drains every block
PORT_WAIT_S = 0.5  # a port that is taken is tried again so often
_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from studiod.app.surfaces import DeskSurfaces
    from studiod.surfaces.learn import Learner


def run(block: Block, settings: Settings, bells: Bells) -> int:
    """Until SIGTERM; exit status."""
    return asyncio.run(Desk(block, settings, bells).run())


class Desk:
    """All parts of the desk process and how they hang together."""

    def __init__(self, block: Block, settings: Settings, bells: Bells) -> None:
        self._block = block
        self._bells = bells
        self._settings = settings
        layout = settings.console_layout()
        self._session = settings.tape.library.expanduser() / settings.tape.session
        self._is_over = partial(is_over, block)
        registry = Registry(console_parameters(layout))
        self.hub = Hub(registry, BlockStore(block), block.rate_hz)
        lay_rules(self.hub, layout)
        self._meters = Meters(self.hub, layout)
        latencies = Latencies(load_measured(settings.tape.library.expanduser()), settings.audio.roundtrip_frames)
        self.transport = Transport(
            block,
            self.hub,
            layout,
            self._session,
            settings.tape.bits,
            transport_door.shelf(self._session, self._is_over),
            outside=Outside(lambda: latencies.now(block).frames, self._control_ports),
        )
        self.librarian = Librarian(
            lambda: self.transport.takes, self.transport.reread_takes, lambda: self.transport.recording
        )
        self.keeping = Keeping(block, self.hub, layout, self._session, self.transport)
        self.queries = Queries(block, settings, self.hub, self.transport, latencies)
        self._stopped = asyncio.Event()
        self._went_astray = False
        self._unsaved = False
        self._was_there = False
        self._save_now = asyncio.Event()
        self._writing: asyncio.Future[None] | None = None
        self._turn_due = False
        self._tasks: list[asyncio.Task[None]] = []
        self._surfaces: DeskSurfaces | None = None

    async def run(self) -> int:
        """Start everything, wait for SIGTERM, stop everything."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stopped.set)
        self.hub.on_first_change = self._ask_for_turn
        is_restart = self._block.starts(DESK) > 1
        self._restore(is_restart=is_restart)
        self.hub.observe(self._note_changes)
        self.transport.markers.on_change = self._note_timeline
        self._begin(self.transport.run(), "transport")
        self._begin(self.librarian.run(), "librarian")
        self._begin(self._watch(), "watch")
        endpoint = OscEndpoint(self.hub, loop, meter_hz=self._settings.osc.meter_hz)
        self.queries.register(endpoint)
        blackbox_door.register(endpoint, self.keeping)
        TakeDoor(self.librarian, self._session, self._is_over).register(endpoint)
        transport_door.register(endpoint, self.transport)
        import_door.register(endpoint, self.transport)
        learn_door.register(endpoint, self.hub.registry, self._learner)
        server = self._make_server(endpoint)
        await self._open_osc(server)
        self._block.set_ready(DESK, ready=True)
        # what lives as long as the desk need not be looked at by every collection
        gc.collect()
        gc.freeze()
        self._begin(self._save_when_changed(), "save")
        self._tasks.append(loop.create_task(self._start_surfaces(endpoint), name="surfaces"))
        if not is_restart:
            self._tasks.append(loop.create_task(self._say_hello(), name="hello"))
        await self._stopped.wait()
        await self._stop(server)
        return int(self._went_astray)

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Have `work` done as long as the desk lives, which without it would only seem to."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        task.add_done_callback(self._look_after)
        self._tasks.append(task)

    def _look_after(self, task: asyncio.Task[None]) -> None:
        """A part that ended by itself takes the desk along: the supervisor starts another, and sound never notices."""
        if task.cancelled():
            return
        _log.critical("the desk's %s went astray: it starts again", task.get_name(), exc_info=task.exception())
        self._went_astray = True
        self._stopped.set()

    # -- start -----------------------------------------------------------------------------------------------------

    def _restore(self, *, is_restart: bool) -> None:
        """A restarted desk finds its values in the block; the first one, and the timeline, in the session file."""
        saved = state.load_session(self._session)
        if is_restart:
            numbers, texts = values_in(self._block, self.hub.registry)
            kept = [(a, v) for a, v in numbers if Flag.READ_ONLY not in self.hub.registry[a].flags]
            faults = self.hub.restore(kept, texts)
        else:
            # arms are safe at power-up: nothing records until someone says so again
            faults = saved.faults + self.hub.restore(
                [(a, v) for a, v in saved.numbers if not a.endswith("/arm")], saved.texts
            )
        faults += self.transport.restore(saved.timeline)
        for fault in faults:
            _log.warning("session: %s", fault)
        self.queries.faults += faults
        self.hub.store_all()

    def _make_server(self, endpoint: OscEndpoint) -> OscServer:
        osc = self._settings.osc
        return OscServer(
            endpoint, osc.bind, self._previous_port() or osc.port, AccessPolicy(allowed=networks(osc.allow))
        )

    async def _open_osc(self, server: OscServer) -> None:
        """Open the network's door; one that is taken is tried again until it is free, and all else goes on."""
        try:
            await server.start()
        except OSError as fault:
            self._network_fault(str(fault.strerror or fault))
            self._tasks.append(asyncio.get_running_loop().create_task(self._keep_opening(server), name="osc"))
        else:
            self._network_open(server)

    async def _keep_opening(self, server: OscServer) -> None:
        while self.queries.server is None:
            await asyncio.sleep(PORT_WAIT_S)
            with contextlib.suppress(OSError):
                await server.start()
                self._network_open(server)
                _log.info("OSC listens on %s:%d now", server.host, server.port)

    def _network_open(self, server: OscServer) -> None:
        self._network_fault("")
        self.queries.server = server
        self._block.store_status(DESK, f'{{"port": {server.port}}}')
        self._start_discovery(server)

    def _network_fault(self, sentence: str) -> None:
        self.queries.network_fault = sentence
        if sentence:
            _log.error("%s; recording and surfaces go on without the network", sentence)

    def _previous_port(self) -> int:
        """The port the desk before this one had: clients know it, also when it was any free one."""
        told = self._block.status(DESK)
        if self._block.starts(DESK) > 1 and told.startswith('{"port": '):
            return int(told.removeprefix('{"port": ').removesuffix("}"))
        return 0

    def _start_discovery(self, server: OscServer) -> None:
        if not self._settings.osc.zeroconf:
            return
        from studiod.net.discovery import Discovery, addresses_reaching, osc_services

        services = osc_services(__version__, "ifsdhTF", udp_port=server.port, tcp_port=server.port)
        addresses = addresses_reaching(self._settings.osc.bind)
        self.queries.discovery = Discovery(self._settings.studio.name, services, addresses=addresses)
        self.queries.discovery.start()

    async def _start_surfaces(self, endpoint: OscEndpoint) -> None:
        if not self._settings.has_ports or not (self._settings.surfaces.enable or self._settings.sync.ports):
            return
        # beside the loop: on a slow machine this takes seconds, in which the desk would seem to hang
        desk_surfaces = await asyncio.to_thread(_desk_surfaces)
        self._surfaces = desk_surfaces(
            self._block, self._settings, self._bells, self.hub, endpoint=endpoint, transport=self.transport
        )
        await self._surfaces.start()
        self.queries.sync = self._surfaces.sync
        self.queries.surfaces = self._surfaces.manager
        self.queries.conduct = self._surfaces.conduct
        self.queries.faults += self._surfaces.faults

    def _learner(self) -> "Learner":
        if not (self._settings.has_ports and self._settings.surfaces.enable):
            raise Refused(f"{learn_door.LEARN}: boxes are not looked for; see surfaces and midi of the configuration")
        if self._surfaces is None or self._surfaces.learner is None:
            raise Refused(f"{learn_door.LEARN}: the maps are still being read; try again in a moment")
        return self._surfaces.learner

    def _control_ports(self) -> tuple[str, ...]:
        manager = self.queries.surfaces
        return () if manager is None else manager.control_ports()

    async def _say_hello(self) -> None:
        """Tell the person at the terminal what is open, once the engine and the tape are."""
        while not (self._block.is_ready(TAPE) and self._block.status(ENGINE)):  # noqa: ASYNC110 - another process says so
            await asyncio.sleep(POLL_S)
        text = banner(self.queries.status())
        with contextlib.suppress(OSError):  # a service without a terminal
            os.write(1, text.encode())

    # -- the loop --------------------------------------------------------------------------------------------------

    def _ask_for_turn(self) -> None:
        if not self._turn_due:
            self._turn_due = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._turn_due = True  # whatever asks meanwhile waits: a full ring must not spin the loop
        try:
            self.hub.turn()
        except ExceptionGroup:
            _log.exception("an observer of the desk failed; the others were told")
        finally:
            self._turn_due = False
        if self.hub.is_behind:
            self._turn_due = True
            asyncio.get_running_loop().call_later(RETRY_TURN_S, self._turn)

    async def _watch(self) -> None:
        while True:
            snapshot = self._block.snapshot()
            self._meters.update(snapshot)
            self.transport.poll(snapshot)
            self.keeping.poll(snapshot, self.transport.tape)
            self._block.beat(DESK)
            await asyncio.sleep(POLL_S)

    def _note_changes(self, changes: list[Change]) -> None:
        if any(Flag.PERSISTED in change.spec.flags and change.origin != "session" for change in changes):
            self._unsaved = True

    async def _save_when_changed(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._save_now.wait(), SAVE_S)
            self._save_now.clear()
            await self._save()

    def _note_timeline(self) -> None:
        """A marker is in no block: it is on disk at once, so that a desk that is killed does not take it along."""
        self._unsaved = True
        self._save_now.set()

    async def _save(self) -> None:
        if self._writing is not None:  # who began it was told to stop
            await asyncio.wait({self._writing})
            self._unsaved |= self._writing.exception() is not None
        if not self._unsaved or self.transport.tape.get("is_locked_out"):
            return  # another studiod's session is not ours to save: it would lose what was set there
        self._unsaved = False
        try:
            document = state.snapshot_of(self.hub, self.transport.timeline())
            # whoever waits may be told to stop: it is written all the same
            self._writing = asyncio.ensure_future(asyncio.to_thread(self._save_document, document))
            await asyncio.shield(self._writing)
        except OSError as fault:
            self._unsaved = True
            remedy = f"make {self._session} writable" if self._session.is_dir() else f"put {self._session} back"
            sentence = f"the session cannot be saved: {fault.strerror or fault}; {remedy}"
            if sentence != self.queries.session_fault:
                _log.warning("%s", sentence)
            self.queries.session_fault = sentence
        except Exception as fault:  # noqa: BLE001 - logged and told; the next change is saved, if it lets itself
            self.queries.session_fault = f"the session cannot be saved: {type(fault).__name__}: {fault}"
            _log.exception("%s", self.queries.session_fault)
        else:
            self.queries.session_fault = ""

    def _save_document(self, document: dict[str, Any]) -> None:
        self._was_there |= self._session.is_dir() or bool(self.transport.tape.get("library_fault"))
        state.save(self._session, document, may_make=not self._was_there)
        self._was_there = True

    # -- stop ------------------------------------------------------------------------------------------------------

    async def _stop(self, server: OscServer) -> None:
        if self._surfaces is not None:
            self._surfaces.stop()
        if self.queries.discovery is not None:
            await self.queries.discovery.stop()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.hub.turn()
        await self._save()


def _desk_surfaces() -> "type[DeskSurfaces]":
    from studiod.app.surfaces import DeskSurfaces

    return DeskSurfaces
