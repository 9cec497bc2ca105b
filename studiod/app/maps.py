"""`studiod maps`: check, list and draw maps of control surfaces, and import Ardour's."""

import argparse
import json
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from studiod.app import map_list

if TYPE_CHECKING:
    from collections.abc import Callable

    from studiod.model.registry import Registry
    from studiod.surfaces.ardour_map import Imported
    from studiod.surfaces.base import SurfaceMap

_EPILOG: Final = """\
examples:
  studiod maps check my-box.yaml
  studiod maps list --ports
  studiod maps draw firmware-maps/korg-nanokontrol2.yaml -o nanokontrol2.svg
  studiod maps import /usr/share/ardour*/midi_maps/*.map --to ~/maps

exit status: 0, 1 if a file has a fault or could not be read or written, 2 for wrong usage
"""


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `maps` to the commands of `studiod`."""
    maps = commands.add_parser(
        "maps",
        help="check, list, draw and import maps of control surfaces",
        description="Maps say what a box's controls mean and what it shows; firmware-maps/README.md is their language.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = maps.add_subparsers(dest="action", required=True, metavar="ACTION", help="what to do with maps")
    check = actions.add_parser("check", help="tell every fault of maps, with its line")
    check.add_argument("files", type=Path, nargs="+", metavar="FILE", help="map, YAML")
    map_list.add_options(actions.add_parser("list", help="list the maps there are, and who has which port"))
    drawn = actions.add_parser("draw", help="draw a surface as SVG")
    drawn.add_argument("file", type=Path, metavar="FILE", help="map, YAML")
    drawn.add_argument("-o", "--output", type=Path, metavar="FILE", help="picture to write (default: standard output)")
    imported = actions.add_parser("import", help="make maps from Ardour's .map and .device files")
    imported.add_argument("files", type=Path, nargs="+", metavar="FILE", help="Ardour's .map or .device")
    imported.add_argument(
        "--to", type=Path, metavar="DIR", help="folder for the maps (default: only tell what would become of it)"
    )
    imported.add_argument("--json", action="store_true", help="print an array with an object for each file")


def run(given: argparse.Namespace) -> int:
    """Do what was asked; the exit status."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "check": _check,
        "list": map_list.run,
        "draw": _draw,
        "import": _import,
    }
    return actions[given.action](given)


def _check(given: argparse.Namespace) -> int:
    from studiod.surfaces.checked_yaml import MapError

    registry, status = _largest_desk(), 0
    for path in given.files:
        try:
            sentences = _misfits(path, registry)
        except MapError as fault:
            sys.stderr.write(f"{fault}\n")
            status = 1
            continue
        for sentence in sentences:
            sys.stderr.write(f"{sentence}\n")
        if sentences:
            status = 1
        else:
            print(f"{path}: good")
    return status


def _loaded(path: Path) -> "SurfaceMap":
    """The map in `path`; one with a base may name any that comes with studiod, or lies beside it."""
    from studiod.surfaces.checked_yaml import NoBase
    from studiod.surfaces.maps import load_map, load_maps, map_folder

    try:
        return load_map(path)
    except NoBase:
        brought, _ = load_maps(map_folder())
        beside, _ = load_maps(path.parent, brought)
        return load_map(path, {facts.name: facts for facts in (*beside, *brought) if facts.base != facts.name})


def _misfits(path: Path, registry: "Registry") -> tuple[str, ...]:
    """Raises MapError."""
    from studiod.surfaces import fit
    from studiod.surfaces.mackie import facts

    if _is_mackie(path):
        return facts.misfits(facts.load(path), registry)
    return fit.misfits(_loaded(path), registry)


def _is_mackie(path: Path) -> bool:
    """The file says it is facts of a Mackie or HUI box; any other is read as a map."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except OSError:
        return False
    return re.search(r"^dialect:\s*(mackie|hui)\b", text, re.MULTILINE) is not None


def _largest_desk() -> "Registry":
    """A desk with something under every window, so that no address is missed for want of buses."""
    from studiod.model.console import MAX_BUSES, MAX_MATRICES, ConsoleLayout, console_parameters
    from studiod.model.registry import Registry

    strips = 16
    names = ("",) * strips
    layout = ConsoleLayout(
        strips, MAX_BUSES, tuple(range(1, strips + 1)), names, ("",) * MAX_BUSES, matrix_names=("",) * MAX_MATRICES,
        has_monitor=True, midi_tracks=8,
    )  # fmt: skip
    return Registry(console_parameters(layout))


def _draw(given: argparse.Namespace) -> int:
    from studiod.surfaces.checked_yaml import MapError

    try:
        picture = _picture(given.file)
        if given.output is None:
            sys.stdout.write(picture)
        else:
            given.output.write_text(picture, encoding="utf-8")
    except MapError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    except OSError as fault:
        sys.stderr.write(f"{given.output}: cannot be written: {fault.strerror}\n")
        return 1
    return 0


def _picture(path: Path) -> str:
    """SVG. Raises MapError."""
    from studiod.surfaces import picture
    from studiod.surfaces.mackie import facts, figure

    return figure.draw(facts.load(path)) if _is_mackie(path) else picture.draw(_loaded(path))


def _import(given: argparse.Namespace) -> int:
    from studiod.surfaces.ardour_map import NotArdour, import_ardour

    reports: list[dict[str, object]] = []
    status = 0
    for path in given.files:
        try:
            found = import_ardour(path.read_bytes(), path.name)
            written = _written(found, path, given.to)
        except NotArdour as fault:
            reports.append({"file": str(path), "fault": str(fault)})
            status = 1
        except OSError as fault:
            reports.append({"file": str(path), "fault": f"cannot be read or written: {fault.strerror}"})
            status = 1
        else:
            refused = [asdict(refusal) for refusal in found.refused]
            reports.append({
                "file": str(path), "name": found.name, "kind": found.kind, "read": found.read,
                "imported": found.imported, "refused": len(refused), "refusals": refused, "written": written,
                "ports": found.ports,
            })  # fmt: skip
    if given.json:
        print(json.dumps(reports, ensure_ascii=False, indent=2))
    else:
        for report in reports:
            _tell(report)
    return status


def _written(found: "Imported", path: Path, folder: Path | None) -> str:
    """Where the map was written, or nothing."""
    if folder is None or not found.yaml:
        return ""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{path.stem.lower().replace(' ', '-')}.yaml"
    with target.open("x", encoding="utf-8") as file:  # what a person has changed there is not written over
        file.write(found.yaml)
    return str(target)


def _tell(report: dict[str, object]) -> None:
    if "fault" in report:
        sys.stderr.write(f"{report['file']}: {report['fault']}\n")
        return
    refusals = report["refusals"]
    print(f"{report['file']}: {report['read']} read, {report['imported']} imported, {report['refused']} refused")
    if isinstance(refusals, list):
        for refusal in refusals:
            print(f"{report['file']}:{refusal['line']}: {refusal['reason']} ({refusal['text']})")
    if report["written"]:
        waits = "" if report["ports"] else "; its name tells no port: it waits for surfaces.use to say which it is for"
        print(f"{report['file']}: written to {report['written']}{waits}")
