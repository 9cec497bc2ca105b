"""Foot-switches of any port: tap, hold and double, whatever their polarity, and whoever else has the port."""

import pytest

from studiod.model.parameter import Kind
from studiod.model.transport import Tally
from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.bindings import Act, When
from studiod.surfaces.manager import POLL_S, SurfaceManager
from studiod.surfaces.maps import load_map, map_folder
from studiod.surfaces.models import MapModel
from studiod.surfaces.pedals import Pedal, PedalMidi, binding, pedal_faults, pedal_maps
from studiod.surfaces.touches import Touches
from tests.fakes.hand_loop import HandLoop
from tests.fakes.line_box import LineBox, Part
from tests.fakes.midi_ports import MemoryPorts
from tests.fakes.nanokontrol2 import NanoKontrol2
from tests.unit.surfaces.rig import desk
from tests.unit.surfaces.serial.lines_rig import Lines

NANO = load_map(map_folder() / "korg-nanokontrol2.yaml")
PORT = "nanoKONTROL2 1"
ACTS = {"tap": "/transport/punch", "hold": "/blackbox/keep 300", "double": "/transport/discard"}
PUNCH, KEEP, DISCARD = ("/transport/punch",), ("/blackbox/keep", 300.0), ("/transport/discard",)
DOWN, UP = b"\xb0\x40\x7f", b"\xb0\x40\x00"


class Studio:
    """A desk, a box with a pedal plugged into it, and what the foot has done."""

    def __init__(self, *pedals: Pedal, maps: tuple[SurfaceMap, ...] = (NANO,)) -> None:
        self.loop = HandLoop()
        self.ports = MemoryPorts()
        self.hub = desk()
        self.fired: list[tuple[str | float, ...]] = []
        for spec in self.hub.registry:
            if spec.kind is Kind.TRIGGER:
                self.hub.on_trigger(spec.address, lambda *told, at=spec.address: self.fired.append((at, *told)))
        touches = Touches()
        models = [
            MapModel(facts, self.hub, self.loop.time, touches, dialect_for=PedalMidi)
            for facts in pedal_maps(pedals, self.hub.registry)
        ]
        models += [MapModel(facts, self.hub, self.loop.time, touches) for facts in maps]
        self.manager = SurfaceManager(self.hub, models, self.ports, clock=self.loop.time, later=self.loop.later)
        self.manager.start()
        self.box = NanoKontrol2()
        self.ports.plug(PORT, self.box)
        self.loop.advance(2 * POLL_S)

    def say(self, *messages: bytes, rest: float = 0.05) -> None:
        for message in messages:
            self.box.emit(message)
            self.loop.advance(rest)


@pytest.fixture
def studio() -> Studio:
    return Studio(Pedal("*nano*", ACTS, cc=64))


def test_a_tap_a_hold_and_a_double_do_three_things(studio: Studio) -> None:
    studio.say(DOWN, UP, rest=0.1)
    studio.loop.advance(0.5)
    assert studio.fired == [PUNCH]
    studio.say(DOWN, rest=0.6)
    studio.say(UP, rest=0.5)
    assert studio.fired == [PUNCH, KEEP]
    studio.say(DOWN, UP, DOWN, UP)
    studio.loop.advance(0.5)
    assert studio.fired == [PUNCH, KEEP, DISCARD]


def test_half_a_pedals_way_is_many_messages_and_one_press(studio: Studio) -> None:
    studio.say(
        *(bytes((0xB0, 64, value)) for value in (*range(0, 128, 9), 70, 60, 66, 63, 64, *range(60, 0, -9), 0)),
        rest=0.01,
    )
    studio.loop.advance(1.0)
    assert studio.fired == [PUNCH]


def test_a_pedal_that_sends_127_at_rest_is_pressed_at_0() -> None:
    studio = Studio(Pedal("*nano*", {"press": "/transport/punch"}, cc=64, is_closed=True))
    studio.say(DOWN)
    assert studio.fired == []
    studio.say(UP, UP)
    assert studio.fired == [PUNCH]
    studio.say(DOWN, UP)
    assert studio.fired == [PUNCH, PUNCH]


