"""A board with Firmata: pots and buttons on its pins, and lamps. The pins are asked for; no other is touched."""

from collections.abc import Mapping
from dataclasses import dataclass

from studiod.link.box_controls import SerialControl, SerialKind
from studiod.surfaces.base import Gesture, Moved, Pressed, Released
from studiod.surfaces.serial.backlash import NOISE, Backlash
from studiod.surfaces.serial.firmata import (
    NO_ANALOG,
    PIN_ANALOG,
    PIN_OUTPUT,
    PIN_PULL_UP,
    QUERY_ANALOG_MAP,
    QUERY_CAPABILITIES,
    QUERY_FIRMWARE,
    Analog,
    AnalogMap,
    Capabilities,
    FirmataReader,
    Firmware,
    Port,
    Version,
    Word,
    pin_mode,
    report_analog,
    report_port,
    sampling,
    set_pin,
)
from studiod.surfaces.serial.talk import latest

ASK_S = 1.0
SAMPLING_MS = 10  # twice as often as a board does by itself
_USUAL_BITS = 10


@dataclass(frozen=True, slots=True)
class FirmataPins:
    """What is soldered to the board."""

    analog: tuple[int, ...] = ()
    """Analog channels with pots: 0 is A0; control `analog/0`."""
    buttons: tuple[int, ...] = ()
    """Digital pins with buttons to ground: control `pin/2`."""
    lamps: tuple[int, ...] = ()
    """Digital pins with lamps: control `lamp/13`."""


class FirmataTalk:
    """The box on one line: it is asked what it can do, its pins are set, and then it is listened to."""

    says = ""

    def __init__(self, pins: FirmataPins, noise: int = NOISE) -> None:
        self.greeted = 0
        self._pins = pins
        self._noise = noise
        self._reader = FirmataReader()
        self._firmware: Firmware | None = None
        self._capabilities: Capabilities | None = None
        self._map: AnalogMap | None = None
        self._asked_at = float("-inf")
        self._pots: dict[int, Backlash] = {}
        self._ports: dict[int, int] = {}
        self._controls: dict[str, SerialControl] = {}
        self._missing: list[str] = []
        self._waiting = b""

    @property
    def junk(self) -> int:
        """Words that were broken off, and bytes that are no Firmata."""
        return self._reader.junk

    @property
    def controls(self) -> Mapping[str, SerialControl]:
        """What was asked for and the board has."""
        return self._controls

    @property
    def is_ready(self) -> bool:
        """Whether the board has told what it can do."""
        return bool(self._controls)

    @property
    def note(self) -> str:
        """Which sketch it is, and which pins it lacks."""
        if self._firmware is None:
            return "waiting for the board to say which firmware it has; is StandardFirmata on it?"
        if self._pins == FirmataPins():
            return f"Firmata {self._firmware.name}: no map says what is soldered to it"
        who = f"Firmata {self._firmware.name} {self._firmware.major}.{self._firmware.minor}"
        return f"{who} has no {', '.join(self._missing)}" if self._missing else who

    def hear(self, raw: bytes, now: float) -> list[Gesture]:
        """See Talk."""
        gestures: list[Gesture] = []
        for word in self._reader.feed(raw):
            self._learn(word, now)
            if self._controls:
                gestures += self._gestures(word)
        return latest(gestures)

    def say(self, now: float) -> bytes:
        """What it can do is asked until it has answered; then its pins are set once."""
        said, self._waiting = self._waiting, b""
        if not self.is_ready and now - self._asked_at >= ASK_S:
            self._asked_at = now
            said += QUERY_FIRMWARE + QUERY_CAPABILITIES + QUERY_ANALOG_MAP
        return said

    def show(self, control: str, step: int, colour: int | None = None) -> bytes:  # noqa: ARG002 - as Talk asks
        """See Talk."""
        facts = self._controls.get(control)
        if facts is None or not facts.has_lamp:
            return b""
        return set_pin(int(control.partition("/")[2]), high=step > 0)

    def write(self, control: str, text: str) -> bytes:  # noqa: ARG002 - as Talk asks
        """Nothing: pins have no letters."""
        return b""

    # -- inside ----------------------------------------------------------------------------------------------------

    def _learn(self, word: Word, now: float) -> None:
        match word:
            case Version():
                # it has just booted: nothing that was set is set any more
                self._firmware = self._capabilities = self._map = None
                self._controls = {}
                self._asked_at = min(self._asked_at, now - ASK_S)
            case Firmware():
                self._firmware = word
            case Capabilities():
                self._capabilities = word
            case AnalogMap():
                self._map = word
            case _:
                return
        if not self._controls and self._firmware is not None and self._capabilities and self._map:
            self._settle(self._capabilities.pins, self._map.channels)

    def _settle(self, pins: tuple[dict[int, int], ...], channels: tuple[int, ...]) -> None:
        self._missing, found, said = [], dict[str, SerialControl](), bytearray()
        self._pots, self._ports = {}, {}
        pin_of = {channel: pin for pin, channel in enumerate(channels) if channel != NO_ANALOG}
        for channel in self._pins.analog:
            name, pin = f"analog/{channel}", pin_of.get(channel)
            bits = _USUAL_BITS if pin is None or pin >= len(pins) else pins[pin].get(PIN_ANALOG, _USUAL_BITS)
            if pin is None or not 1 < bits <= 14:  # noqa: PLR2004 - what an analog word holds
                self._missing.append(name)
                continue
            noise = self._noise << max(bits - _USUAL_BITS, 0)
            self._pots[channel] = Backlash((1 << bits) - 1, noise)
            found[name] = SerialControl(name, SerialKind.KNOB, (1 << bits) - 2 * noise)
            said += pin_mode(pin, PIN_ANALOG) + report_analog(channel)
        wanted = [("pin", pin, PIN_PULL_UP) for pin in self._pins.buttons]
        wanted += [("lamp", pin, PIN_OUTPUT) for pin in self._pins.lamps]
        for word, pin, mode in wanted:
            name = f"{word}/{pin}"
            if pin >= len(pins) or mode not in pins[pin]:
                self._missing.append(name)
                continue
            is_lamp = mode == PIN_OUTPUT
            found[name] = SerialControl(name, SerialKind.LAMP if is_lamp else SerialKind.BUTTON, 2, has_lamp=is_lamp)
            said += pin_mode(pin, mode)
        for port in sorted({pin // 8 for pin in self._pins.buttons if f"pin/{pin}" in found}):
            self._ports[port] = 0xFF  # pulled up: nothing is pressed
            said += report_port(port)
        self._controls = found
        self.greeted += bool(found)
        self._waiting += sampling(SAMPLING_MS) + bytes(said)

    def _gestures(self, word: Word) -> list[Gesture]:
        if isinstance(word, Analog) and word.channel in self._pots:
            travel = self._pots[word.channel].move(word.reading)
            return [] if travel is None else [Moved(f"analog/{word.channel}", travel)]
        if isinstance(word, Port) and word.port in self._ports:
            changed, self._ports[word.port] = self._ports[word.port] ^ word.bits, word.bits
            names = {bit: f"pin/{8 * word.port + bit}" for bit in range(8) if changed >> bit & 1}
            return [
                Released(name) if word.bits >> bit & 1 else Pressed(name)
                for bit, name in names.items()
                if name in self._controls
            ]
        return []
