"""`studiod verify`: whether takes still are what was recorded."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from studiod.app.progress import Progress

if TYPE_CHECKING:
    from studiod.tape.verify import TakeReport

_DESCRIPTION: Final = """\
Hold takes against what was written down while they were recorded: every second of every track against its checksum,
every header against its file, every journal and take.json against what is there. Nothing is changed, also while
studiod runs.
"""
_EPILOG: Final = """\
examples:
  studiod verify                              the library and the copies, as configured
  studiod verify ~/studiod-library/album      a session
  studiod verify ~/studiod-library/album/takes/0007
  studiod verify --quick --json               headers and lengths only, for scripts

exit status: 0 if all is as it was recorded, 1 if something is wrong, 2 for a wrong configuration or usage
"""


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `verify` to the commands of `studiod`."""
    verify = commands.add_parser(
        "verify",
        help="check takes against their checksums",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verify.add_argument(
        "places",
        type=Path,
        nargs="*",
        metavar="FOLDER",
        help="of a library, a session or a take (default: the library and tape.copy_to, as configured)",
    )
    verify.add_argument("--config", type=Path, metavar="FILE", help="configuration, YAML (default: built-in defaults)")
    verify.add_argument("--quick", action="store_true", help="look at headers and lengths only, not at every second")
    verify.add_argument("--json", action="store_true", help="print an object for scripts")


def run(given: argparse.Namespace) -> int:
    """Verify what is asked for and tell about it; the exit status."""
    from studiod.app.config.faults import ConfigError
    from studiod.tape.library import find_takes
    from studiod.tape.verify import seconds_in, verify_take

    missing: list[str] = []
    try:
        places = [place.expanduser() for place in given.places] or _configured(given.config, missing)
        folders = list(dict.fromkeys(folder for place in places for folder in find_takes(place)))
    except ConfigError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    except ValueError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    except OSError as fault:
        sys.stderr.write(f"{fault.filename}: {fault.strerror}\n")
        return 2
    progress = Progress(sys.stderr, "verify")
    seconds = 1 if given.quick or not sys.stderr.isatty() else sum(map(seconds_in, folders)) or 1
    done = 0

    def advance(more: int) -> None:
        nonlocal done
        done += more
        progress.tell(min(done / seconds, 1.0))

    reports: list[TakeReport] = []
    for folder in folders:
        report = verify_take(folder, is_quick=given.quick, on_progress=advance if sys.stderr.isatty() else None)
        reports.append(report)
        if not given.json:
            progress.clear()
            _tell(report)
    progress.clear()
    if given.json:
        print(json.dumps(_fact(reports) | {"notes": missing}, indent=2, ensure_ascii=False))
    else:
        for sentence in missing:
            print(sentence)
        _sum_up(reports, is_quick=given.quick)
    return 0 if all(report.is_good for report in reports) else 1


def _configured(config: Path | None, missing: list[str]) -> list[Path]:
    """The library, and the folder of the copies where there are any; a disk that is not there is told in `missing`."""
    from studiod.app.config.load import load_config, to_json
    from studiod.app.settings import Settings
    from studiod.tape.library import session_folders

    tape = Settings.from_json(to_json(load_config(config, {}).config)).tape
    places = [tape.library.expanduser()]
    if tape.copy_to is not None:
        copies = tape.copy_to.expanduser()
        if not copies.is_dir():
            missing.append(f"tape.copy_to {copies} is not there: the copies are not looked at")
        else:
            places += session_folders(copies)
    return places


def _tell(report: "TakeReport") -> None:
    for sentence in report.faults:
        print(f"{report.folder}: {sentence}")
    for sentence in report.notes:
        print(f"{report.folder}: {sentence}")


def _sum_up(reports: "list[TakeReport]", *, is_quick: bool) -> None:
    bad = sum(not report.is_good for report in reports)
    seconds = sum(report.checked_seconds for report in reports)
    looked = "headers and lengths" if is_quick else f"{seconds} seconds of tracks"
    takes = "1 take" if len(reports) == 1 else f"{len(reports)} takes"
    print(f"{takes}, {looked}: {'all as recorded' if not bad else f'{bad} with something wrong'}")


def _fact(reports: "list[TakeReport]") -> dict[str, Any]:
    return {
        "good": all(report.is_good for report in reports),
        "takes": [
            {
                "path": str(report.folder),
                "id": report.id,
                "state": report.state,
                "good": report.is_good,
                "checked_seconds": report.checked_seconds,
                "faults": list(report.faults),
                "notes": list(report.notes),
            }
            for report in reports
        ],
    }
