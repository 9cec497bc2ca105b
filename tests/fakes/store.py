"""A value store in memory, for desks without a shared block."""


class MemoryStore:
    """A ValueStore that remembers what it was told.

    capacity: how many values `send` takes before the ring is full; None is endless. `drain` empties the ring.
    """

    def __init__(self, capacity: int | None = None) -> None:
        self.capacity = capacity
        self.numbers: dict[int, float] = {}
        self.engine_values: dict[int, float] = {}
        self.texts: dict[int, str] = {}
        self.sent: list[tuple[int, float]] = []
        """Every (slot, engine value) the ring took, in order."""
        self._waiting = 0

    def store_number(self, slot: int, value: float, engine_value: float) -> None:
        self.numbers[slot] = value
        self.engine_values[slot] = engine_value

    def store_text(self, slot: int, text: str) -> None:
        self.texts[slot] = text

    def send(self, slot: int, engine_value: float) -> bool:
        if self.capacity is not None and self._waiting >= self.capacity:
            return False
        self._waiting += 1
        self.sent.append((slot, engine_value))
        return True

    def drain(self) -> list[tuple[int, float]]:
        """What an engine would take now: everything since the last drain."""
        taken = self.sent[len(self.sent) - self._waiting :]
        self._waiting = 0
        return taken
