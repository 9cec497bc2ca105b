"""A nanoKONTROL2 in software: it has faders, lamps and a lamp mode, and answers the maker's questions.

`python -m tests.fakes.nanokontrol2` puts it behind virtual JACK ports and takes one command per line; see `main`.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterable

FADERS, KNOBS, SOLO, MUTE, ARM = 0, 16, 32, 48, 64
BUTTONS = {
    **{f"solo/{place + 1}": SOLO + place for place in range(8)},
    **{f"mute/{place + 1}": MUTE + place for place in range(8)},
    **{f"arm/{place + 1}": ARM + place for place in range(8)},
    "play": 41, "stop": 42, "rewind": 43, "forward": 44, "record": 45, "cycle": 46,
    "track/left": 58, "track/right": 59, "marker/set": 60, "marker/left": 61, "marker/right": 62,
}  # fmt: skip
_UNLIT = {58, 59, 60, 61, 62}
_HEAD = bytes.fromhex("F0 42 40 00 01 13 00")
_SCENE_BYTES = 339
_CONTROL_MODE, _LED_MODE = 1, 2
_EXTERNAL = 1
MESSAGE_S = 3 * 10 / 31_250  # three bytes of ten bits on a MIDI cable


class NanoKontrol2:
    """One box. `emit` is where its messages go; `receive` takes the computer's.

    Powered on, its lamps are dark and its LED mode is Internal: it lights a button itself while that is held,
    and does not listen for lamps.
    """

    def __init__(self, *, answers: bool = True, control_mode: int = 0) -> None:
        self.emit: Callable[[bytes], None] = lambda _: None
        self.received: list[bytes] = []
        """Everything that ever came in."""
        self.faders = [0] * 8
        self.knobs = [64] * 8
        self.answers = answers
        self._control_mode = control_mode
        self.power_on()

    def power_on(self) -> None:
        """Plugged in: what was only in RAM is gone."""
        self.lamps = dict.fromkeys((cc for cc in BUTTONS.values() if cc not in _UNLIT), False)
        # high bits in it, so that a box read without its high bits would be noticed
        self.scene = bytearray((place * 37) & 0xFF for place in range(_SCENE_BYTES))
        self.scene[0], self.scene[_CONTROL_MODE], self.scene[_LED_MODE] = 0, self._control_mode, 0
        self.scene_at_start = bytes(self.scene)

    @property
    def is_external(self) -> bool:
        """The computer owns the lamps."""
        return self.scene[_LED_MODE] == _EXTERNAL

    @property
    def lit(self) -> set[str]:
        """Names of the buttons that are lit."""
        return {name for name, cc in BUTTONS.items() if self.lamps.get(cc)}

    # -- hands -----------------------------------------------------------------------------------------------------

    def move_fader(self, fader: int, byte: int) -> None:
        """Push fader 1..8 to a position 0..127 in one jerk."""
        self.faders[fader - 1] = byte
        self.emit(bytes((0xB0, FADERS + fader - 1, byte)))

    def slide_fader(self, fader: int, byte: int, rest: Callable[[], None] = lambda: None) -> None:
        """Push fader 1..8 there through every position between, with a `rest` after each."""
        start = self.faders[fader - 1]
        for position in range(start, byte, 1 if byte > start else -1):
            self.move_fader(fader, position)
            rest()
        self.move_fader(fader, byte)

    def turn_knob(self, knob: int, byte: int) -> None:
        """Turn knob 1..8 to a position 0..127; the detent is 63 and 64."""
        self.knobs[knob - 1] = byte
        self.emit(bytes((0xB0, KNOBS + knob - 1, byte)))

    def press(self, name: str) -> None:
        """Press a button and let it go."""
        for byte in (127, 0):
            if not self.is_external and BUTTONS[name] in self.lamps:
                self.lamps[BUTTONS[name]] = bool(byte)
            self.emit(bytes((0xB0, BUTTONS[name], byte)))

    # -- wire ------------------------------------------------------------------------------------------------------

    def receive(self, message: bytes) -> None:
        """A whole message from the computer."""
        self.received.append(message)
        if message[0] == 0xB0 and self.is_external and message[1] in self.lamps:
            self.lamps[message[1]] = message[2] == 127
        elif message.startswith(_HEAD) and self.answers:
            self._command(message[len(_HEAD) : -1])

    def _command(self, body: bytes) -> None:
        if body == bytes.fromhex("1F 10 00"):
            self.emit(_HEAD + bytes.fromhex("7F 7F 02 03 05 40") + _seven_bit(self.scene) + b"\xf7")
        elif body.startswith(bytes.fromhex("7F 7F 02 03 05 40")):
            scene = _eight_bit(body[6:])
            accepted = len(scene) == _SCENE_BYTES
            if accepted:
                self.scene = bytearray(scene)
                self.lamps = dict.fromkeys(self.lamps, False)
            self.emit(_HEAD + bytes((0x5F, 0x23 if accepted else 0x24, 0x00)) + b"\xf7")


def _seven_bit(plain: Iterable[int]) -> bytes:
    """The packing of the maker, written apart from studiod's so that one proves the other: a bit at a time."""
    out: list[int] = []
    for place, byte in enumerate(plain):
        if place % 7 == 0:
            out.append(0)
        out[-1 - place % 7] |= (byte >> 7) << (place % 7)
        out.append(byte & 0x7F)
    return bytes(out)


