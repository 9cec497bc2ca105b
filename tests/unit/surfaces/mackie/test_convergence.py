"""Several boxes on one desk, on wires that lose and swap: whatever hands do, all end where the desk is, and rest."""

from dataclasses import dataclass, replace
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.surfaces.flight import FLIGHT_S
from studiod.surfaces.mackie.desk import MackieDesk
from studiod.surfaces.mackie.facts import BoxFacts
from studiod.surfaces.mackie.readings import position_of
from studiod.surfaces.mackie.simulator import Manners, Simulator
from studiod.surfaces.mackie.surface import AGAIN_S
from studiod.surfaces.mackie.words import TOP
from tests.fakes.mcu import Stage, facts_of

FADERS: Final = 3
COARSE_BITS: Final = 7
SETTLE_S: Final = FLIGHT_S * 1.2
XTOUCH, MCU, COARSE = range(3)


class Shaky:
    """A box on a wire whose messages wait until they are delivered, swapped or lost."""

    def __init__(self, stage: Stage, name: str, facts: BoxFacts, box: Simulator) -> None:
        self.facts = facts
        self.box = box
        self.to_box: list[bytes] = []
        self.to_desk: list[bytes] = []
        self.spoken = 0
        self._stage = stage
        # each box is a desk of its own: the same strips lie under all of them
        self.surface = MackieDesk(stage.hub, stage.loop.time, stage.touches).surface(name, facts)
        stage.hub.observe(lambda changes: self.surface.on_changes(changes) if self.surface.is_live else None)
        self.plug()

    def plug(self) -> None:
        self.box.emit = self.to_desk.append
        self.surface.attach(self._say)

    def unplug(self) -> None:
        self.surface.detach()
        self.box.emit = lambda _: None
        self.box.touched.clear()
        self.to_box.clear()
        self.to_desk.clear()

    def _say(self, message: bytes) -> None:
        self.spoken += 1
        self.to_box.append(message)

    def swap(self) -> None:
        for wire in (self.to_box, self.to_desk):
            if len(wire) > 1:
                wire[-1], wire[-2] = wire[-2], wire[-1]

    def lose(self) -> None:
        for wire in (self.to_box, self.to_desk):
            if wire:
                wire.pop()

    def deliver(self) -> None:
        """What is on the wires now arrives; what is said to it is on the wires then."""
        to_box, to_desk = self.to_box[:], self.to_desk[:]
        self.to_box.clear()
        self.to_desk.clear()
        for message in to_desk:
            self.surface.receive(message)
        for message in to_box:
            self.box.receive(message)

    def push(self, fader: int, position: int) -> None:
        self.box.move(fader, position)


@dataclass(frozen=True, slots=True)
class Deed:
    """What happens next: a hand, a wire, another client, or time."""

    what: str
    box: int
    fader: int
    position: int


deeds = st.lists(
    st.builds(
        Deed,
        st.sampled_from(
            [
                "touch",
                "push",
                "push",
                "release",
                "tablet",
                "tablet",
                "swap",
                "lose",
                "deliver",
                "deliver",
                "replug",
                "rest",
            ]
        ),
        st.integers(0, 2),
        st.integers(1, FADERS),
        st.integers(0, TOP),
    ),
    max_size=30,
)


