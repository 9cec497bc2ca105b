"""What every serial protocol is to the surfaces: controls that are known, gestures, and something to show."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from studiod.link.box_controls import SerialControl
from studiod.surfaces.base import Gesture, Moved, Released, Touched


class Talk(Protocol):
    """One protocol on one line, from the moment it is opened until it is lost; then a new one begins."""

    @property
    def junk(self) -> int:
        """Lines or frames that were dropped: broken, too long, or not meant for us."""
        ...

    @property
    def controls(self) -> Mapping[str, SerialControl]:
        """By name; empty while nothing is known of the box."""
        ...

    @property
    def is_ready(self) -> bool:
        """Whether the box is understood: what it says counts, and it can be shown things."""
        ...

    @property
    def greeted(self) -> int:
        """How often the box became ready; when it grows, the box shows nothing of what it was told before."""
        ...

    @property
    def says(self) -> str:
        """The name the box gives itself; empty where its protocol has none."""
        ...

    @property
    def note(self) -> str:
        """What a person should know about the box: who it is, or why it is not understood."""
        ...

    def hear(self, raw: bytes, now: float) -> list[Gesture]:
        """What the hand did, out of bytes cut anywhere; of positions only the latest. Never raises."""
        ...

    def say(self, now: float) -> bytes:
        """What has to be said to the box of our own accord; ask at opening, after `hear`, and twice a second."""
        ...

    def show(self, control: str, step: int, colour: int | None = None) -> bytes:
        """What makes lamp or motor of `control` show `step`; nothing when it can show nothing.

        colour: of the lamp, 0xRRGGBB; a protocol without colours leaves it out.
        """
        ...

    def write(self, control: str, text: str) -> bytes:
        """What makes display `control` show `text`, cut to its letters; nothing when it is no display."""
        ...


def latest(gestures: Iterable[Gesture]) -> list[Gesture]:
    """`gestures` without positions that a later one of the same control replaces, touches and releases respected."""
    kept: list[Gesture] = []
    replaced: set[str] = set()
    for gesture in reversed(list(gestures)):
        if isinstance(gesture, Moved):
            if gesture.control in replaced:
                continue
            replaced.add(gesture.control)
        elif isinstance(gesture, Touched | Released):
            replaced.discard(gesture.control)
        kept.append(gesture)
    kept.reverse()
    return kept
