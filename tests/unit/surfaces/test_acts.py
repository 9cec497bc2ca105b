"""What presses, turns and moves do: radio, steps, spans, several targets, taps; and what the box is told of it."""

import math
from pathlib import Path

import pytest

from studiod.surfaces.touches import Touches
from tests.unit.surfaces.mapped import Mapped


def bound(folder: Path, control: str, binding: str, more: str = "") -> Mapped:
    """A box with one control `it`."""
    return Mapped(folder, f"controls:\n  it: {{{control}}}\nbindings:\n  it: {binding}\n{more}")


def test_a_momentary_button_is_on_while_it_is_held(tmp_path: Path) -> None:
    box = bound(tmp_path, "kind: button, note: 1, lamp: true", "{momentary: /talkback/on}")
    box.play("90 01 40")
    assert box.hub.value("/talkback/on") == 1.0
    assert box.told() == ["90 01 7f"]
    box.play("90 01 00")
    assert box.hub.value("/talkback/on") == 0.0


def test_of_two_momentary_targets_one_that_is_refused_keeps_the_other_from_nothing(tmp_path: Path) -> None:
    bound_to = "[{momentary: /strip/1/mute}, {momentary: /talkback/on}, {set: /strip/2/mute, value: 1, when: release}]"
    box = bound(tmp_path, "kind: button, note: 1", bound_to)
    box.play("90 01 7f")
    box.hub.holder = lambda address, _: "another box" if address == "/strip/1/mute" else ""
    (fault,) = box.surface.receive(bytes.fromhex("90 01 00"))
    assert "a finger rests on it on another box" in str(fault)
    assert (box.hub.value("/talkback/on"), box.hub.value("/strip/2/mute")) == (0.0, 1.0)


def test_a_button_that_holds_its_own_state_means_what_its_lamp_shows(tmp_path: Path) -> None:
    box = bound(tmp_path, "kind: button, cc: 65, sends: toggle, lamp: true", "{toggle: /strip/1/mute}")
    box.play("b0 41 7f")
    box.play("b0 41 7f")
    assert box.hub.value("/strip/1/mute") == 1.0, "an echo, or the word after one that was lost"
    box.told()
    box.play("b0 41 00")
    assert (box.hub.value("/strip/1/mute"), box.told()) == (0.0, ["b0 41 00"])


def test_what_the_desk_refuses_puts_the_lamp_of_such_a_button_back(tmp_path: Path) -> None:
    box = bound(tmp_path, "kind: button, cc: 65, sends: toggle, lamp: true", "{toggle: /strip/1/mute}")
    box.hub.holder = lambda _address, _origin: "another box"
    assert len(box.surface.receive(bytes.fromhex("b0 41 7f"))) == 1
    assert box.told() == ["b0 41 00"]


def test_without_a_lamp_nobody_sees_the_state_of_such_a_button_and_each_word_is_a_press(tmp_path: Path) -> None:
    box = bound(tmp_path, "kind: button, cc: 65, sends: toggle", "{toggle: /strip/1/mute}")
    for muted in (1.0, 0.0, 1.0):
        box.play("b0 41 7f")
        assert box.hub.value("/strip/1/mute") == muted


def test_a_momentary_button_of_a_box_that_vanishes_is_let_go(tmp_path: Path) -> None:
    box = bound(tmp_path, "kind: button, note: 1", "{momentary: /talkback/on}")
    box.play("90 01 40")
    box.surface.detach()
    assert box.hub.value("/talkback/on") == 0.0


def test_radio_buttons_light_one_after_the_other(tmp_path: Path) -> None:
    box = Mapped(
        tmp_path,
        """\
controls:
  mode/{i}: {kind: button, count: 3, cc: 1, lamp: true}
bindings:
  mode/1: {radio: /solo/mode, choice: pfl}
  mode/2: {radio: /solo/mode, choice: afl}
  mode/3: {radio: /solo/mode, choice: sip}
""",
    )
    box.play("B0 01 7F")
    assert sorted(box.told()) == ["b0 01 7f", "b0 03 00"]
    box.play("B0 02 7F")
    assert sorted(box.told()) == ["b0 01 00", "b0 02 7f"]
    assert box.hub.registry["/solo/mode"].text(box.hub.value("/solo/mode")) == "afl"


def test_the_choice_of_a_row_is_its_number(tmp_path: Path) -> None:
    box = Mapped(
        tmp_path,
        """\
controls:
  b/{i}: {kind: button, count: 4, cc: 1}
bindings:
  b/{i}: {radio: /click/beats, choice: "{i}"}
""",
    )
    box.play("B0 03 7F")
    assert box.hub.registry["/click/beats"].text(box.hub.value("/click/beats")) == "3"


