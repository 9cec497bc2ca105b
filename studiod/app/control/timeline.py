"""Loop, punch, markers and sections from a terminal."""

import argparse

from studiod.app.control.faults import NotDone, WrongUsage
from studiod.app.control.page import DIM, Facts, Page, clock
from studiod.app.control.studio import Studio
from studiod.app.control.words import position_s, setting
from studiod.net.osc.packet import Message, message

MARKERS = "/markers"
_SPANS = {
    "loop": ("/loop/on", "/loop/start", "/loop/end"),
    "punch": ("/punch/on", "/punch/in", "/punch/out"),
}
_SWITCH = ("on", "off")
_SOUNDCHECK = "/soundcheck"


def span(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    """Lay the loop or the punch, switch it, and say how it is. Raises Fault."""
    addresses = _SPANS[options.command]
    settings = _settings(options.command, [word.strip() for word in options.value])
    if settings:
        studio.set(settings)
    switch, start, end = (studio.readings(message(address))[0] for address in addresses)
    if page.is_json:
        page.json({"on": switch.value, "start_s": start.value, "end_s": end.value})
        return
    ends = [clock(float(each.value)) for each in (start, end) if isinstance(each.value, int | float)]
    page.line(f"{options.command} {switch.text}: {' to '.join(ends)}")


def soundcheck(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    """Feed every strip from its track, or from its input again, and say how it is. Raises Fault."""
    if options.value is not None:
        studio.set([setting(_SOUNDCHECK, options.value)])
    found = studio.readings(message(_SOUNDCHECK))[0]
    if page.is_json:
        page.json({"on": found.value})
        return
    heard = "every strip hears its track" if found.value else "every strip hears its input"
    page.line(f"soundcheck {found.text}: {heard}")


def markers(_: argparse.Namespace, studio: Studio, page: Page) -> None:
    """List them. Raises Fault."""
    _show(Facts(studio.link.ask_json(MARKERS)), page)


def marker(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    """Set one where it is, and list them. Raises Fault."""
    name = " ".join(word.strip() for word in options.value)
    studio.link.request(message("/marker/add", name) if name else message("/marker/add")).raise_refusals()
    _show(Facts(studio.link.ask_json(MARKERS)), page)


def section(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    """Make one, and list them. Raises Fault."""
    name = " ".join(word.strip() for word in options.value)
    studio.link.request(message("/section/add", name, options.start, options.end)).raise_refusals()
    _show(Facts(studio.link.ask_json(MARKERS)), page)


def _settings(command: str, words: list[str]) -> list[Message]:
    """What `on`, `off` or `START END` sets, in an order in which nothing is refused that may be. Raises WrongUsage."""
    switch, start, end = _SPANS[command]
    match words:
        case []:
            return []
        case [word] if word.lower() in _SWITCH:
            return [setting(switch, word)]
        case [first, last]:
            start_s, end_s = position_s(first), position_s(last)
            if start_s >= end_s:
                raise WrongUsage(f"{command}: {last} is not behind {first}")
            points = [Message(start, "d", (start_s,)), Message(end, "d", (end_s,))]
            return [setting(switch, "off"), *points, setting(switch, "on")]
        case _:
            raise WrongUsage(f"{command}: allowed are two positions, as 10 25.5 or 1:00 1:30, or on, or off")


def _show(found: Facts, page: Page) -> None:
    if not found.held:
        raise NotDone(f"{MARKERS}: answered nothing; is studioctl of the same version as studiod?")
    if page.is_json:
        page.json(found.held)
        return
    rows = [(str(each.count("number")), clock(each.number("s")), each.text("name")) for each in found.parts("markers")]
    for each in found.parts("sections"):
        ends = f"{clock(each.number('start_s'))} to {clock(each.number('end_s'))}"
        rows.append((page.style(f"section {each.count('number')}", DIM), ends, each.text("name")))
    if rows:
        page.table(rows)
    else:
        page.line("there are no markers")
