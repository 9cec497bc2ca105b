"""The dialect of boxes that speak plain MIDI controllers, 7 bit: bytes to gestures, steps to bytes."""

from collections.abc import Iterable

from studiod.surfaces.base import Control, ControlKind, Gesture, MidiWire, Moved, Pressed, Released

POSITIONS = 128  # a data byte carries seven bits
_CONTROL_CHANGE = 0xB0
_MESSAGE_BYTES = 3
_CENTRE = 64  # MIDI's centre; 63 and 64 are one place on a control with a detent
_PRESSED_FROM = 64  # MIDI 1.0: a switch is off at 0..63, on at 64..127
_ON = 127


def steps_of(kind: ControlKind, *, has_detent: bool) -> int:
    """Positions a 7-bit control of this kind has: 2 for a button, one less with a detent, whose centre is 63 and 64."""
    if kind is ControlKind.BUTTON:
        return 2
    return POSITIONS - 1 if has_detent else POSITIONS


class GenericMidi:
    """The grammar of one box: its controls by channel and controller number."""

    def __init__(self, controls: Iterable[Control]) -> None:
        self._by_wire = {control.wire: control for control in controls}

    def decode(self, message: bytes) -> Gesture | None:
        """The gesture in one whole message; None for anything this box does not send. Never raises."""
        if (
            len(message) != _MESSAGE_BYTES
            or message[0] & 0xF0 != _CONTROL_CHANGE
            or message[1] | message[2] >= POSITIONS
        ):
            return None
        control = self._by_wire.get(MidiWire((message[0] & 0x0F) + 1, message[1]))
        if control is None:
            return None
        if control.kind is ControlKind.BUTTON:
            return Pressed(control.name) if message[2] >= _PRESSED_FROM else Released(control.name)
        return Moved(control.name, control.travel(_step_from_byte(control, message[2])))

    def encode(self, control: Control, step: int) -> bytes:
        """The message that makes `control` show `step` (0..steps-1)."""
        return bytes(
            (_CONTROL_CHANGE | (control.wire.channel - 1), control.wire.controller, _byte_from_step(control, step))
        )


def _step_from_byte(control: Control, byte: int) -> int:
    return byte - 1 if control.has_detent and byte >= _CENTRE else byte


def _byte_from_step(control: Control, step: int) -> int:
    if control.kind is ControlKind.BUTTON:
        return _ON if step else 0
    return step + 1 if control.has_detent and step >= _CENTRE - 1 else step
