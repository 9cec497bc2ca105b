"""Linked pairs: what is set on one of two neighbours is set on both."""

import re
from collections.abc import Iterator

from studiod.desk.hub import Hub
from studiod.model.parameter import Flag

_PLACE = re.compile(r"(/(?:strip|bus|matrix)/)(\d+)(/.+)")
_LINK = "/link"


class Links:
    """Answers the hub what follows a write, by the links as they stand in the hub.

    The link of an odd strip, bus or matrix pairs it with the next. While it is on, a linkable parameter of one has its
    counterpart under the other's number as a follower; switching it on brings the even one to where the odd one is.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._pairs: dict[str, tuple[str, str] | None] = {}  # as far as anyone wrote: address -> link, counterpart
        self._linkable: dict[str, list[str]] = {}  # by link: what the odd one has that the even one has, too

    def followers(self, address: str, value: float) -> tuple[tuple[str, float], ...]:
        """Counterparts, and what they become, when `value` is written to `address`."""
        if address not in self._pairs:
            self._pairs[address] = self._pair(address)
        pair = self._pairs[address]
        if pair is None:
            return ()
        link, counterpart = pair
        if address == link:
            return tuple(self._copies(link)) if value else ()
        return ((counterpart, value),) if self._hub.value(link) else ()

    def _pair(self, address: str) -> tuple[str, str] | None:
        place = _PLACE.fullmatch(address)
        if place is None:
            return None
        kind, number, word = place[1], int(place[2]), place[3]
        odd = number - 1 + number % 2
        link = f"{kind}{odd}{_LINK}"
        if address == link:
            return link, ""
        counterpart = f"{kind}{2 * odd + 1 - number}{word}"
        registry = self._hub.registry
        if link not in registry or counterpart not in registry or Flag.LINKABLE not in registry[address].flags:
            return None
        return link, counterpart

    def _copies(self, link: str) -> Iterator[tuple[str, float]]:
        if not self._linkable:
            self._linkable = self._by_link()
        for address in self._linkable[link]:
            pair = self._pair(address)
            if pair is not None:
                yield pair[1], self._hub.value(address)

    def _by_link(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for spec in self._hub.registry.numbers:
            place = _PLACE.fullmatch(spec.address)
            if place is not None and int(place[2]) % 2 and Flag.LINKABLE in spec.flags:
                found.setdefault(f"{place[1]}{place[2]}{_LINK}", []).append(spec.address)
        return found
