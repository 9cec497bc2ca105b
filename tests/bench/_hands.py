"""Boxes with motor faders on virtual JACK ports, and hands on them: a process of its own, as RtMidi over JACK wants it.

    python -m tests.bench._hands BOXES

Lines in: `play HZ SECONDS` has box 1 move its fader 1, box 2 its fader 2 and so on, each HZ times a second; `flood HZ
SECONDS` has box 1 alone do it. Each is answered, when it is over, by one line of JSON: what each hand sent last, and
when that was, seconds on CLOCK_MONOTONIC.
"""

import json
import sys
import time

import rtmidi

NAME = "benchbox"
STEPS = 128


def _hear(event: object, data: object) -> None:
    """A motor was told where to go: nobody looks."""


class Hand:
    """One box and its hand; the fader goes up and down."""

    def __init__(self, number: int) -> None:
        name = f"{NAME}-{number}"
        self._fader = number - 1
        self._out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)
        self._in = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=name)
        self._in.set_callback(_hear)
        self._out.open_virtual_port(name)
        self._in.open_virtual_port(name)
        self._moves = 0
        self.last = 0
        self.at_s = 0.0

    def move(self) -> None:
        """One step further."""
        place = self._moves % (2 * STEPS - 2)
        self.last = place if place < STEPS else 2 * STEPS - 2 - place
        self._moves += 1
        self.at_s = time.monotonic()
        self._out.send_message([0xB0, self._fader, self.last])


def play(hands: list[Hand], rate_hz: float, seconds: float) -> None:
    """Move every fader `rate_hz` times a second, evenly."""
    began = time.monotonic()
    due = 0
    while (now := time.monotonic() - began) < seconds:
        wanted = int(now * rate_hz)
        while due <= wanted:
            for hand in hands:
                hand.move()
            due += 1
        time.sleep(min(1 / rate_hz, 0.001))


def main() -> None:
    """Serve until the pipe is closed."""
    hands = [Hand(number) for number in range(1, int(sys.argv[1]) + 1)]
    print("ready", flush=True)
    for line in sys.stdin:
        command, rate_hz, seconds = line.split()
        playing = hands if command == "play" else hands[:1]
        play(playing, float(rate_hz), float(seconds))
        print(json.dumps([[hand.last, hand.at_s] for hand in playing]), flush=True)


if __name__ == "__main__":
    main()
