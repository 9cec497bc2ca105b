"""What programs in the guest ask the studiod beside them, over its OSC. Runs on studiod's own Python."""

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
LOOKS_AT_REST = 10  # in a row
WARM_UP = 4  # times of everything in which caches fill


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
    """What the processes of studiod hold at rest: descriptors, threads, KiB of their own. Our own wire is not in it."""
    pids = report("/system/status")["processes"]
    found: dict[str, dict[str, int]] = {}
    looks_alike = 0

    def is_at_rest() -> bool:
        nonlocal found, looks_alike
        last, found = found, {name: _weight_of(Path(f"/proc/{pid}")) for name, pid in pids.items()}
        is_alike = [_counts(each) for each in last.values()] == [_counts(each) for each in found.values()]
        looks_alike = looks_alike + 1 if is_alike else 0
        return looks_alike == LOOKS_AT_REST

    wait(is_at_rest)
    return found


def _weight_of(process: Path) -> dict[str, int]:
    words = dict(line.split(":", 1) for line in (process / "smaps_rollup").read_text().splitlines()[1:])
    private = sum(int(words[word].split()[0]) for word in ("Private_Clean", "Private_Dirty"))
    counts = {"fds": len(list((process / "fd").iterdir())), "threads": len(list((process / "task").iterdir()))}
    return counts | {"kib": private}


def _counts(weighed: dict[str, int]) -> tuple[int, int]:
    return weighed["fds"], weighed["threads"]
