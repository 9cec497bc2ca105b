"""Which strips lie under the controls."""

from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.bank import Bank, Banks, places_of
from studiod.surfaces.base import BankKind
from tests.unit.surfaces.rig import desk


def test_the_third_fader_of_the_second_bank_is_strip_11() -> None:
    banks = Banks({BankKind.STRIP: 8}, desk(strips=16).registry)
    assert banks[BankKind.STRIP].move(8)
    assert banks.resolve("/strip/{strip+3}/fader") == "/strip/11/fader"


def test_an_address_without_a_bank_stays_as_it_is() -> None:
    assert Banks({BankKind.STRIP: 8}, desk().registry).resolve("/main/fader") == "/main/fader"


def test_the_last_bank_of_twelve_strips_begins_at_strip_nine() -> None:
    bank = Bank(size=8, places=12)
    assert bank.move(8)
    assert not bank.move(8)
    assert bank.offset == 8


def test_eight_strips_have_one_bank() -> None:
    assert not Bank(size=8, places=8).move(8)


def test_a_desk_without_strips_has_one_bank() -> None:
    assert not Bank(size=8, places=0).move(8)


def test_the_desk_is_asked_how_many_strips_it_has() -> None:
    assert places_of(BankKind.STRIP, desk(strips=12).registry) == 12


@given(st.integers(0, 128), st.lists(st.integers(-200, 200)))
def test_the_first_control_never_leaves_the_desk(strips: int, moves: list[int]) -> None:
    bank = Bank(size=8, places=strips)
    for by in moves:
        bank.move(by)
        assert 0 <= bank.offset < max(strips, 1)
