"""What programs in the guest ask the studiod beside them, over its OSC. Runs on studiod's own Python."""

import json
import socket
import time
from collections.abc import Callable
from typing import Any

from studiod.net.osc.codec import decode, encode
from studiod.net.osc.framing import LengthFraming, length_frame
from studiod.net.osc.packet import Argument, Message, message

PATIENCE_S, LOOK_S = 60.0, 0.05


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
