"""What the manager holds: boxes, whatever their protocol, and the models of box that it looks for."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

from studiod.desk.hub import Change, Hub
from studiod.model.registry import Registry
from studiod.surfaces.base import Dialect, Match, SurfaceMap, Takeover
from studiod.surfaces.dialects import dialect_of
from studiod.surfaces.fit import misfits
from studiod.surfaces.surface import Surface
from studiod.surfaces.touches import Touches
from studiod.surfaces.view import View


class Box(Protocol):
    """A box on the desk, there or away. Not thread-safe: it belongs to the desk's loop."""

    name: str

    @property
    def maker(self) -> str:
        """Who made it."""
        ...

    @property
    def model(self) -> str:
        """What its maker calls it."""
        ...

    @property
    def note(self) -> str:
        """What a person should know about this box, or nothing."""
        ...

    @property
    def first_strip(self) -> int:
        """Strip under its first control, from 1; 0 for a box that has no window on the strips."""
        ...

    @property
    def has_readings(self) -> bool:
        """Something here follows what nobody tells of (meters, position): call `read` now and then."""
        ...

    def attach(self, *sends: Callable[[bytes], None]) -> None:
        """The box is there: greet it and show it everything. `sends`: take one whole message, one for each port."""
        ...

    def detach(self) -> None:
        """The box is gone, or let go: what it held is let go with it."""
        ...

    def dismiss(self) -> None:
        """Switch everything off and let the box go. Raises what `send` raises."""
        ...

    def receive(self, message: bytes, port: int = 0, *, may_wait: bool = False) -> list[Exception]:
        """What came from one port of the box; bytes that mean nothing are dropped.

        may_wait: moves of positions may be only noted until `settle` or another gesture. Returns what the desk would
        not take, and raises nothing.
        """
        ...

    def settle(self) -> list[Exception]:
        """Do the moves that were noted; returns as `receive`."""
        ...

    def due(self) -> list[Exception]:
        """Do what is due by now; returns as `receive`. Called whenever `drain` said there would be more."""
        ...

    def on_changes(self, changes: Iterable[Change]) -> None:
        """What is different on the desk since the last turn."""
        ...

    def read(self) -> None:
        """Show what the meters read now."""
        ...

    def drain(self) -> float | None:
        """Send what may be sent; seconds until there is more to do, None when nothing waits. Raises as `send`."""
        ...

    def heal(self) -> None:
        """Tell one thing once more what it shows, the next one at the next call."""
        ...


@runtime_checkable
class NamedBox(Protocol):
    """A box that calls its controls by names, and so may be taught: a map need not say how they speak."""

    @property
    def surface(self) -> Surface | None:
        """Its controls; None while it is not known."""
        ...

    @property
    def map(self) -> SurfaceMap | None:
        """What it was met with, before it said what it has; None while it is not known."""
        ...


class Model(Protocol):
    """A model of box that may be found on this desk."""

    @property
    def name(self) -> str:
        """Short and unique: its first box has this name, the second `name-2`."""
        ...

    @property
    def match(self) -> Match:
        """How a box of it is found."""
        ...

    def misfits(self, registry: Registry) -> Iterable[str]:
        """Sentences on what this desk has not, but the model is bound to."""
        ...

    def box(self, name: str) -> Box:
        """A box of this model, still away; `name` is the origin of its writes."""
        ...


@dataclass(frozen=True, slots=True)
class Directed:
    """A model that is looked for where the user says, in place of where it says itself."""

    model: Model
    match: Match

    @property
    def name(self) -> str:
        """The model's."""
        return self.model.name

    def misfits(self, registry: Registry) -> Iterable[str]:
        """The model's."""
        return self.model.misfits(registry)

    def box(self, name: str) -> Box:
        """One of the model's."""
        return self.model.box(name)


@dataclass(frozen=True, slots=True)
class MapModel:
    """Boxes of a map. clock: seconds, steady. takeover: overrides what the map says. touches: of all boxes."""

    facts: SurfaceMap
    hub: Hub
    clock: Callable[[], float]
    touches: Touches
    takeover: Takeover | None = None
    dialect_for: Callable[[SurfaceMap], Dialect] = dialect_of
    views: dict[str, View] = field(default_factory=dict)
    """Where each box of it stood last."""

    @property
    def name(self) -> str:
        """The map's."""
        return self.facts.name

    @property
    def match(self) -> Match:
        """The map's."""
        return self.facts.match

    def misfits(self, registry: Registry) -> Iterable[str]:
        """What of the map this desk has not."""
        return misfits(self.facts, registry)

    def box(self, name: str) -> Surface:
        """A surface with a grammar of its own."""
        dialect = self.dialect_for(self.facts)
        surface = Surface(name, self.facts, self.hub, dialect, self.takeover, clock=self.clock, touches=self.touches)
        if name in self.views:
            surface.recall(self.views[name])
        self.views[name] = surface.view
        return surface

    def with_map(self, facts: SurfaceMap) -> "MapModel":
        """The same model with another map: its boxes keep page and windows."""
        return replace(self, facts=facts)
