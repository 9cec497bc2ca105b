"""Markers and sections over OSC: what has a name, and so is no plain parameter."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from studiod.desk.discards import Shelf
from studiod.desk.markers import Markers
from studiod.model.parameter import Refused
from studiod.net.osc.answers import Handler
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.packet import Argument

MARKERS = "/markers"


def shelf(session: Path, is_over: Callable[[int], bool]) -> Shelf:
    """The trash of `session`; the first take that goes there pays for the import. is_over: as for `trash_take`."""

    def trash(take_id: int) -> None:
        from studiod.tape.library import trash_take

        trash_take(session, take_id, is_over)

    def restore(take_id: int) -> None:
        from studiod.tape.library import restore_take

        restore_take(session, take_id)

    return Shelf(trash, restore)


class Marking(Protocol):
    """The transport, as far as it sets markers."""

    markers: Markers

    def press_marker(self, name: str = "") -> None:
        """Set one where it is. Raises Refused."""


def register(endpoint: OscEndpoint, transport: Marking) -> None:
    """Answer `/markers`, and obey what sets, names and bounds them."""
    markers = transport.markers
    endpoint.register(MARKERS, lambda _arguments, _peer: (json.dumps(markers.report(), ensure_ascii=False),))
    endpoint.register("/marker/add", _obeying(partial(_add, transport)))
    endpoint.register("/marker/rename", _obeying(partial(_rename, "/marker/rename", markers.rename)))
    endpoint.register("/section/add", _obeying(partial(_add_section, markers)))
    endpoint.register("/section/rename", _obeying(partial(_rename, "/section/rename", markers.rename_section)))


def _add(transport: Marking, arguments: tuple[Argument, ...]) -> None:
    match arguments:
        case []:
            transport.press_marker()
        case [int() | float() as pressed]:  # a button sends 1, and 0 when it is let go
            if pressed:
                transport.press_marker()
        case [str() as name]:
            transport.press_marker(name)
        case _:
            raise Refused("/marker/add: allowed is a name, or nothing")


def _rename(address: str, rename: Callable[[float, str], None], arguments: tuple[Argument, ...]) -> None:
    match arguments:
        case [int() | float() as number, str() as name]:
            rename(number, name)
        case _:
            raise Refused(f"{address}: allowed are a number and a name")


def _add_section(markers: Markers, arguments: tuple[Argument, ...]) -> None:
    match arguments:
        case [str() as name, int() | float() as start, int() | float() as end]:
            markers.add_section(name, start, end)
        case _:
            raise Refused("/section/add: allowed are a name and the numbers of two markers")


def _obeying(obey: Callable[[tuple[Argument, ...]], None]) -> Handler:
    return lambda arguments, _peer: obey(arguments)
