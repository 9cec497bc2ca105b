"""A serial box of this machine's own is pulled while it talks, and put back: reline.py NAME TIMES. Beside questions.py.

Prints one JSON object: seconds until studiod had noticed, what it held before and after, and who else got the line.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import serial
from questions import WARM_UP, report, wait, weight  # type: ignore[import-not-found]  # beside it in the guest

INSIDE = Path("/dev/ttyGS0")
TALK_S = 0.02
LINE = b"512|300|0|1023|77\n"


def line(part: str) -> dict[str, Any]:
    """What studiod says of the line whose name has `part` in it; nothing when it is not there."""
    found = [each for each in report("/system/devices")["serial"] if part in each["name"] and each["direction"] == "in"]
    return found[0] if found else {}


def without_waiting(path: str, flags: int) -> int:
    """Open a line that nobody may listen to."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def refusal(path: str) -> str:
    """Why the line is not given to us as well; empty when it is."""
    try:
        serial.Serial(path, exclusive=True).close()
    except serial.SerialException as fault:
        return str(fault)
    return ""


def main() -> None:
    """See above."""
    name, cycles = sys.argv[1], int(sys.argv[2]) + WARM_UP
    part = name.replace(" ", "_")
    pulled = threading.Event()

    def talk() -> None:
        with contextlib.suppress(OSError), io.FileIO(INSIDE, "wb", opener=without_waiting) as inside:
            while not pulled.wait(TALK_S):
                inside.write(LINE)  # nothing when there is no room

    times: list[dict[str, Any]] = []
    weights: list[dict[str, dict[str, int]]] = []
    path = ""
    for _ in range(cycles):
        began = time.monotonic()
        subprocess.run(["usb-box", "plug", name, "acm"], check=True)
        pulled.clear()
        talker = threading.Thread(target=talk, daemon=True)
        talker.start()
        wait(lambda: line(part) and not line(part)["fault"])
        returned = time.monotonic() - began
        path = line(part)["name"]
        others = refusal(path)
        weights.append(weight())
        taken = time.monotonic()
        subprocess.run(["usb-box", "pull", name], check=True)
        wait(lambda: not line(part))
        times.append({"returned": returned, "lost": time.monotonic() - taken, "others": others})
        pulled.set()
        talker.join()
    subprocess.run(["usb-box", "forget", name], check=True)
    sys.stdout.write(json.dumps({"times": times, "weights": weights, "path": path}) + "\n")


if __name__ == "__main__":
    main()
