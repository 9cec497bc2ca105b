"""Lines in the text of a map: put in and taken out, and nothing else moves."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from studiod.model.parameter import Refused
from studiod.surfaces.map_text import entries, entry_line, lines_of, sections, with_entry, without_entry

TEXT = """\
# mine
format: 2
base: nano   # the small one

bindings:
  # faders
  fader/1: {address: /main/fader}  # learnt 2026-01-01 10:00
  fader/3:
    - {address: /strip/1/fader}
    - {address: /strip/2/fader}

pages:
  pan:
    bindings:
      knob/1: {address: /strip/1/pan}
"""


def put(text: str, key: str, section: tuple[str, ...] = ("bindings",)) -> str:
    return with_entry(text, section, key, entry_line(key, "{toggle: /main/mute}", "learnt now"))


@pytest.mark.parametrize(
    ("key", "behind"),
    [
        ("fader/2", "  fader/1: {address: /main/fader}  # learnt 2026-01-01 10:00"),
        ("fader/10", "    - {address: /strip/2/fader}"),
        ("a", "  # faders"),
    ],
)
def test_a_new_entry_stands_in_order(key: str, behind: str) -> None:
    lines = put(TEXT, key).splitlines()
    at = lines.index(f"  {key}: {{toggle: /main/mute}}  # learnt now")
    assert lines[at - 1] == behind
    assert [line for line in lines if line != lines[at]] == TEXT.splitlines()


def test_an_entry_of_several_lines_is_replaced_whole_and_comes_back_as_it_was() -> None:
    before = lines_of(TEXT, ("bindings",), "fader/3")
    assert before is not None
    replaced = put(TEXT, "fader/3")
    assert "/strip/2/fader" not in replaced
    assert with_entry(replaced, ("bindings",), "fader/3", before) == TEXT


def test_sections_that_are_not_there_are_made_and_go_again() -> None:
    for section in (("controls",), ("layers", "shift", "bindings"), ("pages", "sends", "bindings")):
        text = put(TEXT, "new", section)
        found = yaml.safe_load(text)
        for name in section:
            found = found[name]
        assert found == {"new": {"toggle": "/main/mute"}}
        assert without_entry(text, section, "new") == TEXT


def test_a_section_of_which_only_the_name_is_there_is_filled() -> None:
    for words in ("controls:\n", "controls: {}\n", "controls: null # none\n"):
        text = put(f"format: 2\n{words}name: x\n", "new", ("controls",))
        assert yaml.safe_load(text) == {"format": 2, "controls": {"new": {"toggle": "/main/mute"}}, "name": "x"}


def test_what_is_written_in_braces_is_refused_with_its_line() -> None:
    with pytest.raises(Refused, match="line 2: bindings is written in braces; write it with a line for each entry"):
        put("format: 2\nbindings: {a: {toggle: /main/mute}}\n", "b")


def test_entries_are_listed_with_their_comments() -> None:
    first, second = entries(TEXT, ("bindings",))
    assert (first.key, first.value, first.comment) == ("fader/1", "{address: /main/fader}", "learnt 2026-01-01 10:00")
    assert (second.key, second.comment) == ("fader/3", "")
    assert sections(TEXT) == [("bindings",), ("pages", "pan", "bindings")]
    assert entries(TEXT, ("feedback",)) == []


def test_odd_keys_are_quoted() -> None:
    assert yaml.safe_load(entry_line('a "b": c', "1", "")) == {'a "b": c': 1}


@given(st.lists(st.sampled_from([f"{word}/{n}" for word in ("fader", "knob") for n in (1, 2, 9, 10)]), max_size=12))
def test_whatever_is_put_in_and_taken_out_leaves_what_was_there(keys: list[str]) -> None:
    text = TEXT
    for key in keys:
        text = put(text, key)
    assert set(yaml.safe_load(text)["bindings"]) == {"fader/1", "fader/3", *keys}
    for key in keys:
        text = without_entry(text, ("bindings",), key)
    kept = {key: value for key, value in yaml.safe_load(TEXT)["bindings"].items() if key not in keys}
    assert yaml.safe_load(text).get("bindings", {}) == kept
