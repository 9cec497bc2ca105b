"""Boxes that stand side by side and work one desk: which channels lie under them, and what their V-Pots mean."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from studiod.desk.hub import Hub
from studiod.surfaces.mackie.assign import Assignment, Knob, Mode, View, channels, knobs, pages
from studiod.surfaces.mackie.facts import BoxFacts, KeyAct

BANK: Final = 8
"""What bank keys move by where there is only a strip that follows the selection."""


@dataclass(frozen=True, slots=True)
class Under:
    """What lies under one strip of a box: the address its channel begins with, its fader, its V-Pot."""

    base: str
    fader: str
    knob: Knob | None


class Member(Protocol):
    """A box of the rig, there or away."""

    name: str
    facts: BoxFacts

    def aim(self, first: int, under: Sequence[Under | None]) -> None:
        """These channels lie under its strips now; `first` is how many lie left of it."""
        ...

    def look(self) -> None:
        """Something the keys and displays show is another now: flip, a lamp, the page."""
        ...

    def announce(self, sentence: str) -> None:
        """Show a sentence for a moment."""
        ...


class Rig:
    """Any number of boxes in any order, main units and extenders. Belongs to the desk's loop, as the hub does.

    A box that is away keeps its place, so that the others do not jump. order: names of boxes from left to right;
    those it does not name stand to the right of them as they came.
    """

    def __init__(self, hub: Hub, clock: Callable[[], float], order: Sequence[str] = ()) -> None:
        self.hub = hub
        self.clock = clock
        self.view = View.STRIPS
        self.assignment = Assignment()
        self.is_flipped = False
        self.shows_values = False
        """Displays show values all the time, not only while something is turned."""
        self.shows_beats = False
        self._order = tuple(order)
        self._members: list[Member] = []
        self._channels = {view: channels(hub.registry, view) for view in View}
        self._offsets = dict.fromkeys(View, 0)
        self._selected = {view: found[0] if found else "" for view, found in self._channels.items()}

    # -- boxes -----------------------------------------------------------------------------------------------------

    def add(self, member: Member) -> None:
        """A new box stands beside the others."""
        self._members.append(member)
        self._members.sort(key=self._place)
        self.aim()

    @property
    def members(self) -> Sequence[Member]:
        """Every box, from left to right."""
        return self._members

    @property
    def width(self) -> int:
        """Strips side by side; a strip that follows the selection is none of them."""
        return sum(_width(member) for member in self._members)

    @property
    def keys(self) -> dict[str, KeyAct]:
        """What keys do by the files of the boxes."""
        return {key: act for member in self._members for key, act in member.facts.keys.items()}

    # -- what a person sees ----------------------------------------------------------------------------------------

    @property
    def selected(self) -> str:
        """What the addresses of the selected channel begin with; empty on a desk that has none."""
        return self._selected[self.view]

    @property
    def offset(self) -> int:
        """Channels left of the first strip."""
        return self._offsets[self.view]

    @property
    def pages(self) -> int:
        """How many pages the assignment has."""
        return pages(self.hub.registry, self.assignment, max(self.width, 1), self.selected)

    def show(self, view: View) -> None:
        """Lay these channels under the strips; a desk that has none of them stays as it is."""
        if self._channels[view]:
            self.view = view
            self.aim()

    def select(self, base: str) -> None:
        """Work on this channel from now on."""
        self._selected[self.view] = base
        self.aim()

    def step_selection(self, by: int) -> None:
        """Select the channel `by` places further, held at the ends, and bring it under the strips."""
        found = self._channels[self.view]
        if not found:
            return
        place = min(max(found.index(self.selected) + by, 0), len(found) - 1)
        self._selected[self.view] = found[place]
        if self.width:
            self._offsets[self.view] = min(max(self.offset, place - self.width + 1), place)
        self.aim()

    def move(self, by: int) -> None:
        """Move the window by `by` channels; a whole window stays on whole windows, and nothing passes the last."""
        if not self.width:
            self.step_selection(by)
            return
        count = len(self._channels[self.view])
        last = max(count - self.width, 0) if abs(by) < self.width else max(count - 1, 0) // self.width * self.width
        offset = self.offset + by
        if abs(by) >= self.width:
            offset = offset // self.width * self.width if by > 0 else -(-offset // self.width) * self.width
        self._offsets[self.view] = min(max(offset, 0), max(last, self.offset if by > 0 else 0))
        self.aim()

    @property
    def has_knobs(self) -> bool:
        """The assignment has parameters, on one channel at least."""
        shown = channels(self.hub.registry, self.view)
        return any(knobs(self.hub.registry, self.assignment, shown or (None,), self.selected))

    def assign(self, mode: Mode, page: int | None = None) -> None:
        """Give the V-Pots this meaning; without `page`, the same again goes to the next page."""
        if page is None:
            page = (self.assignment.page + 1) % self.pages if mode is self.assignment.mode else 0
        self.assignment = Assignment(mode, page)
        self.aim()

    def turn_page(self, by: int) -> None:
        """Go to another page of the assignment, held at the ends."""
        page = min(max(self.assignment.page + by, 0), self.pages - 1)
        if page != self.assignment.page:
            self.assignment = replace(self.assignment, page=page)
            self.aim()

    def flip(self) -> None:
        """Swap faders and V-Pots."""
        self.is_flipped = not self.is_flipped
        self.aim()

    def look(self) -> None:
        """Have every box look at its keys and displays anew."""
        for member in self._members:
            member.look()

    def announce(self, sentence: str) -> None:
        """Show a sentence for a moment on every box that can."""
        for member in self._members:
            member.announce(sentence)

    def aim(self) -> None:
        """Tell every box what lies under it."""
        found = self._channels[self.view]
        shown = tuple(found[at] if at < len(found) else None for at in range(self.offset, self.offset + self.width))
        turned = knobs(self.hub.registry, self.assignment, shown, self.selected)
        alone = knobs(self.hub.registry, self.assignment, (self.selected or None,), self.selected)
        first = 0
        for member in self._members:
            if member.facts.follows_selection:
                member.aim(found.index(self.selected) if found else 0, [self._under(self.selected or None, alone[0])])
                continue
            places = range(first, first + member.facts.strips)
            member.aim(self.offset + first, [self._under(shown[at], turned[at]) for at in places])
            first += member.facts.strips

    # -- inside ----------------------------------------------------------------------------------------------------

    def _place(self, member: Member) -> int:
        return self._order.index(member.name) if member.name in self._order else len(self._order)

    def _under(self, base: str | None, knob: Knob | None) -> Under | None:
        if base is None:
            return Under("", "", knob) if knob is not None else None
        fader = f"{base}/fader"
        if not self.is_flipped or knob is None:
            return Under(base, fader, knob)
        return Under(base, knob.address, Knob(fader, "Fader"))


def _width(member: Member) -> int:
    return 0 if member.facts.follows_selection else member.facts.strips
