"""Home-made boxes on the desk: known by what they say, shown everything, and known again after every mishap."""

import logging
from pathlib import Path

import pytest

from studiod.surfaces.checked_yaml import MapError
from studiod.surfaces.manager import RETRY_S
from studiod.surfaces.serial.box import JUNK_S, MEET_S
from studiod.surfaces.serial.studiod_talk import SILENT_S
from tests.fakes.line_box import LineBox, Part, line
from tests.unit.surfaces.serial.lines_rig import HEAD, PORT, Lines, made

FADERS = tuple(Part("f", f"fader/{number}", 1024) for number in (1, 2))
MUTES = tuple(Part("b", f"mute/{number}", flags="l") for number in (1, 2))
TRANSPORT = (Part("b", "record", flags="l"), Part("b", "stop"), Part("l", "tally"))
PARTS = (*FADERS, *MUTES, *TRANSPORT)


@pytest.fixture
def studio() -> Lines:
    return Lines()


@pytest.fixture
def box(studio: Lines) -> LineBox:
    box = LineBox(PARTS)
    studio.plug(box)
    return box


def test_a_box_is_on_the_desk_as_soon_as_it_has_said_who_it_is(studio: Lines, box: LineBox) -> None:
    assert (studio.status.name, studio.status.state, studio.status.note) == ("studiod-box", "connected", "demo 1.0")
    box.move("fader/1", 0)
    box.move("fader/1", 1023)
    studio.turn()
    assert studio.hub.value("/strip/1/fader") == 10.0
    box.press("mute/2")
    box.release("mute/2")
    studio.turn()
    assert studio.hub.value("/strip/2/mute") == 1.0
    assert box.lamps == {"mute/1": 0, "mute/2": 127, "record": 0, "tally": 0}
    box.press("record")
    assert studio.fired == [("/transport/record", ())]


def test_what_others_do_is_shown(studio: Lines, box: LineBox) -> None:
    studio.hub.write("/strip/1/mute", 1.0, "somebody")
    studio.turn()
    assert box.lamps["mute/1"] == 127


def test_a_boot_log_is_not_obeyed_and_nobody_is_told_of_it(studio: Lines, caplog: pytest.LogCaptureFixture) -> None:
    fader = studio.hub.value("/strip/1/fader")
    studio.plug(LineBox(PARTS))
    assert studio.hub.value("/strip/1/fader") == fader
    assert studio.hub.value("/strip/1/mute") == 0.0
    assert studio.status.refused == 0
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_board_that_is_reset_is_shown_everything_anew(studio: Lines, box: LineBox) -> None:
    studio.hub.write("/strip/1/mute", 1.0, "somebody")
    studio.turn()
    box.power_on()
    assert box.lamps == {}
    studio.turn(1.0)
    assert box.lamps == {"mute/1": 127, "mute/2": 0, "record": 0, "tally": 0}


def test_a_box_that_was_away_keeps_its_window_on_the_strips(tmp_path: Path) -> None:
    text = 'match: {says: ["demo"]}\ncontrols:\n  fader/{i}: {kind: fader, count: 2}\n  right: {kind: button}\n'
    text += 'bindings:\n  fader/{i}: {address: "/strip/{bank+i}/fader"}\n  right: {bank: 2}\n'
    studio, box = Lines([made(tmp_path, text)]), LineBox((*FADERS, Part("b", "right")))
    studio.plug(box)
    assert studio.status.model == "Mine"
    box.press("right")
    box.release("right")
    assert studio.status.first_strip == 3
    studio.ports.unplug(PORT)
    studio.turn(1.0)
    assert studio.status.state == "away"
    studio.plug(box)
    assert (studio.status.state, studio.status.first_strip) == ("connected", 3)


def test_a_box_of_another_name_has_the_map_for_all(tmp_path: Path) -> None:
    text = 'match: {says: ["other"]}\ncontrols:\n  mute/1: {kind: button}\nbindings:\n  mute/1: {toggle: /main/mute}\n'
    studio, box = Lines([made(tmp_path, text)]), LineBox(PARTS)
    studio.plug(box)
    box.press("mute/1")
    assert (studio.hub.value("/main/mute"), studio.hub.value("/strip/1/mute")) == (0.0, 1.0)


def test_a_map_for_a_device_has_it_also_where_its_protocol_is_not_configured(tmp_path: Path) -> None:
    text = 'match: {ports: ["*home_made*"]}\ncontrols:\n  mute/1: {kind: button}\nbindings:\n'
    studio, box = Lines([made(tmp_path, text + "  mute/1: {toggle: /main/mute}\n")]), LineBox(PARTS)
    studio.plug(box, "auto")
    box.press("mute/1")
    assert (studio.status.name, studio.hub.value("/main/mute")) == ("mine", 1.0)


