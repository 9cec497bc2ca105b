"""`studiod export`: a take as sound files for elsewhere."""

import argparse
import json
import os
import signal
import sys
from pathlib import Path
from typing import Final

from studiod.app.progress import Progress

_DESCRIPTION: Final = """\
Write a file for each track of a take into a folder, for a DAW or for keeping: parts are joined, channels of a
polyphonic file come apart, and what was kept of the time before Record is left out. Samples are as they were, bit for
bit. MIDI tracks come along, and begin where the sound begins.
"""
_EPILOG: Final = """\
examples:
  studiod export 7 --to ~/mix                        take 7 of the session, as configured
  studiod export 7 --session album --to ~/mix --format flac
  studiod export ~/studiod-library/album/takes/0007 --to ~/mix --with-pre --bits 32

Files carry their place on the timeline (Broadcast WAV: 01:00:00 is the transport's zero) and the names of their tracks.
What is there already is never overwritten without --force.

exit status: 0, 1 if it could not be exported, 2 for a wrong configuration or usage
"""
_FORMATS: Final = ("wav", "flac")
_BITS: Final = (16, 24, 32)


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `export` to the commands of `studiod`."""
    export = commands.add_parser(
        "export",
        help="write a take as sound files",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    export.add_argument("take", metavar="TAKE", help="number of a take of the session, or the folder of any take")
    export.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where the files go; made if need be")
    export.add_argument("--format", choices=_FORMATS, default="wav", help="of the files (default: wav)")
    text = "of the files; 32 is floating point (default: as recorded; 24 for FLAC of floating point)"
    export.add_argument("--bits", type=int, choices=_BITS, help=text)
    export.add_argument("--with-pre", action="store_true", help="begin with the time before Record was pressed")
    export.add_argument("--config", type=Path, metavar="FILE", help="configuration, YAML (default: built-in defaults)")
    export.add_argument("--library", metavar="DIR", help="where sessions and takes are (default: as configured)")
    text = "the session of the take: its name, or its folder if there is a / in it (default: as configured)"
    export.add_argument("--session", metavar="NAME", help=text)
    export.add_argument("--force", action="store_true", help="replace files that exist")
    export.add_argument("--json", action="store_true", help="print an object with what was done")


def run(given: argparse.Namespace) -> int:
    """Export what is asked for and tell about it; the exit status."""
    from studiod.app.config.faults import ConfigError
    from studiod.produce.export import ExportError, ExportOrder, export_take

    progress = Progress(sys.stderr, "export")
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what is half written goes
    try:
        order = ExportOrder(
            _take(given),
            given.to.expanduser(),
            format=given.format,
            bits=given.bits,
            with_pre=given.with_pre,
            may_replace=given.force,
        )
        done = export_take(order, progress.tell if sys.stderr.isatty() else None)
    except ConfigError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    except ExportError as fault:
        progress.clear()
        sys.stderr.write(f"{fault}\n")
        return 1
    finally:
        progress.clear()
        signal.signal(signal.SIGTERM, before)
    for warning in done.warnings:
        sys.stderr.write(f"{warning}\n")
    if given.json:
        fact = {
            "files": [str(path) for path in done.files],
            "frames": done.frames,
            "seconds": round(done.frames / done.rate_hz, 3),
            "rate_hz": done.rate_hz,
            "bits": done.bits,
            "warnings": list(done.warnings),
        }
        print(json.dumps(fact, indent=2, ensure_ascii=False))
    else:
        for path in done.files:
            print(path)
    return 0


def _take(given: argparse.Namespace) -> Path:
    """The folder of the take that is named. Raises ConfigError."""
    from studiod.app.config.load import load_config, to_json
    from studiod.app.settings import Settings
    from studiod.link.session import take_folder

    word = str(given.take)
    if not (word.isascii() and word.isdigit()):
        return Path(word).expanduser()
    settings = Settings.from_json(to_json(load_config(given.config, {"--library": given.library}).config))
    name = given.session if given.session is not None else settings.tape.session
    session = Path(name).expanduser() if os.sep in name else settings.tape.library.expanduser() / name
    return take_folder(session, int(word))
