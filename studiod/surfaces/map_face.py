"""Where the controls sit on a box: the `face` of a map file."""

import re
from typing import TYPE_CHECKING

from studiod.surfaces.checked_yaml import Document, did_you_mean, said
from studiod.surfaces.map_controls import Rows

if TYPE_CHECKING:
    from yaml.nodes import Node

_GAP = "."
_RUN = re.compile(r"\{(\d{1,3})-(\d{1,3})\}")
_WIDEST = 64


def read_face(document: Document, node: "Node", rows: Rows) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Rows of cells, each a stack of names; an empty cell is a gap."""
    names = {name for several in rows.names.values() for name in several}
    drawn: set[str] = set()
    face: list[tuple[tuple[str, ...], ...]] = []
    for number, row in enumerate(document.items(node, "face")):
        cells: list[tuple[str, ...]] = []
        for item in document.items(row, f"face[{number}]"):
            if item.tag.endswith("seq"):
                stack = tuple(
                    name for part in document.items(item, f"face[{number}]") for name in _names(document, part, names)
                )
                cells.append(stack)
            elif said(item) == _GAP:
                cells.append(())
            else:
                cells += ((name,) for name in _names(document, item, names))
        if len(cells) > _WIDEST:
            document.fault(row, f"face[{number}] has {len(cells)} places; allowed {_WIDEST}")
        for name in (name for cell in cells for name in cell):
            if name in drawn:
                document.fault(row, f"face[{number}]: {name} is there twice; allowed once")
                return tuple(face)
            drawn.add(name)
        face.append(tuple(cells))
    return tuple(face)


def _names(document: Document, node: "Node", known: set[str]) -> list[str]:
    """`fader/{1-8}` as eight names."""
    text = document.text(node, "face")
    run = _RUN.search(text)
    found = [text]
    if run is not None:
        first, last = int(run[1]), int(run[2])
        found = [text.replace(run[0], str(place)) for place in range(first, min(last, first + _WIDEST) + 1)]
    for name in found:
        if name and name not in known:
            document.fault(node, f"face: there is no control {name}{did_you_mean(name, known)}")
            return []
    return found
