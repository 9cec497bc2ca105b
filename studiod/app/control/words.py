"""What people type: targets (`1-4`, `bus:2`, `main`), positions (`1:02.5`), and values, by each parameter's own law."""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from studiod.app.control.faults import NotDone, WrongUsage
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.parameter import Kind, ParameterSpec, Refused
from studiod.model.units import level_text
from studiod.net.osc.packet import Argument, Message, message

STRIP, TRIMMED, BUS, MAIN, MIDI = "strip", "trimmed", "bus", "main", "midi"
TRAVEL = "/travel"
_EVERY = 0  # as a last number: as many as the desk has
_ITEM = re.compile(r"(?:(strip|trimmed|bus|midi):?)?(?:(\d+)(?:-(\d+))?|(all))")
_SPACED = re.compile(r"\b(strip|trimmed|bus|midi)[\s:]+(?=\d|all)")
_SECONDS = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_MINUTE_S, _HOUR_MIN = 60, 60
_FORMS = "4, 1-4, 1,3,5-7, all, main, bus:2, bus:all, trimmed:3"
# Numbers, and patterns in their place.
_NUMBERED = re.compile(r"(?<=/)(?:\d+|[^/]*[*?\[\]{}][^/]*)(?=/|$)")


def _shape(address: str) -> str:
    """`/strip/#/send/#/level`: a parameter's law is the same on every strip."""
    return _NUMBERED.sub("#", address)


# Two of each: the first is linked to the second, and sends to it.
_EXAMPLE = ConsoleLayout(2, 2, (1, 2), ("", ""), ("", ""), matrix_names=("", ""), midi_tracks=2)
_LAWS = {_shape(spec.address): spec for spec in console_parameters(_EXAMPLE)}


@dataclass(frozen=True, slots=True)
class Target:
    """One strip, a strip after trim, one bus, main, or one MIDI track."""

    kind: str
    number: int = 0

    @property
    def address(self) -> str:
        """Where its parameters begin: `/strip/3`."""
        if self.kind == TRIMMED:
            return f"/strip/{self.number}/trimmed"
        return f"/{self.kind}/{self.number}" if self.number else f"/{self.kind}"

    @property
    def word(self) -> str:
        """How it is typed: `3`, `trimmed:3`, `bus:2`, `main`."""
        if self.kind == STRIP:
            return f"{self.number}"
        return f"{self.kind}:{self.number}" if self.number else self.kind


@dataclass(frozen=True, slots=True)
class Wanted:
    """Targets as they were typed; how many `all` is, only the desk knows."""

    kind: str
    first: int = 0
    last: int = 0


def targets(typed: str, allowed: Iterable[str]) -> list[Wanted]:
    """What `typed` names, of the kinds `allowed`. Raises WrongUsage."""
    kinds = tuple(allowed)
    words = [word for word in re.split(r"[,\s]+", _SPACED.sub(r"\1:", typed.strip().lower())) if word]
    found = [_wanted(word) for word in words]
    if not found:
        raise WrongUsage(f"nothing is named; allowed {_FORMS}")
    for word, wanted in zip(words, found, strict=True):
        if wanted.kind not in kinds:
            raise WrongUsage(f"{word}: that works on {' or '.join(_PLURALS[kind] for kind in kinds)} only")
    return found


_PLURALS = {STRIP: "strips", TRIMMED: "trimmed strips", BUS: "buses", MAIN: "main", MIDI: "MIDI tracks"}
_SINGULARS = {STRIP: "strip", TRIMMED: "trimmed strip", BUS: "bus", MIDI: "MIDI track"}


def _wanted(word: str) -> Wanted:
    if word == MAIN:
        return Wanted(MAIN)
    match = _ITEM.fullmatch(word)
    if match is None:
        raise WrongUsage(f"{word!r} names no strip or bus; allowed {_FORMS}")
    kind, first, last, every = match.groups()
    if every:
        return Wanted(kind or STRIP, 1, _EVERY)
    if int(first) == 0:
        raise WrongUsage(f"{word}: strips and buses are counted from 1")
    if last is not None and int(last) < int(first):
        raise WrongUsage(f"{word}: a range runs upwards, {last}-{first}")
    return Wanted(kind or STRIP, int(first), int(last or first))


