"""Writes the tables and pictures of surfaces in docs/: `python -m studiod.app.surface_pages [--check]`."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from studiod.surfaces import picture
from studiod.surfaces.base import ControlKind, ShowKind, SurfaceMap
from studiod.surfaces.mackie import figure
from studiod.surfaces.mackie.facts import BoxFacts, Colours, Glass, Role, load_all
from studiod.surfaces.maps import load_maps, map_folder

PAGE: Final = "reference/surfaces.md"
FOLDER: Final = "surfaces"
MARK: Final = "<!-- From here on `make docs` writes what firmware-maps/ says. -->"
_SHOWN: Final = {ShowKind.MOTOR: "motor", ShowKind.RING: "ring", ShowKind.LAMP: "lamp"}
_BY_CHOICE: Final = " ([by choice](maps.md#who-has-which-port))"
_HEAD: Final = "| maker | model | what to set | {} | how sure | says who | name and picture |\n" + "| --- " * 7 + "|"


def pages(written: str) -> dict[str, str]:
    """Every generated file: path under docs/ -> text. written: the page as it is, whose part by hand is kept.

    Raises ValueError where the page has no mark, or a map has a fault.
    """
    maps, faults = load_maps(map_folder())
    boxes, more = load_all(map_folder() / "mackie")
    if faults or more:
        raise ValueError("\n".join((*faults, *more)))
    by_hand, mark, _ = written.partition(MARK)
    if not mark:
        raise ValueError(f"docs/{PAGE} has no line {MARK}")
    tables = (
        "## Boxes with maps",
        _table("what is covered", (_row(facts, covered(facts)) for facts in maps)),
        "## Boxes that speak Mackie Control or HUI",
        "What their keys, faders and displays mean is the same for all: [Mackie Control](mackie-control.md).",
        _table("what it has", (_row(facts, equipment(facts)) for facts in boxes)),
    )
    pictures: Mapping[str, str] = {
        **{f"{FOLDER}/{facts.name}.svg": picture.draw(facts) for facts in maps},
        **{f"{FOLDER}/{facts.name}.svg": figure.draw(facts) for facts in boxes},
    }
    return {PAGE: "\n\n".join((by_hand + MARK, *tables)) + "\n", **pictures}


def covered(facts: SurfaceMap) -> str:
    """How many controls of each kind a map covers, and how many of them show something."""
    told = []
    for kind in ControlKind:
        those = [control for control in facts.controls.values() if control.kind is kind]
        if not those:
            continue
        shows = Counter(
            _SHOWN[control.show.kind]
            for control in those
            if control.show is not None and control.show.kind in _SHOWN and not control.is_output
        )
        more = "".join(f" ({times} with {what})" for what, times in shows.items())
        told.append(f"{len(those)} {kind.value}{'s' if len(those) > 1 else ''}{more}")
    return ", ".join(told)


def equipment(facts: BoxFacts) -> str:
    """What a Mackie box has."""
    faders = [word for word, has in (("motors", facts.has_motors), ("touch", facts.has_touch)) if has]
    told = [
        "extender" if facts.role is Role.EXTENDER else "main",
        "the selected strip" if facts.follows_selection else f"{facts.strips} strip{'s' if facts.strips > 1 else ''}",
        f"faders with {' and '.join(faders)}" if faders else "faders",
        *(["main fader"] if facts.has_master else []),
        *(["V-pots"] if facts.has_vpots else []),
        *([f"display {facts.glass.value}"] if facts.glass is not Glass.NONE else []),
        *(["colours"] if facts.colours is not Colours.NONE else []),
        *(["meters"] if facts.has_meters else []),
        *(["position"] if facts.has_time else []),
        *(["jog wheel"] if facts.has_jog else []),
    ]
    return ", ".join(told)


def _table(what: str, rows: Iterable[str]) -> str:
    return "\n".join((_HEAD.format(what), *rows))


def _row(facts: SurfaceMap | BoxFacts, what: str) -> str:
    name = f"[`{facts.name}`](../{FOLDER}/{facts.name}.svg){'' if facts.match.usual else _BY_CHOICE}"
    cells = (facts.maker, facts.model, facts.mode, what, facts.confidence, facts.sources[0], name)
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or say which are stale; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m studiod.app.surface_pages", description="Pictures of surfaces.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is not up to date")
    parser.add_argument("--docs", type=Path, default=Path("docs"), help="the folder of the handbook (default: docs)")
    options = parser.parse_args(arguments)
    try:
        wanted = pages((options.docs / PAGE).read_text(encoding="utf-8"))
    except (ValueError, OSError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    there = {path: path.relative_to(options.docs).as_posix() for path in (options.docs / FOLDER).glob("*.svg")}
    strangers = [path for path, name in there.items() if name not in wanted]
    stale = [name for name, text in wanted.items() if _text(options.docs / name) != text]
    for name in (*stale, *map(str, strangers)):
        print(f"{name}: {'not what the maps say; run: make docs' if options.check else 'written'}")
    if options.check:
        return 1 if stale or strangers else 0
    for path in strangers:
        path.unlink()
    (options.docs / FOLDER).mkdir(exist_ok=True)
    for name in stale:
        (options.docs / name).write_text(wanted[name], encoding="utf-8")
    return 0


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
