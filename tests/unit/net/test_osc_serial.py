"""OSC on a serial line: SLIP frames among noise, and a peer that is told of changes."""

import base64
import json
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.net.osc.codec import decode, encode
from studiod.net.osc.framing import slip_frame
from studiod.net.osc.packet import Message, message
from studiod.net.osc.serial import MAX_FRAME_BYTES, SerialDoor, SlipLine
from tests.fakes.osc_desk import OscDesk

BAD_INPUTS = Path(__file__).parents[2] / "data" / "serial" / "bad_inputs.json"
FADER = encode(message("/strip/1/fader", -6.0))
ESCAPED = encode(message("/x", b"\xc0\xdb\xdc\xdd"))


@given(st.lists(st.sampled_from([FADER, ESCAPED])), st.lists(st.integers(1, 30), min_size=1))
def test_packets_arrive_whole_wherever_the_wire_is_cut(packets: list[bytes], sizes: list[int]) -> None:
    wire, line, at, turn = b"".join(map(slip_frame, packets)), SlipLine(), 0, 0
    found: list[bytes] = []
    while at < len(wire):
        found += line.feed(wire[at : at + sizes[turn % len(sizes)]])
        at += sizes[turn % len(sizes)]
        turn += 1
    assert (found, line.junk) == (packets, 0)


@pytest.mark.parametrize(
    "noise",
    [b"boot v1\r\n", b"\xdb\xdb\xc0", b"/abc\0\xc0", b"\xc0\xdbx\xc0", b"abcd\xc0", b"a" * (MAX_FRAME_BYTES + 1)],
)
def test_what_is_no_packet_is_counted_and_the_next_frame_is_heard(noise: bytes) -> None:
    line = SlipLine()
    assert line.feed(noise + slip_frame(FADER)) == [FADER]
    assert line.junk == 1


def test_a_frame_without_end_is_given_up_before_its_end() -> None:
    line = SlipLine()
    for _ in range(MAX_FRAME_BYTES // 64 + 1):
        assert line.feed(b"a" * 64) == []
    assert line.junk == 1
    assert line.feed(b"a" * MAX_FRAME_BYTES + slip_frame(FADER)) == [FADER]
    assert line.junk == 1


@given(st.binary())
def test_noise_raises_nothing_and_the_frame_behind_it_is_heard(noise: bytes) -> None:
    assert SlipLine().feed(noise + slip_frame(FADER))[-1] == FADER


def test_known_noise_is_dropped() -> None:
    for entry in json.loads(BAD_INPUTS.read_text("utf-8"))["inputs"]:
        if "zlib_b64" in entry:
            line = SlipLine()
            assert line.feed(zlib.decompress(base64.b64decode(entry["zlib_b64"]))) == []
            assert line.feed(slip_frame(FADER)) == [FADER]


def test_a_box_on_a_line_writes_and_is_told_of_changes() -> None:
    desk, sent = OscDesk(), list[bytes]()
    door = SerialDoor(desk.endpoint, "ttyACM0", sent.append)
    door.hear(slip_frame(encode(message("/subscribe", "/strip/1/fader"))))
    desk.hub.turn()
    sent.clear()
    desk.hub.write("/strip/1/fader", -3.0, "somebody")
    desk.hub.turn()
    packets = [decode(packet) for raw in sent for packet in SlipLine().feed(raw)]
    assert Message("/strip/1/fader", "f", (-3.0,)) in [_alone(packet) for packet in packets]
    door.hear(slip_frame(FADER))
    desk.hub.turn()
    assert desk.hub.value("/strip/1/fader") == -6.0
    door.close()
    sent.clear()
    desk.hub.write("/strip/1/fader", -9.0, "somebody")
    desk.hub.turn()
    assert sent == []


def test_noise_on_the_line_is_malformed_traffic() -> None:
    desk = OscDesk()
    door = SerialDoor(desk.endpoint, "ttyACM0", lambda _: None)
    door.hear(b"boot\r\n\xc0\xdbx\xc0" + slip_frame(FADER))
    assert (desk.endpoint.traffic.received, desk.endpoint.traffic.malformed) == (1, 2)


def _alone(packet: object) -> object:
    elements = getattr(packet, "elements", (packet,))
    return elements[0]
