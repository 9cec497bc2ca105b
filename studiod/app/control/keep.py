"""`studioctl keep`: a take of what was played before anyone pressed record."""

import argparse
import datetime as dt
import re
import time

from studiod.app.control.faults import NotDone, WrongUsage
from studiod.app.control.page import RED, YELLOW, Facts, Page, clock, duration, size
from studiod.app.control.studio import Studio
from studiod.app.control.words import position_s
from studiod.net.osc.packet import Message

KEEP, KEEP_RUN, STATUS = "/blackbox/keep", "/blackbox/keep/run", "/blackbox/status"
_POLL_S = 0.05
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


def keep(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    """Keep the last so many seconds, and wait until they are a take. Raises Fault."""
    seconds = position_s(options.length)
    if seconds <= 0.0:
        raise WrongUsage(f"{options.length!r} is no length; allowed 600, 10:00 or 1:00:00")
    numbers = inputs(options.inputs or "")
    order = Message(KEEP, "d" + "i" * len(numbers), (seconds, *numbers))
    if options.run is not None:
        if options.run < 1:
            raise WrongUsage(f"{options.run}: runs are counted from 1; `studioctl blackbox` lists them")
        order = Message(KEEP_RUN, "id" + "i" * len(numbers), (options.run, seconds, *numbers))
    answers = studio.link.request(order)
    answers.raise_refusals()
    said = answers.to(order.address)
    match said.arguments if said is not None else ():
        case [int() as take_id, str() as sentence]:
            pass
        case _:
            raise NotDone(
                f"{order.address}: answered nothing that says which take; is studioctl of the same version as studiod?"
            )
    if not page.is_json:
        page.line(sentence)
    _wait(studio, take_id)
    take = studio.finished(take_id)
    if take is None:
        raise NotDone(f"take {take_id} is not listed yet: see `studioctl takes`")
    if page.is_json:
        page.json({"take": take.held})
        return
    _show(take, page)


def blackbox(_: argparse.Namespace, studio: Studio, page: Page) -> None:
    """Say what is held. Raises Fault."""
    found = Facts(studio.link.ask_json(STATUS))
    if page.is_json:
        page.json(found.held)
        return
    state = found.text("state")
    if state == "off":
        page.line("there is no black box: set blackbox.on in the configuration")
        return
    room = f"{size(found.number('size_bytes'))} of at most {size(found.number('limit_bytes'))}"
    page.line(f"black box {page.state(state)}: the last {duration(found.number('held_s'))}, {room}")
    for fault in filter(None, (found.text("fault"), found.text("keep_fault"))):
        page.line(f"{page.style('!', RED)} {fault}")
    rows = [_run_row(run) for run in found.parts("held_runs")]
    page.table(rows, ("run", "held", "until", "inputs"), right=(0,))


def _run_row(run: Facts) -> tuple[str, ...]:
    ended = dt.datetime.fromtimestamp(run.number("ended_unix"), dt.UTC).astimezone()
    until = ended.isoformat(" ", "minutes")[:16]
    until += "" if run.at("clock_synchronised") else " (clock not set)"
    is_now = bool(run.at("is_now"))
    return (
        str(run.count("run")),
        duration(run.number("held_s")),
        "now" if is_now else until,
        _shown(run.at("inputs")),
    )


def _shown(stretches: object) -> str:
    """Inputs as they are typed: `1-4, 7`."""
    found = stretches if isinstance(stretches, list) else []
    return ", ".join(f"{first}-{end - 1}" if end > first + 1 else str(first) for first, end in found)


def inputs(typed: str) -> list[int]:
    """Numbers of inputs: `1-4,7`; none for all. Raises WrongUsage."""
    found: dict[int, None] = {}
    for word in filter(None, re.split(r"[,\s]+", typed.strip())):
        match = _RANGE.fullmatch(word)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= first + 1000:
            raise WrongUsage(f"{word!r} names no inputs; allowed 3, 1-4 or 1,3,5-7, counted from 1")
        found |= dict.fromkeys(range(first, last + 1))
    return list(found)


def _wait(studio: Studio, take_id: int) -> None:
    """Until the tape has made the take. Raises NotDone when it could not, or nothing goes on for the time-out."""
    copied, deadline = -1, time.monotonic() + studio.link.timeout_s
    while True:
        status = Facts(studio.link.ask_json(STATUS))
        if status.count("pending") != take_id:
            if status.text("keep_fault"):
                raise NotDone(status.text("keep_fault"))
            return
        if status.count("keeping", "bytes") != copied:  # a copy may take minutes: it goes on
            copied, deadline = status.count("keeping", "bytes"), time.monotonic() + studio.link.timeout_s
        if time.monotonic() >= deadline:
            raise NotDone(f"take {take_id} is still being made: see `studioctl takes`")
        time.sleep(_POLL_S)


def _show(take: Facts, page: Page) -> None:
    files = len(take.texts("files"))
    page.line(
        f"take {take.count('id')}: {page.state(take.text('state'))}, {take.number('seconds'):.1f} s, "
        f"{files} {'file' if files == 1 else 'files'} in {take.text('path')}"
    )
    for gap in take.parts("gaps"):
        where = clock(gap.number("start") / max(take.number("rate_hz"), 1.0))
        page.line(page.style(f"  a gap of {gap.count('frames')} frames at {where}", YELLOW))
