"""Which strips lie under the controls of a box, and the address a pattern means there."""

import re

from studiod.model.registry import Registry

PLACEHOLDER = re.compile(r"\{bank\+(\d+)\}")


def strips_of(registry: Registry) -> int:
    """How many strips the desk has."""
    count = 0
    while f"/strip/{count + 1}/fader" in registry:
        count += 1
    return count


class Bank:
    """A window of `size` strips on a desk of `strips`.

    It moves by whole steps and never past the last strip; a control beyond that strip has no address in the registry.
    The first control stands on strip 1, 1+size, 1+2*size ... so that a hand finds a strip at the same place every time.
    """

    def __init__(self, size: int, strips: int) -> None:
        self._last = max(strips - 1, 0) // size * size
        self.offset = 0
        """Strips left of the window."""

    def move(self, by: int) -> bool:
        """Move the window by `by` strips, held at the ends; True when it moved."""
        offset = min(max(self.offset + by, 0), self._last)
        moved = offset != self.offset
        self.offset = offset
        return moved

    def resolve(self, pattern: str) -> str:
        """The address `pattern` means now: `/strip/{bank+3}/fader` -> `/strip/11/fader` in the second bank of 8."""
        return PLACEHOLDER.sub(lambda found: str(self.offset + int(found[1])), pattern)
