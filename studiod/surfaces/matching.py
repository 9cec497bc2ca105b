"""Which ports belong to a box of a map."""

import fnmatch
import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from studiod.link.ports import MIDI_PORT, PortNames
from studiod.surfaces.base import Match
from studiod.surfaces.device import Socket, socket_of

T = TypeVar("T")
_HYPHENS = str.maketrans(" .+", "---")


@dataclass(frozen=True, slots=True)
class Pair:
    """The two directions of one port of a box; an empty name is a direction it has not."""

    input_name: str
    output_name: str

    @property
    def name(self) -> str:
        """What a person is told."""
        return self.input_name or self.output_name


Ports = tuple[Pair, ...]
"""Of one box: its main port, then those of `match.also`."""


def boxes_in(match: Match, names: PortNames, taken: Collection[str]) -> list[Ports]:
    """Every box of that match whose ports are all there and not taken.

    Of the ports of one device one is the main port, whoever has taken the others, unless each is a box of its own: the
    one that `match.ports` names most exactly, else the first.
    """
    return free(match, boxes_of(match, names), taken)


def boxes_of(match: Match, names: PortNames) -> list[Ports]:
    """Every box of that match whose ports are all there, whoever has them."""
    if not match.ports and not match.usb:
        return []
    mains = _one_each(_pairs(names, match.ports or ("*",), match, also=match.also), match)
    further = [_pairs(names, patterns, match, also=()) for patterns in match.also]
    boxes = zip(mains, *(_beside(mains, pairs) for pairs in further), strict=True)
    return [tuple(pair for pair in box if pair is not None) for box in boxes if None not in box]


def free(match: Match, boxes: Iterable[Ports], taken: Collection[str]) -> list[Ports]:
    """Those of `boxes` that nobody has, nor the user has given away."""
    return [box for box in boxes if all(_is_free(pair, match, taken) for pair in box)]


def candidates_behind(match: Match, names: PortNames, taken: Collection[str]) -> list[Pair]:
    """Pairs of ports on which a box of that match may be asked for its identity.

    Each of a device, which may have other boxes behind its cables; none of a device whose name tells what it is.
    """
    if not match.behind:
        return []
    both = Match(match.behind, not_ports=match.not_ports)
    known = {socket_of(pair.name).device for pair in _pairs(names, match.ports, match, also=())}
    pairs = [pair for pair in _pairs(names, both.ports, both, also=()) if _is_free(pair, match, taken)]
    return [pair for pair in pairs if socket_of(pair.name).device not in known]


def fits(name: str, patterns: Iterable[str]) -> bool:
    """The name matches one of the shell patterns, upper and lower case alike.

    A name without spaces may be one of jackd's, which has hyphens for spaces, dots and pluses.
    """
    is_jackds = " " not in name
    return any(
        fnmatch.fnmatchcase(name.lower(), pattern.lower())
        or (is_jackds and fnmatch.fnmatchcase(name.lower(), pattern.lower().translate(_HYPHENS)))
        for pattern in patterns
    )


def is_identity(message: bytes, identity: tuple[int, ...]) -> bool:
    """`message` is an identity reply that begins with `identity` (-1: any byte)."""
    body = message[5:-1]
    if message[:2] != b"\xf0\x7e" or message[3:5] != b"\x06\x02" or len(body) < len(identity) or not identity:
        return False
    return all(wanted in (-1, byte) for wanted, byte in zip(identity, body, strict=False))


def _is_free(pair: Pair, match: Match, taken: Collection[str]) -> bool:
    return not any(
        name in taken or fits(name, match.spoken_for) for name in (pair.input_name, pair.output_name) if name
    )


def _one_each(pairs: list[Pair], match: Match) -> list[Pair]:
    """One of each device, in the order of the devices."""
    if match.each_port or match.kinds != (MIDI_PORT,):
        return pairs
    boxes: dict[tuple[str, int], list[Pair]] = {}
    met: dict[Socket, int] = {}
    for pair in pairs:
        socket = socket_of(pair.name)
        met[socket] = met.get(socket, -1) + 1
        boxes.setdefault((socket.device, met[socket]), []).append(pair)
    return [
        min(box, key=lambda pair: (-_exactness(pair.name, match.ports), _number(pair.name))) for box in boxes.values()
    ]


def _exactness(name: str, patterns: Iterable[str]) -> int:
    """How many letters the longest of the patterns that match has."""
    return max((len(pattern) - pattern.count("*") for pattern in patterns if fits(name, (pattern,))), default=0)


def _number(name: str) -> int:
    port = socket_of(name).port
    return int(port) if port.isdecimal() else 0


def _beside(mains: list[Pair], further: list[Pair]) -> list[Pair | None]:
    """For each main port the further one of its device; in order where names do not tell devices apart."""
    return _partners([pair.name for pair in mains], {pair.name: pair for pair in further})


def _partners(names: Sequence[str], others: Mapping[str, T]) -> list[T | None]:
    """For each of the names that of the others which is of its device, or of a device that has none of the names."""
    rest = dict(others)
    devices = {socket_of(name).device for name in names}
    found: list[T | None] = []
    for name in names:
        device = socket_of(name).device
        fitting = (other for other in rest if socket_of(other).device == device)
        strange = (other for other in rest if not socket_of(other).is_card and socket_of(other).device not in devices)
        other = next(itertools.chain(fitting, strange), None)
        found.append(rest.pop(other) if other is not None else None)
    return found


def _pairs(names: PortNames, patterns: tuple[str, ...], match: Match, also: tuple[tuple[str, ...], ...]) -> list[Pair]:
    def is_ours(name: str) -> bool:
        if names.kinds.get(name, MIDI_PORT) not in match.kinds or fits(name, match.not_ports):
            return False
        usb = names.usb.get(name, "")
        if match.usb and usb not in match.usb and (usb or not match.ports):
            return False
        return fits(name, patterns) and not any(fits(name, others) for others in also)

    inputs = [name for name in names.inputs if is_ours(name)] if match.speaks else []
    outputs = [name for name in names.outputs if is_ours(name)] if match.listens else []
    if not match.listens:
        return [Pair(name, "") for name in inputs]
    if not match.speaks:
        return [Pair("", name) for name in outputs]
    # ALSA calls both directions alike; elsewhere the order pairs them
    alone = [name for name in inputs if name not in outputs]
    found = dict(zip(alone, _partners(alone, {name: name for name in outputs if name not in inputs}), strict=True))
    pairs = ((name, found.get(name, name)) for name in inputs)
    return [Pair(name, output) for name, output in pairs if output is not None]
