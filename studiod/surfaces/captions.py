"""Short words for what a control does: `mute`, `strip 3`."""

import re

from studiod.surfaces.base import Act, Binding, When

_PLACE = re.compile(r"\{([a-z]+)\+(\d+)\}")
_OF_MANY = {"strip": "strip", "bus": "bus", "matrix": "matrix", "vca": "VCA", "mutegroup": "group", "midi": "MIDI"}
_OF_ONE = ("main", "monitor", "talkback", "solo")
_WORDS = {
    "fader": "level", "recordsafe": "rec safe", "hpf": "low cut", "comp": "comp.", "marker next": "marker \u203a",
    "marker previous": "\u2039 marker", "marker add": "add marker", "mutegroup": "mute",
    "main": "to main",
}  # fmt: skip
_KINDS = {"strip": "strips", "bus": "buses", "matrix": "matrices", "vca": "VCAs", "send": "sends", "midi": "MIDI"}


def caption(binding: Binding) -> tuple[str, str]:
    """What it does, and to what."""
    if not binding.address.startswith("/"):
        return _on_the_box(binding)
    what, which = _address(binding.address)
    match binding.act:
        case Act.TRIGGER if binding.address == "/transport/locate":
            return (f"to {binding.argument:g} s" if binding.argument else "to start"), ""
        case Act.RADIO:
            return binding.word, f"{what} {which}".strip()
        case Act.SET:
            what = f"{what} {binding.word}"
        case Act.STEP:
            what += " +" if binding.by > 0 else " \u2212"
    return what, which


def _on_the_box(binding: Binding) -> tuple[str, str]:
    """What turns the box itself."""
    if binding.act is Act.BANK:
        one, size = binding.bank.value, abs(binding.bank_by)
        return _sided(one if size == 1 else f"{size} {_KINDS.get(one, one)}", is_next=binding.bank_by > 0), ""
    if binding.act is Act.BANK_TO:
        return f"from {binding.bank.value}", str(binding.bank_by)
    if binding.act is Act.NUDGE:
        return _sided("wind", is_next=binding.by > 0), ""
    word, noun = (binding.address, "select") if binding.act is Act.SELECT else (binding.word, "page")
    if word in ("next", "previous"):
        return _sided(noun, is_next=word == "next"), ""
    return (noun, _number(word, "strip")) if noun == "select" else (word, noun)


def captions(bindings: tuple[Binding, ...]) -> tuple[str, str]:
    """The same for everything a control does; the second thing comes in place of `which`."""
    if not bindings:
        return "", ""
    what, which = caption(bindings[0])
    if len(bindings) > 1:
        more, _ = caption(bindings[1])
        moment = bindings[1].when
        which = f"{moment.value}: {more}" if moment is not When.PRESS else f"+ {more}"
    return what, which


def _address(address: str) -> tuple[str, str]:
    first, *rest = address.strip("/").split("/")
    which = ""
    if first == "meter" and rest:
        return first, _number(rest[1], _OF_MANY.get(rest[0], rest[0])) if len(rest) > 1 else rest[0]
    if first in _OF_MANY and len(rest) > 1:
        which = _number(rest[0], _OF_MANY[first])
        rest = rest[1:]
    elif first in _OF_ONE and rest not in ([], ["on"]):
        which = first
    elif first == "transport":
        pass
    else:
        rest = [first, *rest]
    if len(rest) > 1 and rest[-1] == "on":
        rest = rest[:-1]
    if rest == ["on"] or not rest:
        rest = [first]
    if rest[:1] == ["send"] and rest[-1] == "level":
        rest = rest[:-1]
    words = _PLACE.sub(r"\2", " ".join(rest))
    return _WORDS.get(words, " ".join(_WORDS.get(word, word) for word in words.split())), which


def _number(text: str, kind: str) -> str:
    if text == "{selected}":
        return "selected"
    found = _PLACE.fullmatch(text)
    return f"{kind} {found[2] if found else text}"


def _sided(words: str, *, is_next: bool) -> str:
    return f"{words} \u203a" if is_next else f"\u2039 {words}"
