"""Boxes side by side: banks, selection, assignments."""

import pytest

from studiod.surfaces.mackie.assign import NO_PLUGIN
from studiod.surfaces.mackie.words import TOP
from tests.fakes.mcu import Plugged, Stage
from tests.unit.surfaces.rig import desk


def names(unit: Plugged) -> list[str]:
    return [unit.box.text(0, strip) for strip in range(1, 9)]


def numbers(unit: Plugged) -> list[int]:
    """Strips under a box, by their names."""
    return [int(name.lstrip("Strip")) for name in names(unit) if name]


@pytest.fixture
def stage() -> Stage:
    return Stage(strips=40, order=("left", "main", "right"))


@pytest.fixture
def row(stage: Stage) -> tuple[Plugged, Plugged, Plugged]:
    """An extender, a main unit, an extender: plugged in in another order."""
    main = stage.box("behringer-x-touch", "main")
    right = stage.box("behringer-x-touch-extender", "right")
    left = stage.box("mackie-xt-pro", "left")
    stage.run(0.3)
    return left, main, right


def test_boxes_stand_in_the_order_they_were_given_not_in_which_they_came(
    row: tuple[Plugged, Plugged, Plugged],
) -> None:
    left, main, right = row
    assert numbers(left) == list(range(1, 9))
    assert numbers(main) == list(range(9, 17))
    assert numbers(right) == list(range(17, 25))
    assert [unit.surface.first_strip for unit in row] == [1, 9, 17]


def test_the_bank_moves_all_boxes_by_all_of_them(stage: Stage, row: tuple[Plugged, Plugged, Plugged]) -> None:
    left, main, right = row
    main.box.press("bank/right")
    stage.run(0.3)
    assert numbers(left) == list(range(25, 33))
    assert numbers(main) == list(range(33, 41))
    assert numbers(right) == []
    assert right.box.faders[0] == 0
    main.box.press("bank/right")
    stage.run(0.3)
    assert numbers(left) == list(range(25, 33))
    main.box.press("bank/left")
    stage.run(0.3)
    assert numbers(left) == list(range(1, 9))


def test_channel_keys_move_by_one_and_stop_at_the_last(stage: Stage, row: tuple[Plugged, Plugged, Plugged]) -> None:
    left, main, right = row
    main.box.press("channel/left")
    main.box.press("channel/right")
    stage.run(0.3)
    assert numbers(left)[0] == 2
    for _ in range(60):
        main.box.press("channel/right")
    stage.run(0.3)
    assert numbers(right)[-1] == 40


def test_a_fader_of_an_extender_moves_its_strip(stage: Stage, row: tuple[Plugged, Plugged, Plugged]) -> None:
    row[2].box.touch(8)
    row[2].box.move(8, TOP)
    assert stage.hub.value("/strip/24/fader") == 10.0


def test_a_box_that_is_away_keeps_its_place(stage: Stage, row: tuple[Plugged, Plugged, Plugged]) -> None:
    left, main, _ = row
    left.unplug()
    stage.run(0.2)
    assert numbers(main) == list(range(9, 17))
    main.box.press("bank/right")
    left.plug()
    stage.run(0.3)
    assert numbers(left) == list(range(25, 33))


def test_what_one_selects_all_show(stage: Stage, row: tuple[Plugged, Plugged, Plugged]) -> None:
    left, main, right = row
    right.box.press("select/1")
    stage.run(0.1)
    assert "select/1" in right.box.lit
    assert not {f"select/{strip}" for strip in range(1, 9)} & (left.box.lit | main.box.lit)


def test_the_eq_of_the_selected_strip_lies_under_all_vpots(stage: Stage, row: tuple[Plugged, Plugged, Plugged]) -> None:
    left, main, right = row
    main.box.press("select/2")
    main.box.press("eq")
    stage.run(0.3)
    assert names(left) == ["Freq1", "Gain1", "Q1", "Type1", "Freq2", "Gain2", "Q2", "Type2"]
    assert names(right)[:2] == ["EQ", "HPF"]
    assert main.box.assignment == "EQ"
    left.box.turn(2, 10)
    assert stage.hub.value("/strip/10/eq/1/gain") == pytest.approx(3.6)
    left.box.press("vpot/2")
    assert stage.hub.value("/strip/10/eq/1/on") == 0.0


def test_one_box_alone_pages_through_the_eq(stage: Stage) -> None:
    unit = stage.box()
    unit.box.press("eq")
    unit.box.press("cursor/right")
    stage.run(0.2)
    assert names(unit)[0] == "Freq3"
    assert unit.box.assignment == "E2"
    for _ in range(9):
        unit.box.press("cursor/right")
    stage.run(0.2)
    assert names(unit)[:3] == ["EQ", "HPF", ""]
    unit.box.press("eq")
    stage.run(0.2)
    assert names(unit)[0] == "Freq1"


def test_dynamics_are_compressor_then_gate(stage: Stage) -> None:
    unit = stage.box()
    unit.box.press("instrument")
    stage.run(0.2)
    assert names(unit)[:2] == ["C.Thr", "C.Rat"]
    unit.box.turn(1, -10)
    assert stage.hub.value("/strip/1/comp/threshold") == pytest.approx(-26.0)
    unit.box.press("vpot/1")
    assert stage.hub.value("/strip/1/comp/on") == 1.0
    unit.box.press("instrument")
    stage.run(0.2)
    assert names(unit)[0] == "G.Thr"


def test_sends_page_by_page_and_a_push_switches_them(stage: Stage) -> None:
    unit = stage.box()
    unit.box.press("send")
    unit.box.turn(3, 10)
    assert stage.hub.travel("/strip/3/send/1/level") == pytest.approx(0.1)
    unit.box.press("vpot/3")
    assert stage.hub.value("/strip/3/send/1/on") == 0.0
    stage.run(0.1)
    assert unit.box.assignment == "S1"
    assert "send" in unit.box.lit


