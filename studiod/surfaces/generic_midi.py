"""The dialect of boxes that speak plain MIDI: bytes to gestures, and what is shown to bytes."""

from collections.abc import Iterable
from dataclasses import dataclass

from studiod.surfaces.base import (
    Gesture,
    Lit,
    Moved,
    Pressed,
    Released,
    Said,
    Shown,
    SurfaceMap,
    Touched,
    Turned,
)
from studiod.surfaces.controls import (
    LIT,
    OUTPUT_KINDS,
    PRESSED_KINDS,
    TEXT,
    TURNED_KINDS,
    VALUE,
    Control,
    Relative,
    Sends,
    Wire,
    WireKind,
)
from studiod.surfaces.midi_values import Heard, Values

_SEVEN_BITS, _STATUS = 0x7F, 0x80
_PRINTABLE = range(0x20, 0x7F)


@dataclass(frozen=True, slots=True)
class _Ear:
    """One thing that a wire may mean."""

    control: Control
    is_touch: bool = False
    is_down: bool = False


class GenericMidi:
    """The grammar of one box: its controls by where they live on the wire.

    Halves of fine values and the selected (N)RPN are kept between messages, apart for each port.
    """

    beat_s = 0.0

    def __init__(self, facts: SurfaceMap) -> None:
        self._greeting, self._farewell = facts.greeting, facts.farewell
        self._ears: dict[tuple[int, WireKind, int, int], list[_Ear]] = {}
        self._whole: list[tuple[Wire, _Ear]] = []
        fine: dict[int, set[Wire]] = {}
        for control in facts.controls.values():
            for wire, ear in _ears(control):
                if wire.kind is WireKind.MESSAGE:
                    self._whole.append((wire, ear))
                else:
                    self._ears.setdefault((wire.port, wire.kind, wire.channel, wire.number), []).append(ear)
                    fine.setdefault(wire.port, set()).add(wire)
        self._values = {port: Values(wires) for port, wires in fine.items()}

    def decode(self, message: bytes, port: int = 0) -> tuple[Gesture, ...]:
        """The gestures in one whole message; none for anything this box does not send. Never raises."""
        gestures: list[Gesture] = []
        for wire, ear in self._whole:
            value = _value_in(wire, message) if wire.port == port else None
            if value is not None:
                gestures += _gestures(ear, Heard(wire.kind, 0, 0, value, 127))
        values = self._values.get(port)
        if values is not None:
            for heard in values.hear(message):
                for ear in self._ears.get((port, heard.kind, heard.channel, heard.number), ()):
                    gestures += _gestures(ear, heard)
        return tuple(gestures)

    def encode(self, control: Control, shown: Shown) -> tuple[bytes, ...]:
        """The messages that make `control` show this; none when it cannot."""
        show = control.show
        wire = show.wire or control.wire if show is not None else None
        if show is None or wire is None:
            return ()
        if isinstance(shown, Said):
            return (_with_text(wire, shown.text, show.width),)
        if isinstance(shown, Lit):
            state = show.states.get(shown.state)
            if state is None:  # a lamp that cannot blink, or lacks the colour, is lit
                state = show.states[LIT]
            if state.message:
                return (state.message,)
            return value_messages(wire, state.value, state.channel)
        messages: tuple[bytes, ...] = ()
        if show.mode_wire is not None and shown.mode in show.modes:
            messages = value_messages(show.mode_wire, show.modes[shown.mode])
        value = show.none if shown.step < 0 and show.none is not None else show.scale.value(max(shown.step, 0))
        return messages + value_messages(wire, value)

    def greet(self, port: int = 0) -> tuple[bytes, ...]:
        """The map's hello; half a value heard before is forgotten."""
        if port in self._values:
            self._values[port].forget()
        return tuple(message for to, message in self._greeting if to == port)

    def dismiss(self, port: int = 0) -> tuple[bytes, ...]:
        """The map's bye."""
        return tuple(message for to, message in self._farewell if to == port)

    def beat(self, port: int = 0) -> tuple[bytes, ...]:  # noqa: ARG002 - a plain box needs none
        """Nothing."""
        return ()


def steps_in(value: int, relative: Relative, highest: int = _SEVEN_BITS) -> int:
    """Steps to the right that `value` (0..highest) means; `pair` and `half` are told elsewhere."""
    half = (highest + 1) // 2
    if relative is Relative.TWOS:
        return value - 2 * half if value > half else value
    if relative is Relative.OFFSET:
        return value - half
    size = value % half
    has_sign = value >= half
    return -size if has_sign is (relative is Relative.SIGN) else size


