"""`/take/list`: every take at once, or a page of them that a datagram holds."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from studiod.desk.takes import Take
from studiod.model.parameter import Refused
from studiod.net.access import Peer
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.packet import Argument

ADDRESS: Final = "/take/list"
PAGE_BYTES: Final = 32_000  # of JSON: half of what a datagram holds
MOST: Final = 1000
_LONG_FIELDS: Final = ("files", "tracks", "gaps", "markers")


def register(endpoint: OscEndpoint, takes: Callable[[], Sequence[Take]]) -> None:
    """Answer `/take/list` with all of `takes`, and `/take/list ,ii first count` with a page of them; JSON both."""

    def answer(arguments: tuple[Argument, ...], _: Peer) -> tuple[Argument, ...]:
        match arguments:
            case ():
                return (_text([take.summary() for take in takes()]),)
            case [int() as first, int() as count] if is_page(first, count):
                return (_text(page(takes(), first, count)),)
        raise Refused(f"{ADDRESS}: allowed is nothing, or the number of the take to begin with and how many, 1..{MOST}")

    endpoint.register(ADDRESS, answer)


def is_page(first: int, count: int) -> bool:
    """Whether these are where a page begins, and how many it is to hold."""
    return first >= 0 and 1 <= count <= MOST and not any(isinstance(number, bool) for number in (first, count))


def page(takes: Sequence[Take], first: int, count: int) -> dict[str, Any]:
    """At most `count` takes from number `first` on, fewer where they would not fit; `next` is where to go on, or null.

    A take that is too long for a page of its own comes without its lists, and `left_out` names them.
    """
    wanted = [take for take in takes if take.id >= first]
    listed: list[dict[str, Any]] = []
    size = 0
    for take in wanted[:count]:
        fact = take.summary()
        length = len(_text(fact).encode())
        if length > PAGE_BYTES:
            fact = {key: held for key, held in fact.items() if key not in _LONG_FIELDS} | {"left_out": _LONG_FIELDS}
            length = len(_text(fact).encode())
        if listed and size + length > PAGE_BYTES:
            break
        size += length
        listed.append(fact)
    rest = wanted[len(listed) :]
    return {"takes": listed, "next": rest[0].id if rest else None, "total": len(takes)}


def _text(held: object) -> str:
    return json.dumps(held, ensure_ascii=False)
