"""OSC 1.0/1.1 packets to bytes and back, strictly: what is not exactly right is Malformed, never guessed."""

import re
import struct
from collections.abc import Callable, Iterator
from typing import Final

from studiod.net.osc.packet import IMMEDIATELY, IMPULSE, Argument, Bundle, Malformed, Message, Packet, TimeTag

MAX_ADDRESS_BYTES = 256
MAX_ARGUMENTS = 64
MAX_ARRAY_DEPTH = 8
MAX_BUNDLE_DEPTH = 8
# A 64 KiB datagram full of the shortest fader messages holds 2340 elements; more is an attack on the loop's time.
MAX_ELEMENTS = 4096
BUNDLE_HEAD: Final = b"#bundle\x00"
_WORD = 4  # everything is padded to it
_LONG = 8
_BUNDLE_START = len(BUNDLE_HEAD) + _LONG
_SHORTEST_MESSAGE = 8  # "/" and an empty tag string
_MAX_TAGS = 3 * MAX_ARGUMENTS  # an empty array is one argument and two tags
# Bytes beyond ASCII pass when they are UTF-8: such an address is well formed, and simply none of ours.
_ADDRESS = re.compile(rb"/[!-~\x80-\xff]*")
_PADDING = tuple(bytes(count) for count in range(_WORD + 1))
_OPEN_TAG, _CLOSE_TAG = "[]"
_COMMA, _OPEN, _CLOSE = b",[]"
_FLOAT = struct.Struct(">f")
_FIXED: Final = {"i": struct.Struct(">i"), "f": _FLOAT, "h": struct.Struct(">q"), "d": struct.Struct(">d")}
_BARE: Final[dict[str, Argument]] = {"T": True, "F": False, "N": None, "I": IMPULSE}


def decode(packet: bytes) -> Packet:
    """The message or bundle in `packet`. Raises Malformed, and nothing else, for anything that is not exactly one."""
    if packet.startswith(BUNDLE_HEAD):
        return _decode_bundle(packet, 0, len(packet), 1, [MAX_ELEMENTS])
    return _decode_message(packet, 0, len(packet))


def encode(packet: Packet) -> bytes:
    """`packet` as bytes. Raises ValueError when an argument does not fit its tag or the address is none."""
    if isinstance(packet, Message):
        return _encode_message(packet)
    return _join(packet.time, [encode(element) for element in packet.elements])


def encode_bundle(messages: list[bytes]) -> bytes:
    """An immediate bundle of messages that are already encoded."""
    return _join(IMMEDIATELY, messages)


# -- decoding ------------------------------------------------------------------------------------------------------


def _decode_bundle(packet: bytes, start: int, end: int, depth: int, budget: list[int]) -> Bundle:
    if depth > MAX_BUNDLE_DEPTH:
        raise Malformed(f"bundles nested deeper than {MAX_BUNDLE_DEPTH}")
    at = start + _BUNDLE_START
    if at > end:
        raise Malformed("bundle ends inside its time tag")
    time = TimeTag(int.from_bytes(packet[at - _LONG : at]))
    elements: list[Packet] = []
    while at < end:
        budget[0] -= 1
        if budget[0] < 0:
            raise Malformed(f"more than {MAX_ELEMENTS} bundle elements")
        size = int.from_bytes(packet[at : at + _WORD])  # a negative size reads as one far beyond the packet
        at += _WORD
        if size < _SHORTEST_MESSAGE or size > end - at:
            raise Malformed("bundle element size is a lie")
        if packet.startswith(BUNDLE_HEAD, at, at + size):
            elements.append(_decode_bundle(packet, at, at + size, depth + 1, budget))
        else:
            elements.append(_decode_message(packet, at, at + size))
        at += size
    return Bundle(time, tuple(elements))


def _decode_message(packet: bytes, start: int, end: int) -> Message:
    if (end - start) % _WORD or start == end:
        raise Malformed("empty, or no multiple of four bytes")
    stop, at = _string_end(packet, start, end)
    if stop - start > MAX_ADDRESS_BYTES:
        raise Malformed(f"address longer than {MAX_ADDRESS_BYTES} bytes")
    if _ADDRESS.fullmatch(packet, start, stop) is None:
        raise Malformed("address is not printable text after a slash")
    try:
        address = packet[start:stop].decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("address is not UTF-8") from None
    if at >= end or packet[at] != _COMMA:
        raise Malformed("no type tags")
    stop, values = _string_end(packet, at, end)
    tags = packet[at + 1 : stop]
    if tags == b"f" and end - values == _WORD:  # the message of every fader: a short cut with the same checks
        return Message(address, "f", _FLOAT.unpack_from(packet, values))
    if len(tags) > _MAX_TAGS:
        raise Malformed(f"more than {MAX_ARGUMENTS} arguments")
    arguments, last = _decode_arguments(packet, tags, values, end)
    if last != end:
        raise Malformed("bytes after the last argument")
    return Message(address, tags.decode("ascii"), arguments)


