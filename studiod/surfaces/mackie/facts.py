"""Facts of one model of box, read from a YAML file in firmware-maps/mackie/; its README describes the format."""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from studiod.model.parameter import Flag, Kind
from studiod.model.registry import Registry
from studiod.surfaces.base import Match
from studiod.surfaces.checked_yaml import Document, MapError, did_you_mean
from studiod.surfaces.hui import zones
from studiod.surfaces.mackie.buttons import GLOBAL_KEYS, STRIPS

if TYPE_CHECKING:
    from yaml.nodes import Node

FORMAT: Final = 2
CONFIDENCE: Final = ("measured", "documented", "reported", "unconfirmed")
USB_MESSAGES_PER_S: Final = 1000  # clones lose what comes closer than a millisecond
USB_BYTES_PER_S: Final = 48_000  # 16 events of 3 bytes in each frame of a millisecond
_TOP = (
    *(
        "format",
        "name",
        "maker",
        "model",
        "dialect",
        "mode",
        "confidence",
        "sources",
        "ports",
        "not_ports",
        "each_port",
        "usual",
        "notes",
    ),
    *("role", "model_id", "handshake", "strips", "master", "motors", "touch", "fader_bits", "vpots", "lcd", "colours"),
    *("meters", "overload", "master_meters", "time", "assignment", "jog", "flash", "dots_only", "follows_selection"),
    *("messages_per_s", "bytes_per_s", "keys"),
)
_REQUIRED = ("format", "name", "maker", "model", "dialect", "mode", "confidence", "sources", "ports", "role", "strips")
_KEY = ("trigger", "toggle", "argument")


class Protocol(enum.StrEnum):
    """What it speaks; `dialect` in a file."""

    MACKIE = "mackie"
    HUI = "hui"


class Role(enum.StrEnum):
    """Place in a row of boxes."""

    MAIN = "main"
    EXTENDER = "extender"
    """Strips only."""


class Glass(enum.StrEnum):
    """Which display it has over the strips."""

    NONE = "none"
    SEVEN = "7x2"
    """Two rows of seven characters a strip."""
    SEVEN_AND_SIX = "7x2+6x2"
    """And a second display with six a strip, and one over the master (iCON QCon Pro)."""
    FOUR = "4x1"
    """One row of four (HUI)."""


class Colours(enum.StrEnum):
    """How the colours of its scribble strips are spoken."""

    NONE = "none"
    EIGHT = "eight"
    """Behringer: one of eight."""
    RGB = "rgb"
    """iCON: seven bits for each of three lights."""


@dataclass(frozen=True, slots=True)
class KeyAct:
    """What a key does instead of what it says: fires a trigger, or flips a toggle."""

    address: str
    is_toggle: bool
    argument: float | None = None
    place: str = field(default="", compare=False)
    """Where it is written, file:line."""


@dataclass(frozen=True, slots=True)
class BoxFacts:
    """Everything known about one model of box."""

    name: str
    maker: str
    model: str
    mode: str
    """What a person must set on the box."""
    confidence: str
    sources: tuple[str, ...]
    ports: tuple[str, ...]
    """Shell patterns a port's name must match, upper and lower case alike."""
    not_ports: tuple[str, ...]
    """Patterns of its relatives, which it must not match."""
    each_port: bool
    """Each port of one device is a box of its own."""
    is_usual: bool
    """False: it is looked for only where the user says so, for a map of the same box is what its port means."""
    protocol: Protocol
    role: Role
    model_id: int
    ask_ids: tuple[int, ...]
    """Whom to query; empty: driven at once."""
    strips: int
    has_master: bool
    has_motors: bool
    has_touch: bool
    fader_bits: int
    """How finely the faders speak; the other bits of 14 mean nothing."""
    has_vpots: bool
    glass: Glass
    colours: Colours
    has_meters: bool
    has_overload: bool
    has_master_meters: bool
    has_time: bool
    has_assignment: bool
    has_jog: bool
    can_flash: bool
    dots_only: bool
    """Its rings know no other mode."""
    follows_selection: bool
    """Its only strip is the one that is selected."""
    messages_per_s: int
    bytes_per_s: int
    keys: Mapping[str, KeyAct]
    """What keys do that this desk has no use for, or not the usual one."""

    @property
    def match(self) -> Match:
        """How a box of it is found."""
        return Match(self.ports, not_ports=self.not_ports, usual=self.is_usual, each_port=self.each_port)


def load_all(folder: Path) -> tuple[tuple[BoxFacts, ...], tuple[str, ...]]:
    """The facts in every file of `folder`, and the faults of those that cannot be used."""
    found: dict[str, BoxFacts] = {}
    faults: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            facts = load(path)
        except MapError as fault:
            faults.append(str(fault))
            continue
        if facts.name in found:
            faults.append(f"{path}: name {facts.name} is taken by another file; allowed once")
        else:
            found[facts.name] = facts
    return tuple(found.values()), tuple(faults)


def load(path: Path) -> BoxFacts:
    """The facts in `path`. Raises MapError with every fault in it."""
    document = Document(str(path))
    root = document.root(path)
    found = _Reader(document, root).facts() if root is not None else None
    if document.faults or found is None:
        raise MapError("\n".join(document.faults))
    return found


