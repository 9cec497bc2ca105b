"""Upper over lower: what of a strip's regions is heard."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable

from studiod.link.playlist import Region


class Covered:
    """Stretches of frames, joined where they touch; to ask and to add cost little however many there are."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def holes(self, start: int, end: int) -> list[tuple[int, int]]:
        """What of `start` to `end` is not covered, in order."""
        found = []
        at = start
        for index in range(bisect_right(self._ends, start), bisect_left(self._starts, end)):
            if at < self._starts[index]:
                found.append((at, self._starts[index]))
            at = self._ends[index]
        return [*found, (at, end)] if at < end else found

    def add(self, start: int, end: int) -> None:
        """Cover `start` to `end` too; nothing where that is empty."""
        if start >= end:
            return
        first, last = bisect_left(self._ends, start), bisect_right(self._starts, end)
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]


def audible(regions: Iterable[Region]) -> tuple[Region, ...]:
    """`regions`, lower before upper, without those that upper ones of their strip cover whole.

    A hundred passes of a loop are as short to tell as the last one; what mixes covers nothing.
    """
    covered: defaultdict[int, Covered] = defaultdict(Covered)
    kept = []
    for region in reversed(tuple(regions)):
        end = region.position + region.frames
        if covered[region.strip].holes(region.position, end):
            kept.append(region)
            if not region.mixes:
                covered[region.strip].add(region.position, end)
    return tuple(reversed(kept))
