"""The host's hand in the guest: runs one shell command for each line of JSON that comes through a virtio port.

Question {"number": n, "command": text, "within_s": seconds}, answer {"number": n, "code": code, "output": text}; the
first line says hello, as number 0.
Runs on the guest's own Python, without studiod.
"""

import json
import subprocess
import sys
import time
from io import FileIO
from pathlib import Path

TIMED_OUT = 124  # timeout(1)'s


def answer(command: str, within_s: float) -> dict[str, object]:
    """Run `command` by sh as root; both streams together."""
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired as fault:
        return {"code": TIMED_OUT, "output": (fault.stdout or b"").decode(errors="replace")}
    return {"code": done.returncode, "output": done.stdout.decode(errors="replace")}


def _write(wire: FileIO, text: bytes) -> None:
    """All of it: the port takes 32 KiB at once, and says how much it took."""
    while text:
        text = text[wire.write(text) :]


def main() -> None:
    """Serve until the machine ends."""
    port = Path(sys.argv[1])
    while not port.exists():  # udev names it a moment after the driver came
        time.sleep(0.05)
    with port.open("r+b", buffering=0) as wire:
        _write(wire, b'{"number": 0, "code": 0, "output": "hello"}\n')
        for line in iter(wire.readline, b""):
            question = json.loads(line)
            answered = {"number": question["number"], **answer(question["command"], question["within_s"])}
            _write(wire, json.dumps(answered).encode() + b"\n")


if __name__ == "__main__":
    main()
