"""A real `studiod run` in processes of its own, steered over its OSC as a user would."""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from studiod.net.osc.codec import decode, encode
from studiod.net.osc.framing import LengthFraming, length_frame
from studiod.net.osc.packet import Argument, Message, message
from tests.helpers import eventually

START_S = 20.0
ANSWER_S = 0.5
_LONGEST_BYTES = 1 << 24  # of a list of takes


@dataclass
class LiveStudio:
    """Started by `with`; stopped with SIGTERM at its end. `config`: YAML beyond the defaults."""

    library: Path
    config: str = ""
    options: tuple[str, ...] = ("--host", "virtual")
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    _socket: socket.socket | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def session(self) -> Path:
        """Folder of the session."""
        return self.library / "session"

    @property
    def log(self) -> str:
        """What it has printed so far."""
        return (self.library.parent / f"{self.library.name}.log").read_text(errors="replace")

    def start(self) -> None:
        """Start, and wait until sound, tape and desk are there."""
        self.port = self.port or _free_port()
        self.library.mkdir(parents=True, exist_ok=True)
        path = self.library.parent / f"{self.library.name}.yaml"
        path.write_text(self.config)
        command = [sys.executable, "-m", "studiod", "run", "--config", str(path), "--library", str(self.library)]
        command += [*self.options, "--osc-port", str(self.port)]
        with (self.library.parent / f"{self.library.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=os.environ | self.environment
            )
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", self.port))
        self._socket.settimeout(ANSWER_S)
        try:
            eventually(self.is_up, within_s=START_S)
        except BaseException:
            self.stop()
            raise

    def is_up(self) -> bool:
        """Every part answers for itself."""
        assert self.process is not None
        assert self.process.poll() is None, f"studiod ended: {self.log}"
        status = self.try_status()
        if status is None or status["host"] == "none" or status["tape"]["state"] == "starting":
            return False
        return not status["faults"] and all(status["processes"].values())

    def stop(self) -> int:
        """SIGTERM, and wait; exit status. May be called twice."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self.process is None:
            return 0
        self.process.terminate()
        status = self.process.wait(30)
        self.process = None
        return status

    # -- talking to it ---------------------------------------------------------------------------------------------

    def send(self, address: str, *arguments: Argument) -> None:
        """One message, no answer awaited."""
        assert self._socket is not None
        try:
            self._socket.send(encode(message(address, *arguments)))
        except ConnectionRefusedError:
            self._socket.send(encode(message(address, *arguments)))

    def try_ask(self, address: str, *arguments: Argument) -> tuple[Argument, ...] | None:
        """Answer to a query, or None when none comes in time, or an error does."""
        assert self._socket is not None
        try:
            self.send(address, *arguments)
            while True:
                packet = decode(self._socket.recv(1 << 16))
                if isinstance(packet, Message) and packet.address == address:
                    return packet.arguments
                if isinstance(packet, Message) and packet.address == "/error" and packet.arguments[0] == address:
                    return None
        except (TimeoutError, ConnectionRefusedError):
            return None

    def ask(self, address: str, *arguments: Argument) -> tuple[Argument, ...]:
        """Answer to a query; waits through restarts."""
        return cast("tuple[Argument, ...]", eventually(lambda: self.try_ask(address, *arguments), within_s=START_S))

    def ask_at_length(self, address: str) -> tuple[Argument, ...]:
        """Answer to a query that may be longer than a datagram holds; waits through restarts."""
        return cast("tuple[Argument, ...]", eventually(lambda: self._try_stream(address), within_s=START_S))

    def try_status(self) -> dict[str, Any] | None:
        """/system/status, or None."""
        answer = self.try_ask("/system/status")
        return None if answer is None else json.loads(str(answer[0]))

    def status(self) -> dict[str, Any]:
        """/system/status."""
        return cast("dict[str, Any]", json.loads(str(self.ask("/system/status")[0])))

    def takes(self) -> list[dict[str, Any]]:
        """/take/list."""
        return cast("list[dict[str, Any]]", json.loads(str(self.ask_at_length("/take/list")[0])))

    def wait_for_state(self, word: str) -> None:
        """Until /transport/state says so."""
        eventually(lambda: self.ask("/transport/state") == (word,), within_s=START_S)

    def record(self, *strips: int) -> None:
        """Arm, record, wait until it rolls."""
        for strip in strips:
            self.send(f"/strip/{strip}/arm", 1)
        self.send("/transport/record")
        self.wait_for_state("recording")

    def stop_take(self) -> dict[str, Any]:
        """Stop; the take that this ended, closed."""
        before = len([take for take in self.takes() if take["state"] != "recording"])
        self.send("/transport/stop")
        self.wait_for_state("stopped")

        def closed() -> dict[str, Any] | None:
            takes = [take for take in self.takes() if take["state"] != "recording"]
            return takes[-1] if len(takes) > before else None

        return cast("dict[str, Any]", eventually(closed, within_s=START_S))

    def roll_on(self, frames: int) -> None:
        """Until the engine's clock is `frames` further."""
        goal = self.status()["engine"]["frame"] + frames
        eventually(lambda: self.status()["engine"]["frame"] >= goal, within_s=START_S + frames / 48000)

    def kill(self, part: str) -> int:
        """SIGKILL one process; its pid."""
        pid = int(self.status()["processes"][part])
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_for_other(self, part: str, pid: int) -> dict[str, Any]:
        """Until `part` runs as another process and everything is well."""

        def is_back() -> dict[str, Any] | None:
            status = self.try_status()
            is_well = status is not None and status["processes"][part] not in (0, pid) and not status["faults"]
            return status if is_well else None

        return cast("dict[str, Any]", eventually(is_back, within_s=START_S))

    def kill_everything(self) -> None:
        """What a power switch does to the processes: SIGKILL to all at once."""
        assert self.process is not None
        pids = [pid for pid in self.status()["processes"].values() if pid]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self.process.wait(10)
        self.process = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _try_stream(self, address: str) -> tuple[Argument, ...] | None:
        framing = LengthFraming(_LONGEST_BYTES)
        try:
            with socket.create_connection(("127.0.0.1", self.port), START_S) as wire:
                wire.sendall(length_frame(encode(message(address))))
                while piece := wire.recv(1 << 16):
                    for frame in framing.feed(piece):
                        packet = decode(frame)
                        if isinstance(packet, Message) and packet.address == address:
                            return packet.arguments
        except OSError:  # not there, or not any more
            return None
        return None


def counter_of(path: Path) -> list[int]:
    """The 23-bit counter that `virtual.sources: counter` plays, out of a 24-bit take file."""
    body = path.read_bytes()[4096:]
    return [int.from_bytes(body[at : at + 3], "little") for at in range(0, len(body) // 3 * 3, 3)]


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
