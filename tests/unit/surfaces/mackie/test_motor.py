"""Who has the fader: the finger or the desk."""

from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.flight import FLIGHT_S
from studiod.surfaces.mackie.motor import HOLD_S, Motor
from studiod.surfaces.mackie.words import TOP

positions = st.integers(0, TOP)


def test_its_own_motor_talking_back_is_no_news() -> None:
    motor = Motor(has_touch=True, bits=14)
    assert motor.drives(9000, 0.0) == 9000
    assert not motor.hears(9000, 10.0)


def test_the_motors_way_is_no_hand() -> None:
    motor = Motor(has_touch=True, bits=14)
    motor.drives(9000, 0.0)
    assert not motor.hears(4000, FLIGHT_S / 2)
    assert motor.hears(4000, FLIGHT_S)


def test_without_sensors_an_aim_it_tells_late_is_not_taken_for_a_hand() -> None:
    motor = Motor(has_touch=False, bits=14)
    motor.drives(9000, 0.0)
    motor.drives(2000, 0.1)
    assert not motor.hears(9000, 0.2)
    assert motor.hears(5000, 0.3)
    assert motor.hears(9000, 0.1 + FLIGHT_S)


def test_a_fader_a_hand_has_left_is_not_jerked_within_its_step() -> None:
    motor = Motor(has_touch=False, bits=10)
    motor.hears(0x2000, 0.0)
    assert motor.rests(0x200F, 1.0) == 0x2000
    assert motor.rests(0x3000, 1.0) == 0x3000


def test_a_motor_that_goes_where_the_hand_was_heard_late_is_no_hand() -> None:
    motor = Motor(has_touch=False, bits=14)
    motor.hears(0x2000, 0.0)
    motor.rests(0x3000, HOLD_S)
    motor.drives(0x1000, HOLD_S + 0.01)
    assert not motor.hears(0x3000, HOLD_S + 0.05), "it came by there on its way"
    assert motor.hears(0x2800, HOLD_S + 0.06)


def test_a_finger_on_a_fader_that_is_under_way_is_heard() -> None:
    motor = Motor(has_touch=True, bits=14)
    motor.drives(9000, 0.0)
    motor.is_touched = True
    assert motor.hears(4000, 0.01)


def test_a_touched_fader_is_not_driven_however_long_the_finger_rests() -> None:
    motor = Motor(has_touch=True, bits=14)
    motor.is_touched = True
    motor.hears(4000, 0.0)
    assert motor.drives(9000, 3600.0) is None
    motor.is_touched = False
    assert motor.drives(9000, 3600.0) == 9000


def test_without_sensors_the_hand_has_it_for_a_moment_after_each_word() -> None:
    motor = Motor(has_touch=False, bits=14)
    assert motor.hears(4000, 1.0)
    assert motor.drives(9000, 1.0 + HOLD_S * 0.9) is None
    assert motor.held_until() == 1.0 + HOLD_S
    assert motor.drives(9000, 1.0 + HOLD_S) == 9000


def test_a_fader_that_stands_there_is_not_driven() -> None:
    motor = Motor(has_touch=True, bits=10)
    motor.drives(0x2000, 0.0)
    assert motor.drives(0x200F, 1.0) is None
    assert motor.drives(0x2010, 1.0) == 0x2010


@given(positions, st.integers(7, 14))
def test_travel_grows_with_position_and_reaches_both_ends(position: int, bits: int) -> None:
    motor = Motor(has_touch=True, bits=bits)
    assert motor.travel(0) == 0.0
    assert motor.travel(TOP) == 1.0
    assert 0.0 <= motor.travel(position) <= 1.0
    assert motor.travel(min(position + 1, TOP)) >= motor.travel(position)


@given(st.lists(st.tuples(st.booleans(), positions), max_size=30))
def test_after_it_was_away_it_is_driven_wherever_it_stood(history: list[tuple[bool, int]]) -> None:
    motor = Motor(has_touch=True, bits=14)
    for is_touched, position in history:
        motor.is_touched = is_touched
        motor.hears(position, 0.0)
    motor.forget()
    assert motor.drives(5, 0.0) == 5


def test_a_fader_that_is_told_its_place_once_more_may_say_its_way_there() -> None:
    for has_touch, way in ((True, 4000), (False, 9000)):
        motor = Motor(has_touch=has_touch, bits=14)
        motor.drives(9000, 0.0)
        motor.hears(2000, 5.0)
        motor.drives(9000, 10.0)  # this was lost on the wire
        motor.retold(20.0)
        assert not motor.hears(way, 20.0 + FLIGHT_S / 2)


def test_a_fader_in_a_hand_is_not_deaf_after_everything_was_told_again() -> None:
    motor = Motor(has_touch=True, bits=14)
    motor.is_touched = True
    motor.retold(1.0)
    motor.is_touched = False
    assert motor.hears(5000, 1.1)
