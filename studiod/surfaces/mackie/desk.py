"""A desk of Mackie Controls, HUIs and their extenders: what to make for each box that is found."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from studiod.desk.hub import Hub
from studiod.model.registry import Registry
from studiod.surfaces.base import Match
from studiod.surfaces.mackie.facts import BoxFacts, misfits
from studiod.surfaces.mackie.keys import Keys
from studiod.surfaces.mackie.rig import Rig
from studiod.surfaces.mackie.surface import MackieSurface
from studiod.surfaces.touches import Touches


class MackieDesk:
    """All boxes of this family that stand side by side: one selection, one bank, one assignment.

    clock: seconds, steady. touches: of all boxes of the desk. order: names of boxes from left to right, where it is
    not the order in which they came.
    """

    def __init__(self, hub: Hub, clock: Callable[[], float], touches: Touches, order: Sequence[str] = ()) -> None:
        self.rig = Rig(hub, clock, order)
        self._touches = touches
        self._keys = Keys(self.rig)

    def surface(self, name: str, facts: BoxFacts) -> MackieSurface:
        """A box of this model joins the others, still away; `name` is the origin of what it writes."""
        return MackieSurface(name, facts, self.rig, self._keys, self._touches)


@dataclass(frozen=True, slots=True)
class MackieModel:
    """A model of box of this family, as the manager looks for it; its boxes join `desk`."""

    facts: BoxFacts
    desk: MackieDesk

    @property
    def name(self) -> str:
        """The file's."""
        return self.facts.name

    @property
    def match(self) -> Match:
        """The file's."""
        return self.facts.match

    def misfits(self, registry: Registry) -> Iterable[str]:
        """What its keys mean that this desk has not."""
        return misfits(self.facts, registry)

    def box(self, name: str) -> MackieSurface:
        """A box that joins the others."""
        return self.desk.surface(name, self.facts)
