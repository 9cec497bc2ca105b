"""A hand at a box, simulated: what turning, sliding and pressing sends, in every language that boxes speak."""

import itertools
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from studiod.surfaces.controls import Relative, Wire, WireKind
from studiod.surfaces.generic_midi import value_messages

Said = tuple[float, bytes]
"""When, and what."""


def encoded(relative: Relative, steps: int) -> int:
    """The seven-bit value that tells `steps`."""
    match relative:
        case Relative.TWOS:
            return steps & 0x7F
        case Relative.OFFSET:
            return 64 + steps
        case Relative.SIGN:
            return steps if steps > 0 else 64 - steps
        case Relative.SIGN_REVERSED:
            return 64 + steps if steps > 0 else -steps
        case Relative.HALF:
            return 127 if steps > 0 else 0
        case Relative.PAIR:
            return abs(steps)


@dataclass
class Hand:
    """Moves one control; time goes on with each message. speed: 1 is a calm hand."""

    seed: int = 0
    speed: float = 1.0
    now: float = 0.0
    said: list[Said] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311 - a hand, no secret

    def tell(self, *messages: bytes) -> None:
        """The box says it now."""
        self.said += [(self.now, message) for message in messages]

    def wait(self, seconds: float) -> None:
        """Nothing is said."""
        self.now += seconds

    def slide(
        self, tell: Callable[[int], Iterable[bytes]], highest: int, way: Sequence[float] = (0.0, 1.0, 0.0)
    ) -> None:
        """From the first of `way` (shares of the throw) to the next ones; a box tells a position once."""
        last = round(way[0] * highest)
        for start, end in itertools.pairwise(way):
            moves = max(int(40 * abs(end - start) / self.speed * self.dice.uniform(0.8, 1.2)), 3)
            for move in range(1, moves + 1):
                share = move / moves
                eased = share * share * (3 - 2 * share)  # a hand speeds up and slows down
                value = round((start + (end - start) * eased) * highest)
                self.wait(0.01 * self.dice.uniform(0.5, 1.5))
                if value != last:
                    last = value
                    self.tell(*tell(value))
            self.wait(0.1)

    def turn(self, tell: Callable[[int], Iterable[bytes]], clicks: Sequence[int] = (20, -20), fastest: int = 1) -> None:
        """So many clicks to each side in turn; a fast box puts up to `fastest` of them in one message."""
        for run in clicks:
            rest, side = abs(run), 1 if run > 0 else -1
            while rest:
                share = 1.0 - abs(2.0 * rest / abs(run) - 1.0)  # fastest in the middle
                steps = min(max(round(share * fastest * self.dice.uniform(0.7, 1.0)), 1), rest, fastest)
                rest -= steps
                self.wait(0.02 / self.speed * self.dice.uniform(0.5, 1.5))
                self.tell(*tell(side * steps))
            self.wait(0.15)

    def press(self, down: bytes, up: bytes | None, times: int = 3, hold_s: float = 0.12, pause_s: float = 0.4) -> None:
        """Down and up so many times; `up` None: the box tells only presses."""
        for _ in range(times):
            self.tell(down)
            self.wait(hold_s * self.dice.uniform(0.8, 1.2))
            if up is not None:
                self.tell(up)
            self.wait(pause_s * self.dice.uniform(0.8, 1.2))


def positions(wire: Wire) -> Callable[[int], tuple[bytes, ...]]:
    """What a control with a position on `wire` says."""
    return lambda value: value_messages(wire, value)


def steps(wire: Wire, relative: Relative, down: Wire | None = None) -> Callable[[int], tuple[bytes, ...]]:
    """What an endless knob on `wire` says."""

    def tell(clicks: int) -> tuple[bytes, ...]:
        side = down if down is not None and clicks < 0 else wire
        value = encoded(relative, clicks)
        return value_messages(side, 16_383 if value and wire.kind is WireKind.BEND else value)

    return tell
