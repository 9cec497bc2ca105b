"""What feeds what: no way through the desk may come back to where it began."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from studiod.desk.hub import Hub
from studiod.model.console import ConsoleLayout
from studiod.model.parameter import Refused
from studiod.model.units import SILENCE_DB

Reader = Callable[[str], float]
_KEYED = (("strip", "gate"), ("strip", "comp"), ("bus", "comp"))


@dataclass(frozen=True, slots=True)
class _Edge:
    """Sound goes from `start` to `end`, channels such as `bus 3`."""

    start: str
    end: str
    word: str
    """What makes it: `send`, `source`, `key`. A key is heard before the dynamics: one pair may key itself."""
    remedy: str


class _Path(Protocol):
    """A place where sound may pass, and the parameters that decide about it."""

    def addresses(self) -> Iterable[str]:
        """Those parameters."""
        ...

    def edge(self, value: Reader) -> _Edge | None:
        """What passes when parameters are as `value` says, or None."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _Send:
    switch: str
    level: str
    open_edge: _Edge

    def addresses(self) -> Iterable[str]:
        return self.switch, self.level

    def edge(self, value: Reader) -> _Edge | None:
        return self.open_edge if value(self.level) > SILENCE_DB and value(self.switch) else None


@dataclass(frozen=True, slots=True, eq=False)
class _Choice:
    """Of several channels one is heard, while `switch` (if there is one) is on."""

    address: str
    switch: str
    edges: tuple[_Edge | None, ...]
    """By the index of the choice."""

    def addresses(self) -> Iterable[str]:
        return (self.address, self.switch) if self.switch else (self.address,)

    def edge(self, value: Reader) -> _Edge | None:
        return self.edges[int(value(self.address))] if not self.switch or value(self.switch) else None


