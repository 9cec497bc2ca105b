"""An avahi on another computer (a network namespace at the end of a cable) finds studiod, and finds it again."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.helpers import eventually

ROOT = Path(__file__).parents[2]
TOOLS = ("avahi-browse", "avahi-daemon", "dbus-daemon", "ip", "nsenter", "unshare")
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
MISSING = [tool for tool in TOOLS if shutil.which(tool, path=PATH) is None]
FIND_S = 15.0

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
]

AVAHI_CONF = """
[server]
host-name=laptop
use-ipv4=yes
use-ipv6=no
enable-dbus=yes
ratelimit-interval-usec=1000000
ratelimit-burst=1000
[publish]
publish-workstation=no
"""


@dataclass(frozen=True)
class Computer:
    """A network namespace with its own /run, held by one process."""

    holder: subprocess.Popen[str]

    def command(self, *words: str) -> list[str]:
        return ["nsenter", "--target", str(self.holder.pid), "--net", "--mount", "--", *words]

    def run(self, *words: str) -> str:
        done = subprocess.run(self.command(*words), capture_output=True, text=True, check=True, env={"PATH": PATH})
        return done.stdout

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*words),
            env={"PATH": PATH, "PYTHONPATH": str(ROOT)},  # nsenter leaves the working folder behind
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )


def end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.communicate(timeout=10)


def computer() -> Computer:
    """Start a computer; skip where the system does not allow one."""
    script = "mount -t tmpfs none /run && ip link set lo up && echo up && exec cat >/dev/null"
    holder = subprocess.Popen(
        ["unshare", "--net", "--mount", "sh", "-c", script],
        env={"PATH": PATH},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    if holder.stdout.readline() != "up\n":
        _, fault = holder.communicate()
        pytest.skip(f"no network namespaces here: {fault.strip()}")
    return Computer(holder)


@pytest.fixture
def stage() -> Iterator[Computer]:
    """The computer that runs studiod."""
    made = computer()
    yield made
    end(made.holder)


@pytest.fixture
def laptop(stage: Computer, tmp_path: Path) -> Iterator[Computer]:
    """Another computer with avahi, 10.99.0.2, at the end of a cable to 10.99.0.1 of `stage`."""
    made = computer()
    stage.run("ip", "link", "add", "cable", "type", "veth", "peer", "name", "socket", "netns", str(made.holder.pid))
    for end_of, name, address in ((stage, "cable", "10.99.0.1/24"), (made, "socket", "10.99.0.2/24")):
        end_of.run("ip", "address", "add", address, "dev", name)
        end_of.run("ip", "link", "set", name, "up")
    conf = tmp_path / "avahi.conf"
    conf.write_text(AVAHI_CONF)
    made.run("mkdir", "-p", "/run/dbus")
    bus = made.start("dbus-daemon", "--system", "--nofork", "--nopidfile")
    eventually(lambda: "system_bus_socket" in made.run("ls", "/run/dbus"))
    avahi = made.start("avahi-daemon", "-f", str(conf), "--no-drop-root", "--no-rlimits", "--no-chroot")
    yield made
    for process in (avahi, bus, made.holder):
        end(process)


@pytest.fixture
def announcer(stage: Computer, laptop: Computer) -> Iterator[subprocess.Popen[str]]:
    """A running studiod, as far as the network sees it."""
    assert laptop.holder.poll() is None
    process = stage.start(sys.executable, "-m", "tests.real.announcer", "Bühne 1", "9000", "9001")
    yield process
    end(process)


def browse(laptop: Computer, kind: str) -> dict[str, list[str]]:
    """Address, port and TXT by instance name, as `avahi-browse -rtp` prints them; empty while avahi starts."""
    done = subprocess.run(
        laptop.command("avahi-browse", "-rtp", "--no-db-lookup", kind),
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": PATH},
    )
    rows = (line.split(";") for line in done.stdout.splitlines() if line.startswith("="))
    return {row[3]: row[7:] for row in rows}


# avahi-browse escapes every byte it takes for special: \DDD, decimal.
NAME = r"B\195\188hne\0321"


@pytest.mark.usefixtures("announcer")
def test_avahi_browse_shows_both_services_with_address_port_and_text(laptop: Computer) -> None:
    udp = eventually(lambda: browse(laptop, "_osc._udp").get(NAME), FIND_S)
    tcp = eventually(lambda: browse(laptop, "_osc._tcp").get(NAME), FIND_S)
    assert udp is not None
    assert tcp is not None
    assert udp[:2] == ["10.99.0.1", "9000"]
    assert tcp[:2] == ["10.99.0.1", "9001"]
    assert set(shlex.split(udp[2])) == {"txtvers=1", "version=0.1", "types=ifs"}


@pytest.mark.usefixtures("announcer")
def test_avahi_sees_the_new_address_after_the_machine_got_another(stage: Computer, laptop: Computer) -> None:
    eventually(lambda: browse(laptop, "_osc._udp").get(NAME), FIND_S)
    stage.run("ip", "address", "delete", "10.99.0.1/24", "dev", "cable")
    stage.run("ip", "address", "add", "10.99.0.77/24", "dev", "cable")

    def has_moved() -> bool:
        return browse(laptop, "_osc._udp").get(NAME, [""])[0] == "10.99.0.77"

    eventually(has_moved, FIND_S)


def test_avahi_hears_the_goodbye(laptop: Computer, announcer: subprocess.Popen[str]) -> None:
    eventually(lambda: browse(laptop, "_osc._udp").get(NAME), FIND_S)
    announcer.communicate("", timeout=10)
    eventually(lambda: NAME not in browse(laptop, "_osc._udp"), FIND_S)


def test_a_machine_without_a_network_waits_quietly_for_one(stage: Computer) -> None:
    process = stage.start(sys.executable, "-m", "tests.real.announcer", "alone", "9000", "9001")
    assert process.stdout is not None
    assert "announcing" in process.stdout.readline()
    assert "no network address" in process.stdout.readline()
    stage.run("ip", "link", "add", "cable", "type", "veth", "peer", "name", "socket")
    stage.run("ip", "link", "set", "socket", "up")
    stage.run("ip", "link", "set", "cable", "up")
    stage.run("ip", "address", "add", "10.99.0.1/24", "dev", "cable")
    assert '"alone"' in process.stdout.readline()
    end(process)
