"""A cable with a loose contact: what the desk says over it is late, swapped or lost."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tests.fakes.midi_ports import MidiBox


class PoweredBox(MidiBox, Protocol):
    """What has a plug and a switch."""

    def power_on(self) -> None:
        """Switch it off and on."""
        ...


@dataclass(eq=False)
class LooseCable:
    """A box behind its port; what the desk says waits while it is `held`, is swapped, or is lost."""

    port: str
    box: PoweredBox
    is_held: bool = False
    lose: int = 0
    waiting: list[bytes] = field(default_factory=list)
    hears: Callable[[bytes], None] = lambda _: None
    """What every message of the box passes on its way to the desk."""
    _to_desk: Callable[[bytes], None] = lambda _: None

    @property
    def emit(self) -> Callable[[bytes], None]:
        """Where the messages of the box go."""
        return self._to_desk

    @emit.setter
    def emit(self, to_desk: Callable[[bytes], None]) -> None:
        self._to_desk = to_desk
        self.box.emit = self._say

    def _say(self, message: bytes) -> None:
        self.hears(message)
        self._to_desk(message)

    def receive(self, message: bytes) -> None:
        """A message from the desk."""
        if self.lose:
            self.lose -= 1
        else:
            self.waiting.append(message)
            if not self.is_held:
                self.deliver()

    def deliver(self) -> None:
        """Everything that waits arrives."""
        waiting, self.waiting = self.waiting, []
        for message in waiting:
            self.box.receive(message)

    def swap(self) -> None:
        """The last two that wait change places."""
        if len(self.waiting) > 1:
            self.waiting[-1], self.waiting[-2] = self.waiting[-2], self.waiting[-1]
