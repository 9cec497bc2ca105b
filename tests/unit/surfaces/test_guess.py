"""What a hand moves is guessed: the wire, and how the box speaks on it."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.controls import ControlKind, Relative, Sends, Wire, WireKind
from studiod.surfaces.generic_midi import value_messages
from studiod.surfaces.guess import MAX_MESSAGES, Guess, Guesser, Want
from tests.fakes.hand import Hand, Said, positions, steps

CC = Wire(WireKind.CC, 1, 21)
RUNS = (24, -24)
hands = st.builds(Hand, st.integers(0, 1 << 20), st.floats(0.4, 3.0))
POSITION_WIRES = (
    Wire(WireKind.CC, 3, 7), Wire(WireKind.CC14, 1, 16, 48), Wire(WireKind.NRPN, 1, 300), Wire(WireKind.RPN, 2, 0),
    Wire(WireKind.BEND, 4), Wire(WireKind.PRESSURE, 1), Wire(WireKind.POLY, 1, 36),
)  # fmt: skip


def heard(*several: Iterable[Said], want: Want = Want.TURN) -> Guesser:
    """What all of them said at once, in the order of time."""
    guesser = Guesser(want)
    for at_s, message in sorted((said for each in several for said in each), key=lambda said: said[0]):
        guesser.hear(message, at_s)
    return guesser


def guess_of(*several: Iterable[Said], want: Want = Want.TURN) -> Guess:
    found = heard(*several, want=want).guess()
    assert found is not None
    return found


@given(hands, st.sampled_from([each for each in Relative if each is not Relative.PAIR]), st.sampled_from([1, 2, 4, 8]))
def test_every_language_of_an_encoder_is_told_slow_fast_and_with_acceleration(
    hand: Hand, relative: Relative, fastest: int
) -> None:
    hand.turn(steps(CC, relative), (30, -30, 15, -15), fastest)
    guess = guess_of(hand.said)
    assert (guess.wire, guess.kind, guess.relative, guess.is_enough) == (CC, ControlKind.ENCODER, relative, True)
    assert guess.sure > 0.7


@given(hands, st.sampled_from([WireKind.CC, WireKind.NOTE]), st.sampled_from([1, 3]))
def test_an_encoder_with_a_number_for_each_side_is_told_by_both(hand: Hand, kind: WireKind, fastest: int) -> None:
    up, down = Wire(kind, 1, 83), Wire(kind, 1, 85)
    hand.turn(steps(up, Relative.PAIR, down), RUNS, fastest)
    guess = guess_of(hand.said)
    assert (guess.wire, guess.down, guess.relative, guess.is_enough) == (up, down, Relative.PAIR, True)


@given(
    hands, st.sampled_from(POSITION_WIRES), st.sampled_from([(0, 1, 0), (0.5, 1, 0, 0.7), (1, 0, 1), (0.3, 0.8, 0.2)])
)
def test_a_position_is_told_on_every_wire(hand: Hand, wire: Wire, way: tuple[float, ...]) -> None:
    hand.slide(positions(wire), wire.highest, way)
    guess = guess_of(hand.said)
    assert (guess.wire, guess.relative, guess.is_enough, guess.needs) == (wire, None, True, "")


@given(hands)
def test_the_halves_of_a_fine_value_come_in_either_order(hand: Hand) -> None:
    wire = Wire(WireKind.CC14, 1, 3, 35)
    hand.slide(lambda value: reversed(value_messages(wire, value)), wire.highest)
    guess = guess_of(hand.said)
    assert (guess.wire, guess.is_enough) == (wire, True)
    assert str(guess) == "CC 3 and 35: absolute, 14 bit"


def test_a_low_half_that_is_told_alone_while_the_high_one_stays_is_a_half_still() -> None:
    hand, last = Hand(), [-1]

    def told(value: int) -> Iterable[bytes]:
        both = value_messages(Wire(WireKind.CC14, 1, 3, 35), value)
        high, last[0] = last[0], value >> 7
        return both if value >> 7 != high else both[1:]

    hand.slide(told, 16_383, (0.4, 0.6, 0.2))
    assert guess_of(hand.said).wire == Wire(WireKind.CC14, 1, 3, 35)


@given(hands)
def test_two_knobs_that_lie_32_apart_are_two(hand: Hand) -> None:
    other = Hand(hand.seed + 1, hand.speed)
    hand.slide(positions(Wire(WireKind.CC, 1, 16)), 127)
    other.slide(positions(Wire(WireKind.CC, 1, 48)), 127)
    guesser = heard(hand.said, other.said)
    assert guesser.rival() is not None


def test_data_increments_are_an_encoder() -> None:
    hand = Hand()
    select = value_messages(Wire(WireKind.NRPN, 1, 5), 0)[:2]
    hand.turn(lambda clicks: (*select, bytes((0xB0, 96 if clicks > 0 else 97, 0))), RUNS)
    guess = guess_of(hand.said)
    assert (guess.wire, guess.kind, guess.is_enough) == (Wire(WireKind.NRPN, 1, 5), ControlKind.ENCODER, True)


def test_a_pitch_bend_that_knows_only_two_halves_is_an_encoder() -> None:
    hand = Hand()
    hand.turn(steps(Wire(WireKind.BEND), Relative.HALF), RUNS)
    assert (guess_of(hand.said).relative, guess_of(hand.said).is_enough) == (Relative.HALF, True)


@pytest.mark.parametrize("relative", [Relative.TWOS, Relative.OFFSET, Relative.SIGN, Relative.HALF])
def test_one_side_alone_is_not_enough(relative: Relative) -> None:
    hand = Hand()
    hand.turn(steps(CC, relative), (40,))
    assert (guess_of(hand.said).is_enough, guess_of(hand.said).needs) == (False, "turn it up, then back")


def test_a_short_way_is_not_enough() -> None:
    hand = Hand()
    hand.slide(positions(CC), 127, (0.45, 0.55, 0.45))
    assert not guess_of(hand.said).is_enough


@given(hands, st.sampled_from([WireKind.CC, WireKind.NOTE]))
def test_a_button_that_tells_down_and_up_is_momentary(hand: Hand, kind: WireKind) -> None:
    wire = Wire(kind, 2, 50)
    hand.press(value_messages(wire, 127)[0], value_messages(wire, 0)[0])
    guess = guess_of(hand.said, want=Want.PRESS)
    assert (guess.wire, guess.kind, guess.sends) == (wire, ControlKind.BUTTON, Sends.BOTH)
    assert (guess.pressed, guess.is_enough) == (None, True)


@given(hands, st.sampled_from([WireKind.CC, WireKind.NOTE]))
def test_a_button_that_keeps_its_state_is_told_by_its_calm(hand: Hand, kind: WireKind) -> None:
    wire = Wire(kind, 1, 50)
    hand.press(value_messages(wire, 127)[0], value_messages(wire, 0)[0], hold_s=0.6, pause_s=0.6)
    assert guess_of(hand.said, want=Want.PRESS).sends is Sends.TOGGLE


def test_a_button_that_goes_off_first_keeps_its_state() -> None:
    hand = Hand()
    hand.press(value_messages(CC, 0)[0], value_messages(CC, 127)[0])
    assert guess_of(hand.said, want=Want.PRESS).sends is Sends.TOGGLE


@pytest.mark.parametrize("wire", [CC, Wire(WireKind.NOTE, 1, 60), Wire(WireKind.PROGRAM, 11, 7)])
def test_a_button_that_tells_only_presses(wire: Wire) -> None:
    hand = Hand()
    hand.press(value_messages(wire, wire.number if wire.kind is WireKind.PROGRAM else 127)[0], None)
    guess = guess_of(hand.said, want=Want.PRESS)
    assert (guess.wire, guess.sends, guess.is_enough) == (wire, Sends.PRESS, True)


def test_small_values_of_a_button_are_named() -> None:
    hand = Hand()
    hand.press(value_messages(CC, 1)[0], value_messages(CC, 0)[0])
    assert guess_of(hand.said, want=Want.PRESS).pressed == range(1, 2)


@given(hands)
def test_a_finger_on_a_fader_is_heard_beside_its_moves(hand: Hand) -> None:
    wire, touch = Wire(WireKind.BEND, 2), Wire(WireKind.NOTE, 1, 105)
    hand.tell(*value_messages(touch, 127))
    hand.wait(0.05)
    hand.slide(positions(wire), wire.highest)
    hand.tell(*value_messages(touch, 0))
    guess = guess_of(hand.said)
    assert (guess.wire, guess.touch, guess.kind) == (wire, touch, ControlKind.FADER)


@given(hands)
def test_keys_clocks_and_worn_knobs_beside_it_change_nothing(hand: Hand) -> None:
    hand.slide(positions(CC), 127)
    alone = guess_of(hand.said)
    dice = random.Random(hand.seed)  # noqa: S311 - noise
    noise: list[Said] = []
    for tick in range(200):
        at_s = tick * 0.01
        noise.append((at_s, dice.choice((b"\xf8", b"\xfe", bytes.fromhex("F0 7E 00 06 02 F7"), b"", b"\xb0"))))
        noise.append((at_s, bytes((0xB0, 77, 64 if tick % 2 else dice.choice((63, 65))))))
        key = dice.randint(40, 70)
        noise += [(at_s, bytes((0x90, key, dice.randint(1, 127)))), (at_s + 0.1, bytes((0x80, key, 0)))]
        noise.append((at_s, bytes((0xD0, dice.randint(0, 127)))))
    guesser = heard(hand.said, noise)
    found = guesser.guess()
    assert found is not None
    assert (found.wire, found.relative, found.is_enough, found.touch) == (CC, None, True, None)
    assert guesser.rival() is None
    assert alone.wire == CC


def test_a_chord_beside_a_button_leaves_the_button() -> None:
    hand, player = Hand(), Hand(1)
    hand.press(value_messages(CC, 127)[0], value_messages(CC, 0)[0])
    for key in (60, 64, 67):
        player.press(bytes((0x90, key, 90)), bytes((0x80, key, 64)))
    guesser = heard(hand.said, player.said, want=Want.PRESS)
    assert (guesser.guess() or Guess(CC, ControlKind.KNOB)).wire == CC
    assert guesser.rival() is None


def test_two_controls_at_once_are_rivals() -> None:
    hand, other = Hand(), Hand(5)
    hand.slide(positions(CC), 127)
    other.slide(positions(Wire(WireKind.CC, 1, 22)), 127)
    rival = heard(hand.said, other.said).rival()
    assert rival is not None
    assert rival.wire.number in (21, 22)


def test_a_pedal_is_no_fader() -> None:
    hand = Hand()
    hand.press(bytes.fromhex("B0 40 7F"), bytes.fromhex("B0 40 00"), times=6)
    found = heard(hand.said).guess()
    assert found is None or found.kind is ControlKind.BUTTON


@given(st.lists(st.binary(max_size=5), max_size=60), st.sampled_from(Want))
def test_junk_never_raises(messages: list[bytes], want: Want) -> None:
    guesser = Guesser(want)
    for message in messages:
        guesser.hear(message, 0.0)
    guesser.guess()
    guesser.rival()


@given(st.lists(st.tuples(st.integers(0x80, 0xEF), st.integers(0, 127), st.integers(0, 127)), max_size=200))
def test_wild_messages_never_raise(messages: list[tuple[int, int, int]]) -> None:
    guesser = Guesser(Want.EITHER)
    for place, message in enumerate(messages):
        guesser.hear(bytes(message), place * 0.01)
        guesser.guess()
    guesser.rival()


def test_a_flood_fills_it_and_no_more() -> None:
    guesser = Guesser(Want.TURN)
    for count in range(3 * MAX_MESSAGES):
        guesser.hear(bytes((0xB0 | count % 16, count % 120, count * 7 % 128)), count / 10_000)
    assert guesser.is_full
    guesser.guess()
