"""Where a session keeps its takes: the desk orders them there, the tape writes them there."""

from pathlib import Path


def takes_folder(session: Path) -> Path:
    """The folder of all takes of `session`."""
    return session / "takes"


def take_folder(session: Path, take_id: int) -> Path:
    """The folder of take `take_id`; names sort as numbers do up to 9999."""
    return takes_folder(session) / f"{take_id:04d}"


def trash_folder(session: Path) -> Path:
    """Where takes of `session` lie that are thrown away and not yet gone."""
    return session / "trash"