def test_set_takes_what_a_person_would_type(tmp_path: Path) -> None:
    bound(tmp_path, "kind: button, cc: 1", "{set: /main/fader, value: -10}").play("B0 01 7F")
    box = bound(tmp_path, "kind: button, cc: 1", '{set: /main/fader, value: "-inf"}')
    box.play("B0 01 7F")
    assert box.hub.value("/main/fader") == -math.inf


@pytest.mark.parametrize(
    ("address", "start", "options", "expected"),
    [
        ("/main/fader", -6.0, "by: 0.5", -5.5),
        ("/main/fader", 10.0, "by: 0.5", 10.0),
        ("/main/fader", -math.inf, "by: -1", -math.inf),
        ("/solo/mode", 2.0, "by: 1", 2.0),
        ("/solo/mode", 2.0, "by: 1, wrap: true", 0.0),
        ("/solo/mode", 0.0, "by: -1, wrap: true", 2.0),
        ("/click/tempo", 120.0, "by: 5", 125.0),
        ("/click/tempo", 299.0, "by: 5, wrap: true", 20.0),
    ],
)
def test_a_step_adds_and_is_held_at_the_ends_or_goes_round(
    address: str, start: float, options: str, expected: float, tmp_path: Path
) -> None:
    box = bound(tmp_path, "kind: button, cc: 1", f"{{step: {address}, {options}}}")
    box.hub.write(address, start, "phone")
    box.play("B0 01 7F")
    assert box.hub.value(address) == expected


def test_a_level_is_stepped_out_of_silence_and_back_into_it(tmp_path: Path) -> None:
    box = bound(tmp_path, "kind: encoder, cc: 1, relative: twos", "{step: /main/fader, by: 1}")
    box.hub.write("/main/fader", -math.inf, "phone")
    box.play("B0 01 01")
    quiet = box.hub.value("/main/fader")
    assert -math.inf < quiet < -60.0
    box.play("B0 01 7F")
    assert box.hub.value("/main/fader") == -math.inf


def test_an_encoder_moves_by_its_resolution(tmp_path: Path) -> None:
    box = bound(tmp_path, "kind: encoder, cc: 1, relative: offset, resolution: 50", "{address: /strip/1/pan}")
    box.play("B0 01 43")
    assert box.hub.travel("/strip/1/pan") == pytest.approx(0.5 + 3 / 50)


def test_each_side_of_an_encoder_may_be_a_button(tmp_path: Path) -> None:
    box = bound(
        tmp_path,
        "kind: wheel, cc: 1, relative: sign",
        "[{bank: 8, when: up}, {bank: -8, when: down}]",
    )
    box.play("B0 01 05")
    assert box.surface.view.banks.first_strip == 9
    box.play("B0 01 41")
    assert box.surface.view.banks.first_strip == 1


def test_a_span_is_part_of_the_parameter(tmp_path: Path) -> None:
    box = bound(tmp_path, "kind: pedal, cc: 11, takeover: jump", "{address: /bus/1/fader, range: [-20, 0]}")
    box.play("B0 0B 00")
    assert box.hub.value("/bus/1/fader") == pytest.approx(-20.0)
    box.play("B0 0B 7F")
    assert box.hub.value("/bus/1/fader") == pytest.approx(0.0)


def test_a_span_may_run_backwards_and_its_motor_follows(tmp_path: Path) -> None:
    box = bound(tmp_path, "kind: fader, cc: 11, motor: true", "{address: /bus/1/fader, range: [0, -20]}")
    box.hub.write("/bus/1/fader", -20.0, "phone")
    assert box.told() == ["b0 0b 7f"]
    box.hub.write("/bus/1/fader", 5.0, "phone")
    assert box.told() == ["b0 0b 00"]


def test_one_message_drives_several_targets_each_with_its_own_pickup(tmp_path: Path) -> None:
    box = bound(tmp_path, "kind: fader, cc: 1", "[{address: /strip/1/pan}, {address: /strip/2/pan}]")
    box.hub.write_travel("/strip/1/pan", 0.2, "phone")
    box.play("B0 01 10", "B0 01 30")
    assert box.hub.travel("/strip/1/pan") == pytest.approx(48 / 127)
    assert box.hub.value("/strip/2/pan") == 0.0
    box.play("B0 01 48")
    assert box.hub.travel("/strip/2/pan") == pytest.approx(72 / 127)


def test_a_target_that_is_refused_does_not_keep_the_others_from_moving(tmp_path: Path) -> None:
    box = bound(tmp_path, "kind: button, cc: 1", "[{trigger: /transport/play}, {toggle: /main/mute}]")
    (fault,) = box.surface.receive(b"\xb0\x01\x7f")
    assert "/transport/play" in str(fault)
    assert box.hub.value("/main/mute") == 1.0


