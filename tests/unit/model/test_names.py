"""What people call things, with every hostile name that is known, and what becomes of it."""

import base64
import json
import unicodedata
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.model.names import MAX_TAGS, NAME_BYTES, NOTE_BYTES, clean_name, clean_note, clean_tags
from studiod.model.parameter import Refused

_BAD = json.loads((Path(__file__).parents[2] / "data" / "names" / "bad_names.json").read_text("utf-8"))["inputs"]
BAD = {
    entry["id"]: entry["text"] if "text" in entry else zlib.decompress(base64.b64decode(entry["zlib_b64"])).decode()
    for entry in _BAD
}
REFUSED = sorted(entry["id"] for entry in _BAD if "refused" in entry["expect"])
KEPT = {
    "name-newline": "a INFO forged log line",
    "name-dash": "-rf",
    "name-rtl": "songvaw.exe",
    "name-html": "<img src=x onerror=alert(1)>",
    "name-shell": "$(reboot);`id`|x",
    "name-dup": "existing-take",
}


def test_the_list_is_whole() -> None:
    assert set(REFUSED) >= {"name-dotdot", "name-nul", "name-long", "name-device", "name-proc", "name-nfd-nfc"}
    assert set(BAD) == {*REFUSED, *KEPT, "name-yaml"}


@pytest.mark.parametrize("name", [*REFUSED, "name-yaml"])
def test_what_looks_like_a_path_or_is_too_long_is_refused(name: str) -> None:
    with pytest.raises(Refused) as refused:
        clean_name(BAD[name])
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("name", sorted(KEPT))
def test_all_else_is_text_in_one_line(name: str) -> None:
    assert clean_name(BAD[name]) == KEPT[name]


@given(st.text(max_size=60))
def test_a_clean_name_is_one_line_of_one_spelling_and_stays_as_it_is(text: str) -> None:
    try:
        cleaned = clean_name(text)
    except Refused:
        return
    assert cleaned == clean_name(cleaned) == unicodedata.normalize("NFC", cleaned)
    assert len(cleaned.splitlines()) <= 1
    assert len(cleaned.encode()) <= NAME_BYTES
    assert not set(cleaned) & set("/\\\0\u202e\n\r")


def test_both_spellings_of_a_letter_are_one_name() -> None:
    assert clean_name("Cafe\u0301") == clean_name("Caf\u00e9") == "Caf\u00e9"


def test_tags_are_kept_once_and_in_order() -> None:
    assert clean_tags(["loud", " ", "slow", "loud"]) == ("loud", "slow")
    with pytest.raises(Refused, match="too many"):
        clean_tags(map(str, range(MAX_TAGS + 1)))


def test_a_note_has_lines_and_an_end() -> None:
    assert clean_note("one \r\ntwo\x07\n\n- a/b \u202e\n") == "one\ntwo\n\n- a/b"
    with pytest.raises(Refused, match="too long"):
        clean_note("x" * (NOTE_BYTES + 1))
