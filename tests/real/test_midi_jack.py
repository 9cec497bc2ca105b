"""A nanoKONTROL2 over real MIDI ports: python-rtmidi, a real jackd, the box in a process of its own."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from studiod.surfaces.base import Takeover
from studiod.surfaces.manager import SurfaceManager
from studiod.surfaces.maps import load_map, map_folder
from studiod.surfaces.models import MapModel
from studiod.surfaces.ports import BlockPorts
from studiod.surfaces.touches import Touches
from tests.fakes.ports_rig import PortsRig, ports_rig
from tests.helpers import POLL_S, eventually_async
from tests.real.jackd import JackServer, has_jackd, jack_server
from tests.unit.surfaces.rig import desk

pytestmark = [pytest.mark.real, pytest.mark.skipif(not has_jackd(), reason="jackd is not installed")]
NANO = load_map(map_folder() / "korg-nanokontrol2.yaml")


class RemoteBox:
    """The software nanoKONTROL2 in its own process: RtMidi over JACK wants the two ends to be strangers."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def do(self, command: str) -> set[str]:
        """Carry out a command; names of the buttons that are lit after it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\n".encode())
        line = await asyncio.wait_for(self._process.stdout.readline(), 10.0)
        return set(json.loads(line)["lit"])

    async def shows(self, *lit: str) -> None:
        """Wait until exactly these are lit."""
        async with asyncio.timeout(10.0):
            while await self.do("lamps") != set(lit):  # noqa: ASYNC110 - another process says so
                await asyncio.sleep(POLL_S)  # JACK's threads get the cores


@asynccontextmanager
async def remote_box() -> AsyncIterator[RemoteBox]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.nanokontrol2", stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield RemoteBox(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 5.0)
        except TimeoutError:
            process.kill()
            await process.wait()


class Studio:
    """A desk on a real loop with the real ports process."""

    def __init__(self, rig: PortsRig) -> None:
        loop = asyncio.get_running_loop()
        self.rig = rig
        self.hub = desk()
        self.hub.on_first_change = self._turn_soon
        self._loop = loop
        self.ports = BlockPorts(rig.block, rig.bells.ring_said)
        self.manager = SurfaceManager(
            self.hub,
            [MapModel(NANO, self.hub, loop.time, Touches(), Takeover.JUMP)],
            self.ports,
            clock=loop.time,
            later=loop.call_later,
        )

    def start(self) -> None:
        """Look for boxes, and hear the bell."""
        self.manager.start()
        self._loop.add_reader(self.rig.bells.heard, self._heard)

    def stop(self) -> None:
        """Let every box go."""
        self._loop.remove_reader(self.rig.bells.heard)
        self.manager.stop()

    def _heard(self) -> None:
        self.rig.bells.hush_heard()
        if self.ports.turn():
            self.manager.poll()

    def _turn_soon(self) -> None:
        self._loop.call_soon(self.hub.turn)

    async def settles(self) -> None:
        """Wait until the box is connected and greeted: a JACK that takes in a new client loses what is said then."""
        await self.sees("connected")
        await eventually_async(lambda: self.manager.status()[0].note == "", 10.0)

    async def sees(self, *states: str) -> None:
        """Wait until the boxes are in these states."""
        await eventually_async(lambda: [status.state for status in self.manager.status()] == list(states), 10.0)


Scene = Callable[[Studio, RemoteBox, JackServer], Awaitable[None]]
Play = Callable[[Scene], None]


@pytest.fixture
def play() -> Play:
    """Runs a scene with a started desk, a box that is not plugged in yet, and a server."""

    async def run(scene: Scene, server: JackServer, rig: PortsRig) -> None:
        studio = Studio(rig)
        try:
            async with remote_box() as box:
                studio.start()
                await scene(studio, box, server)
        finally:
            studio.stop()

    def in_a_loop(scene: Scene) -> None:
        with jack_server() as server, ports_rig(server.environment) as rig:
            asyncio.run(run(scene, server, rig))

    return in_a_loop


def test_a_box_plugged_in_later_is_found_and_its_faders_reach_the_desk(play: Play) -> None:
    async def scene(studio: Studio, box: RemoteBox, _: JackServer) -> None:
        assert studio.manager.status() == ()
        await box.do("plug")
        await studio.settles()
        await box.do("fader 3 127")
        await eventually_async(lambda: studio.hub.value("/strip/3/fader") == 10.0)

    play(scene)


def test_the_mute_lamp_follows_a_write_from_elsewhere_and_the_button(play: Play) -> None:
    async def scene(studio: Studio, box: RemoteBox, _: JackServer) -> None:
        await box.do("plug")
        await studio.settles()
        await box.shows("stop")
        studio.hub.write("/strip/4/mute", 1.0, "phone")
        await box.shows("mute/4", "stop")
        await box.do("press mute/4")
        await box.shows("stop")
        assert studio.hub.value("/strip/4/mute") == 0.0
        assert studio.manager.status()[0].note == ""  # the greeting went through, sysex and all

    play(scene)


def test_pulled_and_plugged_in_again_the_box_shows_what_it_missed(play: Play) -> None:
    async def scene(studio: Studio, box: RemoteBox, _: JackServer) -> None:
        await box.do("plug")
        await studio.settles()
        await box.do("unplug")
        await studio.sees("away")
        studio.hub.write("/strip/8/arm", 1.0, "phone")
        assert await box.do("plug") == set()
        await box.shows("arm/8", "stop")
        await box.do("press solo/1")
        await box.shows("arm/8", "solo/1", "stop")

    play(scene)


def test_a_stranger_that_comes_and_goes_disturbs_nothing(play: Play) -> None:
    async def scene(studio: Studio, box: RemoteBox, _: JackServer) -> None:
        import rtmidi  # noqa: PLC0415 - not loaded where jackd is missing

        await box.do("plug")
        await studio.settles()
        port = studio.manager.status()[0].port
        stranger = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="launchpad")
        stranger.open_virtual_port("Launchpad MIDI 1")
        await eventually_async(lambda: any("Launchpad" in name for name in studio.ports.names().inputs))
        studio.manager.poll()
        stranger.delete()
        await eventually_async(lambda: not any("Launchpad" in name for name in studio.ports.names().inputs))
        studio.manager.poll()
        (status,) = studio.manager.status()
        assert (status.state, status.port) == ("connected", port)
        studio.hub.write("/strip/1/solo", 1.0, "phone")
        await box.shows("solo/1", "stop")

    play(scene)


def test_a_fast_sweep_ends_where_the_fader_stands(play: Play) -> None:
    async def scene(studio: Studio, box: RemoteBox, _: JackServer) -> None:
        await box.do("plug")
        await studio.settles()
        await box.do("slide 1 100")
        await eventually_async(lambda: round(studio.hub.travel("/strip/1/fader") * 127) == 100)

    play(scene)


def test_a_jack_server_that_dies_and_returns_brings_its_boxes_back(play: Play) -> None:
    async def scene(studio: Studio, box: RemoteBox, server: JackServer) -> None:
        await box.do("plug")
        await studio.settles()
        await asyncio.to_thread(server.stop)
        await studio.sees("away")
        assert "no JACK server" in studio.manager.ports_fault
        await box.do("unplug")
        await asyncio.to_thread(server.start)
        await box.do("plug")
        await studio.settles()
        studio.hub.write("/strip/2/mute", 1.0, "phone")
        await box.shows("mute/2", "stop")

    play(scene)
