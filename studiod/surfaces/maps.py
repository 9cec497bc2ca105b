"""Map files: one YAML per model of box, read into a `SurfaceMap`. firmware-maps/README.md describes the format."""

import importlib.util
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from studiod.surfaces.base import (
    Act,
    Binding,
    Control,
    ControlKind,
    Feedback,
    KorgSceneHello,
    MidiWire,
    SurfaceMap,
    Takeover,
)
from studiod.surfaces.checked_yaml import Document, MapError, did_you_mean
from studiod.surfaces.generic_midi import steps_of

if TYPE_CHECKING:
    from yaml.nodes import Node

FORMAT = 1
DIALECTS = ("generic-midi",)
CONFIDENCE = ("measured", "documented", "reported")
MESSAGES_PER_S = 500  # half of what a DIN cable carries, so that the box's own messages have room
_PACKAGE = "studiod.firmware_maps"  # where a wheel puts firmware-maps/
_PLACEHOLDER = re.compile(r"\{[^}]*\}?|\}")
_HIGHEST_CONTROLLER = 127
_TOP = (
    "format",
    "name",
    "maker",
    "model",
    "dialect",
    "mode",
    "confidence",
    "sources",
    "ports",
    "bank",
    "takeover",
    "messages_per_s",
    "hello",
    "controls",
    "bindings",
    "feedback",
)
_TOP_REQUIRED = (
    "format",
    "name",
    "maker",
    "model",
    "dialect",
    "mode",
    "confidence",
    "sources",
    "ports",
    "controls",
    "bindings",
)
_CONTROL = ("kind", "count", "channel", "cc", "lamp", "motor", "detent")
_HELLO = ("type", "header", "scene_bytes", "set", "expect")


