"""Mackie boxes as the manager holds them: found by their ports, painted, obeyed, and beside boxes of other kinds."""

import logging
from collections.abc import Sequence

import pytest

from studiod.surfaces.base import Takeover
from studiod.surfaces.mackie.desk import MackieDesk, MackieModel
from studiod.surfaces.mackie.simulator import Simulator
from studiod.surfaces.mackie.words import TOP
from studiod.surfaces.manager import POLL_S, SurfaceManager
from studiod.surfaces.maps import load_map, map_folder
from studiod.surfaces.models import MapModel, Model
from studiod.surfaces.touches import Touches
from studiod.surfaces.winding import WIND_EVERY_S, WIND_S
from tests.fakes.hand_loop import HandLoop
from tests.fakes.mcu import facts_of
from tests.fakes.midi_ports import MemoryPorts
from tests.fakes.nanokontrol2 import NanoKontrol2
from tests.unit.surfaces.rig import desk

MAIN, LEFT, RIGHT = "X-Touch:X-Touch X-TOUCH_INT 20:0", "X-Touch-Ext:X-Touch-Ext 24:0", "X-Touch-Ext:X-Touch-Ext 28:0"
NANO = "nanoKONTROL2:nanoKONTROL2 nanoKONTROL2 _ CTRL 32:0"


class Studio:
    """A desk, its loop, its sockets, and the manager that looks for X-Touches and a nanoKONTROL2."""

    def __init__(self, strips: int = 24, order: Sequence[str] = ()) -> None:
        self.loop = HandLoop()
        self.ports = MemoryPorts()
        self.hub = desk(strips)
        self.position_s: float | None = None
        self.located: list[float] = []
        self.hub.on_meter("/transport/position", lambda: () if self.position_s is None else (self.position_s,))
        self.hub.on_trigger("/transport/locate", self.located.append)
        self.touches = touches = Touches()
        row = MackieDesk(self.hub, self.loop.time, touches, order)
        models: list[Model] = [
            *(MackieModel(facts_of(f"behringer-{name}"), row) for name in ("x-touch", "x-touch-extender")),
            MapModel(
                load_map(map_folder() / "korg-nanokontrol2.yaml"), self.hub, self.loop.time, touches, Takeover.JUMP
            ),
        ]
        self.manager = SurfaceManager(self.hub, models, self.ports, clock=self.loop.time, later=self.loop.later)
        self.manager.start()

    def plug(self, port: str, box: Simulator | None = None) -> Simulator:
        box = box or Simulator(0x15 if "Ext" in port else 0x14)
        self.ports.plug(port, box)
        box.power_on()
        self.turn(POLL_S + 0.5)
        return box

    def turn(self, seconds: float = 0.2) -> None:
        for _ in range(round(seconds / 0.01)):
            self.hub.turn()
            self.loop.advance(0.01)
        self.hub.turn()

    def notes(self) -> dict[str, tuple[str, int]]:
        return {each.name: (each.state, each.first_strip) for each in self.manager.status()}


@pytest.fixture
def studio() -> Studio:
    return Studio()


def test_a_main_unit_and_its_extenders_are_found_as_one_desk(studio: Studio) -> None:
    main, first, second = (studio.plug(port) for port in (MAIN, LEFT, RIGHT))
    assert studio.notes() == {
        "x-touch": ("connected", 1),
        "x-touch-extender": ("connected", 9),
        "x-touch-extender-2": ("connected", 17),
    }
    assert (main.text(0, 1), first.text(0, 1), second.text(0, 8)) == ("Strip1", "Strip9", "Strp24")
    assert [status.maker for status in studio.manager.status()] == ["Behringer"] * 3


def test_extenders_that_came_in_the_wrong_order_stand_where_the_configuration_says() -> None:
    studio = Studio(order=("x-touch-extender-2", "x-touch", "x-touch-extender"))
    first, main, second = (studio.plug(port) for port in (LEFT, MAIN, RIGHT))
    assert [box.text(0, 1) for box in (second, main, first)] == ["Strip1", "Strip9", "Strp17"]


def test_a_box_that_comes_back_is_painted_anew(studio: Studio) -> None:
    main = studio.plug(MAIN)
    studio.ports.unplug(MAIN)
    studio.turn(POLL_S)
    assert studio.notes()["x-touch"][0] == "away"
    studio.hub.write("/strip/1/fader", -60.0, "phone")
    studio.hub.write("/strip/2/mute", 1.0, "phone")
    studio.plug(MAIN, main)
    assert main.faders[0] == round(studio.hub.travel("/strip/1/fader") * TOP)
    assert "mute/2" in main.lit