# -- tap, hold, double ------------------------------------------------------------------------------------------------

PEDAL = (
    "[{toggle: /strip/1/mute, when: tap}, {toggle: /strip/2/mute, when: hold}, {toggle: /strip/3/mute, when: double}]"
)
DOWN, UP = "B0 40 7F", "B0 40 00"


def mutes(box: Mapped) -> str:
    """Which of the three was it."""
    return "".join(
        word for number, word in ((1, "tap "), (2, "hold "), (3, "double ")) if box.hub.value(f"/strip/{number}/mute")
    )


@pytest.mark.parametrize(
    ("presses", "meaning"),
    [
        ((0.1, 0.5), "tap "),
        ((0.6, 0.5), "hold "),
        ((0.1, 0.1, 0.1, 0.5), "double "),
        ((0.1, 0.1, 0.9, 0.5), "double "),
        ((0.1, 0.4, 0.7, 0.5), "tap hold "),
    ],
)
def test_a_foot_switch_has_three_meanings(presses: tuple[float, ...], meaning: str, tmp_path: Path) -> None:
    """Seconds down, up, down, up."""
    box = bound(tmp_path, "kind: button, cc: 64", PEDAL)
    for place, seconds in enumerate(presses):
        box.play(UP if place % 2 else DOWN)
        box.wait(seconds)
    assert mutes(box) == meaning


def test_a_hold_is_told_while_it_is_held_and_a_tap_waits_for_a_second_one(tmp_path: Path) -> None:
    box = bound(tmp_path, "kind: button, cc: 64", PEDAL)
    box.play(DOWN)
    box.wait(0.49)
    assert mutes(box) == ""
    box.wait(0.02)
    assert mutes(box) == "hold "
    box.play(UP, DOWN, UP)
    box.wait(0.29)
    assert mutes(box) == "hold "
    box.wait(0.02)
    assert mutes(box) == "tap hold "


def test_without_a_double_a_tap_does_not_wait(tmp_path: Path) -> None:
    box = bound(
        tmp_path, "kind: button, cc: 64", "[{toggle: /strip/1/mute, when: tap}, {toggle: /strip/2/mute, when: hold}]"
    )
    box.play(DOWN, UP)
    assert mutes(box) == "tap "


def test_a_map_may_ask_for_a_slower_foot(tmp_path: Path) -> None:
    text = f"hold_ms: 1500\ncontrols:\n  it: {{kind: button, cc: 64}}\nbindings:\n  it: {PEDAL}\n"
    box = Mapped(tmp_path, text)
    box.play(DOWN)
    box.wait(1.4)
    box.play(UP)
    box.wait(0.4)
    assert mutes(box) == "tap "


def test_what_was_held_when_the_box_vanished_comes_to_nothing(tmp_path: Path) -> None:
    box = bound(tmp_path, "kind: button, cc: 64", PEDAL)
    box.play(DOWN)
    box.surface.detach()
    box.surface.attach()
    box.wait(2.0)
    assert mutes(box) == ""


def test_press_and_release_are_two_moments(tmp_path: Path) -> None:
    box = bound(
        tmp_path,
        "kind: button, cc: 64",
        "[{set: /strip/1/mute, value: 'on'}, {set: /strip/2/mute, value: 'on', when: release}]",
    )
    box.play(DOWN)
    assert mutes(box) == "tap "
    box.play(UP)
    assert mutes(box) == "tap hold "


# -- what it shows ----------------------------------------------------------------------------------------------------


def test_values_have_lamps_of_their_own_colour(tmp_path: Path) -> None:
    box = Mapped(
        tmp_path,
        """\
controls:
  it: {kind: lamp, note: 1, states: {dark: 0, lit: 1, red: 5, green: 21, blink: {value: 5, channel: 15}}}
  disk: {kind: lamp, note: 2, states: {dark: 0, lit: 1, blink: 2}}
bindings: {}
feedback:
  it: {address: /transport/state, states: {recording: red, playing: green, else: dark}}
  disk: {address: /tape/alarm, lit: [alarm], blink: [warning]}
""",
    )
    for state, message in ((2.0, "90 01 05"), (1.0, "90 01 15"), (0.0, "90 01 00")):
        box.hub.publish("/transport/state", state)
        assert box.told() == [message]
    for alarm, message in ((1.0, "90 02 02"), (2.0, "90 02 01")):
        box.hub.publish("/tape/alarm", alarm)
        assert box.told() == [message]


