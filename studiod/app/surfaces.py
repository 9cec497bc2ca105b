"""The surfaces of the desk process: the ports' bell, what is looked for, and the manager between them."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from studiod.app.bells import Bells
from studiod.app.osc_line import OscLine
from studiod.app.settings import PedalSettings, Settings
from studiod.app.sync import sync_desk
from studiod.desk.hub import Hub
from studiod.desk.transport import Transport
from studiod.link import Block
from studiod.net.osc.endpoint import OscEndpoint
from studiod.surfaces.choice import Wish, in_order
from studiod.surfaces.dialects import LINES
from studiod.surfaces.mackie.desk import MackieDesk, MackieModel
from studiod.surfaces.mackie.facts import BoxFacts
from studiod.surfaces.manager import SurfaceManager
from studiod.surfaces.models import Directed, MapModel, Model
from studiod.surfaces.pedals import HELD, Pedal, PedalMidi, pedal_faults, pedal_maps
from studiod.surfaces.ports import BlockPorts
from studiod.surfaces.serial.models import LineDesk, line_models
from studiod.surfaces.shelf import Shelf, read_shelves
from studiod.surfaces.touches import Touches

if TYPE_CHECKING:
    from studiod.surfaces.base import SurfaceMap
    from studiod.surfaces.sync.desk import SyncDesk

_log = logging.getLogger(__name__)


def looked_for(
    shelves: Sequence[Shelf],
    wishes: Iterable[Wish],
    hub: Hub,
    desk: MackieDesk,
    clock: Callable[[], float],
    touches: Touches,
) -> tuple[list[Model], tuple[str, ...]]:
    """Models in the order in which they are asked whether a port is theirs, and what is wrong with `wishes`.

    shelves: the built-in one first. desk: where boxes that speak Mackie Control stand side by side.
    """

    def model(facts: "BoxFacts | SurfaceMap") -> Model:
        return MackieModel(facts, desk) if isinstance(facts, BoxFacts) else MapModel(facts, hub, clock, touches)

    rows = [[model(facts) for facts in shelf.facts if getattr(facts, "dialect", "") not in LINES] for shelf in shelves]
    wanted, faults = in_order(rows, wishes)
    return [Directed(each.model, each.match) for each in wanted], faults


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
        self.sync: SyncDesk | None = None
        """None where the configuration names nobody to be in time with."""
        self._block = block
        self._transport = transport
        self._sync_settings = settings.sync
        self._settings = settings.surfaces
        self._bells = bells
        self._hub = hub
        self._endpoint = endpoint
        self._loop = asyncio.get_running_loop()
        self._touches = Touches()
        self._ports = BlockPorts(block, bells.ring_said)

    async def start(self) -> None:
        """Read the maps, beside the loop, and look for boxes from then on; be in time from the beginning."""
        self._loop.add_reader(self._bells.heard, self._heard)
        later = self._loop.call_later
        if self._sync_settings.ports:
            self.sync = sync_desk(self._sync_settings, self._hub, self._block, self._transport, self._ports, later)
            self.sync.start()
        if self._settings.enable:
            models = await self._models()
            self.manager = SurfaceManager(self._hub, models, self._ports, clock=self._loop.time, later=later)
            self.manager.start()

    def stop(self) -> None:
        """Let every box go; may be called before `start` is done."""
        self._loop.remove_reader(self._bells.heard)
        for part in (self.sync, self.manager):
            if part is not None:
                part.stop()

    async def _models(self) -> list[Model]:
        """Everything that is looked for, in the order in which it is asked."""
        shelves = await asyncio.to_thread(read_shelves, self._settings.maps)
        wishes = tuple(Wish(line.port, line.map) for line in self._settings.use)
        desk = MackieDesk(self._hub, self._loop.time, self._touches, self._settings.order)
        models, faults = looked_for(shelves, wishes, self._hub, desk, self._loop.time, self._touches)
        pedals = tuple(map(_pedal, self._settings.pedals))
        pedals_wrong = pedal_faults(pedals, self._hub.registry)
        self.faults = (*(fault for shelf in shelves for fault in shelf.faults), *faults, *pedals_wrong)
        for fault in self.faults:
            _log.warning("%s", fault)
        # a box on a line is asked who it is, whatever is found before it: its maps are no models of their own
        own_first = (*shelves[1:], shelves[0])
        lines = tuple(facts for shelf in own_first for facts in shelf.maps if facts.dialect in LINES)
        return [
            *models,
            *line_models(LineDesk(self._hub, lines, self._loop.time, self._touches, pedals=pedals), self._osc_line),
            *(
                MapModel(facts, self._hub, self._loop.time, self._touches, dialect_for=PedalMidi)
                for facts in pedal_maps(pedals, self._hub.registry)
            ),
        ]

    def _osc_line(self, name: str) -> OscLine:
        return OscLine(name, self._endpoint, self._loop.time)

    def _heard(self) -> None:
        self._bells.hush_heard()
        if self._ports.turn():
            for part in (self.manager, self.sync):
                if part is not None:
                    part.poll()


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
