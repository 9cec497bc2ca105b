"""What each command does: asks or sets, waits until it is so, and prints what is true then."""

import argparse
from collections.abc import Callable, Sequence
from typing import Final

from studiod.app.control import completion
from studiod.app.control.faults import WrongUsage
from studiod.app.control.keep import blackbox, keep
from studiod.app.control.lanes import heard, lanes, top
from studiod.app.control.learn import learn
from studiod.app.control.live import Listener, meters, watch
from studiod.app.control.page import DIM, RED, YELLOW, Facts, Page, clock
from studiod.app.control.proof import proof
from studiod.app.control.reports import show_devices, show_status
from studiod.app.control.studio import DEVICES, NEAR_S, STATUS, Named, Studio, armed_labels
from studiod.app.control.takes import sessions, takes
from studiod.app.control.timeline import marker, markers, section, soundcheck, span
from studiod.app.control.words import (
    BUS,
    MAIN,
    MIDI,
    STRIP,
    TRIMMED,
    Reading,
    Target,
    button,
    position_s,
    question,
    setting,
    targets,
)
from studiod.net.osc.packet import Message, message

_EVERYWHERE = (STRIP, BUS, MAIN)
_RECORDABLE = (STRIP, TRIMMED, BUS, MAIN, MIDI)
_NAMED = _CHANNELS = (STRIP, BUS)
_ROLLING = ("playing", "recording")
_ON_ITS_WAY: Final = {
    "countin": "the click counts in",
    "waiting": "it rolls to where recording begins",
    "rehearsing": "it rehearses: nothing is written",
}
Work = Callable[[argparse.Namespace, Studio, Page], None]


