"""Boxes of every kind on one desk: whatever hands and cables do, all end at the last hand's value."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.model.parameter import Refused
from studiod.surfaces.base import Takeover
from studiod.surfaces.mackie.desk import MackieDesk, MackieModel
from studiod.surfaces.mackie.readings import position_of
from studiod.surfaces.mackie.simulator import Simulator
from studiod.surfaces.mackie.words import TOP
from studiod.surfaces.manager import POLL_S, SurfaceManager
from studiod.surfaces.maps import load_map, map_folder
from studiod.surfaces.models import MapModel, Model
from studiod.surfaces.touches import Touches
from tests.fakes.hand_loop import HandLoop
from tests.fakes.loose_cable import LooseCable
from tests.fakes.mcu import facts_of
from tests.fakes.midi_ports import MemoryPorts
from tests.fakes.nanokontrol2 import NanoKontrol2
from tests.unit.surfaces.rig import desk

NANO = load_map(map_folder() / "korg-nanokontrol2.yaml")
STRIPS, FADERS, BUSY = 10, 8, 2  # hands meet on the first strips
HEALED_S = 25.0  # one thing ten times a second: all of a box
FINEST, COARSE = 1 / TOP, 1 / 127


class Room:
    """An X-Touch, an X-Touch One on its selection, a nanoKONTROL2, a phone; and what it should all come to."""

    def __init__(self) -> None:
        self.loop = HandLoop()
        self.ports = MemoryPorts()
        self.hub = desk(STRIPS)
        touches = Touches()
        self.hub.holder = touches.holder
        row = MackieDesk(self.hub, self.loop.time, touches)
        self.row = row.rig
        models: list[Model] = [
            *(MackieModel(facts_of(f"behringer-{name}"), row) for name in ("x-touch", "x-touch-one")),
            MapModel(NANO, self.hub, self.loop.time, touches, Takeover.JUMP),
        ]
        self.manager = SurfaceManager(self.hub, models, self.ports, clock=self.loop.time, later=self.loop.later)
        self.manager.start()
        self.main, self.one, self.nano = Simulator(), Simulator(), NanoKontrol2()
        self.cables = [
            LooseCable("X-Touch INT", self.main),
            LooseCable("X-Touch One", self.one),
            LooseCable("nanoKONTROL2", self.nano),
        ]
        self.expected: dict[int, tuple[float, float]] = {}  # strip -> travel, and how exactly the hand could say it
        self.muted: set[int] = set()
        self._nano_stands: dict[int, int] = {}  # where its faders stand, as the desk has heard
        for cable, hears in zip(self.cables, (self._main_said, self._one_said, self._nano_said), strict=True):
            cable.hears = hears
            self.plug(cable)

    # -- what it should come to, told by what the desk was sent -------------------------------------------------------

    def strip_under(self, box: Simulator, fader: int) -> int:
        """The strip a fader of a Mackie box is over."""
        return int(self.row.selected.rpartition("/")[2]) if box is self.one else self.row.offset + fader

    def _main_said(self, message: bytes) -> None:
        self._mackie_said(self.main, message)

    def _one_said(self, message: bytes) -> None:
        self._mackie_said(self.one, message)

    def _mackie_said(self, box: Simulator, message: bytes) -> None:
        if message[0] & 0xF0 == 0xE0:
            strip = self.strip_under(box, (message[0] & 0x0F) + 1)
            self.expected[strip] = (message[1] | message[2] << 7) / TOP, FINEST

    def _nano_said(self, message: bytes) -> None:
        if message[0] != 0xB0 or message[1] >= FADERS:
            return
        stood, self._nano_stands[message[1]] = self._nano_stands.get(message[1]), message[2]
        if stood != message[2] and self._is_free(message[1] + 1):  # a box that repeats itself is no hand
            travel, now = message[2] / 127, self.hub.travel(f"/strip/{message[1] + 1}/fader")
            if abs(now - travel) > COARSE / 2 or travel in {0.0, 1.0}:  # else it stands there already
                self.expected[message[1] + 1] = travel, COARSE

    def _is_free(self, strip: int) -> bool:
        fingers = [(box, fader) for box in (self.main, self.one) for fader in box.touched]
        return strip not in {self.strip_under(box, fader) for box, fader in fingers}

    # -- what happens ----------------------------------------------------------------------------------------------

    def plug(self, cable: LooseCable) -> None:
        cable.is_held, cable.lose = False, 0
        if cable.box is self.nano:
            self._nano_stands.clear()
        self.ports.plug(cable.port, cable)
        cable.box.power_on()
        self.rest(POLL_S + 0.1)

    def unplug(self, cable: LooseCable) -> None:
        self.ports.unplug(cable.port)
        cable.waiting.clear()
        cable.box.emit = lambda _: None
        if isinstance(cable.box, Simulator):
            cable.box.touched.clear()
        self.rest(POLL_S + 0.1)

    def rest(self, seconds: float) -> None:
        end = self.loop.time() + seconds
        while self.loop.time() < end:
            self.hub.turn()
            self.loop.advance(0.02)
        self.hub.turn()

    def push(self, box: Simulator, fader: int, position: int) -> None:
        if fader not in box.touched:
            box.touch(fader)
        box.move(fader, position)

    def call(self, strip: int, position: int) -> None:
        """A phone sets a level; one under a finger is refused."""
        if self._is_free(strip):
            self.expected[strip] = position / TOP, FINEST
            self.hub.write_travel(f"/strip/{strip}/fader", position / TOP, "phone")
        else:
            with pytest.raises(Refused, match="a finger rests on it"):
                self.hub.write_travel(f"/strip/{strip}/fader", position / TOP, "phone")

    def do(self, what: str, who: int, strip: int, position: int) -> None:  # noqa: C901, PLR0912 - one for each deed
        cable = self.cables[who]
        match what:
            case "main":
                self.push(self.main, strip, position)
            case "one":
                self.push(self.one, 1, position)
            case "nano":
                self.nano.move_fader(strip, position * 127 // TOP)
            case "phone":
                self.call(strip, position)
            case "release":
                for box in (self.main, self.one):
                    for fader in list(box.touched):
                        box.release(fader)
            case "mute":
                self.main.press(f"mute/{strip}") if who else self.nano.press(f"mute/{strip}")
                self.muted ^= {self.row.offset + strip if who else strip}
            case "select":
                self.main.press(f"select/{strip}")
            case "bank":
                self.main.press("channel/right" if who else "channel/left")
            case "replug":
                self.unplug(cable)
                self.plug(cable)
            case "hold":
                cable.is_held = True
            case "swap":
                cable.swap()
            case "deliver":
                cable.is_held = False
                cable.deliver()
            case "lose":
                cable.lose = 3
        self.rest(0.02)

    def settle(self) -> None:
        """Fingers leave, cables are whole, and everything is told once more."""
        self.do("release", 0, 1, 0)
        for cable in self.cables:
            cable.is_held, cable.lose = False, 0
            cable.deliver()
        self.rest(HEALED_S)


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(
            (
                *(("main", "one", "nano", "phone") * 3),
                *("release", "mute", "select", "bank", "replug", "hold", "swap", "deliver", "lose", "lose"),
            )
        ),
        st.integers(0, 2),
        st.integers(1, BUSY),
        st.integers(0, TOP),
    ),
    min_size=8,
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(DEEDS)
def test_after_a_while_every_box_shows_the_last_hands_value(deeds: list[tuple[str, int, int, int]]) -> None:
    room = Room()
    for deed in deeds:
        room.do(*deed)
    room.settle()
    for strip in range(1, STRIPS + 1):
        wanted, exactly = room.expected.get(strip, (0.75, FINEST))
        assert abs(room.hub.travel(f"/strip/{strip}/fader") - wanted) <= exactly, f"strip {strip}"
        assert bool(room.hub.value(f"/strip/{strip}/mute")) is (strip in room.muted)
    for fader in range(1, FADERS + 1):
        strip = room.row.offset + fader
        assert room.main.faders[fader - 1] == position_of(room.hub.travel(f"/strip/{strip}/fader")), f"fader {fader}"
        assert (f"mute/{fader}" in room.main.lit) is (strip in room.muted)
        assert (f"mute/{fader}" in room.nano.lit) is (fader in room.muted)
    selected = room.hub.travel(f"{room.row.selected}/fader")
    assert room.one.faders[0] == position_of(selected)
    values = [room.hub.value(f"/strip/{strip}/fader") for strip in range(1, STRIPS + 1)]
    room.rest(2.0)
    assert [room.hub.value(f"/strip/{strip}/fader") for strip in range(1, STRIPS + 1)] == values, "nothing rings on"
