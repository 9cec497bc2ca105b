"""Displays are told what changed, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.mackie.screen import LONGEST_RUN, Grid, qcon_second_lcd, strip_lcd


def messages(screen: Grid) -> list[bytes]:
    return list(iter(screen.next, None))


def painted() -> Grid:
    screen = strip_lcd(lambda: 0x14)
    messages(screen)
    return screen


def test_a_new_display_is_painted_whole() -> None:
    sent = messages(strip_lcd(lambda: 0x15))
    assert b"".join(message[7:-1] for message in sent) == b" " * 112
    assert all(message[4] == 0x15 for message in sent)
    assert max(len(message) for message in sent) == LONGEST_RUN + 8


def test_what_is_shown_already_is_silence() -> None:
    screen = painted()
    screen.write(0, 0, "Vox")
    messages(screen)
    screen.write(0, 0, "Vox")
    assert not screen.is_due
    assert messages(screen) == []


def test_one_other_letter_is_one_letter_on_the_wire() -> None:
    screen = painted()
    screen.write(1, 3, "-6.0")
    messages(screen)
    screen.write(1, 3, "-6.5")
    assert messages(screen) == [bytes.fromhex("F0 00 00 66 14 12") + bytes((56 + 21 + 3,)) + b"5\xf7"]


def test_a_short_gap_is_said_along_a_long_one_is_not() -> None:
    screen = painted()
    screen.write(0, 0, "a")
    screen.write(0, 1, "b")
    screen.write(0, 5, "c")
    assert [message[6:-1] for message in messages(screen)] == [b"\x00a      b", b"\x23c"]


def test_a_display_that_came_back_is_told_everything() -> None:
    screen = painted()
    screen.forget()
    assert len(b"".join(message[7:-1] for message in messages(screen))) == 112


def test_a_sentence_leaves_the_hidden_place_alone() -> None:
    screen = painted()
    screen.line(0, "x" * 80)
    assert screen.text[:56] == "x" * 55 + " "


def test_the_second_display_of_a_qcon_has_its_own_cells() -> None:
    screen = qcon_second_lcd()
    messages(screen)
    screen.write(0, 1, "Bass")
    screen.write(1, 8, "Main")
    assert [message.hex(" ").upper() for message in messages(screen)] == [
        "F0 00 00 67 15 13 06 42 61 73 73 F7",
        "F0 00 00 67 15 13 69 4D 61 69 6E F7",
    ]


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 7), st.text(max_size=9)), max_size=12))
def test_what_is_sent_adds_up_to_what_is_wanted(writes: list[tuple[int, int, str]]) -> None:
    screen, glass = strip_lcd(lambda: 0x14), bytearray(112)
    for row, cell, text in writes:
        screen.write(row, cell, text)
        for message in messages(screen):
            glass[message[6] : message[6] + len(message) - 8] = message[7:-1]
        assert glass.decode() == screen.text
