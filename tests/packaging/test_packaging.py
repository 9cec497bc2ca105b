"""What a newcomer's pip gets: an sdist that builds, and a wheel that plays in an empty virtual environment."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from studiod import __version__
from tests.helpers import eventually

pytestmark = pytest.mark.timeout(300)  # two cores may be building something else as well

TREE = Path(__file__).parents[2]
BUILT = {".venv", ".git", ".cache", ".hypothesis", ".benchmarks", "build", "dist", "__pycache__", "library"}
COMPILED = ("link/_block", "engine/_engine", "engine/_generators", "engine/_limiter", "tape/_tape")
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
MARK = "-DBUILT_BY_TEST_PACKAGING"
START_S = 30.0  # a cold start on a machine that compiles for others meanwhile

CONFIG = """\
audio: {host: virtual}
osc: {bind: 127.0.0.1, zeroconf: false}
surfaces: {enable: false}
"""


@dataclass(frozen=True)
class Built:
    """What `python -m build` has made, and the compiler's command lines."""

    sdist: Path
    wheel: Path
    compiler_calls: list[list[str]]

    def sdist_names(self) -> set[str]:
        """Files in the sdist, without its top folder."""
        with tarfile.open(self.sdist) as archive:
            return {name.partition("/")[2] for name in archive.getnames()}

    def wheel_names(self) -> set[str]:
        """Files in the wheel."""
        with zipfile.ZipFile(self.wheel) as archive:
            return set(archive.namelist())


