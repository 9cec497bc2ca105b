"""`studioctl takes` and `sessions`: what was recorded, what people say of it, and the trash."""

import argparse
import contextlib
import json
from collections.abc import Callable, Sequence
from typing import Final

from studiod.app.control.faults import NotDone, WrongUsage
from studiod.app.control.page import Facts, Page, clock
from studiod.app.control.reports import said_of, show_takes
from studiod.app.control.studio import Studio
from studiod.net.osc.packet import Argument, Message, message

_OUTCOME: Final = "/takes/outcome"
_RATINGS: Final = ("0", "1", "2", "3", "4", "5")
_MAX_ID: Final = 0x7FFF_FFFF  # a number of OSC's
_ALL: Final = "all"
Work = Callable[[Sequence[str], Studio, Page], None]


def takes(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    """List the takes, or do what is asked of some. Raises Fault."""
    words = [word.strip() for word in options.words or ()]
    if options.action is None:
        _list(studio, page)
        return
    WORK[options.action](words, studio, page)


def _list(studio: Studio, page: Page) -> None:
    found = studio.takes()
    if page.is_json:
        page.json([take.held for take in found])
        return
    show_takes(found, page)


def _rename(words: Sequence[str], studio: Studio, page: Page) -> None:
    take_id, *name = _with_id(words, 'takes rename 3 "Blues in F"', least=1)
    _describe("/takes/rename", take_number(take_id), (" ".join(name),), studio, page)


def _rate(words: Sequence[str], studio: Studio, page: Page) -> None:
    take_id, *rating = _with_id(words, "takes rate 3 4", least=1)
    _describe("/takes/rate", take_number(take_id), (_rating(rating),), studio, page)


def _tag(words: Sequence[str], studio: Studio, page: Page) -> None:
    take_id, *tags = _with_id(words, "takes tag 3 slow best")
    _describe("/takes/tag", take_number(take_id), tags, studio, page)


def _note(words: Sequence[str], studio: Studio, page: Page) -> None:
    take_id, *note = _with_id(words, 'takes note 3 "the bridge is fine"', least=1)
    _describe("/takes/note", take_number(take_id), (" ".join(note),), studio, page)


def _trash(words: Sequence[str], studio: Studio, page: Page) -> None:
    if not words:
        _show_trash(studio, page)
        return
    _move("/takes/trash", _ids(words), "is in the trash", studio, page)


def _restore(words: Sequence[str], studio: Studio, page: Page) -> None:
    _move("/takes/restore", _ids(_with_id(words, "takes restore 3")), "is back", studio, page)


def _empty(words: Sequence[str], studio: Studio, page: Page) -> None:
    words = _with_id(words, "takes empty all")
    wanted: tuple[Argument, ...] = (_ALL,) if list(words) == [_ALL] else tuple(_ids(words))
    gone = ordered("/takes/empty", wanted, studio)
    if page.is_json:
        page.json({"gone": gone})
    elif isinstance(gone, list) and gone:
        page.line(f"gone for ever: take{'s' if len(gone) > 1 else ''} {', '.join(map(str, gone))}")
    else:
        page.line("nothing of that was in the trash")


WORK: Final[dict[str, Work]] = {
    "rename": _rename,
    "rate": _rate,
    "tag": _tag,
    "note": _note,
    "trash": _trash,
    "restore": _restore,
    "empty": _empty,
}
"""What to do, by action."""


def sessions(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    """List the sessions of the library, or do what is asked of one. Raises Fault."""
    words = [word.strip() for word in options.words or ()]
    if options.action is None:
        _show_sessions(studio, page)
        return
    session, *said = _with_id(words, f"sessions {options.action} album", least=options.action in {"rename", "note"})
    arguments: list[Argument] = [session, *said]
    if options.action == "rate":
        arguments = [session, _rating(said)]
    elif options.action in {"rename", "note"}:
        arguments = [session, " ".join(said)]
    elif options.action in {"trash", "restore"} and said:
        raise WrongUsage(f"one session at a time; as in: studioctl sessions {options.action} album")
    result = ordered(f"/sessions/{options.action}", arguments, studio)
    if options.action in {"trash", "restore"}:
        if page.is_json:
            page.json({"path": result})
        else:
            page.line(f"{session} lies in {result}")
        return
    _show_sessions(studio, page, only=session)


def _show_sessions(studio: Studio, page: Page, only: str | None = None) -> None:
    found = ordered("/sessions/list", (), studio)
    held = [Facts(each) for each in found] if isinstance(found, list) else []
    held = [each for each in held if only is None or each.text("session") == only]
    if page.is_json:
        page.json([each.held for each in held])
        return
    rows = [
        (
            each.text("session"),
            str(each.count("takes")),
            clock(each.number("seconds")),
            str(each.count("trashed") or ""),
            said_of(each, page),
        )
        for each in held
    ]
    page.table(rows, ("session", "takes", "length", "in trash", "said"), right=(1, 3))


# -- orders ------------------------------------------------------------------------------------------------------------


def _describe(address: str, take_id: int, said: Sequence[Argument], studio: Studio, page: Page) -> None:
    ordered(address, (take_id, *said), studio)
    found = [take for take in studio.takes() if take.count("id") == take_id]
    if page.is_json:
        page.json({"take": found[0].held if found else None})
    else:
        show_takes(found, page)


def _move(address: str, take_ids: Sequence[int], done: str, studio: Studio, page: Page) -> None:
    moved: list[int] = []
    for take_id in take_ids:
        ordered(address, (take_id,), studio)
        moved.append(take_id)
        if not page.is_json:
            page.line(f"take {take_id} {done}")
    if page.is_json:
        page.json({"takes": moved})


def _show_trash(studio: Studio, page: Page) -> None:
    found = ordered("/takes/trashed", (), studio)
    held = [Facts(each) for each in found] if isinstance(found, list) else []
    if page.is_json:
        page.json([take.held for take in held])
        return
    if not held:
        page.line("the trash is empty")
        return
    rows = [
        (
            str(take.count("id")),
            page.state(take.text("state")),
            clock(take.number("seconds")),
            str(take.count("tracks")),
            take.text("name"),
        )
        for take in held
    ]
    page.table(rows, ("take", "state", "length", "tracks", "name"), right=(0, 3))


def ordered(address: str, arguments: Sequence[Argument], studio: Studio) -> object:
    """Give the order at `address` and wait until it is carried out; its result. Raises NotDone."""
    answers = studio.link.request(message(address, *arguments))
    answers.raise_refusals()
    said = answers.to(address)
    match said.arguments if said is not None else ():
        case [int() as ticket]:
            pass
        case _:
            raise NotDone(f"{address}: answered no ticket; is studioctl of the same version as studiod?")

    def done() -> Facts | None:
        told = _outcome(ticket, studio)
        return told if told.at("done") is True else None

    outcome = studio.look_for(done)
    if outcome is None:
        raise NotDone(
            f"{address}: not done within {studio.link.timeout_s:g} s: the disk is slow; see `studioctl takes`"
        )
    if outcome.text("fault"):
        raise NotDone(outcome.text("fault"))
    return outcome.at("result")


def _outcome(ticket: int, studio: Studio) -> Facts:
    answers = studio.link.request(Message(_OUTCOME, "i", (ticket,)))
    answers.raise_refusals()
    said = answers.to(_OUTCOME)
    if said is not None and said.arguments and isinstance(said.arguments[0], str):
        with contextlib.suppress(ValueError):
            return Facts(json.loads(said.arguments[0]))
    return Facts(None)


# -- words -------------------------------------------------------------------------------------------------------------


def _with_id(words: Sequence[str], example: str, least: int = 0) -> Sequence[str]:
    if len(words) < 1 + least:
        raise WrongUsage(f"that says too little; as in: studioctl {example}")
    return words


def _ids(words: Sequence[str]) -> list[int]:
    return list(dict.fromkeys(take_number(word) for word in words))


def _rating(words: Sequence[str]) -> int:
    if len(words) != 1 or words[0] not in _RATINGS:
        raise WrongUsage(f"{' '.join(words)!r} is no rating; allowed 0 (none) to {_RATINGS[-1]}")
    return int(words[0])


def take_number(word: str) -> int:
    """The number of a take that `word` is. Raises WrongUsage."""
    if not (word.isascii() and word.isdecimal()) or not 1 <= int(word) <= _MAX_ID:
        raise WrongUsage(f"{word!r} is no number of a take; `studioctl takes` lists them")
    return int(word)
