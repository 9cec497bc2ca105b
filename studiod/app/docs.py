"""Writes the pages of docs/ that follow from the parameter table: `python -m studiod.app.docs [--check]`."""

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from studiod.model.console import MAX_BUSES, MAX_STRIPS, ConsoleLayout, console_parameters
from studiod.model.parameter import TEXT_BYTES, Flag, Kind, ParameterSpec
from studiod.model.taper import FADER_JOINTS, Fader
from studiod.model.units import level_text

# Two of each, so that a row that differs between strips is noticed instead of folded away.
_EXAMPLE = ConsoleLayout(2, 2, (1, 2), ("", ""), ("", ""))
_FOLDS = ((re.compile(r"/(strip|bus)/\d+"), r"/\1/{n}"), (re.compile(r"/send/\d+"), "/send/{b}"))
_SECTIONS = (
    ("Strips", "/strip/{n}"),
    ("Sends", "/strip/{n}/send/{b}"),
    ("Buses", "/bus/{n}"),
    ("Main", "/main"),
    ("Transport", "/transport"),
    ("Meters", "/meter"),
)
_FLAG_WORDS = {
    Flag.REALTIME: "realtime",
    Flag.AUTOMATABLE: "automatable",
    Flag.PERSISTED: "kept",
    Flag.IN_SCENE: "scene",
    Flag.LINKABLE: "linkable",
    Flag.PROTECTED: "protected",
    Flag.READ_ONLY: "read only",
}
_HEAD = f"""\
# Parameters

Written by `python -m studiod.app.docs` from `studiod/model/console.py`; do not edit.

Every value of the desk has one address. `{{n}}` is a strip (1 to at most {MAX_STRIPS}) or a bus (1 to at most
{MAX_BUSES}), `{{b}}` the bus a send goes to; how many there are is set in the configuration. Levels follow the
[fader law](reference/fader-law.md) where their range begins at -inf, which is a real value: off.

Flags: **realtime** acts in the engine; **automatable** can be written into a song; **kept** is saved with the
session; **scene** is recalled by scenes; **linkable** follows linked strips and groups; **protected** cannot be reached
by address patterns or by unnamed peers; **read only** is told, never written.
"""
_TABLE_HEAD = (
    "| address | kind | unit | range | default | flags | what it does |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)


def parameter_page(specs: Iterable[ParameterSpec]) -> str:
    """Markdown page of `specs`, strips and buses folded into one row each.

    Raises ValueError when two parameters that share a row differ.
    """
    rows: dict[str, str] = {}
    for spec in specs:
        address = _folded(spec.address)
        row = _row(address, spec)
        if rows.setdefault(address, row) != row:
            raise ValueError(f"{spec.address} differs from its neighbours: {row}")
    sections: dict[str, list[str]] = {title: [] for title, _ in _SECTIONS}
    for address, row in rows.items():
        title, _ = max(
            (section for section in _SECTIONS if address.startswith(section[1])), key=lambda section: len(section[1])
        )
        sections[title].append(row)
    parts = [_HEAD]
    for title, lines in sections.items():
        parts.append("\n".join((f"\n## {title}\n", *_TABLE_HEAD, *lines, "")))
    return "".join(parts)


def fader_drawing() -> str:
    """SVG of the fader law: level over travel, its joints marked."""
    left, top, width, height, floor_db, ceiling_db = 56, 16, 560, 320, -90.0, 10.0

    def at(travel: float, level_db: float) -> tuple[float, float]:
        return left + travel * width, top + (ceiling_db - level_db) / (ceiling_db - floor_db) * height

    law = Fader()
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 24} {top + height + 48}">',
        "<style>text { font: 12px sans-serif }</style>",
        "<title>The fader law: level in dB over travel</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for level_db in (10.0, 5.0, 0.0, -5.0, -10.0, -20.0, -30.0, -40.0, -50.0, -60.0, floor_db):
        x, y = at(law.travel(level_db), level_db)
        name = level_text(level_db).removesuffix(" dB").removesuffix(".0") if level_db > floor_db else "-inf"
        lines.append(f'<path d="M{left} {y:.1f}H{x:.1f}V{top + height}" fill="none" stroke="#ddd"/>')
        lines.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{name}</text>')
    curve = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(travel, level_db) for travel, level_db in FADER_JOINTS))
    lines.append(f'<polyline points="{curve}" fill="none" stroke="#06c" stroke-width="2"/>')
    for travel, level_db in FADER_JOINTS:
        x, y = at(travel, level_db)
        lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#06c"/>')
    lines.extend(
        f'<text x="{left + travel * width:.1f}" y="{top + height + 18}" text-anchor="middle">{travel:g}</text>'
        for travel in (*(travel for travel, _ in FADER_JOINTS), 0.75)
    )
    lines.append(f'<text x="{left + width / 2:g}" y="{top + height + 38}" text-anchor="middle">travel</text>')
    lines.append(f'<text x="8" y="{top + height / 2:g}">dB</text>')
    return "\n".join((*lines, "</svg>", ""))


def pages() -> dict[str, str]:
    """Every generated page: path under docs/ -> text."""
    return {
        "parameters.md": parameter_page(console_parameters(_EXAMPLE)),
        "reference/fader-law.svg": fader_drawing(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages, or say which are stale; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m studiod.app.docs", description="Generated pages of the handbook.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is not up to date")
    parser.add_argument("--docs", type=Path, default=Path("docs"), help="the folder of the handbook (default: docs)")
    options = parser.parse_args(arguments)
    stale = 0
    for name, text in pages().items():
        page = options.docs / name
        if page.exists() and page.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if options.check:
            print(f"{page} is not what the parameter table says; run: python -m studiod.app.docs")
        else:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, encoding="utf-8")
            print(f"wrote {page}")
    return 1 if options.check and stale else 0


def _folded(address: str) -> str:
    for pattern, word in _FOLDS:
        address = pattern.sub(word, address)
    return address


def _row(address: str, spec: ParameterSpec) -> str:
    flags = ", ".join(word for flag, word in _FLAG_WORDS.items() if flag in spec.flags)
    is_plain = spec.is_numeric and spec.kind not in (Kind.TOGGLE, Kind.CHOICE)
    allowed = f"{spec.low:g}..{spec.high:g}" if is_plain or spec.kind is Kind.METER else spec.allowed
    if spec.kind is Kind.TEXT:
        allowed = f"{TEXT_BYTES} bytes of UTF-8"
    default = spec.text(spec.default) if spec.is_numeric else "from the configuration" if spec.kind is Kind.TEXT else ""
    return f"| `{address}` | {spec.kind} | {spec.unit} | {allowed} | {default} | {flags} | {spec.help} |"


if __name__ == "__main__":
    sys.exit(main())
