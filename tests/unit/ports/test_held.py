"""What is held is ended, what is not is left alone, whatever a keyboard says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.link import PortEvent
from studiod.link.ports import MIDI_MESSAGE, SERIAL_BYTES
from studiod.ports.held import HeldKeys, left_held

NOTES = st.tuples(st.sampled_from((0x80, 0x90)), st.integers(0, 3), st.integers(0, 3)).map(bytes)


def held_after(*messages: bytes) -> list[bytes]:
    keys = HeldKeys()
    for message in messages:
        keys.follow(message)
    return keys.let_go()


@pytest.mark.parametrize("end", [b"\x80\x40\x00", b"\x90\x40\x00", b"\xb0\x7b\x00", b"\xb0\x78\x00"])
def test_a_note_that_was_ended_is_not_ended_again(end: bytes) -> None:
    assert held_after(b"\x90\x40\x7f", end) == []


@pytest.mark.parametrize("other", [b"\x80\x41\x00", b"\x81\x40\x00", b"\xb1\x7b\x00", b"\xb0\x79\x00", b"\xf8", b""])
def test_what_is_for_another_key_or_channel_ends_nothing(other: bytes) -> None:
    assert held_after(b"\x90\x40\x7f", other) == [b"\x80\x40\x40"]


def test_pedals_come_up_and_a_reset_has_them_up_already() -> None:
    assert held_after(b"\xb2\x40\x7f", b"\xb2\x07\x7f") == [b"\xb2\x40\x00"]
    assert held_after(b"\xb2\x40\x7f", b"\xb2\x79\x00") == []
    assert held_after(b"\xb2\x40\x7f", b"\xb2\x40\x00") == []


@given(st.lists(NOTES))
def test_after_it_no_key_is_down(played: list[bytes]) -> None:
    ends = held_after(*played)
    assert held_after(*played, *ends) == []
    assert len({end[1] for end in ends}) == len(ends)


def test_ports_are_followed_apart_and_bytes_of_lines_not_at_all() -> None:
    events = [
        PortEvent(number, port, kind, 0, 0, b"\x90\x40\x7f")
        for number, (port, kind) in enumerate([(3, MIDI_MESSAGE), (4, SERIAL_BYTES), (5, MIDI_MESSAGE)])
    ]
    events.append(PortEvent(3, 5, MIDI_MESSAGE, 0, 0, b"\x80\x40\x00"))
    assert left_held(events) == {3: [b"\x80\x40\x40"]}
