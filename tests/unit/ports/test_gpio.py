"""Buttons, encoders and lamps on pins: debounced, counted, lit, and heard by the same talk as a board's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.link.box_controls import SerialKind
from studiod.link.box_lines import Ask, Lamp, Ping, encode
from studiod.link.ports import PortGone
from studiod.ports.gpio_box import ALONE_S, BOUNCE_S, GpioBox, PinControl
from studiod.ports.gpio_system import GpioSystem
from studiod.ports.gpiod_chip import open_chip
from studiod.surfaces.base import Gesture, Pressed, Released, Turned
from studiod.surfaces.serial import StudiodTalk
from tests.fakes.gpio_chip import MemoryChip
from tests.helpers import eventually

FOOT, JOG_A, JOG_B, TALLY = 17, 22, 23, 27
CONTROLS = (
    PinControl("foot/1", SerialKind.BUTTON, FOOT),
    PinControl("jog", SerialKind.ENCODER, JOG_A, JOG_B),
    PinControl("tally", SerialKind.LAMP, TALLY),
)
HIGH = {FOOT: False, JOG_A: False, JOG_B: False}


class Bench:
    """A box and a talk that hears it; time stands until it is moved."""

    def __init__(self) -> None:
        self.box = GpioBox("pedals", CONTROLS)
        self.talk = StudiodTalk()
        self.now = 10.0
        assert self.talk.hear(self.box.boot(HIGH), self.now) == []

    def edge(self, pin: int, *, low: bool) -> list[Gesture]:
        return self.talk.hear(self.box.edge(pin, self.now, is_low=low), self.now)

    def turn(self, by_s: float) -> list[Gesture]:
        self.now += by_s
        return self.talk.hear(self.box.turn(self.now)[0], self.now)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_pins_describe_themselves_as_a_board_would(bench: Bench) -> None:
    assert bench.talk.note == "pedals 1"
    assert {name: control.kind for name, control in bench.talk.controls.items()} == {
        control.name: control.kind for control in CONTROLS
    }


def test_a_press_counts_at_its_first_contact_and_once(bench: Bench) -> None:
    assert bench.edge(FOOT, low=True) == [Pressed("foot/1")]
    for level in (False, True, False, True):
        bench.now += 0.0005
        assert bench.edge(FOOT, low=level) == []
    assert bench.turn(BOUNCE_S) == []
    assert bench.edge(FOOT, low=False) == [Released("foot/1")]


def test_a_tap_that_is_over_within_the_bounce_is_a_press_and_a_release(bench: Bench) -> None:
    assert bench.edge(FOOT, low=True) == [Pressed("foot/1")]
    bench.now += 0.001
    assert bench.edge(FOOT, low=False) == []
    assert bench.turn(0.001) == []
    assert bench.turn(BOUNCE_S) == [Released("foot/1")]
    assert bench.turn(1.0) == []


@given(st.lists(st.tuples(st.booleans(), st.floats(0.0, 0.02)), max_size=40))
def test_presses_and_releases_alternate_and_end_where_the_contact_is(edges: list[tuple[bool, float]]) -> None:
    bench, found, low = Bench(), list[Gesture](), False
    for low, wait_s in edges:
        bench.now += wait_s
        found += bench.edge(FOOT, low=low)
    found += bench.turn(1.0)
    assert found == [(Released if number % 2 else Pressed)("foot/1") for number in range(len(found))]
    assert bool(len(found) % 2) is low


def quarter(bench: Bench, clicks: int) -> list[Gesture]:
    """Turn the knob by so many clicks, contact by contact."""
    found: list[Gesture] = []
    order = [(JOG_B, True), (JOG_A, True), (JOG_B, False), (JOG_A, False)]
    if clicks < 0:
        order = [(JOG_A, True), (JOG_B, True), (JOG_A, False), (JOG_B, False)]
    for _ in range(abs(clicks)):
        for pin, low in order:
            found += bench.edge(pin, low=low)
    return found


@given(st.lists(st.integers(-5, 5)))
def test_an_encoder_counts_every_click_and_forgets_none(turns: list[int]) -> None:
    bench = Bench()
    found = [gesture for clicks in turns for gesture in quarter(bench, clicks)]
    steps = [gesture.steps for gesture in found if isinstance(gesture, Turned)]
    assert sum(steps) == sum(turns)
    assert len(steps) == sum(map(abs, turns))


def test_a_contact_that_bounces_turns_nothing(bench: Bench) -> None:
    for _ in range(50):
        assert bench.edge(JOG_A, low=True) == []
        assert bench.edge(JOG_A, low=False) == []
    assert quarter(bench, 1) == [Turned("jog", 1)]


def test_a_lamp_follows_and_goes_dark_when_nobody_keeps_it_true(bench: Bench) -> None:
    assert bench.box.hear(encode(Lamp(2, 127)), 10.0) == (b"", {TALLY: True})
    assert bench.box.turn(10.0 + ALONE_S) == (b"", {})
    assert bench.box.turn(10.1 + ALONE_S) == (b"", {TALLY: False})
    assert bench.box.turn(20.0) == (b"", {})
    assert bench.box.hear(encode(Lamp(0, 127)) + encode(Lamp(9, 1)) + b"junk\n", 21.0) == (b"", {})


def test_it_answers_pings_and_says_who_it_is(bench: Bench) -> None:
    assert bench.box.hear(encode(Ping(7)), 1.0)[0] == encode(Ping(7))
    assert bench.box.hear(b"\n" + encode(Ask()), 1.0)[0] == bench.box.boot(HIGH)


# -- with a chip -------------------------------------------------------------------------------------------------------


class Pins:
    """A chip in memory behind the port system."""

    def __init__(self, path: Path) -> None:
        path.touch()
        self.path = path
        self.chip = MemoryChip()
        self.heard: list[bytes] = []
        self.now = 5.0
        self.system = GpioSystem(path, CONTROLS, lambda: self.now, self.chip.open)

    def said(self) -> bytes:
        return b"".join(self.heard)


@pytest.fixture
def pins(tmp_path: Path) -> Iterator[Pins]:
    pins = Pins(tmp_path / "gpiochip0")
    yield pins
    pins.system.close()
    pins.chip.dispose()


def test_pins_are_a_port_that_is_listened_to_and_spoken_to(pins: Pins) -> None:
    (name,) = pins.system.names().inputs
    assert pins.system.kind(name) == "studiod"
    with pytest.raises(PortGone, match="not open"):
        pins.system.open_output(name)
    ears = pins.system.open_input(name, lambda message, _: pins.heard.append(message))
    talk = StudiodTalk()
    eventually(lambda: pins.heard)
    talk.hear(pins.said(), 0.0)
    assert talk.is_ready
    pins.heard.clear()
    pins.chip.pull(FOOT, low=True)
    eventually(lambda: pins.heard)
    assert talk.hear(pins.said(), 0.0) == [Pressed("foot/1")]
    mouth = pins.system.open_output(name)
    mouth.send(talk.show("tally", 1))
    assert pins.chip.high == {TALLY: True}
    mouth.close()
    ears.close()
    ears.close()
    assert (pins.chip.high, pins.chip.is_open) == ({TALLY: False}, False)


def test_a_chip_that_goes_is_another_when_it_comes_back(pins: Pins) -> None:
    name = str(pins.path)
    before = pins.system.stamp(name)
    pins.system.open_input(name, lambda message, _: pins.heard.append(message))
    mouth = pins.system.open_output(name)
    pins.chip.pull_out()
    eventually(lambda: pins.system.stamp(name) != before)

    def refused() -> bool:
        try:
            mouth.send(encode(Ping(1)))
        except PortGone:
            return True
        return False

    eventually(refused)
    pins.chip.is_gone = False
    pins.heard.clear()
    pins.system.open_input(name, lambda message, _: pins.heard.append(message))
    eventually(lambda: pins.heard)


def test_no_chip_is_no_port(tmp_path: Path) -> None:
    system = GpioSystem(tmp_path / "gpiochip9", CONTROLS, lambda: 0.0, open_chip)
    assert system.names().inputs == ()


def test_a_chip_that_does_not_open_is_told_of_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "gpiochip0"
    path.touch()
    with pytest.raises(PortGone, match=r"gpiochip0: (Python module gpiod|its pins would not open)"):
        open_chip(path, (FOOT,), (TALLY,))