def test_a_note_is_a_foot_switch_too_and_something_may_be_on_while_it_is_down() -> None:
    studio = Studio(Pedal("*nano*", {"held": "/talkback/on"}, channel=3, note=36))
    studio.say(b"\x92\x24\x01")
    assert studio.hub.value("/talkback/on") == 1.0
    studio.say(b"\x92\x24\x00")
    assert studio.hub.value("/talkback/on") == 0.0


def test_the_box_whose_port_it_is_goes_on_as_before(studio: Studio) -> None:
    assert [status.name for status in studio.manager.status()] == ["pedals-1", "nanokontrol2"]
    assert studio.manager.control_ports() == (PORT,)
    studio.box.press("mute/1")
    studio.loop.advance(0.1)
    assert studio.hub.value("/strip/1/mute") == 1.0
    studio.hub.turn()
    studio.loop.advance(1.0)
    assert "mute/1" in studio.box.lit


def test_a_keyboard_with_a_pedal_and_no_map_is_still_played_on() -> None:
    studio = Studio(Pedal("*nano*", ACTS, cc=64), maps=())
    assert [status.name for status in studio.manager.status()] == ["pedals-1"]
    assert studio.manager.control_ports() == ()
    studio.say(DOWN, UP)
    studio.loop.advance(0.5)
    assert studio.fired == [PUNCH]


def test_a_pedal_whose_keyboard_is_pulled_out_holds_nothing() -> None:
    studio = Studio(Pedal("*nano*", {"held": "/talkback/on"}, cc=64))
    studio.say(DOWN)
    assert studio.hub.value("/talkback/on") == 1.0
    studio.ports.unplug(PORT)
    studio.loop.advance(1.0)
    assert studio.hub.value("/talkback/on") == 0.0
    studio.ports.plug(PORT, studio.box)
    studio.loop.advance(1.0)
    studio.say(DOWN)
    assert studio.hub.value("/talkback/on") == 1.0


@pytest.mark.parametrize(
    ("moment", "words", "fault"),
    [
        ("tap", "/transport/pnch", "/transport/pnch is no address of this desk. Did you mean /transport/punch?"),
        ("tap", "/blackbox/keep", "/blackbox/keep: fires without its argument"),
        ("tap", "/blackbox/keep soon", "/blackbox/keep: soon is no number"),
        ("tap", "/transport/punch 3", "/transport/punch: fires with an argument"),
        ("tap", "/transport/state recording", "/transport/state: nothing is pressed there"),
        ("tap", "/main/fader", "/main/fader: allowed a value behind it"),
        ("tap", "/main/fader loud", "/main/fader: 'loud' is not a value"),
        ("held", "/transport/punch", "/transport/punch: allowed a switch, such as /talkback/on"),
    ],
)
def test_what_the_desk_has_not_is_said_at_the_start(moment: str, words: str, fault: str) -> None:
    (sentence,) = pedal_faults([Pedal("*keys*", {moment: words}, cc=64)], desk().registry)
    assert sentence.startswith(f"surfaces.pedals: {moment} of channel 1 cc 64 of *keys*: {fault}")


def test_a_switch_flips_and_a_value_is_set() -> None:
    registry = desk().registry
    flips, sets = binding("f", "tap", "/strip/1/mute", registry), binding("f", "hold", "/main/fader -10", registry)
    assert (flips.act, flips.when, sets.act, sets.word) == (Act.TOGGLE, When.TAP, Act.SET, "-10")


def test_a_switch_of_a_box_on_a_line_does_what_the_configuration_says_in_place_of_its_map() -> None:
    pedals = (Pedal("studiod-box", {"press": "/main/mute"}, control="foot/1", is_closed=True),)
    studio, box = Lines(pedals=pedals), LineBox([Part("b", "foot/1"), Part("b", "foot/2"), Part("l", "tally")])
    studio.plug(box)
    box.release("foot/1")
    assert studio.hub.value("/main/mute") == 1.0
    box.press("foot/2")
    box.release("foot/2")
    assert studio.fired == [("/transport/play", ())]
    studio.hub.publish("/transport/tally", float(Tally.RECORDING))
    studio.turn()
    assert box.lamps["tally"] == 127
