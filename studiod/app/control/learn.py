"""`studioctl learn`: move a control, and it is bound; live, with undo."""

import argparse
import time
from typing import Final

from studiod.app.control.faults import NotDone, WrongUsage
from studiod.app.control.page import DIM, GREEN, Facts, Page
from studiod.app.control.studio import Studio
from studiod.net.osc.packet import Argument, Message

LEARN: Final = "/surface/learn"
_POLL_S = 0.1
_ON_THE_WAY: Final = ("listening", "heard", "saving")
_DONE: Final = ("bound", "undone", "forgotten")


def learn(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    """Learn, or do one of the other things. Raises Fault."""
    wanted = [word for word in ("undo", "list", "cancel") if getattr(options, word)]
    wanted += ["forget"] if options.forget is not None else []
    wanted += ["learn"] if options.address is not None else []
    if len(wanted) != 1:
        raise WrongUsage("learn takes an address, or one of --list, --undo, --forget ADDRESS and --cancel")
    (word,) = wanted
    if word == "list":
        _list(studio, page)
    elif word == "cancel":
        studio.link.request(Message(f"{LEARN}/cancel", "", ())).raise_refusals()
        _tell(_state(studio), page)
    elif word == "undo":
        _follow(_begun(Message(f"{LEARN}/undo", "", ()), studio), studio, page)
    elif word == "forget":
        _follow(_begun(Message(f"{LEARN}/forget", "s", (options.forget.strip(),)), studio), studio, page)
    else:
        _listen(options, studio, page)


def _listen(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    arguments: list[Argument] = [options.address.strip()]
    arguments += ["momentary"] if options.momentary else []
    arguments += ["row"] if options.bank else []
    tags = "s" * len(arguments)
    if options.value is not None:
        arguments.append(options.value)
        tags += "d"
    number = _begun(Message(LEARN, tags, tuple(arguments)), studio)
    try:
        _follow(number, studio, page)
    except KeyboardInterrupt:  # whoever goes away does not learn
        studio.link.send(Message(f"{LEARN}/cancel", "", ()))
        raise


def _begun(order: Message, studio: Studio) -> int:
    """Give the order; the number of its lesson."""
    answers = studio.link.request(order)
    answers.raise_refusals()
    said = answers.to(order.address)
    match said.arguments if said is not None else ():
        case [int() as number]:
            return number
    raise NotDone(f"{order.address}: answered no number; is studioctl of the same version as studiod?")


def _follow(number: int, studio: Studio, page: Page) -> None:
    """Print what is heard until it is over. Raises NotDone when it ends otherwise than well."""
    shown = ""
    while True:
        state = _state(studio)
        phase, sentence = state.text("phase"), state.text("sentence")
        if state.count("number") != number:
            raise NotDone("somebody else began to learn something; see `studioctl learn --list`")
        if phase in _DONE:
            _tell(state, page)
            return
        if phase not in _ON_THE_WAY:
            raise NotDone(sentence)
        if sentence != shown and not page.is_json:
            page.line(sentence)
        shown = sentence
        time.sleep(_POLL_S)


def _state(studio: Studio) -> Facts:
    answers = studio.link.request(Message(f"{LEARN}/state", "", ()))
    answers.raise_refusals()
    said = answers.to(f"{LEARN}/state")
    match said.arguments if said is not None else ():
        case [str() as phase, str() as sentence, int() as number]:
            return Facts({"phase": phase, "sentence": sentence, "number": number})
    raise NotDone(f"{LEARN}/state: answered something else; is studioctl of the same version as studiod?")


def _tell(state: Facts, page: Page) -> None:
    if page.is_json:
        page.json(state.held)
    else:
        page.line(page.style(state.text("sentence"), GREEN))


def _list(studio: Studio, page: Page) -> None:
    found = studio.link.ask_json(f"{LEARN}/list")
    held = [Facts(each) for each in found] if isinstance(found, list) else []
    if page.is_json:
        page.json([each.held for each in held])
        return
    if not held:
        page.line("nothing has been learnt yet; as in: studioctl learn /strip/3/fader")
        return
    rows = [
        (
            each.text("address"),
            each.text("box"),
            each.text("control"),
            each.text("where"),
            page.style(each.text("comment"), DIM),
        )
        for each in held
    ]
    page.table(rows, ("address", "box", "control", "page", ""))
