"""Lines put into the text of a map, and taken out again: all else that a person wrote there stays as it is."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studiod.model.parameter import Refused

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node

_PLAIN_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9/+{}_.-]*")
_COMMENT = re.compile(r"\s#\s*(.*)$")
_DIGITS = re.compile(r"(\d+)")
Section = tuple[str, ...]
"""Where a line stands: `("bindings",)`, `("pages", "pan", "bindings")`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a section."""

    section: Section
    key: str
    value: str
    """As it is written."""
    comment: str
    """What stands behind it."""


def entries(text: str, section: Section) -> list[Entry]:
    """What stands in `section`, in order; nothing where there is no such section."""
    node = _find(_root(text), section)
    if node is None:
        return []
    lines = text.splitlines()
    found = []
    for key, value in _items(node):
        last = lines[_last_line(value)]
        behind = last[value.end_mark.column :] if value.end_mark.line == _last_line(value) else ""
        comment = _COMMENT.search(f" {behind}")
        said = text[value.start_mark.index : value.end_mark.index].strip()
        found.append(Entry(section, str(key.value), said, comment[1].strip() if comment else ""))
    return found


def sections(text: str) -> list[Section]:
    """Every section with bindings: the map's own, and those of its pages and layers."""
    found: list[Section] = [("bindings",)]
    for group in ("pages", "layers"):
        node = _find(_root(text), (group,))
        found += [(group, str(key.value), "bindings") for key, _ in _items(node)] if node is not None else []
    return found


def lines_of(text: str, section: Section, key: str) -> str | None:
    """The lines of one entry, without the indentation they share; None when there is no such entry."""
    node = _find(_root(text), section)
    span = _span(node, key) if node is not None else None
    if span is None:
        return None
    return textwrap.dedent("\n".join(text.splitlines()[span[0] : span[1]]))


def entry_line(key: str, value: str, comment: str) -> str:
    """One entry as a line."""
    name = key if _PLAIN_KEY.fullmatch(key) else '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name}: {value}" + (f"  # {comment}" if comment else "")


def with_entry(text: str, section: Section, key: str, lines: str) -> str:
    """`text` with the entry `lines` (as `entry_line` or `lines_of` say it), in place of one of the same key.

    The section is made where there is none; keys are kept in order where they are. Raises Refused where the file is
    written in a way that no line can be put into.
    """
    text = _with_section(text, section)
    node = _find(_root(text), section)
    written = text.splitlines()
    if node is None:  # a section of which only the name stands there
        at, indent = _head_line(text, section) + 1, 2 * len(section)
        end = at
    else:
        indent = node.value[0][0].start_mark.column
        at, end = _span(node, key) or ((_place_for(node, key),) * 2)
    written[at:end] = textwrap.indent(lines, " " * indent).splitlines()
    return "\n".join(written) + "\n"


def without_entry(text: str, section: Section, key: str) -> str:
    """`text` without that entry, and without sections that are empty then."""
    node = _find(_root(text), section)
    span = _span(node, key) if node is not None else None
    if node is None or span is None:
        return text
    written = text.splitlines()
    if len(node.value) == 1 and len(section) > 1:
        return without_entry(text, section[:-1], section[-1])
    del written[span[0] : span[1]]
    if len(node.value) == 1:
        del written[_head_line(text, section)]
    return "\n".join(written) + "\n"


# -- nodes -------------------------------------------------------------------------------------------------------------


def _root(text: str) -> "MappingNode | None":
    import yaml  # noqa: PLC0415 - start-up does not pay for it

    node = yaml.compose(text, Loader=yaml.SafeLoader)
    return node if isinstance(node, yaml.MappingNode) else None


def _find(node: "MappingNode | None", section: Sequence[str]) -> "MappingNode | None":
    """The mapping there; None where there is none, or an empty one. Raises Refused for one in braces."""
    import yaml  # noqa: PLC0415

    for depth, name in enumerate(section):
        found = next((item for key, item in _items(node) if key.value == name), None) if node is not None else None
        if not isinstance(found, yaml.MappingNode) or not found.value:
            return None
        if found.flow_style:
            where = ".".join(section[: depth + 1])
            raise Refused(
                f"line {found.start_mark.line + 1}: {where} is written in braces; write it with a line for each entry, "
                "and studiod can add to it"
            )
        node = found
    return node


def _items(node: "MappingNode") -> "Iterator[tuple[Node, Node]]":
    yield from node.value


def _last_line(node: "Node") -> int:
    """The line on which it ends; yaml has blocks end where the next thing begins."""
    import yaml  # noqa: PLC0415

    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return max(node.end_mark.line - 1, node.start_mark.line)
    return int(node.end_mark.line)


def _span(node: "MappingNode", key: str) -> tuple[int, int] | None:
    """First line of an entry, and the one behind its last."""
    for name, item in _items(node):
        if name.value == key:
            return name.start_mark.line, _last_line(item) + 1
    return None


def _place_for(node: "MappingNode", key: str) -> int:
    """The line at which a new entry comes to stand."""
    before = [item for name, item in _items(node) if _natural(str(name.value)) < _natural(key)]
    return _last_line(before[-1]) + 1 if before else int(node.value[0][0].start_mark.line)


def _natural(key: str) -> list[tuple[int, str]]:
    """`fader/10` comes behind `fader/9`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(key)]


def _with_section(text: str, section: Section) -> str:
    """`text` with at least the names of the sections on the way."""
    for depth in range(1, len(section) + 1):
        parent, name = _find(_root(text), section[: depth - 1]), section[depth - 1]
        if parent is not None and _span(parent, name) is not None:
            item = next(item for key, item in _items(parent) if key.value == name)
            if item.value in ("", [], "null", "~"):  # `pages: {}`, or a name alone
                written = text.splitlines()
                indent = " " * (parent.value[0][0].start_mark.column)
                written[item.start_mark.line if item.value else _span_first(parent, name)] = f"{indent}{name}:"
                text = "\n".join(written) + "\n"
            continue
        written = text.splitlines()
        at = len(written) if depth == 1 else _end_of(text, section[: depth - 1])
        written.insert(at, f"{'  ' * (depth - 1)}{name}:")
        text = "\n".join(written) + "\n"
    return text


def _span_first(parent: "MappingNode", name: str) -> int:
    span = _span(parent, name)
    return span[0] if span is not None else 0


def _end_of(text: str, section: Section) -> int:
    node = _find(_root(text), section)
    return _last_line(node) + 1 if node is not None else _head_line(text, section) + 1


def _head_line(text: str, section: Section) -> int:
    """The line with the name of the section."""
    parent = _find(_root(text), section[:-1])
    return _span_first(parent, section[-1]) if parent is not None else 0
