"""YAML text to plain data, with the line of every setting; small, flat and harmless files only.

Plain words mean what YAML 1.2 says: only `true` and `false` are booleans (`no` and `on` are text), 010 is ten.
"""

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, TypeAlias

import yaml

from studiod.app.config.faults import ConfigError, Fault, SettingPath, path_text, value_text

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 1 << 20  # the largest desk (128 strips, everything spelled out) is under 20 kB
MAX_DEPTH = 50
MAX_ALIASES = 100
MAX_VALUES = 20_000  # after aliases are followed: nine lines of aliases can stand for 387 million values
_LONGEST_NUMBER = 40  # characters; int() refuses thousands of digits, and no setting needs more

Plain: TypeAlias = bool | int | float | str | list["Plain"] | dict[str, "Plain"] | None

# PyYAML may be built without libyaml.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
# What YAML 1.2 leaves out of its character set (5.1, c-printable).
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain data."""

    source: str
    data: dict[str, Plain]
    lines: dict[SettingPath, int]
    """Line of every key and list item, counted from 1."""
    faults: tuple[Fault, ...] = ()
    """What is wrong though it could be read (a key given twice): to be reported with what the schema finds."""

    @property
    def is_empty(self) -> bool:
        """No setting in it: nothing, white space, comments, or empty brackets."""
        return not self.data

    def line(self, path: SettingPath) -> int | None:
        """Line of `path`, or of the nearest thing around it that the file holds; None when it holds nothing."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1 if self.lines else None


def parse_yaml(raw: bytes, source: str, *, loader: type[yaml.SafeLoader] = _LOADER) -> Document:
    """Read `raw` as one YAML mapping; `source` names it in messages.

    loader: whose scanner is used; the fastest there is.
    Raises ConfigError when it cannot go on: not UTF-8, over a cap (MAX_...), not YAML, a tag, not a mapping.
    """
    if len(raw) > MAX_BYTES:
        raise ConfigError(
            [Fault(source, None, f"is larger than {MAX_BYTES} bytes; that is no configuration of studiod")]
        )
    text = _decode(raw, source)
    composer = _Composer(source, loader)
    root = composer.compose(text)
    if root is None or root.value is None:
        return Document(source, {}, {})
    if not isinstance(root.value, dict):
        composer.stop(root.line, f"the file is {_kind(root.value)}; allowed groups of settings, like `audio:`")
    lines: dict[SettingPath, int] = {}
    budget = _Budget(composer)
    data = {key: _expand(item, (key,), lines, budget) for key, item in root.items}
    return Document(source, data, lines, tuple(composer.faults))


def _decode(raw: bytes, source: str) -> str:
    try:
        text = raw.decode("utf-8-sig")  # Windows editors put a mark in front
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        said = f"byte {fault.start} (0x{raw[fault.start]:02X}) is not UTF-8; save the file as UTF-8"
        raise ConfigError([Fault(source, line, said)]) from None
    odd = _UNREADABLE.search(text)
    if odd is not None:
        line = text.count("\n", 0, odd.start()) + 1
        said = f"character U+{ord(odd.group()):04X} is not allowed in YAML; remove it"
        raise ConfigError([Fault(source, line, said)])
    return text


def _kind(value: object) -> str:
    return "a list" if isinstance(value, list) else f"the plain value {value_text(value)}"


@dataclass(slots=True)
class _Node:
    """A value in the file; `value` is {} or [] for groups and lists, whose content is in `items`."""

    value: Plain
    line: int
    items: list[tuple[str, "_Node"]] = field(default_factory=list)
    is_whole: bool = True
    """False while it is read: an alias to it would contain itself."""


