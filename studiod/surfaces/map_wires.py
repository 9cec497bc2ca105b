"""Wires in a map file: `channel: 1-8, cc: 7` into one wire for each control of a row."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from studiod.surfaces.checked_yaml import Document, said
from studiod.surfaces.controls import TEXT, VALUE, Scale, Wire, WireKind

if TYPE_CHECKING:
    from yaml.nodes import Node

WIRE_KEYS = (*WireKind, "channel", "lsb", "port")
_WITHOUT_NUMBER = frozenset({WireKind.BEND, WireKind.PRESSURE})
_HIGHEST = {WireKind.NRPN: 16_383, WireKind.RPN: 16_383, WireKind.CC14: 127}
_LSB = 32  # MIDI 1.0: controllers 32..63 are the low halves of 0..31
_TOKEN = re.compile(r"[0-9A-Fa-f]{2}|vv|tt|ii(\+[0-9A-Fa-f]{2})?")
_EXAMPLE = 'whole messages such as "F0 42 40 vv F7", "B0 1E 01" or "FA"'
_START, _END, _STATUS, _REALTIME = 0xF0, 0xF7, 0x80, 0xF8
_LENGTHS = {0x80: 3, 0x90: 3, 0xA0: 3, 0xB0: 3, 0xC0: 2, 0xD0: 2, 0xE0: 3}
_SYSTEM_LENGTHS = {0xF1: 2, 0xF2: 3, 0xF3: 2, 0xF6: 1}


def read_wires(
    document: Document,
    node: "Node",
    keys: "Mapping[str, Node]",
    where: str,
    *,
    count: int | None,
    ports: Sequence[str],
    row: Sequence[Wire] = (),
) -> list[Wire]:
    """One wire for each of `count` controls (None: as many as the lists in `keys` have); empty after a fault.

    row: the wires of the row it stands in: their channels, and all of them where `keys` names no kind of message.
    """
    kinds = [kind for kind in WireKind if kind.value in keys]
    if len(kinds) > 1 or (not kinds and not row):
        document.fault(node, f"{where}: allowed exactly one of {', '.join(WireKind)}")
        return []
    known = len(document.faults)
    channels = document.numbers(keys["channel"], f"{where}.channel", 1, 16) if "channel" in keys else ()
    port = _port(document, keys, where, ports)
    found: list[Wire] = []
    if not kinds:
        found = _moved(row, channels, port)
    elif kinds[0] is WireKind.MESSAGE:
        found = _messages(document, keys["message"], f"{where}.message", count, port or 0)
    else:
        numbers = _numbers(document, keys[kinds[0].value], f"{where}.{kinds[0].value}", kinds[0])
        found = _spread(kinds[0], channels or tuple(wire.channel for wire in row), numbers, count, port or 0)
        if kinds[0] is WireKind.CC14:
            found = _with_lsb(document, keys, where, found)
    if len(document.faults) > known:
        return []
    if not found or (count is not None and len(found) != count):
        lists = f"{count} controls" if count is not None else "as many"
        document.fault(node, f"{where}: its lists do not go together; allowed one number or channel for {lists}")
        return []
    highest = _HIGHEST.get(found[0].kind, 127)
    if found[-1].number > highest:
        allowed = highest - (found[-1].number - found[0].number)
        document.fault(node, f"{where}.{found[0].kind.value} is {found[0].number}; allowed 0..{allowed}")
        return []
    return found


def read_message(document: Document, node: "Node", where: str) -> tuple[int, ...]:
    """A whole message that is sent as it stands; empty after a fault."""
    found = _message(document, node, where, 0)
    if found and min(found) < 0:
        document.fault(node, f"{where} is {said(node)}; allowed bytes only, without vv and tt")
        return ()
    return found


def read_scale(
    document: Document, keys: "Mapping[str, Node]", where: str, wire: Wire, *, has_detent: bool = False
) -> Scale:
    """`range` of a wire, all of it unless told."""
    if "range" not in keys:
        return Scale(0, wire.highest, has_detent)
    ends = document.items(keys["range"], f"{where}.range")
    if len(ends) != 2:  # noqa: PLR2004 - from, to
        document.fault(keys["range"], f"{where}.range: allowed two numbers in 0..{wire.highest}, such as [0, 100]")
        return Scale(0, wire.highest, has_detent)
    low, high = (document.integer(end, f"{where}.range[{place}]", 0, wire.highest) for place, end in enumerate(ends))
    if low == high:
        document.fault(keys["range"], f"{where}.range is {low}..{high}; allowed two different numbers")
        return Scale(0, wire.highest, has_detent)
    return Scale(low, high, has_detent)


def read_pressed(document: Document, keys: "Mapping[str, Node]", where: str, kind: WireKind) -> range:
    """Values that mean down."""
    if "pressed" not in keys:
        if kind in (WireKind.PROGRAM, WireKind.MESSAGE):
            return range(128)
        return range(1 if kind in (WireKind.NOTE, WireKind.POLY) else 64, 16_384)
    if said(keys["pressed"]) == "any":
        return range(16_384)
    known = len(document.faults)
    found = document.numbers(keys["pressed"], f"{where}.pressed", 0, 127)
    if len(document.faults) == known and found != tuple(range(found[0], found[-1] + 1)):
        document.fault(keys["pressed"], f"{where}.pressed is {said(keys['pressed'])}; allowed a value, a range, or any")
    return range(found[0], found[-1] + 1)


def _port(document: Document, keys: "Mapping[str, Node]", where: str, ports: Sequence[str]) -> int | None:
    if "port" not in keys:
        return None
    if not ports:
        document.fault(keys["port"], f"{where}.port: match.also names no further port")
        return None
    return 1 + ports.index(document.word(keys["port"], f"{where}.port", ports))


def _moved(row: Sequence[Wire], channels: Sequence[int], port: int | None) -> list[Wire]:
    """The wires of the row on other channels, or another port."""
    if len(channels) == 1:
        channels = tuple(channels) * len(row)
    if channels and len(channels) != len(row):
        return []
    return [
        replace(wire, channel=channels[place] if channels else wire.channel, port=wire.port if port is None else port)
        for place, wire in enumerate(row)
    ]


def _numbers(document: Document, node: "Node", where: str, kind: WireKind) -> tuple[int, ...]:
    if kind in _WITHOUT_NUMBER:
        if not document.flag(node, where):
            document.fault(node, f"{where} is {said(node)}; allowed true")
        return (0,)
    return document.numbers(node, where, 0, _HIGHEST.get(kind, 127))


def _spread(
    kind: WireKind, channels: Sequence[int], numbers: Sequence[int], count: int | None, port: int
) -> list[Wire]:
    """Channels and numbers side by side; a single number counts up, or stays where the channel runs."""
    channels = channels or (1,)
    runs = len(set(channels)) > 1
    size = count if count is not None else max(len(channels), len(numbers))
    if len(channels) == 1 or not runs:
        channels = (channels[0],) * size
    if len(numbers) == 1:
        counts = not runs and kind not in _WITHOUT_NUMBER
        numbers = tuple(range(numbers[0], numbers[0] + size)) if counts else (numbers[0],) * size
    if len(channels) != size or len(numbers) != size:
        return []
    return [Wire(kind, channel, number, port=port) for channel, number in zip(channels, numbers, strict=True)]


def _with_lsb(document: Document, keys: "Mapping[str, Node]", where: str, wires: Sequence[Wire]) -> list[Wire]:
    first = document.integer(keys["lsb"], f"{where}.lsb", 0, 127) if "lsb" in keys else None
    found = []
    for wire in wires:
        lsb = wire.number + _LSB if first is None else first + wire.number - wires[0].number
        if lsb > 127:  # noqa: PLR2004 - controllers end there
            document.fault(keys["cc14"], f"{where}.cc14 is {wire.number}; allowed 0..95, or lsb names its low half")
            return []
        found.append(replace(wire, lsb=lsb))
    return found


def _messages(document: Document, node: "Node", where: str, count: int | None, port: int) -> list[Wire]:
    items = document.items(node, where) if node.tag.endswith("seq") else ()
    size = count if count is not None else len(items) or 1
    if items and len(items) != size:
        return []
    found = []
    for place in range(size):
        message = _message(document, items[place] if items else node, where, place)
        if not message:
            return []
        found.append(Wire(WireKind.MESSAGE, message=message, port=port))
    return found


def _message(document: Document, node: "Node", where: str, place: int) -> tuple[int, ...]:
    found: list[int] = []
    words = document.text(node, where).split()
    for word in words:
        if not _TOKEN.fullmatch(word):
            document.fault(node, f"{where} has {word!r} in it; allowed hex bytes, vv, tt and ii: {_EXAMPLE}")
            return ()
        if word.startswith("ii"):
            found.append(place + (int(word[3:], 16) if len(word) > 2 else 0))  # noqa: PLR2004 - ii alone
        else:
            found.append({"vv": VALUE, "tt": TEXT}.get(word) or int(word, 16))
    if words and not _is_whole(found):
        document.fault(node, f"{where} is {said(node)}; allowed {_EXAMPLE}")
        return ()
    return tuple(found)


def _is_whole(message: Sequence[int]) -> bool:
    first, body = message[0], message[1:]
    if first == _START:
        return bool(body) and body[-1] == _END and all(byte < _STATUS for byte in body[:-1])
    if any(byte >= _STATUS for byte in body) or TEXT in body:
        return False
    if first >= _REALTIME:
        return not body
    return len(message) == (_LENGTHS.get(first & 0xF0) or _SYSTEM_LENGTHS.get(first))