def _string_end(packet: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the text at `start` stops, and where the item after its padding begins."""
    stop = packet.find(0, start, end)
    if stop < 0:
        raise Malformed("text without an end")
    after = stop + _WORD - (stop - start) % _WORD
    if after > end or packet[stop:after] != _PADDING[after - stop]:
        raise Malformed("text is not padded with zeros to four bytes")
    return stop, after


def _decode_arguments(packet: bytes, tags: bytes, at: int, end: int) -> tuple[tuple[Argument, ...], int]:
    stack: list[list[Argument]] = [[]]
    count = 0
    for tag in tags:
        if tag == _OPEN:
            stack.append([])
            if len(stack) > MAX_ARRAY_DEPTH + 1:
                raise Malformed(f"arrays nested deeper than {MAX_ARRAY_DEPTH}")
            continue
        count += 1
        if count > MAX_ARGUMENTS:
            raise Malformed(f"more than {MAX_ARGUMENTS} arguments")
        if tag == _CLOSE:
            if len(stack) == 1:
                raise Malformed("array closed that was not opened")
            closed = tuple(stack.pop())
            stack[-1].append(closed)
            continue
        reader = _READERS.get(tag)
        if reader is None:
            raise Malformed("unknown type tag")
        argument, at = reader(packet, at, end)
        stack[-1].append(argument)
    if len(stack) != 1:
        raise Malformed("array left open")
    return tuple(stack[0]), at


_Reader = Callable[[bytes, int, int], tuple[Argument, int]]


def _take(packet: bytes, at: int, end: int, size: int) -> bytes:
    if end - at < size:
        raise Malformed("argument missing")
    return packet[at : at + size]


def _fixed_reader(layout: struct.Struct) -> _Reader:
    def read(packet: bytes, at: int, end: int) -> tuple[Argument, int]:
        return layout.unpack(_take(packet, at, end, layout.size))[0], at + layout.size

    return read


def _bare_reader(argument: Argument) -> _Reader:
    return lambda _packet, at, _end: (argument, at)


def _read_text(packet: bytes, at: int, end: int) -> tuple[Argument, int]:
    stop, after = _string_end(packet, at, end)
    try:
        return packet[at:stop].decode("utf-8"), after
    except UnicodeDecodeError:
        raise Malformed("text is not UTF-8") from None


def _read_blob(packet: bytes, at: int, end: int) -> tuple[Argument, int]:
    size = int.from_bytes(_take(packet, at, end, _WORD))  # negative reads as huge
    at += _WORD
    after = at + size + -size % _WORD
    if after > end:
        raise Malformed("blob size is a lie")
    if any(packet[at + size : after]):
        raise Malformed("blob is not padded with zeros")
    return packet[at : at + size], after


def _read_four(packet: bytes, at: int, end: int) -> tuple[Argument, int]:
    return _take(packet, at, end, _WORD), at + _WORD


def _read_time(packet: bytes, at: int, end: int) -> tuple[Argument, int]:
    return TimeTag(int.from_bytes(_take(packet, at, end, _LONG))), at + _LONG


def _read_character(packet: bytes, at: int, end: int) -> tuple[Argument, int]:
    code = int.from_bytes(_take(packet, at, end, _WORD))
    if not bytes([min(code, 0xFF)]).isascii():
        raise Malformed("character is not ASCII")
    return chr(code), at + _WORD


_READERS: Final[dict[int, _Reader]] = {
    **{ord(tag): _fixed_reader(layout) for tag, layout in _FIXED.items()},
    **{ord(tag): _bare_reader(argument) for tag, argument in _BARE.items()},
    **dict.fromkeys(b"sS", _read_text),
    **dict.fromkeys(b"rm", _read_four),
    ord("b"): _read_blob,
    ord("t"): _read_time,
    ord("c"): _read_character,
}


# -- encoding ------------------------------------------------------------------------------------------------------


def _join(time: TimeTag, elements: list[bytes]) -> bytes:
    parts = [BUNDLE_HEAD, time.ntp.to_bytes(_LONG)]
    for element in elements:
        parts += (len(element).to_bytes(_WORD), element)
    return b"".join(parts)


def _padded(text: bytes) -> bytes:
    if 0 in text:
        raise ValueError("OSC text cannot hold a zero byte")
    return text + _PADDING[_WORD - len(text) % _WORD]


def _encode_message(packet: Message) -> bytes:
    address = packet.address.encode("utf-8", "replace")
    if _ADDRESS.fullmatch(address) is None or len(address) > MAX_ADDRESS_BYTES:
        raise ValueError(f"{packet.address[:64]!r} is no OSC address")
    try:
        tags, arguments = _padded(b"," + packet.tags.encode()), _encode_arguments(packet.tags, packet.arguments)
    except (StopIteration, IndexError, struct.error, OverflowError, TypeError, ValueError) as fault:
        raise ValueError(f"{packet.address}: arguments do not fit tags {packet.tags!r}") from fault
    return _padded(address) + tags + arguments


def _encode_arguments(tags: str, arguments: tuple[Argument, ...]) -> bytes:
    parts: list[bytes] = []
    waiting = [iter(arguments)]
    for tag in tags:
        if tag == _CLOSE_TAG:
            _nothing_left(waiting.pop())
            continue
        argument = next(waiting[-1])
        if tag != _OPEN_TAG:
            parts.append(_encode_argument(tag, argument))
        elif isinstance(argument, tuple):
            waiting.append(iter(argument))
        else:
            raise TypeError(tag)
    _nothing_left(waiting.pop())
    _nothing_left(iter(waiting))
    return b"".join(parts)


def _nothing_left(rest: Iterator[object]) -> None:
    for _ in rest:
        raise TypeError("more arguments than tags")


def _encode_argument(tag: str, argument: Argument) -> bytes:
    layout = _FIXED.get(tag)
    if layout is not None:
        return layout.pack(argument)
    encoded: bytes | None = None
    match tag, argument:
        case "s" | "S", str():
            encoded = _padded(argument.encode())
        case "b", bytes():
            encoded = len(argument).to_bytes(_WORD) + argument + _PADDING[-len(argument) % _WORD]
        case "t", TimeTag():
            encoded = argument.ntp.to_bytes(_LONG)
        case "r" | "m", bytes() if len(argument) == _WORD:
            encoded = argument
        case "c", str() if argument.isascii():
            encoded = ord(argument).to_bytes(_WORD)
        case _ if tag in _BARE and argument is _BARE[tag]:
            encoded = b""
    if encoded is None:
        raise TypeError(tag)
    return encoded
