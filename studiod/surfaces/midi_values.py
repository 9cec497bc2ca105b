"""Numbered values out of channel messages, with halves of fine ones and the selected parameter kept between them."""

from collections.abc import Iterable
from dataclasses import dataclass

from studiod.surfaces.controls import Wire, WireKind

_STATUS = 0x80
_FINE, _COARSE = 16_383, 127
_NULL = 16_383  # RPN 127/127: nothing is selected
_LENGTHS = {0x80: 3, 0x90: 3, 0xA0: 3, 0xB0: 3, 0xC0: 2, 0xD0: 2, 0xE0: 3}
_DATA_HIGH, _DATA_LOW, _DATA_UP, _DATA_DOWN = 6, 38, 96, 97
_SELECTORS = {98: (WireKind.NRPN, 0), 99: (WireKind.NRPN, 7), 100: (WireKind.RPN, 0), 101: (WireKind.RPN, 7)}


@dataclass(frozen=True, slots=True)
class Heard:
    """A value on a wire; `is_step`: not a value but a step up or down (data increment)."""

    kind: WireKind
    channel: int
    number: int
    value: int
    highest: int
    is_step: bool = False


class _Pair:
    """The two halves of a fine value; they come in any order, and either may be left out."""

    def __init__(self) -> None:
        self._high: int | None = None
        self._low: int | None = None

    def put(self, byte: int, *, is_high: bool) -> int | None:
        """The value after this half; None while the high half was never heard.

        Told after each half, so that the last word is right whichever comes first. A box that never sends the low half
        still reaches both ends.
        """
        if is_high:
            self._high = byte
        else:
            self._low = byte
        if self._high is None:
            return None
        return self._high << 7 | (self._high if self._low is None else self._low)


class Values:
    """What the messages of one port say about `wires`. Never raises, whatever the bytes."""

    def __init__(self, wires: Iterable[Wire]) -> None:
        known = tuple(wires)
        self._halves: dict[tuple[int, int], list[tuple[int, bool]]] = {}
        for wire in known:
            if wire.kind is WireKind.CC14:
                for controller, is_high in ((wire.number, True), (wire.lsb, False)):
                    self._halves.setdefault((wire.channel, controller), []).append((wire.number, is_high))
        # a box without parameters may use their controller numbers for knobs
        self._with_parameters = {wire.channel for wire in known if wire.kind in (WireKind.NRPN, WireKind.RPN)}
        self.forget()

    def forget(self) -> None:
        """Drop halves and selections: the box was away."""
        self._pairs: dict[tuple[WireKind, int, int], _Pair] = {}
        self._selected: dict[int, tuple[WireKind, int]] = {}

    def hear(self, message: bytes) -> Iterable[Heard]:  # noqa: PLR0911 - one for each kind of message
        """The values in one whole message."""
        status = message[0] & 0xF0 if message else 0
        if len(message) != _LENGTHS.get(status) or any(byte >= _STATUS for byte in message[1:]):
            return ()
        channel, first, last = (message[0] & 0x0F) + 1, message[1], message[-1]
        match status:
            case 0x80:
                return (Heard(WireKind.NOTE, channel, first, 0, _COARSE),)
            case 0x90:
                return (Heard(WireKind.NOTE, channel, first, last, _COARSE),)
            case 0xA0:
                return (Heard(WireKind.POLY, channel, first, last, _COARSE),)
            case 0xC0:
                return (Heard(WireKind.PROGRAM, channel, first, _COARSE, _COARSE),)
            case 0xD0:
                return (Heard(WireKind.PRESSURE, channel, 0, first, _COARSE),)
            case 0xE0:
                return (Heard(WireKind.BEND, channel, 0, first | last << 7, _FINE),)
        return self._controller(channel, first, last)

    def _controller(self, channel: int, number: int, value: int) -> list[Heard]:
        found = [Heard(WireKind.CC, channel, number, value, _COARSE)]
        for parameter, is_high in self._halves.get((channel, number), ()):
            found += self._fine(WireKind.CC14, channel, parameter, value, is_high=is_high)
        if channel in self._with_parameters:
            found += self._parameter(channel, number, value)
        return found

    def _parameter(self, channel: int, number: int, value: int) -> list[Heard]:
        if number in _SELECTORS:
            kind, shift = _SELECTORS[number]
            before = self._selected.get(channel, (kind, 0))
            rest = before[1] & (_COARSE << 7 >> shift) if before[0] is kind else 0
            self._selected[channel] = kind, rest | value << shift
            return []
        kind, parameter = self._selected.get(channel, (WireKind.RPN, _NULL))
        if kind is WireKind.RPN and parameter == _NULL:
            return []
        if number in (_DATA_HIGH, _DATA_LOW):
            return self._fine(kind, channel, parameter, value, is_high=number == _DATA_HIGH)
        if number in (_DATA_UP, _DATA_DOWN):
            return [Heard(kind, channel, parameter, 1 if number == _DATA_UP else -1, _FINE, is_step=True)]
        return []

    def _fine(self, kind: WireKind, channel: int, number: int, byte: int, *, is_high: bool) -> list[Heard]:
        value = self._pairs.setdefault((kind, channel, number), _Pair()).put(byte, is_high=is_high)
        return [] if value is None else [Heard(kind, channel, number, value, _FINE)]
