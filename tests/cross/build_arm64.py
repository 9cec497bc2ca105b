"""Builds studiod for 64-bit ARM and runs tests with an ARM Python, on this machine, under qemu: correctness, not speed.

    python -m tests.cross.build_arm64 [pytest arguments]

Needs no root, no chroot and no binfmt_misc: Debian's ARM Python is downloaded by an apt with folders of its own and
unpacked, the compiled parts of numpy and its like come as wheels, and everything pure is what the virtual environment
has. All of it stays in .cache/arm64 until `make clean`; what has not changed is not made again. A program started by a
test would be an ARM program, which this kernel does not run: tests that start processes do not belong here.
"""

import argparse
import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from tests.cross.toolchain import AARCH64_CPUS, ROOT, aarch64

CACHE = ROOT / ".cache" / "arm64"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SUITE = "bookworm"
PYTHON = "python3.11"
PACKAGES = (PYTHON, f"lib{PYTHON}-dev", "libstdc++6")  # numpy is written in C++ too
EXTENSION = ".cpython-311-aarch64-linux-gnu.so"
# What tests import that is compiled: the versions of the virtual environment, as wheels for ARM.
COMPILED = ("hypothesis", "numpy", "pydantic-core", "PyYAML")
DEFAULT_TESTS = ("tests/unit/engine", "tests/unit/model", "tests/golden")


class Missing(Exception):  # noqa: N818 - it reads as the fact it reports
    """Something this needs is not there; the message says what, and what to do."""


def run(*words: str | Path, environment: dict[str, str] | None = None, folder: Path = ROOT) -> None:
    """Run a step; its output is shown when it fails. Raises Missing."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=dict(os.environ) | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Missing(f"{words[0]} failed:\n{done.stdout[-4000:]}")


def check_tools() -> None:
    """Raise Missing where this machine cannot do it, or need not."""
    if aarch64().missing:
        raise Missing(f"not installed: {aarch64().missing}; apt-get install gcc-aarch64-linux-gnu qemu-user-static")
    if not aarch64().runner:
        raise Missing("this machine is an ARM: `make test` is the test")


def is_made(stamp: Path, of: Sequence[str]) -> bool:
    """A former run has finished this, of the same parts."""
    return stamp.exists() and stamp.read_text() == "\n".join(of)


def archive() -> str:
    """Where this machine itself gets Debian's packages from. Raises Missing."""
    words = ("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)")
    told = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    for line in told.splitlines():
        address, _, suite = line.partition(" ")
        if suite == f"{SUITE} main":
            return address
    raise Missing(f"apt knows no archive of {SUITE}: run apt-get update")


def unpack_python() -> Path:
    """Debian's Python for ARM and its headers, unpacked; returns their root."""
    stamp, root = CACHE / "root.done", CACHE / "root"
    if is_made(stamp, PACKAGES):
        return root
    if not KEYRING.exists():
        raise Missing(f"{KEYRING} is not there: apt-get install debian-archive-keyring")
    apt = CACHE / "apt"
    for folder in ("lists/partial", "archives/partial"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    (apt / "sources.list").write_text(f"deb [signed-by={KEYRING}] {archive()} {SUITE} main\n")
    options = {
        "APT::Architecture": "arm64",
        "APT::Architectures": "arm64",
        "Dir::State": apt,
        "Dir::State::status": apt / "status",
        "Dir::Cache": apt,
        "Dir::Etc::sourcelist": apt / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "APT::Sandbox::User": "root",
        "Acquire::Retries": "3",
    }
    apt_get = ("apt-get", "-qq", *(f"-o{key}={value}" for key, value in options.items()))
    run(*apt_get, "update")
    run(*apt_get, "install", "--download-only", "--no-install-recommends", "--yes", *PACKAGES)
    for package in sorted((apt / "archives").glob("*.deb")):
        run("dpkg", "-x", package, root)
    shutil.rmtree(apt)
    stamp.write_text("\n".join(PACKAGES))
    return root


def fetch_wheels() -> Path:
    """The compiled packages for ARM; returns the folder to import them from."""
    wanted = [f"{name}=={importlib.metadata.version(name)}" for name in COMPILED]
    stamp, site = CACHE / "wheels.done", CACHE / "site"
    if is_made(stamp, wanted):
        return site
    shutil.rmtree(site, ignore_errors=True)
    platforms = ("manylinux_2_17_aarch64", "manylinux2014_aarch64", "manylinux_2_28_aarch64")
    run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"),
        *(word for platform in platforms for word in ("--platform", platform)),
        *("--implementation", "cp", "--python-version", PYTHON.removeprefix("python"), "--target", site),
        *wanted,
    )
    stamp.write_text("\n".join(wanted))
    return site


def copy_tree() -> Path:
    """The sources as they are now, in a tree of their own, so that no ARM file lies among those of this machine."""
    tree = CACHE / "tree"
    listed = subprocess.run(
        ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    for name in names:
        source, copy = ROOT / name, tree / name
        if not copy.exists() or copy.stat().st_mtime_ns != source.stat().st_mtime_ns:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
    made = (".so", ".c", ".o", ".pyc")
    for gone in {path for path in tree.rglob("*") if path.is_file()} - {tree / name for name in names}:
        if gone.suffix not in made and "build" not in gone.relative_to(tree).parts:
            gone.unlink()
    return tree


def build(tree: Path, root: Path) -> None:
    """Compile the extension modules of `tree` in place, with setup.py's own list, by the cross compiler."""
    compiler = aarch64().compiler
    include = root / "usr" / "include"
    # The headers of the ARM Python come before those of this one, which setuptools adds by itself.
    flags = f"-I{include / PYTHON} -I{include}"
    environment = {
        "CC": f"{compiler}",
        "LDSHARED": f"{compiler} -shared",
        "CFLAGS": flags,
        "SETUPTOOLS_EXT_SUFFIX": EXTENSION,
    }
    run(sys.executable, "setup.py", "build_ext", "--inplace", environment=environment, folder=tree)


def run_tests(tree: Path, root: Path, site: Path, cpu: str, arguments: list[str]) -> int:
    """Run pytest in `tree` on an emulated `cpu`; returns its exit code."""
    paths = (site, sysconfig.get_path("purelib"))
    emulator = (*aarch64().runner, "-cpu", cpu, "-L", str(root), str(root / "usr" / "bin" / PYTHON))
    return subprocess.run(
        (*emulator, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments),
        cwd=tree,
        env=dict(os.environ) | {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    ).returncode


def main() -> int:
    """Build, then test; the exit code is pytest's, or 2 with a sentence."""
    parser = argparse.ArgumentParser(prog="python -m tests.cross.build_arm64", description=__doc__)
    parser.add_argument("--cpu", default="cortex-a72", help=f"processor to emulate: {', '.join(AARCH64_CPUS)}")
    options, arguments = parser.parse_known_args()
    try:
        check_tools()
        CACHE.mkdir(parents=True, exist_ok=True)
        root, site, tree = unpack_python(), fetch_wheels(), copy_tree()
        build(tree, root)
    except Missing as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    chosen = arguments or [name for name in DEFAULT_TESTS if (tree / name).exists()]
    return run_tests(tree, root, site, options.cpu, chosen)


if __name__ == "__main__":
    sys.exit(main())
