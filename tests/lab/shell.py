"""Programs of the host that build the guest: silent while they work, quoted when they fail."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

_TAIL_CHARACTERS = 4000  # the end of what a program said: that is where its reason stands


def missing_programs(*names: str) -> list[str]:
    """Those of `names` that are not on PATH."""
    return [name for name in names if shutil.which(name) is None]


def run(*words: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    """What the program wrote, both streams. Raises AssertionError with the end of it when it fails."""
    everything = os.environ | (environment or {})
    done = subprocess.run(
        words,
        cwd=cwd,
        env=everything,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, words))}: {done.returncode}\n{done.stdout[-_TAIL_CHARACTERS:]}"
    return done.stdout


def digest(parts: Iterable[str | bytes | Path]) -> str:
    """Short name of a state: texts, bytes, and files by their content; in that order."""
    whole = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode() if isinstance(part, str) else part
        whole.update(len(content).to_bytes(8, "big") + content)
    return whole.hexdigest()[:12]
