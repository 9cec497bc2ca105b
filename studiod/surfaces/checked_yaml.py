"""YAML that is read with its line numbers: every fault at once, each with file:line and what is allowed."""

import difflib
import stat
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yaml.nodes import Node

MAX_BYTES = 65_536  # the longest known map is a tenth of it
MAX_DEPTH = 32  # the language needs eight; libyaml's composer puts every level on the C stack
MAX_ROW = 128  # controls in one row
MAX_CONTROLS = 1024  # in all: a few lines may ask for many
_SENTENCE = 1000  # letters: keys and texts of a file may be as long as it is
_STRING, _INT, _BOOL, _FLOAT = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "bool", "float"))


class MapError(ValueError):
    """A map file that cannot be used; the message has one line per fault, each with file:line."""


class NoBase(MapError):  # noqa: N818 - it reads as the fact it reports
    """The map that this one is made from is not there."""


class Document:
    """One YAML file under examination. Readers return a usable default after a fault, so that all faults are found."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._faults: list[tuple[int, str]] = []

    @property
    def faults(self) -> list[str]:
        """Every fault so far, in the order of the file's lines."""
        in_order = sorted(self._faults, key=itemgetter(0))
        return [f"{self.name}:{line}: {text}" if line else f"{self.name}: {text}" for line, text in in_order]

    def root(self, path: Path) -> "Node | None":
        """The document in `path`; None (and a fault) when it cannot be read or is no plain YAML."""
        try:
            facts = path.stat()
            if not stat.S_ISREG(facts.st_mode):  # a pipe would keep the reader waiting
                self._note(0, "is no file; allowed a text file")
                return None
            if facts.st_size > MAX_BYTES:
                self._note(0, f"has {facts.st_size} bytes; allowed {MAX_BYTES}")
                return None
            with path.open("rb") as file:
                raw = file.read(MAX_BYTES)
        except OSError as fault:
            self._note(0, f"cannot be read: {fault.strerror}")
            return None
        return self.root_in(raw)

    def root_in(self, raw: bytes) -> "Node | None":
        """The document in `raw`; None (and a fault) when it is no plain YAML."""
        import yaml  # noqa: PLC0415 - start-up without surfaces does not pay for it

        if len(raw) > MAX_BYTES:
            self._note(0, f"has {len(raw)} bytes; allowed {MAX_BYTES}")
            return None
        try:
            return self._composed(raw.decode())
        except UnicodeDecodeError as fault:
            self._note(raw.count(b"\n", 0, fault.start) + 1, "is not UTF-8 text")
        except yaml.MarkedYAMLError as fault:
            line = fault.problem_mark.line + 1 if fault.problem_mark is not None else 1
            self._note(line, f"is no YAML: {fault.problem}")
        except yaml.YAMLError as fault:
            self._note(0, f"is no YAML: {' '.join(str(fault).split())}")
        return None

    def _composed(self, text: str) -> "Node | None":
        import yaml  # noqa: PLC0415

        # libyaml's parser does the same in a tenth of the time, where PyYAML was built with it
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            fault = ""
            if getattr(event, "anchor", None) is not None:
                fault = "anchors and aliases are not allowed; write it out"
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                fault = f"is nested more than {MAX_DEPTH} deep; allowed are so many"
            if fault:
                self._note(event.start_mark.line + 1 if event.start_mark is not None else 0, fault)
                return None
        node: Node | None = yaml.compose(text, Loader=loader)
        if node is None:
            self._note(1, "is empty; allowed a map of one box")
        return node

    def fault(self, node: "Node", sentence: str) -> None:
        """Note a fault at `node`."""
        self._note(node.start_mark.line + 1, sentence)

    def place(self, node: "Node") -> str:
        """Where `node` is written: file:line."""
        return f"{self.name}:{node.start_mark.line + 1}"

    def _note(self, line: int, sentence: str) -> None:
        # what a terminal would obey reaches no terminal
        shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in sentence[:_SENTENCE])
        self._faults.append((line, shown))

    def mapping(
        self, node: "Node", where: str, allowed: Iterable[str] | None = None, required: Iterable[str] = ()
    ) -> "dict[str, Node]":
        """Keys and nodes of a mapping; duplicates, keys outside `allowed` (None: any) and missing ones are faults."""
        import yaml  # noqa: PLC0415

        if not isinstance(node, yaml.MappingNode):
            self.fault(node, f"{where} is no mapping; allowed `key: value` lines")
            return {}
        found: dict[str, Node] = {}
        known = None if allowed is None else tuple(allowed)
        for key_node, item in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or not key_node.value.isprintable():
                self.fault(key_node, f"{where} has a key that is no word")
                continue
            key = str(key_node.value)
            if key in found:
                self.fault(key_node, f"{_under(where, key)} is there twice; allowed once")
            elif known is not None and key not in known:
                self.fault(
                    key_node, f"{_under(where, key)} is unknown; allowed {', '.join(known)}{did_you_mean(key, known)}"
                )
            else:
                found[key] = item
        for key in required:
            if key not in found:
                self.fault(node, f"{_under(where, key)} is missing")
        return found

    def text(self, node: "Node", where: str) -> str:
        """A string that is not empty."""
        import yaml  # noqa: PLC0415

        is_text = isinstance(node, yaml.ScalarNode) and node.tag == _STRING and bool(node.value.strip())
        words = " ".join(str(node.value).split()) if is_text else ""
        if not words.isprintable() or not words:
            self.fault(node, f"{where} is {said(node)}; allowed text")
            return ""
        return words

    def texts(self, node: "Node", where: str) -> tuple[str, ...]:
        """A list of strings with at least one."""
        import yaml  # noqa: PLC0415

        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.fault(node, f"{where} is {said(node)}; allowed a list of texts")
            return ()
        return tuple(self.text(item, f"{where}[{place}]") for place, item in enumerate(node.value))

    def items(self, node: "Node", where: str) -> "Sequence[Node]":
        """The nodes of a list; none (and a fault) when it is no list."""
        import yaml  # noqa: PLC0415

        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.fault(node, f"{where} is {said(node)}; allowed a list")
        return []

    def word(self, node: "Node", where: str, allowed: Iterable[str]) -> str:
        """One of `allowed`; the first of them after a fault."""
        choices = tuple(allowed)
        word = said(node)
        if word in choices:
            return word
        self.fault(node, f"{where} is {word}; allowed {', '.join(choices)}{did_you_mean(word, choices)}")
        return choices[0]

    def integer(self, node: "Node", where: str, low: int, high: int) -> int:
        """A whole number in low..high, decimal or 0x; `low` after a fault."""
        try:
            value = int(said(node), 0)
        except ValueError:
            value = low - 1
        if not low <= value <= high or node.tag != _INT:
            self.fault(node, f"{where} is {said(node)}; allowed {low}..{high}")
            return low
        return value

    def numbers(self, node: "Node", where: str, low: int, high: int) -> tuple[int, ...]:
        """Whole numbers in low..high: `5`, `1-8`, or a list of both; `low` after a fault."""
        import yaml  # noqa: PLC0415

        if isinstance(node, yaml.SequenceNode) and node.value:
            found: list[int] = []
            for place, item in enumerate(node.value):
                found += self.numbers(item, f"{where}[{place}]", low, high)
            return tuple(found[:MAX_ROW])
        first, dash, last = said(node).partition("-")
        if dash and first.isascii() and first.isdigit() and last.isascii() and last.isdigit():
            start, end = int(first), int(last)
            if low <= start <= end <= high:
                return tuple(range(start, end + 1)[:MAX_ROW])
            self.fault(node, f"{where} is {said(node)}; allowed a rising range in {low}..{high}, such as {low}-{high}")
            return (low,)
        return (self.integer(node, where, low, high),)

    def number(self, node: "Node", where: str) -> float:
        """A finite number; 0.0 after a fault."""
        if node.tag in (_INT, _FLOAT):
            try:
                value = float(said(node))
                if abs(value) < float("inf"):
                    return value
            except ValueError:
                pass
        self.fault(node, f"{where} is {said(node)}; allowed a number")
        return 0.0

    def flag(self, node: "Node", where: str) -> bool:
        """True or false; False after a fault."""
        word = said(node)
        if node.tag != _BOOL or word not in ("true", "false"):
            self.fault(node, f"{where} is {word}; allowed true, false")
            return False
        return word == "true"

    def hex_bytes(self, node: "Node", where: str) -> bytes:
        """Bytes in hex with spaces between, each 00..7F: what may stand inside a system exclusive message."""
        try:
            found = bytes.fromhex(self.text(node, where))
        except ValueError:
            found = b"\xff"
        if any(byte > 0x7F for byte in found):  # noqa: PLR2004 - seven-bit bytes
            self.fault(node, f'{where} is {said(node)}; allowed bytes 00..7F in quotes, such as "42 40 00"')
            return b""
        return found

    def counts(self, node: "Node", where: str, highest_key: int, highest: int) -> dict[int, int]:
        """`from: counts` lines, keys 1..highest_key, counts 1..highest."""
        table: dict[int, int] = {}
        for key, item in self.mapping(node, where).items():
            place = _place(key)
            if place is None or not 1 <= place <= highest_key:
                self.fault(item, f"{_under(where, key)}: allowed 1..{highest_key} before the colon")
            else:
                table[place] = self.integer(item, _under(where, key), 1, highest)
        return table

    def byte_table(self, node: "Node", where: str, size: int) -> Mapping[int, int]:
        """`place: value` lines, places 0..size-1, values 0..255."""
        table: dict[int, int] = {}
        for key, item in self.mapping(node, where).items():
            place = _place(key)
            if place is None or place >= size:
                self.fault(item, f"{_under(where, key)} is no place in the scene; allowed 0..{size - 1}")
            else:
                table[place] = self.integer(item, _under(where, key), 0, 255)
        return table


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """`. Did you mean x?` when one of `allowed` is close to `word`, else nothing."""
    close = difflib.get_close_matches(word, tuple(allowed), n=1)
    return f". Did you mean {close[0]}?" if close else ""


def _place(key: str) -> int | None:
    """A key that is a whole number of at most nine digits: of thousands `int` raises."""
    return int(key) if key.isascii() and key.isdigit() and len(key) < 10 else None  # noqa: PLR2004 - nine digits


def _under(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def said(node: "Node") -> str:
    """What stands in the file, short enough to quote."""
    if isinstance(node.value, str):
        return node.value if len(node.value) <= 40 else f"{node.value[:40]}..."  # noqa: PLR2004 - a line's worth
    if not node.value:
        return "empty"
    return "a list" if node.tag.endswith("seq") else "a mapping"
