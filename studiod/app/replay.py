"""`studiod replay`: a take as main played it, out of its tracks and its journal."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from studiod.app.progress import Progress
from studiod.model.transport import timecode

if TYPE_CHECKING:
    from studiod.produce.replay import Replayed

_DESCRIPTION: Final = """\
Play a take's recorded inputs through the engine once more, with every move that was made, and write what main played:
to the bit, if the same build of studiod does it and every input was recorded as it came in.
"""
_EPILOG: Final = """\
examples:
  studiod replay 7 --output main.wav
  studiod replay album/takes/0007 --output main.wav --bits 24

It says up to where it is to the bit what main played, and why no further. A journal that was cut off replays up to the
cut. docs/reference/files.md tells what a journal holds.

exit status: 0 if all of the take is replayed to the bit, 3 if not, 1 if it could not be replayed, 2 for a wrong
configuration or usage
"""
_BITS: Final = (16, 24, 32)
_INEXACT: Final = 3


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `replay` to the commands of `studiod`."""
    command = commands.add_parser(
        "replay",
        help="render what main played during a take",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("take", metavar="TAKE", help="its number in the session, or its folder")
    command.add_argument("--config", type=Path, metavar="FILE", help="configuration, YAML (default: built-in defaults)")
    command.add_argument("--library", metavar="DIR", help="where sessions are (default: as configured)")
    command.add_argument("--session", metavar="NAME", help="session of the take (default: as configured)")
    command.add_argument("--output", type=Path, required=True, metavar="FILE", help="the stereo main, WAV")
    command.add_argument("--bits", type=int, choices=_BITS, default=32, help="of what is written (default: 32, float)")
    command.add_argument("--force", action="store_true", help="replace a file that exists")
    command.add_argument("--json", action="store_true", help="print an object with what was done")


def run(given: argparse.Namespace) -> int:
    """Replay what is asked for and tell about it; 0, 1 (could not), 2 (wrong configuration) or 3 (not to the bit)."""
    from studiod.app.config.faults import ConfigError
    from studiod.produce.replay import ReplayError, replay

    progress = Progress(sys.stderr, given.output.name)
    try:
        folder = _folder(given)
        replayed = replay(
            folder,
            given.output,
            given.bits,
            progress.tell if sys.stderr.isatty() else None,
            may_replace=given.force,
        )
    except ConfigError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    except ReplayError as fault:
        progress.clear()
        sys.stderr.write(f"{fault}\n")
        return 1
    finally:
        progress.clear()
    if given.json:
        print(json.dumps(_fact(folder, replayed), indent=2, ensure_ascii=False))
    else:
        _print(replayed, given.bits)
    return 0 if replayed.is_exact else _INEXACT


def _folder(given: argparse.Namespace) -> Path:
    """The take's folder. Raises ConfigError."""
    from studiod.app.config.load import load_config, to_json
    from studiod.app.settings import Settings
    from studiod.link.session import take_folder

    if not given.take.isascii() or not given.take.isdigit() or os.sep in given.take:
        return Path(given.take).expanduser()
    settings = Settings.from_json(to_json(load_config(given.config, {"--library": given.library}).config))
    return take_folder(settings.tape.library.expanduser() / (given.session or settings.tape.session), int(given.take))


def _fact(folder: Path, replayed: "Replayed") -> dict[str, Any]:
    return {
        "take": str(folder),
        "output": str(replayed.file),
        "frames": replayed.frames,
        "rate_hz": replayed.rate_hz,
        "is_exact": replayed.is_exact,
        "exact_frames": replayed.exact_frames,
        "doubts": [doubt._asdict() for doubt in replayed.doubts],
        "warnings": _sentences(replayed),
    }


def _sentences(replayed: "Replayed") -> list[str]:
    return [doubt.told(replayed.rate_hz) for doubt in replayed.doubts]


def _print(replayed: "Replayed", bits: int) -> None:
    for warning in _sentences(replayed):
        sys.stderr.write(f"{warning}\n")
    print(replayed.file)
    told = "to the bit what main played"
    if not replayed.exact_frames:
        told = f"not {told}, see above"
    elif not replayed.is_exact:
        told = f"{told} up to {timecode(replayed.exact_frames, replayed.rate_hz)}, see above"
    depth = "" if bits == _BITS[-1] else f", rounded to {bits} bits"
    print(f"  {replayed.frames / replayed.rate_hz:.1f} s, {replayed.rate_hz} Hz{depth}: {told}")
