"""What was pressed and is not done yet."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Command = Callable[[], Awaitable[object]]


class Commands:
    """Obeyed in the order they came. go: what goes to a position.

    Of places to go that follow each other only the last is gone to: a wheel that is turned, or a winding key that is
    held, would else go on long after the hand has let go, where each takes a slow disk half a second.
    """

    def __init__(self, go: Callable[[int], Awaitable[object]]) -> None:
        self._go = go
        self._waiting: asyncio.Queue[Command] = asyncio.Queue()
        self._trip: _Trip | None = None  # the last that waits, if it is one

    @property
    def is_empty(self) -> bool:
        """Nothing waits."""
        return self._waiting.empty()

    def put(self, command: Command) -> None:
        """One more."""
        self._trip = None
        self._waiting.put_nowait(command)

    def put_place(self, position: int) -> None:
        """To be gone to, instead of one that came last and still waits."""
        if self._trip is not None:
            self._trip.position = position
            return
        self._trip = _Trip(self._go, position)
        self._waiting.put_nowait(self._trip)

    async def get(self) -> Command:
        """The next, as soon as there is one."""
        command = await self._waiting.get()
        if command is self._trip:
            self._trip = None
        return command


@dataclass
class _Trip:
    """To wherever it is to go when its turn comes."""

    go: Callable[[int], Awaitable[object]]
    position: int

    async def __call__(self) -> None:
        await self.go(self.position)