def misfits(facts: BoxFacts, registry: Registry) -> tuple[str, ...]:
    """A sentence, with file:line, for each key that means what the desk does not have, or cannot do like that."""
    faults = []
    for key, act in facts.keys.items():
        wanted = Kind.TOGGLE if act.is_toggle else Kind.TRIGGER
        if act.address not in registry:
            hint = did_you_mean(act.address, (spec.address for spec in registry))
            faults.append(f"{act.place}: {key} means {act.address}, which the desk does not have{hint}")
        elif registry[act.address].kind is not wanted or Flag.READ_ONLY in registry[act.address].flags:
            kind = registry[act.address].kind.value
            faults.append(f"{act.place}: {key} uses {act.address} as {wanted.value}, but that is a {kind}")
        elif not act.is_toggle and bool(registry[act.address].unit) is (act.argument is None):
            faults.append(f"{act.place}: {key} fires {act.address}; it takes {registry[act.address].allowed}")
    return tuple(faults)


class _Reader:
    """The keys of one file."""

    def __init__(self, document: Document, root: "Node") -> None:
        self._document = document
        self._top = document.mapping(root, "", _TOP, _REQUIRED)

    def facts(self) -> BoxFacts:
        """Everything; what is faulty has a harmless value, and the document knows."""
        self._integer("format", FORMAT, FORMAT, FORMAT)
        protocol = Protocol(self._word("dialect", tuple(Protocol), Protocol.MACKIE))
        role = Role(self._word("role", tuple(Role), Role.MAIN))
        is_main, is_hui = role is Role.MAIN, protocol is Protocol.HUI
        model_id = self._integer("model_id", 0, 0x7F, 0x05 if is_hui else 0x14 if is_main else 0x15)
        asks = self._word("handshake", ("query", "none"), "query") == "query"
        name = self._text("name")
        if not re.fullmatch(r"[a-z0-9-]*", name):
            self._document.fault(self._top["name"], f"name is {name}; allowed small letters, digits and -")
        if "notes" in self._top:
            self._document.texts(self._top["notes"], "notes")
        return BoxFacts(
            name=name,
            maker=self._text("maker"),
            model=self._text("model"),
            mode=self._text("mode"),
            confidence=self._word("confidence", CONFIDENCE, CONFIDENCE[-1]),
            sources=self._texts("sources"),
            ports=self._texts("ports"),
            not_ports=self._texts("not_ports"),
            each_port=self._flag("each_port", default=False),
            is_usual=self._flag("usual", default=True),
            protocol=protocol,
            role=role,
            model_id=model_id,
            ask_ids=tuple(dict.fromkeys((model_id, 0x14, 0x15))) if asks and not is_hui else (),
            strips=self._integer("strips", 1, STRIPS, STRIPS),
            has_master=self._flag("master", default=is_main and not is_hui),
            has_motors=self._flag("motors", default=True),
            has_touch=self._flag("touch", default=True),
            fader_bits=self._integer("fader_bits", 7, 14, 14),
            has_vpots=self._flag("vpots", default=True),
            glass=Glass(self._word("lcd", tuple(Glass), Glass.FOUR if is_hui else Glass.SEVEN)),
            colours=Colours(self._word("colours", tuple(Colours), Colours.NONE)),
            has_meters=self._flag("meters", default=True),
            has_overload=self._flag("overload", default=not is_hui),
            has_master_meters=self._flag("master_meters", default=False),
            has_time=self._flag("time", default=is_main),
            has_assignment=self._flag("assignment", default=is_main and not is_hui),
            has_jog=self._flag("jog", default=is_main),
            can_flash=self._flag("flash", default=not is_hui),
            dots_only=self._flag("dots_only", default=False),
            follows_selection=self._flag("follows_selection", default=False),
            messages_per_s=self._integer("messages_per_s", 10, 10_000, USB_MESSAGES_PER_S),
            bytes_per_s=self._integer("bytes_per_s", 100, 1_000_000, USB_BYTES_PER_S),
            keys=self._keys(zones.KEYS if is_hui else GLOBAL_KEYS),
        )

    def _keys(self, allowed: frozenset[str]) -> Mapping[str, KeyAct]:
        if "keys" not in self._top:
            return {}
        found: dict[str, KeyAct] = {}
        for name, node in self._document.mapping(self._top["keys"], "keys", sorted(allowed)).items():
            where = f"keys.{name}"
            act = self._document.mapping(node, where, _KEY)
            ways = [way for way in ("trigger", "toggle") if way in act]
            if len(ways) != 1:
                self._document.fault(node, f"{where}: allowed exactly one of trigger, toggle")
                continue
            if "argument" in act and ways != ["trigger"]:
                self._document.fault(node, f"{where}.argument: only a trigger has one")
            argument = self._document.number(act["argument"], f"{where}.argument") if "argument" in act else None
            address = self._document.text(act[ways[0]], f"{where}.{ways[0]}")
            found[name] = KeyAct(address, ways == ["toggle"], argument, self._document.place(node))
        return found

    def _text(self, key: str) -> str:
        return self._document.text(self._top[key], key) if key in self._top else ""

    def _texts(self, key: str) -> tuple[str, ...]:
        return self._document.texts(self._top[key], key) if key in self._top else ()

    def _word(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        return self._document.word(self._top[key], key, allowed) if key in self._top else default

    def _integer(self, key: str, low: int, high: int, default: int) -> int:
        return self._document.integer(self._top[key], key, low, high) if key in self._top else default

    def _flag(self, key: str, *, default: bool) -> bool:
        return self._document.flag(self._top[key], key) if key in self._top else default
