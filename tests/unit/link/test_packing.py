"""Playlists in few bytes: what comes back is what was told."""

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.link.journal import MAGIC, PLAYLIST, chunk, parse_journal, playlist_chunk
from studiod.link.packing import packed, unpacked


@given(st.text(st.characters(), max_size=200))
def test_what_is_packed_comes_back_whole(text: str) -> None:
    assert unpacked(packed(text)) == text


def test_names_that_repeat_themselves_take_little_room() -> None:
    long = str([f"/library/session/takes/{take:04d}/strip-{strip}.wav" for take in range(100) for strip in range(16)])
    assert len(packed(long)) < len(long) / 8


@pytest.mark.parametrize("text", ["", "[1, 0, []]", "{}"])
def test_json_that_never_was_packed_comes_back_as_it_is(text: str) -> None:
    assert unpacked(text) == text


@pytest.mark.parametrize("text", ["e", "eA", "no", "ä", base64.b64encode(zlib.compress(b"x" * 99)[:-6]).decode()])
def test_what_is_not_whole_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of whichever of the two layers
        unpacked(text)


def test_a_journal_tells_playlists_packed_or_as_earlier_ones_did() -> None:
    earlier = chunk(PLAYLIST, (3).to_bytes(4, "little") + b"[3, 0, []]")
    found = parse_journal(MAGIC + earlier + playlist_chunk(4, "[4, 0, []]"))
    assert found.playlists == {3: "[3, 0, []]", 4: "[4, 0, []]"}
