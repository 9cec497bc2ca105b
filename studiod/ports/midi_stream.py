"""MIDI as it runs over a wire: bytes into whole messages. Pure: no clock, no port."""

from studiod.link.midi_message import (
    CHANNEL_DATA_BYTES,
    COMMON_DATA_BYTES,
    REALTIME,
    STATUS,
    SYSEX,
    SYSEX_END,
)

MAX_SYSEX_BYTES = 65_536  # what one event of the ring may hold and more; a sysex without end is given up there
_ACTIVE_SENSING = 0xFE  # says that the wire is alive; we look at the port itself


class MidiStream:
    """Cuts one wire into messages, however the driver has cut it.

    Running status is written out. Real-time bytes come at once, also out of the middle of another message. Active
    sensing is left out, and data before the first status: that message began before anybody listened.
    """

    def __init__(self) -> None:
        self._running = 0
        self._wanted = 0
        self._held = bytearray()
        self._stray = bytearray()
        self._in_sysex = False
        self._has_begun = False

    def feed(self, piece: bytes) -> list[bytes]:
        """Messages completed by `piece`, in order, and between them what broke: see `is_whole`.

        That is what another status cuts off, data that follow no status, and bytes that MIDI does not know.
        """
        found: list[bytes] = []
        for byte in piece:
            if byte >= REALTIME:
                if byte != _ACTIVE_SENSING:
                    found.append(bytes((byte,)))
            elif byte >= STATUS:
                self._status(byte, found)
            else:
                self._data(byte, found)
        _move(self._stray, found)
        return found

    def _status(self, byte: int, found: list[bytes]) -> None:
        if byte == SYSEX_END and self._in_sysex:
            self._held.append(byte)
            self._end(found)
            return
        self._end(found)
        self._has_begun = True
        self._running = 0
        if byte < SYSEX:
            self._running, self._wanted = byte, CHANNEL_DATA_BYTES[(byte >> 4) - 8]
        elif byte == SYSEX:
            self._in_sysex = True
        elif byte in COMMON_DATA_BYTES:
            self._wanted = COMMON_DATA_BYTES[byte]
        else:
            self._stray.append(byte)
            return
        _move(self._stray, found)
        self._held.append(byte)
        self._finish(found)

    def _data(self, byte: int, found: list[bytes]) -> None:
        if self._in_sysex:
            self._held.append(byte)
            if len(self._held) >= MAX_SYSEX_BYTES:
                self._end(found)
                self._has_begun = False  # the rest of it is no news
            return
        if not self._held:
            if not self._running:
                if self._has_begun:
                    self._stray.append(byte)
                return
            self._held.append(self._running)
        self._held.append(byte)
        self._finish(found)

    def _finish(self, found: list[bytes]) -> None:
        if not self._in_sysex and len(self._held) == 1 + self._wanted:
            self._end(found)

    def _end(self, found: list[bytes]) -> None:
        """What is held is over, whole or not."""
        _move(self._held, found)
        self._in_sysex = False


def _move(held: bytearray, found: list[bytes]) -> None:
    if held:
        found.append(bytes(held))
        held.clear()
