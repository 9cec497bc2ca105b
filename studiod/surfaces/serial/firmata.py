"""Firmata 2.8 on the wire: bytes to words and back. It shares its bytes with MIDI, and not their meaning."""

from collections.abc import Iterable
from dataclasses import dataclass

PIN_INPUT, PIN_OUTPUT, PIN_ANALOG, PIN_PULL_UP = 0x00, 0x01, 0x02, 0x0B
LAST_PIN = 127
NO_ANALOG = 127
MAX_SYSEX_BYTES = 1024  # a capability answer of 70 pins, each with ten modes
_START_SYSEX, _END_SYSEX = 0xF0, 0xF7
_ANALOG, _DIGITAL, _REPORT_ANALOG, _REPORT_DIGITAL = 0xE0, 0x90, 0xC0, 0xD0
_SET_PIN_MODE, _SET_PIN, _VERSION, _RESET = 0xF4, 0xF5, 0xF9, 0xFF
_STRING, _EXTENDED_ANALOG, _FIRMWARE, _SAMPLING = 0x71, 0x6F, 0x79, 0x7A
_CAPABILITY_QUERY, _CAPABILITY, _ANALOG_QUERY, _ANALOG_MAP = 0x6B, 0x6C, 0x69, 0x6A
_STATUS, _SEVEN_BITS = 0x80, 0x7F
_PINS_OF_A_PORT = 8


@dataclass(frozen=True, slots=True)
class Analog:
    """Analog channel `channel` reads `reading`."""

    channel: int
    reading: int


@dataclass(frozen=True, slots=True)
class Port:
    """Eight digital pins, from `8 * port` on: bit 0 is the first."""

    port: int
    bits: int


@dataclass(frozen=True, slots=True)
class Version:
    """Protocol version: sent when a board has booted."""

    major: int
    minor: int


@dataclass(frozen=True, slots=True)
class Firmware:
    """Name and version of the sketch: what stands before it is over."""

    name: str
    major: int
    minor: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    """For each pin its modes, with the bits of each."""

    pins: tuple[dict[int, int], ...]


@dataclass(frozen=True, slots=True)
class AnalogMap:
    """For each pin its analog channel, 127 for none."""

    channels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class String:
    """The board says something to a person."""

    text: str


Word = Analog | Port | Version | Firmware | Capabilities | AnalogMap | String

QUERY_FIRMWARE = bytes((_START_SYSEX, _FIRMWARE, _END_SYSEX))
QUERY_CAPABILITIES = bytes((_START_SYSEX, _CAPABILITY_QUERY, _END_SYSEX))
QUERY_ANALOG_MAP = bytes((_START_SYSEX, _ANALOG_QUERY, _END_SYSEX))


def pin_mode(pin: int, mode: int) -> bytes:
    """Use `pin` as `mode`."""
    return bytes((_SET_PIN_MODE, pin, mode))


def set_pin(pin: int, *, high: bool) -> bytes:
    """Output `pin` high or low."""
    return bytes((_SET_PIN, pin, high))


def report_analog(channel: int) -> bytes:
    """Tell readings of `channel` from now on."""
    return bytes((_REPORT_ANALOG | channel, 1))


def report_port(port: int) -> bytes:
    """Tell changes of digital `port` from now on."""
    return bytes((_REPORT_DIGITAL | port, 1))


def sampling(interval_ms: int) -> bytes:
    """Read analog channels so often."""
    return bytes((_START_SYSEX, _SAMPLING, interval_ms & _SEVEN_BITS, interval_ms >> 7, _END_SYSEX))


class FirmataReader:
    """Words out of the stream of one board. What is no Firmata, or broken off, is counted in `junk` and dropped."""

    def __init__(self) -> None:
        self.junk = 0
        self._held = bytearray()

    def feed(self, raw: bytes) -> list[Word]:
        """Words completed by `raw`, in order."""
        found: list[Word] = []
        for byte in raw:
            word = self._byte(byte)
            if word is not None:
                found.append(word)
        return found

    def _byte(self, byte: int) -> Word | None:
        if byte >= _STATUS:
            return self._status(byte)
        held = self._held
        if not held:
            self.junk += 1
            return None
        held.append(byte)
        if held[0] == _START_SYSEX:
            if len(held) > MAX_SYSEX_BYTES:
                self.junk += 1
                held.clear()
        elif len(held) == 3:  # noqa: PLR2004 - a status and two data bytes
            status, low, high = held
            held.clear()
            return _short(status, low, high)
        return None

    def _status(self, byte: int) -> Word | None:
        held = self._held
        if byte == _END_SYSEX and held[:1] == bytes((_START_SYSEX,)):
            body = bytes(held[1:])
            held.clear()
            word = _sysex(body)
            self.junk += word is None
            return word
        self.junk += bool(held)
        held.clear()
        if byte in (_START_SYSEX, _VERSION) or byte & 0xF0 in (_ANALOG, _DIGITAL):
            held.append(byte)
        elif byte != _RESET:
            self.junk += 1
        return None


def _short(status: int, low: int, high: int) -> Word:
    if status == _VERSION:
        return Version(low, high)
    place, value = status & 0x0F, low | high << 7
    return Analog(place, value) if status & 0xF0 == _ANALOG else Port(place, value & 0xFF)


def _sysex(body: bytes) -> Word | None:
    command, data = body[:1], body[1:]
    if command == bytes((_FIRMWARE,)) and len(data) >= 2:  # noqa: PLR2004 - version, then a name
        return Firmware(_text(data[2:]), data[0], data[1])
    if command == bytes((_STRING,)):
        return String(_text(data))
    if command == bytes((_CAPABILITY,)):
        return _capabilities(data)
    if command == bytes((_ANALOG_MAP,)):
        return AnalogMap(tuple(data[: LAST_PIN + 1]))
    if command == bytes((_EXTENDED_ANALOG,)) and len(data) >= 2:  # noqa: PLR2004 - channel, then its value
        return Analog(data[0], sum(part << 7 * place for place, part in enumerate(data[1:4])))
    return None


def _capabilities(data: bytes) -> Capabilities | None:
    *pins, rest = data.split(bytes((_SEVEN_BITS,)))
    if rest or len(pins) > LAST_PIN + 1 or any(len(pin) % 2 for pin in pins):
        return None
    return Capabilities(tuple(dict(zip(pin[::2], pin[1::2], strict=True)) for pin in pins))


def _text(data: Iterable[int]) -> str:
    halves = list(data)
    raw = bytes((low | high << 7) & 0xFF for low, high in zip(halves[::2], halves[1::2], strict=False))
    return "".join(letter if letter.isprintable() else "?" for letter in raw.decode("utf-8", "replace"))
