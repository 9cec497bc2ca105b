"""Writes the pages of docs/ that follow from the parameter table: `python -m studiod.app.docs [--check]`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from studiod.app.table_page import parameter_page
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.taper import FADER_JOINTS, Fader
from studiod.model.units import level_text

# Two of each, so that a row that differs between strips is noticed instead of folded away.
_EXAMPLE = ConsoleLayout(2, 2, (1, 2), ("", ""), ("", ""), matrix_names=("", ""), midi_tracks=2)


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


if __name__ == "__main__":
    sys.exit(main())
