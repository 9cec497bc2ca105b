"""A transport in virtual time, and how it is turned and looked at."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from studiod.link import TakeFrames
from tests.fakes.desk_rig import Rig
from tests.fakes.session_rig import RATE_HZ, SessionRig

STEP = 480  # 10 ms: the desk looks as often as this


@asynccontextmanager
async def session(folder: Path) -> AsyncIterator[SessionRig]:
    """Four strips, two buses; the transport obeys."""
    with Rig.make(strips=4, buses=2, block_frames=256) as rig:
        made = SessionRig(rig, folder / "session")
        await made.start()
        async with obeying(made):
            yield made
        await made.stop()


@asynccontextmanager
async def obeying(studio: SessionRig) -> AsyncIterator[None]:
    """The transport that `studio` has now obeys until this ends: the life of one desk."""
    task = asyncio.create_task(studio.transport.run())
    try:
        await studio.settle()
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def walk(scene: Callable[[SessionRig], Awaitable[None]], folder: Path) -> None:
    """Let `scene` happen in a session in `folder`."""

    async def run() -> None:
        async with session(folder) as studio:
            await scene(studio)

    asyncio.run(run())


def state(studio: SessionRig) -> str:
    """What it does, and what goes on beside it."""
    hub = studio.hub
    words = [hub.registry[a].text(hub.value(a)) for a in ("/transport/state", "/transport/phase")]
    return words[0] if words[1] == "none" else " ".join(words)


async def press(studio: SessionRig, button: str, *arguments: float) -> None:
    """Press it, and wait until that is obeyed."""
    studio.hub.fire(button, *arguments)
    await studio.settle()


async def roll(studio: SessionRig, frames: int) -> None:
    """Let `frames` go by while the desk looks on."""
    while frames > 0:
        await studio.roll(min(frames, STEP))
        await asyncio.sleep(0)
        frames -= STEP


async def roll_until(studio: SessionRig, is_so: Callable[[], bool], most: int = 30 * RATE_HZ) -> None:
    """Let time go by until it is so."""
    for _ in range(most // STEP):
        if is_so():
            await studio.settle()
            return
        await roll(studio, STEP)
    raise AssertionError(f"it never is so; {state(studio)} at {position(studio)}: {studio.transport.fault}")


def arm(studio: SessionRig, *strips: int) -> None:
    """Arm strips."""
    for strip in strips:
        studio.hub.write(f"/strip/{strip}/arm", 1.0, "test")


def write(studio: SessionRig, **values: float) -> None:
    """Set parameters: `loop_start=2.0` is /loop/start."""
    for name, value in values.items():
        studio.hub.write(f"/{name.replace('_', '/')}", value, "test")


def position(studio: SessionRig) -> int:
    """Where the engine is."""
    return studio.rig.block.snapshot().position


def frame(studio: SessionRig) -> int:
    """When the engine is."""
    return studio.rig.block.snapshot().frame


def takes(studio: SessionRig) -> tuple[TakeFrames, ...]:
    """What the engine remembers of takes."""
    return studio.rig.block.snapshot().takes
