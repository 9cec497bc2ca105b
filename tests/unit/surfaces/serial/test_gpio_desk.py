"""Pins from contact to desk and back: chip, ports, the shared block, the manager, the lamp that tells the truth."""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from studiod.app.config.load import load_config, to_json
from studiod.app.run import make_block
from studiod.app.settings import Settings
from studiod.link import HEARD, PORTS, SAID, Block, EventReader, EventWriter, PortEvent
from studiod.link.box_controls import SerialKind
from studiod.link.ports import PortList
from studiod.model.transport import Tally
from studiod.ports import FrameClock, GpioSystem, Patchbay, PinControl
from studiod.ports.gpio_box import ALONE_S, BOUNCE_S
from studiod.surfaces.manager import POLL_S, SurfaceManager
from studiod.surfaces.models import Box
from studiod.surfaces.ports import BlockPorts
from studiod.surfaces.serial.models import LineDesk, line_models
from studiod.surfaces.touches import Touches
from tests.fakes.gpio_chip import MemoryChip
from tests.fakes.hand_loop import HandLoop
from tests.helpers import eventually
from tests.unit.surfaces.rig import desk
from tests.unit.surfaces.serial.lines_rig import BUILT_IN

FOOT, CLOSED, JOG_A, JOG_B, LAMP = 17, 18, 22, 23, 27
CONTROLS = (
    PinControl("foot/1", SerialKind.BUTTON, FOOT),
    PinControl("foot/2", SerialKind.BUTTON, CLOSED, is_closed=True),
    PinControl("encoder/1", SerialKind.ENCODER, JOG_A, JOG_B),
    PinControl("lamp/record", SerialKind.LAMP, LAMP),
)


class Studio:
    """Both processes in one, turned by hand: whatever crosses the block does so as it would between them."""

    def __init__(self, folder: Path) -> None:
        text = to_json(load_config(None, {"midi.api": "none"}, environment={}).config)
        self.fd = make_block(Settings.from_json(text), text)
        self.block = Block(self.fd)
        self.chip = MemoryChip()
        self.chip.low.add(CLOSED)
        path = folder / "gpiochip0"
        path.touch()
        self.loop = HandLoop()
        self.pins_s = 0.0
        """The clock of the pins: it goes on when the desk's does not."""
        gpio = GpioSystem(path, CONTROLS, lambda: self.pins_s, self.chip.open)
        self.patchbay = Patchbay(
            gpio, EventWriter(self.block, HEARD), FrameClock(48_000), self._tell, now_ns=lambda: int(self.pins_s * 1e9)
        )
        self._said = EventReader(self.block, SAID)
        self._watch = EventReader(self.block, HEARD)
        self.patchbay.poll()
        self.block.set_ready(PORTS, ready=True)
        self.hub = desk()
        self.fired: list[tuple[str, tuple[float | str, ...]]] = []
        for address in ("/transport/punch", "/transport/play", "/transport/discard", "/blackbox/keep"):
            self.hub.on_trigger(address, lambda *arguments, at=address: self.fired.append((at, arguments)))
        self.ports = BlockPorts(self.block, lambda: None)
        lines = LineDesk(self.hub, BUILT_IN, self.loop.time, Touches())
        models = [model for model in line_models(lines, self._no_osc) if model.name == "gpio"]
        self.manager = SurfaceManager(self.hub, models, self.ports, clock=self.loop.time, later=self.loop.later)
        self.manager.start()

    def _tell(self, ports: PortList) -> None:
        self.block.store_status(PORTS, ports.to_json())

    @staticmethod
    def _no_osc(name: str) -> Box:
        raise AssertionError(name)

    def turn(self, seconds: float = 0.02) -> None:
        """Both processes go on by so much."""
        if self.ports.turn():
            self.manager.poll()
        self.hub.turn()
        self.loop.advance(seconds)
        self.pins_s += seconds
        self.patchbay.say(self._said.read())

    def is_known(self) -> bool:
        self.turn(POLL_S)
        return any(status.note == "gpio 1" for status in self.manager.status())

    def contact(self, pin: int, *, low: bool, says: bool = True) -> None:
        """A contact, long after the last one bounced; until the desk has heard of it."""
        self.pins_s += 2 * BOUNCE_S
        self._watch.read()
        self.chip.pull(pin, low=low)
        eventually(lambda: not says or self._watch.read())
        self.turn(0.01)

    def tap(self, pin: int, *, closed: bool = False) -> None:
        """Down and up."""
        self.contact(pin, low=not closed)
        self.contact(pin, low=closed)

    def rest(self, seconds: float) -> None:
        """Time passes in small turns."""
        for _ in range(round(seconds / 0.05)):
            self.turn(0.05)

    def said(self) -> list[PortEvent]:
        """What the desk wants said."""
        return self._said.read()

    def close(self) -> None:
        self.manager.stop()
        self.patchbay.stop()
        self.chip.dispose()
        os.close(self.fd)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = Studio(tmp_path)
    eventually(studio.is_known)
    yield studio
    studio.close()


