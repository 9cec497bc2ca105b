"""What people type, read without a studio."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.app.control.faults import NotDone, WrongUsage
from studiod.app.control.words import BUS, MAIN, STRIP, Target, law, on_this_desk, position_s, reading, setting, targets
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.parameter import Kind
from studiod.model.transport import timecode
from studiod.net.osc.packet import Message, message

_EVERYWHERE = (STRIP, BUS, MAIN)


def words_of(typed: str, strips: int = 8, buses: int = 2) -> list[str]:
    return [target.word for target in on_this_desk(targets(typed, _EVERYWHERE), strips, buses)]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("3", ["3"]),
        ("2-4", ["2", "3", "4"]),
        ("1,3,5-7", ["1", "3", "5", "6", "7"]),
        ("1, 3 2", ["1", "3", "2"]),
        ("4,1-5", ["4", "1", "2", "3", "5"]),  # each once
        ("strip 3", ["3"]),
        ("strip:1-2", ["1", "2"]),
        ("bus2", ["bus:2"]),
        ("Bus: 1-2", ["bus:1", "bus:2"]),
        ("all", ["1", "2", "3", "4", "5", "6", "7", "8"]),
        ("bus:all main", ["bus:1", "bus:2", "main"]),
    ],
)
def test_targets_are_read_as_people_say_them(typed: str, words: list[str]) -> None:
    assert words_of(typed) == words


@given(st.text(max_size=20))
def test_any_text_is_targets_or_wrong_usage(typed: str) -> None:
    try:
        found = targets(typed, _EVERYWHERE)
    except WrongUsage:
        return
    assert found


def test_a_number_too_long_for_a_desk_is_refused_at_once() -> None:
    with pytest.raises(NotDone, match="this desk has strips 1-8"):
        words_of("1-99999999999")


def test_a_desk_without_buses_has_none() -> None:
    with pytest.raises(NotDone, match="this desk has no buses"):
        words_of("bus:all", buses=0)


@given(st.integers(0, 359_999_999))
def test_every_position_that_studiod_shows_can_be_typed(milliseconds: int) -> None:
    assert position_s(timecode(milliseconds, 1000)) == pytest.approx(milliseconds / 1000, abs=1e-6)


@pytest.mark.parametrize(
    ("typed", "seconds"), [("0", 0.0), ("61.5", 61.5), (".5", 0.5), ("90:00", 5400.0), ("1:02.5", 62.5)]
)
def test_positions_are_read_as_people_say_them(typed: str, seconds: float) -> None:
    assert position_s(typed) == seconds


@given(st.text(max_size=12))
def test_any_text_is_a_position_or_wrong_usage(typed: str) -> None:
    try:
        assert math.isfinite(position_s(typed))
    except WrongUsage:
        return


def test_every_parameter_of_any_desk_has_its_law() -> None:
    layout = ConsoleLayout(12, 5, tuple(range(12)), ("",) * 12, ("",) * 5, matrix_names=("",) * 4)
    for spec in console_parameters(layout):
        known = law(spec.address)
        assert known is not None, spec.address
        assert (known.kind, known.unit, known.low) == (spec.kind, spec.unit, spec.low)
        assert known.high == spec.high or spec.kind is Kind.CHOICE


def test_a_pattern_is_read_by_the_law_of_what_it_means() -> None:
    assert setting("/strip/*/pan", "L30") == Message("/strip/*/pan", "d", (-0.3,))
    assert setting("/strip/[1-4]/send/*/level", "-inf").arguments == (-math.inf,)
    assert setting("/{strip,bus}/*/mute", "on") == Message("/{strip,bus}/*/mute", "s", ("on",))
    assert setting("/bus/?/eq/{1,2}/gain", "-3dB").arguments == (-3.0,)
    assert setting("/strip/*/mute", "on") == Message("/strip/*/mute", "s", ("on",))


def test_what_the_table_does_not_have_is_sent_as_it_looks() -> None:
    assert setting("/new/thing", "3.5") == Message("/new/thing", "d", (3.5,))
    assert setting("/new/thing", "warm") == Message("/new/thing", "s", ("warm",))


@pytest.mark.parametrize(
    ("answer", "value", "text"),
    [
        (message("/strip/1/fader", -6.099999904632568), -6.1, "-6.1 dB"),
        (message("/strip/1/fader", -math.inf), -math.inf, "-inf"),
        (message("/strip/1/mute", 1), True, "on"),
        (message("/strip/2/name", "3"), "3", "3"),
        (message("/meter/strip/1", -6.0, -12.0), [-6.0, -12.0], "peak -6.0 dB, rms -12.0 dB"),
        (
            message("/meter/strip/1", -6.0, -12.0, 0.0, -3.5),
            [-6.0, -12.0, 0.0, -3.5],
            "peak -6.0 dB, rms -12.0 dB, gate 0.0 dB, compressor -3.5 dB",
        ),
        (
            message("/meter/loudness", -20.5, -math.inf, -23.0, 4.0, -1.0),
            [-20.5, -math.inf, -23.0, 4.0, -1.0],
            "momentary -20.5 LUFS, short-term -inf, integrated -23.0 LUFS, range +4.0 LU, true peak -1.0 dBTP",
        ),
        (message("/meter/strip/1", None), None, "nothing measures it"),
        (message("/transport/position", 61.5, "0:01:01.500"), 61.5, "0:01:01.500"),
        (message("/stats/osc/received", 12), 12, "12"),
        (message("/new/thing", "{broken"), "{broken", "{broken"),
        (message("/new/thing", 1, "a"), [1, "a"], "1 a"),
    ],
)
def test_an_answer_reads_as_a_value_and_as_words(answer: Message, value: object, text: str) -> None:
    found = reading(answer)
    assert (found.value, found.text) == (value, text)


def test_triggers_have_a_law_too_so_that_reading_them_never_fires_them() -> None:
    assert {spec.kind for word in ("play", "stop", "record", "locate") if (spec := law(f"/transport/{word}"))} == {
        Kind.TRIGGER
    }
    assert Target(MAIN).address == "/main"
