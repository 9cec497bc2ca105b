"""What was pressed and is not done yet."""

import asyncio
from collections.abc import Awaitable, Callable

Command = Callable[[], Awaitable[object]]


class Commands:
    """Obeyed in the order they came. go: what goes to a position.

    Of places to go that follow each other only the last is gone to: a wheel that is turned, or a winding key that is
    held, would else go on long after the hand has let go, where each takes a slow disk half a second.
    """

    def __init__(self, go: Callable[[int], Awaitable[object]]) -> None:
        self._go = go
        self._waiting: asyncio.Queue[Command] = asyncio.Queue()
        self._last: _Trip | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing waits."""
        return self._waiting.empty()

    def put(self, command: Command) -> None:
        """One more."""
        self._last = None
        self._waiting.put_nowait(command)

    def put_place(self, position: int) -> None:
        """To be gone to, instead of one that came last and still waits."""
        if self._last is not None and not self._last.has_begun:
            self._last.position = position
            return
        trip = _Trip(self._go, position)
        self.put(trip)
        self._last = trip

    async def get(self) -> Command:
        """The next, as soon as there is one."""
        return await self._waiting.get()


class _Trip:
    """To wherever it is to go when its turn comes."""

    def __init__(self, go: Callable[[int], Awaitable[object]], position: int) -> None:
        self._go = go
        self.position = position
        self.has_begun = False

    async def __call__(self) -> None:
        self.has_begun = True
        await self._go(self.position)