class _Composer:
    """Reads events one by one, so that a cap stops the scanner before it has worked for long."""

    def __init__(self, source: str, loader: type[yaml.SafeLoader]) -> None:
        self.faults: list[Fault] = []
        self._source = source
        self._loader = loader
        self._anchors: dict[str, _Node] = {}
        self._aliases = 0
        self._values = 0
        self._events: Iterator[yaml.Event] = iter(())

    def compose(self, text: str) -> _Node | None:
        """The one document in `text`, None when there is none. Raises ConfigError."""
        self._events = yaml.parse(text, Loader=self._loader)
        try:
            next(self._events)  # stream start
            if isinstance(next(self._events), yaml.StreamEndEvent):
                return None
            root = self._node(next(self._events), ())
            next(self._events)  # document end
            after = next(self._events)
            if not isinstance(after, yaml.StreamEndEvent):
                self.stop(_line(after), "a second document begins here (---); allowed one")
        except yaml.MarkedYAMLError as fault:
            self._stop_at(fault, text)
        except (
            yaml.YAMLError,
            ValueError,
            OverflowError,
        ) as fault:  # the scanner without libyaml trips over \UFFFFFFFF
            self.stop(1, f"cannot be read as YAML: {fault}")
        return root

    def stop(self, line: int, text: str) -> NoReturn:
        """Raise ConfigError with this fault and all before it."""
        raise ConfigError([*self.faults, Fault(self._source, line, text)])

    def _stop_at(self, fault: yaml.MarkedYAMLError, text: str) -> NoReturn:
        mark = fault.problem_mark or fault.context_mark
        line, column = (mark.line, mark.column) if mark is not None else (0, 0)
        began = fault.context_mark.line if fault.context_mark is not None else line
        said = f"cannot be read as YAML: {fault.problem or fault.context or 'no reason given'} (column {column + 1}"
        said += f", in what began in line {began + 1})" if began != line else ")"
        rows = text.splitlines()
        if line < len(rows) and rows[line][: column + 1].endswith("\t"):
            said += "; indent with spaces, not with tabs"
        self.stop(line + 1, said)

    def _node(self, event: yaml.Event, path: SettingPath) -> _Node:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor), line)
        self._values += 1
        if self._values > MAX_VALUES:
            self.stop(line, f"holds more than {MAX_VALUES} values; that is no configuration of studiod")
        if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            self.stop(line, "cannot be read as YAML: a value is missing")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.stop(line, f"the tag {value_text(tag)} is not allowed; write plain values, text in quotes")
        if isinstance(event, yaml.ScalarEvent):
            node = _Node(self._scalar(event, line) if event.implicit[0] else event.value, line)
            self._anchor(event, node)
            return node
        if len(path) >= MAX_DEPTH:
            self.stop(line, f"is nested deeper than {MAX_DEPTH} levels; that is no configuration of studiod")
        is_group = isinstance(event, yaml.MappingStartEvent)
        node = _Node({} if is_group else [], line, is_whole=False)
        self._anchor(event, node)
        (self._group if is_group else self._list)(node, path)
        node.is_whole = True
        return node

    def _anchor(self, event: yaml.NodeEvent, node: _Node) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = node

    def _alias(self, anchor: str, line: int) -> _Node:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            self.stop(line, f"holds more than {MAX_ALIASES} aliases (*name); that is no configuration of studiod")
        node = self._anchors.get(anchor)
        if node is None:
            self.stop(line, f"the alias *{anchor} has no anchor &{anchor} above it")
        if not node.is_whole:
            self.stop(line, f"the alias *{anchor} contains itself")
        return node

    def _group(self, node: _Node, path: SettingPath) -> None:
        first: dict[str, int] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
                self.stop(line, "a key must be a plain word")
            key = event.value
            self._anchor(event, _Node(key, line))
            item = self._node(next(self._events), (*path, key))
            if key in first:
                where = f"lines {first[key]} and {line}" if first[key] != line else f"line {line}"
                said = f"{path_text((*path, key))} is given twice, in {where}; keep one"
                self.faults.append(Fault(self._source, line, said))
                continue
            first[key] = line
            node.items.append((key, _Node(item.value, line, item.items)))

    def _list(self, node: _Node, path: SettingPath) -> None:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            node.items.append(("", self._node(event, (*path, len(node.items)))))

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> Plain:
        word: str = event.value
        if word in _WORDS:
            return _WORDS[word]
        infinite = _INFINITE.fullmatch(word)
        if infinite is not None:
            return -math.inf if infinite.group(1) == "-" else math.inf
        is_integer = _INTEGER.fullmatch(word) is not None
        if not is_integer and _FLOAT.fullmatch(word) is None:
            return word
        if len(word) > _LONGEST_NUMBER:
            said = f"a number of {len(word)} characters is too long; allowed {_LONGEST_NUMBER}"
            self.faults.append(Fault(self._source, line, said))
            return 0
        return int(word) if is_integer else float(word)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 1


class _Budget:
    """Counts values while aliases are followed."""

    def __init__(self, composer: _Composer) -> None:
        self._composer = composer
        self._left = MAX_VALUES

    def spend(self, line: int, depth: int) -> None:
        """Count one value at `depth`. Raises ConfigError over a cap."""
        self._left -= 1
        if self._left < 0:
            self._composer.stop(line, f"its aliases stand for more than {MAX_VALUES} values; write them out")
        if depth > MAX_DEPTH:
            self._composer.stop(line, f"is nested deeper than {MAX_DEPTH} levels through aliases; write them out")


def _expand(node: _Node, path: SettingPath, lines: dict[SettingPath, int], budget: _Budget) -> Plain:
    budget.spend(node.line, len(path))
    lines[path] = node.line
    if isinstance(node.value, dict):
        return {key: _expand(item, (*path, key), lines, budget) for key, item in node.items}
    if isinstance(node.value, list):
        return [_expand(item, (*path, i), lines, budget) for i, (_, item) in enumerate(node.items)]
    return node.value
