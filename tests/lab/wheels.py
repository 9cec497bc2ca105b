"""Wheels for the guest: studiod as this tree builds it, and what it depends on."""

import platform
import shutil
import sys
import tomllib
from pathlib import Path

from tests.lab.shell import digest, run

GUEST_PYTHON = "3.11"  # Debian 12's
_TREE = Path(__file__).parents[2]
# Newest first: Debian 12 has glibc 2.36, pip takes these names literally.
_PLATFORMS = [f"manylinux_2_{minor}_x86_64" for minor in (36, 35, 34, 31, 28, 27, 26, 24, 17)] + [
    "manylinux2014_x86_64"
]


def dependencies() -> list[str]:
    """Requirements of studiod at run time, as pyproject.toml names them."""
    return list(tomllib.loads((_TREE / "pyproject.toml").read_text())["project"]["dependencies"])


def why_no_wheel() -> str:
    """Why this Python cannot build studiod for the guest, in one sentence; empty when it can."""
    if sys.version_info[:2] != (3, 11):
        return f"the guest has Python {GUEST_PYTHON}: its wheel is built by that, not by {platform.python_version()}"
    if platform.machine() != "x86_64":
        return f"the guest is an x86-64 machine, not {platform.machine()}"
    return ""


def download(requirements: list[str], folder: Path) -> None:
    """Fetch wheels that the guest's Python can install, with all they need, into `folder`. Raises AssertionError."""
    platforms = [word for name in _PLATFORMS for word in ("--platform", name)]
    run(
        sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--python-version", GUEST_PYTHON,
        "--implementation", "cp", *platforms, "--dest", folder, *requirements,
    )  # fmt: skip


def build_wheel(folder: Path) -> Path:
    """The wheel of this tree, built through its sdist; the one in `folder` if the sources have not changed.

    Raises AssertionError with what the build said.
    """
    home = folder / digest(_sources())
    if not home.exists():
        shutil.rmtree(folder, ignore_errors=True)
        part = folder / "part"
        run(sys.executable, "-m", "build", "--no-isolation", "--outdir", part, _TREE)
        part.rename(home)
    return next(home.glob("studiod-*.whl"))


def _sources() -> list[str | bytes | Path]:
    found = [_TREE / name for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")]
    for folder, patterns in {
        "studiod": ("*.py", "*.pyi", "py.typed"),
        "ext": ("*.pyx", "*.pxd", "*.pxi", "*.h", "variant_*.c"),
        "firmware-maps": ("*.yaml",),
    }.items():
        for pattern in patterns:
            found += (_TREE / folder).rglob(pattern)
    there = sorted(path for path in found if path.exists())
    return [part for path in there for part in (str(path.relative_to(_TREE)), path)]
