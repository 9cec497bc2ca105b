"""Ardour's `.map` files (generic MIDI bindings) as maps of format 2; `.device` files as lists of their facts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from studiod.surfaces.ardour_names import ports_of
from studiod.surfaces.ardour_targets import NotHere, Target, Use, action_target, function_target, uri_target

MAX_BYTES = 1_000_000  # the longest of Ardour's own is a tenth of it
_USUAL_BANK = 8
_RELATIVE = {"enc-2": "twos", "enc-b": "offset", "enc-l": "sign", "enc-r": "sign-reversed"}
_WIRES = ("ctl", "ctl-toggle", "note", "pgm", "pb", "enc-2", "enc-b", "enc-l", "enc-r", "rpn", "nrpn", "rpn-delta",
          "nrpn-delta", "msg", "sysex", "ctl-dial")  # fmt: skip
_HIGHEST = {"rpn": 16_383, "nrpn": 16_383, "rpn-delta": 16_383, "nrpn-delta": 16_383}
_CHANNELS = 16
_BYTE = re.compile(r"[0-9a-fA-F]{1,2}")
_REAL_TIME = 0xF8


class NotArdour(ValueError):  # noqa: N818 - it reads as the fact it reports
    """The file is none of Ardour's; the message says why."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One binding that was left out."""

    line: int
    text: str
    """The binding as the file says it."""
    reason: str


@dataclass(slots=True)
class Imported:
    """What became of one file."""

    name: str
    kind: str
    """`map` or `device`."""
    read: int = 0
    imported: int = 0
    refused: list[Refusal] = field(default_factory=list)
    yaml: str = ""
    """The map of format 2; empty when nothing in it could be used."""
    ports: tuple[str, ...] = ()
    """Patterns of the ports that the map takes by itself; none where its name tells no model: `surfaces.use` says."""


@dataclass(slots=True)
class _Control:
    line: int
    use: Use
    facts: str
    bindings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Element:
    name: str
    attributes: Mapping[str, str]
    line: int


def import_ardour(raw: bytes, file_name: str) -> Imported:
    """Every binding of `raw`, imported or refused with its reason. Raises NotArdour.

    file_name: what the map names as its source.
    """
    elements = _elements(raw)
    if not elements:
        raise NotArdour("is empty; allowed an Ardour .map or .device")
    root = elements[0]
    if root.name == "MackieProtocolDevice":
        return _device(elements, file_name)
    if root.name != "ArdourMIDIBindings":
        raise NotArdour(f"begins with {root.name}; allowed ArdourMIDIBindings (.map) or MackieProtocolDevice (.device)")
    return _map(elements, file_name)


def _elements(raw: bytes) -> list[_Element]:
    if len(raw) > MAX_BYTES:
        raise NotArdour(f"has {len(raw)} bytes; allowed {MAX_BYTES}")
    found: list[_Element] = []
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        found.append(_Element(name, attributes, parser.CurrentLineNumber))

    def entity(*_: object) -> None:  # a few lines of them may stand for gigabytes
        raise NotArdour("declares entities; allowed plain XML")

    parser.StartElementHandler = start
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(raw, True)  # noqa: FBT003 - expat's own signature
    except expat.ExpatError as fault:
        raise NotArdour(f"is no XML: line {fault.lineno}: {expat.errors.messages[fault.code]}") from None
    return found


def _device(elements: list[_Element], file_name: str) -> Imported:
    reason = "a Mackie surface: studiod has a dialect of its own for those, this entry is not needed"
    found = Imported(file_name, "device")
    for element in elements[1:]:
        found.read += 1
        found.refused.append(Refusal(element.line, _text(element), reason))
    return found


def _map(elements: list[_Element], file_name: str) -> Imported:
    attributes = elements[0].attributes
    name = attributes.get("name", "") or file_name.removesuffix(".map")
    found = Imported(name, "map")
    facts = next((element.attributes for element in elements if element.name == "DeviceInfo"), {})
    size = facts.get("bank-size", "")
    bank = int(size) if size.isdecimal() and 0 < int(size) <= 128 else _USUAL_BANK  # noqa: PLR2004 - the widest desk
    has_motors = "yes" in (facts.get("motorized", ""), facts.get("motorised", ""))
    controls: dict[str, _Control] = {}
    for element in elements:
        if element.name != "Binding":
            continue
        found.read += 1
        try:
            target = _target(element.attributes, bank)
            _add(controls, element, target, has_motors=has_motors)
        except NotHere as fault:
            found.refused.append(Refusal(element.line, _text(element), str(fault)))
        else:
            found.imported += 1
    if controls:
        found.ports = ports_of(_plain(name), attributes.get("manufacturer", ""))
        found.yaml = _yaml(attributes, name, file_name, bank, controls, found.ports)
    return found


def _target(attributes: Mapping[str, str], bank: int) -> Target:
    if "uri" in attributes:
        return uri_target(attributes["uri"])
    if "function" in attributes:
        argument = next((attributes[key] for key in ("argument", "arg", "arguments") if key in attributes), "")
        return function_target(attributes["function"], argument, bank)
    if "action" in attributes:
        return action_target(attributes["action"])
    raise NotHere("it has no target; allowed uri, function or action")


def _add(controls: dict[str, _Control], element: _Element, target: Target, *, has_motors: bool) -> None:
    wires = [key for key in _WIRES if key in element.attributes]
    if len(wires) != 1:
        raise NotHere(f"it names {len(wires)} messages; allowed one of {', '.join(_WIRES)}")
    key = wires[0]
    if key in ("msg", "sysex"):
        name, facts = _whole(element.attributes[key], target)
    else:
        name, facts = _numbered(key, element.attributes, target, has_motors=has_motors)
    control = controls.get(name)
    if control is None:
        control = controls[name] = _Control(element.line, target.use, facts)
    elif control.use is not target.use:
        raise NotHere(f"the same message is already a {control.use.value} in line {control.line}")
    if target.binding in control.bindings:
        raise NotHere(f"line {control.line} does the same already")
    control.bindings.append(target.binding)


