# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller for studiod in MicroPython: faders, buttons with lamps, an endless knob, a record lamp.

Copy it to the board as main.py. Change the table of controls to what you have soldered; studiod needs no map, the box
describes itself. The protocol is in docs/reference/serial-protocol.md. The pins here are a Raspberry Pi Pico's.
"""

import select
import sys

import micropython
import utime
from machine import ADC, Pin

NAME, FIRMWARE = "demo", "1.0"
# kind (f fader or pot, b button to ground, e encoder to ground, l lamp), steps, flags, name, pin, other pin:
# an encoder's second one, a button's lamp
CONTROLS = (
    ("f", 1018, "-", "fader/1", 26, None),
    ("f", 1018, "-", "fader/2", 27, None),
    ("b", 2, "l", "mute/1", 2, 6),
    ("b", 2, "l", "mute/2", 3, 7),
    ("e", 24, "-", "jog", 4, 5),
    ("l", 2, "-", "rec", 25, None),
)
TOP = 1023  # readings are cut to ten bits: the rest is noise
NOISE = 3  # a pot that moves less than this either way has not moved
BOUNCE_MS = 5  # contacts bounce about so long
ALONE_MS = 5000  # so long without a word from studiod: lamps off
LONGEST_LINE = 128  # without LF
QUARTERS = 4  # of an encoder between two clicks
STEPS = (0, 1, -1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 0, -1, 1, 0)  # contacts before and now: one step, or a bounce


def checksum(raw):
    """CRC-16/CCITT-FALSE."""
    total = 0xFFFF
    for byte in raw:
        total ^= byte << 8
        for _ in range(8):
            total = ((total << 1) ^ 0x1021 if total & 0x8000 else total << 1) & 0xFFFF
    return total


def tell(*words):
    """Say one line."""
    raw = " ".join(str(word) for word in words).encode()
    sys.stdout.write("%s*%04X\n" % (raw.decode(), checksum(raw)))


def unsealed(line):
    """Words of a line whose checksum is right; none for any other."""
    payload, star, digits = line.rstrip(b"\r").rpartition(b"*")
    if not star or len(digits) != 4 or digits != b"%04X" % checksum(payload):
        return []
    return payload.split(b" ")


class Fader:
    """A pot on an analog pin."""

    def __init__(self, number, pin, _other):
        self.number, self.adc = number, ADC(Pin(pin))
        self.middle = self._play(self.adc.read_u16() >> 6)

    def _play(self, middle):
        return min(max(middle, NOISE), TOP - NOISE)

    def scan(self):
        """Say where it stands, if it has moved."""
        reading = self.adc.read_u16() >> 6
        middle = self._play(min(max(self.middle, reading - NOISE), reading + NOISE))
        if middle != self.middle:
            self.middle = middle
            self.stand()

    def stand(self):
        """Say where it stands."""
        tell("V", self.number, self.middle - NOISE)

    def light(self, level):
        """It has no lamp."""


class Button:
    """A button to ground, and its lamp."""

    def __init__(self, number, pin, other):
        self.number, self.pin = number, Pin(pin, Pin.IN, Pin.PULL_UP)
        self.lamp = None if other is None else Pin(other, Pin.OUT)
        self.is_down, self.changed_at = 0, utime.ticks_ms()

    def scan(self):
        """Say that it went down or up."""
        is_down, now = 1 - self.pin.value(), utime.ticks_ms()
        if is_down != self.is_down and utime.ticks_diff(now, self.changed_at) >= BOUNCE_MS:
            self.is_down, self.changed_at = is_down, now
            tell("B", self.number, is_down)

    def stand(self):
        """A button stands nowhere."""

    def light(self, level):
        """Switch its lamp."""
        if self.lamp is not None:
            self.lamp.value(1 if level > 0 else 0)


class Encoder:
    """An endless knob, two contacts to ground."""

    def __init__(self, number, pin, other):
        self.number = number
        self.pins = Pin(pin, Pin.IN, Pin.PULL_UP), Pin(other, Pin.IN, Pin.PULL_UP)
        self.before, self.quarters = self._contacts(), 0

    def _contacts(self):
        return (1 - self.pins[0].value()) << 1 | (1 - self.pins[1].value())

    def scan(self):
        """Say each click."""
        now = self._contacts()
        self.quarters += STEPS[self.before << 2 | now]
        self.before = now
        if abs(self.quarters) >= QUARTERS:
            tell("E", self.number, 1 if self.quarters > 0 else -1)
            self.quarters = 0

    def stand(self):
        """An endless knob stands nowhere."""

    def light(self, level):
        """It has no lamp."""


class Lamp:
    """A lamp alone."""

    def __init__(self, number, pin, _other):
        self.number, self.lamp = number, Pin(pin, Pin.OUT)

    def scan(self):
        """Nobody moves a lamp."""

    def stand(self):
        """A lamp stands nowhere."""

    def light(self, level):
        """Switch it."""
        self.lamp.value(1 if level > 0 else 0)


KINDS = {"f": Fader, "b": Button, "e": Encoder, "l": Lamp}


class Box:
    """All controls, and the line."""

    def __init__(self):
        self.parts = [KINDS[row[0]](number, row[4], row[5]) for number, row in enumerate(CONTROLS)]
        self.held, self.skips, self.is_alone, self.heard_at = b"", False, True, utime.ticks_ms()
        self.poll = select.poll()
        self.poll.register(sys.stdin, select.POLLIN)

    def describe(self):
        """Say everything about the box."""
        tell("H", 1, NAME, FIRMWARE, len(CONTROLS))
        for number, (kind, steps, flags, name, _pin, _other) in enumerate(CONTROLS):
            tell("C", number, kind, steps, flags, name)
        tell("R")
        for part in self.parts:
            part.stand()

    def darken(self):
        """Switch every lamp off."""
        for part in self.parts:
            part.light(0)

    def hear(self):
        """Take what has come, byte by byte: a read that waits for more would stop the box."""
        while self.poll.poll(0):
            byte = sys.stdin.buffer.read(1)
            if byte == b"\n":
                if not self.skips:
                    self.obey(unsealed(self.held))
                self.held, self.skips = b"", False
            elif len(self.held) >= LONGEST_LINE:
                self.skips = True
            else:
                self.held += byte

    def obey(self, words):
        """Do what one line says."""
        if not words:
            return
        self.heard_at, self.is_alone = utime.ticks_ms(), False
        try:
            numbers = [int(word) for word in words[1:3]]
        except ValueError:
            return
        if words[0] == b"?":
            self.describe()
        elif words[0] == b"P" and numbers:
            tell("P", numbers[0])
        elif words[0] == b"L" and len(numbers) == 2 and 0 <= numbers[0] < len(self.parts):
            self.parts[numbers[0]].light(numbers[1])

    def turn(self):
        """Once around."""
        self.hear()
        for part in self.parts:
            part.scan()
        if not self.is_alone and utime.ticks_diff(utime.ticks_ms(), self.heard_at) > ALONE_MS:
            self.is_alone = True
            self.darken()


def main():
    """For ever."""
    micropython.kbd_intr(-1)  # a byte 03 on the line is noise, and no Ctrl-C
    box = Box()
    box.darken()
    box.describe()
    while True:
        box.turn()


main()
