"""What programs in the guest ask the studiod beside them, over its OSC. Runs on studiod's own Python."""

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median_low
from typing import Any

from studiod.net.osc.codec import decode, encode
from studiod.net.osc.framing import LengthFraming, length_frame
from studiod.net.osc.packet import Argument, Message, message

PATIENCE_S, LOOK_S = 60.0, 0.05
LOOKS_AT_REST = 10  # in a row
WARM_UP = 4  # times of everything in which caches fill


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


def is_listened_to(name: str) -> bool:
    """Studiod hears the MIDI box."""
    ports = report("/system/devices")["midi"]
    return any(name in port["name"] and port["direction"] == "in" and not port["fault"] for port in ports)


def weight() -> dict[str, dict[str, int]]:
    """What the processes of studiod hold at rest: descriptors, threads, KiB of memory. Our own wire is not in it."""
    pids = report("/system/status")["processes"]
    looks: dict[str, list[dict[str, int]]] = {name: [] for name in pids}

    def is_at_rest() -> bool:
        for name, pid in pids.items():
            looks[name] = [*looks[name], _weight_of(Path(f"/proc/{pid}"))][-LOOKS_AT_REST:]
        return all(len(each) == LOOKS_AT_REST and len({*map(_counts, each)}) == 1 for each in looks.values())

    wait(is_at_rest)
    # the kernel's sum is short of some mebibytes when the process moves meanwhile: one look is not enough
    return {name: each[-1] | {"kib": median_low(look["kib"] for look in each)} for name, each in looks.items()}


def _weight_of(process: Path) -> dict[str, int]:
    words = dict(line.split(":", 1) for line in (process / "smaps_rollup").read_text().splitlines()[1:])
    kib = int(words["Anonymous"].split()[0])  # pages of files come and go as the kernel likes
    counts = {"fds": len(list((process / "fd").iterdir())), "threads": len(list((process / "task").iterdir()))}
    return counts | {"kib": kib}


def _counts(weighed: dict[str, int]) -> tuple[int, int]:
    return weighed["fds"], weighed["threads"]
