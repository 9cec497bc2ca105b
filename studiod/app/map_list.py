"""`studiod maps list`: the maps there are, and which of them has which port."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studiod.app.config.schema import Config
    from studiod.link.ports import PortNames
    from studiod.surfaces.base import SurfaceMap
    from studiod.surfaces.mackie.facts import BoxFacts
    from studiod.surfaces.shelf import Shelf

    Facts = SurfaceMap | BoxFacts


def add_options(parser: argparse.ArgumentParser) -> None:
    """What `studiod maps list` takes."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration with `surfaces` in it, YAML")
    parser.add_argument(
        "--ports",
        nargs="*",
        metavar="NAME",
        help="tell who has which MIDI port, and why: of these names, or of the ports that are there now",
    )
    parser.add_argument("--json", action="store_true", help="print an array with an object for each")


def run(given: argparse.Namespace) -> int:
    """List them; the exit status."""
    from studiod.app.config.faults import ConfigError
    from studiod.app.config.load import load_config
    from studiod.link.ports import PortNames, PortsUnavailable

    try:
        config = load_config(given.config, {}).config
    except ConfigError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    from studiod.surfaces.shelf import read_shelves

    shelves = read_shelves(config.surfaces.maps)
    faults = [fault for shelf in shelves for fault in shelf.faults]
    for sentence in faults:
        sys.stderr.write(f"{sentence}\n")
    if given.ports is None:
        _tell_maps(shelves, as_json=given.json)
        return 1 if faults else 0
    try:
        names = PortNames(tuple(given.ports), tuple(given.ports)) if given.ports else _ports_now(config)
    except PortsUnavailable as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return _tell_ports(config, shelves, names, as_json=given.json) or (1 if faults else 0)


def _ports_now(config: "Config") -> "PortNames":
    """Raises PortsUnavailable."""
    from studiod.app.ports_process import midi_system
    from studiod.link.ports import PortNames, PortsUnavailable

    if config.midi.api == "none":
        raise PortsUnavailable("midi.api is none: no MIDI port is opened; --ports takes names, too")
    system = midi_system(config.midi.api, lambda: None)
    try:
        names = system.names()
        cards = {name: system.usb(name) for name in (*names.inputs, *names.outputs)}
        return PortNames(names.inputs, names.outputs, {name: card for name, card in cards.items() if card})
    finally:
        system.close()


def _tell_maps(shelves: "Sequence[Shelf]", *, as_json: bool) -> None:
    rows = [(facts, place) for place, shelf in enumerate(shelves) for facts in shelf.facts]
    if as_json:
        words = [
            {
                "name": facts.name, "maker": facts.maker, "model": facts.model, "mode": facts.mode,
                "confidence": facts.confidence, "dialect": _dialect(facts), "ports": list(facts.match.ports),
                "usual": facts.match.usual, "folder": str(shelves[place].folder) if place else "",
                "controls": _size(facts),
            }
            for facts, place in rows
        ]  # fmt: skip
        print(json.dumps(words, ensure_ascii=False, indent=2))
        return
    width = max((len(facts.name) for facts, _ in rows), default=0)
    for facts, place in rows:
        told = [facts.confidence, _dialect(facts) if _size(facts) is None else f"{_size(facts)} controls"]
        told += [f"yours, in {shelves[place].folder}"] if place else []
        told += [] if facts.match.usual else ["only where surfaces.use says so"]
        print(f"{facts.name:{width}}  {facts.maker} {facts.model} ({', '.join(told)})")


def _tell_ports(config: "Config", shelves: "Sequence[Shelf]", names: "PortNames", *, as_json: bool) -> int:
    from studiod.surfaces.choice import Wish, in_order, who_has

    wishes = tuple(Wish(use.port, use.map) for use in config.surfaces.use)
    wanted, faults = in_order([shelf.facts for shelf in shelves], wishes)
    for sentence in faults:
        sys.stderr.write(f"{sentence}\n")
    everyone = [facts for shelf in shelves for facts in shelf.facts]
    verdicts = who_has(wanted, wishes, everyone, names)
    if as_json:
        rows = [
            {"port": verdict.port, "map": verdict.name or None, "why": verdict.why, "others": list(verdict.others)}
            for verdict in verdicts
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for verdict in verdicts:
            others = f"; surfaces.use may say {' or '.join(verdict.others)}" if verdict.others else ""
            print(f"{verdict.port}: {verdict.name or 'none'} ({verdict.why}{others})")
    return 1 if faults else 0


def _dialect(facts: "Facts") -> str:
    return getattr(facts, "dialect", "") or str(getattr(facts, "protocol", ""))


def _size(facts: "Facts") -> int | None:
    """How many controls it names; None where the protocol does."""
    controls = getattr(facts, "controls", None)
    return None if controls is None else len(controls)
