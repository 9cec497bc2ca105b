"""Pulls a MIDI box of this machine's own, in the middle of a move, and puts it back: replug.py TIMES.

The box is a software nanoKONTROL2 behind a USB gadget; a second gadget, a keyboard, plays on meanwhile. Prints one JSON
object: what studiod noticed, and when, and what its processes held on to before and after. Runs on studiod's own Python
beside nanokontrol2.py (tests/fakes).
"""

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rtmidi
from nanokontrol2 import MESSAGE_S, NanoKontrol2  # type: ignore[import-not-found]  # beside it in the guest

from studiod.net.osc.codec import decode, encode
from studiod.net.osc.framing import LengthFraming, length_frame
from studiod.net.osc.packet import Argument, Message, message

NANO, KEYS, INSIDE = "nanoKONTROL2", "Steady keys", "f_midi"
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
    """A USB MIDI box; `hear` gets what it is told. Plugged in, it plays what `play` does until it is pulled.

    Its inside is a port of the sequencer, which studiod listens to as well: nobody else gets the raw device then.
    """

    def __init__(self, name: str, hear: Callable[[bytes], None], play: Callable[[], None]) -> None:
        self.name = name
        self.is_pulled = threading.Event()
        self._hear = hear
        self._play = play
        self._one_at_a_time = threading.Lock()
        self._out = rtmidi.MidiOut(rtmidi.API_LINUX_ALSA, name="inside")
        self._in = rtmidi.MidiIn(rtmidi.API_LINUX_ALSA, name="inside")
        self._in.ignore_types(sysex=False)
        self._in.set_callback(lambda event, _: self._hear(bytes(event[0])))
        self._player = threading.Thread(target=self._play)

    def plug(self) -> None:
        """Into a socket."""
        others = {name for name in self._out.get_ports() if name.startswith(INSIDE)}
        subprocess.run(["usb-box", "plug", self.name, "midi"], check=True)
        wait(lambda: self._inside(self._out, others))
        self._out.open_port(self._inside(self._out, others)[0])
        self._in.open_port(self._inside(self._in, others)[0])
        self.is_pulled.clear()
        self._player = threading.Thread(target=self._play)
        self._player.start()

    def pull(self) -> None:
        """Out of it, whatever it is doing."""
        subprocess.run(["usb-box", "pull", self.name], check=True)
        self.is_pulled.set()
        self._player.join()
        self._out.close_port()
        self._in.close_port()

    def say(self, raw: bytes) -> None:
        """To the computer; nothing when the cable is out."""
        with self._one_at_a_time, contextlib.suppress(OSError):
            self._out.send_message(raw)

    @staticmethod
    def _inside(client: "rtmidi.MidiIn | rtmidi.MidiOut", others: set[str]) -> list[int]:
        names = list(enumerate(client.get_ports()))
        return [number for number, name in names if name.startswith(INSIDE) and name not in others]


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
