"""A box of every kind on one desk (Mackie, HUI, a line, plain MIDI with motors): all end at the last hand's value."""

from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.surfaces.base import Takeover
from studiod.surfaces.controls import nearest_step
from studiod.surfaces.mackie.desk import MackieDesk, MackieModel
from studiod.surfaces.mackie.simulator import Simulator
from studiod.surfaces.mackie.words import TOP
from studiod.surfaces.manager import POLL_S, SurfaceManager
from studiod.surfaces.maps import load_map, map_folder
from studiod.surfaces.models import MapModel, Model
from studiod.surfaces.serial.models import LineDesk, LineModel
from studiod.surfaces.touches import Touches
from tests.fakes.hand_loop import HandLoop
from tests.fakes.loose_cable import LooseCable
from tests.fakes.mcu import facts_of
from tests.fakes.midi_ports import MemoryPorts
from tests.fakes.motor_boxes import Compact, Hui, LineFaders, MotorBox
from tests.unit.surfaces.rig import desk

COMPACT = load_map(map_folder() / "behringer-x-touch-compact-standard.yaml")
BOX = load_map(map_folder() / "studiod-box.yaml")
PLAIN = 2  # the number of the first box without a grammar of its own for motors
BUSY = 2  # hands meet on the first strips
KNOWN_S = 3.0  # a box on a line has said what it is
HEALED_S = 25.0  # one thing ten times a second: all of a box


class XTouch(Simulator):
    """With the words of the others."""

    top = TOP


class Room:
    """Four motor boxes of four kinds over the same strips, and what they should come to."""

    def __init__(self) -> None:
        self.loop, self.ports, self.hub = HandLoop(), MemoryPorts(), desk(8)
        touches = Touches()
        self.hub.holder = touches.holder
        line = LineDesk(self.hub, (BOX,), self.loop.time, touches)
        models: list[Model] = [
            MackieModel(facts_of("behringer-x-touch"), MackieDesk(self.hub, self.loop.time, touches)),
            MackieModel(facts_of("mackie-hui"), MackieDesk(self.hub, self.loop.time, touches)),
            MapModel(COMPACT, self.hub, self.loop.time, touches, Takeover.JUMP),
            LineModel(BOX, line),
        ]
        self.manager = SurfaceManager(self.hub, models, self.ports, clock=self.loop.time, later=self.loop.later)
        self.manager.start()
        self.boxes: list[MotorBox] = [XTouch(), Hui(), Compact(), LineFaders()]
        ports = ("X-Touch INT", "HUI", "X-TOUCH COMPACT MIDI 1", "/dev/serial/by-id/usb-Home_made-if00")
        self.cables = [LooseCable(port, box) for port, box in zip(ports, self.boxes, strict=True)]
        self.expected: dict[int, tuple[float, float]] = {}  # strip -> travel, and how exactly the hand could say it
        self.has_lost: set[int] = set()
        for cable in self.cables:
            self.plug(cable)
        self.rest(KNOWN_S)
        assert [(status.state, status.first_strip) for status in self.manager.status()] == [("connected", 1)] * 4

    def plug(self, cable: LooseCable) -> None:
        cable.is_held, cable.lose = False, 0
        kind = {"kind": "studiod"} if cable.port.startswith("/dev/") else {}
        self.ports.plug(cable.port, cable, **kind)
        cable.box.power_on()
        self.rest(POLL_S + 0.1)

    def unplug(self, who: int) -> None:
        cable = self.cables[who]
        self.ports.unplug(cable.port)
        cable.waiting.clear()
        cable.box.emit = lambda _: None
        self.boxes[who].touched.clear()
        self.rest(POLL_S + 0.1)

    def rest(self, seconds: float, step_s: float = 0.02) -> None:
        end = self.loop.time() + seconds
        while self.loop.time() < end:
            self.hub.turn()
            self.loop.advance(step_s)
        self.hub.turn()

    def push(self, who: int, strip: int, travel: float) -> None:
        """A finger on a fader moves it: whoever touches it, too, the last one wins."""
        box = self.boxes[who]
        if strip not in box.touched:
            box.touch(strip)
        step = round(travel * box.top)
        box.move(strip, step)
        self.expected[strip] = step / box.top, 1 / box.top

    def release(self, who: int) -> None:
        for fader in list(self.boxes[who].touched):
            self.boxes[who].release(fader)

    def do(self, what: str, who: int, strip: int, travel: float) -> None:
        cable = self.cables[who]
        is_midi = not cable.port.startswith("/dev/")
        match what:
            case "push":
                self.push(who, strip, travel)
            case "release":
                self.release(who)
            case "replug":
                self.unplug(who)
                self.plug(cable)
                self.rest(0.0 if is_midi else KNOWN_S)
            case "hold" if who < PLAIN:  # what a plain motor hears late, after a hand, it obeys
                cable.is_held = True
            case "swap":
                cable.swap()
            case "deliver":
                cable.is_held = False
                cable.deliver()
            case "lose":
                # a plain motor is told once more after each move, and then left alone: it bears one loss, not two
                cable.lose = 3 if who < PLAIN else int(who not in self.has_lost)
                self.has_lost.add(who)
        self.rest(0.02)

    def settle(self) -> None:
        """Fingers leave, cables are whole, and everything is told once more."""
        for who, cable in enumerate(self.cables):
            self.release(who)
            cable.is_held, cable.lose = False, 0
            cable.deliver()
        self.rest(HEALED_S, 0.1)

    def check(self) -> None:
        """Desk and boxes show the last hand's value."""
        for strip in range(1, BUSY + 1):
            travel = self.hub.travel(f"/strip/{strip}/fader")
            wanted, exactly = self.expected.get(strip, (0.75, 1 / TOP))
            assert abs(travel - wanted) <= exactly, f"strip {strip}"
            for box in self.boxes:
                off = abs(box.faders[strip - 1] - nearest_step(travel, box.top + 1))
                assert off <= 1, f"strip {strip} of {type(box).__name__}"


DEEDS = st.lists(
    st.tuples(
        st.sampled_from((*("push",) * 6, "release", "release", "replug", "hold", "swap", "deliver", "lose")),
        st.integers(0, 3),
        st.integers(1, BUSY),
        st.floats(0.0, 1.0),
    ),
    min_size=4,
    max_size=20,
)


@settings(max_examples=30, deadline=None)
@given(DEEDS)
def test_after_a_while_boxes_of_every_kind_show_the_last_hands_value(deeds: list[tuple[str, int, int, float]]) -> None:
    room = Room()
    for deed in deeds:
        room.do(*deed)
    room.settle()
    room.check()
    values = [room.hub.value(f"/strip/{strip}/fader") for strip in range(1, 9)]
    room.rest(2.0, 0.1)
    assert [room.hub.value(f"/strip/{strip}/fader") for strip in range(1, 9)] == values, "nothing rings on"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, BUSY), st.floats(0.0, 1.0)), min_size=1, max_size=20))
def test_with_one_hand_and_whole_cables_all_show_its_value_as_soon_as_it_rests(
    moves: list[tuple[int, int, float]],
) -> None:
    room = Room()
    for who, strip, travel in moves:
        room.push(who, strip, travel)
        room.rest(0.1)
        room.release(who)
        room.rest(0.5)
        room.check()
