"""The surfaces of the desk process: the ports' bell, what is looked for, and the manager between them."""

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from studiod.app.bells import Bells
from studiod.app.osc_line import OscLine
from studiod.app.settings import PedalSettings, Settings
from studiod.desk.hub import Hub
from studiod.link import Block
from studiod.net.osc.endpoint import OscEndpoint
from studiod.surfaces.dialects import LINES
from studiod.surfaces.manager import SurfaceManager
from studiod.surfaces.maps import load_maps, map_folder
from studiod.surfaces.models import MapModel, Model
from studiod.surfaces.pedals import HELD, Pedal, PedalMidi, pedal_faults, pedal_maps
from studiod.surfaces.ports import BlockPorts
from studiod.surfaces.serial.models import LineDesk, line_models
from studiod.surfaces.touches import Touches

if TYPE_CHECKING:
    from studiod.surfaces.base import SurfaceMap

_log = logging.getLogger(__name__)


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
        """Everything that is looked for, in the order in which it is asked."""
        maps: list[SurfaceMap] = []
        for folder in (map_folder(), *self._settings.maps):
            found, faults = await asyncio.to_thread(_read_maps, folder)
            maps += found
            self.faults += faults
        for fault in self.faults:
            _log.warning("%s", fault)
        # of maps for lines the user's own come first; a box on a line is asked who it is, whatever is found before it
        lines = tuple(facts for facts in reversed(maps) if facts.dialect in LINES)
        pedals = tuple(map(_pedal, self._settings.pedals))
        for fault in pedal_faults(pedals, self._hub.registry):
            self.faults += (fault,)
            _log.warning("%s", fault)
        desk = LineDesk(self._hub, lines, self._loop.time, self._touches, pedals=pedals)
        return [
            *(
                MapModel(facts, self._hub, self._loop.time, self._touches)
                for facts in maps
                if facts.dialect not in LINES
            ),
            *line_models(desk, self._osc_line),
            *(
                MapModel(facts, self._hub, self._loop.time, self._touches, dialect_for=PedalMidi)
                for facts in pedal_maps(pedals, self._hub.registry)
            ),
        ]

    def _osc_line(self, name: str) -> OscLine:
        return OscLine(name, self._endpoint, self._loop.time)

    def _heard(self) -> None:
        self._bells.hush_heard()
        if self._ports.turn() and self.manager is not None:
            self.manager.poll()


def _pedal(told: PedalSettings) -> Pedal:
    acts = {"press": told.press, "tap": told.tap, "hold": told.hold, "double": told.double, HELD: told.held}
    return Pedal(
        told.port,
        {moment: words for moment, words in acts.items() if words},
        told.channel,
        told.cc,
        told.note,
        told.control or "",
        told.normally == "closed",
    )


def _read_maps(folder: Path) -> "tuple[tuple[SurfaceMap, ...], tuple[str, ...]]":
    return load_maps(folder.expanduser())
