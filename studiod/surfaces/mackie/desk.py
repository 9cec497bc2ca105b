"""A desk of Mackie Controls, HUIs and their extenders: what to make for each box that is found."""

from collections.abc import Callable, Sequence

from studiod.desk.hub import Hub
from studiod.surfaces.mackie.facts import BoxFacts
from studiod.surfaces.mackie.keys import Keys
from studiod.surfaces.mackie.rig import Rig
from studiod.surfaces.mackie.surface import MackieSurface


class MackieDesk:
    """All boxes of this family that stand side by side: one selection, one bank, one assignment.

    clock: seconds, steady. order: names of boxes from left to right, where it is not the order in which they came.
    """

    def __init__(self, hub: Hub, clock: Callable[[], float], order: Sequence[str] = ()) -> None:
        self.rig = Rig(hub, clock, order)
        self._keys = Keys(self.rig)

    def surface(self, name: str, facts: BoxFacts) -> MackieSurface:
        """A box of this model joins the others, still away; `name` is the origin of what it writes."""
        return MackieSurface(name, facts, self.rig, self._keys)
