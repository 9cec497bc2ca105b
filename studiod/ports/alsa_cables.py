"""The sequencer's cables from us to others: a program that left and came back at once has its old name, and none."""

import re
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from studiod.link.ports import Direction

_CLIENT, _CABLES = re.compile(r'Client +\d+ : "(.*)"'), re.compile(r" +Connect(ed From|ing To): (.*)")


class Wire(Protocol):
    """A port of ours that is open to somebody."""

    @property
    def is_open(self) -> bool:
        """Not closed yet by us."""
        ...


class AlsaCables:
    """Counts for each port how often its cable to us was cut.

    clients: /proc/asound/seq/clients. own: what our clients are called.
    """

    def __init__(self, clients: Path, own: str) -> None:
        self._clients = clients
        self._own = own
        self._laid: dict[tuple[str, Direction], _Laid] = {}
        self._is_told = False

    def lay(self, name: str, direction: Direction, wire: Wire) -> None:
        """`wire` was opened to the port of that name, so there is a cable."""
        before = self._laid.get((name, direction))
        self._laid[name, direction] = _Laid(wire, 0 if before is None else before.times_cut)

    def look(self) -> None:
        """See which are cut."""
        try:
            cables = cables_of(self._clients.read_text(errors="replace"), self._own)
        except OSError:
            return
        self._is_told |= bool(cables)
        if not self._is_told:
            return  # a kernel that shows no cables has not cut them
        for (name, direction), laid in self._laid.items():
            if laid.wire.is_open and not laid.is_cut and (name.rpartition(" ")[2], direction) not in cables:
                laid.is_cut = True
                laid.times_cut += 1

    def times_cut(self, name: str) -> int:
        """How often the cables of the port were cut, of both directions."""
        return sum(laid.times_cut for (other, _), laid in self._laid.items() if other == name)

    def keep(self, names: Container[str]) -> None:
        """Forget the ports that are none of `names`."""
        self._laid = {key: laid for key, laid in self._laid.items() if key[0] in names}


@dataclass(slots=True)
class _Laid:
    wire: Wire
    times_cut: int
    is_cut: bool = False


def cables_of(clients: str, own: str) -> set[tuple[str, Direction]]:
    """Addresses (`129:0`) that programs called `own` hear ("in") and speak to ("out"), out of `clients`."""
    found: set[tuple[str, Direction]] = set()
    is_ours = False
    for line in clients.splitlines():
        if client := _CLIENT.match(line):
            is_ours = client[1] == own
        elif is_ours and (cables := _CABLES.match(line)):
            direction: Direction = "in" if cables[1] == "ed From" else "out"
            found |= {(cable.split("[")[0].strip(), direction) for cable in cables[2].split(",")}
    return found