def test_flipped_sends_are_on_the_faders(stage: Stage) -> None:
    unit = stage.box()
    unit.box.press("send")
    unit.box.press("flip")
    stage.run(0.1)
    assert unit.box.faders[:8] == [0] * 8
    unit.box.touch(1)
    unit.box.move(1, TOP)
    assert stage.hub.value("/strip/1/send/1/level") == 10.0
    assert stage.hub.value("/strip/1/fader") == 0.0


def test_the_plugin_key_lays_out_what_is_inserted_and_what_else_a_channel_has(stage: Stage) -> None:
    unit = stage.box()
    unit.box.press("plugin")
    stage.run(0.2)
    assert names(unit) == ["Insert", "Insout", "Ins in", "Inslat", "Dly ms", "Trim", "Pol", "HPFslp"]
    assert unit.box.text(1, 1) == "off"
    assert unit.box.assignment == "PL"
    unit.box.press("vpot/1")
    unit.box.press("vpot/5")
    stage.run(0.1)
    assert stage.hub.value("/strip/1/insert/on") == stage.hub.value("/strip/1/delay/on") == 1.0
    assert unit.box.text(1, 1) == "on"
    for _ in range(9):
        unit.box.press("cursor/right")
    stage.run(0.2)
    assert names(unit)[-1] == "" != names(unit)[0]


def test_where_nothing_can_be_inserted_the_plugin_key_says_so(stage: Stage) -> None:
    unit = stage.box()
    unit.box.press("view/user")
    unit.box.press("plugin")
    stage.run(0.1)
    assert unit.box.line(0).startswith(NO_PLUGIN)
    unit.box.turn(1, 5)
    assert stage.hub.value("/vca/1/fader") == 0.0


def test_pages_of_one_channel_show_values_under_their_names_all_the_time(stage: Stage) -> None:
    unit = stage.box()
    unit.box.press("eq")
    stage.run(0.2)
    assert (unit.box.text(0, 2), unit.box.text(1, 2)) == ("Gain1", "0.0 dB")
    stage.hub.write("/strip/1/eq/1/gain", -6.0, "tablet")
    stage.run(0.1)
    assert unit.box.text(1, 2) == "-6.0"


def test_sends_of_a_bus_go_to_matrices() -> None:
    stage = Stage(hub=desk(strips=2, matrices=2))
    unit = stage.box()
    unit.box.press("view/buses")
    unit.box.press("send")
    unit.box.press("send")
    unit.box.turn(1, 10)
    assert stage.hub.travel("/bus/1/matrix/2/level") == pytest.approx(0.1)
    assert stage.hub.travel("/bus/1/matrix/1/level") == 0.0


def test_option_and_select_bring_a_fader_to_its_default(stage: Stage) -> None:
    unit = stage.box()
    stage.hub.write("/strip/2/fader", -20.0, "tablet")
    unit.box.hold("option")
    unit.box.press("select/2")
    assert stage.hub.value("/strip/2/fader") == 0.0


def test_views_lay_buses_vcas_and_strips_under_the_faders(stage: Stage) -> None:
    unit = stage.box()
    unit.box.press("view/aux")
    stage.run(0.2)
    assert names(unit)[0] == "Bus 1"
    assert {"view/buses", "global-view"} <= unit.box.lit
    unit.box.touch(1)
    unit.box.move(1, TOP)
    assert stage.hub.value("/bus/1/fader") == 10.0
    unit.box.press("view/user")
    stage.run(0.2)
    assert names(unit)[7] == "VCA 8"
    unit.box.press("view/outputs")
    stage.run(0.2)
    assert names(unit)[7] == "VCA 8", "this desk has no matrices: the view stays"
    unit.box.press("global-view")
    stage.run(0.2)
    assert names(unit)[0] == "Strip1"
    assert "global-view" not in unit.box.lit


def test_the_one_fader_of_a_small_box_is_the_selected_strip(stage: Stage) -> None:
    one = stage.box("behringer-x-touch-one")
    one.box.press("channel/right")
    stage.run(0.1)
    one.box.touch(1)
    one.box.move(1, TOP)
    assert stage.hub.value("/strip/2/fader") == 10.0
    one.box.press("bank/right")
    stage.run(1.1)
    assert one.box.text(0, 1) == "Strp10"


def test_selecting_with_the_cursor_brings_the_strip_into_sight(stage: Stage) -> None:
    unit = stage.box()
    for _ in range(9):
        unit.box.press("cursor/down")
    stage.run(0.2)
    assert "select/8" in unit.box.lit
    assert numbers(unit)[-1] == 10


def test_a_bank_move_under_a_finger_waits_for_its_release(stage: Stage) -> None:
    unit = stage.box()
    stage.hub.write("/strip/9/fader", 10.0, "tablet")
    unit.box.touch(1)
    unit.box.move(1, 4000)
    unit.box.press("bank/right")
    stage.run(1.0)
    assert unit.box.targets[0] == 4000
    unit.box.release(1)
    stage.run(0.1)
    assert unit.box.faders[0] == TOP
    assert stage.hub.travel("/strip/1/fader") == pytest.approx(4000 / TOP)


def test_a_desk_without_strips_harms_nobody() -> None:
    stage = Stage(strips=1)
    unit = stage.box()
    for key in ("bank/right", "channel/right", "cursor/down", "eq", "select/5", "mute/5", "vpot/8", "flip"):
        unit.box.press(key)
    unit.box.move(8, 500)
    stage.run(0.2)
    assert names(unit)[1:] != names(unit)[:-1]
