"""Other machines that are in time with the desk, as the configuration names them."""

import json
import time
from typing import Any

from studiod.app.settings import SyncSettings
from studiod.desk.hub import Hub
from studiod.link import ENGINE, Block
from studiod.surfaces.manager import Later
from studiod.surfaces.ports import BlockPorts
from studiod.surfaces.sync.chaser import Meeting
from studiod.surfaces.sync.desk import SyncDesk
from studiod.surfaces.sync.moment import Clocks
from studiod.surfaces.sync.plan import RATE_WORDS, PortPlan, SyncPlan, Word


def sync_plan(settings: SyncSettings) -> SyncPlan:
    """What is sent and received, port by port."""
    rates = {word: rate for rate, word in RATE_WORDS.items()}
    hours, minutes, seconds = map(int, settings.start.split(":"))
    ports = tuple(
        PortPlan(
            each.port,
            frozenset(map(Word, each.receive)),
            frozenset(map(Word, each.send)),
            leads=each.leads,
            rate=rates[str(each.rate)],
            device=each.device,
        )
        for each in settings.ports
    )
    return SyncPlan(ports, (hours, minutes, seconds), settings.freewheel_s)


def sync_desk(
    settings: SyncSettings, hub: Hub, block: Block, transport: Meeting, ports: BlockPorts, later: Later
) -> SyncDesk:
    """The part of a desk that is in time with others; start it."""
    clocks = Clocks(time.monotonic_ns, block.clock, _Lateness(block).frames)
    return SyncDesk(hub, block, transport, ports, sync_plan(settings), clocks=clocks, later=later)


class _Lateness:
    """How much later main is heard than the engine makes it: the ways through the desk and out of the sound card."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._version = -1
        self._device_frames = 0

    def frames(self) -> int:
        """Frames, as far as the device says."""
        version = self._block.status_version(ENGINE)
        if version != self._version:
            self._version = version
            told: dict[str, Any] = json.loads(self._block.status(ENGINE) or "{}")
            self._device_frames = int(told.get("output_latency") or 0)
        snapshot = self._block.snapshot()
        return self._device_frames + snapshot.strip_latency + snapshot.main_latency
