"""Bytes cut into messages, however they come."""

from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.mackie.wire import LONGEST, Splitter


def split(hexes: str) -> list[str]:
    return [message.hex(" ").upper() for message in Splitter().feed(bytes.fromhex(hexes))]


def test_a_status_runs_on_until_another_comes() -> None:
    assert split("B0 0C 08 2C 40 2C 41 E0 00 40 7F 7F") == [
        *("B0 0C 08", "B0 2C 40", "B0 2C 41", "E0 00 40", "E0 7F 7F")
    ]


def test_a_clock_in_the_middle_of_a_message_ends_nothing() -> None:
    assert split("90 F8 5E 7F F0 00 F8 66 F7") == ["F8", "90 5E 7F", "F8", "F0 00 66 F7"]


def test_half_a_system_exclusive_message_is_dropped_when_the_next_begins() -> None:
    assert split("F0 00 00 66 14 90 5E 7F") == ["90 5E 7F"]


def test_a_status_does_not_run_through_system_exclusive() -> None:
    assert split("90 5E 7F F0 01 F7 5E 00") == ["90 5E 7F", "F0 01 F7"]


def test_system_common_messages_have_their_own_lengths() -> None:
    assert split("F2 01 02 03 F3 04 F6 C0 05 06") == ["F2 01 02", "F3 04", "F6", "C0 05", "C0 06"]


def test_an_endless_message_is_given_up() -> None:
    splitter = Splitter()
    assert splitter.feed(b"\xf0" + bytes(LONGEST * 100) + b"\xf7\x90\x5e\x7f") == [b"\x90\x5e\x7f"]


def test_a_cut_wire_takes_its_half_message_with_it() -> None:
    splitter = Splitter()
    splitter.feed(b"\x90\x5e")
    splitter.forget()
    assert splitter.feed(b"\x7f\x90\x5d\x7f") == [b"\x90\x5d\x7f"]


@given(st.binary(max_size=200), st.lists(st.integers(1, 20), max_size=20))
def test_it_does_not_matter_where_the_bytes_are_cut(junk: bytes, cuts: list[int]) -> None:
    whole, pieces = Splitter(), Splitter()
    found, at = [], 0
    for cut in cuts:
        found += pieces.feed(junk[at : at + cut])
        at += cut
    assert found + pieces.feed(junk[at:]) == whole.feed(junk)
