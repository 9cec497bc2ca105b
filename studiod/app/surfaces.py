"""The surfaces of the desk process: the ports' bell, what is looked for, the manager between them, and who learns."""

import asyncio
import datetime as dt
import logging
from collections.abc import Iterable

from studiod.app.bells import Bells
from studiod.app.settings import Settings
from studiod.desk.hub import Hub
from studiod.link import Block
from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.learn import Around, Done, Learner, Work, models_of
from studiod.surfaces.manager import SurfaceManager
from studiod.surfaces.map_base import arranged
from studiod.surfaces.maps import load_maps, map_folder
from studiod.surfaces.models import MapModel, Model
from studiod.surfaces.own_maps import Outcome, OwnMaps
from studiod.surfaces.ports import BlockPorts
from studiod.surfaces.touches import Touches

_log = logging.getLogger(__name__)


class DeskSurfaces:
    """Every box of the desk. Belongs to the desk's loop: make it and `start` it there."""

    def __init__(self, block: Block, settings: Settings, bells: Bells, hub: Hub) -> None:
        self.faults: tuple[str, ...] = ()
        """What is wrong with files of maps; known once it has started."""
        self.manager: SurfaceManager | None = None
        """None until the maps are read."""
        self.learner: Learner | None = None
        """The same."""
        self._settings = settings.surfaces
        self._bells = bells
        self._hub = hub
        self._loop = asyncio.get_running_loop()
        self._touches = Touches()
        self._ports = BlockPorts(block, bells.ring_said)
        self._maps: tuple[SurfaceMap, ...] = ()
        self._models: dict[str, MapModel] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Read the maps, beside the loop, and look for boxes from then on."""
        own, learnt = await self._read()
        self._choose(learnt.maps)
        manager = SurfaceManager(
            self._hub, self._looked_for(), self._ports, clock=self._loop.time, later=self._loop.call_later
        )
        around = Around(self._loop.time, self._loop.call_later, self._in_background, _time_of_day)
        learner = Learner(manager, self._ports, self._touches, own, around, self._use)
        learner.learnt = learnt.learnt
        self.manager, self.learner = manager, learner
        manager.start()
        self._loop.add_reader(self._bells.heard, self._heard)

    def stop(self) -> None:
        """Let every box go; may be called before `start` is done."""
        self._loop.remove_reader(self._bells.heard)
        if self.learner is not None:
            self.learner.stop()
        if self.manager is not None:
            self.manager.stop()

    # -- maps ------------------------------------------------------------------------------------------------------

    async def _read(self) -> tuple[OwnMaps, Outcome]:
        """Every map there is: those that come with studiod and those of the configuration, then this desk's own."""
        maps: tuple[SurfaceMap, ...] = ()
        for folder in (map_folder(), *self._settings.maps):
            found, faults = await asyncio.to_thread(load_maps, folder.expanduser(), maps)
            maps = arranged((*maps, *found))
            self.faults += faults
        own = OwnMaps(self._settings.own_maps.expanduser(), maps, _time_of_day)
        learnt = await asyncio.to_thread(own.read)
        self._maps = maps
        self.faults += learnt.faults
        for fault in self.faults:
            _log.warning("%s", fault)
        return own, learnt

    def _choose(self, own: Iterable[SurfaceMap]) -> None:
        self._models = models_of(arranged(self._maps, own), self._models, self._model)

    def _model(self, facts: SurfaceMap) -> MapModel:
        return MapModel(facts, self._hub, self._loop.time, self._touches)

    def _looked_for(self) -> list[Model]:
        """Everything that is looked for, in the order in which it is asked."""
        return [*self._models.values()]

    # -- learning --------------------------------------------------------------------------------------------------

    def _use(self, own: tuple[SurfaceMap, ...]) -> None:
        """Something was learnt, or taken back."""
        self._choose(own)
        if self.manager is not None:
            self.manager.change(self._looked_for())

    def _in_background(self, work: Work, done: Done) -> None:
        task = self._loop.create_task(_do(work, done), name="learn")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _heard(self) -> None:
        self._bells.hush_heard()
        if self._ports.turn() and self.manager is not None:
            self.manager.poll()


async def _do(work: Work, done: Done) -> None:
    try:
        outcome = await asyncio.to_thread(work)
    except Exception as fault:  # noqa: BLE001 - whatever went wrong is told to who learns
        done(fault)
    else:
        done(outcome)


def _time_of_day() -> str:
    return dt.datetime.now(dt.UTC).astimezone().isoformat(" ", "minutes")[:16]
