"""Map files: one YAML per model of box, read into a `SurfaceMap`. firmware-maps/README.md describes the format."""

import importlib.util
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from studiod.surfaces.base import KorgSceneHello, Match, SurfaceMap
from studiod.surfaces.bindings import BankKind
from studiod.surfaces.checked_yaml import Document, MapError, NoBase, did_you_mean, said
from studiod.surfaces.controls import Takeover
from studiod.surfaces.dialects import DIALECTS, LINES
from studiod.surfaces.map_base import bound_in
from studiod.surfaces.map_bindings import BindingReader
from studiod.surfaces.map_controls import Rows, read_controls
from studiod.surfaces.map_face import read_face
from studiod.surfaces.map_named import read_named_controls, read_named_match
from studiod.surfaces.map_wires import read_message

if TYPE_CHECKING:
    from yaml.nodes import Node

FORMAT = 2
CONFIDENCE = ("measured", "documented", "reported", "unconfirmed")
MESSAGES_PER_S = 500  # half of what a DIN cable carries, so that the box's own messages have room
BYTES_PER_S = 2800  # a DIN cable carries 3125
HOLD_MS, DOUBLE_MS = 500, 300
_PACKAGE = "studiod.firmware_maps"  # where a wheel puts firmware-maps/
_REQUIRED = (
    "format",
    "name",
    "maker",
    "model",
    "dialect",
    "mode",
    "confidence",
    "sources",
    "match",
    "controls",
    "bindings",
)
_REQUIRED_WITH_BASE = ("format", "base")
_TOP = (
    *_REQUIRED, "base", "banks", "takeover", "messages_per_s", "bytes_per_s", "hold_ms", "double_ms", "hello",
    "bye", "feedback", "layers", "pages", "face",
)  # fmt: skip
_HELLO = ("type", "header", "scene_bytes", "set", "expect")
_MATCH = ("ports", "usb", "direction", "also", "identity", "behind", "not_ports", "keys", "each_port", "usual")
_ANY = -1


