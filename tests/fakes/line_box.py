"""A home-made box in software: it speaks studiod's line protocol, holds what it was told, and can be reset.

Written apart from studiod's own grammar, so that one proves the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

BOOT_LOG = b"\x00\xff\xfeets Jul 29 2019 12:21:46\r\nrst:0x1 (POWERON_RESET)\r\nV 0 1023\r\nB 2 1\r\n"


def checksum(payload: bytes) -> int:
    """CRC-16/CCITT-FALSE, a bit at a time."""
    total = 0xFFFF
    for byte in payload:
        total ^= byte << 8
        for _ in range(8):
            total = ((total << 1) ^ 0x1021 if total & 0x8000 else total << 1) & 0xFFFF
    return total


def line(payload: str) -> bytes:
    """One line as it stands on the wire."""
    raw = payload.encode()
    return b"%s*%04X\n" % (raw, checksum(raw))


@dataclass(frozen=True)
class Part:
    """What is soldered to the box: kind letter, name, steps, flags."""

    kind: str
    name: str
    steps: int = 2
    flags: str = "-"


class LineBox:
    """One box. `emit` is where its bytes go; `receive` takes the computer's, cut anywhere."""

    def __init__(self, parts: Sequence[Part], name: str = "demo") -> None:
        self.emit: Callable[[bytes], None] = lambda _: None
        self.parts = tuple(parts)
        self.name = name
        self.lamps: dict[str, int] = {}
        self.places: dict[str, int] = {}
        self.texts: dict[str, str] = {}
        self.heard: list[str] = []
        """Every line that was good, without its checksum."""
        self.bad = 0
        self.is_mute = False
        """It has hung: it says nothing, whatever it is asked."""
        self._held = b""

    def power_on(self, log: bytes = BOOT_LOG) -> None:
        """It boots: what it was told is gone, it talks nonsense, and then says who it is."""
        self.lamps, self.places, self.texts, self._held = {}, {}, {}, b""
        self.say(log)
        self.describe()

    def describe(self) -> None:
        """Say everything about itself."""
        self.say(line(f"H 1 {self.name} 1.0 {len(self.parts)}"))
        for number, part in enumerate(self.parts):
            self.say(line(f"C {number} {part.kind} {part.steps} {part.flags} {part.name}"))
        self.say(line("R"))

    def say(self, raw: bytes) -> None:
        """Put bytes on the wire, unless it has hung."""
        if not self.is_mute:
            self.emit(raw)

    # -- hands -----------------------------------------------------------------------------------------------------

    def move(self, name: str, step: int) -> None:
        """A fader or knob is put there."""
        self.say(line(f"V {self._number(name)} {step}"))

    def turn(self, name: str, steps: int) -> None:
        """An endless knob is turned."""
        self.say(line(f"E {self._number(name)} {steps}"))

    def press(self, name: str) -> None:
        """A button goes down."""
        self.say(line(f"B {self._number(name)} 1"))

    def release(self, name: str) -> None:
        """It comes up."""
        self.say(line(f"B {self._number(name)} 0"))

    def touch(self, name: str, *, there: bool) -> None:
        """A finger comes, or goes."""
        self.say(line(f"T {self._number(name)} {int(there)}"))

    # -- wire ------------------------------------------------------------------------------------------------------

    def receive(self, message: bytes) -> None:
        """Bytes from the computer."""
        *whole, self._held = (self._held + message).split(b"\n")
        for raw in whole:
            payload, star, digits = raw.rpartition(b"*")
            if star and digits == b"%04X" % checksum(payload):
                self._obey(payload.decode())
            elif raw:
                self.bad += 1

    def _obey(self, payload: str) -> None:
        self.heard.append(payload)
        word, _, rest = payload.partition(" ")
        if word == "?":
            self.describe()
        elif word == "P":
            self.say(line(payload))
        elif word == "L":
            number, level, *_ = rest.split(" ")
            self.lamps[self.parts[int(number)].name] = int(level)
        elif word == "V":
            number, step = rest.split(" ")
            self.places[self.parts[int(number)].name] = int(step)
        elif word == "D":
            number, _, text = rest.partition(" ")
            self.texts[self.parts[int(number)].name] = text

    def _number(self, name: str) -> int:
        return next(number for number, part in enumerate(self.parts) if part.name == name)