def run(*words: str | Path, folder: Path, environment: dict[str, str] | None = None) -> str:
    """Standard output of a program that must succeed; `folder` is not the tree, so that nothing of it is imported."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=kept | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, words))}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def not_in_a_clone(folder: str, names: list[str]) -> set[str]:
    """What a build or a test leaves in the tree."""
    stale = {name for name in names if name.endswith((".so", ".egg-info", "_cache"))}
    generated = {name for name in names if Path(folder).name == "ext" and name.endswith(".c") and name.startswith("_")}
    return stale | generated | BUILT & set(names)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The sdist of the tree as a clone has it, and the wheel made from that sdist alone by a compiler of our choice."""
    folder = tmp_path_factory.mktemp("packaging")
    clone = folder / "clone"
    shutil.copytree(TREE, clone, ignore=not_in_a_clone)
    calls = folder / "calls"
    compiler = folder / "our-cc"
    real = shutil.which("gcc") or shutil.which("cc")
    # several at once, a line each; nobody listens to what comes of it
    compiler.write_text(f'#!/bin/sh\nline=$(printf "%s\\t" "$@")\necho "$line" >>{calls}\nexec {real} "$@" -O0\n')
    compiler.chmod(0o755)
    environment = {"CC": str(compiler), "CFLAGS": MARK}
    run(
        *(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", clone),
        folder=folder,
        environment=environment,
    )
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    (wheel,) = (folder / "dist").glob("*.whl")
    return Built(sdist, wheel, [line.split("\t") for line in calls.read_text().splitlines()])


@pytest.fixture(scope="module")
def programs(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin/ folder of an empty virtual environment with the wheel in it.

    What studiod depends on is taken from the environment that runs the tests: no network, and no copy of numpy.
    """
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", folder=folder)
    python = folder / "venv" / "bin" / "python"
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=folder).strip()
    run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet"),
        *("--no-deps", "--no-index", "--no-warn-script-location", built.wheel),
        folder=folder,
    )
    # Packages of that environment can be imported through this; its editable studiod cannot: that one has a finder.
    (Path(site) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python.parent


def test_the_sdist_holds_the_sources_of_every_part(built: Built) -> None:
    names = built.sdist_names()
    tracked = {
        *(f"ext/{path.name}" for path in (TREE / "ext").glob("*") if path.suffix in {".pyx", ".pxd", ".h"}),
        *(f"firmware-maps/{path.name}" for path in (TREE / "firmware-maps").glob("*.yaml")),
        *("LICENSE", "README.md", "Makefile", "pyproject.toml", "setup.py", ".ci/run", "ext/variant_avx2.c"),
        *("config/studiod.yaml", "config/schema.json", "systemd/studiod.service", "docs/parameters.md"),
        *("studiod/py.typed", "studiod/engine/_engine.pyi", "tests/conftest.py", "tests/packaging/test_packaging.py"),
    }
    assert tracked - names == set()


def test_the_sdist_holds_nothing_that_was_built(built: Built) -> None:
    generated = {f"ext/{Path(name).name}.c" for name in COMPILED}
    left = {name for name in built.sdist_names() if name.endswith((".so", ".o", ".pyc")) or name in generated}
    assert left == set()


def test_the_wheel_holds_the_modules_their_types_the_maps_and_the_licence(built: Built) -> None:
    names = built.wheel_names()
    wanted = {
        *(f"studiod/{name}{SUFFIX}" for name in COMPILED),
        *(f"studiod/{name}.pyi" for name in COMPILED),
        *(f"studiod/firmware_maps/{path.name}" for path in (TREE / "firmware-maps").glob("*.yaml")),
        *(f"studiod/firmware_maps/mackie/{path.name}" for path in (TREE / "firmware-maps" / "mackie").glob("*.yaml")),
        "studiod/py.typed",
        f"studiod-{__version__}.dist-info/licenses/LICENSE",
    }
    assert wanted - names == set()


def test_the_wheel_holds_studiod_and_nothing_else(built: Built) -> None:
    names = built.wheel_names()
    assert {name.partition("/")[0] for name in names} == {"studiod", f"studiod-{__version__}.dist-info"}
    assert [name for name in names if name.endswith((".c", ".h", ".pyx", ".pxd"))] == []


def test_the_compiler_and_its_flags_are_the_builders_choice(built: Built) -> None:
    compiled = [call for call in built.compiler_calls if "-c" in call]
    assert len(compiled) >= len(COMPILED)
    assert [call for call in compiled if MARK not in call] == []


def test_no_flag_is_for_one_kind_of_processor(built: Built) -> None:
    flags = {word for call in built.compiler_calls for word in call if word.startswith("-m")}
    assert flags == set(), "what a processor can do is asked at run time; a Raspberry Pi builds from the same setup.py"


def test_the_installed_programs_say_who_they_are(programs: Path, tmp_path: Path) -> None:
    assert run(programs / "studiod", "--version", folder=tmp_path) == f"studiod {__version__}\n"
    assert "status" in run(programs / "studioctl", "--help", folder=tmp_path)


def test_the_installed_package_finds_the_maps_inside_itself(programs: Path, tmp_path: Path) -> None:
    found = run(
        programs / "python", "-c", "from studiod.surfaces.maps import map_folder; print(map_folder())", folder=tmp_path
    )
    folder = Path(found.strip())
    assert folder.is_relative_to(programs.parent)
    assert {path.name for path in folder.glob("*.yaml")} == {
        path.name for path in (TREE / "firmware-maps").glob("*.yaml")
    }


@pytest.fixture
def studio(programs: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The installed studiod, running, and its OSC port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    (tmp_path / "studiod.yaml").write_text(CONFIG)
    process = subprocess.Popen(
        [programs / "studiod", "run", "--config", "studiod.yaml", "--library", "library", "--osc-port", str(port)],
        cwd=tmp_path,
        env={name: text for name, text in os.environ.items() if not name.startswith("PYTHON")},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process, port
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)


def test_the_installed_studio_plays_and_answers(
    studio: tuple[subprocess.Popen[bytes], int], programs: Path, tmp_path: Path
) -> None:
    process, port = studio

    def status() -> dict[str, object]:
        assert process.poll() is None, f"studiod ended with status {process.returncode}"
        asked = subprocess.run(
            [programs / "studioctl", "--port", str(port), "status", "--json"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        answer = json.loads(asked.stdout) if asked.returncode == 0 else {}
        return answer if answer.get("engine", {}).get("blocks") else {}

    answer = eventually(status, START_S)
    assert (answer["host"], answer["version"]) == ("virtual", __version__)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
