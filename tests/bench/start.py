"""How long a person waits: from the start of `studiod run --host virtual` to its first sound and its first answer.

    python -m tests.bench.start --json

The first block is read from the shared block (the engine stamps every block with the system's clock), the first answer
is that to a question asked over OSC every 5 ms. Medians of a few starts, each in a library of its own.
"""

import argparse
import contextlib
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

from studiod.link import Block
from studiod.net.osc.codec import encode
from studiod.net.osc.packet import message
from tests.bench.osc import free_port, running

STARTS = 5
ASK_S = 0.005
PATIENCE_S = 20.0
FIRST_BLOCK_LIMIT_S, FIRST_OSC_LIMIT_S = 0.7, 1.2


def shared_block(pid: int) -> Block | None:
    """The block of the studio whose supervisor is `pid`, once it is made and laid out."""
    with contextlib.suppress(OSError, ValueError):  # the process is not so far, or an fd of its was just closed
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            if str(entry.readlink()).startswith("/memfd:studiod"):
                fd = os.open(entry, os.O_RDWR | os.O_CLOEXEC)
                try:
                    return Block(fd)
                finally:
                    os.close(fd)
    return None


def first_block_at(block: Block | None) -> float | None:
    """When the first block was done, on CLOCK_MONOTONIC; None before it."""
    if block is None:
        return None
    snapshot = block.snapshot()
    if not snapshot.blocks:
        return None
    return snapshot.monotonic_ns / 1e9 - (snapshot.blocks - 1) * block.block_frames / block.rate_hz


def is_answered(client: socket.socket) -> bool:
    """An answer has come."""
    with contextlib.suppress(OSError):  # nothing there, or "refused": nobody listens yet
        return bool(client.recv(65536))
    return False


def one_start() -> tuple[float, float]:
    """Seconds to the first block and to the first answer of one studio."""
    port = free_port()
    studiod = str(Path(sys.executable).with_name("studiod"))
    question = encode(message("/system/status"))
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.connect(("127.0.0.1", port))
        client.settimeout(0.0)
        command = [studiod, "run", "--host", "virtual", "--library", folder, "--osc-port", str(port)]
        began = time.monotonic()
        with running(command) as process:
            block, first_block, first_osc = None, None, None
            while first_block is None or first_osc is None:
                time.sleep(ASK_S)
                now = time.monotonic()
                if process.poll() is not None or now > began + PATIENCE_S:
                    raise SystemExit(f"studiod does not start (exit status {process.poll()})")
                block = block or shared_block(process.pid)
                first_block = first_block or first_block_at(block)
                if first_osc is None and is_answered(client):
                    first_osc = now
                else:
                    with contextlib.suppress(OSError):
                        client.send(question)
    return first_block - began, first_osc - began


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--starts", type=int, default=STARTS, help=f"how many (default {STARTS})")
    options = parser.parse_args()
    starts = [one_start() for _ in range(options.starts)]
    for block_s, osc_s in starts:
        print(f"first block {block_s:.3f} s, first answer {osc_s:.3f} s", file=sys.stderr)
    numbers = {
        "first_block_s": round(statistics.median(start[0] for start in starts), 3),
        "first_osc_s": round(statistics.median(start[1] for start in starts), 3),
        "worst_first_block_s": round(max(start[0] for start in starts), 3),
        "worst_first_osc_s": round(max(start[1] for start in starts), 3),
        "first_block_limit_s": FIRST_BLOCK_LIMIT_S,
        "first_osc_limit_s": FIRST_OSC_LIMIT_S,
    }
    if options.json:
        print(json.dumps(numbers))
    else:
        for name, number in numbers.items():
            print(f"{name:20} {number:g}")


if __name__ == "__main__":
    main()
