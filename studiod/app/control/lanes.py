"""`studioctl lanes`, `heard` and `top`: what lies on each strip, and what of it is heard."""

import argparse
from collections.abc import Sequence
from typing import Final

from studiod.app.control.faults import WrongUsage
from studiod.app.control.page import DIM, Facts, Page, clock
from studiod.app.control.studio import Studio
from studiod.app.control.takes import ordered, take_number
from studiod.model.console import MAX_STRIPS

_LANES: Final = "/take/lanes"
_SWITCH: Final = ("off", "on")


def lanes(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    """List them, of all strips or one. Raises Fault."""
    if options.strip is None:
        _show(_every(studio), page)
        return
    found = studio.link.ask_json(_LANES, _strip(options.strip))
    _show([Facts(found)], page)


def heard(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    """Have a take, or one strip of it, played back, or not; then list its strips' lanes. Raises Fault."""
    words = [word.strip() for word in options.words]
    strip: tuple[int, ...] = ()
    match words:
        case [take, switch] if switch in _SWITCH:
            pass
        case [take, number, switch] if switch in _SWITCH:
            strip = (_strip(number),)
        case _:
            raise WrongUsage(
                "that is no take, strip and on or off; as in: studioctl heard 3 off, studioctl heard 3 1 on"
            )
    take_id = take_number(take)
    ordered("/takes/heard", (take_id, *strip, _SWITCH.index(switch)), studio)
    _show_take(take_id, strip, studio, page)


def top(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    """Lay a take over all others, or back in its place; then list its strips' lanes. Raises Fault."""
    take_id, switch = take_number(options.take.strip()), options.value.strip()
    if switch not in _SWITCH:
        raise WrongUsage(f"{switch!r} is neither on nor off; as in: studioctl top 2, studioctl top 2 off")
    ordered("/takes/top", (take_id, _SWITCH.index(switch)), studio)
    _show_take(take_id, (), studio, page)


def _every(studio: Studio) -> list[Facts]:
    found = studio.link.ask_json(_LANES)
    return [Facts(each) for each in found] if isinstance(found, list) else []


def _strip(word: str) -> int:
    if not (word.isascii() and word.isdecimal()) or not 1 <= int(word) <= MAX_STRIPS:
        raise WrongUsage(f"{word!r} is no strip; allowed 1..{MAX_STRIPS}")
    return int(word)


def _show_take(take_id: int, strips: Sequence[int], studio: Studio, page: Page) -> None:
    found = [each for each in _every(studio) if any(lane.count("take") == take_id for lane in each.parts("lanes"))]
    _show([each for each in found if not strips or each.count("strip") in strips], page)


def _show(strips: Sequence[Facts], page: Page) -> None:
    if page.is_json:
        page.json([each.held for each in strips])
        return
    rows = [
        (
            f"{each.count('strip')} {each.text('name')}".rstrip() if not place else "",
            str(lane.count("take")),
            clock(lane.number("position_s")),
            clock(lane.number("seconds")),
            lane.text("layer"),
            "heard" if lane.at("heard") else page.style("not heard", DIM),
            lane.text("name"),
        )
        for each in strips
        for place, lane in enumerate(each.parts("lanes"))
    ]
    if rows:
        page.table(rows, ("strip", "take", "at", "length", "layer", "", "name"), right=(1,))
    else:
        page.line("no take lies there yet: studioctl arm 1-4, then studioctl record")
