"""The ports process: MIDI and serial lines in a life of their own. A driver that hangs holds all of its process."""

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from studiod.app.bells import Bells
from studiod.app.settings import Settings
from studiod.link import HEARD, PORTS, SAID, Block, EventReader, EventWriter
from studiod.link.box_controls import SerialKind
from studiod.link.ports import PortList
from studiod.link.status import tell_status
from studiod.ports import (
    BAUD,
    POLL_S,
    EitherSystem,
    FrameClock,
    GpioSystem,
    JackMidiSystem,
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
SETTLE_S = 0.02  # ports come in dozens: one look for all, when they have
TURN_S = 0.05  # the clock is read so often; what is to be said rings the bell, or waits for its moment


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


def midi_system(api: str, stir: Callable[[], None]) -> PortSystem:
    """What `midi.api` means. stir: called from a thread when ports came or left."""
    if api == "alsa":
        return RtMidiSystem(time.monotonic)
    jack = JackMidiSystem(time.monotonic, stir, environment=os.environ)
    if api == "jack":
        return jack
    alsa = RtMidiSystem(time.monotonic)
    return EitherSystem(alsa, jack, lambda: alsa.is_there)


def _systems(settings: Settings, stir: Callable[[], None]) -> Iterator[PortSystem]:
    if settings.midi.api != "none":
        yield midi_system(settings.midi.api, stir)
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
    frames = FrameClock(block.rate_hz, block.clock)
    frames.read(block.clock())
    said = EventReader(block, SAID)

    def tell(ports: PortList) -> None:
        tell_status(block, PORTS, ports.words())
        bells.ring_heard()

    stirred = threading.Event()

    def stir() -> None:
        stirred.set()
        bells.ring_said()

    before = PortList.from_json(block.status(PORTS))
    patchbay = Patchbay(
        SideBySide(tuple(_systems(settings, stir))),
        _Heard(block, bells),
        frames,
        tell,
        now_ns=time.monotonic_ns,
        before=before,
        alive=lambda: block.beat(PORTS),
    )
    heard = EventReader(block, HEARD, from_oldest=True)
    patchbay.let_go_of([event for events in iter(heard.read, []) for event in events])
    # a JACK that still clears up behind a client that was killed connects new ones to nothing, without a word
    next_poll = time.monotonic() + (CLEAR_UP_S if before.system == "jack" else 0.0)
    missed = 0
    while not stopped.is_set():
        now = time.monotonic()
        if now >= next_poll:
            next_poll = now + POLL_S
            patchbay.poll()
            block.set_ready(PORTS, ready=True)
        waits = [TURN_S, max(next_poll - now, 0.0), *([] if patchbay.wait_s is None else [patchbay.wait_s])]
        select.select([bells.said], [], [], min(waits))
        bells.hush_said()
        if stirred.is_set():
            stirred.clear()
            next_poll = min(next_poll, time.monotonic() + SETTLE_S)
        patchbay.say(said.read())
        if said.missed != missed:
            missed = said.missed
            patchbay.forget()
        frames.read(block.clock())
        block.beat(PORTS)
    patchbay.stop()
    return 0
