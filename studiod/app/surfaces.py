"""The surfaces of the desk process: the ports' bell, what is looked for, and the manager between them."""

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from studiod.app.bells import Bells
from studiod.app.settings import Settings
from studiod.desk.hub import Hub
from studiod.link import Block
from studiod.surfaces.choice import Wish, in_order
from studiod.surfaces.manager import SurfaceManager
from studiod.surfaces.maps import load_maps, map_folder
from studiod.surfaces.models import Directed, MapModel, Model
from studiod.surfaces.ports import BlockPorts
from studiod.surfaces.touches import Touches

if TYPE_CHECKING:
    from studiod.surfaces.base import SurfaceMap

_log = logging.getLogger(__name__)


class DeskSurfaces:
    """Every box of the desk. Belongs to the desk's loop: make it and `start` it there."""

    def __init__(self, block: Block, settings: Settings, bells: Bells, hub: Hub) -> None:
        self.faults: tuple[str, ...] = ()
        """What is wrong with files of maps; known once it has started."""
        self.manager: SurfaceManager | None = None
        """None until the maps are read."""
        self._settings = settings.surfaces
        self._bells = bells
        self._hub = hub
        self._loop = asyncio.get_running_loop()
        self._touches = Touches()
        self._ports = BlockPorts(block, bells.ring_said)

    async def start(self) -> None:
        """Read the maps, beside the loop, and look for boxes from then on."""
        manager = SurfaceManager(
            self._hub, await self._models(), self._ports, clock=self._loop.time, later=self._loop.call_later
        )
        self.manager = manager
        manager.start()
        self._loop.add_reader(self._bells.heard, self._heard)

    def stop(self) -> None:
        """Let every box go; may be called before `start` is done."""
        self._loop.remove_reader(self._bells.heard)
        if self.manager is not None:
            self.manager.stop()

    async def _models(self) -> list[Model]:
        """Everything that is looked for, in the order in which it is asked."""
        shelves: list[list[Model]] = []
        for folder in (map_folder(), *self._settings.maps):
            found, faults = await asyncio.to_thread(_read_maps, folder)
            shelves.append([MapModel(facts, self._hub, self._loop.time, self._touches) for facts in found])
            self.faults += faults
        wanted, faults = in_order(shelves, (Wish(line.port, line.map) for line in self._settings.use))
        self.faults += faults
        for fault in self.faults:
            _log.warning("%s", fault)
        return [Directed(each.model, each.match) for each in wanted]

    def _heard(self) -> None:
        self._bells.hush_heard()
        if self._ports.turn() and self.manager is not None:
            self.manager.poll()


def _read_maps(folder: Path) -> "tuple[tuple[SurfaceMap, ...], tuple[str, ...]]":
    return load_maps(folder.expanduser())