def _eight_bit(packed: bytes) -> list[int]:
    plain: list[int] = []
    high = 0
    for place, byte in enumerate(packed):
        if place % 8 == 0:
            high = byte
        else:
            plain.append(byte + 128 * ((high >> (place % 8 - 1)) % 2))
    return plain


class Swing:
    """A hand that moves a fader up and down, as fast as the cable takes it, until the box is pulled out."""

    def __init__(self, box: NanoKontrol2) -> None:
        self._box = box
        self._hands: list[threading.Thread] = []
        self._pulled = threading.Event()

    def begin(self, fader: int) -> None:
        """Move this one, too."""
        self._pulled.clear()

        def move() -> None:
            while not self._pulled.is_set():
                for byte in (127, 0):
                    self._box.slide_fader(fader, byte, lambda: time.sleep(MESSAGE_S))

        self._hands.append(threading.Thread(target=move))
        self._hands[-1].start()

    def end(self) -> None:
        """Take the hand away."""
        self._pulled.set()
        for hand in self._hands:
            hand.join()
        self._hands = []


def main() -> None:
    """Serve one box over virtual JACK ports.

    Commands: plug, unplug, fader N BYTE, slide N BYTE, sway N (up and down until it is unplugged), press NAME, look.

    Each is answered by one line of JSON: the names that are lit, and whether the computer owns the lamps.
    """
    from tests.fakes.cable import Cable  # noqa: PLC0415 - the lab has this file alone

    box = NanoKontrol2()
    cable = Cable(box, "nanoKONTROL2")
    swing = Swing(box)

    def unplug() -> None:
        box.emit = lambda _: None  # a hand that still moves it says nothing more
        swing.end()
        cable.unplug()

    commands: dict[str, Callable[..., None]] = {
        "plug": cable.plug,
        "unplug": unplug,
        "fader": lambda fader, byte: box.move_fader(int(fader), int(byte)),
        # RtMidi over JACK garbles hundreds of messages at once; a box cannot send faster than its cable
        "slide": lambda fader, byte: box.slide_fader(int(fader), int(byte), lambda: time.sleep(MESSAGE_S)),
        "sway": lambda fader: swing.begin(int(fader)),
        "press": box.press,
        "look": lambda: None,
    }
    for line in sys.stdin:
        name, *words = line.split()
        commands[name](*words)
        sys.stdout.write(json.dumps({"lit": sorted(box.lit), "external": box.is_external}) + "\n")
        sys.stdout.flush()
    unplug()


if __name__ == "__main__":
    main()