DISPLAY = """\
controls:
  name: {kind: display, message: "F0 01 tt F7", width: 8}
bindings: {}
feedback:
  name: {address: /strip/1/name, glance: /strip/1/fader}
"""


def texts(box: Mapped) -> list[str]:
    return [bytes.fromhex(message)[2:-1].decode() for message in box.told()]


def test_a_display_tells_the_name_and_for_a_second_the_level(tmp_path: Path) -> None:
    box = Mapped(tmp_path, DISPLAY)
    box.hub.write_text("/strip/1/name", "Bass", "phone")
    assert texts(box) == ["Bass    "]
    box.hub.write("/strip/1/fader", -6.0, "phone")
    assert texts(box) == ["-6.0 dB "]
    box.wait(0.7)
    assert texts(box) == []
    box.wait(0.4)
    assert texts(box) == ["Bass    "]


def test_a_meter_follows_and_one_that_falls_is_told_again(tmp_path: Path) -> None:
    text = "controls:\n  m/{i}: {kind: meter, cc: 1-2, low_db: -60, high_db: 0, fades: FADES}\nbindings: {}\n"
    text += 'feedback:\n  "m/{i}": {address: "/meter/strip/{bank+i}"}\n'
    for fades, again in (("true", ["b0 01 40"]), ("false", [])):
        box = Mapped(tmp_path, text.replace("FADES", fades))
        assert box.surface.has_readings
        box.hub.on_meter("/meter/strip/1", lambda: (-30.0, -40.0))
        box.surface.read()
        assert box.told() == ["b0 01 40"]
        box.surface.read()
        assert box.told() == again


def test_a_ring_is_told_its_mode_and_goes_dark_past_the_last_strip(tmp_path: Path) -> None:
    box = Mapped(
        tmp_path,
        """\
banks: {strip: 16}
controls:
  knob:
    kind: encoder
    cc: 1
    relative: twos
    ring: {cc: 9, range: [1, 11], none: 0, mode: {cc: 2, values: {fan: 2, pan: 1}}}
  next: {kind: button, cc: 3}
bindings: {next: {page: next}}
pages:
  pan:
    bindings: {knob: {address: /strip/1/pan}}
    feedback: {knob: {address: /strip/1/pan, mode: pan}}
  far: {bindings: {knob: {address: "/strip/{strip+17}/fader"}}}
""",
    )
    box.hub.write("/strip/1/pan", 1.0, "phone")
    assert box.told() == ["b0 02 01", "b0 09 0b"]
    box.play("B0 03 7F")
    assert box.told() == ["b0 09 00"]


def test_what_is_told_to_show_nothing_is_dark(tmp_path: Path) -> None:
    box = bound(tmp_path, "kind: button, cc: 1, lamp: true", "{toggle: /main/mute}", "feedback: {it: none}\n")
    box.play("B0 01 7F")
    assert box.told() == []


# -- fingers ----------------------------------------------------------------------------------------------------------

MOTOR = (
    "controls:\n  it: {kind: fader, cc: 1, motor: true, touch: {note: 104}}\nbindings:\n  it: {address: /main/fader}\n"
)


def test_what_one_hand_touches_no_other_box_moves_until_it_is_let_go(tmp_path: Path) -> None:
    touches = Touches()
    one = Mapped(tmp_path, MOTOR, touches=touches)
    (tmp_path / "other").mkdir()
    other = Mapped(tmp_path / "other", MOTOR, one.hub, touches)
    other.surface.name = "other"
    one.play("90 68 7F", "B0 01 40")
    other.told()
    other.wait(3600.0)
    other.play("B0 01 00")
    assert one.hub.travel("/main/fader") == pytest.approx(64 / 127)
    assert other.told() == ["b0 01 40"]
    one.play("90 68 00")
    other.play("B0 01 00")
    assert one.hub.travel("/main/fader") == 0.0


def test_a_finger_on_a_box_that_vanishes_holds_nothing(tmp_path: Path) -> None:
    touches = Touches()
    one = Mapped(tmp_path, MOTOR, touches=touches)
    one.play("90 68 7F")
    assert touches.is_held("/main/fader", "other")
    one.surface.detach()
    assert not touches.is_held("/main/fader", "other")


def test_a_motor_that_did_not_hear_its_move_is_told_once_more_and_then_left_alone(tmp_path: Path) -> None:
    box = Mapped(tmp_path, MOTOR)
    for _ in range(5):
        box.surface.heal()
    box.told()
    box.hub.write("/main/fader", -10.0, "phone")
    (move,) = box.told()
    box.surface.heal()
    assert box.told() == [move]
    for _ in range(5):
        box.surface.heal()
    assert box.told() == []
