"""What comes next on the timeline."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.desk.course import Course, Event, Turn
from studiod.desk.points import Span

LOOP, PUNCH = Span(1000, 5000), Span(2000, 3000)
ENABLED = Course(is_enabled=True)


@pytest.mark.parametrize(
    ("course", "position", "is_in", "event"),
    [
        (Course(), 0, False, None),
        (Course(loop=LOOP), 0, False, Event(Turn.GO_ROUND, 5000)),
        (Course(loop=LOOP), 4999, True, Event(Turn.GO_ROUND, 5000)),
        (Course(loop=LOOP), 5000, False, None),  # from behind the loop it rolls on
        (Course(loop=LOOP, is_looping=True), 5100, False, Event(Turn.GO_ROUND, 5100, 100)),
        (Course(punch=PUNCH), 0, False, None),  # nobody pressed record
        (ENABLED, 700, False, Event(Turn.PUNCH_IN, 700)),
        (Course(is_enabled=True, point=900), 700, False, Event(Turn.PUNCH_IN, 900)),
        (Course(is_enabled=True, punch=PUNCH), 700, False, Event(Turn.PUNCH_IN, 2000)),
        (Course(is_enabled=True, punch=PUNCH), 2500, False, Event(Turn.PUNCH_IN, 2500)),
        (Course(is_enabled=True, punch=PUNCH), 2500, True, Event(Turn.PUNCH_OUT, 3000)),
        (Course(is_enabled=True, punch=PUNCH), 3100, True, Event(Turn.PUNCH_OUT, 3100, 100)),
        (Course(is_enabled=True, punch=PUNCH), 3000, False, None),
        (Course(is_enabled=True, punch=PUNCH, loop=LOOP), 3000, False, Event(Turn.GO_ROUND, 5000)),
        (Course(is_enabled=True, punch=Span(2000, 6000), loop=LOOP), 2500, True, Event(Turn.GO_ROUND, 5000)),
        (Course(is_enabled=True, punch=Span(6000, 7000), loop=LOOP), 0, False, Event(Turn.PUNCH_IN, 6000)),
        (Course(is_enabled=True, punch=Span(2000, 5000), loop=LOOP), 2500, True, Event(Turn.PUNCH_OUT, 5000)),
    ],
)
def test_what_comes_next(course: Course, position: int, is_in: bool, event: Event | None) -> None:  # noqa: FBT001 - a table
    assert course.next_event(position, is_in=is_in) == event


@pytest.mark.parametrize(("punch", "goes_on"), [(None, True), (Span(0, 1001), True), (PUNCH, False)])
def test_a_take_goes_on_round_the_loop_where_the_punch_lets_it(punch: Span | None, goes_on: bool) -> None:  # noqa: FBT001
    assert Course(loop=LOOP, punch=punch).records_from(LOOP.start) is goes_on


positions = st.integers(0, 100)
spans = st.none() | st.builds(lambda start, frames: Span(start, start + frames), positions, st.integers(1, 100))
courses = st.builds(Course, spans, st.booleans(), spans, st.booleans(), st.none() | positions)


@given(course=courses, position=st.integers(0, 300), is_in=st.booleans())
def test_nothing_is_due_behind_us_and_everything_comes_to_an_end(course: Course, position: int, *, is_in: bool) -> None:
    """Each turn is carried out as the transport does; one frame at least passes before the same one is due again."""
    seen: set[tuple[int, bool]] = set()
    for _ in range(20):
        event = course.next_event(position, is_in=is_in)
        if event is None or (position, is_in) in seen:
            return
        assert event.position >= position
        seen.add((position, is_in))
        position = event.position
        match event.turn:
            case Turn.PUNCH_IN:
                is_in = True
            case Turn.PUNCH_OUT:
                is_in = False
            case Turn.GO_ROUND:
                assert course.loop is not None
                is_in = is_in and course.records_from(course.loop.start)
                position = course.loop.start
    raise AssertionError("it turns for ever")
