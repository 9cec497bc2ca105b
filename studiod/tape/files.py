"""Small writes that are whole or not there: the tape's JSON beside its sound."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def save_json(path: Path, document: object) -> None:
    """Replace `path` by `document`, as `replace_file` does."""
    replace_file(path, f"{json.dumps(document, indent=1, ensure_ascii=False)}\n".encode())


def replace_file(path: Path, content: bytes) -> None:
    """Replace `path` by `content`: temp file, fsync, rename, fsync of the folder. Raises OSError, `path` whole."""
    temporary = path.with_name(f".{path.name}.new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def load_json(path: Path) -> dict[str, Any] | None:
    """The object in `path`, or None when there is none or it is no JSON object."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None