class Routing:
    """Refuses, as the guard of the hub, what would make a channel hear itself.

    Strips and buses feed buses by sends that are on and above -inf, strips by their source, gates and compressors that
    are on by their key. Both of a linked pair are one channel here, as their dynamics are. Writes that open nothing
    cost a look into a table; those that do, a walk over what lies behind them.
    """

    def __init__(self, hub: Hub, layout: ConsoleLayout) -> None:
        self._hub = hub
        self._paths: dict[str, _Path] = {}
        self._edges: dict[_Path, _Edge] = {}
        self._out: dict[str, list[_Edge]] = {}
        self._links: dict[str, tuple[str, str]] = {}
        self._mates: dict[str, str] = {}  # of linked pairs: odd -> even
        self._leads: dict[str, str] = {}  # the other way round
        for path in _paths(hub, layout):
            self._paths |= dict.fromkeys(path.addresses(), path)
            self._apply({path: path.edge(hub.value)})
        for kind, count in (("strip", layout.strips), ("bus", layout.buses)):
            for odd in range(1, count, 2):
                address = f"/{kind}/{odd}/link"
                self._links[address] = f"{kind} {odd}", f"{kind} {odd + 1}"
                self._join(address, is_linked=bool(hub.value(address)))

    def admit(self, writes: Mapping[str, float]) -> None:
        """Take note of `writes`, which are about to be stored. Raises Refused, naming the cycle they would close."""
        paths = dict.fromkeys(self._paths[address] for address in writes if address in self._paths)
        links = [address for address in writes if address in self._links]
        if not paths and not links:
            return

        def value(address: str) -> float:
            written = writes.get(address)
            return self._hub.value(address) if written is None else written

        found = ((path, path.edge(value)) for path in paths)
        changes = {path: edge for path, edge in found if edge is not self._edges.get(path)}
        before = {path: self._edges.get(path) for path in changes}
        self._apply(changes)
        for address in links:
            self._join(address, is_linked=bool(writes[address]))
        suspects = [edge.end for edge in changes.values() if edge is not None]
        suspects += [channel for address in links for channel in self._links[address]]
        for channel in suspects:
            cycle = self._cycle_through(channel)
            if cycle:
                sentence = self._sentence(next(iter(writes)), cycle, {id(edge) for edge in changes.values()})
                self._apply(before)
                for address in links:
                    self._join(address, is_linked=not writes[address])
                raise Refused(sentence)

    # -- the graph -------------------------------------------------------------------------------------------------

    def _apply(self, changes: Mapping[_Path, _Edge | None]) -> None:
        for path, edge in changes.items():
            old = self._edges.pop(path, None)
            if old is not None:
                self._out[old.start].remove(old)
            if edge is not None:
                self._edges[path] = edge
                self._out.setdefault(edge.start, []).append(edge)

    def _join(self, address: str, *, is_linked: bool) -> None:
        odd, even = self._links[address]
        if is_linked:
            self._mates[odd], self._leads[even] = even, odd
        else:
            self._mates.pop(odd, None)
            self._leads.pop(even, None)

    def _leaving(self, lead: str) -> Iterator[_Edge]:
        """What goes out of a channel, or of both of a pair; not what keys the pair itself."""
        for channel in (lead, self._mates.get(lead, "")):
            for edge in self._out.get(channel, ()):
                if edge.word != "key" or self._leads.get(edge.end, edge.end) != lead:
                    yield edge

    def _cycle_through(self, channel: str) -> list[_Edge]:
        """The shortest way from `channel` back to itself; empty when there is none."""
        begin = self._leads.get(channel, channel)
        came_by: dict[str, _Edge] = {}
        waiting = [begin]
        for here in waiting:  # it grows while it is walked: breadth first
            for edge in self._leaving(here):
                there = self._leads.get(edge.end, edge.end)
                if there not in came_by:
                    came_by[there] = edge
                    if there == begin:
                        return self._way_back(came_by, begin)
                    waiting.append(there)
        return []

    def _way_back(self, came_by: Mapping[str, _Edge], begin: str) -> list[_Edge]:
        way = [came_by[begin]]
        while (here := self._leads.get(way[-1].start, way[-1].start)) != begin:
            way.append(came_by[here])
        return way[::-1]

    # -- words -----------------------------------------------------------------------------------------------------

    def _sentence(self, address: str, cycle: list[_Edge], opened: set[int]) -> str:
        said = " -> ".join([*(self._label(edge.start) for edge in cycle), self._label(cycle[-1].end)])
        new = next((edge for edge in cycle if id(edge) in opened), None)
        word = "link" if address in self._links or new is None else new.word
        stay = "leave this send off" if word == "send" else f"leave this {word} as it is"
        standing = [edge for edge in cycle if id(edge) not in opened]
        remedies = [edge.remedy for word in ("source", "send", "key") for edge in standing if edge.word == word]
        remedies += [f"switch {link} off" for link, (odd, _) in self._links.items() if self._is_met(odd, cycle)]
        others = [remedy for remedy in remedies if address not in remedy.split()]
        return f"{address}: {said} would feed back; {f'{others[0]} or {stay}' if others else stay}"

    def _label(self, channel: str) -> str:
        lead = self._leads.get(channel, channel)
        return f"{lead}+{self._mates[lead].split()[1]}" if lead in self._mates else lead

    def _is_met(self, odd: str, cycle: Sequence[_Edge]) -> bool:
        """The cycle goes in by one of this pair and out by the other: without the link it would be none."""
        around = zip(cycle, (*cycle[1:], cycle[0]), strict=True)
        return any({into.end, out.start} == {odd, self._mates.get(odd)} for into, out in around)


def _paths(hub: Hub, layout: ConsoleLayout) -> Iterator[_Path]:
    counts = {"strip": layout.strips, "bus": layout.buses}
    for kind, count in counts.items():
        for number in range(1, count + 1):
            for bus in range(1, layout.buses + 1):
                if (kind, number) != ("bus", bus):
                    at = f"/{kind}/{number}/send/{bus}"
                    edge = _Edge(f"{kind} {number}", f"bus {bus}", "send", f"switch {at}/on off")
                    yield _Send(f"{at}/on", f"{at}/level", edge)
    for strip in range(1, layout.strips + 1):
        address = f"/strip/{strip}/source"
        yield _choice(hub, address, "", f"strip {strip}", "source", f"set {address} to something else")
    for kind, part in _KEYED:
        for number in range(1, counts[kind] + 1):
            at = f"/{kind}/{number}/{part}"
            yield _choice(hub, f"{at}/key", f"{at}/on", f"{kind} {number}", "key", f"set {at}/key to self")


def _choice(hub: Hub, address: str, switch: str, end: str, word: str, remedy: str) -> _Choice:
    """Choices such as `bus:3` are channels, others none; what a channel hears of itself is no way."""
    starts = (choice.replace(":", " ") if ":" in choice else end for choice in hub.registry[address].choices)
    return _Choice(
        address, switch, tuple(_Edge(start, end, word, remedy) if start != end else None for start in starts)
    )
