"""A shared block with nothing but the ports process on it: MIDI as the desk and the tape see it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from studiod.app.bells import Bells
from studiod.app.config.load import load_config, to_json
from studiod.app.run import make_block
from studiod.app.settings import Settings
from studiod.link import PORTS, Block
from studiod.link.ports import PortList


@dataclass
class PortsRig:
    """Kill and start the process by hand."""

    fd: int
    block: Block
    bells: Bells
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the ports process, as the supervisor would."""
        fds = (self.fd, *self.bells.fds)
        command = [sys.executable, "-m", "studiod.app.child", "ports", str(os.getpid()), *map(str, fds)]
        self.process = subprocess.Popen(command, pass_fds=fds, env={**os.environ, **self.environment})
        self.block.set_pid(PORTS, self.process.pid)

    def kill(self) -> None:
        """SIGKILL, as a fault would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.block.set_pid(PORTS, 0)
            self.block.set_ready(PORTS, ready=False)
            self.process = None

    @property
    def ports(self) -> PortList:
        """What it tells."""
        return PortList.from_json(self.block.status(PORTS))


@contextmanager
def ports_rig(
    environment: Mapping[str, str], *, api: str = "jack", serial: Sequence[Mapping[str, object]] = ()
) -> Iterator[PortsRig]:
    """A block whose engine never runs, and a ports process that has started."""
    config = load_config(None, {"midi.api": api, "serial.ports": [*map(dict, serial)]}, environment={}).config
    text = to_json(config)
    fd = make_block(Settings.from_json(text), text)
    bells = Bells.make()
    rig = PortsRig(fd, Block(fd), bells, environment)
    try:
        rig.start()
        yield rig
    finally:
        rig.kill()
        for number in (fd, *bells.fds):
            os.close(number)
