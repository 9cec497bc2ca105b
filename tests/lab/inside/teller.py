"""Tells the host, many times a second, how far studios are: /opt/lab/teller.py PORT NAME:PID...

A line for each: its name, the frame that its engine plays next, and how many frames of its take are durable. What
stands in the host's file when the power goes was true a moment before. Runs on studiod's own Python.
"""

import os
import re
import sys
import time
from pathlib import Path

from studiod.link import TAPE, Block

EVERY_S = 0.02
SYNCED = re.compile(r'"synced": (\d+)')  # quicker than to read all of it


def shared_block(pid: int) -> Block:
    """The block of the studio whose supervisor is `pid`. Raises LookupError."""
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        if str(entry.readlink()).startswith("/memfd:studiod"):
            return Block(os.open(entry, os.O_RDWR | os.O_CLOEXEC))
    raise LookupError(f"process {pid} holds no block")


def line(name: str, block: Block) -> str:
    """What is told of one studio."""
    synced = SYNCED.search(block.status(TAPE))
    return f"{name} {block.snapshot().frame} {0 if synced is None else synced[1]}\n"


def main() -> None:
    """Tell until killed."""
    studios = [word.rsplit(":", 1) for word in sys.argv[2:]]
    blocks = {name: shared_block(int(pid)) for name, pid in studios}
    with Path(sys.argv[1]).open("wb", buffering=0) as port:
        while True:
            port.write("".join(line(name, block) for name, block in blocks.items()).encode())
            time.sleep(EVERY_S)


if __name__ == "__main__":
    main()