KEEP, PUNCH, DISCARD = ("/blackbox/keep", (300.0,)), ("/transport/punch", ()), ("/transport/discard", ())


def test_a_foot_switch_taps_holds_and_doubles(studio: Studio) -> None:
    studio.tap(FOOT)
    assert studio.fired == [], "it may become a double"
    studio.rest(0.5)
    assert studio.fired == [PUNCH]
    studio.contact(FOOT, low=True)
    studio.rest(0.6)
    assert studio.fired == [PUNCH, KEEP]
    studio.contact(FOOT, low=False)
    studio.rest(0.5)
    studio.tap(FOOT)
    studio.tap(FOOT)
    studio.rest(0.5)
    assert studio.fired == [PUNCH, KEEP, DISCARD]


def test_a_switch_that_is_closed_at_rest_is_pressed_when_it_opens(studio: Studio) -> None:
    studio.tap(CLOSED, closed=True)
    studio.rest(0.5)
    assert studio.fired == [("/transport/play", ())]


def test_an_encoder_moves_main_by_half_a_decibel_a_click(studio: Studio) -> None:
    studio.hub.write("/main/fader", 0.0, "test")
    for pin, low, says in ((JOG_B, True, False), (JOG_A, True, False), (JOG_B, False, False), (JOG_A, False, True)):
        studio.contact(pin, low=low, says=says)
    studio.turn()
    assert studio.hub.value("/main/fader") == 0.5


def test_the_record_lamp_is_lit_while_it_records_and_blinks_while_it_counts_in(studio: Studio) -> None:
    studio.hub.publish("/transport/tally", float(Tally.RECORDING))
    studio.rest(0.2)
    assert studio.chip.high[LAMP]
    studio.hub.publish("/transport/tally", float(Tally.COUNTIN))
    studio.turn()
    seen = []
    for _ in range(40):
        studio.turn(0.05)
        seen.append(studio.chip.high[LAMP])
    assert 4 <= sum(one != other for one, other in pairwise(seen)) <= 6
    studio.hub.publish("/transport/tally", float(Tally.NONE))
    studio.rest(0.2)
    assert not studio.chip.high[LAMP]


def recording(studio: Studio) -> None:
    studio.hub.publish("/transport/tally", float(Tally.RECORDING))
    studio.rest(0.2)
    assert studio.chip.high[LAMP]


def test_the_record_lamp_is_dark_when_the_desk_has_died(studio: Studio) -> None:
    recording(studio)
    studio.pins_s += ALONE_S + 0.1  # nobody speaks to it any more
    eventually(lambda: not studio.chip.high[LAMP])


def test_the_record_lamp_is_dark_when_the_desk_stops(studio: Studio) -> None:
    recording(studio)
    studio.manager.stop()
    studio.patchbay.say(studio.said())
    assert not studio.chip.high[LAMP]


def test_the_record_lamp_is_dark_when_the_ports_process_stops(studio: Studio) -> None:
    recording(studio)
    studio.patchbay.stop()
    assert not studio.chip.high[LAMP]
