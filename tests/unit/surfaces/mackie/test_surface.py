"""One box and one desk: what a hand does and what it sees."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.model.parameter import Refused
from studiod.surfaces.mackie.motor import HOLD_S
from studiod.surfaces.mackie.simulator import Manners, Simulator
from studiod.surfaces.mackie.strips import KEEP_UP_S, OVERLOAD_S, SENTENCE_S, VALUE_S
from studiod.surfaces.mackie.surface import AGAIN_S, METERS_SHOW
from studiod.surfaces.mackie.words import TOP, Colour, Lamp, RingMode
from tests.fakes.mcu import Plugged, Stage

ZERO_DB = 12287  # three quarters of the throw


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def unit(stage: Stage) -> Plugged:
    return stage.box("behringer-x-touch")


# -- faders ------------------------------------------------------------------------------------------------------------


def test_motors_go_where_the_desk_has_them(stage: Stage, unit: Plugged) -> None:
    assert unit.box.faders == [ZERO_DB] * 9
    stage.hub.write("/strip/3/fader", -math.inf, "tablet")
    stage.hub.write("/main/fader", 10.0, "tablet")
    stage.run(0.05)
    assert (unit.box.faders[2], unit.box.faders[8]) == (0, TOP)


def test_every_position_the_hand_gives_comes_back_at_once_also_under_the_finger(stage: Stage, unit: Plugged) -> None:
    unit.box.touch(1)
    for position in (9000, 9001, 5000):
        unit.box.move(1, position)
        stage.run(0.01)
        assert unit.box.targets[0] == position
    assert stage.hub.travel("/strip/1/fader") == pytest.approx(5000 / TOP)


def test_a_touched_fader_is_not_moved_until_it_is_let_go(stage: Stage, unit: Plugged) -> None:
    unit.box.touch(3)
    unit.box.move(3, 8000)
    stage.hub.write("/strip/3/fader", 10.0, "tablet")
    stage.run(600.0 / 100)
    assert unit.box.targets[2] == 8000
    unit.box.release(3)
    stage.run(0.05)
    assert unit.box.faders[2] == TOP


def test_a_motor_does_not_snap_back_when_the_finger_leaves(stage: Stage, unit: Plugged) -> None:
    unit.box.touch(2)
    unit.box.move(2, 4321)
    stage.turn()
    unit.box.release(2)
    stage.run(0.05)
    assert unit.box.faders[1] == 4321


def test_an_echo_that_was_lost_is_made_good_at_the_release(stage: Stage, unit: Plugged) -> None:
    unit.box.touch(2)
    stage.turn()
    unit.box.faders[1] = 4321
    unit.surface.receive(bytes((0xE1, 4321 & 0x7F, 4321 >> 7)))
    unit.is_cut = True
    stage.run(0.05)
    unit.is_cut = False
    unit.box.release(2)
    stage.run(0.05)
    assert unit.box.faders[1] == 4321


def test_a_fader_nobody_touches_that_says_where_its_motor_is_writes_nothing(stage: Stage, unit: Plugged) -> None:
    stage.hub.write("/strip/1/fader", -30.0, "tablet")
    stage.run(0.01)
    for position in (11000, 9000, 4096):
        unit.box.move(1, position)
    assert stage.hub.value("/strip/1/fader") == -30.0


def test_a_coarse_fader_at_the_step_it_shows_does_not_coarsen_the_value(stage: Stage) -> None:
    logic = stage.box("emagic-logic-control", box=Simulator(0x10, Manners.RIDDLE))
    stage.hub.write("/strip/1/fader", -12.345, "tablet")
    stage.run(0.5)
    logic.box.touch(1)
    logic.box.move(1, logic.box.faders[0] & ~0xF)
    assert stage.hub.value("/strip/1/fader") == -12.345
    logic.box.move(1, TOP & ~0xF)
    assert stage.hub.value("/strip/1/fader") == 10.0


def test_a_box_without_sensors_is_left_alone_while_it_is_moved_and_brought_there_after(stage: Stage) -> None:
    unit = stage.box("behringer-bcf2000")
    unit.box.move(1, 3000)
    stage.hub.write("/strip/1/fader", 10.0, "tablet")
    stage.run(HOLD_S * 0.9)
    assert unit.box.faders[0] == 3000
    stage.run(HOLD_S * 0.2)
    assert unit.box.faders[0] == TOP


def test_a_fader_without_motor_picks_the_value_up(stage: Stage) -> None:
    unit = stage.box("arturia-keylab-mkii")
    unit.box.move(1, 1000)
    assert stage.hub.value("/strip/1/fader") == 0.0
    unit.box.move(1, 13000)
    assert stage.hub.travel("/strip/1/fader") == pytest.approx(13000 / TOP)


def test_flip_lays_the_vpots_on_the_faders(stage: Stage, unit: Plugged) -> None:
    unit.box.press("flip")
    stage.run(0.05)
    assert "flip" in unit.box.lit
    assert unit.box.faders[0] == 8192
    unit.box.touch(1)
    unit.box.move(1, TOP)
    assert stage.hub.value("/strip/1/pan") == 1.0
    unit.box.turn(2, 63)
    assert stage.hub.value("/strip/2/fader") == 10.0


# -- rings, names, values ----------------------------------------------------------------------------------------------


def test_a_turned_vpot_shows_its_value_for_a_second(stage: Stage, unit: Plugged) -> None:
    assert (unit.box.text(0, 2), unit.box.text(1, 2)) == ("Strip2", "Pan")
    unit.box.turn(2, -5)
    stage.run(0.05)
    assert unit.box.text(1, 2) == "L10"
    assert unit.box.ring(2) == (RingMode.BOOST_CUT, 6, False)
    stage.run(VALUE_S)
    assert unit.box.text(1, 2) == "Pan"


def test_a_moved_fader_shows_its_level_for_a_second(stage: Stage, unit: Plugged) -> None:
    unit.box.touch(1)
    unit.box.move(1, TOP)
    stage.run(0.05)
    assert unit.box.text(1, 1) == "+10.0"
    stage.run(VALUE_S)
    assert unit.box.text(1, 1) == "Pan"


def test_name_value_shows_values_all_the_time(stage: Stage, unit: Plugged) -> None:
    unit.box.press("name-value")
    stage.run(0.05)
    assert unit.box.text(1, 1) == "C"
    assert "name-value" in unit.box.lit


def test_fifty_ticks_there_and_back_end_in_the_middle_exactly(stage: Stage, unit: Plugged) -> None:
    for ticks in (1,) * 50 + (-1,) * 50:
        unit.box.turn(1, ticks)
    assert stage.hub.value("/strip/1/pan") == 0.0
    stage.run(0.05)
    assert unit.box.ring(1) == (RingMode.BOOST_CUT, 6, True)


def test_shift_makes_knobs_fine_and_a_push_centres(stage: Stage, unit: Plugged) -> None:
    unit.box.hold("shift")
    unit.box.turn(1, 1)
    assert stage.hub.value("/strip/1/pan") == pytest.approx(0.002)
    unit.box.let_go("shift")
    unit.box.press("vpot/1")
    assert stage.hub.value("/strip/1/pan") == 0.0


def test_a_knob_of_choices_turns_one_by_one(stage: Stage, unit: Plugged) -> None:
    unit.box.press("eq")
    unit.box.turn(4, 1)
    assert stage.hub.value("/strip/1/eq/1/type") == 2.0
    unit.box.turn(4, 63)
    assert stage.hub.value("/strip/1/eq/1/type") == 5.0


def test_names_in_any_script_come_through(stage: Stage, unit: Plugged) -> None:
    stage.hub.write_text("/strip/1/name", "Bläser", "tablet")
    stage.hub.write_text("/strip/2/name", "太鼓", "tablet")
    stage.run(0.05)
    assert (unit.box.text(0, 1), unit.box.text(0, 2)) == ("Blaser", "Strip2")


def test_one_other_name_costs_one_short_message(stage: Stage, unit: Plugged) -> None:
    unit.sent.clear()
    stage.hub.write_text("/strip/1/name", "Strip9", "tablet")
    stage.run(0.01)
    assert [message for _, message in unit.sent if message[0] == 0xF0] == [
        bytes.fromhex("F0 00 00 66 14 12 05") + b"9\xf7"
    ]


def test_colours_tell_what_a_strip_is(stage: Stage, unit: Plugged) -> None:
    stage.hub.write("/strip/2/arm", 1.0, "tablet")
    stage.run(0.05)
    assert unit.box.colours[:3] == [Colour.WHITE, Colour.RED, Colour.WHITE]
    unit.box.press("view/aux")
    stage.run(0.05)
    assert unit.box.colours == [Colour.CYAN] + [Colour.OFF] * 7


def test_a_refusal_is_told_on_the_glass_and_to_the_caller(stage: Stage, unit: Plugged) -> None:
    stage.hub.write("/strip/1/recordsafe", 1.0, "tablet")

    def refuse(_writes: object) -> None:
        raise Refused("/strip/1/arm: strip 1 is record safe")

    stage.hub.guard = refuse
    with pytest.raises(Refused):
        unit.box.press("rec/1")
    stage.run(0.05)
    assert unit.box.line(0).startswith("strip 1 is record safe  ")
    stage.run(SENTENCE_S)
    assert unit.box.text(0, 1) == "Strip1"


# -- lamps and meters --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "leaf"), [("rec", "arm"), ("solo", "solo"), ("mute", "mute")])
def test_strip_keys_flip_their_switch_and_light(stage: Stage, unit: Plugged, row: str, leaf: str) -> None:
    unit.box.press(f"{row}/4")
    stage.run(0.05)
    assert stage.hub.value(f"/strip/4/{leaf}") == 1.0
    assert unit.box.lamps[f"{row}/4"] is Lamp.ON
    unit.box.press(f"{row}/4")
    stage.run(0.05)
    assert unit.box.lamps[f"{row}/4"] is Lamp.OFF


def test_meters_follow_the_sound_and_are_kept_up(stage: Stage, unit: Plugged) -> None:
    level = [-14.0]
    stage.hub.on_meter("/meter/strip/1", lambda: (level[0], -30.0, 0.0, 0.0))
    stage.run(KEEP_UP_S * 10)
    assert unit.box.meters[0] == 6
    assert not unit.box.overloads[0]
    level[0] = 1.0
    stage.run(0.1)
    assert (unit.box.meters[0], unit.box.overloads[0]) == (13, True)
    level[0] = -math.inf
    stage.run(OVERLOAD_S + 0.2)
    assert (unit.box.meters[0], unit.box.overloads[0]) == (0, False)


def test_an_overload_goes_with_its_channel_when_the_bank_moves(stage: Stage, unit: Plugged) -> None:
    level = [1.0]
    stage.hub.on_meter("/meter/strip/1", lambda: (level[0], -30.0, 0.0, 0.0))
    stage.run(0.1)
    level[0] = -60.0
    unit.box.press("bank/right")
    stage.run(0.1)
    assert not unit.box.overloads[0], "strip 9 was never too loud"
    unit.box.press("bank/left")
    stage.run(0.1)
    assert unit.box.overloads[0]


def test_meters_come_at_most_twenty_times_a_second(stage: Stage, unit: Plugged) -> None:
    loud = [0]

    def read() -> tuple[float, ...]:
        loud[0] = (loud[0] + 7) % 60
        return (-float(loud[0]), -30.0, 0.0, 0.0)

    stage.hub.on_meter("/meter/strip/1", read)
    stage.run(AGAIN_S)  # a new box is told everything twice
    unit.sent.clear()
    stage.run(1.0)
    assert 5 < sum(message[0] == 0xD0 for _, message in unit.sent) <= 21


def test_silence_is_silent_on_the_wire(stage: Stage, unit: Plugged) -> None:
    stage.run(1.0)
    unit.sent.clear()
    stage.run(10.0)
    assert unit.sent == []


def test_master_meters_of_icon(stage: Stage) -> None:
    stage.hub.on_meter("/meter/main", lambda: (-14.0, -2.0, -20.0, -20.0, 0.0, 0.0))
    unit = stage.box("icon-qcon-pro-x")
    assert {message for _, message in unit.sent if message[0] == 0xD1} == {b"\xd1\x06", b"\xd1\x1b"}


# -- coming and going --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("manners", list(Manners))
def test_whatever_its_manners_it_is_painted(stage: Stage, manners: Manners) -> None:
    model_id = 0x10 if manners is Manners.RIDDLE else 0x14
    file = "emagic-logic-control" if manners is Manners.RIDDLE else "mackie-mcu-pro"
    unit = stage.box(file, box=Simulator(model_id, manners))
    stage.run(3.0)
    assert unit.surface.is_live
    assert unit.box.faders[0] == ZERO_DB
    assert unit.box.text(0, 8) == "Strip8"


def test_a_box_that_calls_itself_otherwise_is_called_that(stage: Stage) -> None:
    unit = stage.box("mackie-mcu-pro", box=Simulator(0x15, Manners.READY))
    stage.run(0.5)
    assert unit.box.text(0, 1) == "Strip1"


def test_switched_off_and_on_it_shows_the_truth_again(stage: Stage, unit: Plugged) -> None:
    stage.hub.write("/strip/1/mute", 1.0, "tablet")
    stage.run(0.2)
    unit.box.power_on()
    assert unit.box.lit == set()
    stage.run(0.3)
    assert "mute/1" in unit.box.lit
    assert unit.box.text(0, 1) == "Strip1"


def test_what_the_wire_lost_is_healed_but_a_held_fader_is_left_alone(stage: Stage, unit: Plugged) -> None:
    unit.box.touch(2)
    unit.box.move(2, 4000)
    stage.run(0.1)
    unit.is_cut = True
    stage.hub.write("/strip/1/fader", 10.0, "tablet")
    stage.hub.write("/strip/1/mute", 1.0, "tablet")
    stage.run(0.1)
    unit.is_cut = False
    unit.sent.clear()
    stage.heal(200)
    assert unit.box.faders[0] == TOP
    assert "mute/1" in unit.box.lit
    assert not [message for _, message in unit.sent if message[0] == 0xE1]


def test_pulled_out_under_a_finger_no_touch_is_stuck(stage: Stage, unit: Plugged) -> None:
    unit.box.touch(1)
    unit.box.hold("shift")
    unit.unplug()
    stage.hub.write("/strip/1/fader", 10.0, "tablet")
    stage.run(0.5)
    unit.plug()
    stage.run(0.5)
    assert unit.box.faders[0] == TOP
    assert "shift" not in unit.box.lit


def test_a_hundred_replugs_change_nothing_and_leave_no_timer(stage: Stage, unit: Plugged) -> None:
    shown = (unit.box.line(0), unit.box.line(1), unit.box.lit, list(unit.box.faders))
    observers = stage.loop.pending
    for _ in range(100):
        unit.unplug()
        unit.plug()
        stage.run(0.25)
    assert (unit.box.line(0), unit.box.line(1), unit.box.lit, list(unit.box.faders)) == shown
    assert stage.loop.pending == observers


def test_when_it_is_dismissed_faders_go_down_and_all_is_dark(stage: Stage, unit: Plugged) -> None:
    stage.hub.write("/strip/1/mute", 1.0, "tablet")
    stage.run(0.2)
    unit.box.touch(5)
    unit.surface.dismiss()
    assert unit.box.lit == set()
    assert [unit.box.targets[at] for at in (0, 4, 8)] == [0, ZERO_DB, 0]
    assert (
        unit.box.line(0).strip() + unit.box.line(1).strip() + unit.box.time.strip() + unit.box.assignment.strip() == ""
    )
    assert not unit.surface.is_live


def test_a_logic_control_is_sent_off_line(stage: Stage) -> None:
    unit = stage.box("emagic-logic-control", box=Simulator(0x10, Manners.RIDDLE))
    stage.run(0.5)
    unit.surface.dismiss()
    assert unit.box.received[-1] == bytes.fromhex("F0 00 00 66 10 0F 7F F7")


@given(pieces=st.lists(st.binary(max_size=12), max_size=40))
def test_junk_and_floods_never_raise_anything_but_refusals(pieces: list[bytes]) -> None:
    stage = Stage(strips=3)
    unit = stage.box("mackie-mcu-pro")
    for piece in pieces:
        try:
            unit.surface.receive(piece)
        except Refused:
            continue
    stage.turn()


def test_a_flood_costs_the_wire_its_pace_and_leaves_the_latest_value(stage: Stage, unit: Plugged) -> None:
    unit.box.touch(1)
    unit.sent.clear()
    for position in range(10_000):
        unit.box.move(1, position)
    stage.run(0.05)
    assert stage.hub.travel("/strip/1/fader") == pytest.approx(9999 / TOP)
    assert unit.box.targets[0] == 9999
    assert len(unit.sent) < 60


def test_meters_are_told_where_to_show_and_stand_upright_beside_the_names(stage: Stage) -> None:
    unit = stage.box()
    assert unit.box.meter_modes == [METERS_SHOW] * 8
    assert unit.box.are_meters_upright
    dark = stage.box("behringer-bcf2000")
    assert dark.box.meter_modes == [0] * 8


def test_what_a_driver_lost_while_it_opened_is_told_again_but_not_to_a_fader_under_a_finger(stage: Stage) -> None:
    unit = stage.box(plug=False)
    unit.is_cut = True
    unit.plug()
    unit.surface.receive(bytes.fromhex("F0 00 00 66 14 01 58 59 5A 57 18 61 05 57 18 61 05 F7"))
    stage.run(0.5)
    unit.is_cut = False
    assert unit.box.lit == set()
    unit.box.touch(2)
    stage.run(AGAIN_S)
    assert {"stop", "pan", "select/1"} <= unit.box.lit
    assert unit.box.text(0, 8) == "Strip8"
    assert unit.box.faders[:3] == [ZERO_DB, 0, ZERO_DB]
    unit.box.release(2)
    stage.run(0.1)
    assert unit.box.faders[1] == ZERO_DB


def test_a_motor_that_is_healed_and_says_its_way_moves_nothing(stage: Stage) -> None:
    unit = stage.box("behringer-x-touch", box=Simulator(talks_back=True))
    stage.run(AGAIN_S)
    unit.is_cut = True
    stage.hub.write("/strip/1/fader", -30.0, "tablet")
    stage.run(1.0)
    unit.is_cut = False
    stage.heal(200)
    assert stage.hub.value("/strip/1/fader") == -30.0
    assert unit.box.faders[0] == round(stage.hub.travel("/strip/1/fader") * TOP)
