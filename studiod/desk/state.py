"""The session file: what the desk was set to, saved whole, seconds after it changed; and other files, whole."""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiod.desk.hub import Hub
from studiod.model.parameter import Flag
from studiod.model.units import SILENCE_DB

GENERATIONS = 10  # saved states kept beside the newest
_VERSION = 3  # 2 had no timeline
_MAX_BYTES = 4 << 20
_FIRST_CEILING_DB = -0.3  # version 1 said nothing where the limiter's ceiling was that
_FIRST_PRE = re.compile(r"(/strip/\d+/send/\d+)/pre")


@dataclass(frozen=True, slots=True)
class Saved:
    """What a session file held."""

    numbers: list[tuple[str, float]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    timeline: Mapping[str, Any] = field(default_factory=dict)
    """Markers, sections, and what was discarded: the transport's to read."""
    faults: list[str] = field(default_factory=list)
    """A sentence for each file that could not be read."""


def snapshot_of(hub: Hub, timeline: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Every persisted parameter that is not at its default, by address; and `timeline`, where there is something."""
    desk: dict[str, Any] = {}
    names: dict[str, str] = {}
    for spec in hub.registry:
        if Flag.PERSISTED not in spec.flags:
            continue
        if spec.is_numeric:
            value = hub.value(spec.address)
            if value != spec.default:
                desk[spec.address] = "-inf" if value == SILENCE_DB else value
        elif hub.text(spec.address) != spec.default_text:
            names[spec.address] = hub.text(spec.address)
    document: dict[str, Any] = {"studiod": _VERSION, "desk": desk, "names": names}
    kept = {word: entries for word, entries in (timeline or {}).items() if entries}
    return document | {"timeline": kept} if kept else document


def save(folder: Path, document: dict[str, Any], *, may_make: bool = True) -> None:
    """Write session.yaml in `folder`: temp file, fsync, rename, fsync; older ones are kept. Raises OSError.

    may_make: the folder, if it is not there; one that was there is never made anew: its disk may come back.
    """
    import yaml  # noqa: PLC0415 - 30 ms that the first start does not need

    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    if may_make:
        folder.mkdir(parents=True, exist_ok=True)
    path = folder / "session.yaml"
    temporary = _written_beside(path, text)
    _keep_generation(folder, path)
    temporary.rename(path)
    _sync(folder)


def save_text(path: Path, text: str) -> None:
    """Write a whole file, old or new at every moment; the one before is kept as `.bak` beside it. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _written_beside(path, text)
    _keep_backup(path)
    temporary.rename(path)
    _sync(path.parent)


def put_away(path: Path) -> None:
    """Take a file away; it is kept as `.bak`. Nothing happens where there is none. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        path.rename(path.with_name(f"{path.name}.bak"))
        _sync(path.parent)


def _written_beside(path: Path, text: str) -> Path:
    """A hidden file beside `path` with `text` in it, on the disk."""
    temporary = path.with_name(f".{path.name}.new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _keep_backup(path: Path) -> None:
    if path.exists():
        copied = path.with_name(f".{path.name}.bak.new")
        shutil.copyfile(path, copied)
        copied.rename(path.with_name(f"{path.name}.bak"))


def _sync(folder: Path) -> None:
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _keep_generation(folder: Path, path: Path) -> None:
    """Keep the state that is about to be replaced; session.yaml itself is there at every moment."""
    if not path.exists():
        return
    history = folder / ".history"
    history.mkdir(exist_ok=True)
    numbers = sorted(int(old.stem) for old in history.glob("*.yaml") if old.stem.isdigit())
    kept = history / f"{(numbers[-1] if numbers else 0) + 1}.yaml"
    try:
        kept.hardlink_to(path)
    except OSError:  # FAT knows no links; a disk that refuses more than that refuses the copy too
        temporary = history / ".new"
        shutil.copyfile(path, temporary)
        temporary.rename(kept)
    for number in numbers[: max(len(numbers) + 1 - GENERATIONS, 0)]:
        (history / f"{number}.yaml").unlink(missing_ok=True)


def load(folder: Path) -> tuple[list[tuple[str, float]], list[tuple[str, str]], list[str]]:
    """Numbers and texts of the newest session file that can be read, and a sentence for each that cannot."""
    saved = load_session(folder)
    return saved.numbers, saved.texts, saved.faults


def load_session(folder: Path) -> Saved:
    """The newest session file that can be read."""
    import yaml  # noqa: PLC0415

    faults: list[str] = []
    newest = [folder / "session.yaml"]
    newest += sorted((folder / ".history").glob("*.yaml"), key=lambda old: -int(old.stem) if old.stem.isdigit() else 0)
    for path in newest:
        try:
            with path.open(encoding="utf-8") as file:
                document = yaml.safe_load(file.read(_MAX_BYTES))
            numbers, texts = _values(document)
            timeline = document.get("timeline")
            return Saved(numbers, texts, timeline if isinstance(timeline, dict) else {}, faults)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, RecursionError, yaml.YAMLError) as fault:
            faults.append(
                f"{path} cannot be read ({str(fault).splitlines()[0]}); an older one or the defaults are used"
            )
    return Saved(faults=faults)


def _values(document: object) -> tuple[list[tuple[str, float]], list[tuple[str, str]]]:
    if not isinstance(document, dict) or not isinstance(document.get("desk"), dict):
        raise ValueError("no desk in it")  # noqa: TRY004 - the file's fault, not a caller's
    numbers = [
        (str(address), SILENCE_DB if value == "-inf" else float(value))
        for address, value in document["desk"].items()
        if value == "-inf" or isinstance(value, bool | int | float)
    ]
    if document.get("studiod") == 1:
        numbers = list(_from_first(numbers))
    names = document.get("names")
    texts = [(str(address), str(text)) for address, text in names.items()] if isinstance(names, dict) else []
    return numbers, texts


def _from_first(numbers: list[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    """Values of a document of version 1 under the addresses and defaults of version 2."""
    if "/main/limiter/ceiling" not in dict(numbers):
        yield "/main/limiter/ceiling", _FIRST_CEILING_DB
    for address, value in numbers:
        pre = _FIRST_PRE.fullmatch(address)
        # a switch became a choice of post, pre, eq: off and on are its first two
        yield (f"{pre[1]}/tap" if pre is not None else address), value
