"""The grammar of plain MIDI controllers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.base import (
    Control,
    ControlKind,
    Gesture,
    Lit,
    Match,
    Moved,
    Pressed,
    Relative,
    Released,
    Said,
    Scale,
    Sends,
    Show,
    ShowKind,
    Stands,
    SurfaceMap,
    Touched,
    Turned,
    Wire,
    WireKind,
)
from studiod.surfaces.controls import LAMP, TEXT, VALUE, LampState
from studiod.surfaces.generic_midi import GenericMidi, steps_in, value_messages

CC = WireKind.CC


def position(name: str, wire: Wire, *, low: int = 0, high: int | None = None, has_detent: bool = False) -> Control:
    """A fader with a motor on its own wire."""
    scale = Scale(low, wire.highest if high is None else high, has_detent)
    motor = Show(ShowKind.MOTOR, scale.steps, scale=scale)
    return Control(name, ControlKind.FADER, scale.steps, wire, scale, has_detent, show=motor)


def box(*controls: Control) -> GenericMidi:
    """The grammar of a box with these."""
    facts = SurfaceMap(
        name="box", maker="Test", model="Box", mode="", confidence="measured", sources=(), match=Match(("*box*",)),
        controls={control.name: control for control in controls}, bindings={}, feedback={},
        greeting=((0, b"\xf0\x01\xf7"), (1, b"\xf0\x02\xf7")), farewell=((0, b"\xf0\x03\xf7"),),
    )  # fmt: skip
    return GenericMidi(facts)


def heard(grammar: GenericMidi, *messages: str) -> list[Gesture]:
    """The gestures in messages written in hex."""
    return [gesture for message in messages for gesture in grammar.decode(bytes.fromhex(message))]


FADER = position("fader/1", Wire(CC, 1, 0))
KNOB = position("knob/1", Wire(CC, 1, 16), has_detent=True)
BUTTON = Control("record", ControlKind.BUTTON, wire=Wire(CC, 1, 45), show=LAMP)
HIGH = position("high", Wire(CC, 16, 127))
BOX = box(FADER, KNOB, BUTTON, HIGH)
FINE = (
    position("bend", Wire(WireKind.BEND, 9)),
    position("pair", Wire(WireKind.CC14, 1, 0, lsb=32)),
    position("nrpn", Wire(WireKind.NRPN, 2, 1234)),
    position("rpn", Wire(WireKind.RPN, 2, 1)),
)
COARSE = (FADER, KNOB, HIGH, position("short", Wire(CC, 1, 70), low=5, high=100))
BACKWARDS = position("backwards", Wire(CC, 1, 71), low=127, high=0)
PRESSURES = (position("poly", Wire(WireKind.POLY, 1, 6)), position("pressure", Wire(WireKind.PRESSURE, 3)))


def test_a_button_is_pressed_at_127_and_released_at_0() -> None:
    assert heard(BOX, "B0 2D 7F", "B0 2D 00") == [Pressed("record"), Released("record")]


def test_the_ends_of_a_fader_are_exact() -> None:
    assert heard(BOX, "B0 00 00", "B0 00 7F") == [Moved("fader/1", 0.0), Moved("fader/1", 1.0)]


def test_a_detent_costs_one_step() -> None:
    assert (FADER.steps, KNOB.steps) == (128, 127)


def test_63_and_64_are_both_the_exact_centre_of_a_knob_with_a_detent() -> None:
    travels = [0.5, 0.5, 0.0, 1.0]
    messages = ("B0 10 3F", "B0 10 40", "B0 10 00", "B0 10 7F")
    assert heard(BOX, *messages) == [Moved("knob/1", travel) for travel in travels]


def test_the_centre_of_a_detent_is_sent_as_64() -> None:
    assert BOX.encode(KNOB, Stands(KNOB.step(0.5))) == (bytes.fromhex("B0 10 40"),)


def test_the_centre_of_a_detent_that_runs_backwards_is_sent_as_64_too() -> None:
    control = position("back", Wire(CC, 1, 1), low=127, high=0, has_detent=True)
    assert BOX.encode(control, Stands(control.step(0.5))) == (bytes.fromhex("B0 01 40"),)


def test_a_range_that_runs_backwards_is_at_the_top_at_0() -> None:
    assert heard(box(BACKWARDS), "B0 47 00", "B0 47 7F") == [Moved("backwards", 1.0), Moved("backwards", 0.0)]


def test_values_outside_the_range_are_held_at_its_ends() -> None:
    assert heard(box(*COARSE), "B0 46 00", "B0 46 7F") == [Moved("short", 0.0), Moved("short", 1.0)]


def test_a_lamp_is_the_buttons_own_controller_with_127_or_0() -> None:
    assert BOX.encode(BUTTON, Lit("lit")) == (bytes.fromhex("B0 2D 7F"),)
    assert BOX.encode(BUTTON, Lit("dark")) == (bytes.fromhex("B0 2D 00"),)


def test_the_channel_belongs_to_the_control() -> None:
    assert heard(BOX, "BF 7F 00", "B1 00 40") == [Moved("high", 0.0)]


# -- generic-surfaces vectors: widespread boxes, byte for byte --------------------------------------------------------


def note(name: str, wire: Wire) -> Control:
    """A button that counts any velocity as down."""
    return Control(name, ControlKind.BUTTON, wire=wire, pressed=range(1, 128))


VECTORS = (
    (note("play", Wire(WireKind.POLY, 1, 6)), "A0 06 01", Pressed("play")),
    (note("arm", Wire(WireKind.NOTE, 1, 3)), "90 03 7F", Pressed("arm")),
    (note("arm", Wire(WireKind.NOTE, 1, 3)), "90 03 00", Released("arm")),
    (note("arm", Wire(WireKind.NOTE, 1, 3)), "80 03 40", Released("arm")),
    (position("master", Wire(CC, 1, 62)), "B0 3E 7F", Moved("master", 1.0)),
    (position("fader", Wire(CC, 9, 77)), "B8 4D 40", Moved("fader", 64 / 127)),
    (position("encoder", Wire(CC, 11, 1)), "BA 01 7F", Moved("encoder", 1.0)),
    (position("fader", Wire(WireKind.BEND, 1)), "E0 00 40", Moved("fader", 8192 / 16_383)),
    (Control("side", ControlKind.BUTTON, wire=Wire(CC, 4, 8)), "B3 08 7F", Pressed("side")),
    (Control("lower", ControlKind.BUTTON, wire=Wire(CC, 1, 105)), "B0 69 7F", Pressed("lower")),
)  # fmt: skip


@pytest.mark.parametrize(("control", "message", "expected"), VECTORS)
def test_what_widespread_boxes_send_is_understood(control: Control, message: str, expected: Gesture) -> None:
    assert heard(box(control), message) == [expected]


def test_a_program_change_is_a_press_that_comes_up_by_itself() -> None:
    button = Control("one", ControlKind.BUTTON, wire=Wire(WireKind.PROGRAM, 1, 0), sends=Sends.PRESS)
    assert heard(box(button), "C0 00", "C0 01") == [Pressed("one"), Released("one")]


def test_a_whole_message_is_a_press_and_another_one_is_not() -> None:
    play = Wire(WireKind.MESSAGE, message=tuple(bytes.fromhex("F07F7F0602F7")))
    start = Wire(WireKind.MESSAGE, message=(0xFA,))
    grammar = box(
        Control("play", ControlKind.BUTTON, wire=play, sends=Sends.PRESS, pressed=range(128)),
        Control("start", ControlKind.BUTTON, wire=start, sends=Sends.PRESS, pressed=range(128)),
    )
    assert heard(grammar, "F0 7F 7F 06 02 F7", "F0 7F 7F 06 01 F7", "FA") == [
        Pressed("play"), Released("play"), Pressed("start"), Released("start"),
    ]  # fmt: skip


def test_a_place_for_a_value_in_a_message_makes_a_position() -> None:
    message = (*bytes.fromhex("F04240000104005F4F"), VALUE, 0xF7)
    fader = position("scene", Wire(WireKind.MESSAGE, message=message), high=3)
    assert heard(box(fader), "F0 42 40 00 01 04 00 5F 4F 03 F7") == [Moved("scene", 1.0)]
    assert BOX.encode(fader, Stands(2)) == (bytes.fromhex("F0 42 40 00 01 04 00 5F 4F 02 F7"),)


def test_two_buttons_may_share_a_wire_when_their_values_differ() -> None:
    grammar = box(
        *(
            Control(
                name, ControlKind.BUTTON, wire=Wire(CC, 1, 0x3C), pressed=range(value, value + 1), sends=Sends.PRESS
            )
            for name, value in (("play", 127), ("stop", 0))
        )
    )
    assert heard(grammar, "B0 3C 7F") == [Pressed("play"), Released("play")]
    assert heard(grammar, "B0 3C 00") == [Pressed("stop"), Released("stop")]


def test_a_button_that_toggles_in_the_box_is_pressed_by_either_message() -> None:
    button = Control("on", ControlKind.BUTTON, wire=Wire(CC, 1, 65), sends=Sends.TOGGLE)
    assert heard(box(button), "B0 41 7F", "B0 41 00") == [Pressed("on"), Released("on")] * 2


def test_a_finger_on_a_fader_is_told_from_its_move() -> None:
    fader = Control("fader", ControlKind.FADER, 128, Wire(CC, 1, 1), touch=Wire(CC, 1, 101))
    gestures = heard(box(fader), "B0 65 7F", "B0 01 40", "B0 65 00")
    assert gestures == [Touched("fader"), Moved("fader", 64 / 127), Released("fader")]


# -- relative ---------------------------------------------------------------------------------------------------------

STEPS = {
    Relative.TWOS: {1: 1, 127: -1, 2: 2, 64: 64, 65: -63, 0: 0},
    Relative.OFFSET: {65: 1, 63: -1, 66: 2, 62: -2, 64: 0, 127: 63},
    Relative.SIGN: {1: 1, 65: -1, 0x43: -3, 63: 63, 127: -63, 64: 0},
    Relative.SIGN_REVERSED: {65: 1, 1: -1, 66: 2, 2: -2},
}


@pytest.mark.parametrize(
    ("relative", "value", "steps"), [(way, *item) for way, table in STEPS.items() for item in table.items()]
)
def test_every_way_of_telling_steps(relative: Relative, value: int, steps: int) -> None:
    assert steps_in(value, relative) == steps


@given(st.sampled_from(list(STEPS)), st.integers(-63, 63))
def test_every_number_of_steps_can_be_told_in_every_way(relative: Relative, steps: int) -> None:
    assert steps in {steps_in(value, relative) for value in range(128)}


def encoder(relative: Relative, wire: Wire | None = None, down: Wire | None = None, **more: int) -> GenericMidi:
    scale = Scale(more.get("low", 0), more.get("high", 127))
    control = Control("jog", ControlKind.WHEEL, 101, wire or Wire(CC, 1, 83), scale, relative=relative, down=down)
    return box(control)


def test_a_wheel_with_a_number_for_each_side() -> None:
    wheel = encoder(Relative.PAIR, down=Wire(CC, 1, 85))
    assert heard(wheel, "B0 53 01", "B0 55 01", "B0 53 00") == [Turned("jog", 1), Turned("jog", -1)]


def test_a_wheel_that_tells_only_the_side() -> None:
    wheel = encoder(Relative.HALF, Wire(WireKind.BEND, 1), low=16_383, high=0)
    assert heard(wheel, "E0 00 40", "E0 7F 3F") == [Turned("jog", -1), Turned("jog", 1)]


def test_fast_turns_count_for_more() -> None:
    knob = Control(
        "knob", ControlKind.ENCODER, 101, Wire(CC, 1, 16), relative=Relative.SIGN, acceleration=((2, 4), (6, 20))
    )
    gestures = heard(box(knob), "B0 10 01", "B0 10 43", "B0 10 0A", "B0 10 40")
    assert gestures == [Turned("knob", 1), Turned("knob", -4), Turned("knob", 20)]


# -- fine values ------------------------------------------------------------------------------------------------------


@given(st.sampled_from((*FINE, *COARSE, BACKWARDS, *PRESSURES)), st.data())
def test_what_is_encoded_decodes_to_the_same_step(control: Control, data: st.DataObject) -> None:
    step = data.draw(st.integers(0, control.steps - 1))
    grammar = box(control)
    last = [gesture for message in grammar.encode(control, Stands(step)) for gesture in grammar.decode(message)][-1]
    assert isinstance(last, Moved)
    assert control.step(last.travel) == step


@given(st.sampled_from(FINE[1:]), st.integers(0, 16_383), st.integers(0, 16_383))
def test_the_halves_of_a_fine_value_may_come_in_any_order(control: Control, before: int, value: int) -> None:
    grammar = box(control)
    for message in value_messages(control.wire or Wire(CC), before):
        grammar.decode(message)
    messages = list(value_messages(control.wire or Wire(CC), value))
    halves = messages[-2:]
    gestures = [gesture for message in (*messages[:-2], *reversed(halves)) for gesture in grammar.decode(message)]
    assert gestures[-1] == Moved(control.name, value / 16_383)


def test_a_box_that_sends_only_the_high_half_reaches_both_ends() -> None:
    grammar = box(FINE[1])
    assert heard(grammar, "B0 00 7F", "B0 00 00") == [Moved("pair", 1.0), Moved("pair", 0.0)]


def test_a_low_half_alone_means_nothing_before_the_high_one_came() -> None:
    assert heard(box(FINE[1]), "B0 20 7F") == []


def test_after_a_null_parameter_data_means_nothing() -> None:
    assert heard(box(*FINE), "B1 65 7F", "B1 64 7F", "B1 06 40") == []


def test_data_increment_turns_an_encoder() -> None:
    knob = Control("knob", ControlKind.ENCODER, 101, Wire(WireKind.NRPN, 1, 5), relative=Relative.TWOS)
    gestures = heard(box(knob), "B0 63 00", "B0 62 05", "B0 60 00", "B0 61 00")
    assert gestures == [Turned("knob", 1), Turned("knob", -1)]


def test_a_box_without_parameters_may_have_knobs_on_their_controllers() -> None:
    grammar = box(*(position(f"knob/{number}", Wire(CC, 1, number)) for number in (6, 98, 99)))
    assert heard(grammar, "B0 63 00", "B0 62 7F") == [Moved("knob/99", 0.0), Moved("knob/98", 1.0)]


def test_a_new_greeting_forgets_half_a_value() -> None:
    grammar = box(FINE[1])
    heard(grammar, "B0 00 7F")
    assert grammar.greet() == (b"\xf0\x01\xf7",)
    assert grammar.greet(1) == (b"\xf0\x02\xf7",)
    assert grammar.dismiss() == (b"\xf0\x03\xf7",)
    assert heard(grammar, "B0 20 7F") == []


# -- what is shown ----------------------------------------------------------------------------------------------------


def test_a_lamp_has_colours_that_blink_on_another_channel() -> None:
    states = {
        "dark": LampState(0), "lit": LampState(3), "red": LampState(5), "red-blink": LampState(5, 15),
        "rgb": LampState(message=bytes.fromhex("F0 47 7F 4F 24 00 08 00 3F 01 7F 00 00 00 00 F7")),
    }  # fmt: skip
    pad = Control("pad", ControlKind.PAD, wire=Wire(WireKind.NOTE, 1, 11), show=Show(ShowKind.LAMP, states=states))
    told = {state: BOX.encode(pad, Lit(state))[0].hex(" ") for state in ("dark", "red", "red-blink", "blink", "green")}
    assert told == {
        "dark": "90 0b 00", "red": "90 0b 05", "red-blink": "9e 0b 05", "blink": "90 0b 03", "green": "90 0b 03",
    }  # fmt: skip
    assert BOX.encode(pad, Lit("rgb")) == (states["rgb"].message,)


def test_a_lamp_may_live_elsewhere_than_its_button() -> None:
    show = Show(ShowKind.LAMP, wire=Wire(WireKind.POLY, 1, 1), states={"dark": LampState(0), "lit": LampState(1)})
    play = Control("play", ControlKind.BUTTON, wire=Wire(WireKind.POLY, 1, 6), show=show)
    assert BOX.encode(play, Lit("lit")) == (bytes.fromhex("A0 01 01"),)


def test_a_ring_is_told_its_mode_and_its_place_and_nothing() -> None:
    ring = Show(
        ShowKind.RING, 13, Wire(CC, 11, 9), Scale(1, 13), none=0,
        mode_wire=Wire(CC, 11, 1), modes={"pan": 1, "fan": 2}, usual_mode="fan",
    )  # fmt: skip
    knob = Control("knob", ControlKind.ENCODER, 101, Wire(CC, 11, 1), relative=Relative.OFFSET, show=ring)
    assert BOX.encode(knob, Stands(12, "fan")) == (bytes.fromhex("BA 01 02"), bytes.fromhex("BA 09 0D"))
    assert BOX.encode(knob, Stands(-1)) == (bytes.fromhex("BA 09 00"),)


def test_a_display_is_told_its_text_cut_and_padded_in_plain_letters() -> None:
    message = (*bytes.fromhex("F000003214"), TEXT, 0xF7)
    show = Show(ShowKind.DISPLAY, width=7)
    display = Control("name", ControlKind.DISPLAY, wire=Wire(WireKind.MESSAGE, message=message), show=show)
    assert BOX.encode(display, Said("Flöte")) == (bytes.fromhex("F000003214") + b"Fl_te  \xf7",)
    assert BOX.encode(display, Said("Overhead left")) == (bytes.fromhex("F000003214") + b"Overhea\xf7",)


def test_an_output_is_not_heard() -> None:
    lamp = Control("tally", ControlKind.LAMP, wire=Wire(WireKind.NOTE, 1, 42), show=LAMP)
    assert heard(box(lamp), "90 2A 7F") == []


# -- junk -------------------------------------------------------------------------------------------------------------

EVERYTHING = box(
    *FINE, *COARSE, BACKWARDS, *PRESSURES, BUTTON,
    Control("program", ControlKind.BUTTON, wire=Wire(WireKind.PROGRAM, 1, 0), sends=Sends.PRESS),
    Control("whole", ControlKind.BUTTON, wire=Wire(WireKind.MESSAGE, message=(0xF0, 0x7F, VALUE, 0xF7))),
    Control("jog", ControlKind.WHEEL, 101, Wire(CC, 5, 60), relative=Relative.SIGN),
)  # fmt: skip


@given(st.lists(st.binary(max_size=12)))
def test_junk_never_raises(messages: list[bytes]) -> None:
    for message in messages:
        EVERYTHING.decode(message)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_data_bytes_above_127_mean_nothing(status: int, first: int, second: int) -> None:
    gestures = EVERYTHING.decode(bytes((status, first, second)))
    assert gestures == () or max(first, second) <= 127


@given(st.lists(st.tuples(st.integers(0xB0, 0xBF), st.integers(0, 127), st.integers(0, 127)), max_size=40))
def test_whatever_is_selected_every_travel_is_one(messages: list[tuple[int, int, int]]) -> None:
    for message in messages:
        for gesture in EVERYTHING.decode(bytes(message)):
            assert not isinstance(gesture, Moved) or 0.0 <= gesture.travel <= 1.0
