"""`studiod import`: sound files as takes of a session, also while studiod has it open."""

import argparse
import json
import math
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from studiod.app.progress import Progress

if TYPE_CHECKING:
    from studiod.app.control.link import Link
    from studiod.app.settings import Settings
    from studiod.produce.imports import Imported

_DESCRIPTION: Final = """\
Make a take of each sound file: any format libsndfile reads (WAV, AIFF, FLAC, Ogg, Opus, MP3, CAF and more), any sample
rate, one channel or many. It plays through strips as if it had been recorded there.
"""
_EPILOG: Final = """\
examples:
  studiod import backing.wav                             strips 1 and 2, from the beginning
  studiod import stems/*.wav --session album             each file on the strips behind the one before
  studiod import count-in.flac --strip 9 --at 12.5 --name "Count-in"

What is at another rate than the session is resampled once; what is not keeps every sample. While studiod has the
session open the take is there for everyone at once; it lies over what its strips had at that place, and the trash takes
it away again.

exit status: 0, 1 if a file could not be imported, 2 for a wrong configuration or usage
"""
_LATEST_S: Final = 24 * 3600.0
_HERE: Final = "127.0.0.1"


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `import` to the commands of `studiod`."""
    command = commands.add_parser(
        "import",
        help="make takes of sound files",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("files", type=Path, nargs="+", metavar="FILE", help="any sound file")
    command.add_argument("--config", type=Path, metavar="FILE", help="configuration, YAML (default: built-in defaults)")
    command.add_argument("--library", metavar="DIR", help="where sessions and takes are (default: as configured)")
    text = "the session: its name, or its folder if there is a / in it; made if need be (default: as configured)"
    command.add_argument("--session", metavar="NAME", help=text)
    text = "where they begin on the timeline (default: 0)"
    command.add_argument("--at", type=_seconds, default=0.0, metavar="SECONDS", help=text)
    text = "plays the first channel of the first file; the strips behind it play the others (default: 1)"
    command.add_argument("--strip", type=int, default=1, metavar="N", help=text)
    command.add_argument("--name", help="what the takes are called (default: as their files)")
    text = "of the studio that has the session open (default: as configured)"
    command.add_argument("--osc-port", type=int, metavar="N", help=text)
    command.add_argument("--json", action="store_true", help="print an object with what was done")


def run(given: argparse.Namespace) -> int:
    """Import what is asked for and tell about it; the exit status."""
    from studiod.app.config.faults import ConfigError
    from studiod.app.control.faults import Fault
    from studiod.model.names import clean_name
    from studiod.model.parameter import Refused

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what is half made goes
    try:
        name = clean_name(given.name or "")
        settings = _settings(given)
        place = Place.find(_session(given, settings), settings, given.osc_port)
        try:
            done, faults = _import_all(given, place, name)
        finally:
            place.numbers.close()
    except (ConfigError, Refused) as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    except Fault as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    except OSError as fault:
        sys.stderr.write(f"{fault.filename}: {fault.strerror}\n")
        return 1
    finally:
        signal.signal(signal.SIGTERM, before)
    if given.json:
        print(json.dumps(_fact(done, faults), indent=2, ensure_ascii=False))
    return 1 if faults else 0


@dataclass(frozen=True, slots=True)
class Place:
    """The session that is imported into, and how its takes get their numbers."""

    session: Path
    rate_hz: int
    strips: int
    numbers: "SessionNumbers"

    @classmethod
    def find(cls, session: Path, settings: "Settings", port: int | None) -> "Place":
        """The session as the studio that has it open says, else as configured. Raises Fault, OSError."""
        numbers = SessionNumbers(session, lambda: _studio(session, settings.osc.port if port is None else port))
        rate_hz, strips = settings.audio.rate_hz, settings.console_layout().strips
        if numbers.is_open():
            with_studio = _status(numbers.studio())
            rate_hz, strips = int(with_studio["rate_hz"]), int(with_studio["strips"])
        return cls(session, rate_hz, strips, numbers)


class SessionNumbers:
    """Numbers takes of a session: under its lock, or as the studio says that has the lock.

    find: a connection to that studio. Raises Fault when it does not answer.
    """

    def __init__(self, session: Path, find: "Callable[[], Link]") -> None:
        self._session, self._find = session, find
        self._lock: int | None = None
        self._link: Link | None = None
        self._is_claimed = False

    def is_open(self) -> bool:
        """Whether a studio has the session now. Raises OSError."""
        if not self._session.is_dir():
            return False
        is_free = self._take_lock()
        self.release()
        return not is_free

    def studio(self) -> "Link":
        """The studio that has it."""
        if self._link is None:
            self._link = self._find()
        return self._link

    def claim(self) -> int:
        """A number nobody else gets. Raises ImportFault, OSError."""
        from studiod.app.control.faults import Fault
        from studiod.app.import_door import CLAIM
        from studiod.produce.foreign import ImportFault
        from studiod.tape.library import last_take_id

        if self._take_lock():
            return last_take_id(self._session) + 1
        try:
            match self.studio().ask(CLAIM).arguments:
                case [int() as number]:
                    self._is_claimed = True
                    return number
        except Fault as fault:
            raise ImportFault(f"{self._session} is open in studiod: {fault}") from None
        raise ImportFault(f"{CLAIM}: answered no number; is it a studiod of the same version?")

    def release(self) -> None:
        """The take is there, or will not be: the lock is let go, the studio looks at its takes. May be called twice."""
        from studiod.app.control.faults import Fault
        from studiod.app.import_door import RENEW

        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        if self._is_claimed:
            self._is_claimed = False
            try:
                self.studio().ask(RENEW)
            except Fault as fault:
                sys.stderr.write(
                    f"{fault}\nthe take is there; studiod will list it when it has recorded or restarted\n"
                )

    def close(self) -> None:
        """Hang up; may be called twice."""
        self.release()
        if self._link is not None:
            self._link.close()
            self._link = None

    def _take_lock(self) -> bool:
        """Hold the session as a studio does; False when one does."""
        from studiod.tape.lock import LOCK_NAME, InUse, hold

        try:
            self._lock = hold(self._session / LOCK_NAME, os.getpid())
        except InUse:
            return False
        return True


def _import_all(given: argparse.Namespace, place: Place, name: str) -> "tuple[list[tuple[Path, Imported]], list[str]]":
    from studiod.produce.foreign import ImportFault
    from studiod.produce.imports import ImportOrder, import_file

    done: list[tuple[Path, Imported]] = []
    faults: list[str] = []
    strip, position = given.strip, round(given.at * place.rate_hz)
    progress = Progress(sys.stderr, "import")
    for number, file in enumerate(given.files):
        path = file.expanduser()
        order = ImportOrder(path, place.session, place.rate_hz, position, strip, place.strips, name)
        tell = _share(progress, number, len(given.files)) if sys.stderr.isatty() else None
        try:
            made = import_file(order, place.numbers, tell)
        except ImportFault as fault:
            progress.clear()
            sys.stderr.write(f"{fault}\n")
            faults.append(str(fault))
            continue
        finally:
            progress.clear()
        strip += len(made.strips)
        done.append((path, made))
        for warning in made.warnings:
            sys.stderr.write(f"{warning}\n")
        if not given.json:
            print(_said(made))
    return done, faults


def _share(progress: Progress, number: int, files: int) -> Callable[[float], None]:
    return lambda part: progress.tell((number + part) / files)


def _said(made: "Imported") -> str:
    first, last = made.strips[0], made.strips[-1]
    where = f"strip {first}" if first == last else f"strips {first} to {last}"
    rate = "" if made.source_rate_hz == made.rate_hz else f", resampled from {made.source_rate_hz} Hz"
    return f"take {made.id}: {made.frames / made.rate_hz:.1f} s on {where}{rate}, in {made.folder}"


def _fact(done: "Sequence[tuple[Path, Imported]]", faults: Sequence[str]) -> dict[str, Any]:
    return {
        "takes": [
            {
                "file": str(path),
                "id": made.id,
                "path": str(made.folder),
                "frames": made.frames,
                "seconds": round(made.frames / made.rate_hz, 3),
                "rate_hz": made.rate_hz,
                "source_rate_hz": made.source_rate_hz,
                "bits": made.bits,
                "strips": list(made.strips),
                "warnings": list(made.warnings),
            }
            for path, made in done
        ],
        "faults": list(faults),
    }


def _seconds(word: str) -> float:
    seconds = float(word)
    if not (math.isfinite(seconds) and 0.0 <= seconds <= _LATEST_S):
        raise argparse.ArgumentTypeError(f"{word} s is out of range; allowed 0..{_LATEST_S:.0f} s")
    return seconds


def _settings(given: argparse.Namespace) -> "Settings":
    from studiod.app.config.load import load_config, to_json
    from studiod.app.settings import Settings

    return Settings.from_json(to_json(load_config(given.config, {"--library": given.library}).config))


def _session(given: argparse.Namespace, settings: "Settings") -> Path:
    """Raises Refused."""
    from studiod.model.parameter import Refused

    name = given.session if given.session is not None else settings.tape.session
    if name in {"", ".", ".."} or "\0" in name:
        raise Refused(f"--session: {name!r} is no name of a session; allowed is a name, or a folder with a / in it")
    return Path(name).expanduser() if os.sep in name else settings.tape.library.expanduser() / name


def _studio(session: Path, port: int) -> "Link":
    """A connection to the studio on this machine that has `session` open. Raises Fault."""
    from studiod.app.control.faults import Fault, NotDone
    from studiod.app.control.link import Link

    link = Link(_HERE, port)
    owner = f"{session} is open in a studiod"
    try:
        has = Path(str(_status(link).get("session", "")))
    except Fault as fault:
        raise NotDone(f"{owner} that must number its takes, and cannot be asked: {fault} (--osc-port)") from None
    if not (has.exists() and session.exists() and has.samefile(session)):
        raise NotDone(f"{owner}, but not in that on port {port}, which has {has}: name its port with --osc-port")
    return link


def _status(link: "Link") -> dict[str, Any]:
    from studiod.app.control.faults import NotDone

    status = link.ask_json("/system/status")
    if not isinstance(status, dict) or not {"session", "rate_hz", "strips"} <= set(status):
        raise NotDone("/system/status: answered something that is no report; is it a studiod of the same version?")
    return status
