"""OSC packets on a byte stream: SLIP with double END (OSC 1.1) or an int32 length before each (OSC 1.0)."""

from collections.abc import Callable, Iterator
from typing import Protocol

from studiod.net.osc.packet import Malformed

MAX_PACKET_BYTES = 65536
# RFC 1055
_END = b"\xc0"
_ESC = b"\xdb"
_ESC_END = 0xDC
_ESC_ESC = 0xDD
_LENGTH_BYTES = 4


class Framing(Protocol):
    """Cuts a stream into packets, however the network has cut it."""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Packets completed by `piece`, in order.

        Raises Malformed, after the packets before it, when the stream breaks the framing; it cannot be used then.
        The iterator must be run to its end before the next piece.
        """
        ...

    @property
    def pending_bytes(self) -> int:
        """Bytes of a packet that has begun and not ended."""
        ...


def slip_frame(packet: bytes) -> bytes:
    """`packet` between two ENDs."""
    return _END + packet.replace(_ESC, b"\xdb\xdd").replace(_END, b"\xdb\xdc") + _END


def length_frame(packet: bytes) -> bytes:
    """`packet` after its length."""
    return len(packet).to_bytes(_LENGTH_BYTES) + packet


class SlipFraming:
    """SLIP; empty frames are ignored."""

    def __init__(self) -> None:
        self._held = bytearray()

    @property
    def pending_bytes(self) -> int:
        """Bytes of a frame that has begun and not ended."""
        return len(self._held)

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """See Framing."""
        frames = piece.split(_END)
        for frame in frames[:-1]:
            self._hold(frame)
            if self._held:
                packet = _unescaped(bytes(self._held))
                self._held.clear()
                yield packet
        self._hold(frames[-1])

    def _hold(self, frame: bytes) -> None:
        self._held += frame
        if len(self._held) > 2 * MAX_PACKET_BYTES:  # every byte may have been escaped
            raise Malformed(f"SLIP frame longer than {MAX_PACKET_BYTES} bytes")


def _unescaped(frame: bytes) -> bytes:
    first, *rest = frame.split(_ESC)
    packet = bytearray(first)
    for part in rest:
        if not part or part[0] not in (_ESC_END, _ESC_ESC):
            raise Malformed("SLIP escape of a byte that needs none")
        packet += _END if part[0] == _ESC_END else _ESC
        packet += part[1:]
    if len(packet) > MAX_PACKET_BYTES:
        raise Malformed(f"SLIP frame longer than {MAX_PACKET_BYTES} bytes")
    return bytes(packet)


class LengthFraming:
    """An int32 length, big-endian, before each packet of at most `longest` bytes."""

    def __init__(self, longest: int = MAX_PACKET_BYTES) -> None:
        self._longest = longest
        self._held = bytearray()

    @property
    def pending_bytes(self) -> int:
        """Bytes of a packet that has begun and not ended."""
        return len(self._held)

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """See Framing."""
        stream = bytes(self._held) + piece
        self._held.clear()
        at = 0
        while len(stream) - at >= _LENGTH_BYTES:
            start = at + _LENGTH_BYTES
            size = int.from_bytes(stream[at:start])  # negative reads as huge
            if not 0 < size <= self._longest:
                raise Malformed("packet length is a lie")
            if len(stream) - start < size:
                break
            yield stream[start : start + size]
            at = start + size
        self._held += stream[at:]


class StreamFraming:
    """SLIP or length, as the first byte of the connection tells: a length under 64 KiB never begins with 0xC0."""

    def __init__(self) -> None:
        self._chosen: Framing | None = None
        self.frame: Callable[[bytes], bytes] = length_frame
        """How answers are framed: as the peer frames."""

    @property
    def pending_bytes(self) -> int:
        """Bytes of a packet that has begun and not ended."""
        return self._chosen.pending_bytes if self._chosen is not None else 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """See Framing."""
        if self._chosen is None:
            if not piece:
                return iter(())
            if piece.startswith(_END):
                self._chosen, self.frame = SlipFraming(), slip_frame
            else:
                self._chosen = LengthFraming()
        return self._chosen.feed(piece)
