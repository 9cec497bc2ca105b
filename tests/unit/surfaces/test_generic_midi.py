"""The grammar of plain MIDI controllers."""

from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.base import Control, ControlKind, MidiWire, Moved, Pressed, Released
from studiod.surfaces.generic_midi import GenericMidi, steps_of

FADER = Control("fader/1", ControlKind.FADER, 128, MidiWire(1, 0))
KNOB = Control("knob/1", ControlKind.KNOB, 127, MidiWire(1, 16), has_detent=True)
BUTTON = Control("record", ControlKind.BUTTON, 2, MidiWire(1, 45), has_lamp=True)
HIGH = Control("high", ControlKind.FADER, 128, MidiWire(16, 127))
BOX = GenericMidi((FADER, KNOB, BUTTON, HIGH))


def test_a_button_is_pressed_at_127_and_released_at_0() -> None:
    assert BOX.decode(bytes.fromhex("B0 2D 7F")) == Pressed("record")
    assert BOX.decode(bytes.fromhex("B0 2D 00")) == Released("record")


def test_a_detent_costs_one_step_and_a_button_has_two() -> None:
    assert steps_of(ControlKind.FADER, has_detent=False) == 128
    assert steps_of(ControlKind.KNOB, has_detent=True) == 127
    assert steps_of(ControlKind.BUTTON, has_detent=False) == 2


def test_the_ends_of_a_fader_are_exact() -> None:
    assert BOX.decode(bytes.fromhex("B0 00 00")) == Moved("fader/1", 0.0)
    assert BOX.decode(bytes.fromhex("B0 00 7F")) == Moved("fader/1", 1.0)


def test_63_and_64_are_both_the_exact_centre_of_a_knob_with_a_detent() -> None:
    assert BOX.decode(bytes.fromhex("B0 10 3F")) == Moved("knob/1", 0.5)
    assert BOX.decode(bytes.fromhex("B0 10 40")) == Moved("knob/1", 0.5)
    assert BOX.decode(bytes.fromhex("B0 10 00")) == Moved("knob/1", 0.0)
    assert BOX.decode(bytes.fromhex("B0 10 7F")) == Moved("knob/1", 1.0)


def test_the_centre_of_a_detent_is_sent_as_64() -> None:
    assert BOX.encode(KNOB, KNOB.step(0.5)) == bytes.fromhex("B0 10 40")


def test_a_lamp_is_the_buttons_own_controller_with_127_or_0() -> None:
    assert BOX.encode(BUTTON, 1) == bytes.fromhex("B0 2D 7F")
    assert BOX.encode(BUTTON, 0) == bytes.fromhex("B0 2D 00")


def test_the_channel_belongs_to_the_control() -> None:
    assert BOX.decode(bytes.fromhex("BF 7F 00")) == Moved("high", 0.0)
    assert BOX.decode(bytes.fromhex("B1 00 40")) is None


@given(st.sampled_from((FADER, KNOB, HIGH)), st.data())
def test_what_is_encoded_decodes_to_the_same_step(control: Control, data: st.DataObject) -> None:
    step = data.draw(st.integers(0, control.steps - 1))
    heard = BOX.decode(BOX.encode(control, step))
    assert isinstance(heard, Moved)
    assert control.step(heard.travel) == step


@given(st.binary(max_size=12))
def test_junk_never_raises(message: bytes) -> None:
    BOX.decode(message)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_data_bytes_above_127_mean_nothing(status: int, first: int, second: int) -> None:
    gesture = BOX.decode(bytes((status, first, second)))
    assert gesture is None or max(first, second) <= 127
