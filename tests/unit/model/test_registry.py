"""The table by address and by slot."""

import pytest

from studiod.model.parameter import Kind, ParameterSpec
from studiod.model.registry import Registry, UnknownAddress

FADER = ParameterSpec("/a/fader", Kind.LEVEL, "Fader", "Fader")
NAME = ParameterSpec("/a/name", Kind.TEXT, "Name", "Name")
METER = ParameterSpec("/a/meter", Kind.METER, "Meter", "Meter")
MUTE = ParameterSpec("/a/mute", Kind.TOGGLE, "Mute", "Mute")
STOP = ParameterSpec("/stop", Kind.TRIGGER, "Stop", "Stop")
TABLE = Registry([FADER, NAME, METER, MUTE, STOP])


def test_it_keeps_the_order_it_was_given() -> None:
    assert list(TABLE) == [FADER, NAME, METER, MUTE, STOP]
    assert len(TABLE) == 5


def test_numbers_and_texts_are_numbered_each_in_its_own_row() -> None:
    assert [TABLE.number_slot(spec.address) for spec in TABLE.numbers] == [0, 1]
    assert TABLE.text_slot(NAME.address) == 0
    assert [TABLE.slot(address) for address in ("/a/fader", "/a/mute", "/a/name")] == [0, 1, 0]


def test_an_address_finds_its_parameter() -> None:
    assert TABLE["/a/mute"] is MUTE
    assert "/a/mute" in TABLE
    assert "/a/mut" not in TABLE


@pytest.mark.parametrize("find", [TABLE.__getitem__, TABLE.slot, TABLE.number_slot, TABLE.text_slot])
def test_a_stranger_is_named(find: object) -> None:
    assert callable(find)
    with pytest.raises(UnknownAddress, match="/b/fader: no such parameter"):
        find("/b/fader")


@pytest.mark.parametrize("address", ["/a/name", "/a/meter", "/stop"])
def test_what_holds_no_number_has_no_number_slot(address: str) -> None:
    with pytest.raises(UnknownAddress, match=f"{address}: is no number"):
        TABLE.number_slot(address)


@pytest.mark.parametrize("address", ["/a/fader", "/a/meter", "/stop"])
def test_what_holds_no_text_has_no_text_slot(address: str) -> None:
    with pytest.raises(UnknownAddress, match=f"{address}: is no text"):
        TABLE.text_slot(address)


def test_a_meter_has_no_slot_at_all() -> None:
    with pytest.raises(UnknownAddress, match="/a/meter: is no number or text"):
        TABLE.slot("/a/meter")


def test_an_address_given_twice_is_named() -> None:
    with pytest.raises(ValueError, match="/a/mute is in the parameter table twice"):
        Registry([FADER, MUTE, NAME, MUTE])
