"""`studiod loudness`: how loud sound files are."""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from studiod.app.progress import Progress
from studiod.model.loudness import LoudnessReading

_DESCRIPTION: Final = """\
Measure loudness (ITU-R BS.1770-5), loudness range and true peak (EBU Tech 3341, 3342) of sound files: WAV, RF64, FLAC,
Ogg, MP3, AIFF and more, any number of channels. The LFE of 5.1 and 7.1 is left out of the loudness.
"""
_EPILOG: Final = """\
I        integrated loudness, in LUFS: the whole file, gated
range    loudness range, in LU
peak     true peak of the loudest channel, in dBTP
max M/S  loudest 400 ms, loudest 3 s, in LUFS
bar      from -40 to 0 LUFS: solid to I, light to max S

exit status: 0, or 1 if a file could not be measured
"""
_HEADS: Final = ("file", "I", "range", "peak", "max M", "max S", "")
_FIELDS: Final = ("integrated", "lra", "true_peak", "max_momentary", "max_short_term")
_DECIMALS: Final = 2  # Tech 3341 shows one; a second tells rounding from difference
_BAR_FLOOR, _BAR_COLUMNS = -40.0, 20


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `loudness` to the commands of `studiod`."""
    loudness = commands.add_parser(
        "loudness",
        help="measure how loud sound files are",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    loudness.add_argument("files", type=Path, nargs="+", metavar="FILE", help="sound file")
    loudness.add_argument("--json", action="store_true", help="print a list of objects, one for each file")


def run(files: Sequence[Path], *, is_json: bool) -> int:
    """Measure `files` in order and print what was found; 0, or 1 if one could not be measured."""
    from studiod.produce.loudness import UnreadableSoundError, measure_loudness

    found: list[tuple[Path, LoudnessReading | str]] = []
    for path in files:
        progress = Progress(sys.stderr, path.name)
        try:
            found.append((path, measure_loudness(path, progress.tell if sys.stderr.isatty() else None)))
        except UnreadableSoundError as fault:
            found.append((path, str(fault)))
        finally:
            progress.clear()
    if is_json:
        print(json.dumps([_fact(path, what) for path, what in found], indent=2, ensure_ascii=False))
    else:
        _print_table(found)
    return 1 if any(isinstance(what, str) for _, what in found) else 0


def level_fact(level: float) -> float | str:
    """A level or range as JSON may say it, which knows no infinity: "-inf" for silence."""
    return "-inf" if level == -math.inf else round(level, _DECIMALS) + 0.0  # no -0.0


def _fact(path: Path, what: LoudnessReading | str) -> dict[str, Any]:
    if isinstance(what, str):
        return {"file": str(path), "error": what}
    return {"file": str(path), **{field: level_fact(getattr(what, field)) for field in _FIELDS}}


def _print_table(found: Sequence[tuple[Path, LoudnessReading | str]]) -> None:
    from studiod.app.control.page import Page

    page = Page.standard(is_json=False)
    rows = [
        (str(path), *(f"{getattr(what, field):.1f}" for field in _FIELDS), _bar(what, is_unicode=page.is_unicode))
        for path, what in found
        if isinstance(what, LoudnessReading)
    ]
    page.table(rows, _HEADS, right=range(1, len(_FIELDS) + 1))
    sys.stdout.flush()  # before what is wrong, also where both go into one file
    for path, what in found:
        if isinstance(what, str):
            sys.stderr.write(f"{path}: {what}\n")


def _bar(reading: LoudnessReading, *, is_unicode: bool) -> str:
    solid, light = (_place(level) for level in (reading.integrated, reading.max_short_term))
    full, half, empty = "█▒·" if is_unicode else "#=."
    return full * solid + half * max(light - solid, 0) + empty * (_BAR_COLUMNS - max(solid, light))


def _place(level: float) -> int:
    """Columns of the bar up to `level`, in LUFS."""
    return round(_BAR_COLUMNS * min(max(1.0 - level / _BAR_FLOOR, 0.0), 1.0))