def on_this_desk(wanted: Iterable[Wanted], strips: int, buses: int, midi_tracks: int = 0) -> list[Target]:
    """The targets themselves, each once, in the order typed. Raises NotDone for one that the desk does not have."""
    found: dict[Target, None] = {}
    for each in wanted:
        if each.kind == MAIN:
            found[Target(MAIN)] = None
            continue
        count = {STRIP: strips, TRIMMED: strips, BUS: buses, MIDI: midi_tracks}[each.kind]
        last = count if each.last == _EVERY else each.last
        if last > count or not count:
            has = f"{_PLURALS[each.kind]} 1-{count}" if count else f"no {_PLURALS[each.kind]}"
            raise NotDone(f"there is no {_SINGULARS[each.kind]} {last or each.first}: this desk has {has}")
        found |= dict.fromkeys(Target(each.kind, number) for number in range(each.first, last + 1))
    return list(found)


def position_s(typed: str) -> float:
    """Seconds of a position: `61.5`, `1:01.5`, `0:01:01.500`. Raises WrongUsage."""
    parts = typed.strip().split(":")
    *whole, seconds = parts
    is_form = len(whole) <= 2 and all(part.isdecimal() for part in whole) and _SECONDS.fullmatch(seconds)  # noqa: PLR2004 - hours and minutes
    if not is_form:
        raise WrongUsage(f"{typed.strip()!r} is no position; allowed 61.5, 1:01.5 or 0:01:01.500, from 0 on")
    if (whole and float(seconds) >= _MINUTE_S) or (len(whole) > 1 and int(whole[1]) >= _HOUR_MIN):
        raise WrongUsage(f"{typed.strip()!r}: after a colon minutes and seconds end at 59")
    total = 0
    for part in whole:
        total = (total + int(part)) * _MINUTE_S
    return total + float(seconds)


def law(address: str) -> ParameterSpec | None:
    """The parameter at `address` (of whatever strip or bus), or None where the table has none.

    A choice may have more words on a larger desk.
    """
    return _LAWS.get(_shape(address))


def setting(address: str, typed: str) -> Message:
    """The message that sets `address` to what was typed. Raises WrongUsage where the words are no such value.

    The range is studiod's to refuse.
    """
    address, typed = question(address).address, typed.strip()
    spec = law(address)
    if spec is None:
        number = _number(typed)
        if number is None and law(address.removesuffix(TRAVEL)) is not None:
            raise WrongUsage(f"{address}: {typed!r} is no number; allowed 0..1")
        return Message(address, "s", (typed,)) if number is None else Message(address, "d", (number,))
    if spec.kind in {Kind.TEXT, Kind.TOGGLE, Kind.CHOICE, Kind.METER}:
        return Message(address, "s", (typed,))
    try:
        return Message(address, "d", (replace(spec, low=-math.inf, high=math.inf).parse(typed),))
    except Refused:
        raise WrongUsage(f"{address}: {typed!r} is not a value; allowed {spec.allowed}") from None


def question(typed: str) -> Message:
    """The message that asks what was typed, an address or a pattern. Raises WrongUsage.

    A command is refused: asked without an argument it would be obeyed.
    """
    address = typed.strip()
    if not address.startswith("/"):
        raise WrongUsage(f"{address!r} is no address: it begins with /, as in /strip/3/fader")
    spec = law(address)
    if spec is not None and spec.kind is Kind.TRIGGER:
        raise WrongUsage(f"{address} is a command, not a value: use `{_command_for(address)}` of studioctl")
    return message(address)


def button(typed: str, value: float | None = None) -> Message:
    """The message that presses the button at the address typed, with the number it takes. Raises WrongUsage."""
    address = typed.strip()
    spec = law(address)
    if spec is None or spec.kind is not Kind.TRIGGER or "#" in _shape(address):
        raise WrongUsage(f"{address!r} is no button; allowed {', '.join(BUTTONS)}")
    if address not in BUTTONS:
        raise WrongUsage(f"{address}: use `{_command_for(address)}` of studioctl, which waits until it is so")
    if (value is None) == bool(spec.unit):
        raise WrongUsage(f"{address}: allowed is {spec.allowed}")
    return message(address) if value is None else Message(address, "d", (value,))


