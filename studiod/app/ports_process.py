"""The ports process: MIDI in its own life, because a driver that hangs holds everything its process does."""

import os
import select
import signal
import threading
import time
from typing import Literal, cast

from studiod.app.bells import Bells
from studiod.app.settings import Settings
from studiod.link import HEARD, PORTS, SAID, Block, EventReader, EventWriter
from studiod.link.ports import PortList
from studiod.ports import POLL_S, FrameClock, Patchbay, RtMidiSystem

CLEAR_UP_S = 1.0
TURN_S = 0.05  # the clock is read so often; what is to be said rings the bell


class _Heard:
    """The ring, with a bell on it: the desk hears of each message at once."""

    def __init__(self, block: Block, bells: Bells) -> None:
        self._writer = EventWriter(block, HEARD)
        self._bells = bells

    def post(self, port: int, kind: int, frame: int, ns: int, message: bytes) -> bool:
        """Append one event, and ring."""
        has_room = self._writer.post(port, kind, frame, ns, message)
        self._bells.ring_heard()
        return has_room


def run(block: Block, settings: Settings, bells: Bells) -> int:
    """Until SIGTERM; exit status."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    frames = FrameClock(block.rate_hz)
    frames.read(block.clock())
    said = EventReader(block, SAID)
    api = cast("Literal['auto', 'alsa', 'jack']", settings.midi.api)  # config allows no other

    def tell(ports: PortList) -> None:
        block.store_status(PORTS, ports.to_json())
        bells.ring_heard()

    before = PortList.from_json(block.status(PORTS))
    patchbay = Patchbay(
        RtMidiSystem(time.monotonic, api, environment=os.environ),
        _Heard(block, bells),
        frames,
        tell,
        now_ns=time.monotonic_ns,
        before=before,
    )
    # a JACK that still clears up behind a client that was killed connects new ones to nothing, without a word
    next_poll = time.monotonic() + (CLEAR_UP_S if before.system == "jack" else 0.0)
    missed = 0
    while not stopped.is_set():
        now = time.monotonic()
        if now >= next_poll:
            next_poll = now + POLL_S
            patchbay.poll()
            block.set_ready(PORTS, ready=True)
        select.select([bells.said], [], [], TURN_S)
        bells.hush_said()
        patchbay.say(said.read())
        if said.missed != missed:
            missed = said.missed
            patchbay.forget()
        frames.read(block.clock())
        block.beat(PORTS)
    patchbay.stop()
    return 0