def value_messages(  # noqa: PLR0911 - one for each kind of message
    wire: Wire, value: int, channel: int | None = None
) -> tuple[bytes, ...]:
    """`value` on `wire`, or on the same place of another channel. Of a program change the value is the program."""
    low = (wire.channel if channel is None else channel) - 1
    match wire.kind:
        case WireKind.MESSAGE:
            return (bytes(value & _SEVEN_BITS if byte == VALUE else max(byte, 0) for byte in wire.message),)
        case WireKind.CC:
            return (bytes((0xB0 | low, wire.number, value)),)
        case WireKind.CC14:
            return bytes((0xB0 | low, wire.number, value >> 7)), bytes((0xB0 | low, wire.lsb, value & _SEVEN_BITS))
        case WireKind.NRPN | WireKind.RPN:
            high = 99 if wire.kind is WireKind.NRPN else 101
            places = ((high, wire.number >> 7), (high - 1, wire.number & _SEVEN_BITS), (6, value >> 7))
            return tuple(bytes((0xB0 | low, *place)) for place in (*places, (38, value & _SEVEN_BITS)))
        case WireKind.NOTE:
            return (bytes((0x90 | low, wire.number, value)),)
        case WireKind.POLY:
            return (bytes((0xA0 | low, wire.number, value)),)
        case WireKind.PROGRAM:
            return (bytes((0xC0 | low, value)),)
        case WireKind.PRESSURE:
            return (bytes((0xD0 | low, value)),)
        case WireKind.BEND:
            return (bytes((0xE0 | low, value & _SEVEN_BITS, value >> 7)),)


def _ears(control: Control) -> Iterable[tuple[Wire, _Ear]]:
    if control.wire is not None and control.kind not in OUTPUT_KINDS:
        yield control.wire, _Ear(control)
    if control.down is not None:
        yield control.down, _Ear(control, is_down=True)
    if control.touch is not None:
        yield control.touch, _Ear(control, is_touch=True)


def _gestures(ear: _Ear, heard: Heard) -> tuple[Gesture, ...]:
    control, value = ear.control, heard.value
    if ear.is_touch:
        return (Touched(control.name) if value in control.touched else Released(control.name),)
    if control.kind in PRESSED_KINDS:
        return _pressed(control, heard)
    if control.kind in TURNED_KINDS:
        steps = _accelerated(control, _steps(ear, heard))
        return (Turned(control.name, steps),) if steps else ()
    if heard.is_step:
        return ()
    return (Moved(control.name, control.travel(control.scale.step(value))),)


def _pressed(control: Control, heard: Heard) -> tuple[Gesture, ...]:
    if control.sends is Sends.BOTH:
        return (Pressed(control.name) if heard.value in control.pressed else Released(control.name),)
    if control.sends is Sends.PRESS and heard.kind is not WireKind.PROGRAM and heard.value not in control.pressed:
        return ()
    is_on = heard.value in control.pressed if control.sends is Sends.TOGGLE and control.show is not None else None
    return Pressed(control.name, is_on), Released(control.name)


def _steps(ear: _Ear, heard: Heard) -> int:
    control, value = ear.control, heard.value
    if heard.is_step:
        return value
    if control.relative is Relative.PAIR:
        return 0 if value == 0 else -1 if ear.is_down else 1
    if control.relative is Relative.HALF:
        scale = control.scale
        return 1 if 2 * scale.step(value) >= scale.steps else -1
    return steps_in(value, control.relative, heard.highest) if control.relative is not None else 0


def _accelerated(control: Control, steps: int) -> int:
    counts = abs(steps)
    for least, counted in control.acceleration:
        if abs(steps) >= least:
            counts = counted
    return counts if steps > 0 else -counts


def _value_in(wire: Wire, message: bytes) -> int | None:
    """The value in `message` when it is the wire's; 127 where the wire has no place for one."""
    if len(message) != len(wire.message):
        return None
    found = _SEVEN_BITS
    for wanted, byte in zip(wire.message, message, strict=True):
        if wanted == VALUE and byte < _STATUS:
            found = byte
        elif wanted != byte:
            return None
    return found


def _with_text(wire: Wire, text: str, width: int) -> bytes:
    letters = bytes(ord(letter) if ord(letter) in _PRINTABLE else ord("_") for letter in text[:width])
    padded = letters.ljust(width)
    return b"".join(padded if byte == TEXT else bytes((max(byte, 0),)) for byte in wire.message)
