"""Greeting a box: with questions and answers, with a riddle, or without a word."""

import pytest

from studiod.surfaces.base import Pressed
from studiod.surfaces.mackie.codec import sysex
from studiod.surfaces.mackie.handshake import PATIENCE_S, RIDDLE_S, Greeting, answer_to
from studiod.surfaces.mackie.words import Reply

SERIAL = b"XYZW\x18a\x05"


@pytest.mark.parametrize(
    ("riddle", "answer"),
    [
        ("00 00 00 00", "0A 00 00 70"),
        ("01 02 03 04", "05 05 7B 2F"),
        ("08 10 20 0C", "16 16 14 20"),
        ("12 34 56 78", "58 0F 16 4E"),
        ("57 18 61 05", "64 5A 5E 57"),
    ],
)
def test_riddles_are_solved_as_published(riddle: str, answer: str) -> None:
    assert answer_to(bytes.fromhex(riddle)) == bytes.fromhex(answer)


def test_the_published_reply_for_a_serial_number() -> None:
    serial = bytes.fromhex("58 59 5A 57 18 61 05")
    reply = sysex(0x14, 0x02, *serial, *answer_to(bytes.fromhex("57 18 61 05")))
    assert reply == bytes.fromhex("F0 00 00 66 14 02 58 59 5A 57 18 61 05 64 5A 5E 57 F7")


def test_it_asks_main_units_and_extenders_and_waits() -> None:
    greeting = Greeting(0x14, (0x14, 0x15))
    assert greeting.start(0.0) == [bytes.fromhex("F0 00 00 66 14 00 F7"), bytes.fromhex("F0 00 00 66 15 00 F7")]
    assert not greeting.is_live


@pytest.mark.parametrize("command", [0x01, 0x06])
def test_a_box_that_is_ready_is_painted_and_called_what_it_calls_itself(command: int) -> None:
    greeting = Greeting(0x14, (0x14,))
    greeting.start(0.0)
    assert greeting.hear(Reply(0x15, command, b""), 0.1) == ([], True)
    assert (greeting.is_live, greeting.model_id) == (True, 0x15)


def test_a_box_that_says_ready_again_was_switched_off_and_is_painted_again() -> None:
    greeting = Greeting(0x14, (0x14,))
    greeting.start(0.0)
    ready = Reply(0x14, 0x01, SERIAL)
    greeting.hear(ready, 0.1)
    assert greeting.hear(ready, 60.0) == ([], True)


def test_a_box_that_never_answers_is_driven_all_the_same_after_two_seconds() -> None:
    greeting = Greeting(0x14, (0x14,))
    greeting.start(0.0)
    assert not greeting.tick(PATIENCE_S - 0.01)
    assert greeting.wait(PATIENCE_S - 0.5) == pytest.approx(0.5)
    assert greeting.tick(PATIENCE_S)
    assert greeting.is_live
    assert "does not answer" in greeting.note
    assert greeting.wait(PATIENCE_S) is None


def test_a_hand_on_the_box_is_an_answer_too() -> None:
    greeting = Greeting(0x14, (0x14,))
    greeting.start(0.0)
    assert greeting.hear(Pressed("play"), 0.1) == ([], True)
    assert greeting.is_live


def test_a_box_without_a_handshake_is_driven_at_once() -> None:
    greeting = Greeting(0x14, ())
    assert greeting.start(0.0) == []
    assert greeting.is_live
    assert not greeting.tick(99.0)


def test_a_logic_control_is_driven_when_it_has_accepted_the_answer() -> None:
    greeting = Greeting(0x10, (0x10,))
    greeting.start(0.0)
    answers, is_blank = greeting.hear(Reply(0x10, 0x01, SERIAL + bytes((1, 2, 3, 4))), 0.1)
    assert answers == [sysex(0x10, 0x02, *SERIAL, 0x05, 0x05, 0x7B, 0x2F)]
    assert not is_blank
    assert not greeting.is_live
    assert greeting.hear(Reply(0x10, 0x03, SERIAL), 0.2) == ([sysex(0x10, 0x13, 0x00)], True)
    greeting.hear(Reply(0x10, 0x14, b"V1.03"), 0.3)
    assert (greeting.is_live, greeting.version) == (True, "V1.03")


def test_a_lost_acceptance_is_waited_for_in_vain_only_so_long() -> None:
    greeting = Greeting(0x10, (0x10,))
    greeting.start(0.0)
    greeting.hear(Reply(0x10, 0x01, SERIAL + bytes(4)), 0.1)
    assert greeting.tick(0.1 + RIDDLE_S)
    assert greeting.is_live


def test_a_refusal_is_told_and_kept_to_until_the_box_comes_again() -> None:
    greeting = Greeting(0x10, (0x10,))
    greeting.start(0.0)
    greeting.hear(Reply(0x10, 0x04, SERIAL), 0.1)
    assert "refused" in greeting.note
    assert not greeting.tick(99.0)
    assert greeting.hear(Pressed("play"), 99.0) == ([], False)
    greeting.hear(Reply(0x14, 0x01, SERIAL), 100.0)
    assert greeting.is_live


def test_a_reply_cut_short_is_no_riddle() -> None:
    greeting = Greeting(0x10, (0x10,))
    greeting.start(0.0)
    assert greeting.hear(Reply(0x10, 0x01, b"\x01"), 0.1) == ([], True)
