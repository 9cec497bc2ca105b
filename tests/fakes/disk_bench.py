"""Runs scenarios of tests/chaos/disk_worker.py in a process with the shim, and finds what they leave."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.fakes.tape_take import TakeOnDisk

RATE_HZ = 48000
MIB = 1 << 20


def fill(folder: Path, left: int) -> None:
    """Leave `left` bytes free."""
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    with (folder / "other people's").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - left)


class Bench:
    """Runs scenarios of `disk_worker` in a process with the shim."""

    def __init__(self, shim: Path, folder: Path) -> None:
        self.environment = os.environ | {"LD_PRELOAD": str(shim)}
        self.session = folder / "first" / "session"
        self.second = folder / "second"
        self.second.mkdir()
        self.take = TakeOnDisk(self.session / "takes" / "0001")

    def command(self, steps: list[list[Any]], **options: Any) -> list[str]:  # noqa: ANN401 - JSON
        """What to start."""
        scenario = {"session": str(self.session), "tracks": 2, "steps": steps, **options}
        return [sys.executable, "-m", "tests.chaos.disk_worker", json.dumps(scenario)]

    def run(self, *steps: list[Any], **options: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Do `steps` while a take is recorded; the machine's last status."""
        command = self.command([["roll", RATE_HZ], ["record"], *steps, ["stop"]], **options)
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        status: dict[str, Any] = json.loads(done.stdout)
        return status

    def run_killed(self, *steps: list[Any], **options: Any) -> None:  # noqa: ANN401 - JSON
        """The same, and kill it then: the take is not ended."""
        command = self.command([["roll", RATE_HZ], ["record"], *steps, ["die"]], **options)
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode < 0, done.stderr
