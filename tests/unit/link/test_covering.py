"""Newer over older: what is left out of a playlist is never heard."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from studiod.link.covering import Covered, audible
from studiod.link.playlist import Region
from studiod.tape.sources import heard

SPANS = st.tuples(st.integers(0, 60), st.integers(0, 60))
REGIONS = st.lists(
    st.builds(
        lambda strip, file, position, frames, mixes: Region(strip, Path(f"{file}.wav"), 5, position, frames, 0, mixes),
        st.integers(0, 1),
        st.integers(0, 9),
        st.integers(0, 60),
        st.integers(0, 30),
        st.booleans(),
    ),
    max_size=30,
)


@given(st.lists(SPANS), SPANS)
def test_holes_are_exactly_the_frames_that_nobody_covered(spans: list[tuple[int, int]], asked: tuple[int, int]) -> None:
    covered, frames = Covered(), set[int]()
    for start, end in spans:
        covered.add(start, end)
        frames |= set(range(start, end))
    holes = covered.holes(*asked)
    assert [frame for hole in holes for frame in range(*hole)] == sorted(set(range(*asked)) - frames)
    assert all(start < end for start, end in holes)


@given(REGIONS)
def test_without_what_is_covered_the_same_is_heard_and_added_up_in_the_same_order(regions: list[Region]) -> None:
    told, whole = heard(audible(regions)), heard(regions)
    for strip in range(2):
        assert [each for each in told if each.strip == strip] == [each for each in whole if each.strip == strip]


@given(REGIONS)
def test_whatever_is_told_is_heard_somewhere_and_in_the_order_it_was_recorded(regions: list[Region]) -> None:
    told = audible(regions)
    sounding = {(piece.strip, piece.file) for piece in heard(regions)}
    assert {(region.strip, region.file) for region in told} <= sounding
    at = iter(regions)
    assert all(region in at for region in told)


def test_ten_thousand_rounds_of_a_loop_are_one_region() -> None:
    rounds = [Region(3, Path(f"{number:05d}.wav"), 0, 480, 12_000) for number in range(10_000)]
    assert audible(rounds) == (rounds[-1],)
