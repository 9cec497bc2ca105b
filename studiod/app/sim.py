"""`studiod sim mcu`: a Mackie Control in the terminal, behind real MIDI ports, for those who have none."""

import argparse
import contextlib
import os
import queue
import select
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from typing import Final

from studiod.ports.hang_up import hang_up
from studiod.surfaces.mackie.picture import picture
from studiod.surfaces.mackie.simulator import MASTER_FADER, Manners, Simulator
from studiod.surfaces.mackie.words import TOP

_DESCRIPTION: Final = """\
A Mackie Control drawn in this terminal, behind MIDI ports of its own. Start studiod, then this: faders, lamps and
displays show the desk, and the keys below work it.
"""
_EPILOG: Final = """\
keys:
  1-9         the hand goes to that fader (9: main)      up down     moves it, touched
  enter       lets it go                                 left right  turns its V-Pot
  r s m c     rec, solo, mute, select of that strip      v           pushes its V-Pot
  space p .   play, record (p), stop (.)                 [ ]         bank left, right
  t e d n a i track, EQ, dynamics, send, pan, inserts    f           flip
  < >         page before, after                         - =         channel left, right
  l u k       loop, punch, click                         w b         sets a marker, time or bars
  , /         jog                                        o           off and on again
  q           ends
"""
NAMES: Final = {"mcu": "Mackie Control", "x-touch": "X-Touch", "extender": "X-Touch-Ext", "logic": "Logic Control"}
_EXTENDER_ID: Final = 0x15
_STEP: Final = TOP // 50
_FRAME_S: Final = 1 / 15
_STRIP_KEYS: Final = {"r": "rec", "s": "solo", "m": "mute", "c": "select", "v": "vpot"}
_KEYS: Final = {
    " ": "play",
    "p": "record",
    ".": "stop",
    "[": "bank/left",
    "]": "bank/right",
    "f": "flip",
    "t": "track",
    "e": "eq",
    "d": "instrument",
    "n": "send",
    "a": "pan",
    "i": "plugin",
    "<": "cursor/left",
    ">": "cursor/right",
    "-": "channel/left",
    "=": "channel/right",
    "l": "cycle",
    "u": "drop",
    "k": "click",
    "w": "marker",
    "b": "smpte-beats",
}
_ARROWS: Final = {"\x1b[A": "up", "\x1b[B": "down", "\x1b[C": "right", "\x1b[D": "left"}


class Player:
    """A hand at the terminal: one fader at a time, and what its keys do to the box."""

    def __init__(self, box: Simulator) -> None:
        self.box = box
        self.hand = 1

    def type(self, key: str) -> bool:
        """Do what `key` means; False when it means to end."""
        box, hand = self.box, self.hand
        if key in ("q", "\x03", "\x04"):
            return False
        if key.isdigit() and key != "0":
            self._let_go()
            self.hand = int(key)
        elif key in _ARROWS:
            self._arrow(_ARROWS[key])
        elif key in ("\n", "\r"):
            self._let_go()
        elif key in _STRIP_KEYS and hand < MASTER_FADER:
            box.press(f"{_STRIP_KEYS[key]}/{hand}")
        elif key in _KEYS:
            box.press(_KEYS[key])
        elif key in (",", "/"):
            box.jog(-1 if key == "," else 1)
        elif key == "o":
            box.power_on()
        return True

    def _arrow(self, way: str) -> None:
        if way in ("left", "right"):
            if self.hand < MASTER_FADER:
                self.box.turn(self.hand, 1 if way == "right" else -1)
            return
        if self.hand not in self.box.touched:
            self.box.touch(self.hand)
        self.box.move(self.hand, self.box.faders[self.hand - 1] + (_STEP if way == "up" else -_STEP))

    def _let_go(self) -> None:
        if self.hand in self.box.touched:
            self.box.release(self.hand)


def simulator(kind: str) -> Simulator:
    """The box of that kind: mcu, x-touch, extender or logic."""
    if kind == "logic":
        return Simulator(0x10, Manners.RIDDLE)
    return Simulator(_EXTENDER_ID) if kind == "extender" else Simulator()


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `sim` to the commands of `studiod`."""
    command = commands.add_parser(
        "sim",
        help="a control surface in the terminal",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("kind", choices=sorted(NAMES), help="which box to be")
    command.add_argument("--api", choices=("alsa", "jack"), default="alsa", help="MIDI system (default: alsa)")


def run(given: argparse.Namespace) -> int:
    """Play until `q`; 1 where there is no terminal or no MIDI system."""
    if not sys.stdin.isatty():
        sys.stderr.write("studiod sim: stdin is no terminal: there is nobody to play\n")
        return 1
    player = Player(simulator(given.kind))
    heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    try:
        with _ports(given.api, NAMES[given.kind], heard.put) as send, _raw_terminal():
            player.box.emit = send
            player.box.power_on()
            _play(player, heard)
    except OSError as fault:
        sys.stderr.write(f"studiod sim: no {given.api} MIDI: {' '.join(str(fault).split())}\n")
        return 1
    return 0


def _play(player: Player, heard: "queue.SimpleQueue[bytes]") -> None:
    then = time.monotonic()
    sys.stdout.write("\x1b[2J")
    while True:
        with contextlib.suppress(queue.Empty):
            while True:
                player.box.receive(heard.get_nowait())
        now = time.monotonic()
        player.box.elapse(now - then)
        then = now
        shown = "\x1b[K\r\n".join(picture(player.box, player.hand))
        sys.stdout.write(f"\x1b[H{shown}\x1b[K\r\n\r\n  q ends, studiod sim --help tells the keys\x1b[K")
        sys.stdout.flush()
        if select.select([sys.stdin], [], [], _FRAME_S)[0]:
            for key in keys_of(os.read(sys.stdin.fileno(), 64).decode("ascii", "replace")):
                if not player.type(key):
                    return


def keys_of(typed: str) -> Iterator[str]:
    """Each key in what a terminal sent: an arrow is three characters."""
    while typed:
        size = 3 if typed[:3] in _ARROWS else 1
        yield typed[:size]
        typed = typed[size:]


@contextlib.contextmanager
def _raw_terminal() -> Iterator[None]:
    was = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, was)
        sys.stdout.write("\r\n")


@contextlib.contextmanager
def _ports(api: str, name: str, on_message: Callable[[bytes], None]) -> Iterator[Callable[[bytes], None]]:
    """A pair of virtual ports; what they give sends one message. Raises OSError."""
    import rtmidi

    number = rtmidi.API_UNIX_JACK if api == "jack" else rtmidi.API_LINUX_ALSA
    with contextlib.ExitStack() as stack:
        try:
            midi_in, midi_out = rtmidi.MidiIn(number, name=name), rtmidi.MidiOut(number, name=name)
            stack.callback(midi_out.delete)
            stack.callback(hang_up, midi_in)
            midi_in.ignore_types(sysex=False)
            midi_in.set_callback(lambda event, _: on_message(bytes(event[0])))
            midi_out.open_virtual_port(f"{name} MIDI 1")
            midi_in.open_virtual_port(f"{name} MIDI 1")
        except (rtmidi.SystemError, rtmidi.InvalidPortError, NotImplementedError) as fault:
            raise OSError(str(fault)) from None
        yield midi_out.send_message