def map_folder() -> Path:
    """The folder with the maps that come with studiod: in the installed package, or `firmware-maps/` of the sources."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is not None and spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(__file__).resolve().parents[2] / "firmware-maps"


def load_maps(folder: Path) -> tuple[tuple[SurfaceMap, ...], tuple[str, ...]]:
    """Every map in `folder`, and the faults of those that cannot be used. One bad file costs only itself."""
    maps: dict[str, SurfaceMap] = {}
    faults: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            found = load_map(path)
        except MapError as fault:
            faults.append(str(fault))
            continue
        if found.name in maps:
            faults.append(f"{path}: name {found.name} is taken by another map; allowed once")
        else:
            maps[found.name] = found
    return tuple(maps.values()), tuple(faults)


def load_map(path: Path) -> SurfaceMap:
    """The map in `path`. Raises MapError with every fault in it."""
    document = Document(str(path))
    root = document.root(path)
    found = _surface(document, root) if root is not None else None
    if document.faults or found is None:
        raise MapError("\n".join(document.faults))
    return found


def _surface(document: Document, root: "Node") -> SurfaceMap:
    top = document.mapping(root, "", _TOP, _TOP_REQUIRED)
    if "format" in top:
        document.integer(top["format"], "format", FORMAT, FORMAT)
    if "dialect" in top:
        document.word(top["dialect"], "dialect", DIALECTS)
    controls = _controls(document, top["controls"]) if "controls" in top else {}
    counts = _counts(document, top.get("controls"))
    texts = {key: document.text(top[key], key) if key in top else "" for key in ("name", "maker", "model", "mode")}
    if not re.fullmatch(r"[a-z0-9-]*", texts["name"]):
        document.fault(top["name"], f"name is {texts['name']}; allowed small letters, digits and -")
    return SurfaceMap(
        **texts,
        confidence=document.word(top["confidence"], "confidence", CONFIDENCE) if "confidence" in top else "",
        sources=document.texts(top["sources"], "sources") if "sources" in top else (),
        ports=document.texts(top["ports"], "ports") if "ports" in top else (),
        bank_size=document.integer(top["bank"], "bank", 1, 128) if "bank" in top else 8,
        takeover=Takeover(document.word(top["takeover"], "takeover", tuple(Takeover)))
        if "takeover" in top
        else Takeover.PICKUP,
        messages_per_s=document.integer(top["messages_per_s"], "messages_per_s", 10, 10_000)
        if "messages_per_s" in top
        else MESSAGES_PER_S,
        hello=_hello(document, top["hello"]) if "hello" in top else None,
        controls=controls,
        bindings=_bindings(document, top["bindings"], controls, counts) if "bindings" in top else {},
        feedback=_feedback(document, top["feedback"], controls, counts) if "feedback" in top else {},
    )


def _hello(document: Document, node: "Node") -> KorgSceneHello:
    keys = document.mapping(node, "hello", _HELLO, ("type", "header", "scene_bytes", "set"))
    if "type" in keys:
        document.word(keys["type"], "hello.type", ("korg-scene",))
    size = document.integer(keys["scene_bytes"], "hello.scene_bytes", 1, 4096) if "scene_bytes" in keys else 1
    return KorgSceneHello(
        document.hex_bytes(keys["header"], "hello.header") if "header" in keys else b"",
        size,
        document.byte_table(keys["set"], "hello.set", size) if "set" in keys else {},
        document.byte_table(keys["expect"], "hello.expect", size) if "expect" in keys else {},
    )


def _counts(document: Document, node: "Node | None") -> Mapping[str, int]:
    """How many controls each row of `controls` stands for; 0 for a single one. Faults were noted by `_controls`."""
    quiet = Document(document.name)
    rows = quiet.mapping(node, "controls") if node is not None else {}
    fields = {name: quiet.mapping(row, name) for name, row in rows.items()}
    return {name: quiet.integer(row["count"], name, 1, 128) if "count" in row else 0 for name, row in fields.items()}


def _controls(document: Document, node: "Node") -> Mapping[str, Control]:
    controls: dict[str, Control] = {}
    wires: dict[MidiWire, str] = {}
    for name, row in document.mapping(node, "controls").items():
        where = f"controls.{name}"
        known_faults = len(document.faults)
        keys = document.mapping(row, where, _CONTROL, ("kind", "channel", "cc"))
        count = document.integer(keys["count"], f"{where}.count", 1, 128) if "count" in keys else 1
        if ("count" in keys) is not ("{i}" in name):
            document.fault(row, f"{where}: a name with {{i}} and a count belong together")
        if not {"kind", "channel", "cc"} <= keys.keys():
            continue
        kind = ControlKind(document.word(keys["kind"], f"{where}.kind", tuple(ControlKind)))
        channel = document.integer(keys["channel"], f"{where}.channel", 1, 16)
        first = document.integer(keys["cc"], f"{where}.cc", 0, _HIGHEST_CONTROLLER + 1 - count)
        lamp, motor, detent = (
            key in keys and document.flag(keys[key], f"{where}.{key}") for key in ("lamp", "motor", "detent")
        )
        if kind is ControlKind.BUTTON and (motor or detent):
            document.fault(row, f"{where}: a button has neither motor nor detent; allowed lamp")
        if kind is not ControlKind.BUTTON and lamp:
            document.fault(row, f"{where}: only a button has a lamp; allowed motor, detent")
        if len(document.faults) > known_faults:
            continue  # numbers that stand in for faults would only breed more of them
        for place in range(count):
            wire, one = MidiWire(channel, first + place), name.replace("{i}", str(place + 1))
            if wire in wires:
                document.fault(row, f"{where}: channel {channel} cc {wire.controller} is already {wires[wire]}")
            wires[wire] = one
            controls[one] = Control(one, kind, steps_of(kind, has_detent=detent), wire, lamp, motor, detent)
    return controls


def _each(
    document: Document, node: "Node", where: str, allowed: Iterable[str], counts: Mapping[str, int]
) -> "Iterable[tuple[str, Node, dict[str, Node], tuple[int, ...]]]":
    """Rows of `bindings` or `feedback` that name a control, with the numbers {i} stands for."""
    for name, row in document.mapping(node, where).items():
        keys = document.mapping(row, f"{where}.{name}", allowed)
        if name in counts:
            yield name, row, keys, tuple(range(1, counts[name] + 1)) or (0,)
        else:
            document.fault(row, f"{where}.{name}: there is no such row in controls{did_you_mean(name, counts)}")


def _bindings(
    document: Document, node: "Node", controls: Mapping[str, Control], counts: Mapping[str, int]
) -> Mapping[str, Binding]:
    bindings: dict[str, Binding] = {}
    for name, row, keys, places in _each(document, node, "bindings", (*Act, "argument"), counts):
        where = f"bindings.{name}"
        acts = [act for act in Act if act in keys]
        if len(acts) != 1:
            document.fault(row, f"{where}: allowed exactly one of {', '.join(Act)}")
            continue
        act = acts[0]
        if "argument" in keys and act is not Act.TRIGGER:
            document.fault(row, f"{where}.argument: only a trigger has one")
        argument = document.number(keys["argument"], f"{where}.argument") if "argument" in keys else None
        by = document.integer(keys[act], f"{where}.bank", -128, 128) if act is Act.BANK else 0
        pattern = (
            "" if act is Act.BANK else _pattern(document, keys[act], f"{where}.{act.value}", is_row=places != (0,))
        )
        for place in places:
            one = name.replace("{i}", str(place))
            if one in controls and (controls[one].kind is ControlKind.BUTTON) is (act is Act.ADDRESS):
                document.fault(row, f"{where}: a {controls[one].kind.value} cannot be bound to {act.value}")
                break
            bindings[one] = Binding(one, act, _placed(pattern, place), argument, by)
    return bindings


def _feedback(
    document: Document, node: "Node", controls: Mapping[str, Control], counts: Mapping[str, int]
) -> Mapping[str, Feedback]:
    feedback: dict[str, Feedback] = {}
    for name, row, keys, places in _each(document, node, "feedback", ("address", "lit"), counts):
        where = f"feedback.{name}"
        if "address" not in keys:
            document.fault(row, f"{where}.address is missing")
            continue
        pattern = _pattern(document, keys["address"], f"{where}.address", is_row=places != (0,))
        lit = document.texts(keys["lit"], f"{where}.lit") if "lit" in keys else ()
        for place in places:
            one = name.replace("{i}", str(place))
            if one in controls and not controls[one].shows:
                document.fault(row, f"{where}: that control can show nothing; allowed ones with lamp or motor")
                break
            feedback[one] = Feedback(one, _placed(pattern, place), lit)
    return feedback


def _pattern(document: Document, node: "Node", where: str, *, is_row: bool) -> str:
    text = document.text(node, where)
    allowed = ("{bank+i}", "{i}") if is_row else ()
    if text and (not text.startswith("/") or any(found not in allowed for found in _PLACEHOLDER.findall(text))):
        more = ", with {bank+i} or {i} in it" if is_row else ""
        document.fault(node, f"{where} is {text}; allowed an address such as /main/fader{more}")
    return text


def _placed(pattern: str, place: int) -> str:
    return pattern.replace("{bank+i}", f"{{bank+{place}}}").replace("{i}", str(place))
