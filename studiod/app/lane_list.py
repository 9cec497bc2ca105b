"""`/take/lanes`: what lies on each strip, from top to bottom, and what of it is heard."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from studiod.app.take_list import MOST, PAGE_BYTES, is_page
from studiod.desk.takes import Take, stacked
from studiod.model.parameter import Refused
from studiod.net.access import Peer
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.packet import Argument

ADDRESS: Final = "/take/lanes"


def register(endpoint: OscEndpoint, takes: Callable[[], Sequence[Take]], names: Callable[[], Sequence[str]]) -> None:
    """Answer `/take/lanes` with the lanes of every strip that has one; JSON.

    `/take/lanes ,i strip`: those of one strip; `,iii strip first count`: a page of them. names: of all strips.
    """

    def answer(arguments: tuple[Argument, ...], _: Peer) -> tuple[Argument, ...]:
        strips = names()
        match arguments:
            case ():
                return (_text([each for each in lanes(takes(), strips) if each["lanes"]]),)
            case [int() as strip, *rest] if 1 <= strip <= len(strips) and not isinstance(strip, bool):
                of_strip = lanes(takes(), strips)[strip - 1]
                match rest:
                    case []:
                        return (_text(of_strip),)
                    case [int() as first, int() as count] if is_page(first, count):
                        return (_text(page(of_strip, first, count)),)
        raise Refused(
            f"{ADDRESS}: allowed is nothing, or the number of a strip, 1..{len(strips)}; behind it the place of the "
            f"lane to begin with, from 0, and how many, 1..{MOST}"
        )

    endpoint.register(ADDRESS, answer)


def lanes(takes: Sequence[Take], names: Sequence[str]) -> list[dict[str, Any]]:
    """The strips called `names`, each with its lanes, the topmost first: JSON. Positions and lengths in seconds."""
    found: list[list[dict[str, Any]]] = [[] for _ in names]
    for take in reversed(stacked(takes)):
        for strip in take.lanes:
            if strip <= len(found):
                found[strip - 1].append(_lane(take, strip))
    return [{"strip": strip, "name": name, "lanes": found[strip - 1]} for strip, name in enumerate(names, 1)]


def page(of_strip: Mapping[str, Any], first: int, count: int) -> dict[str, Any]:
    """A strip with at most `count` of its lanes from place `first` on, fewer where they would not fit.

    `next` is the place to go on with, null behind the last.
    """
    listed: list[dict[str, Any]] = []
    size = 0
    for lane in of_strip["lanes"][first : first + count]:
        size += len(_text(lane).encode())
        if listed and size > PAGE_BYTES:
            break
        listed.append(lane)
    end, total = first + len(listed), len(of_strip["lanes"])
    return {**of_strip, "lanes": listed, "next": end if end < total else None, "total": total}


def _lane(take: Take, strip: int) -> dict[str, Any]:
    return {
        "take": take.id,
        "name": take.document.name,
        "position": take.position,
        "position_s": round(take.position / take.rate_hz, 3),
        "seconds": round(take.frames / take.rate_hz, 3),
        "layer": take.document.layer,
        "heard": strip not in take.document.unheard,
    }


def _text(held: object) -> str:
    return json.dumps(held, ensure_ascii=False)
