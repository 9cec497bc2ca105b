"""The maker's greeting that hands us the lamps."""

from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.base import KorgSceneHello
from studiod.surfaces.korg_scene import KorgScene, pack, unpack
from tests.fakes.nanokontrol2 import NanoKontrol2

FACTS = KorgSceneHello(bytes.fromhex("42 40 00 01 13 00"), 339, {2: 1}, {1: 0})


def greet(box: NanoKontrol2, greeting: KorgScene) -> list[bytes]:
    """Carry every message between the two until both are silent; what the box said."""
    said: list[bytes] = []
    box.emit = said.append
    box.receive(greeting.request())
    heard = 0
    while heard < len(said):
        answer = greeting.answer(said[heard])
        heard += 1
        if answer is not None:
            box.receive(answer)
    return said


@given(st.binary(max_size=400))
def test_packing_survives_the_round_trip(plain: bytes) -> None:
    packed = pack(plain)
    assert unpack(packed) == plain
    assert all(byte < 0x80 for byte in packed)


def test_the_high_bits_of_seven_bytes_stand_before_them_lowest_first() -> None:
    assert unpack(bytes.fromhex("05 01 02 03 04 05 06 07")) == bytes.fromhex("81 02 83 04 05 06 07")


def test_the_request_is_the_makers_dump_request() -> None:
    assert KorgScene(FACTS).request() == bytes.fromhex("F0 42 40 00 01 13 00 1F 10 00 F7")


def test_the_box_hands_over_its_lamps_and_nothing_else_changes() -> None:
    box, greeting = NanoKontrol2(), KorgScene(FACTS)
    greet(box, greeting)
    assert box.is_external
    assert bytes(box.scene[3:]) == box.scene_at_start[3:]
    assert greeting.is_settled
    assert greeting.note == ""


def test_a_box_that_is_external_already_is_not_written_to() -> None:
    box, greeting = NanoKontrol2(), KorgScene(FACTS)
    box.scene[2] = 1
    said = greet(box, greeting)
    assert len(said) == 1
    assert greeting.is_settled


def test_a_silent_box_leaves_a_note() -> None:
    box, greeting = NanoKontrol2(answers=False), KorgScene(FACTS)
    greet(box, greeting)
    assert not greeting.is_settled
    assert "External" in greeting.note


def test_a_refusal_leaves_a_note() -> None:
    greeting = KorgScene(FACTS)
    assert greeting.answer(bytes.fromhex("F0 42 40 00 01 13 00 5F 24 00 F7")) is None
    assert "refused" in greeting.note


def test_a_scene_of_another_length_is_left_alone() -> None:
    greeting = KorgScene(FACTS)
    dump = bytes.fromhex("F0 42 40 00 01 13 00 7F 7F 02 03 05 40") + pack(bytes(300)) + b"\xf7"
    assert greeting.answer(dump) is None
    assert "300 bytes" in greeting.note


def test_a_box_in_a_daw_mode_is_named() -> None:
    greeting = KorgScene(FACTS)
    greet(NanoKontrol2(control_mode=3), greeting)
    assert "mode" in greeting.note


@given(st.binary(max_size=500))
def test_junk_after_the_header_never_raises(junk: bytes) -> None:
    greeting = KorgScene(FACTS)
    assert greeting.is_mine(b"\xf0" + FACTS.header + junk)
    greeting.answer(b"\xf0" + FACTS.header + junk)
