"""MIDI as it runs over a wire: bytes into whole messages. Pure: no clock, no port."""

MAX_SYSEX_BYTES = 65_536  # what one event of the ring may hold and more; a sysex without end is given up there
_STATUS, _SYSEX, _END, _REALTIME = 0x80, 0xF0, 0xF7, 0xF8
_UNDEFINED_REALTIME = (0xF9, 0xFD)
_ACTIVE_SENSING = 0xFE  # says that the wire is alive; we look at the port itself
_CHANNEL_DATA_BYTES = (2, 2, 2, 2, 1, 1, 2)  # 8n..En
_COMMON_DATA_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0}


class MidiStream:
    """Cuts one wire into messages, however the driver has cut it.

    Running status is written out. Real-time bytes come at once, also out of the middle of another message. Data before
    any status, undefined bytes, active sensing and what another status cuts off are counted in `junk_bytes`.
    """

    def __init__(self) -> None:
        self.junk_bytes = 0
        self._running = 0
        self._wanted = 0
        self._held = bytearray()
        self._in_sysex = False

    def feed(self, piece: bytes) -> list[bytes]:
        """Messages completed by `piece`, in order."""
        found: list[bytes] = []
        for byte in piece:
            if byte >= _REALTIME:
                if byte in _UNDEFINED_REALTIME:
                    self.junk_bytes += 1
                elif byte != _ACTIVE_SENSING:
                    found.append(bytes((byte,)))
            elif byte >= _STATUS:
                self._status(byte, found)
            else:
                self._data(byte, found)
        return found

    def _status(self, byte: int, found: list[bytes]) -> None:
        if byte == _END and self._in_sysex:
            found.append(bytes((*self._held, _END)))
            self._drop(junk=False)
            return
        self._drop(junk=True)
        self._running = 0
        if byte < _SYSEX:
            self._running, self._wanted = byte, _CHANNEL_DATA_BYTES[(byte >> 4) - 8]
            self._held.append(byte)
        elif byte == _SYSEX:
            self._in_sysex = True
            self._held.append(byte)
        elif byte in _COMMON_DATA_BYTES:
            self._wanted = _COMMON_DATA_BYTES[byte]
            self._held.append(byte)
            self._finish(found)
        else:
            self.junk_bytes += 1

    def _data(self, byte: int, found: list[bytes]) -> None:
        if self._in_sysex:
            self._held.append(byte)
            if len(self._held) >= MAX_SYSEX_BYTES:
                self._drop(junk=True)
            return
        if not self._held:
            if not self._running:
                self.junk_bytes += 1
                return
            self._held.append(self._running)
        self._held.append(byte)
        self._finish(found)

    def _finish(self, found: list[bytes]) -> None:
        if len(self._held) == 1 + self._wanted:
            found.append(bytes(self._held))
            self._drop(junk=False)

    def _drop(self, *, junk: bool) -> None:
        if junk:
            self.junk_bytes += len(self._held)
        self._held.clear()
        self._in_sysex = False
