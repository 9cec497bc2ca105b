"""How soon boxes and desk follow each other: scenes to motors, faders to the engine, knobs to other boxes, floods.

    python -m tests.bench.surfaces --json

Scenes are computed: a clock turned by hand, and the pace at which a box is told things. The rest is measured on the
loop of one process with a real shared block and an engine that empties it, by the clock of its thread: messages come
at their moments of that clock, and who else wants the core does not count.
"""

import argparse
import asyncio
import gc
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from studiod.desk.hub import Hub
from studiod.desk.store import BlockStore
from studiod.link import Block, Operation
from studiod.surfaces.mackie.desk import MackieDesk, MackieModel
from studiod.surfaces.mackie.facts import BoxFacts
from studiod.surfaces.mackie.simulator import Simulator
from studiod.surfaces.mackie.words import TOP
from studiod.surfaces.manager import POLL_S, SurfaceManager
from studiod.surfaces.maps import load_map, map_folder
from studiod.surfaces.models import MapModel
from studiod.surfaces.touches import Touches
from tests.fakes.desk_rig import Rig
from tests.fakes.hand_loop import HandLoop
from tests.fakes.mcu import Stage, facts_of
from tests.fakes.midi_ports import MemoryPorts
from tests.unit.surfaces.rig import desk

STRIPS: Final = 64
BOXES: Final = 8
ONE_WIRE: Final = 48
HAND_HZ: Final = 200  # positions a second that a motor fader says while a hand moves it; every box has one moving
SECONDS: Final = 5.0
ENGINE_S: Final = 0.005
GREETED_S: Final = 3.0  # boxes are greeted and painted by then
SETTLING: Final = 20  # turns of the loop
FLOOD_PER_S: Final = 10_000
DIN_BYTES_PER_S, DIN_MESSAGES_PER_S = 3125, 1041


# -- scenes, by the clock turned by hand -------------------------------------------------------------------------------


def scene_ms(change: Callable[[BoxFacts], BoxFacts]) -> dict[str, float]:
    """Milliseconds until 64 faders on a main unit and seven extenders are where a scene has them; and everything."""
    stage = Stage(strips=STRIPS)
    files = ["behringer-x-touch", *["behringer-x-touch-extender"] * (BOXES - 1)]
    units = []
    for number, file in enumerate(files):
        facts = change(facts_of(file))
        surface = stage.desk.surface(f"{facts.name}-{number}", facts)
        units.append(stage.join(surface, Simulator(facts.model_id)))
    stage.run(4.0)
    for unit in units:
        unit.sent.clear()
    began = stage.loop.time()
    for strip in range(1, STRIPS + 1):
        stage.hub.write(f"/strip/{strip}/fader", -20.0 - strip / 4, "scene")
        stage.hub.write(f"/strip/{strip}/mute", strip % 2, "scene")
        stage.hub.write(f"/strip/{strip}/pan", strip / STRIPS - 0.5, "scene")
    stage.run(2.0)
    faders, everything = [], []
    for unit in units:
        free_at = began
        for sent_at, message in unit.sent:
            free_at = max(free_at, sent_at) + len(message) / unit.surface.facts.bytes_per_s
            everything.append(free_at)
            if message[0] & 0xF0 == 0xE0:
                faders.append(free_at)
    assert len(faders) == STRIPS, "each fader is sent once"
    return {"faders_ms": round(1e3 * (max(faders) - began), 1), "all_ms": round(1e3 * (max(everything) - began), 1)}


def one_wire_ms() -> float:
    """Milliseconds until 48 motors of a mixer on one DIN cable are where a scene has them."""
    loop, ports, hub = HandLoop(), MemoryPorts(), desk(STRIPS)
    facts = load_map(map_folder() / "behringer-ddx3216.yaml")
    manager = SurfaceManager(
        hub, [MapModel(facts, hub, loop.time, Touches())], ports, clock=loop.time, later=loop.later
    )
    manager.start()
    arrived: dict[bytes, float] = {}
    free_at = 0.0

    def hear(message: bytes) -> None:
        nonlocal free_at
        free_at = max(free_at, loop.time()) + len(message) / DIN_BYTES_PER_S
        arrived.setdefault(message[:2], free_at)

    ports.plug(facts.match.ports[0].replace("*", ""), Listener(hear))
    loop.advance(POLL_S + 2.0)
    arrived.clear()
    began = loop.time()
    for strip in range(1, STRIPS + 1):
        hub.write(f"/strip/{strip}/fader", -20.0, "scene")
    hub.turn()
    loop.advance(0.9 * POLL_S)
    assert len(arrived) >= ONE_WIRE, "each fader is sent"
    return round(1e3 * (max(arrived.values()) - began), 1)


class Listener:
    """A box that only listens."""

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        self._hear = hear
        self.emit: Callable[[bytes], None] = lambda _: None

    def receive(self, message: bytes) -> None:
        """A message from the desk."""
        self._hear(message)


# -- the desk of one process, in real time -----------------------------------------------------------------------------


class StampedStore(BlockStore):
    """The hub's way to the engine, which notes when each value was in the ring."""

    def __init__(self, block: Block) -> None:
        super().__init__(block)
        self._ring = block
        self.at: list[float] = []

    def send(self, slot: int, engine_value: float) -> bool:
        """Queue a value for the engine."""
        is_sent = self._ring.push_control(Operation.SET, slot, engine_value, 0, 0)
        self.at.append(time.thread_time())
        return is_sent