def _command_for(address: str) -> str:
    return f"press {address}" if address in BUTTONS else address.rpartition("/")[2]


_COMMANDS = frozenset({*(f"/transport/{word}" for word in ("play", "stop", "record", "locate")), "/blackbox/keep"})
BUTTONS = tuple(spec.address for spec in _LAWS.values() if spec.kind is Kind.TRIGGER and spec.address not in _COMMANDS)
"""Addresses that `press` presses."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an address says now: for scripts, and for people."""

    address: str
    value: object
    text: str

    def fact(self) -> dict[str, object]:
        """As JSON has it."""
        return {"address": self.address, "value": self.value, "text": self.text}


def reading(answer: Message) -> Reading:
    """The reading in an answer of studiod's."""
    arguments = [_rounded(tag, argument) for tag, argument in zip(answer.tags, answer.arguments, strict=False)]
    spec = law(answer.address)
    if arguments in ([], [None]):
        return Reading(answer.address, None, "nothing measures it")
    first = arguments[0]
    if spec is None or spec.kind is Kind.TEXT:
        return _plain(answer.address, arguments)
    if spec.kind is Kind.METER:
        return _metered(answer.address, spec, arguments)
    if spec.kind is Kind.TOGGLE:
        return Reading(answer.address, bool(first), "on" if first else "off")
    if isinstance(first, int | float):
        return Reading(answer.address, first, spec.text(float(first)))
    return Reading(answer.address, first, str(first))


def _metered(address: str, spec: ParameterSpec, arguments: list[Argument]) -> Reading:
    if spec.unit == "s":
        return Reading(address, arguments[0], str(arguments[-1]))
    numbers = [float(each) for each in arguments if isinstance(each, int | float)]
    named = zip(_METER_WORDS[_shape(spec.address)], numbers, strict=False)
    told = (f"{word} {level_text(number).replace('dB', unit)}" for (word, unit), number in named)
    return Reading(address, numbers, ", ".join(told))


def _in(unit: str, *words: str) -> tuple[tuple[str, str], ...]:
    return tuple((word, unit) for word in words)


_SUM_WORDS = _in("dB", "peak", "rms", "compressor")
_LOUDNESS_WORDS = (*_in("LUFS", "momentary", "short-term", "integrated"), ("range", "LU"), ("true peak", "dBTP"))
_METER_WORDS = {
    "/meter/strip/#": _in("dB", "peak", "rms", "gate", "compressor"),
    "/meter/bus/#": _SUM_WORDS,
    "/meter/matrix/#": _SUM_WORDS,
    "/meter/mono": _SUM_WORDS,
    "/meter/main": _in("dB", "peak left", "peak right", "rms left", "rms right", "limiter", "compressor"),
    "/meter/loudness": _LOUDNESS_WORDS,
    "/meter/loudness/source": _LOUDNESS_WORDS,
}
"""What the readings of a meter are, and in which unit."""


def _plain(address: str, arguments: list[Argument]) -> Reading:
    if len(arguments) > 1:
        return Reading(address, arguments, " ".join(map(str, arguments)))
    (only,) = arguments
    if isinstance(only, str) and only[:1] in {"{", "["}:
        try:
            held = json.loads(only)
        except ValueError:
            return Reading(address, only, only)
        return Reading(address, held, json.dumps(held, indent=2, ensure_ascii=False))
    return Reading(address, only, f"{only:g}" if isinstance(only, float) else str(only))


def _rounded(tag: str, argument: Argument) -> Argument:
    """A 32-bit float as the shortest number that it is: -6.1, not -6.0999999."""
    return float(f"{argument:.7g}") if tag == "f" and isinstance(argument, float) else argument


def _number(typed: str) -> float | None:
    try:
        return float(typed)
    except ValueError:
        return None


def finite(fact: object) -> object:
    """`fact` as JSON may say it: what is not a finite number (silence is -inf dB) is null."""
    if isinstance(fact, float):
        return fact if math.isfinite(fact) else None
    if isinstance(fact, dict):
        return {key: finite(each) for key, each in fact.items()}
    if isinstance(fact, list | tuple):
        return [finite(each) for each in fact]
    return fact
