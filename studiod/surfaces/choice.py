"""Which model has a port that several fit: the user's word, the user's maps, the built-in ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from studiod.link.ports import PortNames
from studiod.surfaces.base import Match
from studiod.surfaces.checked_yaml import did_you_mean
from studiod.surfaces.matching import Pair, boxes_in, candidates_behind, fits

NOBODY = "none"
"""In place of a model's name: the port is left alone."""


class Known(Protocol):
    """What may be chosen."""

    @property
    def name(self) -> str:
        """Short and unique."""
        ...

    @property
    def match(self) -> Match:
        """How a box of it is found."""
        ...


K = TypeVar("K", bound=Known)


@dataclass(frozen=True, slots=True)
class Wish:
    """One line of `surfaces: {use: ...}`: ports of that name are boxes of that model."""

    port: str
    """Pattern of a port's name."""
    name: str
    """Of a model, or NOBODY."""


@dataclass(frozen=True, slots=True)
class Wanted(Generic[K]):
    """A model that is looked for, and where."""

    model: K
    match: Match
    """The model's own, or where the user says."""
    why: str
    """Why it has a port that it fits, for a person."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who has a port."""

    port: str
    name: str
    """The model's; empty where nobody has it."""
    why: str
    """For a person."""
    others: tuple[str, ...] = ()
    """Names of models that it fits as well, and that a wish may choose."""


def in_order(shelves: Sequence[Sequence[K]], wishes: Iterable[Wish] = ()) -> tuple[list[Wanted[K]], tuple[str, ...]]:
    """What is looked for, and a sentence for each wish and model that cannot be followed.

    The first that fits a port has it. shelves: the built-in models first, then each of the user's folders. What the
    wishes say comes first, then the user's folders in order, then what is built in; of one name only the first.
    Models whose match is not `usual` are looked for only where a wish names them.
    """
    faults: list[str] = []
    known = _by_name(shelves, faults)
    wanted: list[Wanted[K]] = []
    spoken_for: list[str] = []
    for wish in wishes:
        model, _ = known.get(wish.name, (None, ""))
        if model is not None:
            where = replace(
                model.match, ports=(wish.port,), usb=(), identity=(), behind=(), not_ports=tuple(spoken_for)
            )
            wanted.append(Wanted(model, where, _wished(wish.port)))
        elif wish.name != NOBODY:
            hint = did_you_mean(wish.name, (*known, NOBODY))
            faults.append(
                f"surfaces.use: there is no map {wish.name} for {wish.port}; `studiod maps list` has their names{hint}"
            )
            continue
        spoken_for.append(wish.port)
    for model, why in known.values():
        if model.match.usual:
            where = replace(model.match, spoken_for=tuple(spoken_for))
            wanted.append(Wanted(model, where, why))
    return wanted, tuple(faults)


def who_has(
    wanted: Sequence[Wanted[K]], wishes: Iterable[Wish], models: Iterable[K], names: PortNames
) -> list[Verdict]:
    """Who gets each of the ports in `names`, as the manager gives them out. models: all there are.

    Boxes that are found by their answer are only named: nobody is asked here.
    """
    taken: dict[str, Verdict] = {}
    everyone = tuple(models)
    for each in wanted:
        for pairs in boxes_in(each.match, names, taken):
            others = tuple(name for name in _fitting(everyone, names, pairs[0]) if name != each.model.name)
            for place, port in ((place, port) for place, pair in enumerate(pairs) for port in _both(pair)):
                why = each.why if place == 0 else f"a further port of {pairs[0].name}"
                taken[port] = Verdict(port, each.model.name, why, others if place == 0 else ())
    asked = {
        port: each.model.name
        for each in reversed(wanted)
        for pair in candidates_behind(each.match, names, taken)
        for port in _both(pair)
    }
    left_alone = [wish.port for wish in wishes if wish.name == NOBODY]
    found: list[Verdict] = []
    for port in dict.fromkeys((*names.inputs, *names.outputs)):
        silent = next((pattern for pattern in left_alone if fits(port, [pattern])), None)
        if port in taken:
            found.append(taken[port])
        elif silent is not None:
            found.append(Verdict(port, "", _wished(silent)))
        elif port in asked:
            found.append(Verdict(port, "", f"it is asked whether it is {asked[port]}"))
        else:
            found.append(Verdict(port, "", "no map has it", _fitting(everyone, names, Pair(port, port))))
    return found


def _both(pair: Pair) -> set[str]:
    return {pair.input_name, pair.output_name} - {""}


def _fitting(models: Iterable[Known], names: PortNames, main: Pair) -> tuple[str, ...]:
    """Names of the models for which `main` would be the first port of a box."""
    ports = _both(main)
    return tuple(
        dict.fromkeys(
            model.name for model in models if any(_both(pairs[0]) & ports for pairs in boxes_in(model.match, names, ()))
        )
    )


def _wished(port: str) -> str:
    return f'surfaces.use says so for "{port}"'


def _by_name(shelves: Sequence[Sequence[K]], faults: list[str]) -> dict[str, tuple[K, str]]:
    """Models with their reasons, the user's before the built-in ones."""
    known: dict[str, tuple[K, str]] = {}
    for place, shelf in (*enumerate(shelves[1:], 1), *enumerate(shelves[:1])):
        for model in shelf:
            if model.name not in known:
                known[model.name] = model, "a map of yours" if place else "built in"
            elif place:
                faults.append(f"surfaces.maps: two folders have a map {model.name}; the first is used")
    return known