def test_controls_that_no_map_knows_are_told_of_and_change_nothing(studio: Lines) -> None:
    box = LineBox((*PARTS, Part("f", "wobble", 1024), Part("b", "fader/9")))
    studio.plug(box)
    assert studio.status.note == (
        "demo 1.0; map studiod-box means something else by fader/9; no map says what to do with wobble"
    )
    values = {spec.address: studio.hub.value(spec.address) for spec in studio.hub.registry if spec.is_numeric}
    box.move("wobble", 1000)
    box.press("fader/9")
    studio.turn()
    assert values == {spec.address: studio.hub.value(spec.address) for spec in studio.hub.registry if spec.is_numeric}


def test_a_window_is_as_wide_as_the_box_and_moves_by_all_of_it(studio: Lines) -> None:
    box = LineBox([*(Part("f", f"fader/{number}", 1024) for number in range(1, 13)), Part("b", "bank/right")])
    studio.plug(box)
    box.press("bank/right")
    assert studio.status.first_strip == 13
    box.move("fader/4", 0)
    studio.turn()
    box.move("fader/4", 1023)
    studio.turn()
    assert studio.hub.value("/strip/16/fader") == 10.0


def test_a_motor_follows_and_waits_while_a_finger_rests_on_it(studio: Lines) -> None:
    box = LineBox([Part("f", "fader/1", 1024, "mt")])
    studio.plug(box)
    studio.hub.write("/strip/1/fader", 10.0, "somebody")
    studio.turn()
    assert box.places["fader/1"] == 1023
    box.touch("fader/1", there=True)
    studio.hub.write("/strip/1/fader", 0.0, "somebody")
    studio.turn()
    assert box.places["fader/1"] == 1023
    box.touch("fader/1", there=False)
    studio.turn()
    assert 0 < box.places["fader/1"] < 1023


def test_a_display_tells_names(studio: Lines) -> None:
    box = LineBox([Part("d", "name/1", 8)])
    studio.plug(box)
    studio.hub.write_text("/strip/1/name", "Bühne links", "somebody")
    studio.turn(1.0)
    assert box.texts["name/1"] == "Bühne li"


def test_an_endless_knob_turns_and_its_button_is_a_control_of_its_own(tmp_path: Path) -> None:
    text = 'match: {says: ["demo"]}\ncontrols:\n  jog: {kind: encoder}\n  jog/push: {kind: button}\nbindings:\n'
    text += "  jog: {step: /main/fader, by: -1}\n  jog/push: {toggle: /main/mute}\n"
    studio, box = Lines([made(tmp_path, text)]), LineBox([Part("e", "jog", 24)])
    studio.plug(box)
    studio.hub.write("/main/fader", 0.0, "somebody")
    box.turn("jog", 3)
    studio.turn()
    assert studio.hub.value("/main/fader") == -3.0
    box.press("jog")
    box.release("jog")
    assert (studio.hub.value("/main/fader"), studio.hub.value("/main/mute")) == (-3.0, 1.0)


def test_a_switch_that_opens_when_pressed_is_pressed_then(tmp_path: Path) -> None:
    text = 'match: {says: ["demo"]}\ncontrols:\n  foot: {kind: button, normally: closed}\nbindings:\n'
    text += "  foot: {momentary: /talkback/on}\n"
    studio, box = Lines([made(tmp_path, text)]), LineBox([Part("b", "foot")])
    studio.plug(box)
    box.release("foot")
    assert studio.hub.value("/talkback/on") == 1.0
    box.press("foot")
    assert studio.hub.value("/talkback/on") == 0.0


def test_what_was_held_is_let_go_when_the_box_falls_silent(studio: Lines) -> None:
    box = LineBox([Part("b", "talkback", flags="l")])
    studio.plug(box)
    box.press("talkback")
    studio.turn()
    assert studio.hub.value("/talkback/on") == 1.0
    box.is_mute = True
    studio.turn(SILENT_S + 2.0)
    assert studio.hub.value("/talkback/on") == 0.0
    assert "does not answer" in studio.status.note
    box.is_mute = False
    box.power_on()
    studio.turn(1.0)
    assert (studio.status.note, box.lamps) == ("demo 1.0", {"talkback": 0})


