"""MIDI on a wire: running status, real-time bytes anywhere, and what breaks off."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.link.midi_message import fault_of, is_whole
from studiod.ports.boot import BOOT_S, SILENCE_S, BootNoise
from studiod.ports.midi_stream import MAX_SYSEX_BYTES, MidiStream


def cut(raw: str) -> list[str]:
    return [message.hex(" ") for message in MidiStream().feed(bytes.fromhex(raw)) if is_whole(message)]


@pytest.mark.parametrize(
    ("raw", "messages"),
    [
        # the clock comes out of the middle of a note, and running status goes on behind it
        ("90 3c 64 3c 00 f8 40 64", ["90 3c 64", "90 3c 00", "f8", "90 40 64"]),
        ("90 3c f8 64", ["f8", "90 3c 64"]),
        ("c0 05 06 d1 40", ["c0 05", "c0 06", "d1 40"]),
        ("f0 7f 7f 06 f8 02 f7", ["f8", "f0 7f 7f 06 02 f7"]),
        ("f2 20 00 f1 04 f6 f3 01", ["f2 20 00", "f1 04", "f6", "f3 01"]),
        # data without a status, a system message ends running status, undefined bytes, active sensing
        ("3c 64 90 3c 64", ["90 3c 64"]),
        ("90 3c 64 f6 3c 64 80 3c 00", ["90 3c 64", "f6", "80 3c 00"]),
        ("f4 01 f9 fe fd 90 01 02", ["90 01 02"]),
        # half messages
        ("f0 7f 7f 90 3c 64", ["90 3c 64"]),
        ("90 3c b0 07 10", ["b0 07 10"]),
        ("f7 f7 b0 07 10", ["b0 07 10"]),
    ],
)
def test_a_wire_is_cut_into_whole_messages(raw: str, messages: list[str]) -> None:
    assert cut(raw) == messages


def test_what_breaks_comes_out_in_its_place_and_is_not_taken_for_a_message() -> None:
    pieces = MidiStream().feed(bytes.fromhex("01 02 f0 7f f4 05 90 3c b0 07 10 f9 f7"))
    assert [(piece.hex(" "), is_whole(piece)) for piece in pieces] == [
        ("f0 7f", False),  # before it is the end of what began before anybody listened
        ("f4 05", False),
        ("90 3c", False),
        ("b0 07 10", True),
        ("f9", False),
        ("f7", False),
    ]


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        ("40 41", "data without a message that it belongs to"),
        ("f0 42", "a system exclusive message that breaks off"),
        ("f7", "the end of a system exclusive message that never began"),
        ("f4 05", "a byte that MIDI does not know"),
        ("b0 07", "a message that breaks off: b0 has 2 bytes of data"),
    ],
)
def test_what_is_broken_is_said_in_words(broken: str, what: str) -> None:
    assert not is_whole(bytes.fromhex(broken))
    assert fault_of(bytes.fromhex(broken)) == what


def test_a_sysex_that_never_ends_is_given_up_once_and_what_follows_is_heard() -> None:
    stream = MidiStream()
    (given_up,) = stream.feed(b"\xf0" + bytes(2 * MAX_SYSEX_BYTES))
    assert (len(given_up), is_whole(given_up)) == (MAX_SYSEX_BYTES, False)
    assert stream.feed(b"\x90\x3c\x64") == [b"\x90\x3c\x64"]


def test_the_log_of_a_board_that_boots_is_no_midi() -> None:
    stream = MidiStream()
    assert stream.feed(b"ets Jun  8 2016 00:22:57\r\nrst:0x1 (POWERON_RESET),boot:0x13\r\n") == []


CHANNEL = st.one_of(
    st.tuples(st.integers(0x80, 0xBF), st.integers(0, 127), st.integers(0, 127)).map(bytes),
    st.tuples(st.integers(0xC0, 0xDF), st.integers(0, 127)).map(bytes),
    st.just(b"\xf8"),
    st.lists(st.integers(0, 127), max_size=6).map(lambda data: b"\xf0" + bytes(data) + b"\xf7"),
)


@given(st.lists(CHANNEL), st.lists(st.integers(1, 5), min_size=1))
def test_it_does_not_matter_how_the_driver_cuts_the_wire(messages: list[bytes], sizes: list[int]) -> None:
    raw, stream = b"".join(messages), MidiStream()
    found: list[bytes] = []
    at = 0
    for size in _for_ever(sizes):
        if at >= len(raw):
            break
        found += stream.feed(raw[at : at + size])
        at += size
    assert found == messages


@given(st.binary())
def test_junk_never_raises_and_nothing_is_lost_but_the_rest_of_what_began_earlier(raw: bytes) -> None:
    pieces = MidiStream().feed(raw)
    assert all(pieces)
    for whole in filter(is_whole, pieces):
        assert whole[0] >= 0x80
        assert all(byte < 0x80 for byte in whole[1:-1])


def _for_ever(sizes: list[int]) -> Iterable[int]:
    while True:
        yield from sizes


def test_what_comes_right_after_opening_is_noise_until_a_silence() -> None:
    boot = BootNoise(10.0)
    assert boot.is_noise(10.05)
    assert boot.is_noise(10.1)
    assert not boot.is_noise(10.1 + SILENCE_S)
    assert not boot.is_noise(10.1 + SILENCE_S + 0.001)


def test_a_box_that_does_not_talk_while_it_boots_is_heard_from_its_first_byte() -> None:
    assert not BootNoise(10.0).is_noise(10.0 + SILENCE_S)


def test_a_box_that_is_never_silent_is_heard_when_its_boot_time_is_over() -> None:
    boot, now = BootNoise(0.0), 0.0
    while now < BOOT_S:
        assert boot.is_noise(now)
        now += 0.02
    assert not boot.is_noise(now)
