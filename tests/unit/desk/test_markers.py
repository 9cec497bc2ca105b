"""Markers and sections: numbered, named, kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.desk.markers import Markers
from studiod.model.parameter import Refused

RATE_HZ = 48_000


@pytest.fixture
def song() -> Markers:
    """Intro at 1 s, verse at 5 s, end at 9 s."""
    markers = Markers(RATE_HZ)
    for name, seconds in (("Verse", 5), ("Intro", 1), ("End", 9)):
        markers.add(seconds * RATE_HZ, name)
    return markers


def test_they_are_listed_where_they_lie_and_keep_their_numbers(song: Markers) -> None:
    song.add(7 * RATE_HZ)
    assert [(marker.number, marker.name) for marker in song.markers] == [
        (2, "Intro"),
        (1, "Verse"),
        (4, "Marker 4"),
        (3, "End"),
    ]


def test_next_and_previous_never_mean_where_it_is(song: Markers) -> None:
    at = 5 * RATE_HZ
    assert (song.before(at).name, song.after(at).name) == ("Intro", "End")
    assert (song.before(at + 1).name, song.after(at - 1).name) == ("Verse", "Verse")
    with pytest.raises(Refused, match=r"^/marker/next: there is no marker behind"):
        song.after(9 * RATE_HZ)
    with pytest.raises(Refused, match=r"^/marker/previous: there is no marker before"):
        song.before(RATE_HZ)


def test_a_section_goes_from_one_marker_to_a_later_one(song: Markers) -> None:
    section = song.add_section("Refrain", 1, 3)
    assert song.report()["sections"] == [
        {
            "number": 1,
            "name": "Refrain",
            "start": 1,
            "end": 3,
            "start_s": 5.0,
            "start_time": "0:00:05.000",
            "end_s": 9.0,
            "end_time": "0:00:09.000",
        }
    ]
    with pytest.raises(Refused, match="marker 3 is not before marker 1"):
        song.add_section("Back", 3, 1)
    song.rename_section(section.number, "Chorus")
    assert song.section(1).name == "Chorus"


def test_a_marker_that_bounds_a_section_stays(song: Markers) -> None:
    song.add_section("Verse", 2, 1)
    with pytest.raises(Refused, match=r"marker 1 bounds section 1 \(Verse\): delete that first"):
        song.delete(1)
    song.delete_section(1)
    song.delete(1)
    assert [marker.name for marker in song.markers] == ["Intro", "End"]


@pytest.mark.parametrize("number", [0, 4, -1, 1.5, 1e300])
def test_a_number_that_nobody_has_is_refused_with_those_there_are(song: Markers, number: float) -> None:
    with pytest.raises(Refused, match="there are 1, 2, 3"):
        song.delete(number)
    with pytest.raises(Refused, match="there is no section at all"):
        song.delete_section(number)


@pytest.mark.parametrize("name", ["a\nb", "x" * 65, "\ud800", "\x00"])
def test_a_name_that_is_none_is_refused(song: Markers, name: str) -> None:
    before = song.report()
    for change in (lambda: song.add(0, name), lambda: song.rename(1, name), lambda: song.add_section(name, 2, 1)):
        with pytest.raises(Refused, match="too long or unprintable"):
            change()
    with pytest.raises(Refused, match="a name is needed"):
        song.rename(1, " ")
    assert song.report() == before


def test_every_change_is_told_and_a_refused_one_is_not(song: Markers) -> None:
    told: list[int] = []
    song.on_change = lambda: told.append(len(song.markers))
    song.add(0)
    song.rename(4, "Start")
    song.add_section("All", 4, 3)
    song.rename_section(1, "Everything")
    song.delete_section(1)
    song.delete(4)
    assert told == [4, 4, 4, 4, 4, 3]
    with pytest.raises(Refused):
        song.delete(4)
    assert len(told) == 6


places = st.lists(st.integers(0, 24 * 3600 * 192_000), min_size=2, max_size=20)


@given(positions=places, rate_hz=st.sampled_from([44_100, 48_000, 88_200, 96_000, 192_000]), name=st.text(max_size=8))
def test_what_is_kept_comes_back_to_the_frame(positions: list[int], rate_hz: int, name: str) -> None:
    markers, again = Markers(rate_hz), Markers(rate_hz)
    for position in positions:
        markers.add(min(position, 24 * 3600 * rate_hz), name if name.isprintable() else "")
    first, *_, last = markers.markers
    if first.position < last.position:
        markers.add_section("Part", first.number, last.number)
    assert again.restore(markers.document()) == []
    assert again.report() == markers.report()


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": 1, "name": "twice", "position_s": 0.0},
        {"number": 7, "name": "late", "position_s": 1e9},
        {"number": 7, "name": "nan", "position_s": float("nan")},
        {"number": 7, "name": "", "position_s": 1.0},
        {"number": 0, "name": "zero", "position_s": 1.0},
        {"name": "no number"},
        "nonsense",
        7,
    ],
)
def test_what_does_not_fit_is_left_out_and_said(wrong: object) -> None:
    markers = Markers(RATE_HZ)
    good = {"number": 1, "name": "Verse", "position_s": 1.0}
    (fault,) = markers.restore({"markers": [good, wrong], "sections": "none"})
    assert "is left out" in fault
    assert [marker.name for marker in markers.markers] == ["Verse"]


def test_a_section_between_markers_that_are_gone_is_left_out() -> None:
    markers = Markers(RATE_HZ)
    (fault,) = markers.restore({"sections": [{"number": 1, "name": "Verse", "start": 1, "end": 2}]})
    assert "no marker" in fault
