"""Which strips, buses ... lie under the controls of a box, and the address a pattern means there."""

import re
from collections.abc import Mapping

from studiod.model.registry import Registry
from studiod.surfaces.bindings import BankKind

PLACEHOLDER = re.compile(r"\{(?:([a-z]+)\+(\d+)|selected)\}")
_FIRST_OF = {
    BankKind.STRIP: "/strip/{}/fader",
    BankKind.BUS: "/bus/{}/fader",
    BankKind.SEND: "/bus/{}/fader",
    BankKind.MATRIX: "/matrix/{}/fader",
    BankKind.VCA: "/vca/{}/fader",
    BankKind.MUTEGROUP: "/mutegroup/{}/on",
    BankKind.MIDI: "/midi/{}/arm",
}


def places_of(kind: BankKind, registry: Registry) -> int:
    """How many of that kind the desk has."""
    count = 0
    while _FIRST_OF[kind].format(count + 1) in registry:
        count += 1
    return count


class Bank:
    """A window of `size` places on a desk of `places` (strips, buses ...).

    It never goes past the last place; a control beyond that has no address in the registry. Moved by its own size, the
    first control stands on place 1, 1+size, 1+2*size ... so that a hand finds a strip at the same place every time.
    """

    def __init__(self, size: int, places: int) -> None:
        self._last = max(places - 1, 0) // size * size
        self.offset = 0
        """Places left of the window."""

    def move(self, by: int) -> bool:
        """Move the window by `by` places, held at the ends; True when it moved."""
        return self._put(self.offset + by)

    def go(self, first: int) -> bool:
        """Put `first` (1 is the leftmost) under the first control, held at the ends; True when it moved."""
        return self._put(first - 1)

    def _put(self, wanted: int) -> bool:
        offset = min(max(wanted, 0), self._last)
        moved = offset != self.offset
        self.offset = offset
        return moved


class Banks:
    """Every window of a box, and the strip it has selected."""

    def __init__(self, sizes: Mapping[BankKind, int], registry: Registry) -> None:
        self._windows = {kind: Bank(size, places_of(kind, registry)) for kind, size in sizes.items()}
        self._strips = places_of(BankKind.STRIP, registry)
        self.selected = 1
        """The strip that `{selected}` means."""

    def __getitem__(self, kind: BankKind) -> Bank:
        """The window on `kind`. Raises KeyError where the map has none."""
        return self._windows[kind]

    @property
    def offsets(self) -> dict[BankKind, int]:
        """Places left of each window."""
        return {kind: window.offset for kind, window in self._windows.items()}

    def recall(self, other: "Banks") -> None:
        """Stand where `other` stands, in the windows that both have."""
        for kind, offset in other.offsets.items():
            if kind in self._windows:
                self._windows[kind].go(offset + 1)
        self.select(other.selected)

    @property
    def first_strip(self) -> int:
        """The strip under the first control; 1 for a box without a window on strips."""
        window = self._windows.get(BankKind.STRIP)
        return 1 if window is None else window.offset + 1

    def select(self, strip: int) -> bool:
        """Make `strip` the selected one; False when it is, or when the desk has none of that number."""
        is_other = strip != self.selected and 1 <= strip <= self._strips
        if is_other:
            self.selected = strip
        return is_other

    def resolve(self, pattern: str) -> str:
        """What `pattern` means now: `/strip/{strip+3}/fader` -> `/strip/11/fader` in the second bank of 8."""
        return PLACEHOLDER.sub(self._number, pattern)

    def _number(self, found: re.Match[str]) -> str:
        kind, place = found.groups()
        if kind is None:
            return str(self.selected)
        return str(self._windows[BankKind.STRIP if kind == "bank" else BankKind(kind)].offset + int(place))