def test_broken_lines_are_counted_and_told_of_now_and_then(
    studio: Lines, box: LineBox, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(100):
        box.say(b"V 0 1000*0000\n")
    studio.turn(JUNK_S + 1.0)  # it answers a ping meanwhile
    assert studio.hub.value("/strip/1/fader") == 0.0
    assert studio.status.refused == 1
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert told == ["studiod-box: 100 lines that are none of its protocol were dropped (1 refused so far)"]


def test_a_line_may_come_in_halves(studio: Lines, box: LineBox) -> None:
    box.move("fader/1", 0)
    studio.turn()
    box.say(line("V 0 1023")[:5])
    studio.turn()
    box.say(line("V 0 1023")[5:])
    studio.turn()
    assert studio.hub.value("/strip/1/fader") == 10.0


def test_a_box_that_says_hello_without_end_is_met_a_few_times_a_second(studio: Lines) -> None:
    box = LineBox(PARTS)
    studio.plug(box)
    told = len(box.heard)
    for _ in range(500):
        box.describe()
        studio.loop.advance(0.001)
    studio.turn(MEET_S)
    shown = [heard for heard in box.heard[told:] if heard.startswith("L")]
    assert len(shown) <= 4 * (0.5 / MEET_S + 2)
    box.press("mute/1")
    assert studio.hub.value("/strip/1/mute") == 1.0


def test_lamps_go_dark_when_studiod_stops(studio: Lines, box: LineBox) -> None:
    studio.hub.write("/strip/1/mute", 1.0, "somebody")
    studio.turn()
    assert box.lamps["mute/1"] == 127
    studio.manager.stop()
    assert set(box.lamps.values()) == {0}


def test_two_boxes_are_two_and_one_that_floods_does_not_hold_up_the_other(studio: Lines) -> None:
    loud, quiet = LineBox(PARTS), LineBox(PARTS, name="quiet")
    studio.plug(loud)
    studio.plug(quiet, port="/dev/ttyACM7")
    for number in range(10_000):
        loud.move("fader/1", number % 1024)
    quiet.press("mute/2")
    studio.turn()
    assert studio.hub.value("/strip/2/mute") == 1.0
    assert [status.name for status in studio.manager.status()] == ["studiod-box", "studiod-box-2"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("match: {}\ncontrols: {}\nbindings: {}\n", "match: allowed at least one of ports, usb, says, or every: true"),
        ('match: {ports: ["*"]}\ncontrols: {}\nbindings: {}\n', "match.ports[0] is *; allowed a part of a name"),
        ("match: {every: true}\ncontrols:\n  F: {kind: fader}\nbindings: {}\n", "F is no name of a control"),
        ("match: {every: true}\ncontrols:\n  f: {kind: fader, cc: 7}\nbindings: {}\n", "controls.f.cc is unknown"),
        ("match: {every: true}\ncontrols:\n  f: {kind: fader, lamp: true}\nbindings: {}\n", "a fader has none"),
        ("match: {every: true}\ncontrols:\n  f: {kind: meter}\nbindings: {}\n", "controls.f.kind is meter"),
        ("match: {every: true}\ncontrols:\n  b: {kind: button, normally: shut}\nbindings: {}\n", "normally is shut"),
        (
            "match: {every: true}\ncontrols:\n  l: {kind: lamp, states: {lit: 200}}\nbindings: {}\n",
            "controls.l.states.lit is 200; allowed 0..127",
        ),
    ],
)
def test_a_map_with_a_fault_is_told_with_its_line(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=r"mine.yaml:\d+") as told:
        made(tmp_path, text)
    assert fault in str(told.value)


def test_a_deej_map_knows_no_name(tmp_path: Path) -> None:
    head = HEAD.replace("dialect: studiod", "dialect: deej")
    with pytest.raises(ValueError, match=r"match\.says: a deej box says no name"):
        made(tmp_path, 'match: {says: ["x"]}\ncontrols: {}\nbindings: {}\n', head)


def test_a_line_that_is_gone_while_it_is_spoken_to_is_opened_again(studio: Lines, box: LineBox) -> None:
    studio.ports.unplug(PORT)
    studio.hub.write("/strip/1/mute", 1.0, "somebody")
    studio.turn(0.1)
    studio.plug(box)
    studio.turn(RETRY_S)
    assert box.lamps["mute/1"] == 127


COLOURED = """\
match: {every: true}
controls:
  rec: {kind: lamp, states: {dark: 0, lit: 127, red: {value: 127, colour: FF0000}, amber: {value: 64, colour: ffbf00}}}
bindings: {}
feedback:
  rec: {address: /transport/state, states: {recording: red, playing: amber, else: lit}}
"""


def test_a_lamp_shows_the_colour_that_its_map_gives_the_state(tmp_path: Path) -> None:
    studio, box = Lines([made(tmp_path, COLOURED)]), LineBox((Part("l", "rec", 128),))
    studio.plug(box)
    for state, line_said in (("recording", "L 0 127 FF0000"), ("playing", "L 0 64 FFBF00"), ("stopped", "L 0 127")):
        studio.hub.publish("/transport/state", float(studio.hub.registry["/transport/state"].choices.index(state)))
        studio.turn()
        assert [said for said in box.heard if said.startswith("L")][-1] == line_said


def test_a_colour_that_is_none_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(MapError, match=r"mine.yaml:11: controls.rec.states.red.colour is red; allowed RRGGBB in hex"):
        made(tmp_path, COLOURED.replace("FF0000", "red"))
