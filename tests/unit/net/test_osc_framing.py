"""OSC packets on a stream, however the network cuts it."""

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.net.osc.framing import (
    MAX_PACKET_BYTES,
    LengthFraming,
    SlipFraming,
    StreamFraming,
    length_frame,
    slip_frame,
)
from studiod.net.osc.packet import Malformed

_PACKETS = st.lists(
    st.lists(st.sampled_from(b"\x00\x01\xc0\xdb\xdc\xdd/a"), min_size=1, max_size=12).map(bytes), max_size=5
)


def test_slip_encloses_a_packet_in_ends_and_escapes_them_inside() -> None:
    packet = bytes.fromhex("2f7800002c6900000000c0db")
    framed = bytes.fromhex("c02f7800002c6900000000dbdcdbddc0")
    assert slip_frame(packet) == framed
    assert list(SlipFraming().feed(framed)) == [packet]


@given(_PACKETS, st.booleans(), st.lists(st.integers(0, 200), max_size=6))
def test_packets_arrive_whole_wherever_the_stream_is_cut(packets: list[bytes], is_slip: bool, cuts: list[int]) -> None:  # noqa: FBT001
    stream = b"".join((slip_frame if is_slip else length_frame)(packet) for packet in packets)
    framing = StreamFraming()
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    arrived = [packet for start, stop in itertools.pairwise(places) for packet in framing.feed(stream[start:stop])]
    assert arrived == packets
    assert framing.pending_bytes == 0


def test_answers_are_framed_as_the_peer_frames() -> None:
    slip, length = StreamFraming(), StreamFraming()
    assert list(slip.feed(slip_frame(b"/a"))) == list(length.feed(length_frame(b"/a"))) == [b"/a"]
    assert slip.frame(b"x") == b"\xc0x\xc0"
    assert length.frame(b"x") == b"\0\0\0\1x"


def test_empty_slip_frames_are_ignored() -> None:
    assert list(SlipFraming().feed(b"\xc0\xc0\xc0/a\xc0\xc0")) == [b"/a"]


def test_packets_before_a_lie_are_delivered() -> None:
    stream = LengthFraming().feed(length_frame(b"/a") + b"\xff\xff\xff\xfc")
    assert next(stream) == b"/a"
    with pytest.raises(Malformed, match="lie"):
        next(stream)


@pytest.mark.parametrize("length", [0, MAX_PACKET_BYTES + 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_length_that_cannot_be_is_malformed_before_anything_is_kept(length: int) -> None:
    framing = LengthFraming()
    with pytest.raises(Malformed):
        list(framing.feed(length.to_bytes(4) + b"/a"))
    assert framing.pending_bytes == 0


@pytest.mark.parametrize("frame", [b"\xdb/\xc0", b"a\xdb\xdb\xdc\xc0", b"a\xdb\xc0"])
def test_a_slip_escape_of_anything_else_is_malformed(frame: bytes) -> None:
    with pytest.raises(Malformed):
        list(SlipFraming().feed(b"\xc0" + frame))


def test_a_slip_frame_without_end_is_given_up() -> None:
    framing = SlipFraming()
    for _ in range(32):
        assert list(framing.feed(b"a" * 4096)) == []
    with pytest.raises(Malformed):
        list(framing.feed(b"a" * 4096))


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_junk_is_malformed_and_nothing_worse(pieces: list[bytes]) -> None:
    framing = StreamFraming()
    with contextlib.suppress(Malformed):
        for piece in pieces:
            list(framing.feed(piece))
