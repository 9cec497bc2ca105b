"""What systemd sees of a whole studio: READY when all parts work, WATCHDOG while sound and desk go on, STOPPING."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiod.app.supervisor import DESK, HANG_S
from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually

pytestmark = [pytest.mark.real, pytest.mark.timeout(60)]
QUIET = "osc: {zeroconf: false}\nsurfaces: {enable: false}\n"


class Manager:
    """The receiving end of NOTIFY_SOCKET."""

    def __init__(self, path: Path) -> None:
        self.environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "600000"}
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(0.0)
        self.told: list[str] = []

    def hears(self, word: str) -> bool:
        """Whether `word` has come since the last `forget`."""
        while True:
            try:
                self.told += self.socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return any(line.startswith(word) for line in self.told)

    def forget(self) -> None:
        """Everything heard so far."""
        self.hears("")
        self.told.clear()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(tmp_path / "notify")
    yield made
    made.socket.close()


def test_ready_watchdog_and_stopping_are_told(tmp_path: Path, manager: Manager) -> None:
    with LiveStudio(tmp_path / "library", QUIET, environment=manager.environment):
        eventually(lambda: manager.hears("READY=1"), within_s=10)
        eventually(lambda: manager.hears("WATCHDOG=1"), within_s=5)
        manager.forget()
        eventually(lambda: manager.hears("WATCHDOG=1"), within_s=5)
    assert manager.hears("STOPPING=1")


def test_a_hung_desk_stops_the_watchdog_until_it_is_killed_and_the_sound_goes_on(
    tmp_path: Path, manager: Manager
) -> None:
    with LiveStudio(tmp_path / "library", QUIET, environment=manager.environment) as studio:
        eventually(lambda: manager.hears("WATCHDOG=1"), within_s=10)
        desk = studio.status()["processes"]["desk"]
        engine = studio.status()["processes"]["engine"]
        os.kill(desk, signal.SIGSTOP)
        manager.forget()
        eventually(lambda: not Path(f"/proc/{desk}").exists(), within_s=HANG_S[DESK] + 10)
        manager.hears("")
        # ten feeds fit into the time it was waited for; some come before it is missed, and at once when it starts again
        assert sum(line == "WATCHDOG=1" for line in manager.told) <= 4
        studio.wait_for_other("desk", desk)
        manager.forget()
        eventually(lambda: manager.hears("WATCHDOG=1"), within_s=5)
        assert studio.status()["processes"]["engine"] == engine
