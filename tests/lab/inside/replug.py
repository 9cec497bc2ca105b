"""Pulls a MIDI box of this machine's own, in the middle of a move, and puts it back: replug.py TIMES.

The box is a software nanoKONTROL2 behind a USB gadget; a second gadget, a keyboard, plays on meanwhile. Prints one JSON
object: what studiod noticed, and when, and what its processes held on to before and after. Runs on studiod's own Python
beside nanokontrol2.py (tests/fakes).
"""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nanokontrol2 import MESSAGE_S, NanoKontrol2  # type: ignore[import-not-found]  # beside it in the guest

from studiod.net.osc.codec import decode, encode
from studiod.net.osc.framing import LengthFraming, length_frame
from studiod.net.osc.packet import Argument, Message, message
from studiod.ports.midi_stream import MidiStream

NANO, KEYS = "nanoKONTROL2", "Steady keys"
PATIENCE_S, LOOK_S, STEADY_S = 60.0, 0.05, 0.02
NOTE_ON = b"\x90\x3c\x64"
WARM_UP = 2


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


class Gadget:
    """A USB MIDI box; `hear` gets what it is told. Plugged in, it plays what `play` does until it is pulled."""

    def __init__(self, name: str, hear: Callable[[bytes], None], play: Callable[[], None]) -> None:
        self.name = name
        self.is_pulled = threading.Event()
        self._hear = hear
        self._play = play
        self._fd = -1
        self._threads: list[threading.Thread] = []

    def plug(self) -> None:
        """Into a socket."""
        before = set(Path("/dev/snd").glob("midiC*D0"))
        subprocess.run(["usb-box", "plug", self.name, "midi"], check=True)
        # the gadget's own card is there before the host has seen the device
        wait(lambda: self._inside(before))
        self._fd = os.open(self._inside(before)[0], os.O_RDWR | os.O_NONBLOCK)
        self.is_pulled.clear()
        self._threads = [threading.Thread(target=self._listen), threading.Thread(target=self._play)]
        for thread in self._threads:
            thread.start()

    def pull(self) -> None:
        """Out of it, whatever it is doing."""
        subprocess.run(["usb-box", "pull", self.name], check=True)
        self.is_pulled.set()
        for thread in self._threads:
            thread.join()
        os.close(self._fd)

    def say(self, raw: bytes) -> None:
        """To the computer; nothing when the cable is out."""
        with contextlib.suppress(OSError):
            os.write(self._fd, raw)

    def _inside(self, before: set[Path]) -> list[Path]:
        nodes = sorted(set(Path("/dev/snd").glob("midiC*D0")) - before)
        return [node for node in nodes if self._is_gadget(node)]

    @staticmethod
    def _is_gadget(node: Path) -> bool:
        card = node.name.removeprefix("midiC").removesuffix("D0")
        with contextlib.suppress(OSError):
            return "f_midi" in Path(f"/proc/asound/card{card}/midi0").read_text()
        return False

    def _listen(self) -> None:
        stream = MidiStream()
        while not self.is_pulled.is_set():
            with contextlib.suppress(OSError):
                if select.select([self._fd], [], [], 0.1)[0]:
                    for heard in stream.feed(os.read(self._fd, 4096)):
                        self._hear(heard)


def weight() -> dict[str, dict[str, int]]:
    """What the processes hold: descriptors, threads, KiB of their own."""
    found = {}
    for name, pid in report("/system/status")["processes"].items():
        words = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
        private = sum(int(words[word].split()[0]) for word in ("Private_Clean", "Private_Dirty"))
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
        found[name] = {"fds": len(list(Path(f"/proc/{pid}/fd").iterdir())), "threads": threads, "kib": private}
    return found


def surface() -> str:
    """How the box is called to be by studiod."""
    states = [box["state"] for box in report("/system/devices")["surfaces"] if box["name"] == "nanokontrol2"]
    return str(states[0]) if states else "unknown"


def main() -> None:
    """See above."""
    nano = NanoKontrol2()
    bends = 0

    def sway() -> None:
        while not box.is_pulled.is_set():
            for byte in (127, 0):
                nano.slide_fader(8, byte, lambda: time.sleep(MESSAGE_S))

    def count() -> None:
        nonlocal bends
        while not keys.is_pulled.wait(STEADY_S):
            keys.say(bytes((0xE0, bends & 0x7F, bends >> 7 & 0x7F)))
            bends += 1

    box, keys = Gadget(NANO, nano.receive, sway), Gadget(KEYS, lambda _: None, count)
    nano.emit = box.say
    keys.plug()
    wait(lambda: KEYS in str(ask("/system/devices")[0]))
    times: list[dict[str, float]] = []
    before: dict[str, dict[str, int]] = {}
    for cycle in range(int(sys.argv[1]) + WARM_UP):
        mute = f"/strip/{cycle % 7 + 1}/mute"
        nano.power_on()
        plugged = time.monotonic()
        box.plug()
        wait(lambda: surface() == "connected")
        returned = time.monotonic() - plugged
        ask(mute, 1)
        wait(lambda: nano.lit == {"record", "play", f"mute/{cycle % 7 + 1}"})  # noqa: B023 - it is waited for here
        ask(mute, 0)
        wait(lambda: nano.lit == {"record", "play"})
        painted = time.monotonic() - plugged
        box.say(NOTE_ON)
        time.sleep(STEADY_S)
        if cycle == WARM_UP:
            before = weight()
        last = cycle == int(sys.argv[1]) + WARM_UP - 1
        after = weight() if last else before
        pulled = time.monotonic()
        box.pull()
        wait(lambda: surface() == "away")
        times.append({"returned": returned, "painted": painted, "lost": time.monotonic() - pulled})
    keys.pull()
    sys.stdout.write(json.dumps({"times": times, "before": before, "after": after, "bends": bends}) + "\n")


if __name__ == "__main__":
    main()
