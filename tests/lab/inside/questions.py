"""What programs in the guest ask the studiod beside them, over its OSC. Runs on studiod's own Python."""

import contextlib
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studiod.net.osc.codec import decode, encode
from studiod.net.osc.framing import LengthFraming, length_frame
from studiod.net.osc.packet import Argument, Message, message

PATIENCE_S, LOOK_S = 60.0, 0.05
WARM_UP = 2  # times of everything in which caches fill


def middle(cycles: int) -> int:
    """Of so many times the one in which it is first weighed: what leaks does so in the second half, too."""
    return max(cycles // 2, WARM_UP)


def ask(address: str, *arguments: Argument) -> tuple[Argument, ...]:
    """What studiod answers. Raises OSError."""
    framing = LengthFraming()
    with socket.create_connection(("127.0.0.1", 9000), PATIENCE_S) as wire:
        wire.sendall(length_frame(encode(message(address, *arguments))))
        if arguments:
            wire.sendall(length_frame(encode(message("/transport/state"))))
        while piece := wire.recv(65536):
            for frame in framing.feed(piece):
                packet = decode(frame)
                if isinstance(packet, Message) and packet.address == ("/transport/state" if arguments else address):
                    return packet.arguments
    raise ConnectionError("no answer")


def report(address: str) -> Any:  # noqa: ANN401 - JSON
    """What the JSON of a report says."""
    return json.loads(str(ask(address)[0]))


def wait(look: Callable[[], object]) -> float:
    """Seconds until `look` is true. Raises AssertionError."""
    began = time.monotonic()
    while not look():
        if time.monotonic() - began > PATIENCE_S:
            raise AssertionError(f"still not after {PATIENCE_S} s: {report('/system/devices')}")
        time.sleep(LOOK_S)
    return time.monotonic() - began


def surface() -> str:
    """How the box is called to be by studiod."""
    states = [box["state"] for box in report("/system/devices")["surfaces"] if box["name"] == "nanokontrol2"]
    return str(states[0]) if states else "unknown"


def weight() -> dict[str, dict[str, int]]:
    """What the processes of studiod hold: descriptors, threads, KiB of their own."""
    found = {}
    for name, pid in report("/system/status")["processes"].items():
        words = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
        private = sum(int(words[word].split()[0]) for word in ("Private_Clean", "Private_Dirty"))
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
        found[name] = {"fds": len(list(Path(f"/proc/{pid}/fd").iterdir())), "threads": threads, "kib": private}
    return found


def settled_weight(before: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """What they hold as soon as those are no more descriptors and threads than before, or never."""
    found: dict[str, dict[str, int]] = {}

    def is_as_before() -> bool:
        found.update(weight())
        return all(found[name][kind] == before[name][kind] for name in before for kind in ("fds", "threads"))

    with contextlib.suppress(AssertionError):
        wait(is_as_before)
    return found
