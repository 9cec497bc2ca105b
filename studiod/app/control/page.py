"""What a command prints: lines and tables for people, JSON for scripts; colour on a terminal only."""

import json
import os
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final, TextIO

from studiod.app.control.words import finite
from studiod.model.transport import timecode

PLAIN: Final = ""
BOLD, DIM, RED, GREEN, YELLOW = "1", "2", "31", "32", "33"
STATE_STYLES: Final = {
    "recording": RED,
    "playing": GREEN,
    "good": GREEN,
    "repaired": YELLOW,
    "damaged": RED,
    "broken": RED,
    "away": YELLOW,
}
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_KILO = 1000.0


class Page:
    """Where a command writes. It styles only what a person reads on a terminal, unless NO_COLOR is set."""

    def __init__(self, out: TextIO, err: TextIO, *, is_json: bool = False) -> None:
        self.out, self.err, self.is_json = out, err, is_json
        self.is_terminal = out.isatty()
        # https://no-color.org: present and not empty, whatever its value
        is_coloured = self.is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._is_coloured = is_coloured and not is_json
        self.is_unicode = (getattr(out, "encoding", None) or "ascii").lower().replace("-", "").startswith("utf")

    @classmethod
    def standard(cls, *, is_json: bool) -> "Page":
        """The process's own output."""
        return cls(sys.stdout, sys.stderr, is_json=is_json)

    def style(self, text: str, codes: str) -> str:
        """`text` in that style, where styles are shown."""
        return f"\x1b[{codes}m{text}\x1b[0m" if codes and self._is_coloured and text else text

    def state(self, word: str) -> str:
        """A state's word in its colour."""
        return self.style(word, STATE_STYLES.get(word, PLAIN))

    def line(self, text: str = "") -> None:
        """One line for a person."""
        self.out.write(self._shown(text.rstrip()) + "\n")

    def json(self, fact: object, *, is_compact: bool = False) -> None:
        """One JSON document; on one line if compact."""
        self.out.write(json.dumps(finite(fact), indent=None if is_compact else 2, ensure_ascii=False) + "\n")

    def complain(self, sentence: str) -> None:
        """Tell the person what is wrong, beside the output."""
        lines = sentence.splitlines() or [""]
        self.err.write("".join(f"studioctl: {line}\n" for line in lines))

    def table(self, rows: Sequence[Sequence[str]], heads: Sequence[str] = (), right: Sequence[int] = ()) -> None:
        """Rows in aligned columns; `right` are the columns of numbers."""
        if not rows:
            return
        cells = [list(heads), *map(list, rows)] if heads else [list(row) for row in rows]
        widths = [max(map(wide, column)) for column in zip(*cells, strict=True)]
        for index, row in enumerate(cells):
            line = "  ".join(
                pad(cell, width, is_right=column in right)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            self.line(self.style(line.rstrip(), DIM) if heads and index == 0 else line)

    def _shown(self, text: str) -> str:
        return text if self.is_unicode else text.encode("ascii", "replace").decode()


def wide(text: str) -> int:
    """Columns that `text` takes on a terminal."""
    count, in_style = 0, False
    for character in text:
        if in_style:
            in_style = character != "m"
        elif character == "\x1b":
            in_style = True
        elif not unicodedata.combining(character):
            count += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return count


def pad(text: str, width: int, *, is_right: bool = False) -> str:
    """`text` filled up with spaces to `width` columns."""
    fill = " " * max(width - wide(text), 0)
    return fill + text if is_right else text + fill


def cut(text: str, width: int) -> str:
    """`text` (without styles) in at most `width` columns, an ellipsis for what is left out."""
    if wide(text) <= width:
        return text
    while text and wide(text) > width - 1:
        text = text[:-1]
    return text + "…" if width > 0 else ""


def duration(seconds: float) -> str:
    """A span as people say it: `42 s`, `12 min`, `6 h 12 min`, `3 days`."""
    whole = int(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min"
    if whole < 2 * _DAY_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S:02d} min"
    return f"{whole // _DAY_S} days"


def clock(seconds: float) -> str:
    """A position or length, `0:00:10.000`."""
    return timecode(round(seconds * _KILO), 1000)


def size(count: float) -> str:
    """Bytes as people say them: `112.4 GB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < _KILO:
            return f"{count:.0f} {unit}" if unit in {"bytes", "kB"} else f"{count:.1f} {unit}"
        count /= _KILO
    return f"{count:.1f} TB"


class Facts:
    """A JSON object of studiod's, read by path; what an older or younger studiod does not say reads as nothing."""

    def __init__(self, held: object) -> None:
        self.held: Mapping[str, object] = held if isinstance(held, dict) else {}

    def at(self, *path: str) -> object:
        """What is there, or None."""
        found: object = self.held
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def part(self, *path: str) -> "Facts":
        """The object there; an empty one if there is none."""
        return Facts(self.at(*path))

    def text(self, *path: str) -> str:
        """The text there, or what is there as text; empty if nothing."""
        found = self.at(*path)
        return "" if found is None else str(found)

    def number(self, *path: str) -> float:
        """The number there, or 0."""
        found = self.at(*path)
        return float(found) if isinstance(found, int | float) else 0.0

    def count(self, *path: str) -> int:
        """The whole number there, or 0."""
        return int(self.number(*path))

    def texts(self, *path: str) -> list[str]:
        """The list of texts there, or none."""
        return [str(each) for each in self._list(*path)]

    def parts(self, *path: str) -> list["Facts"]:
        """The list of objects there, or none."""
        return [Facts(each) for each in self._list(*path)]

    def _list(self, *path: str) -> list[object]:
        found = self.at(*path)
        return found if isinstance(found, list) else []
