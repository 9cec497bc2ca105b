"""The library: sessions and their takes found, described, moved to the trash and back. Nothing is deleted by itself."""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from studiod.link.session import take_folder, takes_folder, trash_folder
from studiod.link.take import (
    ABOUT_NAME,
    DOCUMENT_NAME,
    RECORDING,
    BadDocument,
    Changes,
    TakeDocument,
    load_about,
    read_document,
    said_in,
)
from studiod.tape.files import load_json, save_json, sync_folder
from studiod.tape.lock import LOCK_NAME, Owner

_MAX_DOCUMENT_BYTES: Final = 64 << 20  # a day of 64 tracks that clip all the time is shorter
_NOTHING_SAID: Final[dict[str, Any]] = {"name": "", "tags": [], "rating": 0, "note": ""}
_LAST: Final = ".last"  # in the trash: the highest number there was when it was emptied
_COPIED: Final = re.compile(r"[0-9]+(\.[0-9]+)?")
_LIBRARY_TRASH: Final = ".trash"


def _nobody_knows(_: int) -> bool:
    return False


class LibraryError(ValueError):
    """What cannot be done; the message says why, and what to do."""


# -- finding -----------------------------------------------------------------------------------------------------------


def load_document(folder: Path) -> TakeDocument:
    """The document of the take in `folder`, with what people say of it. Raises BadDocument, with what is wrong."""
    path = folder / DOCUMENT_NAME
    if not path.is_file() or path.is_symlink():
        raise BadDocument("there is no take.json")
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_DOCUMENT_BYTES + 1)
        raw = json.loads(text) if len(text) <= _MAX_DOCUMENT_BYTES else None
    except OSError as fault:
        raise BadDocument(f"take.json: {fault.strerror}") from None
    except (ValueError, RecursionError):
        raise BadDocument("take.json is no JSON") from None
    try:
        return read_document(raw, load_about(folder))
    except BadDocument as fault:
        raise BadDocument(f"take.json: {fault}") from None


def take_folders(session: Path) -> list[Path]:
    """Folders of the takes of `session`, in order; empty where there are none. Raises OSError."""
    return _numbered(takes_folder(session))


