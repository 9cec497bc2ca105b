"""The surfaces of the desk process: the ports' bell, what is looked for, and the manager between them."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studiod.app.bells import Bells
from studiod.app.osc_line import OscLine
from studiod.app.settings import Settings
from studiod.desk.hub import Hub
from studiod.link import Block
from studiod.net.osc.endpoint import OscEndpoint
from studiod.surfaces.dialects import LINES
from studiod.surfaces.mackie.desk import MackieDesk, MackieModel
from studiod.surfaces.mackie.facts import load_all
from studiod.surfaces.manager import SurfaceManager
from studiod.surfaces.maps import load_maps, map_folder
from studiod.surfaces.models import MapModel, Model
from studiod.surfaces.ports import BlockPorts
from studiod.surfaces.serial.models import LineDesk, line_models
from studiod.surfaces.touches import Touches

if TYPE_CHECKING:
    from studiod.surfaces.base import SurfaceMap
    from studiod.surfaces.mackie.facts import BoxFacts

_MACKIE = "mackie"  # folder within a folder of maps: boxes that speak Mackie Control or HUI
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one folder of maps knows."""

    boxes: "tuple[BoxFacts, ...]"
    """Of its folder `mackie`."""
    maps: "tuple[SurfaceMap, ...]"
    faults: tuple[str, ...]


def read_shelf(folder: Path) -> Shelf:
    """Every file in `folder` and its folder `mackie`, and what is wrong with those that cannot be used."""
    folder = folder.expanduser()
    boxes, box_faults = load_all(folder / _MACKIE)
    maps, faults = load_maps(folder)
    return Shelf(boxes, maps, box_faults + faults)


def looked_for(
    shelves: Iterable[Shelf], hub: Hub, clock: Callable[[], float], touches: Touches, order: Sequence[str] = ()
) -> list[Model]:
    """Models in the order in which they are asked whether a port is theirs; of those with one name the first counts.

    shelves: the most important first; on each, Mackie Control before numbers of a box's own, which say less.
    order: names of boxes on the Mackie desk, from left to right.
    """
    desk = MackieDesk(hub, clock, touches, order)
    found: dict[str, Model] = {}
    for shelf in shelves:
        models: list[Model] = [
            *(MackieModel(facts, desk) for facts in shelf.boxes),
            *(MapModel(facts, hub, clock, touches) for facts in shelf.maps if facts.dialect not in LINES),
        ]
        for model in models:
            found.setdefault(model.name, model)
    return list(found.values())


class DeskSurfaces:
    """Every box of the desk. Belongs to the desk's loop: make it and `start` it there."""

    def __init__(self, block: Block, settings: Settings, bells: Bells, hub: Hub, endpoint: OscEndpoint) -> None:
        self.faults: tuple[str, ...] = ()
        """What is wrong with files of maps; known once it has started."""
        self.manager: SurfaceManager | None = None
        """None until the maps are read."""
        self._settings = settings.surfaces
        self._bells = bells
        self._hub = hub
        self._endpoint = endpoint
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
        """Everything that is looked for; what a person wrote comes before what is built in."""
        folders = (*self._settings.maps, map_folder())
        shelves = [await asyncio.to_thread(read_shelf, folder) for folder in folders]
        self.faults = tuple(fault for shelf in shelves for fault in shelf.faults)
        for fault in self.faults:
            _log.warning("%s", fault)
        # a box on a line is asked who it is, whatever is found before it: its maps are no models of their own
        lines = tuple(facts for shelf in shelves for facts in shelf.maps if facts.dialect in LINES)
        desk = LineDesk(self._hub, lines, self._loop.time, self._touches)
        return [
            *looked_for(shelves, self._hub, self._loop.time, self._touches, self._settings.order),
            *line_models(desk, self._osc_line),
        ]

    def _osc_line(self, name: str) -> OscLine:
        return OscLine(name, self._endpoint, self._loop.time)

    def _heard(self) -> None:
        self._bells.hush_heard()
        if self._ports.turn() and self.manager is not None:
            self.manager.poll()
