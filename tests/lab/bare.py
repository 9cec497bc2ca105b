"""A studio in a bare machine: on a disk of its own, with the virtual stage that counts, steered over OSC."""

import json
from pathlib import Path
from typing import Any

from tests.helpers import eventually
from tests.lab.machine import OSC_PORTS, Machine
from tests.lab.studio import PATIENCE_S, Report, Studio

STRIPS = 8
# Long blocks: emulation is slow. A second before Record, so that hidden frames are there too.
CONFIG = f"""\
virtual: {{sources: counter}}
audio: {{block_frames: 1024, inputs: {STRIPS}, outputs: 2}}
desk: {{strips: {STRIPS}}}
tape: {{pre_record_s: 1%s}}
blackbox: {{on: %s}}
osc: {{zeroconf: false}}
surfaces: {{enable: false}}
"""
START_S = 180.0  # two of them, emulated, on a busy host
_STUDIOD = "/opt/studiod/bin/studiod"


class BareStudio(Studio):
    """`library`: a folder of the guest, made by whoever mounts its disk. Its log and configuration lie in /share."""

    def __init__(self, machine: Machine, name: str, library: str, port: int = 0) -> None:
        super().__init__(machine, port)
        self.name = name
        self.library = library
        self._guest_port = OSC_PORTS[port]

    def launch(self, tape: str = "", before: str = "", *, has_blackbox: bool = False) -> None:
        """Begin to start it. tape: more settings of the tape; before: words before the command, such as setpriv's."""
        settings = CONFIG % (f", {tape}" if tape else "", "true" if has_blackbox else "false")
        (self.machine.share / f"{self.name}.yaml").write_text(settings)
        self.machine.output(f"install -m 644 /share/{self.name}.yaml /run")  # anyone may read it there
        words = f"run --config /run/{self.name}.yaml --library {self.library} --osc-port {self._guest_port}"
        self.machine.output(
            f"cd / && setsid sh -c 'echo $$ >/run/{self.name}.pid; exec {before} {_STUDIOD} {words} --host virtual'"
            f" >/share/{self.name}.log 2>&1 </dev/null &"
        )

    def is_up(self, status: Report) -> bool:
        """Every part of it answers, and what was cut off is repaired."""
        return status["host"] != "none" and status["tape"]["state"] != "starting" and all(status["processes"].values())

    def start(self, tape: str = "", before: str = "", *, has_blackbox: bool = False) -> Report:
        """Start it, and wait until it is up; its status."""
        self.launch(tape, before, has_blackbox=has_blackbox)
        return self.wait_for(self.is_up, START_S)

    def stop(self) -> None:
        """SIGTERM, and wait for the end of all of it."""
        pid = self.status()["processes"]["supervisor"]
        self.machine.output(f"kill {pid}; while [ -e /proc/{pid} ]; do sleep 0.1; done")

    def stop_if_running(self) -> None:
        """Kill all of it, if there is any."""
        pid = f"$(cat /run/{self.name}.pid)"
        self.machine.run(f"kill -s KILL -- -{pid} && while [ -e /proc/{pid} ]; do sleep 0.1; done")

    def record(self) -> int:
        """Arm every strip, record, wait until it rolls; number of the take."""
        for strip in range(1, STRIPS + 1):
            self.tell(f"/strip/{strip}/arm", 1)
        self.tell("/transport/record")
        status = self.wait_for(lambda status: bool(status["take"]) and status["take"]["frames"] > 0)
        return int(status["take"]["id"])

    def roll_on(self, frames: int) -> None:
        """Until the engine's clock is `frames` further."""
        goal = self.status()["engine"]["frame"] + frames
        self.wait_for(lambda status: bool(status["engine"]["frame"] >= goal))

    def stop_take(self, number: int) -> dict[str, Any]:
        """Stop, and wait until the take is closed; as `/take/list` tells it."""
        self.tell("/transport/stop")

        def closed() -> bool:
            return any(take["id"] == number and take["state"] != "recording" for take in self.report("/take/list"))

        self.wait_for(lambda _: closed())
        return next(take for take in self.report("/take/list") if take["id"] == number)

    def fetch(self, folder: str, name: str) -> Path:
        """Copy a folder of the guest to the host, as it is now; where it is."""
        self.machine.output(f"rm -rf /share/{name} && cp -r {folder} /share/{name}")
        return self.machine.share / name

    def verify(self) -> dict[str, Any]:
        """What `studiod verify` says of the library."""
        ran = self.machine.run(f"cd / && {_STUDIOD} verify --json {self.library} 2>/share/{self.name}-verify.log")
        report: dict[str, Any] = json.loads(ran.output)
        return report

    def digests(self) -> dict[str, str]:
        """That of each file of the takes."""
        lines = self.machine.output(f"cd {self.library}/session/takes && find . -type f -exec sha256sum {{}} +")
        return {path: digest for digest, path in (line.split(None, 1) for line in lines.splitlines())}

    def journal(self, *words: str) -> str:  # noqa: ARG002 - there is no journalctl
        """What it printed."""
        log = self.machine.share / f"{self.name}.log"
        return log.read_text(errors="replace") if log.exists() else ""


def tell_frames(studios: list[BareStudio]) -> None:
    """From now on `told` of their machine knows how far the engine of each is, by the studio's name."""
    machine = studios[0].machine
    names = " ".join(f"{studio.name}:{studio.status()['processes']['supervisor']}" for studio in studios)
    machine.output(
        "cd / && setsid /opt/studiod/bin/python /opt/lab/teller.py /dev/virtio-ports/studiod.teller"
        f" {names} >/share/teller.log 2>&1 </dev/null &"
    )
    eventually(lambda: machine.told().keys() >= {studio.name for studio in studios}, PATIENCE_S)