def copied_folders(session: Path) -> list[Path]:
    """Folders of the takes of `session` on a disk for copies, by number: there, others may stand beside (0001.2).

    Empty where there are none. Raises OSError.
    """
    takes = takes_folder(session)
    try:
        names = [entry.name for entry in os.scandir(takes) if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    found = [name.split(".") for name in names if _COPIED.fullmatch(name)]
    return [takes / ".".join(words) for words in sorted(found, key=lambda words: [int(word) for word in words])]


def session_folders(library: Path) -> list[Path]:
    """Folders in `library` that are sessions, by name. Raises OSError."""
    names = sorted(entry.name for entry in os.scandir(library) if entry.is_dir(follow_symlinks=False))
    return [library / name for name in names if not name.startswith(".") and is_session(library / name)]


def is_session(folder: Path) -> bool:
    """Whether `folder` is one: it has takes, or the desk's state."""
    return takes_folder(folder).is_dir() or (folder / "session.yaml").is_file()


def find_takes(place: Path) -> list[Path]:
    """The take folders that `place` means: itself, those of a session, or those of all sessions of a library.

    Raises ValueError with a sentence where it is none of these, OSError.
    """
    if not place.is_dir():
        raise ValueError(f"{place}: there is no such folder")
    if (place / DOCUMENT_NAME).exists() or (place.parent.name == "takes" and place.name.isdigit()):
        return [place]
    if is_session(place):
        return copied_folders(place)
    sessions = session_folders(place)
    if not sessions:
        raise ValueError(f"{place}: is no library, no session and no take")
    return [take for session in sessions for take in copied_folders(session)]


def is_in_use(session: Path) -> bool:
    """Whether a studiod that lives holds `session`."""
    return Owner.read(session / LOCK_NAME).is_here


def last_take_id(session: Path) -> int:
    """The highest number any take of `session` has ever had, also one that is in the trash or gone; 0: none."""
    trash = trash_folder(session)
    found = [int(folder.name) for folder in (*take_folders(session), *_numbered(trash))]
    with contextlib.suppress(OSError, ValueError):
        found.append(int((trash / _LAST).read_text(encoding="ascii")))
    return max(found, default=0)


# -- describing --------------------------------------------------------------------------------------------------------


def change_take(session: Path, take_id: int, changes: Changes, is_over: Callable[[int], bool] = _nobody_knows) -> None:
    """Say so of take `take_id`; its files keep their names, and take.json stays the tape's.

    is_over: whether it is certain that nobody records a take which says that it is being recorded; asked only then.
    Raises LibraryError, Refused, OSError: nothing changed.
    """
    folder = _free_take(session, take_id, is_over)
    _say(folder, _said_of(folder, take_id), changes.cleaned())


def let_hear(
    session: Path, take_id: int, strip: int | None, is_over: Callable[[int], bool] = _nobody_knows, *, is_heard: bool
) -> None:
    """Have `strip` (from 1; None: every one) of take `take_id` played back, or not; its sound stays as it is.

    is_over: as for `change_take`. Raises LibraryError, OSError: nothing changed.
    """
    folder = _free_take(session, take_id, is_over)
    strips = {track.strip for track in _readable(folder, take_id).tracks if track.strip is not None}
    if not strips:
        raise LibraryError(f"take {take_id} has nothing that a strip plays back")
    if strip is not None and strip not in strips:
        raise LibraryError(
            f"take {take_id} has nothing of strip {strip}; allowed {', '.join(map(str, sorted(strips)))}"
        )
    said = _said_of(folder, take_id)
    meant = strips if strip is None else {strip}
    unheard = set(said.get("unheard", ()))
    unheard = unheard - meant if is_heard else unheard | meant
    _say(folder, said, {"unheard": sorted(unheard)})


def lay_on_top(session: Path, take_id: int, is_over: Callable[[int], bool] = _nobody_knows, *, is_on_top: bool) -> None:
    """Lay take `take_id` over all that there are now, or back in its place; what is recorded later lies over it.

    is_over: as for `change_take`. Raises LibraryError, OSError: nothing changed.
    """
    folder = _free_take(session, take_id, is_over)
    place, others = _readable(folder, take_id).place, [(0, 0)]
    for other in take_folders(session):
        if other != folder:
            with contextlib.suppress(BadDocument):
                others.append(load_document(other).place)
    number, times = max(others)
    if is_on_top and place > (number, times):
        return
    _say(folder, _said_of(folder, take_id), {"on_top": [number, times + 1] if is_on_top else []})


def _readable(folder: Path, take_id: int) -> TakeDocument:
    try:
        return load_document(folder)
    except BadDocument as fault:
        raise LibraryError(f"take {take_id}: {fault}; see `studiod verify`") from None


def session_about(session: Path) -> dict[str, Any]:
    """What is said of `session`: name, tags, rating, note; defaults where nothing is."""
    return _NOTHING_SAID | load_about(session)


def change_session(session: Path, changes: Changes) -> None:
    """Say so of `session`; its folder keeps its name. Raises LibraryError, Refused, OSError."""
    if not is_session(session):
        raise LibraryError(f"{session}: is no session")
    _say(session, session_about(session), changes.cleaned())


def _said_of(folder: Path, take_id: int) -> dict[str, Any]:
    """What is said of the take in `folder`. Raises LibraryError."""
    document = load_json(folder / DOCUMENT_NAME)
    if document is None:
        raise LibraryError(f"take {take_id}: its take.json cannot be read; see `studiod verify`")
    return _NOTHING_SAID | said_in(document) | load_about(folder)


def _say(folder: Path, said: dict[str, Any], fields: dict[str, Any]) -> None:
    """Write about.json in `folder` where `fields` say something else than `said`."""
    if any(said.get(key, []) != held for key, held in fields.items()):
        save_json(folder / ABOUT_NAME, {"version": 1, **said, **fields})


def session_summary(session: Path) -> dict[str, Any]:
    """A session for lists: JSON. Reads its takes' documents. Raises OSError."""
    documents: list[TakeDocument] = []
    for folder in take_folders(session):
        with contextlib.suppress(BadDocument):
            documents.append(load_document(folder))
    return {
        "session": session.name,
        "path": str(session),
        "takes": len(documents),
        "seconds": round(sum(document.frames / document.rate_hz for document in documents), 3),
        "states": {document.state: sum(d.state == document.state for d in documents) for document in documents},
        "trashed": len(_numbered(trash_folder(session))),
        "latest_unix": max((document.created_unix for document in documents), default=None),
        **session_about(session),
    }


# -- trash -------------------------------------------------------------------------------------------------------------


def trash_take(session: Path, take_id: int, is_over: Callable[[int], bool] = _nobody_knows) -> Path:
    """Move take `take_id` into the session's trash, as it is; where it is then. Raises LibraryError, OSError.

    is_over: as for `change_take`.
    """
    folder = _free_take(session, take_id, is_over)
    return _move(folder, trash_folder(session) / folder.name, f"take {take_id} is in the trash already")


def restore_take(session: Path, take_id: int) -> Path:
    """Move take `take_id` back from the trash; where it is then. Raises LibraryError, OSError."""
    found = {int(folder.name): folder for folder in _numbered(trash_folder(session))}
    if take_id not in found:
        has = f"it has {', '.join(map(str, found))}" if found else "it is empty"
        raise LibraryError(f"take {take_id} is not in the trash: {has}")
    return _move(
        found[take_id], take_folder(session, take_id), f"there is a take {take_id} again: the trash keeps its own"
    )


def trashed_takes(session: Path) -> list[tuple[int, TakeDocument | None]]:
    """Number and document (None where it cannot be read) of every take in the trash. Raises OSError."""
    found: list[tuple[int, TakeDocument | None]] = []
    for folder in _numbered(trash_folder(session)):
        document = None
        with contextlib.suppress(BadDocument):
            document = load_document(folder)
        found.append((int(folder.name), document))
    return found


def empty_trash(session: Path, take_ids: frozenset[int] | None = None) -> list[int]:
    """Delete what is in the trash (of `take_ids` only) for ever; the numbers of the takes that are gone.

    Their numbers are not given again. What a take has on another disk stays there. Raises OSError.
    """
    gone = [folder for folder in _numbered(trash_folder(session)) if take_ids is None or int(folder.name) in take_ids]
    if not gone:
        return []
    last = trash_folder(session) / f"{_LAST}.new"
    last.write_text(f"{last_take_id(session)}\n", encoding="ascii")
    last.replace(trash_folder(session) / _LAST)
    sync_folder(trash_folder(session))
    for folder in gone:
        shutil.rmtree(folder)
    return [int(folder.name) for folder in gone]


def trash_session(session: Path) -> Path:
    """Move a whole session into the library's trash; where it is then. Raises LibraryError, OSError."""
    if not is_session(session):
        raise LibraryError(f"{session}: is no session")
    if is_in_use(session):
        raise LibraryError(f"{session.name} is open in studiod: choose another session there first")
    return _move(session, session.parent / _LIBRARY_TRASH / session.name, f"the trash has a {session.name} already")


def restore_session(library: Path, name: str) -> Path:
    """Move the session `name` back from the library's trash; where it is then. Raises LibraryError, OSError."""
    if name in {"", ".", ".."} or "/" in name or "\0" in name:
        raise LibraryError(f"{name!r} is no name of a session")
    folder = library / _LIBRARY_TRASH / name
    if not folder.is_dir() or folder.is_symlink():
        raise LibraryError(f"the trash of {library} has no session {name}")
    return _move(folder, library / name, f"there is a session {name} again: the trash keeps its own")


# -- inside ------------------------------------------------------------------------------------------------------------


def _free_take(session: Path, take_id: int, is_over: Callable[[int], bool]) -> Path:
    """The folder of a take that may be changed. Raises LibraryError."""
    folder = take_folder(session, take_id)
    if take_id < 1 or not folder.is_dir() or folder.is_symlink():
        raise LibraryError(f"there is no take {take_id} in {session.name}")
    document = load_json(folder / DOCUMENT_NAME)
    if document is not None and document.get("state") == RECORDING and not is_over(take_id):
        raise LibraryError(f"take {take_id} is being recorded: stop first")
    return folder


def _numbered(folder: Path) -> list[Path]:
    """Folders in `folder` that are called as takes are, in order."""
    try:
        names = [entry.name for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    return [folder / name for name in sorted((n for n in names if n.isascii() and n.isdigit()), key=int)]


def _move(source: Path, target: Path, clash: str) -> Path:
    """Rename a folder and make that durable; never over anything."""
    target.parent.mkdir(exist_ok=True)
    if os.path.lexists(target):
        raise LibraryError(clash)
    source.rename(target)
    sync_folder(target.parent)
    sync_folder(source.parent)
    return target
