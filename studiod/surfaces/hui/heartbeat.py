"""A HUI wants to be asked once a second whether it is there, or goes off-line."""

from typing import Final

from studiod.surfaces.hui.codec import PING
from studiod.surfaces.mackie.words import Alive, Said, Started

PING_S: Final = 1.0
SILENCE_S: Final = 3.0  # three pings without an answer


class Heartbeat:
    """One meeting with a HUI. Until its first answer, or the time it may stay silent, nothing is shown."""

    def __init__(self) -> None:
        self.note = ""
        self.is_live = False
        self._pinged_at = float("-inf")
        self._heard_at = 0.0
        self._is_answering = False

    def start(self, now: float) -> list[bytes]:
        """What to say first."""
        self._pinged_at = self._heard_at = now
        return [PING]

    def due(self, now: float) -> list[bytes]:
        """The ping, when it is time."""
        if now - self._pinged_at < PING_S:
            return []
        self._pinged_at = now
        return [PING]

    def hear(self, said: Said, now: float) -> tuple[list[bytes], bool]:
        """Nothing to answer; whether the box shows nothing (any more) and is to be painted whole."""
        self._heard_at, self.note = now, ""
        is_blank = isinstance(said, Started) or not self._is_answering
        self._is_answering = self._is_answering or isinstance(said, Alive)
        self.is_live = True
        return [], is_blank

    def tick(self, now: float) -> bool:
        """Whether the box was waited for long enough, and is to be painted unasked."""
        if now - self._heard_at < SILENCE_S:
            return False
        self.note = "the box does not answer its ping; it is driven all the same"
        self._is_answering = False
        was_live, self.is_live = self.is_live, True
        return not was_live

    def wait(self, now: float) -> float | None:
        """Seconds until the next ping."""
        return max(self._pinged_at + PING_S - now, 0.0)
