"""One MIDI message as it lies in an event: whole, or what is wrong with it. Pure."""

from typing import Final

STATUS: Final = 0x80
SYSEX: Final = 0xF0
SYSEX_END: Final = 0xF7
REALTIME: Final = 0xF8
CHANNEL_DATA_BYTES: Final = (2, 2, 2, 2, 1, 1, 2)
"""Of 8n, 9n .. En."""
COMMON_DATA_BYTES: Final = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0}
UNDEFINED: Final = frozenset({0xF4, 0xF5, 0xF9, 0xFD})


def is_whole(message: bytes) -> bool:
    """It is one message of MIDI, from its status to its last byte, whatever it means."""
    if not message or message[0] < STATUS or message[0] in UNDEFINED:
        return False
    if message[0] == SYSEX:
        return len(message) > 1 and message[-1] == SYSEX_END and message[1:-1].isascii()
    return len(message) == 1 + _data_bytes(message[0]) and message[1:].isascii()


def fault_of(broken: bytes) -> str:
    """What is wrong with bytes that are no whole message, for a person."""
    status = broken[0] if broken else 0
    if status < STATUS:
        return "data without a message that it belongs to"
    if status in UNDEFINED:
        return "a byte that MIDI does not know"
    if status == SYSEX:
        return "a system exclusive message that breaks off"
    if status == SYSEX_END:
        return "the end of a system exclusive message that never began"
    return f"a message that breaks off: {status:02x} has {_data_bytes(status)} bytes of data"


def _data_bytes(status: int) -> int:
    """-1 for the end of a sysex, which is no message of its own."""
    if status < SYSEX:
        return CHANNEL_DATA_BYTES[(status >> 4) - 8]
    return 0 if status >= REALTIME else COMMON_DATA_BYTES.get(status, -1)
