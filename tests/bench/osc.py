"""How many OSC messages a running desk takes without loss, what each costs it, and how soon it answers.

    python -m tests.bench.osc --json                    a whole `studiod run --host virtual`
    python -m tests.bench.osc --json --endpoint-only    the OSC door and the hub alone, in a process of their own

The sender is a small C program (osc_flood.c, built with cc at run time): no Python sender is fast enough.
Loss is what /stats/osc/received does not count; CPU is user + system of the desk's process over the first run.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from studiod.desk.hub import Hub
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.registry import Registry
from studiod.net.osc.codec import decode, encode
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.packet import Message, message
from studiod.net.osc.server import OscServer
from tests.fakes.store import MemoryStore

RATES = (52_000, 75_000, 100_000)  # messages a second, each for SECONDS, until one loses
SECONDS = 3.0
PINGS = 2000
RECEIVED = "/stats/osc/received"
STRIPS, BUSES = 32, 8


class Client:
    """Asks the desk, one question at a time."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(1.0)

    def ask(self, address: str) -> Message:
        """The answer to a query. Raises TimeoutError after a second."""
        self._socket.send(encode(message(address)))
        answer = decode(self._socket.recv(65536))
        if not isinstance(answer, Message):
            raise TypeError(f"{address} was answered with a bundle")
        return answer

    def count(self, address: str) -> int:
        """The answer to a query for a number."""
        (number,) = self.ask(address).arguments
        if not isinstance(number, int):
            raise TypeError(f"{address} is {number!r}")
        return number

    def ping_s(self) -> float:
        """Seconds for one question and its answer."""
        start = time.perf_counter()
        self.ask("/strip/1/fader")
        return time.perf_counter() - start

    def close(self) -> None:
        self._socket.close()


def wait_for_desk(port: int, process: subprocess.Popen[bytes], patience_s: float = 20.0) -> Client:
    """A client of a desk that has begun to answer."""
    until = time.monotonic() + patience_s
    client = Client(port)
    while process.poll() is None and time.monotonic() < until:
        try:
            client.ask("/strip/1/fader")
        except OSError:  # refused or timed out: not there yet
            time.sleep(0.05)
        else:
            return client
    raise SystemExit(f"no desk answers on port {port} (exit status {process.poll()})")


def free_port() -> int:
    """A port that is free for TCP and UDP now."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram,
        ):
            stream.bind(("0.0.0.0", 0))  # noqa: S104 - where studiod will bind
            with contextlib.suppress(OSError):
                datagram.bind(stream.getsockname())
                return int(stream.getsockname()[1])


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program, from its start to a clean stop."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def desk_pid(port: int) -> int:
    """Process id of the desk of a whole studiod, as it reports it itself."""
    program = str(Path(sys.executable).with_name("studioctl"))
    answer = subprocess.run(
        [program, "--port", str(port), "status", "--json"], check=True, capture_output=True, text=True
    )
    return int(json.loads(answer.stdout)["processes"]["desk"])


def build_flood(folder: Path) -> Path:
    """The sender, compiled."""
    program = folder / "flood"
    source = Path(__file__).with_name("osc_flood.c")
    subprocess.run(["cc", "-O2", "-o", str(program), str(source)], check=True)
    return program


def flood(program: Path, client: Client, port: int, rate: int) -> tuple[int, int, float]:
    """Messages sent, messages the desk did not get, and the real rate a second."""
    before = client.count(RECEIVED)
    answer = subprocess.run([str(program), str(port), str(rate), str(SECONDS)], check=True, capture_output=True)
    sent, seconds = answer.stdout.split()
    asked, lost = 0, int(sent)
    until = time.monotonic() + 5.0
    while lost and time.monotonic() < until:
        asked += 1
        lost = int(sent) + asked - (client.count(RECEIVED) - before)
        time.sleep(0.01)
    return int(sent), lost, int(sent) / float(seconds)


def measure(client: Client, pid: int, port: int, folder: Path) -> dict[str, float]:
    """The three numbers of the issue, and what they were taken with."""
    program = build_flood(folder)
    pings = sorted(client.ping_s() for _ in range(PINGS))
    numbers = {
        "rtt_p50_ms": round(1e3 * statistics.median(pings), 4),
        "rtt_p99_ms": round(1e3 * pings[PINGS * 99 // 100], 4),
        "lossless_per_s": 0.0,
    }
    desk = psutil.Process(pid)
    for rate in RATES:
        before = desk.cpu_times()
        sent, lost, real_rate = flood(program, client, port, rate)
        after = desk.cpu_times()
        cpu_s = after.user + after.system - before.user - before.system
        print(f"{real_rate:.0f}/s: {lost} of {sent} lost, {1e6 * cpu_s / sent:.2f} us each", file=sys.stderr)
        numbers.setdefault("us_per_message", round(1e6 * cpu_s / sent, 2))
        if lost:
            break
        numbers["lossless_per_s"] = round(real_rate)
    return numbers


async def serve(port: int) -> None:
    """A desk without engine, tape and shared block: the door, the table, the hub."""
    layout = ConsoleLayout(
        STRIPS,
        BUSES,
        tuple(range(1, STRIPS + 1)),
        tuple(f"Strip {number}" for number in range(1, STRIPS + 1)),
        tuple(f"Bus {number}" for number in range(1, BUSES + 1)),
    )
    loop = asyncio.get_running_loop()
    hub = Hub(Registry(console_parameters(layout)), MemoryStore(), 48_000)

    def turn_soon() -> None:
        loop.call_soon(hub.turn)

    hub.on_first_change = turn_soon
    server = OscServer(OscEndpoint(hub, loop), "127.0.0.1", port)
    await server.start()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, stopped.set)
    await stopped.wait()
    server.close()


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--endpoint-only", action="store_true", help="without engine and tape")
    parser.add_argument("--serve", type=int, metavar="PORT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        asyncio.run(serve(options.serve))
        return
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        if options.endpoint_only:
            command = [sys.executable, "-m", "tests.bench.osc", "--serve", str(port)]
        else:
            studiod = str(Path(sys.executable).with_name("studiod"))
            library = str(Path(folder) / "library")
            command = [studiod, "run", "--host", "virtual", "--library", library, "--osc-port", str(port)]
        with running(command) as process:
            client = wait_for_desk(port, process)
            pid = process.pid if options.endpoint_only else desk_pid(port)
            numbers = measure(client, pid, port, Path(folder))
            client.close()
    if options.json:
        print(json.dumps(numbers))
    else:
        for name, number in numbers.items():
            print(f"{name:18} {number:g}")


if __name__ == "__main__":
    main()
