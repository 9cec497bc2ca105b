"""Any name on glass that knows ASCII."""

# ruff: noqa: RUF001 - letters that look alike are what this is about

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.mackie.letters import fold, name_for, squeeze


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Gesang", "Gesang"),
        ("Bläser", "Blaser"),
        ("Straße", "Strasse"),
        ("Øyvind Æ", "Oyvind Ae"),
        ("Łódź", "Lodz"),
        ("Жанна", "Zhanna"),
        ("Ελένη", "Eleni"),
        ("Gtr “L”", 'Gtr "L"'),
        ("a–b…", "a-b..."),
        ("½ Vox", "1/2 Vox"),
        ("ＶＯＸ", "VOX"),
        ("e\u0301", "e"),
        ("x\u0301", "x"),
        ("日本", "__"),
        ("🥁", "_"),
        ("a\tb", "a b"),
        ("a\u200db", "ab"),
    ],
)
def test_names_are_written_in_ascii(text: str, plain: str) -> None:
    assert fold(text) == plain


@given(st.text())
def test_nothing_but_what_the_glass_knows_comes_out(text: str) -> None:
    assert all(" " <= letter <= "~" for letter in fold(text))


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Vox", "Vox"),
        ("Kick In", "KickIn"),
        ("Strip 12", "Strp12"),
        ("Overheads", "Ovrhds"),
        ("Vocals 2", "Vocls2"),
        ("1234567", "123456"),
    ],
)
def test_long_names_lose_spaces_then_vowels(text: str, short: str) -> None:
    assert squeeze(text, 6) == short


def test_a_name_the_glass_cannot_show_is_the_number_of_the_strip() -> None:
    assert name_for("太鼓", "Strip 3", 6) == "Strip3"
    assert name_for("", "Bus 2", 6) == "Bus 2"


@given(st.text(), st.integers(1, 12))
def test_a_name_fits(text: str, places: int) -> None:
    assert len(name_for(text, "Strip 128", places)) <= places
