"""Buttons, encoders and lamps on pins as a box that speaks the line protocol. Pure: edges and lines in, lines out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studiod.link.box_controls import SerialControl, SerialKind
from studiod.link.box_lines import Ask, Description, Hello, Lamp, Line, Ping, Ready, Switch, Turn, decode, encode

BOUNCE_S = 0.005  # contacts of a switch or a cheap encoder bounce about so long
ALONE_S = 5.0  # so long without a word: lamps off, as the protocol asks
QUARTERS = 4  # of an encoder between two clicks
# contacts before and now, two bits each: a step to the right, to the left, or a bounce
_STEPS = (0, 1, -1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 0, -1, 1, 0)
_TURN_STEPS = 24  # of most encoders


@dataclass(frozen=True, slots=True)
class PinControl:
    """What is soldered to one pin, or an encoder to two. Switches go to ground, lamps light when their pin is high."""

    name: str
    kind: SerialKind
    """A button, an encoder, or a lamp."""
    pin: int
    second: int | None = None
    is_closed: bool = False
    """A button whose contact is closed while nobody presses it."""


class GpioBox:
    """The pins of one chip. `boot` first, then `edge` and `hear` as they come, and `turn` every few milliseconds."""

    def __init__(self, name: str, controls: Sequence[PinControl]) -> None:
        self.inputs = tuple(pin for c in controls if c.kind is not SerialKind.LAMP for pin in _pins(c))
        self.outputs = tuple(c.pin for c in controls if c.kind is SerialKind.LAMP)
        self._name = name
        self._controls = tuple(controls)
        self._of_pin = {pin: number for number, c in enumerate(controls) for pin in _pins(c)}
        self._is_low: dict[int, bool] = {}
        self._told: dict[int, bool] = {}
        self._changed_at: dict[int, float] = {}
        self._quarters = dict.fromkeys(range(len(controls)), 0)
        self._heard_at: float | None = None

    def boot(self, is_low: Mapping[int, bool]) -> bytes:
        """The pins stand like this: what the box says of itself."""
        self._is_low = dict(is_low)
        self._told = {pin: self._is_down(pin) for pin in is_low}
        return self._description()

    def edge(self, pin: int, at_s: float, *, is_low: bool) -> bytes:
        """A pin changed: what there is to say of it now."""
        number = self._of_pin[pin]
        control = self._controls[number]
        if control.kind is SerialKind.ENCODER:
            return self._turned(number, pin, is_low=is_low)
        self._is_low[pin] = is_low
        return self._switched(pin, at_s)

    def turn(self, now_s: float) -> tuple[bytes, dict[int, bool]]:
        """Contacts that have come to rest, and lamps that nobody keeps true any more."""
        said = b"".join(self._switched(pin, now_s) for pin in self.inputs)
        if self._heard_at is not None and now_s - self._heard_at > ALONE_S:
            self._heard_at = None
            return said, dict.fromkeys(self.outputs, False)
        return said, {}

    def hear(self, raw: bytes, now_s: float) -> tuple[bytes, dict[int, bool]]:
        """Whole lines for the box: what it answers, and which output pins to put high or low."""
        answer, lamps = b"", dict[int, bool]()
        for line in map(decode, raw.split(b"\n")):
            if line is None:
                continue
            self._heard_at = now_s
            match line:
                case Ask():
                    answer += self._description()
                case Ping():
                    answer += encode(line)
                case Lamp(number, level) if number < len(self._controls):
                    if self._controls[number].kind is SerialKind.LAMP:
                        lamps[self._controls[number].pin] = level > 0
        return answer, lamps

    # -- inside ----------------------------------------------------------------------------------------------------

    def _description(self) -> bytes:
        steps = {SerialKind.ENCODER: _TURN_STEPS}
        described = (
            Description(number, SerialControl(control.name, control.kind, steps.get(control.kind, 2)))
            for number, control in enumerate(self._controls)
        )
        lines: list[Line] = [Hello(1, self._name, "1", len(self._controls)), *described, Ready()]
        return b"".join(map(encode, lines))

    def _switched(self, pin: int, now_s: float) -> bytes:
        """The first contact counts at once, so that a press is not late; then it is deaf until the bounce is over."""
        number = self._of_pin[pin]
        is_down = self._is_down(pin)
        if self._controls[number].kind is not SerialKind.BUTTON or is_down == self._told.get(pin, False):
            return b""
        if now_s - self._changed_at.get(pin, float("-inf")) < BOUNCE_S:
            return b""
        self._changed_at[pin], self._told[pin] = now_s, is_down
        return encode(Switch(number, is_down=is_down))

    def _is_down(self, pin: int) -> bool:
        return self._is_low.get(pin, False) is not self._controls[self._of_pin[pin]].is_closed

    def _turned(self, number: int, pin: int, *, is_low: bool) -> bytes:
        control = self._controls[number]
        before = self._contacts(control)
        self._is_low[pin] = is_low
        self._quarters[number] += _STEPS[before << 2 | self._contacts(control)]
        clicks = int(self._quarters[number] / QUARTERS)
        if not clicks:
            return b""
        self._quarters[number] -= clicks * QUARTERS
        return encode(Turn(number, clicks))

    def _contacts(self, control: PinControl) -> int:
        first, second = _pins(control)
        return self._is_low.get(first, False) << 1 | self._is_low.get(second, False)


def _pins(control: PinControl) -> tuple[int, ...]:
    return (control.pin,) if control.second is None else (control.pin, control.second)
