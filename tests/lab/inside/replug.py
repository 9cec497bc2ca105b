"""Pulls a USB MIDI box of this machine's own in the middle of a move, and puts it back: replug.py TIMES.

The box is a software nanoKONTROL2 behind a USB gadget; a second gadget, a keyboard, plays on meanwhile. Prints one JSON
object: what studiod noticed, and when, and what its processes held on to before and after. Runs on studiod's own Python
beside questions.py and nanokontrol2.py (tests/fakes).
"""

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import rtmidi
from nanokontrol2 import NanoKontrol2  # type: ignore[import-not-found]  # beside it in the guest
from questions import WARM_UP, ask, is_listened_to, surface, wait, weight  # type: ignore[import-not-found]

from studiod.ports.hang_up import hang_up
from studiod.ports.rtmidi_system import listed

NANO, KEYS, INSIDE = "nanoKONTROL2", "Steady keys", "f_midi"
STEADY_S = 0.02  # an emulated machine has a message each so often left for a hand
LAST_CALL_S = 0.1  # of a slow machine
NOTE_ON = b"\x90\x3c\x64"


class Gadget:
    """A USB MIDI box; `hear` gets what it is told. From `begin` on it plays what `play` does until it is pulled.

    Its inside is a port of the sequencer, which studiod listens to as well: nobody else gets the raw device then. What
    it says before anybody listens outside is stuck in the kernel's gadget for good, and with it all that comes behind.
    """

    def __init__(self, name: str, hear: Callable[[bytes], None], play: Callable[[], None]) -> None:
        self.name = name
        self.is_pulled = threading.Event()
        self._hear = hear
        self._play = play
        self._one_at_a_time = threading.Lock()
        self._out = rtmidi.MidiOut(rtmidi.API_LINUX_ALSA, name="inside")
        self._in: rtmidi.MidiIn | None = None
        self._inside = ""
        self._player = threading.Thread()

    def plug(self) -> None:
        """Into a socket."""
        others = set(self._insides())
        subprocess.run(["usb-box", "plug", self.name, "midi"], check=True)
        wait(lambda: set(self._insides()) - others)
        (self._inside,) = set(self._insides()) - others
        self._in = rtmidi.MidiIn(rtmidi.API_LINUX_ALSA, name="inside")  # one that was closed hears nothing any more
        self._in.ignore_types(sysex=False)
        self._in.set_callback(lambda event, _: self._hear(bytes(event[0])))
        for client in (self._out, self._in):
            client.open_port(listed(client.get_ports).index(self._inside))  # cards stand first: its number stays

    def begin(self) -> None:
        """Play."""
        self.is_pulled.clear()
        self._player = threading.Thread(target=self._play, daemon=True)  # it ends with us, when we fail, too
        self._player.start()

    def pull(self) -> None:
        """Out of it, whatever it is doing."""
        subprocess.run(["usb-box", "pull", self.name], check=True)
        self.is_pulled.set()
        self._player.join()
        self._out.close_port()
        if self._in is not None:
            hang_up(self._in, LAST_CALL_S)
        wait(lambda: self._inside not in self._insides())  # or the next one is taken for it

    def say(self, raw: bytes) -> None:
        """To the computer; nothing when the cable is out."""
        with self._one_at_a_time, contextlib.suppress(OSError):
            self._out.send_message(raw)

    def _insides(self) -> list[str]:
        return [name for name in listed(self._out.get_ports) if name.startswith(INSIDE)]


@contextlib.contextmanager
def witness(name: str) -> Iterator[list[int]]:
    """Listens to the same port as studiod: the benders' positions that came out of the kernel."""
    heard: list[int] = []
    midi_in = rtmidi.MidiIn(rtmidi.API_LINUX_ALSA, name="witness")
    midi_in.set_callback(lambda event, _: heard.append(event[0][1] | event[0][2] << 7))
    (number,) = (at for at, port in enumerate(listed(midi_in.get_ports)) if port.startswith(name))
    midi_in.open_port(number)
    try:
        yield heard
    finally:
        hang_up(midi_in, LAST_CALL_S)


def main() -> None:
    """See above."""
    with contextlib.ExitStack() as stack:
        sys.stdout.write(json.dumps(_told(stack)) + "\n")


def _told(stack: contextlib.ExitStack) -> dict[str, Any]:
    nano = NanoKontrol2()
    bends = 0
    cycles = int(sys.argv[1]) + WARM_UP

    def sway() -> None:
        byte = 0
        while not box.is_pulled.wait(STEADY_S):
            byte = (byte + 3) % 128
            nano.move_fader(8, byte)

    def count() -> None:
        nonlocal bends
        while not keys.is_pulled.wait(STEADY_S):
            keys.say(bytes((0xE0, bends & 0x7F, bends >> 7 & 0x7F)))
            bends += 1

    box, keys = Gadget(NANO, nano.receive, sway), Gadget(KEYS, lambda _: None, count)
    nano.emit = box.say
    keys.plug()
    wait(lambda: is_listened_to(KEYS))
    heard = stack.enter_context(witness(KEYS))
    keys.begin()
    times: list[dict[str, float]] = []
    weights: list[dict[str, dict[str, int]]] = []
    for cycle in range(cycles):
        strip = cycle % 7 + 1
        ask(f"/strip/{strip}/mute", 1)  # while it is away
        nano.power_on()
        plugged = time.monotonic()
        box.plug()
        wait(lambda: surface() == "connected")
        returned = time.monotonic() - plugged
        box.begin()
        wait(lambda: nano.lit == {"record", "play", f"mute/{strip}"})  # noqa: B023 - it is waited for here
        painted = time.monotonic() - plugged
        ask(f"/strip/{strip}/mute", 0)
        wait(lambda: nano.lit == {"record", "play"})
        box.say(NOTE_ON)
        time.sleep(STEADY_S)
        weights.append(weight())
        pulled = time.monotonic()
        box.pull()
        wait(lambda: surface() == "away")
        times.append({"returned": returned, "painted": painted, "lost": time.monotonic() - pulled})
    keys.pull()
    return {"times": times, "weights": weights, "bends": bends, "heard": heard}


if __name__ == "__main__":
    main()
