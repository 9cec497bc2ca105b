"""One box on the desk: gestures in, lamps and motors out."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.desk.hub import Hub
from studiod.model.registry import UnknownAddress
from studiod.surfaces.base import Moved, Pressed, Released, Takeover, Touched, Turned
from studiod.surfaces.surface import Surface
from tests.unit.surfaces.rig import desk, one_fader_box

FADER = "/strip/1/fader"


class Bench:
    """A desk with boxes on it whose wires are lists, turned by hand."""

    def __init__(self, hub: Hub | None = None) -> None:
        self.hub = hub or desk()
        self.surfaces: list[Surface] = []
        self.sent: list[list[bytes]] = []
        self.now = 0.0

    def add(
        self, steps: int, *, has_motor: bool = False, takeover: Takeover = Takeover.JUMP, address: str = ""
    ) -> Surface:
        """Put a box with one fader on the desk."""
        where = {"address": address} if address else {}
        facts, dialect = one_fader_box(steps, has_motor=has_motor, takeover=takeover, **where)
        surface = Surface(f"{facts.name}-{len(self.surfaces)}", facts, self.hub, dialect, clock=lambda: self.now)
        wire: list[bytes] = []
        self.surfaces.append(surface)
        self.sent.append(wire)
        surface.attach(wire.append)
        self.hub.observe(surface.on_changes)
        self.turn()
        wire.clear()
        return surface

    def turn(self) -> None:
        """One turn of the loop, with time for every message to leave."""
        self.hub.turn()
        self.now += 1.0
        for surface in self.surfaces:
            surface.drain()


def test_a_moved_fader_writes_the_level_under_it() -> None:
    bench = Bench()
    bench.add(128).on_gesture(Moved("fader", 1.0))
    assert bench.hub.value(FADER) == 10.0


def test_the_bottom_stop_is_silence_even_when_the_level_was_nearly_there() -> None:
    bench = Bench()
    surface = bench.add(128)
    surface.on_gesture(Moved("fader", 1 / 127))
    bench.hub.write(FADER, -89.9, "elsewhere")
    surface.on_gesture(Moved("fader", 0.0))
    assert bench.hub.value(FADER) == -math.inf


def test_a_coarse_box_that_moves_to_the_step_it_already_shows_does_not_coarsen_the_level() -> None:
    bench = Bench()
    surface = bench.add(128)
    bench.hub.write(FADER, -6.02, "elsewhere")
    step = surface.facts.controls["fader"].step(bench.hub.travel(FADER))
    surface.on_gesture(Moved("fader", (step - 1) / 127))
    bench.hub.write(FADER, -6.02, "elsewhere")
    surface.on_gesture(Moved("fader", step / 127))
    assert bench.hub.value(FADER) == -6.02


def test_a_box_that_repeats_itself_does_not_move_what_others_moved() -> None:
    bench = Bench()
    surface = bench.add(128)
    surface.on_gesture(Moved("fader", 0.5))
    bench.hub.write(FADER, 3.0, "elsewhere")
    surface.on_gesture(Moved("fader", 0.5))
    assert bench.hub.value(FADER) == 3.0


def test_a_motor_that_reports_its_own_travel_writes_nothing() -> None:
    bench = Bench()
    surface = bench.add(128, has_motor=True)
    bench.hub.write(FADER, -6.02, "elsewhere")
    bench.turn()
    (move,) = bench.sent[0]
    surface.receive(move)
    assert bench.hub.value(FADER) == -6.02


def test_the_box_that_moved_a_motor_fader_is_not_told_about_it() -> None:
    bench = Bench()
    bench.add(1024, has_motor=True).on_gesture(Moved("fader", 512 / 1023))
    bench.turn()
    assert bench.sent[0] == []


def test_a_touched_fader_is_not_moved_until_it_is_let_go() -> None:
    bench = Bench()
    surface = bench.add(1024, has_motor=True)
    surface.on_gesture(Touched("fader"))
    bench.hub.write(FADER, -6.0, "elsewhere")
    bench.turn()
    assert bench.sent[0] == []
    surface.on_gesture(Released("fader"))
    bench.turn()
    assert len(bench.sent[0]) == 1


def test_a_finger_that_rests_for_a_minute_does_not_let_go() -> None:
    bench = Bench()
    surface = bench.add(1024, has_motor=True)
    surface.on_gesture(Touched("fader"))
    for second in range(60):
        bench.hub.write(FADER, -1.0 - second / 10, "elsewhere")
        bench.turn()
    assert bench.sent[0] == []


def test_a_motor_that_tells_late_where_it_came_by_pulls_nothing_back() -> None:
    bench = Bench()
    surface = bench.add(1024, has_motor=True)
    for level_db in (-20.0, -3.0):
        bench.hub.write(FADER, level_db, "tablet")
        bench.hub.turn()
        surface.drain()
        on_the_way = bench.hub.registry[FADER].to_travel(-20.0)
    surface.on_gesture(Moved("fader", on_the_way))
    assert bench.hub.value(FADER) == -3.0
    bench.turn()
    surface.on_gesture(Moved("fader", on_the_way))
    assert bench.hub.value(FADER) == pytest.approx(-20.0, abs=0.1), "later it is a hand"


def test_a_button_flips_the_mute_and_its_lamp_follows() -> None:
    bench = Bench()
    surface = bench.add(128)
    surface.on_gesture(Pressed("mute"))
    surface.on_gesture(Released("mute"))
    bench.turn()
    assert bench.hub.value("/strip/1/mute") == 1.0
    assert bench.sent[0] == [bytes((1, 0, 0, 1))]


def test_equal_to_the_shadow_is_silence() -> None:
    bench = Bench()
    bench.add(128)
    bench.hub.write("/strip/1/mute", 1.0, "elsewhere")
    bench.hub.write("/strip/1/mute", 0.0, "elsewhere")
    bench.turn()
    assert bench.sent[0] == []


def test_a_bank_change_shows_the_other_strip_and_sends_only_what_differs() -> None:
    bench = Bench()
    surface = bench.add(128)
    bench.hub.write("/strip/2/mute", 1.0, "elsewhere")
    bench.turn()
    surface.on_gesture(Pressed("right"))
    bench.turn()
    assert bench.sent[0] == [bytes((1, 0, 0, 1))]
    surface.on_gesture(Moved("fader", 1.0))
    assert (bench.hub.value(FADER), bench.hub.value("/strip/2/fader")) == (0.0, 10.0)


def test_a_control_past_the_last_strip_does_nothing_and_is_dark() -> None:
    bench = Bench(desk(strips=1))
    surface = bench.add(128, address="/strip/{bank+2}/fader")
    surface.on_gesture(Moved("fader", 1.0))
    surface.on_gesture(Turned("fader", 1))
    bench.turn()
    assert bench.sent[0] == []


def test_on_return_everything_is_shown_again_and_the_bank_is_kept() -> None:
    bench = Bench()
    surface = bench.add(128, has_motor=True)
    surface.on_gesture(Pressed("right"))
    surface.detach()
    bench.hub.write("/strip/2/mute", 1.0, "elsewhere")
    bench.turn()
    assert bench.sent[0] == []
    wire: list[bytes] = []
    surface.attach(wire.append)
    surface.drain()
    assert sorted(message[0] for message in wire) == [0, 1]
    assert bytes((1, 0, 0, 1)) in wire


def test_a_dismissed_box_is_dark() -> None:
    bench = Bench()
    surface = bench.add(128)
    bench.hub.write("/strip/1/mute", 1.0, "elsewhere")
    bench.turn()
    bench.sent[0].clear()
    surface.dismiss()
    assert bench.sent[0] == [bytes((1, 0, 0, 0))]


def test_a_turned_knob_moves_the_level_by_its_own_steps() -> None:
    bench = Bench()
    surface = bench.add(101)
    before = bench.hub.travel(FADER)
    surface.on_gesture(Turned("fader", -2))
    assert bench.hub.travel(FADER) == pytest.approx(before - 0.02)


def test_pickup_holds_a_far_level() -> None:
    bench = Bench()
    bench.add(128, takeover=Takeover.PICKUP).on_gesture(Moved("fader", 0.0))
    assert bench.hub.value(FADER) == 0.0


def test_a_fader_on_something_that_is_no_number_is_refused_with_its_address() -> None:
    hub = desk()
    facts, dialect = one_fader_box(128, has_motor=False, address="/transport/position")
    with pytest.raises(UnknownAddress, match="/transport/position"):
        Surface("box", facts, hub, dialect, clock=lambda: 0.0).on_gesture(Moved("fader", 0.5))


MOVE = st.tuples(st.integers(0, 3), st.floats(0.0, 1.0))


@settings(max_examples=60, deadline=None)
@given(st.lists(MOVE, max_size=12))
def test_three_boxes_of_different_fineness_come_to_rest_showing_the_same_level(moves: list[tuple[int, float]]) -> None:
    """Motors report every move they make, as real ones do, and one more writer (a phone) speaks in fractions."""
    bench = Bench()
    for steps in (128, 1024, 16384):
        bench.add(steps, has_motor=True)
    for who, travel in moves:
        if who == 3:
            bench.hub.write_travel(FADER, travel, "phone")
        else:
            control = bench.surfaces[who].facts.controls["fader"]
            bench.surfaces[who].on_gesture(Moved("fader", control.travel(control.step(travel))))
        level = bench.hub.value(FADER)
        for _ in range(3):  # motor, report, silence
            bench.turn()
            for surface, wire in zip(bench.surfaces, bench.sent, strict=True):
                reports, wire[:] = list(wire), []
                for report in reports:
                    surface.receive(report)
        assert bench.hub.value(FADER) == level
        assert all(wire == [] for wire in bench.sent)


@given(st.lists(st.binary(max_size=8)))
def test_junk_from_the_box_never_raises(messages: list[bytes]) -> None:
    from studiod.surfaces.generic_midi import GenericMidi  # noqa: PLC0415
    from studiod.surfaces.maps import load_map, map_folder  # noqa: PLC0415

    facts = load_map(map_folder() / "korg-nanokontrol2.yaml")
    surface = Surface("box", facts, desk(strips=2), GenericMidi(facts), clock=lambda: 0.0)
    surface.attach(lambda _: None)
    for message in messages:
        if message[:1] != b"\xb0":  # a press would fire a command that nobody carries out here
            surface.receive(message)
