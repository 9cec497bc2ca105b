"""One boot of the guest for all tests of the lab, with studiod installed in it as the handbook says."""

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.guest import Guest, build, what_is_missing
from tests.lab.machine import Machine
from tests.lab.studio import Studio
from tests.lab.wheels import why_no_wheel

_TREE = Path(__file__).parents[2]


def install_commands(page: str) -> str:
    """The commands of the how-to that are typed after studiod is in /opt/studiod."""
    install = page.split("## Install", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"```sh\n(.*?)```", install, re.DOTALL)
    return str(blocks[1])


@pytest.fixture(scope="session")
def guest() -> Guest:
    """What machines boot; skips where it cannot be built."""
    if os.geteuid() != 0:
        pytest.skip("building the guest needs root")
    if reason := what_is_missing() or why_no_wheel():
        pytest.skip(reason)
    return build()


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """For sockets: their paths have room for 108 bytes."""
    with tempfile.TemporaryDirectory(prefix="lab-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def machine(guest: Guest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The booted guest."""
    machine = Machine(guest, tmp_path_factory.mktemp("share"))
    machine.start()
    try:
        yield machine
    finally:
        machine.stop()


@pytest.fixture(scope="session")
def installed(machine: Machine) -> Studio:
    """The service, enabled and started by the commands of docs/how-to/service.md, with config/studiod.yaml."""
    for folder in ("systemd", "config"):
        machine.put(_TREE / folder)
    commands = install_commands((_TREE / "docs/how-to/service.md").read_text())
    (machine.share / "install.sh").write_text(f"set -eux\ncd /share\n{commands}")
    machine.output("sh /share/install.sh", within_s=180)
    return Studio(machine)