@dataclass
class Found:
    """What a run measured, seconds of the thread's clock."""

    to_ring: list[float] = field(default_factory=list)
    to_others: list[float] = field(default_factory=list)
    """To the last of the other boxes."""
    heard: int = 0
    last_s: float = 0.0
    """From the moment of the last message to its value in the ring."""
    is_newest: bool = False
    """The desk stands at the last position that was said."""


class LiveDesk:
    """Mackie boxes of one desk each, all over the same strips, on a loop and a block as the desk process has them."""

    def __init__(self, rig: Rig, boxes: int) -> None:
        self.rig = rig
        self.loop = asyncio.get_running_loop()
        self.store = StampedStore(rig.block)
        self.hub = Hub(rig.registry, self.store, rig.block.rate_hz)
        self.hub.on_first_change = self._turn_soon
        self.ports = MemoryPorts()
        self.told: list[list[float]] = [[] for _ in range(boxes)]
        touches, facts = Touches(), facts_of("behringer-x-touch")
        models = []
        for number in range(boxes):
            port = f"box {number}"
            named = replace(facts, name=f"box-{number}", ports=(port,), not_ports=())
            models.append(MackieModel(named, MackieDesk(self.hub, self.loop.time, touches)))
            self.ports.plug(port, Listener(self._ear(number)))
        self.manager = SurfaceManager(self.hub, models, self.ports, clock=self.loop.time, later=self.loop.call_later)
        self.manager.start()

    def _turn_soon(self) -> None:
        self.loop.call_soon(self.hub.turn)

    def _ear(self, number: int) -> Callable[[bytes], None]:
        def hear(message: bytes) -> None:
            if message[0] & 0xF0 == 0xE0:
                self.told[number].append(time.thread_time())

        return hear

    async def play(self, rate_hz: int, boxes: int) -> Found:
        """Hear a hand on each of `boxes` for some seconds: `rate_hz` positions a second from each."""
        await asyncio.sleep(GREETED_S)
        found = Found()
        for box in range(boxes):
            self._say(box, bytes((0x90, 0x68 + box, 0x7F)))
        gc.collect()
        began, position = time.thread_time(), 0
        for number in range(round(SECONDS * rate_hz) * boxes):
            box, position = number % boxes, number * 37 % TOP
            due = began + number / (rate_hz * boxes)
            while time.thread_time() < due:  # noqa: ASYNC110 - late ones are heard in one turn
                await asyncio.sleep(0)
            sent, others = len(self.store.at), [len(told) for told in self.told]
            self._say(box, bytes((0xE0 + box, position & 0x7F, position >> 7)))
            self.loop.call_soon(self.loop.call_soon, self._measure, due, box, sent, others, found)
            found.heard += 1
        for _ in range(SETTLING):
            await asyncio.sleep(0)
        found.last_s = self.store.at[-1] - due
        found.is_newest = abs(self.hub.travel(f"/strip/{box + 1}/fader") - position / TOP) < 1 / TOP
        return found

    def _say(self, box: int, message: bytes) -> None:
        self.ports.boxes[f"box {box}"].emit(message)

    def _measure(self, due: float, box: int, sent: int, others: Sequence[int], found: Found) -> None:
        """The turn is over: note when it was in the ring, and when the last other box was told."""
        if len(self.store.at) > sent:
            found.to_ring.append(self.store.at[sent] - due)
        told = [
            self.told[number][count]
            for number, count in enumerate(others)
            if number != box and len(self.told[number]) > count
        ]
        if told:
            found.to_others.append(max(told) - due)


async def live(rate_hz: int, moving: int, boxes: int) -> Found:
    """A run on a desk of its own."""
    with Rig.make(STRIPS, 16) as rig:
        room = LiveDesk(rig, boxes)
        drains = True

        async def engine() -> None:
            silence = np.zeros((STRIPS, 64), np.float32)
            while drains:
                rig.render(silence)
                await asyncio.sleep(ENGINE_S)

        task = asyncio.create_task(engine())
        found = await room.play(rate_hz, moving)
        drains = False
        await task
        room.manager.stop()
        return found


def spread(name: str, times: Sequence[float]) -> dict[str, float]:
    """The middle and the hundredth-worst, in milliseconds."""
    worst = sorted(times)[len(times) * 99 // 100]
    return {f"{name}_p50_ms": round(1e3 * statistics.median(times), 3), f"{name}_p99_ms": round(1e3 * worst, 3)}


def measure() -> dict[str, object]:
    """All figures."""
    usb = scene_ms(lambda facts: facts)
    din = scene_ms(lambda facts: replace(facts, bytes_per_s=DIN_BYTES_PER_S, messages_per_s=DIN_MESSAGES_PER_S))
    hands = asyncio.run(live(HAND_HZ, BOXES, BOXES))
    flood = asyncio.run(live(FLOOD_PER_S, 1, 2))
    return {
        "scene_64_usb": usb,
        "scene_64_din_each": din,
        "scene_48_one_din_ms": one_wire_ms(),
        **spread("ring", hands.to_ring),
        **spread("others", hands.to_others),
        "hands_messages": hands.heard,
        **spread("flood_ring", flood.to_ring),
        "flood_messages": flood.heard,
        "flood_last_ms": round(1e3 * flood.last_s, 3),
        "flood_is_newest": flood.is_newest,
        "load_average": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    options = parser.parse_args()
    numbers = measure()
    if options.json:
        print(json.dumps(numbers))
    else:
        for name, number in numbers.items():
            print(f"{name:22} {number}")


if __name__ == "__main__":
    main()
