"""What a port has begun and not ended: keys and pedals that sound on for ever when its cable is pulled. Pure."""

from collections.abc import Iterable

from studiod.link import PortEvent
from studiod.link.ports import MIDI_MESSAGE

_NOTE_OFF, _NOTE_ON, _CONTROLLER = 0x80, 0x90, 0xB0
_RELEASE_VELOCITY = 64  # of a keyboard that measures none
_PEDALS = (64, 66, 67, 69)  # sustain, sostenuto, soft, hold 2: they hold notes
_ALL_OFF = (120, 123, 124, 125, 126, 127)  # all sound off, all notes off, and the modes that imply it
_RESET = 121  # all controllers, pedals among them


class HeldKeys:
    """Follows one port."""

    def __init__(self) -> None:
        self._held: dict[tuple[int, int, int], None] = {}

    def follow(self, message: bytes) -> None:
        """Take in one whole message."""
        if len(message) != 3:  # noqa: PLR2004 - notes and controllers have that many bytes
            return
        kind, channel, number = message[0] & 0xF0, message[0] & 0x0F, message[1]
        if kind == _CONTROLLER and (number in _ALL_OFF or number == _RESET):
            ended = _CONTROLLER if number == _RESET else _NOTE_ON
            self._held = {key: None for key in self._held if key[:2] != (ended, channel)}
        elif kind in {_NOTE_ON, _NOTE_OFF}:
            self._hold((_NOTE_ON, channel, number), is_held=kind == _NOTE_ON and message[2] > 0)
        elif kind == _CONTROLLER and number in _PEDALS:
            self._hold((_CONTROLLER, channel, number), is_held=message[2] > 0)

    def let_go(self) -> list[bytes]:
        """What ends all that is held, in the order it began; then nothing is."""
        held, self._held = self._held, {}
        return [
            bytes((_NOTE_OFF | channel, number, _RELEASE_VELOCITY))
            if kind == _NOTE_ON
            else bytes((_CONTROLLER | channel, number, 0))
            for kind, channel, number in held
        ]

    def _hold(self, key: tuple[int, int, int], *, is_held: bool) -> None:
        if is_held:
            self._held[key] = None
        else:
            self._held.pop(key, None)


def left_held(events: Iterable[PortEvent]) -> dict[int, list[bytes]]:
    """What ends all that the ports of `events` hold after them, by port."""
    ports: dict[int, HeldKeys] = {}
    for event in events:
        if event.kind == MIDI_MESSAGE:
            ports.setdefault(event.port, HeldKeys()).follow(event.message)
    return {port: ends for port, keys in ports.items() if (ends := keys.let_go())}
