"""What is to be sent at a moment that is still to come."""

import heapq

from studiod.link import PortEvent


class Waiting:
    """Messages by the moment they are due (`PortEvent.ns`); those of one moment in the order they were asked for."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, PortEvent]] = []

    @property
    def due_ns(self) -> int | None:
        """When the next is due, CLOCK_MONOTONIC; None while none waits."""
        return self._heap[0][0] if self._heap else None

    def add(self, event: PortEvent) -> None:
        """Keep it until it is due."""
        heapq.heappush(self._heap, (event.ns, event.number, event))

    def forget(self, port: int, from_ns: int) -> None:
        """Let go of what is for `port` and due at `from_ns` or later."""
        self._heap = [entry for entry in self._heap if entry[2].port != port or entry[0] < from_ns]
        heapq.heapify(self._heap)

    def take(self, now_ns: int) -> list[PortEvent]:
        """What is due by now, in order."""
        found = []
        while self._heap and self._heap[0][0] <= now_ns:
            found.append(heapq.heappop(self._heap)[2])
        return found
