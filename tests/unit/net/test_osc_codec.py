"""OSC packets: the specification's own bytes, round trips, an independent peer, and junk."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from studiod.net.osc.codec import MAX_ARGUMENTS, MAX_ARRAY_DEPTH, MAX_BUNDLE_DEPTH, decode, encode
from studiod.net.osc.packet import IMMEDIATELY, IMPULSE, Argument, Bundle, Malformed, Message, TimeTag, message

HELLO = bytes.fromhex(
    "2f666f6f000000002c69697366660000000003e8ffffffff68656c6c6f0000003f9df3b640b5b22d",
)
OSCILLATOR = bytes.fromhex(
    "2362756e646c65000000000000000001000000202f6f7363696c6c61746f722f342f6672657175656e6379002c66000043dc0000",
)


def test_the_specification_s_message_is_read_and_written() -> None:
    read = decode(HELLO)
    assert isinstance(read, Message)
    assert (read.address, read.tags) == ("/foo", "iisff")
    assert read.arguments[:3] == (1000, -1, "hello")
    assert list(read.arguments[3:]) == pytest.approx([1.234, 5.678])
    assert encode(read) == HELLO


def test_an_immediate_bundle_is_read_and_written() -> None:
    bundle = Bundle(IMMEDIATELY, (Message("/oscillator/4/frequency", "f", (440.0,)),))
    assert decode(OSCILLATOR) == bundle
    assert encode(bundle) == OSCILLATOR


def test_true_and_false_take_no_bytes() -> None:
    assert encode(message("/t", True, False)) == bytes.fromhex("2f7400002c544600")  # noqa: FBT003


def test_a_time_tag_is_seconds_since_1900() -> None:
    tag = TimeTag.from_unix(1_000_000_000.5)
    assert encode(Message("/t", "t", (tag,)))[-8:] == bytes.fromhex("bf45488080000000")
    assert tag.unix == 1_000_000_000.5


def test_an_empty_tag_string_is_a_message_without_arguments() -> None:
    assert decode(b"/a\0\0,\0\0\0") == Message("/a")


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"", "empty"),
        (b"/a\0\0", "no type tags"),
        (b"/a\0\0,i\0\0\0\0\0", "multiple of four"),
        (b"/a\0x,\0\0\0", "padded"),
        (b"/a b\0\0\0\0,\0\0\0", "printable"),
        (b"/a\0\0,]\0\0", "not opened"),
        (b"/a\0\0,[\0\0", "left open"),
        (b"/a\0\0,c\0\0\0\0\x01\0", "ASCII"),
        (b"/a\0\0,b\0\0\0\0\0\1aaaa", "padded"),
        (b"/a\0\0,s\0\0\xff\0\0\0", "UTF-8"),
        (b"/a\0\0,\0\0\0" + bytes(4), "after the last"),
        (b"#bundle\0\0\0\0\0", "time tag"),
        (b"#bundle\0" + bytes(7) + b"\1" + b"\0\0\0\x04/a\0\0", "lie"),
        (b"/" + b"a" * 256 + b"\0\0\0,\0\0\0", "longer than 256"),
        (b"/a\0\0,i\0\0\xc3\x28\0", "multiple of four"),
        (b"/\xc3\x28\0,\0\0\0", "UTF-8"),
    ],
)
def test_a_broken_packet_is_malformed_and_says_why(packet: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        decode(packet)


def test_a_packet_at_every_cap_is_read() -> None:
    deep: Argument = ()
    for _ in range(MAX_ARRAY_DEPTH - 1):
        deep = (deep,)
    assert decode(encode(message("/a", deep))) == message("/a", deep)
    many = message("/a", *range(MAX_ARGUMENTS))
    assert decode(encode(many)) == many
    bundle = Bundle(IMMEDIATELY, ())
    for _ in range(MAX_BUNDLE_DEPTH - 1):
        bundle = Bundle(IMMEDIATELY, (bundle,))
    assert decode(encode(bundle)) == bundle


def test_a_packet_past_any_cap_is_malformed() -> None:
    deep: Argument = ()
    for _ in range(MAX_ARRAY_DEPTH):
        deep = (deep,)
    bundle = Bundle(IMMEDIATELY, ())
    for _ in range(1000):
        bundle = Bundle(IMMEDIATELY, (bundle,))
    for packet in (message("/a", deep), message("/a", *range(MAX_ARGUMENTS + 1))):
        with pytest.raises(Malformed):
            decode(encode(packet))
    nested = b"#bundle\0" + bytes(8)
    for _ in range(1000):
        nested = b"#bundle\0" + bytes(8) + len(nested).to_bytes(4) + nested
    with pytest.raises(Malformed, match="nested deeper"):
        decode(nested)


@pytest.mark.parametrize(
    "wrong",
    [
        Message("no-slash"),
        Message("/a b"),
        Message("/" + "a" * 256),
        Message("/a", "i", (1 << 40,)),
        Message("/a", "f", (1e300,)),
        Message("/a", "i", ("one",)),
        Message("/a", "ii", (1,)),
        Message("/a", "i", (1, 2)),
        Message("/a", "[i", ((1,),)),
        Message("/a", "i]", (1,)),
        Message("/a", "[i]", ((1, 2),)),
        Message("/a", "T", (False,)),
        Message("/a", "s", ("a\0b",)),
        Message("/a", "r", (b"abc",)),
        Message("/a", "c", ("ab",)),
        Message("/a", "Q", (1,)),
    ],
)
def test_a_message_that_cannot_be_written_is_refused(wrong: Message) -> None:
    with pytest.raises(ValueError, match=r"OSC address|do not fit|zero byte"):
        encode(wrong)


_TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20)
_TYPED: dict[str, st.SearchStrategy[Argument]] = {
    "i": st.integers(-(1 << 31), (1 << 31) - 1),
    "h": st.integers(-(1 << 63), (1 << 63) - 1),
    "f": st.floats(width=32, allow_nan=False),
    "d": st.floats(allow_nan=False),
    "s": _TEXT,
    "S": _TEXT,
    "b": st.binary(max_size=20),
    "t": st.builds(TimeTag, st.integers(0, (1 << 64) - 1)),
    "c": st.characters(max_codepoint=127),
    "r": st.binary(min_size=4, max_size=4),
    "m": st.binary(min_size=4, max_size=4),
    "T": st.just(bool(1)),
    "F": st.just(bool(0)),
    "N": st.none(),
    "I": st.just(IMPULSE),
}
_TAGGED = st.sampled_from(sorted(_TYPED)).flatmap(lambda tag: _TYPED[tag].map(lambda value: (tag, value)))
_ARRAYS = st.recursive(
    _TAGGED,
    lambda inner: st.lists(inner, max_size=3).map(
        lambda pairs: (f"[{''.join(tag for tag, _ in pairs)}]", tuple(value for _, value in pairs))
    ),
    max_leaves=12,
)
_ADDRESSES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40).map(lambda text: "/" + text)
_MESSAGES = st.builds(
    lambda address, pairs: Message(address, "".join(tag for tag, _ in pairs), tuple(value for _, value in pairs)),
    _ADDRESSES,
    st.lists(_ARRAYS, max_size=5),
)
_PACKETS = st.recursive(
    _MESSAGES,
    lambda inner: st.builds(
        Bundle, st.builds(TimeTag, st.integers(0, (1 << 64) - 1)), st.lists(inner, max_size=4).map(tuple)
    ),
    max_leaves=6,
)


@given(_PACKETS)
def test_a_packet_survives_the_round_trip(packet: Message | Bundle) -> None:
    assert decode(encode(packet)) == packet


@given(st.binary(max_size=200))
def test_junk_is_malformed_and_nothing_worse(junk: bytes) -> None:
    _only_malformed(junk)


@given(_PACKETS, st.data())
def test_a_damaged_packet_is_malformed_or_another_packet(packet: Message | Bundle, data: st.DataObject) -> None:
    damaged = bytearray(encode(packet))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.sampled_from([0, 1, 4, 0x2C, 0x5B, 0x5D, 0x7F, 0x80, 0xFF, damaged[at] ^ 1]))
    cut = data.draw(st.integers(0, len(damaged)))
    _only_malformed(bytes(damaged))
    _only_malformed(bytes(damaged[:cut]))


def _only_malformed(packet: bytes) -> None:
    with contextlib.suppress(Malformed):
        decode(packet)


@given(st.integers(-(1 << 31), (1 << 31) - 1), st.floats(width=32, allow_nan=False), st.text("abc é", max_size=9))
def test_python_osc_writes_what_we_read(number: int, level: float, name: str) -> None:
    builder = OscMessageBuilder("/strip/1/x")
    for argument, tag in ((number, "i"), (level, "f"), (name, "s"), (True, "T"), (None, "N")):
        builder.add_arg(argument, tag)
    read = decode(builder.build().dgram)
    assert read == Message("/strip/1/x", "ifsTN", (number, level, name, True, None))


@given(st.integers(-(1 << 31), (1 << 31) - 1), st.floats(width=32, allow_nan=False), st.text("abcé", max_size=9))
def test_python_osc_reads_what_we_write(number: int, level: float, name: str) -> None:
    theirs = OscMessage(encode(message("/strip/1/x", number, level, name, (1, 2), False)))  # noqa: FBT003
    assert theirs.address == "/strip/1/x"
    assert list(theirs.params) == [number, level, name, [1, 2], False]
    assert OscBundle(encode(Bundle(IMMEDIATELY, (message("/a", 1), message("/b", 2))))).num_contents == 2


def test_a_nan_is_read_as_it_stands_and_left_to_the_table() -> None:
    read = decode(encode(message("/a", math.nan)))
    assert isinstance(read, Message)
    (value,) = read.arguments
    assert isinstance(value, float)
    assert math.isnan(value)