def test_of_moves_in_one_turn_only_the_newest_is_done(studio: Studio) -> None:
    main = studio.plug(MAIN)
    written: list[float] = []
    studio.hub.observe(lambda _: written.append(studio.hub.value("/strip/1/fader")))
    main.received.clear()
    main.touch(1)
    for position in range(0, TOP, 16):
        main.move(1, position)
    studio.turn()
    assert studio.hub.travel("/strip/1/fader") == pytest.approx(position / TOP)
    assert len(written) == 1
    assert len([message for message in main.received if message[0] == 0xE0]) <= 2


def test_a_move_is_done_before_the_release_that_follows_it_in_the_same_turn(studio: Studio) -> None:
    main = studio.plug(MAIN)
    main.touch(1)
    main.move(1, 9000)
    main.move(1, 4000)
    main.release(1)
    studio.turn()
    assert studio.hub.travel("/strip/1/fader") == pytest.approx(4000 / TOP)
    assert main.faders[0] == 4000


def test_winding_goes_on_while_the_key_is_held_though_nothing_else_happens(studio: Studio) -> None:
    main = studio.plug(MAIN)
    studio.position_s = 100.0
    main.hold("forward")
    studio.turn(WIND_EVERY_S * 2.5)
    assert studio.located == pytest.approx([100 + WIND_S, 100 + 2 * WIND_S, 100 + 3 * WIND_S])
    main.let_go("forward")
    studio.turn(5.0)
    assert len(studio.located) == 3


def test_a_refusal_while_winding_takes_no_box_away(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    main = studio.plug(MAIN)

    def refuse(_: float) -> None:
        raise ValueError("/transport/locate: not while recording")

    studio.hub.on_trigger("/transport/locate", refuse)
    studio.position_s = 1.0
    main.hold("forward")
    with caplog.at_level(logging.WARNING):
        studio.turn(2.0)
    assert studio.notes()["x-touch"][0] == "connected"
    assert "not while recording" in caplog.text
    assert studio.manager.status()[0].refused > 1


def test_a_touched_fader_is_not_moved_by_another_kind_of_box(studio: Studio) -> None:
    main, nano = studio.plug(MAIN), NanoKontrol2()
    studio.ports.plug(NANO, nano)
    studio.turn(1.0)
    main.touch(1)
    main.move(1, 9000)
    nano.move_fader(1, 0)
    studio.turn(60.0)
    assert studio.hub.travel("/strip/1/fader") == pytest.approx(9000 / TOP)
    main.release(1)
    nano.move_fader(1, 1)
    studio.turn()
    assert studio.hub.travel("/strip/1/fader") == pytest.approx(1 / 127, abs=0.01)
    assert main.faders[0] == round(studio.hub.travel("/strip/1/fader") * TOP)


def test_a_touch_ends_when_its_box_is_pulled_out(studio: Studio) -> None:
    main, nano = studio.plug(MAIN), NanoKontrol2()
    studio.ports.plug(NANO, nano)
    studio.turn(1.0)
    main.touch(1)
    studio.ports.unplug(MAIN)
    studio.turn(POLL_S)
    nano.move_fader(1, 0)
    assert studio.hub.travel("/strip/1/fader") == 0.0


def test_a_finger_holds_what_lies_under_it_after_a_bank_change(studio: Studio) -> None:
    main, nano = studio.plug(MAIN), NanoKontrol2()
    studio.ports.plug(NANO, nano)
    studio.turn(1.0)
    main.touch(1)
    main.press("bank/right")
    nano.move_fader(1, 0)
    assert studio.hub.travel("/strip/1/fader") == 0.0
    main.press("bank/left")
    nano.move_fader(1, 127)
    assert studio.hub.travel("/strip/1/fader") == 0.0


def test_two_mackie_desks_one_strip_the_motor_goes_back_to_what_the_other_hand_holds(studio: Studio) -> None:
    main = studio.plug(MAIN)
    other = MackieDesk(studio.hub, studio.loop.time, studio.touches).surface("bcf", facts_of("behringer-bcf2000"))
    box = Simulator(0x14, has_touch=False)
    faults: list[Exception] = []
    box.emit = lambda message: faults.extend(other.receive(message))
    other.attach(box.receive)
    studio.hub.observe(other.on_changes)
    main.touch(1)
    main.move(1, 9000)
    box.move(1, 100)
    for _ in range(100):
        studio.turn(0.01)
        other.drain()
    assert studio.hub.travel("/strip/1/fader") == pytest.approx(9000 / TOP)
    assert box.faders[0] == 9000