def _whole(text: str, target: Target) -> tuple[str, str]:
    words = text.split()
    if not words or any(not _BYTE.fullmatch(word) for word in words):
        raise NotHere(f"its message is {text!r}; allowed bytes in hex")
    message = bytes(int(word, 16) for word in words)
    if target.use is not Use.PRESS:
        raise NotHere("a whole message has no value for a position")
    first, inner = message[0], message[1:]
    is_sysex = first == 0xF0 and message[-1] == 0xF7 and len(message) > 2 and max(inner[:-1]) < 0x80  # noqa: PLR2004
    is_short = (0x80 <= first < 0xF0 and len(message) == (2 if 0xC0 <= first < 0xE0 else 3)) or (  # noqa: PLR2004
        first >= _REAL_TIME and len(message) == 1
    )
    if not is_sysex and not (is_short and all(byte < 0x80 for byte in inner)):  # noqa: PLR2004 - data bytes
        raise NotHere(f"{message.hex(' ')} is no whole MIDI message")
    return f"message-{message.hex()}", f'kind: button, message: "{message.hex(" ").upper()}"'


def _numbered(key: str, attributes: Mapping[str, str], target: Target, *, has_motors: bool) -> tuple[str, str]:
    channel = _number(attributes.get("channel", "1"), "channel", _CHANNELS) or 1  # Ardour takes 0 for 1
    number = 0 if key == "pb" else _number(attributes[key], key, _HIGHEST.get(key, 127))
    motor = ", motor: true" if has_motors else ""
    where = f"channel: {channel}, "
    if key == "ctl-dial":
        raise NotHere("a dial that switches by its direction is nothing this desk knows")
    if key in _RELATIVE or key.endswith("-delta"):
        if target.use is not Use.POSITION:
            raise NotHere("an endless knob cannot press")
        wire = f"cc: {number}" if key in _RELATIVE else f"{key.removesuffix('-delta')}: {number}"
        ring = ", ring: true" if has_motors and key in _RELATIVE else ""
        return (
            f"ch{channel}-{wire.replace(': ', '')}",
            f"kind: encoder, {where}{wire}, relative: {_RELATIVE.get(key, 'twos')}{ring}",
        )
    told = {"pb": "bend: true", "note": f"note: {number}", "pgm": f"program: {number}"}.get(key)
    wire = told or (f"{key}: {number}" if key in ("rpn", "nrpn") else f"cc: {number}")
    name = f"ch{channel}-{'bend' if key == 'pb' else wire.replace(': ', '')}"
    if target.use is Use.POSITION:
        if key in ("note", "pgm", "ctl-toggle"):
            raise NotHere(f"a {key} message has no position")
        return name, f"kind: {'fader' if target.is_fader else 'knob'}, {where}{wire}{motor}"
    if key in ("pb", "rpn", "nrpn"):
        raise NotHere(f"a {key} message cannot press")
    lamp = ", lamp: true" if target.is_shown and key != "pgm" else ""
    return name, f"kind: button, {where}{wire}{lamp}"


def _number(text: str, what: str, highest: int) -> int:
    if not text.strip().isdecimal() or int(text) > highest:
        raise NotHere(
            f"its {what} is {text!r}; allowed 0..{highest}"
            if what != "channel"
            else f"its channel is {text}; allowed 1..16"
        )
    return int(text)


def _text(element: _Element) -> str:
    return " ".join(f'{key}="{value}"' for key, value in element.attributes.items()) or element.name


def _yaml(
    attributes: Mapping[str, str], name: str, file_name: str, bank: int, controls: Mapping[str, _Control],
    ports: tuple[str, ...],
) -> str:  # fmt: skip
    words = name.split()
    maker = attributes.get("manufacturer", "") or words[0]
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "imported"
    lines = [
        f"# {_plain(name)}: imported from Ardour's {_plain(file_name)}.",
        "format: 2",
        f"name: {_quoted(slug)}",
        f"maker: {_quoted(maker)}",
        f"model: {_quoted(name)}",
        "dialect: generic-midi",
        "mode: The preset that the Ardour map was made for.",
        "confidence: reported",
        f"sources: [{_quoted('Ardour map ' + file_name)}]",
        *_match(ports),
        f"banks: {{strip: {bank}}}",
        "controls:",
        *(f"  {control}: {{{facts.facts}}}" for control, facts in controls.items()),
        "bindings:",
        *(f"  {control}: {_listed(facts.bindings)}" for control, facts in controls.items()),
    ]
    return "\n".join((*lines, ""))


def _match(ports: tuple[str, ...]) -> tuple[str, ...]:
    played = "# keys: whatever is played on it is recorded, too. Leave that out for a box without keys and pads."
    if ports:
        told = "# ports: taken from the name of the map; put what `studioctl devices` calls the port."
        return told, played, f"match: {{ports: [{', '.join(map(_quoted, ports))}], keys: true}}"
    waits = "# Its name tells no port: it waits until surfaces.use of the configuration says which port it is for."
    return waits, played, "match: {usual: false, keys: true}"


def _listed(bindings: list[str]) -> str:
    return bindings[0] if len(bindings) == 1 else f"[{', '.join(bindings)}]"


def _plain(text: str) -> str:
    return " ".join(word for word in re.sub(r"[^\x20-\x7e]", " ", text).split())


def _quoted(text: str) -> str:
    return '"' + _plain(text).replace("\\", "").replace('"', "'") + '"'
