"""Which ports belong to a box of a map."""

import fnmatch
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from studiod.link.ports import MIDI_PORT, PortNames
from studiod.surfaces.base import Match

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


def boxes_in(match: Match, names: PortNames, taken: Collection[str]) -> list[tuple[Pair, ...]]:
    """Every box of that match whose ports are all there and not taken: its main port, then those of `match.also`."""
    rest = _without(names, taken)
    further = [_pairs(rest, patterns, match, also=()) for patterns in match.also]
    mains = _pairs(rest, match.ports or ("*",), match, also=match.also) if match.ports or match.usb else []
    return [tuple(box) for box in zip(mains, *further, strict=False)]


def candidates_behind(match: Match, names: PortNames, taken: Collection[str]) -> list[Pair]:
    """Pairs of ports on which a box of that match may be asked for its identity."""
    both = Match(match.behind, not_ports=match.not_ports)
    return _pairs(_without(names, taken), both.ports, both, also=()) if both.ports else []


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


def _without(names: PortNames, taken: Collection[str]) -> PortNames:
    return replace(
        names,
        inputs=tuple(name for name in names.inputs if name not in taken),
        outputs=tuple(name for name in names.outputs if name not in taken),
    )


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
    found = []
    for name in inputs:
        if not outputs:
            break
        # ALSA calls both directions alike; elsewhere the order pairs them
        output = name if name in outputs else outputs[0]
        outputs.remove(output)
        found.append(Pair(name, output))
    return found
