"""What the desk looks for on its ports: maps, Mackie boxes, serial lines, pedals; in order, and the same for long."""

import logging
from collections.abc import Callable, Iterable, Sequence

from studiod.app.settings import PedalSettings, SurfaceSettings
from studiod.desk.hub import Hub
from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.choice import Wanted, Wish, in_order
from studiod.surfaces.dialects import LINES
from studiod.surfaces.mackie.desk import MackieDesk, MackieModel
from studiod.surfaces.mackie.facts import BoxFacts
from studiod.surfaces.models import Box, Directed, MapModel, Model
from studiod.surfaces.own_maps import Outcome, OwnMaps
from studiod.surfaces.pedals import HELD, Pedal, PedalMidi, pedal_faults, pedal_maps
from studiod.surfaces.serial.models import LineDesk, bare, line_models
from studiod.surfaces.shelf import Shelf, read_shelves
from studiod.surfaces.touches import Touches

_log = logging.getLogger(__name__)


class LookedFor:
    """Models in the order in which they are asked whether a port is theirs.

    A model whose map stays as it is stays the same object: its boxes are not touched when another map is learnt.
    clock: seconds, steady. osc: makes the box for a serial line that speaks OSC.
    """

    def __init__(
        self,
        hub: Hub,
        settings: SurfaceSettings,
        clock: Callable[[], float],
        touches: Touches,
        osc: Callable[[str], Box],
    ) -> None:
        self._hub = hub
        self._settings = settings
        self._clock = clock
        self._touches = touches
        self._osc = osc
        self._wishes = tuple(Wish(line.port, line.map) for line in settings.use)
        self._mackie = MackieDesk(hub, clock, touches, settings.order)
        self._pedals = tuple(map(_pedal, settings.pedals))
        self._pedal_models = [
            MapModel(facts, hub, clock, touches, dialect_for=PedalMidi)
            for facts in pedal_maps(self._pedals, hub.registry)
        ]
        self._shelves: tuple[Shelf, ...] = ()
        self._maps: dict[str, MapModel] = {}
        self._boxes: dict[str, MackieModel] = {}
        self._directed: dict[tuple[str, int], Directed] = {}
        self._lines: tuple[SurfaceMap, ...] | None = None
        self._line_models: list[Model] = []

    def read(self, time_of_day: Callable[[], str]) -> tuple[OwnMaps, Outcome, tuple[str, ...]]:
        """Read every folder: the maps that are made on this desk, how they stand, and what is wrong anywhere.

        Touches the disk: call it once, in another thread. time_of_day: for people.
        """
        self._shelves = read_shelves(self._settings.maps)
        known = (*map(bare, LINES), *(facts for shelf in self._shelves for facts in shelf.maps))
        own = OwnMaps(self._settings.own_maps.expanduser(), known, time_of_day)
        learnt = own.read()
        _, faults = self._wanted(learnt.maps)
        return own, learnt, (
            *(fault for shelf in self._shelves for fault in shelf.faults),
            *learnt.faults,
            *faults,
            *pedal_faults(self._pedals, self._hub.registry),
        )  # fmt: skip

    def models(self, own: Iterable[SurfaceMap]) -> list[Model]:
        """Everything. own: the maps that are made on this desk, as they are now."""
        own = tuple(own)
        wanted, _ = self._wanted(own)
        return [*self._on_ports(wanted), *self._on_lines(own), *self._pedal_models]

    def _wanted(self, own: Sequence[SurfaceMap]) -> tuple[list[Wanted[BoxFacts | SurfaceMap]], tuple[str, ...]]:
        built_in, *theirs = (
            [facts for facts in shelf.facts if getattr(facts, "dialect", "") not in LINES] for shelf in self._shelves
        )
        mine = [facts for facts in own if facts.dialect not in LINES]
        return in_order([built_in, mine, *theirs], self._wishes)

    def _on_ports(self, wanted: Iterable[Wanted[BoxFacts | SurfaceMap]]) -> list[Model]:
        found: list[Model] = []
        directed: dict[tuple[str, int], Directed] = {}
        for each in wanted:
            model = self._model(each.model)
            place = (model.name, sum(name == model.name for name, _ in directed))
            old = self._directed.get(place)
            is_same = old is not None and old.model is model and old.match == each.match
            directed[place] = old if old is not None and is_same else Directed(model, each.match)
            found.append(directed[place])
        self._directed = directed
        return found

    def _model(self, facts: BoxFacts | SurfaceMap) -> Model:
        if isinstance(facts, BoxFacts):
            box = self._boxes.get(facts.name)
            if box is None or box.facts != facts:
                box = self._boxes[facts.name] = MackieModel(facts, self._mackie)
            return box
        old = self._maps.get(facts.name)
        if old is None:
            old = MapModel(facts, self._hub, self._clock, self._touches)
        elif old.facts != facts:
            old = old.with_map(facts)
        self._maps[facts.name] = old
        return old

    def _on_lines(self, own: Iterable[SurfaceMap]) -> list[Model]:
        """A box on a line is asked who it is, whatever is found before it: the user's maps come first."""
        built_in, *theirs = (shelf.maps for shelf in self._shelves)
        every = (*own, *(facts for maps in (*theirs, built_in) for facts in maps))
        lines = tuple({facts.name: facts for facts in reversed(every) if facts.dialect in LINES}.values())[::-1]
        if lines != self._lines:
            self._lines = lines
            desk = LineDesk(self._hub, lines, self._clock, self._touches, pedals=self._pedals)
            self._line_models = line_models(desk, self._osc)
        return self._line_models


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
