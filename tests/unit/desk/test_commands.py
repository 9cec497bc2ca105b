"""Commands are obeyed in order; of places to go one after the other, only the last that waits."""

import asyncio

import pytest

from studiod.desk.commands import Commands


class Obeyed:
    """Writes down what was done."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.commands = Commands(self.go)

    async def go(self, position: int) -> None:
        self.done.append(position)

    def press(self, word: str) -> None:
        async def command() -> None:
            self.done.append(word)

        self.commands.put(command)

    async def obey(self) -> None:
        while not self.commands.is_empty:
            await (await self.commands.get())()


@pytest.mark.parametrize(
    ("pressed", "done"),
    [
        ([1, 2, 3], [3]),
        ([1, "play", 2, 3], [1, "play", 3]),
        (["play", 1, "stop"], ["play", 1, "stop"]),
        ([1, 2, "stop", "play"], [2, "stop", "play"]),
    ],
)
def test_only_the_last_of_places_in_a_row_is_gone_to(pressed: list[int | str], done: list[int | str]) -> None:
    async def walk() -> None:
        obeyed = Obeyed()
        for what in pressed:
            if isinstance(what, int):
                obeyed.commands.put_place(what)
            else:
                obeyed.press(what)
        await obeyed.obey()
        assert obeyed.done == done

    asyncio.run(walk())


def test_a_place_that_is_under_way_is_not_changed_any_more() -> None:
    async def walk() -> None:
        obeyed = Obeyed()
        obeyed.commands.put_place(1)
        first = await obeyed.commands.get()
        await first()
        obeyed.commands.put_place(2)
        obeyed.commands.put_place(3)
        await obeyed.obey()
        assert obeyed.done == [1, 3]

    asyncio.run(walk())
