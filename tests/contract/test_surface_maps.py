"""What every map in firmware-maps/ promises, whoever wrote it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.model.parameter import Flag
from studiod.surfaces.base import Act, Moved, Pressed, SurfaceMap
from studiod.surfaces.fit import misfits
from studiod.surfaces.generic_midi import GenericMidi
from studiod.surfaces.maps import load_map, map_folder
from studiod.surfaces.surface import Surface
from tests.unit.surfaces.rig import desk

PATHS = sorted(map_folder().glob("*.yaml"))
MAPS = [load_map(path) for path in PATHS]
each_map = pytest.mark.parametrize("facts", MAPS, ids=[facts.name for facts in MAPS])


class Bench:
    """A box of one model attached to a desk, its wire a list."""

    def __init__(self, facts: SurfaceMap) -> None:
        self.hub = desk(strips=24)
        for spec in self.hub.registry:
            if spec.address.startswith("/transport/") and not spec.is_numeric and spec.taper is None:
                self.hub.on_trigger(spec.address, lambda *_: None)
        self.dialect = GenericMidi(facts.controls.values())
        self.surface = Surface(facts.name, facts, self.hub, self.dialect)
        self.wire: list[bytes] = []
        self.attach()

    def attach(self) -> None:
        self.surface.attach(self.wire.append, 0.0)
        now = 0.0
        while (wait := self.surface.drain(now)) is not None:
            now += wait

    def shown(self) -> dict[str, bytes]:
        """The last message to each control that shows something."""
        by_head = {message[:2]: message for message in self.wire if message[0] != 0xF0}
        heads = {
            name: self.dialect.encode(self.surface.facts.controls[name], 0)[:2] for name in self.surface.facts.feedback
        }
        return {name: by_head[head] for name, head in heads.items() if head in by_head}


def test_there_are_maps_and_each_has_its_own_name() -> None:
    assert len({facts.name for facts in MAPS}) == len(PATHS) > 0


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_a_file_is_named_after_maker_and_model(path: Path) -> None:
    facts = load_map(path)
    assert path.stem == f"{facts.maker}-{facts.model}".lower().replace(" ", "-")


@each_map
def test_it_says_where_its_facts_come_from_and_which_mode_the_box_needs(facts: SurfaceMap) -> None:
    assert facts.sources
    assert facts.mode
    assert facts.confidence


@each_map
def test_every_address_is_one_the_desk_has(facts: SurfaceMap) -> None:
    assert misfits(facts, desk(strips=24).registry) == ()


@each_map
def test_no_port_pattern_takes_our_own_ports_or_everything(facts: SurfaceMap) -> None:
    assert all(len(pattern.strip("*?")) > 2 for pattern in facts.ports)


@each_map
def test_every_control_is_heard_as_itself_and_nothing_else(facts: SurfaceMap) -> None:
    dialect = GenericMidi(facts.controls.values())
    for control in facts.controls.values():
        gesture = dialect.decode(dialect.encode(control, control.steps - 1))
        assert isinstance(gesture, Moved | Pressed)
        assert gesture.control == control.name


@each_map
def test_every_bound_value_reaches_both_ends(facts: SurfaceMap) -> None:
    bench = Bench(facts)
    for binding in facts.bindings.values():
        if binding.act is not Act.ADDRESS:
            continue
        spec = bench.hub.registry[bench.surface.bank.resolve(binding.address)]
        assert Flag.READ_ONLY not in spec.flags
        control = facts.controls[binding.control]
        for step in (*range(control.steps), *reversed(range(control.steps))):
            bench.surface.receive(bench.dialect.encode(control, step))
            if step == control.steps - 1:
                assert bench.hub.value(spec.address) == spec.high
        assert bench.hub.value(spec.address) == spec.low


@each_map
def test_on_return_every_lamp_is_told_again(facts: SurfaceMap) -> None:
    bench = Bench(facts)
    first = bench.shown()
    assert first.keys() == facts.feedback.keys()
    bench.surface.detach()
    bench.wire.clear()
    bench.attach()
    assert bench.shown() == first


@each_map
def test_a_toggle_pressed_twice_is_where_it_was_and_its_lamp_went_with_it(facts: SurfaceMap) -> None:
    bench = Bench(facts)
    bench.hub.observe(bench.surface.on_changes)
    now = 100.0
    for binding in facts.bindings.values():
        if binding.act is not Act.TOGGLE:
            continue
        control, address = facts.controls[binding.control], bench.surface.bank.resolve(binding.address)
        before = bench.hub.value(address)
        for _ in range(2):
            for step in (1, 0):
                bench.surface.receive(bench.dialect.encode(control, step))
            bench.hub.turn()
            bench.surface.drain(now := now + 1.0)
            if control.has_lamp and control.name in facts.feedback:
                lit = bench.dialect.encode(control, int(bench.hub.value(address)))
                assert bench.shown()[control.name] == lit
        assert bench.hub.value(address) == before


@each_map
@given(messages=st.lists(st.binary(max_size=6), max_size=20))
def test_whatever_comes_in_never_raises(facts: SurfaceMap, messages: list[bytes]) -> None:
    bench = Bench(facts)
    for message in messages:
        bench.surface.receive(message)
