"""Bytes of a MIDI wire cut into whole messages: running status, messages in messages, and rubbish."""

LONGEST = 512  # bytes of a system exclusive message; the longest a surface sends is a firmware answer of 13
_SYSEX, _SYSEX_END = 0xF0, 0xF7
_REALTIME = 0xF8
_STATUS = 0x80
_SYSTEM_DATA = {0xF1: 1, 0xF2: 2, 0xF3: 1}  # data bytes of system common messages; others have none
_ONE_DATA_BYTE = frozenset({0xC0, 0xD0})


class Splitter:
    """What has been read of a message so far. Bytes come in pieces of any size; it never raises."""

    def __init__(self) -> None:
        self._status = 0
        self._held = bytearray()  # what stands behind the status, or a whole unfinished system exclusive message

    def feed(self, piece: bytes) -> list[bytes]:
        """Every message that `piece` completes, each with its status byte."""
        found: list[bytes] = []
        for byte in piece:
            if byte >= _REALTIME:
                found.append(bytes((byte,)))  # may stand in the middle of another, and ends nothing
            elif byte == _SYSEX_END:
                if self._status == _SYSEX:
                    found.append(bytes((_SYSEX, *self._held, _SYSEX_END)))
                self._begin(0)
            elif byte >= _STATUS:
                self._begin(byte)
                if byte > _SYSEX and byte not in _SYSTEM_DATA:
                    found.append(bytes((byte,)))
                    self._begin(0)
            elif self._status:
                self._take(byte, found)
        return found

    def forget(self) -> None:
        """The wire was cut: what is half is lost."""
        self._begin(0)

    def _begin(self, status: int) -> None:
        self._status = status
        self._held.clear()

    def _take(self, byte: int, found: list[bytes]) -> None:
        self._held.append(byte)
        if self._status == _SYSEX:
            if len(self._held) > LONGEST:
                self._begin(0)  # the rest of it is data without a status, and dropped
            return
        if len(self._held) == _data_bytes(self._status):
            found.append(bytes((self._status, *self._held)))
            self._held.clear()
            if self._status > _SYSEX:
                self._status = 0  # running status is for channel messages only


def _data_bytes(status: int) -> int:
    if status > _SYSEX:
        return _SYSTEM_DATA[status]
    return 1 if status & 0xF0 in _ONE_DATA_BYTE else 2
