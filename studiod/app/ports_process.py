"""The ports process: MIDI and serial lines in a life of their own. A driver that hangs holds all of its process."""

import os
import select
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, cast

from studiod.app.bells import Bells
from studiod.app.settings import Settings
from studiod.link import HEARD, PORTS, SAID, Block, EventReader, EventWriter
from studiod.link.box_controls import SerialKind
from studiod.link.ports import PortList
from studiod.ports import (
    BAUD,
    POLL_S,
    FrameClock,
    GpioSystem,
    Patchbay,
    PinControl,
    PortSystem,
    RtMidiSystem,
    SerialSystem,
    SideBySide,
    WantedLine,
    open_chip,
)

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


def _systems(settings: Settings) -> Iterator[PortSystem]:
    if settings.midi.api != "none":
        api = cast("Literal['auto', 'alsa', 'jack']", settings.midi.api)  # config allows no other
        yield RtMidiSystem(time.monotonic, api, environment=os.environ)
    if settings.serial.ports:
        wanted = [
            WantedLine(line.port, line.protocol, line.baud or BAUD[line.protocol]) for line in settings.serial.ports
        ]
        yield SerialSystem(wanted, time.monotonic)
    if settings.gpio.controls:
        pins = [
            PinControl(pin.name, SerialKind(pin.kind), pin.pin, pin.second, pin.normally == "closed")
            for pin in settings.gpio.controls
        ]
        yield GpioSystem(Path(settings.gpio.chip), pins, time.monotonic, open_chip)


def run(block: Block, settings: Settings, bells: Bells) -> int:
    """Until SIGTERM; exit status."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    frames = FrameClock(block.rate_hz)
    frames.read(block.clock())
    said = EventReader(block, SAID)

    def tell(ports: PortList) -> None:
        block.store_status(PORTS, ports.to_json())
        bells.ring_heard()

    before = PortList.from_json(block.status(PORTS))
    patchbay = Patchbay(
        SideBySide(tuple(_systems(settings))),
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