def map_folder() -> Path:
    """The folder with the maps that come with studiod: in the installed package, or `firmware-maps/` of the sources."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is not None and spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(__file__).resolve().parents[2] / "firmware-maps"


def load_maps(folder: Path, known: Iterable[SurfaceMap] = ()) -> tuple[tuple[SurfaceMap, ...], tuple[str, ...]]:
    """Every map in `folder`, and the faults of those that cannot be used. One bad file costs only itself.

    known: maps that `base` may name, besides those of the folder.
    """
    bases = {facts.name: facts for facts in known}
    found: dict[Path, SurfaceMap] = {}
    faults: dict[Path, str] = {}
    rest = paths = sorted(folder.glob("*.yaml"))
    while rest:
        waiting: list[Path] = []
        read = dict[str, SurfaceMap]()
        for path in rest:
            try:
                facts = load_map(path, bases)
            except NoBase as fault:
                faults[path] = str(fault)
                waiting.append(path)
            except MapError as fault:
                faults[path] = str(fault)
            else:
                found[path] = read[facts.name] = facts
                faults.pop(path, None)
        new = [facts for facts in read.values() if not facts.base]
        new += [facts for facts in read.values() if facts.base and facts.name != facts.base]
        bases.update({facts.name: facts for facts in new})
        rest = waiting if new else []
    maps: dict[str, SurfaceMap] = {}
    for path in paths:
        if path in found and maps.setdefault(found[path].name, found[path]) is not found[path]:
            faults[path] = f"{path}: name {found[path].name} is taken by another map; allowed once"
    return tuple(maps.values()), tuple(faults[path] for path in paths if path in faults)


def load_map(path: Path, known: Mapping[str, SurfaceMap] | None = None) -> SurfaceMap:
    """The map in `path`. known: those that its `base` may name. Raises MapError with every fault in it, or NoBase."""
    document = Document(str(path))
    return _read(document, document.root(path), known or {})


def map_in(text: str, name: str, known: Mapping[str, SurfaceMap]) -> SurfaceMap:
    """The map that the file `name` would hold with `text` in it. Raises as `load_map`."""
    document = Document(name)
    return _read(document, document.root_in(text.encode(errors="surrogateescape")), known)


def _read(document: Document, root: "Node | None", known: Mapping[str, SurfaceMap]) -> SurfaceMap:
    found = _surface(document, root, known) if root is not None else None
    if document.faults or found is None:
        raise MapError("\n".join(document.faults))
    return found


def _surface(document: Document, root: "Node", known: Mapping[str, SurfaceMap]) -> SurfaceMap:
    top = document.mapping(root, "", _TOP)
    for key in _REQUIRED_WITH_BASE if "base" in top else _REQUIRED:
        if key not in top:
            document.fault(root, f"{key} is missing")
    if "format" in top:
        document.integer(top["format"], "format", FORMAT, FORMAT)
    if "base" in top:
        return _from_base(document, top, known)
    return _alone(document, top)


def _from_base(document: Document, top: "Mapping[str, Node]", known: Mapping[str, SurfaceMap]) -> SurfaceMap:
    """What `top` says, and what the base says where it does not."""
    name = document.text(top["base"], "base")
    base = known.get(name)
    if base is None:
        document.fault(top["base"], f"base is {name}; allowed the name of a map{did_you_mean(name, known)}")
        raise NoBase("\n".join(document.faults))
    own = _alone(document, top, base)
    told = {_FIELDS.get(key, key) for key in top}
    same = {word: getattr(base, word) for word in _SIMPLE if word not in told}
    match = own.match if "match" in top else base.match
    same |= {"match": match}
    if "hello" not in top:
        same |= {"hello": base.hello, "greeting": base.greeting}
    face = own.face or tuple(
        tuple(tuple(one for one in cell if one in own.controls) for cell in row) for row in base.face
    )
    return replace(own, base=name, face=face, **same)


_FIELDS = {"hold_ms": "hold_s", "double_ms": "double_s", "bye": "farewell"}
_SIMPLE = (
    "name", "maker", "model", "mode", "confidence", "sources", "dialect", "takeover", "messages_per_s", "bytes_per_s",
    "hold_s", "double_s", "farewell",
)  # fmt: skip


def _alone(document: Document, top: "Mapping[str, Node]", base: SurfaceMap | None = None) -> SurfaceMap:
    texts = {key: document.text(top[key], key) if key in top else "" for key in ("name", "maker", "model", "mode")}
    if not re.fullmatch(r"[a-z0-9-]*", texts["name"]):
        document.fault(top["name"], f"name is {texts['name']}; allowed small letters, digits and -")
    dialect = _word(document, top, "dialect", DIALECTS, base.dialect if base else "generic-midi")
    match, ports, rows = _found(document, top, dialect, base)
    banks = {**base.banks} if base else {BankKind.STRIP: 8}
    if "banks" in top:
        banks = ({**base.banks} if base else {}) | _banks(document, top["banks"])
    bound = BindingReader(document, rows, banks, bound_in(base, rows.controls) if base else None).read(top)
    hello = top.get("hello")
    is_scene = hello is not None and hello.tag.endswith("map")
    return SurfaceMap(
        **texts,
        confidence=_word(document, top, "confidence", CONFIDENCE, ""),
        sources=document.texts(top["sources"], "sources") if "sources" in top else (),
        match=match,
        ports=ports,
        rows=rows.names,
        controls=rows.controls,
        bindings=bound.bindings,
        feedback=bound.feedback,
        layers=bound.layers,
        pages=bound.pages,
        dialect=dialect,
        banks=banks,
        takeover=Takeover(_word(document, top, "takeover", tuple(Takeover), Takeover.PICKUP)),
        messages_per_s=_whole(document, top, "messages_per_s", 10, 10_000, MESSAGES_PER_S),
        bytes_per_s=_whole(document, top, "bytes_per_s", 100, 1_000_000, BYTES_PER_S),
        hold_s=_whole(document, top, "hold_ms", 100, 5000, HOLD_MS) / 1000.0,
        double_s=_whole(document, top, "double_ms", 50, 2000, DOUBLE_MS) / 1000.0,
        hello=_hello(document, hello) if hello is not None and is_scene else None,
        greeting=_messages(document, hello, "hello", ports) if hello is not None and not is_scene else (),
        farewell=_messages(document, top["bye"], "bye", ports) if "bye" in top else (),
        face=read_face(document, top["face"], rows) if "face" in top else (),
    )


def _found(
    document: Document, top: "Mapping[str, Node]", dialect: str, base: SurfaceMap | None
) -> tuple[Match, tuple[str, ...], Rows]:
    """How the box is found, the names of its further ports, and its controls: those of `base`, too."""
    match, ports = Match(), base.ports if base else ()
    under = Rows(base.controls, base.rows) if base else None
    rows = under or Rows({}, {})
    if dialect in LINES:
        match = read_named_match(document, top["match"], dialect) if "match" in top else match
        if "controls" in top:
            own = read_named_controls(document, top["controls"])
            rows = Rows({**rows.controls, **own.controls}, {**rows.names, **own.names})
        return match, (), rows
    match, ports = _match(document, top["match"]) if "match" in top else (match, ports)
    return match, ports, read_controls(document, top["controls"], ports, under) if "controls" in top else rows


def _word(document: Document, top: "Mapping[str, Node]", key: str, allowed: Iterable[str], usual: str) -> str:
    return document.word(top[key], key, allowed) if key in top else usual


def _whole(document: Document, top: "Mapping[str, Node]", key: str, low: int, high: int, usual: int) -> int:
    return document.integer(top[key], key, low, high) if key in top else usual


def _match(document: Document, node: "Node") -> tuple[Match, tuple[str, ...]]:
    """How the box is found, and the names of its further ports."""
    keys = document.mapping(node, "match", _MATCH)
    usual = "usual" not in keys or document.flag(keys["usual"], "match.usual")
    if usual and not {"ports", "usb", "identity"} & keys.keys():
        document.fault(node, "match: allowed at least one of ports, usb, identity with behind, or usual: false")
    if ("identity" in keys) is not ("behind" in keys):
        document.fault(node, "match: identity and behind belong together")
    ports, usb, behind = (
        document.texts(keys[key], f"match.{key}") if key in keys else () for key in ("ports", "usb", "behind")
    )
    for place, pattern in enumerate(ports):
        if not pattern.strip("*?"):
            document.fault(keys["ports"], f"match.ports[{place}] is {pattern}; allowed a part of the name of this box")
    for place, pattern in enumerate(behind):
        if not pattern.strip("*?"):
            document.fault(keys["behind"], f"match.behind[{place}] is {pattern}; allowed a part of a port's name")
    for place, ids in enumerate(usb):
        if not re.fullmatch(r"[0-9a-fA-F]{4}:[0-9a-fA-F]{4}", ids):
            document.fault(
                keys["usb"], f"match.usb[{place}] is {ids}; allowed vendor:product in hex, such as 0944:0117"
            )
    direction = (
        document.word(keys["direction"], "match.direction", ("both", "in", "out")) if "direction" in keys else "both"
    )
    also = document.mapping(keys["also"], "match.also") if "also" in keys else {}
    further = tuple(document.texts(item, f"match.also.{name}") for name, item in also.items())
    identity = _identity(document, keys["identity"]) if "identity" in keys else ()
    small = tuple(ids.lower() for ids in usb)
    not_ports = document.texts(keys["not_ports"], "match.not_ports") if "not_ports" in keys else ()
    has_keys = "keys" in keys and document.flag(keys["keys"], "match.keys")
    each_port = "each_port" in keys and document.flag(keys["each_port"], "match.each_port")
    match = Match(
        ports, small, direction != "out", direction != "in", further, identity, behind, not_ports, has_keys=has_keys,
        usual=usual, each_port=each_port,
    )  # fmt: skip
    return match, tuple(also)


def _identity(document: Document, node: "Node") -> tuple[int, ...]:
    words = document.text(node, "match.identity").split()
    if not words or any(not re.fullmatch(r"\.\.|[0-7][0-9A-Fa-f]", word) for word in words):
        document.fault(
            node, f'match.identity is {said(node)}; allowed bytes 00..7F and .., such as "00 20 32 .. .. 01"'
        )
        return ()
    return tuple(_ANY if word == ".." else int(word, 16) for word in words)


def _banks(document: Document, node: "Node") -> dict[BankKind, int]:
    found = document.mapping(node, "banks", tuple(BankKind))
    return {BankKind(name): document.integer(size, f"banks.{name}", 1, 128) for name, size in found.items()}


def _messages(document: Document, node: "Node", where: str, ports: Sequence[str]) -> tuple[tuple[int, bytes], ...]:
    found: list[tuple[int, bytes]] = []
    for place, item in enumerate(document.items(node, where)):
        inner = f"{where}[{place}]"
        if not item.tag.endswith("map"):
            found.append((0, bytes(read_message(document, item, inner))))
            continue
        keys = document.mapping(item, inner, ("port", "message"), ("port", "message"))
        if len(keys) == 2:  # noqa: PLR2004 - both are there
            port = document.word(keys["port"], f"{inner}.port", ports or ("",))
            message = bytes(read_message(document, keys["message"], f"{inner}.message"))
            found.append(((*ports, "").index(port) + 1, message))
    return tuple(found)


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
