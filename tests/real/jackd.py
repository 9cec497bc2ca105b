"""A JACK server of our own: dummy driver, its own name, nothing shared with a server the machine may run."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from tests.helpers import eventually

_NAMES = 6  # a machine has room for eight servers
_SHM = Path("/dev/shm")  # noqa: S108 - where jackd keeps its sockets and memory
_START_S = 10.0
_STOP_S = 5.0


def has_jackd() -> bool:
    """Jackd is installed."""
    return shutil.which("jackd") is not None


class JackServer:
    """`jackd -d dummy` under a name of its own. Clients find it by `environment`.

    waits: for every client, in every cycle; else one that is late misses what the others said meanwhile.
    """

    def __init__(self, rate_hz: int, frames: int, channels: int, *, waits: bool = False) -> None:
        self._claim: socket.socket | None = None
        self.name = self._claimed_name()
        self.environment = {"JACK_DEFAULT_SERVER": self.name, "JACK_NO_AUDIO_RESERVATION": "1"}
        driver = ["-d", "dummy", "-r", str(rate_hz), "-p", str(frames), "-C", str(channels), "-P", str(channels)]
        self._command = ["jackd", "-n", self.name, "-r", *(["-S"] if waits else []), *driver]
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until clients can come. Raises AssertionError with what jackd said when it does not."""
        self._log = TemporaryFile()  # noqa: SIM115 - lives until stop
        if self._claim is None:
            self._claim = _claimed(self.name)
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env=os.environ | self.environment,
            pass_fds=[self._claim.fileno()],  # a server that outlives a killed test run keeps its name
        )
        try:
            eventually(lambda: self._is_up() or self._process is None or self._process.poll() is not None, _START_S)
        finally:
            if not self._is_up():
                self._log.seek(0)
                said = self._log.read().decode(errors="replace")
                self.stop()
        assert self._process is not None, f"jackd does not start: {said}"

    def stop(self) -> None:
        """Stop it; may be called twice. It can be started again: the name stays ours until `release`."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._log is not None:
            self._log.close()
            self._log = None
        for left in _SHM.glob(f"jack*_{self.name}_*"):
            left.unlink(missing_ok=True)  # semaphores of clients that were killed

    def release(self) -> None:
        """Let others have the name."""
        if self._claim is not None:
            self._claim.close()
            self._claim = None

    def stand_still(self) -> None:
        """As a machine that has other things to do; `go_on` ends it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """The server has the machine again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _claimed_name(self) -> str:
        """A name that no test has now, here or in another run.

        Names are used again: jackd never forgets a server that was killed until one of the same name starts, and has
        room for eight.
        """
        for number in range(_NAMES):
            name = f"studiod-test-{number}"
            with contextlib.suppress(OSError):
                self._claim = _claimed(name)
                return name
        raise AssertionError(f"{_NAMES} test servers run already: pgrep -a jackd")

    def _is_up(self) -> bool:
        """A client can come: the socket alone is there a moment earlier."""
        asked = subprocess.run(["jack_wait", "-s", self.name, "-c"], capture_output=True, check=False)
        return asked.stdout.strip() == b"running"


def _claimed(name: str) -> socket.socket:
    """What holds `name` until it is closed, here and in the server. Raises OSError when another holds it."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0{name}")
    except OSError:
        claim.close()
        raise
    return claim


@contextmanager
def jack_server(
    rate_hz: int = 48_000, frames: int = 256, channels: int = 2, *, waits: bool = False
) -> Iterator[JackServer]:
    """A running server, which clients in this process find too (libjack reads the environment)."""
    server = JackServer(rate_hz, frames, channels, waits=waits)
    before = {key: os.environ.get(key) for key in server.environment}
    os.environ.update(server.environment)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        server.release()
        for key, words in before.items():
            if words is None:
                del os.environ[key]
            else:
                os.environ[key] = words
