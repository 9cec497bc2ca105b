"""Which box that comes is one that was here before."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from studiod.link.ports import PortNames, UsbUnit
from studiod.surfaces.matching import Pair


class Token(NamedTuple):
    """What a box is known by."""

    unit: UsbUnit
    port: str
    """What its main port is called."""


def token_of(pairs: Sequence[Pair], names: PortNames) -> Token:
    """What the box with these ports is known by."""
    main = pairs[0]
    unit = names.units.get(main.input_name) or names.units.get(main.output_name) or UsbUnit()
    return Token(unit, main.name)


def who_returned(boxes: Mapping[int, Token], places: Mapping[str, Token]) -> dict[int, str]:
    """Which of `boxes` were in which of `places`: those that are sure have theirs before others guess."""
    found: dict[int, str] = {}
    for is_same in (_is_both, _is_serial, _is_path, _is_port):
        for number, box in boxes.items():
            free = (place for place in places if place not in found.values())
            place = next((place for place in free if is_same(box, places[place])), None)
            if number not in found and place is not None:
                found[number] = place
    return found


def _is_both(box: Token, other: Token) -> bool:
    return all(box.unit) and box.unit == other.unit


def _is_serial(box: Token, other: Token) -> bool:
    return bool(box.unit.serial) and box.unit.serial == other.unit.serial


def _is_path(box: Token, other: Token) -> bool:
    """In the socket of the other, and no other by its serial number."""
    return bool(box.unit.path) and box.unit.path == other.unit.path and not (box.unit.serial and other.unit.serial)


def _is_port(box: Token, other: Token) -> bool:
    return not any(box.unit) and not any(other.unit) and box.port == other.port
