"""Takes thrown away and brought back while a whole studio plays in virtual time."""

import asyncio
import contextlib
import json
from pathlib import Path

import numpy as np

from studiod.app.take_door import TakeDoor
from studiod.desk.librarian import Librarian
from studiod.net.osc.codec import encode
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.packet import Argument, Message, message
from tests.fakes.desk_rig import Rig
from tests.fakes.osc_desk import FakePeer, HandTimers
from tests.fakes.session_rig import RATE_HZ, SessionRig
from tests.helpers import eventually_async

_SECOND = RATE_HZ


class _Hall:
    """A session in virtual time, its librarian and its door."""

    def __init__(self, studio: SessionRig) -> None:
        self.studio = studio
        self.peer = FakePeer()
        self.endpoint = OscEndpoint(studio.hub, HandTimers())
        transport = studio.transport
        librarian = Librarian(lambda: transport.takes, transport.reread_takes, lambda: transport.recording)
        TakeDoor(librarian, studio.session, lambda _: False).register(self.endpoint)
        self.tasks = [asyncio.create_task(transport.run()), asyncio.create_task(librarian.run())]

    def ask(self, address: str, *arguments: Argument) -> Message:
        self.endpoint.receive(encode(message(address, *arguments)), self.peer)
        (answer,) = self.peer.messages()
        return answer

    async def order(self, address: str, *arguments: Argument) -> dict[str, object]:
        (ticket,) = self.ask(address, *arguments).arguments

        def settled() -> dict[str, object]:
            (text,) = self.ask("/takes/outcome", ticket).arguments
            told: dict[str, object] = json.loads(str(text))
            return told if told["done"] else {}

        return await eventually_async(settled)

    async def press(self, button: str, *arguments: float) -> None:
        self.studio.hub.fire(button, *arguments)
        await self.studio.settle()

    async def record(self, frames: int) -> None:
        await self.press("/transport/record")
        await self.studio.roll(frames)
        await self.press("/transport/stop")

    async def heard_from_the_start(self) -> float:
        """The loudest that main plays in the first half second of the timeline."""
        await self.press("/transport/locate", 0.0)
        await self.press("/transport/play")
        before = self.studio.output.shape[1]
        await self.studio.roll(_SECOND // 2)
        await self.press("/transport/stop")
        return float(np.abs(self.studio.output[:2, before:]).max())


def test_a_take_in_the_trash_is_no_longer_heard_and_one_that_came_back_is(tmp_path: Path) -> None:
    async def scene() -> None:
        with Rig.make(strips=1, buses=0, block_frames=256) as rig:
            studio = SessionRig(rig, tmp_path / "session")
            await studio.start()
            hall = _Hall(studio)
            try:
                await studio.settle()
                studio.hub.write("/strip/1/arm", 1.0, "test")
                await hall.record(_SECOND)
                studio.hub.write("/strip/1/arm", 0.0, "test")
                studio.hub.write("/strip/1/monitor", 2.0, "test")
                loud = await hall.heard_from_the_start()
                assert loud > 0.005
                assert (await hall.order("/takes/trash", 1))["fault"] == ""
                assert [take.id for take in studio.transport.takes] == []
                assert await hall.heard_from_the_start() < 0.001
                assert (await hall.order("/takes/restore", 1))["fault"] == ""
                assert abs(await hall.heard_from_the_start() - loud) < 1e-6
                assert (await hall.order("/takes/trash", 1))["fault"] == ""
                studio.hub.write("/strip/1/arm", 1.0, "test")
                await hall.record(_SECOND)
                assert [take.id for take in studio.transport.takes] == [2]  # numbers are not given again
                await hall.press("/transport/record")
                await studio.roll(_SECOND // 4)
                refused = hall.ask("/takes/trash", 2)
                assert "others may play to it: stop first" in str(refused.arguments[1])
                refused = hall.ask("/takes/rename", 3, "too early")
                assert "take 3 is being recorded: stop first" in str(refused.arguments[1])
                await hall.press("/transport/stop")
            finally:
                for task in hall.tasks:
                    task.cancel()
                for task in hall.tasks:
                    with contextlib.suppress(asyncio.CancelledError):
                        await task
                await studio.stop()

    asyncio.run(scene())
