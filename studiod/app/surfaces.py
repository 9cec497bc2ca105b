"""The surfaces of the desk process: the ports' bell, what is looked for, the manager, who learns, who is in time."""

import asyncio
import datetime as dt
import logging
from typing import TYPE_CHECKING

from studiod.app.bells import Bells
from studiod.app.looked_for import LookedFor
from studiod.app.osc_line import OscLine
from studiod.app.settings import Settings
from studiod.app.sync import sync_desk
from studiod.desk.hub import Hub
from studiod.desk.transport import Transport
from studiod.link import Block
from studiod.net.osc.endpoint import OscEndpoint
from studiod.surfaces.learn import Around, Done, Learner, Work
from studiod.surfaces.manager import SurfaceManager
from studiod.surfaces.ports import BlockPorts
from studiod.surfaces.touches import Touches

if TYPE_CHECKING:
    from studiod.surfaces.base import SurfaceMap
    from studiod.surfaces.sync.desk import SyncDesk

_log = logging.getLogger(__name__)


class DeskSurfaces:
    """Every box of the desk, and who is in time with it. Belongs to the desk's loop: make it and `start` it there."""

    def __init__(
        self,
        block: Block,
        settings: Settings,
        bells: Bells,
        hub: Hub,
        *,
        endpoint: OscEndpoint,
        transport: Transport,
    ) -> None:
        self.faults: tuple[str, ...] = ()
        """What is wrong with files of maps; known once it has started."""
        self.manager: SurfaceManager | None = None
        """None until the maps are read, and without surfaces."""
        self.learner: Learner | None = None
        """The same."""
        self.sync: SyncDesk | None = None
        """None where the configuration names nobody to be in time with."""
        self._block = block
        self._transport = transport
        self._settings = settings
        self._bells = bells
        self._hub = hub
        self._endpoint = endpoint
        self._loop = asyncio.get_running_loop()
        self._touches = Touches()
        hub.holder = self._touches.holder
        self._ports = BlockPorts(block, bells.ring_said)
        self._ports.box_at = self._box_at
        self.conduct = self._ports.conduct
        """What is wrong with what MIDI ports say."""
        self._looked_for = LookedFor(hub, settings.surfaces, self._loop.time, self._touches, self._osc_line)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Read the maps, beside the loop, and look for boxes from then on; be in time from the beginning."""
        self._loop.add_reader(self._bells.heard, self._heard)
        later = self._loop.call_later
        if self._settings.sync.ports:
            self.sync = sync_desk(self._settings.sync, self._hub, self._block, self._transport, self._ports, later)
            self.sync.start()
        if not self._settings.surfaces.enable:
            return
        own, learnt, self.faults = await asyncio.to_thread(self._looked_for.read, _time_of_day)
        for fault in self.faults:
            _log.warning("%s", fault)
        models = self._looked_for.models(learnt.maps)
        self.manager = SurfaceManager(self._hub, models, self._ports, clock=self._loop.time, later=later)
        around = Around(self._loop.time, later, self._in_background, _time_of_day)
        self.learner = Learner(self.manager, self._ports, self._touches, own, around, self._use)
        self.learner.learnt = learnt.learnt
        self.manager.start()

    def stop(self) -> None:
        """Let every box go; may be called before `start` is done."""
        self._loop.remove_reader(self._bells.heard)
        for part in (self.sync, self.learner, self.manager):
            if part is not None:
                part.stop()

    # -- learning --------------------------------------------------------------------------------------------------

    def _use(self, own: "tuple[SurfaceMap, ...]") -> None:
        """Something was learnt, or taken back."""
        if self.manager is not None:
            self.manager.change(self._looked_for.models(own))

    def _in_background(self, work: Work, done: Done) -> None:
        task = self._loop.create_task(_do(work, done), name="learn")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- ports -----------------------------------------------------------------------------------------------------

    def _osc_line(self, name: str) -> OscLine:
        return OscLine(name, self._endpoint, self._loop.time)

    def _box_at(self, input_name: str) -> str:
        seat = self.manager.seat_of(input_name) if self.manager is not None else None
        return seat.box.name if seat is not None else ""

    def _heard(self) -> None:
        self._bells.hush_heard()
        if self._ports.turn():
            for part in (self.manager, self.sync):
                if part is not None:
                    part.poll()
        if self._ports.is_behind:
            self._loop.call_soon(self._heard)  # others on the loop have their turn in between


async def _do(work: Work, done: Done) -> None:
    try:
        outcome = await asyncio.to_thread(work)
    except Exception as fault:  # noqa: BLE001 - whatever went wrong is told to who learns
        done(fault)
    else:
        done(outcome)


def _time_of_day() -> str:
    return dt.datetime.now(dt.UTC).astimezone().isoformat(" ", "minutes")[:16]
