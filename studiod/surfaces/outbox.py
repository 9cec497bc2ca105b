"""A queue to a box that never floods the wire."""

from collections.abc import Callable

BURST = 32  # messages at once: rtmidi over JACK passed bursts of 100 whole and garbled 400
BURST_BYTES = 3 * BURST


class Outbox:
    """Messages on their way to the box; per key only the newest.

    At most `messages_per_s` and `bytes_per_s`, and `BURST` and `BURST_BYTES` at once; a message longer than that goes
    when the wire has been quiet, and is paid for afterwards. `send` takes one whole message. Time comes in as seconds
    of any steady clock.
    """

    def __init__(self, send: Callable[[bytes], None], messages_per_s: int, now: float, bytes_per_s: int) -> None:
        self._send = send
        self._rate, self._byte_rate = float(messages_per_s), float(bytes_per_s)
        self._credit, self._byte_credit = float(BURST), float(BURST_BYTES)
        self._then = now
        self._waiting: dict[str, tuple[bytes, ...]] = {}

    @property
    def is_waiting(self) -> bool:
        """Something is still to be sent."""
        return bool(self._waiting)

    def put(self, key: str, *messages: bytes) -> None:
        """Queue `messages`, which belong together; what waits under the same key is replaced."""
        self._waiting[key] = messages

    def drain(self, now: float) -> float | None:
        """Send what may go at `now`; seconds until more may, or None when nothing waits. Raises what `send` raises."""
        passed = max(now - self._then, 0.0)
        self._credit = min(self._credit + passed * self._rate, float(BURST))
        self._byte_credit = min(self._byte_credit + passed * self._byte_rate, float(BURST_BYTES))
        self._then = now
        while self._waiting:
            key = next(iter(self._waiting))
            messages = self._waiting[key]
            size = sum(map(len, messages))
            if not self._affords(len(messages), size):
                # a hair more, so that rounding cannot wake the caller a moment too early for ever
                return max(self._wait(len(messages), size), 0.0) + 1e-6
            del self._waiting[key]
            self._credit -= len(messages)
            self._byte_credit -= size
            for message in messages:
                self._send(message)
        return None

    def flush(self) -> None:
        """Send everything at once: the box is about to be let go."""
        while self._waiting:
            for message in self._waiting.pop(next(iter(self._waiting))):
                self._send(message)

    def _affords(self, count: int, size: int) -> bool:
        return self._credit >= min(count, BURST) and self._byte_credit >= min(size, BURST_BYTES)

    def _wait(self, count: int, size: int) -> float:
        """Seconds until that much may go."""
        return max(
            (min(count, BURST) - self._credit) / self._rate,
            (min(size, BURST_BYTES) - self._byte_credit) / self._byte_rate,
        )
