"""Takes and sessions over OSC: described, thrown away, brought back. Every order is answered with a ticket."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from studiod.desk.librarian import Librarian
from studiod.desk.proof import whole_proof
from studiod.desk.takes import read_anew
from studiod.link.take import Changes
from studiod.model.names import clean_name, clean_note, clean_tags
from studiod.model.parameter import Refused
from studiod.net.access import Peer
from studiod.net.osc.answers import Handler
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.packet import Argument

OUTCOME = "/takes/outcome"
_ALL = "all"
IsOver = Callable[[int], bool]
Order = Callable[[tuple[Argument, ...], Peer], int]


class TakeDoor:
    """What peers may ask of the takes in `session`, and of the sessions beside it. is_over: as for `trash_take`."""

    def __init__(self, librarian: Librarian, session: Path, is_over: IsOver) -> None:
        self._librarian = librarian
        self._session = session
        self._is_over = is_over

    def register(self, endpoint: OscEndpoint) -> None:
        """Answer every address there is; see docs/reference/takes.md."""
        describing: dict[str, tuple[str, Callable[[tuple[Argument, ...]], Changes]]] = {
            "rename": ("its name", _renamed),
            "rate": ("0 to 5", _rated),
            "tag": ("its tags, each a text; none takes them away", _tagged),
            "note": ("a text", _noted),
        }
        for word, (allowed, changes) in describing.items():
            take, session = f"/takes/{word}", f"/sessions/{word}"
            endpoint.register(take, _ticketed(partial(self._change_take, take, allowed, changes)))
            endpoint.register(session, _ticketed(partial(self._change_session, session, allowed, changes)))
        endpoint.register("/takes/proof", _ticketed(self._proof))
        endpoint.register("/takes/heard", _ticketed(self._let_hear))
        endpoint.register("/takes/top", _ticketed(self._lay_on_top))
        endpoint.register("/takes/trash", _ticketed(self._trash))
        endpoint.register("/takes/restore", _ticketed(self._restore))
        endpoint.register("/takes/trashed", _ticketed(self._trashed))
        endpoint.register("/takes/empty", _ticketed(self._empty))
        endpoint.register("/sessions/list", _ticketed(self._sessions))
        endpoint.register("/sessions/trash", _ticketed(self._trash_session))
        endpoint.register("/sessions/restore", _ticketed(self._restore_session))
        endpoint.register(OUTCOME, self._outcome)

    # -- takes -----------------------------------------------------------------------------------------------------

    def _change_take(
        self,
        address: str,
        allowed: str,
        changes: Callable[[tuple[Argument, ...]], Changes],
        arguments: tuple[Argument, ...],
        _: Peer,
    ) -> int:
        take_id = _take_id(address, arguments, f"the number of a take, and {allowed}")
        wanted = _said(address, allowed, changes, arguments[1:])
        self._librarian.check_take(address, take_id)
        return self._librarian.order(address, partial(_change, self._session, take_id, wanted, self._is_over))

    def _proof(self, arguments: tuple[Argument, ...], _: Peer) -> int:
        address = "/takes/proof"
        take = self._librarian.take(address, _take_id(address, arguments, "the number of a take"))
        return self._librarian.order(address, lambda: whole_proof(read_anew(take).document), changes_takes=False)

    def _let_hear(self, arguments: tuple[Argument, ...], _: Peer) -> int:
        address = "/takes/heard"
        allowed = "the number of a take, a strip if only that is meant, and 1 (heard) or 0 (not)"
        take_id = _take_id(address, arguments, allowed)
        match arguments[1:]:
            case [switch]:
                strip = None
            case [int() as strip, switch] if not isinstance(strip, bool):
                pass
            case _:
                raise Refused(f"{address}: allowed is {allowed}")
        is_heard = _switched(address, allowed, switch)
        self._librarian.check_take(address, take_id)
        if strip is not None:
            self._librarian.check_lane(address, take_id, strip)
        self._librarian.check_timeline(address)
        work = partial(_heard, self._session, take_id, strip, self._is_over, is_heard=is_heard)
        return self._librarian.order(address, work, changes_timeline=True)

    def _lay_on_top(self, arguments: tuple[Argument, ...], _: Peer) -> int:
        address, allowed = "/takes/top", "the number of a take, and 1 (over all others) or 0 (back in its place)"
        take_id = _take_id(address, arguments, allowed)
        match arguments[1:]:
            case [switch]:
                is_on_top = _switched(address, allowed, switch)
            case _:
                raise Refused(f"{address}: allowed is {allowed}")
        self._librarian.check_take(address, take_id)
        self._librarian.check_timeline(address)
        work = partial(_on_top, self._session, take_id, self._is_over, is_on_top=is_on_top)
        return self._librarian.order(address, work, changes_timeline=True)

    def _trash(self, arguments: tuple[Argument, ...], _: Peer) -> int:
        address = "/takes/trash"
        take_id = _take_id(address, arguments, "the number of a take")
        self._librarian.check_take(address, take_id)
        self._librarian.check_timeline(address)
        work = partial(_to_trash, self._session, take_id, self._is_over)
        return self._librarian.order(address, work, changes_timeline=True)

    def _restore(self, arguments: tuple[Argument, ...], _: Peer) -> int:
        address = "/takes/restore"
        take_id = _take_id(address, arguments, "the number of a take in the trash")
        self._librarian.check_timeline(address)
        return self._librarian.order(address, partial(_back, self._session, take_id), changes_timeline=True)

    def _trashed(self, _arguments: tuple[Argument, ...], _: Peer) -> int:
        return self._librarian.order("/takes/trashed", partial(_trash_list, self._session), changes_takes=False)

    def _empty(self, arguments: tuple[Argument, ...], peer: Peer) -> int:
        """What is gone then is gone: it has to be named, by someone who is there."""
        address = "/takes/empty"
        numbers = [number for number in arguments if isinstance(number, int) and not isinstance(number, bool)]
        if arguments != (_ALL,) and (not numbers or len(numbers) != len(arguments)):
            raise Refused(f"{address}: deletes takes in the trash for ever; allowed are their numbers, or {_ALL!r}")
        if not peer.is_proven:
            raise Refused(f"{address}: only for those who have shown that they are there: use TCP")
        wanted = None if arguments == (_ALL,) else frozenset(numbers)
        return self._librarian.order(address, partial(_gone, self._session, wanted), changes_takes=False)

    # -- sessions --------------------------------------------------------------------------------------------------

    def _change_session(
        self,
        address: str,
        allowed: str,
        changes: Callable[[tuple[Argument, ...]], Changes],
        arguments: tuple[Argument, ...],
        _: Peer,
    ) -> int:
        name = _session_name(address, arguments, f"the folder of a session in the library, and {allowed}")
        wanted = _said(address, allowed, changes, arguments[1:])
        work = partial(_change_session, self._session.parent / name, wanted)
        return self._librarian.order(address, work, changes_takes=False)

    def _trash_session(self, arguments: tuple[Argument, ...], _: Peer) -> int:
        address = "/sessions/trash"
        name = _session_name(address, arguments, "the folder of a session in the library")
        return self._librarian.order(address, partial(_session_away, self._session.parent / name), changes_takes=False)

    def _restore_session(self, arguments: tuple[Argument, ...], _: Peer) -> int:
        address = "/sessions/restore"
        name = _session_name(address, arguments, "the folder of a session in the library's trash")
        return self._librarian.order(address, partial(_session_back, self._session.parent, name), changes_takes=False)

    def _sessions(self, _arguments: tuple[Argument, ...], _: Peer) -> int:
        work = partial(_session_list, self._session.parent)
        return self._librarian.order("/sessions/list", work, changes_takes=False)

    def _outcome(self, arguments: tuple[Argument, ...], _: Peer) -> tuple[Argument, ...]:
        match arguments:
            case [int() as ticket]:
                return (json.dumps(self._librarian.outcome(ticket).fact(ticket), ensure_ascii=False),)
        raise Refused(f"{OUTCOME}: allowed is the number of a ticket")


# -- arguments ---------------------------------------------------------------------------------------------------------


def _ticketed(order: Order) -> Handler:
    return lambda arguments, peer: (order(arguments, peer),)


def _take_id(address: str, arguments: tuple[Argument, ...], allowed: str) -> int:
    first = arguments[0] if arguments else None
    if not isinstance(first, int) or isinstance(first, bool):
        raise Refused(f"{address}: allowed is {allowed}")
    return first


def _switched(address: str, allowed: str, switch: Argument) -> bool:
    """What a toggle takes: 0 and 1 as a number or a truth, or `on` and `off`."""
    if switch in ("on", "off"):
        return switch == "on"
    if not isinstance(switch, int | float) or switch not in (0, 1):
        raise Refused(f"{address}: allowed is {allowed}")
    return bool(switch)


def _session_name(address: str, arguments: tuple[Argument, ...], allowed: str) -> str:
    name = arguments[0] if arguments else None
    if not isinstance(name, str) or name in {"", ".", ".."} or "/" in name or not name.isprintable():
        raise Refused(f"{address}: allowed is {allowed}")
    return name


def _said(
    address: str, allowed: str, changes: Callable[[tuple[Argument, ...]], Changes], arguments: tuple[Argument, ...]
) -> Changes:
    try:
        return changes(arguments)
    except Refused as fault:
        raise Refused(f"{address}: {fault}") from None
    except (ValueError, TypeError, OverflowError):
        raise Refused(f"{address}: allowed behind the number or name is {allowed}") from None


def _renamed(arguments: tuple[Argument, ...]) -> Changes:
    (name,) = arguments
    return Changes(name=clean_name(_text(name)))


def _rated(arguments: tuple[Argument, ...]) -> Changes:
    (rating,) = arguments
    if not isinstance(rating, int | float) or isinstance(rating, bool) or rating != int(rating):
        raise TypeError
    changes = Changes(rating=int(rating))
    changes.cleaned()
    return changes


def _tagged(arguments: tuple[Argument, ...]) -> Changes:
    return Changes(tags=clean_tags(_text(tag) for tag in arguments))


def _noted(arguments: tuple[Argument, ...]) -> Changes:
    (note,) = arguments
    return Changes(note=clean_note(_text(note)))


def _text(argument: Argument) -> str:
    if not isinstance(argument, str):
        raise TypeError
    return argument


# -- work: in another thread; the first pays for the import, the start of the desk does not ---------------------------


def _change(session: Path, take_id: int, changes: Changes, is_over: IsOver) -> None:
    from studiod.tape.library import change_take

    change_take(session, take_id, changes, is_over)


def _change_session(session: Path, changes: Changes) -> None:
    from studiod.tape.library import change_session

    change_session(session, changes)


def _heard(session: Path, take_id: int, strip: int | None, is_over: IsOver, *, is_heard: bool) -> None:
    from studiod.tape.library import let_hear

    let_hear(session, take_id, strip, is_over, is_heard=is_heard)


def _on_top(session: Path, take_id: int, is_over: IsOver, *, is_on_top: bool) -> None:
    from studiod.tape.library import lay_on_top

    lay_on_top(session, take_id, is_over, is_on_top=is_on_top)


def _to_trash(session: Path, take_id: int, is_over: IsOver) -> str:
    from studiod.tape.library import trash_take

    return str(trash_take(session, take_id, is_over))


def _back(session: Path, take_id: int) -> str:
    from studiod.tape.library import restore_take

    return str(restore_take(session, take_id))


def _gone(session: Path, take_ids: frozenset[int] | None) -> list[int]:
    from studiod.tape.library import empty_trash

    return empty_trash(session, take_ids)


def _trash_list(session: Path) -> list[dict[str, Any]]:
    from studiod.tape.library import trashed_takes

    found: list[dict[str, Any]] = []
    for number, document in trashed_takes(session):
        fact: dict[str, Any] = {"id": number, "state": "unreadable", "name": "", "seconds": 0.0, "tracks": 0}
        if document is not None:
            seconds = round(document.frames / document.rate_hz, 3)
            fact |= {"state": document.state, "name": document.name, "seconds": seconds, "tracks": len(document.tracks)}
        found.append(fact)
    return found


def _session_away(session: Path) -> str:
    from studiod.tape.library import trash_session

    return str(trash_session(session))


def _session_back(library: Path, name: str) -> str:
    from studiod.tape.library import restore_session

    return str(restore_session(library, name))


def _session_list(library: Path) -> list[dict[str, Any]]:
    from studiod.tape.library import session_folders, session_summary

    return [session_summary(session) for session in session_folders(library)]
