"""Address patterns against a plain recursive reference, and against the clock."""

import contextlib
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.net.osc.pattern import AddressPattern, PatternIndex, PatternRefused, is_pattern


@pytest.mark.parametrize(
    ("pattern", "address", "is_meant"),
    [
        ("/strip/?/fader", "/strip/3/fader", True),
        ("/strip/?/fader", "/strip/13/fader", False),
        ("/strip/*/fader", "/strip/13/fader", True),
        ("/strip/*", "/strip/1/fader", False),
        ("/*/1/fader", "/strip/1/fader", True),
        ("/strip/[1-3]/mute", "/strip/2/mute", True),
        ("/strip/[!1-3]/mute", "/strip/2/mute", False),
        ("/strip/[!1-3]/mute", "/strip/4/mute", True),
        ("/strip/[13-]/mute", "/strip/-/mute", True),
        ("/{strip,bus}/1/fader", "/bus/1/fader", True),
        ("/{strip,bus}/1/fader", "/main/1/fader", False),
        ("/strip/1{,0}/fader", "/strip/1/fader", True),
        ("//fader", "/strip/1/fader", True),
        ("//fader", "/main/fader", True),
        ("/strip//level", "/strip/3/send/2/level", True),
        ("/strip//level", "/strip/level", True),
        ("//*", "/transport/play", True),
        ("//send//on", "/strip/3/send/2/on", True),
        ("/Strip/1/fader", "/strip/1/fader", False),
    ],
)
def test_a_pattern_means_what_the_specification_says(pattern: str, address: str, is_meant: bool) -> None:  # noqa: FBT001
    assert AddressPattern(pattern).matches(address) is is_meant


@pytest.mark.parametrize(
    "pattern",
    [
        "/strip/[1-3/fader",
        "/strip/{1,2/fader",
        "/strip/1]/fader",
        "/strip/1}/fader",
        "/strip/[]/fader",
        "/strip/[3-1]/fader",
        "/strip/{a*,b}/fader",
        "/strip/1/",
        "strip/*",
        "/" + "a" * 256,
        "/" + "{a,b}" * 40,
        "/" + "/".join("a" * 17),
        "//a//b//c",
    ],
)
def test_a_broken_or_costly_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(PatternRefused):
        AddressPattern(pattern)


def _as_expression(pattern: str) -> str:
    """The same pattern for Python's (backtracking) matcher, of which the test below keeps both short."""
    out = pattern.replace(".", r"\.").replace("*", "[^/]*").replace("?", "[^/]")
    out = re.sub(r"\{([^}]*)\}", lambda found: "(?:" + found[1].replace(",", "|") + ")", out)
    return out.replace("[!", "[^/")


_PIECES = st.sampled_from(["a", "b", "ab", "*", "?", "[ab]", "[!a]", "[a-c]", "{a,bc}", "{b,}", "c"])
_PATTERNS = st.lists(st.lists(_PIECES, min_size=1, max_size=5).map("".join), min_size=1, max_size=3).map(
    lambda parts: "/" + "/".join(parts)
)
_ADDRESSES = st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=3).map(
    lambda parts: "/" + "/".join(parts)
)


@given(_PATTERNS, _ADDRESSES)
def test_the_matcher_agrees_with_a_regular_expression(pattern: str, address: str) -> None:
    expected = re.fullmatch(_as_expression(pattern), address) is not None
    assert AddressPattern(pattern).matches(address) is expected


@given(st.text("/*?[]{},!-ab", max_size=40), _ADDRESSES)
def test_any_text_is_a_pattern_or_refused(text: str, address: str) -> None:
    with contextlib.suppress(PatternRefused):
        AddressPattern("/" + text).matches(address)


@pytest.mark.parametrize("word", ["a" * 24, "a" * 200, "1"])
def test_a_pattern_of_stars_costs_less_than_a_millisecond(word: str) -> None:
    bomb = AddressPattern("/" + "*a" * 30 + "*b")
    start = time.process_time()
    assert not any(bomb.matches(f"/{word[:-1]}{number}") for number in range(4))
    assert time.process_time() - start < 4 * 0.001


def test_an_index_answers_in_table_order_and_remembers() -> None:
    index = PatternIndex(["/strip/1/fader", "/strip/2/fader", "/strip/1/mute"])
    assert not index.knows("/strip/*/fader")
    assert index.select("/strip/*/fader") == ("/strip/1/fader", "/strip/2/fader")
    assert index.knows("/strip/*/fader")


def test_plain_addresses_are_no_patterns() -> None:
    assert not is_pattern("/strip/1/hpf/on")
    assert all(map(is_pattern, ("/strip/*", "/strip/?", "/strip/[1]", "/{a}", "//a")))
