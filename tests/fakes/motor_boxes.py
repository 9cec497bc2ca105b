"""Boxes in software whose faders move by themselves and feel fingers: a HUI, an X-Touch Compact, one on a serial line.

A finger wins over a motor. Each keeps where its faders stand, in steps of its own.
"""

from collections.abc import Callable
from typing import Protocol

from tests.fakes.line_box import LineBox, Part

FADERS = 8
_PING, _PONG = bytes.fromhex("90 00 00"), bytes.fromhex("90 00 7F")


class MotorBox(Protocol):
    """What hands do at such a box; faders are counted from 1."""

    emit: Callable[[bytes], None]
    touched: set[int]
    faders: list[int]
    top: int
    """The highest step."""

    def power_on(self) -> None:
        """Switched on: its faders stand where they stood, no finger is on them."""
        ...

    def receive(self, message: bytes) -> None:
        """A message from the computer."""
        ...

    def touch(self, fader: int) -> None:
        """Lay a finger on a fader."""
        ...

    def release(self, fader: int) -> None:
        """Take it away."""
        ...

    def move(self, fader: int, step: int) -> None:
        """Push a fader there."""
        ...


class Hui:
    """A HUI: its faders have nine bits, its motors go back to where they were told last, and it answers pings."""

    top = 511

    def __init__(self) -> None:
        self.emit: Callable[[bytes], None] = lambda _: None
        self.faders = [0] * FADERS
        self.touched: set[int] = set()
        self._targets = [0] * FADERS
        self._high = [0] * FADERS

    def power_on(self) -> None:
        """See MotorBox."""
        self.touched.clear()
        self._targets = [*self.faders]
        self.emit(b"\xff")

    def receive(self, message: bytes) -> None:
        """See MotorBox."""
        if message == _PING:
            self.emit(_PONG)
        elif message[0] == 0xB0 and message[1] < FADERS:
            self._high[message[1]] = message[2]
        elif message[0] == 0xB0 and 0 <= message[1] - 0x20 < FADERS:
            place = message[1] - 0x20
            self._targets[place] = (self._high[place] << 7 | message[2]) >> 5
            if place + 1 not in self.touched:
                self.faders[place] = self._targets[place]

    def touch(self, fader: int) -> None:
        """See MotorBox."""
        self.touched.add(fader)
        self._switch(fader, 0x40)

    def release(self, fader: int) -> None:
        """See MotorBox."""
        self.touched.discard(fader)
        self.faders[fader - 1] = self._targets[fader - 1]
        self._switch(fader, 0)

    def move(self, fader: int, step: int) -> None:
        """See MotorBox."""
        self.faders[fader - 1] = step
        self.emit(bytes((0xB0, fader - 1, step >> 2)))
        self.emit(bytes((0xB0, 0x20 + fader - 1, (step & 3) << 5)))

    def _switch(self, fader: int, down: int) -> None:
        self.emit(bytes((0xB0, 0x0F, fader - 1)))
        self.emit(bytes((0xB0, 0x2F, down)))


class Compact:
    """An X-Touch Compact in standard mode, as its map has it: faders are CC 1 to 8, fingers CC 101 to 108."""

    top = 127

    def __init__(self) -> None:
        self.emit: Callable[[bytes], None] = lambda _: None
        self.faders = [0] * FADERS
        self.touched: set[int] = set()

    def power_on(self) -> None:
        """See MotorBox."""
        self.touched.clear()

    def receive(self, message: bytes) -> None:
        """See MotorBox."""
        if message[0] == 0xB0 and 1 <= message[1] <= FADERS and message[1] not in self.touched:
            self.faders[message[1] - 1] = message[2]

    def touch(self, fader: int) -> None:
        """See MotorBox."""
        self.touched.add(fader)
        self.emit(bytes((0xB0, 100 + fader, 127)))

    def release(self, fader: int) -> None:
        """See MotorBox."""
        self.touched.discard(fader)
        self.emit(bytes((0xB0, 100 + fader, 0)))

    def move(self, fader: int, step: int) -> None:
        """See MotorBox."""
        self.faders[fader - 1] = step
        self.emit(bytes((0xB0, fader, step)))


class LineFaders:
    """A home-made box with motors, on a serial line that speaks studiod's protocol."""

    top = 1023

    def __init__(self) -> None:
        self.touched: set[int] = set()
        self.faders = [0] * FADERS
        self._line = LineBox([Part("f", f"fader/{fader}", self.top + 1, "mt") for fader in range(1, FADERS + 1)])

    @property
    def emit(self) -> Callable[[bytes], None]:
        """Where its bytes go."""
        return self._line.emit

    @emit.setter
    def emit(self, to_desk: Callable[[bytes], None]) -> None:
        self._line.emit = to_desk

    def power_on(self) -> None:
        """See MotorBox."""
        self.touched.clear()
        self._line.power_on()

    def receive(self, message: bytes) -> None:
        """See MotorBox."""
        self._line.places.clear()
        self._line.receive(message)
        for name, step in self._line.places.items():
            fader = int(name.rpartition("/")[2])
            if fader not in self.touched:
                self.faders[fader - 1] = step

    def touch(self, fader: int) -> None:
        """See MotorBox."""
        self.touched.add(fader)
        self._line.touch(f"fader/{fader}", there=True)

    def release(self, fader: int) -> None:
        """See MotorBox."""
        self.touched.discard(fader)
        self._line.touch(f"fader/{fader}", there=False)

    def move(self, fader: int, step: int) -> None:
        """See MotorBox."""
        self.faders[fader - 1] = step
        self._line.move(f"fader/{fader}", step)