class Room:
    """An X-Touch, a Mackie Control, and a coarse box without sensors that says where its motors bring it."""

    def __init__(self) -> None:
        self.stage = Stage(strips=FADERS)
        coarse = replace(facts_of("behringer-bcf2000"), name="coarse", fader_bits=COARSE_BITS)
        xtouch, mcu = facts_of("behringer-x-touch"), facts_of("mackie-mcu-pro")
        self.boxes = [
            Shaky(self.stage, "xtouch", xtouch, Simulator(talks_back=True)),
            Shaky(self.stage, "mcu", mcu, Simulator()),
            Shaky(
                self.stage,
                "coarse",
                coarse,
                Simulator(0x14, Manners.SILENT, has_touch=False, talks_back=True, fader_bits=COARSE_BITS),
            ),
        ]
        self.rest(0.5)

    def rest(self, seconds: float, step_s: float = 0.02) -> None:
        """Everything arrives, and time passes."""
        for _ in range(round(seconds / step_s)):
            self.turn()
            for box in self.boxes:
                box.deliver()
            self.stage.loop.advance(step_s)
        self.turn()

    def turn(self) -> None:
        self.stage.hub.turn()
        for box in self.boxes:
            box.surface.drain()

    def do(self, deed: Deed) -> None:
        box = self.boxes[deed.box]
        if deed.what == "touch":
            box.box.touch(deed.fader)
        elif deed.what == "push":
            box.push(deed.fader, deed.position)
        elif deed.what == "release":
            box.box.release(deed.fader)
        elif deed.what == "tablet":
            self.stage.hub.write_travel(f"/strip/{deed.fader}/fader", deed.position / TOP, "tablet")
        elif deed.what == "replug":
            box.unplug()
            box.plug()
        elif deed.what == "rest":
            self.rest(0.1)
        else:
            {"swap": box.swap, "lose": box.lose, "deliver": box.deliver}[deed.what]()
        self.turn()

    def settle(self) -> None:
        """Hands leave, wires are whole again, and every box is told everything once more."""
        self.rest(SETTLE_S)
        for box in self.boxes:
            for fader in range(1, FADERS + 1):
                box.box.touch(fader)
                box.box.release(fader)
        self.rest(SETTLE_S)
        for _ in range(150):
            for box in self.boxes:
                box.surface.heal()
        self.rest(SETTLE_S + AGAIN_S)

    def spoken(self) -> int:
        return sum(box.spoken for box in self.boxes)


@settings(max_examples=100)
@given(deeds)
def test_all_boxes_end_where_the_desk_is_and_rest(done: list[Deed]) -> None:
    room = Room()
    for deed in done:
        room.do(deed)
    room.settle()
    spoken = room.spoken()
    stood = [room.stage.hub.value(f"/strip/{fader}/fader") for fader in range(1, FADERS + 1)]
    room.rest(2.0)
    assert room.spoken() == spoken, "somebody still talks"
    for fader in range(1, FADERS + 1):
        assert room.stage.hub.value(f"/strip/{fader}/fader") == stood[fader - 1]
        target = position_of(room.stage.hub.travel(f"/strip/{fader}/fader"))
        for box in room.boxes:
            shift = 14 - box.facts.fader_bits
            assert box.box.faders[fader - 1] >> shift == target >> shift, box.facts.name


@settings(max_examples=30)
@given(st.integers(0, TOP), st.integers(1, FADERS))
def test_what_nobody_moved_stays_to_the_last_bit(position: int, fader: int) -> None:
    room = Room()
    address = f"/strip/{fader}/fader"
    room.stage.hub.write_travel(address, position / TOP, "tablet")
    exact = room.stage.hub.value(address)
    room.settle()
    for box in room.boxes:
        box.unplug()
        box.plug()
    room.settle()
    assert room.stage.hub.value(address) == exact


def test_the_last_hand_wins_between_equals() -> None:
    room = Room()
    room.boxes[COARSE].push(1, 2000)
    room.rest(0.1)
    room.boxes[MCU].box.touch(1)
    room.boxes[MCU].push(1, 9000)
    room.rest(0.1)
    assert room.stage.hub.travel("/strip/1/fader") == pytest.approx(9000 / TOP)
    room.boxes[MCU].box.release(1)
    room.settle()
    assert [box.box.faders[0] >> 7 for box in room.boxes] == [9000 >> 7] * 3


def test_two_hands_on_one_parameter_both_keep_their_fader() -> None:
    room = Room()
    for box, position in ((XTOUCH, 3000), (MCU, 12000)):
        room.boxes[box].box.touch(1)
        room.boxes[box].push(1, position)
    room.rest(5.0)
    assert [room.boxes[box].box.targets[0] for box in (XTOUCH, MCU)] == [3000, 12000]
    for box in (XTOUCH, MCU):
        room.boxes[box].box.release(1)
    room.settle()
    assert [room.boxes[box].box.faders[0] for box in (XTOUCH, MCU)] == [12000, 12000]