def run(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    """Do the command of `options`. Raises Fault."""
    WORK[options.command](options, studio, page)


# -- reports -------------------------------------------------------------------------------------------------------


def _status(_: argparse.Namespace, studio: Studio, page: Page) -> None:
    if page.is_json:
        page.json(studio.link.ask_json(STATUS))
        return
    show_status(studio.status(), page)


def _devices(_: argparse.Namespace, studio: Studio, page: Page) -> None:
    found = studio.link.ask_json(DEVICES)
    if page.is_json:
        page.json(found)
        return
    show_devices(Facts(found), page)


def _meters(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    meters(studio, page, getattr(options, "for"))


def _watch(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    watch(Listener(studio.link, (options.pattern.strip(),)), page, getattr(options, "for"))


# -- record and roll -----------------------------------------------------------------------------------------------


def _arm(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    wanted = targets(" ".join(options.targets), _RECORDABLE)
    value = "on" if options.command == "arm" else "off"
    studio.set([setting(f"{each.target.address}/arm", value) for each in studio.targets(wanted)])
    status = studio.status()
    if page.is_json:
        page.json({"armed": status.texts("armed")})
        return
    armed = armed_labels(status)
    page.line(f"{page.style('armed', RED)}: {', '.join(armed)}" if armed else "nothing is armed")


def _record(_: argparse.Namespace, studio: Studio, page: Page) -> None:
    status = studio.command(
        message("/transport/record"),
        lambda status: status.text("state") == "recording" or status.text("phase") in _ON_ITS_WAY,
        "studiod took the command but did not begin to record",
    )
    if status.text("state") != "recording":
        _show_transport(status, page, f"{_ON_ITS_WAY[status.text('phase')]}; break it off with `studioctl stop`")
        return
    if not status.part("take").held:
        status = studio.look_for(lambda: _with_take(studio.status())) or status
    take, armed = status.part("take"), ", ".join(armed_labels(status))
    if not take.held:
        page.complain("no take is being written yet: see `studioctl status`")
    _show_transport(
        status, page, f"{page.state('recording')} take {take.count('id')}: {armed}; end it with `studioctl stop`"
    )


def _with_take(status: Facts) -> Facts | None:
    return status if status.part("take").held else None


def _stop(_: argparse.Namespace, studio: Studio, page: Page) -> None:
    before = studio.status().part("take")
    status = studio.command(
        message("/transport/stop"),
        lambda status: status.text("state") == "stopped",
        "studiod took the command but did not stop",
    )
    take = studio.finished(before.count("id")) if before.held else None
    if take:
        status = studio.back_at_beginning(take)
    if page.is_json:
        page.json({**_transport_fact(status), "finished": take.held if take else None})
        return
    page.line(f"{page.state('stopped')} at {_position(status)}")
    if take:
        files = take.texts("files")
        page.line(
            f"take {take.count('id')}: {page.state(take.text('state'))}, {take.number('seconds'):.1f} s, "
            f"{len(files)} {'file' if len(files) == 1 else 'files'} in {take.text('path')}"
        )
        for gap in take.parts("gaps"):
            where = clock(gap.number("start") / max(take.number("rate_hz"), 1.0))
            page.line(page.style(f"  a gap of {gap.count('frames')} frames at {where}", YELLOW))


def _play(_: argparse.Namespace, studio: Studio, page: Page) -> None:
    status = studio.command(
        message("/transport/play"),
        lambda status: status.text("state") in _ROLLING or status.text("phase") == "countin",
        "studiod took the command but does not roll",
    )
    if status.text("phase") == "countin":
        _show_transport(status, page, f"{_ON_ITS_WAY['countin']}; break it off with `studioctl stop`")
        return
    _show_transport(status, page, f"{page.state(status.text('state'))} at {_position(status)}")


def _locate(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    wanted_s = position_s(options.position)
    latest_s = wanted_s + studio.link.timeout_s  # where it may have rolled to while we look

    def is_there(status: Facts) -> bool:
        after = latest_s if status.text("state") in _ROLLING else wanted_s
        return wanted_s - NEAR_S <= status.number("position_s") <= after + NEAR_S

    status = studio.command(
        Message("/transport/locate", "d", (wanted_s,)), is_there, f"studiod did not go to {clock(wanted_s)}"
    )
    _show_transport(status, page, f"at {_position(status)}")


def _show_transport(status: Facts, page: Page, line: str) -> None:
    if page.is_json:
        page.json(_transport_fact(status))
    else:
        page.line(line)


def _transport_fact(status: Facts) -> dict[str, object]:
    return {key: status.at(key) for key in ("state", "position_s", "position", "armed", "take")}


def _position(status: Facts) -> str:
    return status.text("position") or clock(status.number("position_s"))


# -- values --------------------------------------------------------------------------------------------------------


def _parameter(word: str, kinds: Sequence[str]) -> Work:
    """The command that sets `word` of its targets."""

    def work(options: argparse.Namespace, studio: Studio, page: Page) -> None:
        wanted = targets(options.targets, kinds)
        first = Target(wanted[0].kind, wanted[0].first)
        setting(f"{first.address}/{word}", options.value)  # a wrong word is told before anything is sent
        _set_named(studio.targets(wanted), word, word, options.value, studio, page)

    return work


def _send(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    wanted = targets(options.targets, _CHANNELS)
    if options.bus < 1:
        raise WrongUsage(f"{options.bus}: buses are counted from 1")
    parameter = f"send/{options.bus}/level"
    setting(f"/strip/1/{parameter}", options.value)  # a wrong word is told before anything is sent
    bus = studio.targets(targets(f"bus:{options.bus}", (BUS,)))[0]
    _set_named(studio.targets(wanted), parameter, f"send to {bus.label}", options.value, studio, page)


def _name(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    named = studio.targets(targets(options.targets, _NAMED))
    text = " ".join(word.strip() for word in options.value)
    _set_named([Named(each.target, "") for each in named], "name", "name", text, studio, page)


def _set_named(named: Sequence[Named], parameter: str, title: str, typed: str, studio: Studio, page: Page) -> None:
    settings = [setting(f"{each.target.address}/{parameter}", typed) for each in named]
    told = {each.address: each for each in studio.set(settings)}
    found = [told[each.address] for each in settings if each.address in told]
    if page.is_json:
        page.json({"values": [each.fact() for each in found]})
        return
    labels = {f"{each.target.address}/{parameter}": each.label for each in named}
    page.table([(labels[each.address], page.style(title, DIM), each.text) for each in found])


def _get(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    _show_readings(studio.readings(question(options.address)), page)


def _set(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    _show_readings(studio.set([setting(options.address.strip(), options.value)]), page)


def _press(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    order = button(options.address, options.value)
    studio.link.request(order).raise_refusals()
    if page.is_json:
        page.json({"pressed": order.address})
    else:
        page.line(f"{order.address} is pressed")


def _show_readings(found: Sequence[Reading], page: Page) -> None:
    if page.is_json:
        page.json({"values": [each.fact() for each in found]})
    elif len(found) == 1:
        page.line(found[0].text)
    else:
        page.table([(each.address, each.text) for each in found])


def _completion(options: argparse.Namespace, _: Studio, page: Page) -> None:
    page.out.write(completion.script(options.shell))


WORK: Final[dict[str, Work]] = {
    "status": _status,
    "meters": _meters,
    "arm": _arm,
    "disarm": _arm,
    "record": _record,
    "stop": _stop,
    "keep": keep,
    "blackbox": blackbox,
    "play": _play,
    "locate": _locate,
    "loop": span,
    "punch": span,
    "soundcheck": soundcheck,
    "markers": markers,
    "marker": marker,
    "section": section,
    "fader": _parameter("fader", _EVERYWHERE),
    "mute": _parameter("mute", _EVERYWHERE),
    "solo": _parameter("solo", _CHANNELS),
    "pan": _parameter("pan", _CHANNELS),
    "trim": _parameter("trim", (STRIP,)),
    "send": _send,
    "name": _name,
    "takes": takes,
    "proof": proof,
    "lanes": lanes,
    "heard": heard,
    "top": top,
    "sessions": sessions,
    "devices": _devices,
    "learn": learn,
    "get": _get,
    "set": _set,
    "press": _press,
    "watch": _watch,
    "completion": _completion,
}
"""What to do, by command."""
