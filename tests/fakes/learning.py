"""A desk that learns: its loop, its sockets, its own folder of maps, and hands at boxes, all turned by hand."""

from collections.abc import Callable, Iterable
from pathlib import Path

from studiod.desk.hub import Hub
from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.learn import Around, Done, Learner, Phase, Work, models_of
from studiod.surfaces.lesson import wish_for
from studiod.surfaces.manager import POLL_S, SurfaceManager
from studiod.surfaces.map_base import arranged
from studiod.surfaces.models import MapModel
from studiod.surfaces.own_maps import OwnMaps
from studiod.surfaces.touches import Touches
from tests.fakes.hand import Hand
from tests.fakes.hand_loop import HandLoop
from tests.fakes.midi_ports import MemoryPorts


class PlainBox:
    """Something with a MIDI plug: says what it is made to say."""

    def __init__(self) -> None:
        self.emit: Callable[[bytes], None] = lambda _: None
        self.received: list[bytes] = []

    def receive(self, message: bytes) -> None:
        """A message from the computer."""
        self.received.append(message)


class LearningDesk:
    """A desk of that hub, which knows `maps`, and keeps what it learns in `folder`."""

    def __init__(
        self, folder: Path, hub: Hub, maps: Iterable[SurfaceMap] = (), ports: MemoryPorts | None = None
    ) -> None:
        self.loop = HandLoop()
        self.ports = ports or MemoryPorts()
        self.hub = hub
        self.touches = Touches()
        self.clock_words = "2026-05-04 12:30"
        self.waiting: list[tuple[Work, Done]] = []
        """Work for the disk, while `is_slow`."""
        self.is_slow = False
        self._known = tuple(maps)
        own = OwnMaps(folder, self._known, lambda: self.clock_words)
        self._models: dict[str, MapModel] = {}
        self.manager = SurfaceManager(hub, (), self.ports, clock=self.loop.time, later=self.loop.later)
        around = Around(self.loop.time, self.loop.later, self._in_background, lambda: self.clock_words)
        self.learner = Learner(self.manager, self.ports, self.touches, own, around, self._use)
        self._use(own.read().maps)
        self.manager.start()

    def learn(
        self, address: str, *, is_momentary: bool = False, argument: float | None = None, is_row: bool = False
    ) -> None:
        """Begin a lesson, and a turn of the loop."""
        wish = wish_for(
            self.hub.registry, address, is_momentary=is_momentary, argument=argument, is_row=is_row
        )  # fmt: skip
        self.learner.learn(wish)
        self.turn()

    def plug(self, name: str, box: PlainBox | None = None) -> PlainBox:
        """Plug a box in, and wait until it was looked for."""
        found = box or PlainBox()
        self.ports.plug(name, found)
        self.turn(POLL_S + 0.2)
        return found

    def play(self, box: PlainBox, hand: Hand) -> None:
        """Everything that the hand says, at its times."""
        start = self.loop.time()
        for at_s, message in hand.said:
            self.turn(max(start + at_s - self.loop.time(), 0.0))
            box.emit(message)
        self.turn(0.8)

    def turn(self, seconds: float = 0.2) -> None:
        """Time passes."""
        self.hub.turn()
        self.loop.advance(seconds)
        self.hub.turn()

    @property
    def phase(self) -> Phase:
        """How the lesson stands."""
        return self.learner.state.phase

    @property
    def sentence(self) -> str:
        """What is said of it."""
        return self.learner.state.sentence

    def _use(self, own: tuple[SurfaceMap, ...]) -> None:
        self._models = models_of(arranged(self._known, own), self._models, self._model)
        self.manager.change(self._models.values())

    def _model(self, facts: SurfaceMap) -> MapModel:
        return MapModel(facts, self.hub, self.loop.time, self.touches)

    def _in_background(self, work: Work, done: Done) -> None:
        if self.is_slow:
            self.waiting.append((work, done))
        else:
            do(work, done)


def do(work: Work, done: Done) -> None:
    """Work for the disk, done at once."""
    try:
        outcome = work()
    except (ValueError, OSError) as fault:
        done(fault)
    else:
        done(outcome)
