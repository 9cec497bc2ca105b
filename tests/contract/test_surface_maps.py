"""What every map in firmware-maps/ promises, whoever wrote it."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.model.parameter import Flag
from studiod.surfaces.base import Act, Binding, Control, Moved, Pressed, SurfaceMap, Turned, When
from studiod.surfaces.controls import POSITION_KINDS, PRESSED_KINDS, Sends, Wire, WireKind
from studiod.surfaces.dialects import dialect_of
from studiod.surfaces.fit import misfits
from studiod.surfaces.generic_midi import value_messages
from studiod.surfaces.maps import load_map, map_folder
from studiod.surfaces.surface import Surface
from tests.unit.surfaces.rig import desk

PATHS = sorted(map_folder().glob("*.yaml"))
MAPS = [load_map(path) for path in PATHS]
each_map = pytest.mark.parametrize("facts", MAPS, ids=[facts.name for facts in MAPS])
GENERIC = [facts for facts in MAPS if facts.dialect == "generic-midi"]
each_generic_map = pytest.mark.parametrize("facts", GENERIC, ids=[facts.name for facts in GENERIC])


def said(wire: Wire, value: int) -> tuple[bytes, ...]:
    """What a box sends when that wire has this value; a program is its own number."""
    return value_messages(wire, wire.number if wire.kind is WireKind.PROGRAM else value)


def press(control: Control, *, was_lit: bool = False) -> Iterator[tuple[bytes, int]]:
    """A press and its release, as the box sends them, each with its port; was_lit: its lamp, for one that toggles."""
    wire = control.wire
    assert wire is not None
    down = next(iter(value for value in (127, 64, 1, *range(128)) if value in control.pressed))
    up = 0 if 0 not in control.pressed else 127
    if control.sends is Sends.TOGGLE:
        values = [up if was_lit else down]
    else:
        values = [down] if control.sends is Sends.PRESS else [down, up]
    for value in values:
        for message in said(wire, value):
            yield message, wire.port


class Bench:
    """A box of one model attached to a desk, its wires one list."""

    def __init__(self, facts: SurfaceMap) -> None:
        self.hub = desk(strips=24, buses=8)
        for spec in self.hub.registry:
            if not spec.is_numeric and spec.taper is None and spec.kind.value == "trigger":
                self.hub.on_trigger(spec.address, lambda *_: None)
        self.dialect = dialect_of(facts)
        self.now = 0.0
        self.surface = Surface(facts.name, facts, self.hub, self.dialect, clock=lambda: self.now)
        self.wire: list[bytes] = []
        self.attach()

    def attach(self) -> None:
        if self.surface.facts.match.listens:
            ports = 1 + len(self.surface.facts.match.also)
            self.surface.attach(*[self.wire.append] * ports)
        else:
            self.surface.attach()
        self.rest()

    def rest(self) -> None:
        """Time for every message to leave; readings stand still meanwhile."""
        end = self.now + 10.0
        while (wait := self.surface.drain()) is not None and self.now < end:
            self.now += wait

    def bound(self, control: Control) -> list[Binding]:
        """What the control does now, where the desk is wide enough for it."""
        bindings = self.surface.view.bindings.get(control.name, ())
        return [item for item in bindings if self.resolved(item) in self.hub.registry]

    def resolved(self, binding: Binding) -> str:
        return self.surface.view.banks.resolve(binding.address)


def test_there_are_maps_and_each_has_its_own_name() -> None:
    assert len({facts.name for facts in MAPS}) == len(PATHS) > 0


@each_map
def test_it_says_where_its_facts_come_from_and_which_mode_the_box_needs(facts: SurfaceMap) -> None:
    assert facts.sources
    assert facts.mode
    assert facts.confidence


@each_map
def test_every_address_is_one_the_desk_has(facts: SurfaceMap) -> None:
    assert misfits(facts, desk(strips=24, buses=8).registry) == ()


@each_map
def test_no_port_pattern_takes_our_own_ports_or_everything(facts: SurfaceMap) -> None:
    assert all(len(pattern.strip("*?")) > 2 for pattern in facts.match.ports)


@each_generic_map
def test_every_control_is_heard_as_itself_and_nothing_else(facts: SurfaceMap) -> None:
    for control in facts.controls.values():
        if control.is_output or control.wire is None:
            continue
        if control.kind in PRESSED_KINDS:
            messages = list(press(control))[:1]
        else:
            value = control.scale.high if control.kind in POSITION_KINDS else 1
            messages = [(message, control.wire.port) for message in said(control.wire, value)]
        dialect = dialect_of(facts)
        gestures = [gesture for message, port in messages for gesture in dialect.decode(message, port)]
        assert {gesture.control for gesture in gestures if isinstance(gesture, Moved | Pressed | Turned)} == {
            control.name
        }


@each_generic_map
def test_every_bound_value_reaches_both_ends(facts: SurfaceMap) -> None:
    bench = Bench(facts)
    for control in facts.controls.values():
        bindings = [item for item in bench.bound(control) if item.act is Act.ADDRESS]
        if control.kind not in POSITION_KINDS or control.wire is None or not bindings or bindings[0].span is not None:
            continue
        spec = bench.hub.registry[bench.resolved(bindings[0])]
        assert Flag.READ_ONLY not in spec.flags
        stride = max(control.steps // 128, 1)
        for step in (*range(0, control.steps, stride), control.steps - 1, *range(control.steps - 1, -1, -stride), 0):
            for message in said(control.wire, control.scale.value(step)):
                bench.surface.receive(message, control.wire.port)
            if step == control.steps - 1:
                assert bench.hub.value(spec.address) == spec.high
        assert bench.hub.value(spec.address) == spec.low


@each_map
def test_on_return_everything_is_told_again(facts: SurfaceMap) -> None:
    bench = Bench(facts)
    first = list(bench.wire)
    shows = [control for control in facts.controls.values() if control.shows]
    assert (
        bool(first) is bool(facts.match.listens and (shows or facts.greeting or facts.hello)) or not facts.match.listens
    )
    bench.surface.detach()
    bench.wire.clear()
    bench.attach()
    assert bench.wire == first


@each_generic_map
def test_a_toggle_pressed_twice_is_where_it_was_and_its_lamp_went_with_it(facts: SurfaceMap) -> None:
    bench = Bench(facts)
    bench.hub.observe(bench.surface.on_changes)
    for control in facts.controls.values():
        bindings = bench.bound(control)
        if control.kind not in PRESSED_KINDS or len(bindings) != 1 or bindings[0].act is not Act.TOGGLE:
            continue
        if bindings[0].when is not When.PRESS:
            continue
        address = bench.resolved(bindings[0])
        before = bench.hub.value(address)
        feedback = bench.surface.view.feedback.get(control.name)
        shows = (
            control.has_lamp
            and facts.match.listens
            and feedback is not None
            and feedback.address == bindings[0].address
        )
        for _ in range(2):
            value = bench.hub.value(address)
            bench.wire.clear()
            for message, port in press(control, was_lit=value != 0.0):
                bench.surface.receive(message, port)
            bench.hub.turn()
            bench.rest()
            assert bench.hub.value(address) != value
            assert bool(bench.wire) is bool(shows) or not shows
        assert bench.hub.value(address) == before


@each_map
@settings(max_examples=5, deadline=None)
@given(messages=st.lists(st.binary(max_size=6), max_size=20))
def test_whatever_comes_in_never_raises(facts: SurfaceMap, messages: list[bytes]) -> None:
    bench = Bench(facts)
    for message in messages:
        bench.surface.receive(message)
