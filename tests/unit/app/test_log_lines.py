"""A sentence in the log is one line, whatever it quotes."""

import logging

import pytest

from studiod.app.child import in_one_line


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Blues in F ü", "Blues in F ü is no session"),
        ("a\nINFO forged", "a\\nINFO forged is no session"),
        ("\x1b[2J\u202e", "\\x1b[2J\\u202e is no session"),
        ("100 %s", "100 %s is no session"),
    ],
)
def test_a_name_never_begins_a_line_of_its_own(name: str, shown: str) -> None:
    record = logging.LogRecord("x", logging.WARNING, __file__, 1, "%s is no session", (name,), None)
    assert in_one_line(record)
    assert record.getMessage() == shown
