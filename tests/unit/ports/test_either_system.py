"""One MIDI system of two, the first where there is one, and a box never twice."""

import pytest

from studiod.link.ports import PortGone, PortsUnavailable
from studiod.ports import EitherSystem
from tests.fakes.port_system import MemorySystem


@pytest.fixture(name="pair")
def _pair() -> tuple[MemorySystem, MemorySystem]:
    first, second = MemorySystem(), MemorySystem()
    first.plug("seq nano")
    second.plug("jack nano")
    return first, second


def test_the_first_is_used_where_there_is_one(pair: tuple[MemorySystem, MemorySystem]) -> None:
    system = EitherSystem(*pair, lambda: True)
    assert system.names().inputs == ("seq nano",)
    system.open_output("seq nano").send(b"\xf8")
    assert pair[0].sent == [("seq nano", b"\xf8")]


def test_where_there_is_none_the_second_is_used_until_the_first_comes(pair: tuple[MemorySystem, MemorySystem]) -> None:
    is_there = False
    system = EitherSystem(*pair, lambda: is_there)
    assert system.names().inputs == ("jack nano",)
    is_there = True
    assert system.names().inputs == ("seq nano",)
    assert pair[1].is_closed


def test_the_second_stands_in_for_a_first_that_does_not_answer(pair: tuple[MemorySystem, MemorySystem]) -> None:
    pair[0].outage = "no MIDI: not allowed"
    system = EitherSystem(*pair, lambda: True)
    assert system.names().inputs == ("jack nano",)
    assert system.stamp("jack nano") != ""


def test_when_neither_is_there_the_sentence_is_the_one_that_helps(pair: tuple[MemorySystem, MemorySystem]) -> None:
    pair[0].outage, pair[1].outage = "no MIDI: not allowed; add the group", "no JACK"
    with pytest.raises(PortsUnavailable, match="add the group"):
        EitherSystem(*pair, lambda: True).names()
    system = EitherSystem(*pair, lambda: False)
    with pytest.raises(PortsUnavailable, match=r"no /dev/snd/seq .* and no JACK server"):
        system.names()
    with pytest.raises(PortGone):
        system.open_input("seq nano", lambda *_: None)
    assert (system.api, system.stamp("seq nano")) == ("", "")
