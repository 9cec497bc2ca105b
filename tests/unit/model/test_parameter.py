"""What a parameter accepts, how it reads, and what the engine makes of it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.model.parameter import EngineTarget, Kind, ParameterSpec, Refused, Space
from studiod.model.taper import Fader, Linear, Logarithmic, Power, Stepped
from studiod.model.units import SILENCE_DB, gain_from_db

FADER = ParameterSpec("/a/fader", Kind.LEVEL, "Fader", "Fader", "dB", SILENCE_DB, 10.0, taper=Fader())
CEILING = ParameterSpec("/a/ceiling", Kind.LEVEL, "Ceiling", "Ceil", "dBFS", -24.0, 0.0, taper=Linear(-24.0, 0.0))
LOW_CUT = ParameterSpec(
    "/a/hpf", Kind.FREQ, "Low cut", "HPF", "Hz", 20.0, 20_000.0, 80.0, taper=Logarithmic(20.0, 20_000.0)
)
RELEASE = ParameterSpec(
    "/a/release", Kind.TIME, "Release", "Rel", "ms", 5.0, 4000.0, 100.0, taper=Logarithmic(5.0, 4000.0)
)
PAN = ParameterSpec("/a/pan", Kind.PAN, "Pan", "Pan", low=-1.0, high=1.0, taper=Linear(-1.0, 1.0))
MUTE = ParameterSpec("/a/mute", Kind.TOGGLE, "Mute", "Mute", taper=Stepped(2))
MONITOR = ParameterSpec(
    "/a/monitor", Kind.CHOICE, "Monitor", "Monitor", high=2.0, taper=Stepped(3), choices=("auto", "input", "tape")
)
NAME = ParameterSpec("/a/name", Kind.TEXT, "Name", "Name")
METER = ParameterSpec("/a/meter", Kind.METER, "Meter", "Meter", "dB", SILENCE_DB, 24.0, SILENCE_DB)
LOCATE = ParameterSpec("/a/locate", Kind.TRIGGER, "Locate", "Locate", "s")
STOP = ParameterSpec("/a/stop", Kind.TRIGGER, "Stop", "Stop")
NUMBERS = [FADER, CEILING, LOW_CUT, RELEASE, PAN, MUTE, MONITOR]
each_number = pytest.mark.parametrize("spec", NUMBERS, ids=lambda spec: spec.address)


@each_number
@given(data=st.data())
def test_a_value_in_range_is_taken_as_it_is(spec: ParameterSpec, data: st.DataObject) -> None:
    is_stepped = spec.kind in (Kind.TOGGLE, Kind.CHOICE)
    inside = st.integers(int(spec.low), int(spec.high)) if is_stepped else st.floats(spec.low, spec.high)
    value = data.draw(inside)
    assert spec.check(value) == pytest.approx(value, abs=1e-30)


@each_number
@given(beyond=st.floats(min_value=1e-3))
def test_a_value_out_of_range_is_refused_with_address_and_range(spec: ParameterSpec, beyond: float) -> None:
    with pytest.raises(Refused) as refused:
        spec.check(spec.high + beyond)
    assert str(refused.value).startswith(f"{spec.address}: ")
    assert str(refused.value).endswith(f" is out of range; allowed {spec.allowed}")


@each_number
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_nan_and_infinity_reach_no_speaker(spec: ParameterSpec, value: float) -> None:
    with pytest.raises(Refused):
        spec.check(value)


def test_silence_is_a_real_value_of_a_fader_and_of_nothing_else() -> None:
    assert FADER.check(SILENCE_DB) == SILENCE_DB
    for spec in NUMBERS[1:]:
        with pytest.raises(Refused):
            spec.check(SILENCE_DB)


@pytest.mark.parametrize("spec", [MUTE, MONITOR], ids=lambda spec: spec.address)
def test_a_switch_has_no_half_way(spec: ParameterSpec) -> None:
    with pytest.raises(Refused, match=r"0\.5 is no step"):
        spec.check(0.5)


@pytest.mark.parametrize("value", [5e-324, -1e-40, -0.0])
def test_a_denormal_and_minus_zero_are_zero(value: float) -> None:
    assert math.copysign(1.0, PAN.check(value)) == 1.0
    assert PAN.check(value) == 0.0


def test_a_switch_stores_plus_zero() -> None:
    assert math.copysign(1.0, MUTE.check(-0.0)) == 1.0


def test_what_is_stored_is_a_float_whatever_was_sent() -> None:
    assert isinstance(MUTE.check(1), float)


@each_number
@given(value=st.floats(allow_nan=False))
def test_clamp_brings_everything_into_range(spec: ParameterSpec, value: float) -> None:
    assert spec.low <= spec.clamp(value) <= spec.high


def test_clamp_refuses_nan() -> None:
    with pytest.raises(Refused, match="NaN"):
        FADER.clamp(math.nan)


@each_number
@given(travel=st.floats(allow_nan=False))
def test_whatever_a_control_is_thrown_to_can_be_stored(spec: ParameterSpec, travel: float) -> None:
    value = spec.from_travel(travel)
    assert spec.check(value) == pytest.approx(value)


def test_travel_that_is_nan_is_refused() -> None:
    with pytest.raises(Refused, match="travel is NaN"):
        FADER.from_travel(math.nan)


def test_a_name_has_no_travel() -> None:
    with pytest.raises(Refused, match="no travel"):
        NAME.from_travel(0.5)
    assert NAME.to_travel(0.5) == 0.0


def test_to_travel_is_where_the_control_stands() -> None:
    assert FADER.to_travel(0.0) == 0.75
    assert MONITOR.to_travel(1.0) == 0.5


@each_number
@given(travel=st.floats(0.0, 1.0))
def test_what_a_display_says_can_be_typed_back(spec: ParameterSpec, travel: float) -> None:
    value = spec.from_travel(travel)
    text = spec.text(value)
    assert spec.text(spec.parse(text)) == text


@pytest.mark.parametrize(
    ("spec", "words", "value"),
    [
        (FADER, "-6", -6.0),
        (FADER, " -6.5 dB ", -6.5),
        (FADER, "-inf", SILENCE_DB),
        (FADER, "+3", 3.0),
        (CEILING, "-1 dBFS", -1.0),
        (CEILING, "-1dB", -1.0),
        (LOW_CUT, "100 hz", 100.0),
        (RELEASE, "250ms", 250.0),
        (PAN, "-0.5", -0.5),
        (PAN, "l50", -0.5),
        (PAN, "R100", 1.0),
        (PAN, "C", 0.0),
        (MUTE, "ON", 1.0),
        (MUTE, "no", 0.0),
        (MONITOR, "Tape", 2.0),
    ],
)
def test_words_are_understood(spec: ParameterSpec, words: str, value: float) -> None:
    assert spec.parse(words) == value


@pytest.mark.parametrize(
    ("spec", "words", "remedy"),
    [
        (FADER, "loud", "'loud' is not a value; allowed -inf..10 dB"),
        (FADER, "", "'' is not a value"),
        (FADER, "nan", "nan is out of range"),
        (FADER, "11", "11 is out of range; allowed -inf..10 dB"),
        (LOW_CUT, "5 dB", "is not a value; allowed 20..20000 Hz"),
        (PAN, "R101", "1.01 is out of range; allowed -1..1"),
        (PAN, "left", "'left' is not a value"),
        (MUTE, "maybe", "allowed on or off"),
        (MONITOR, "disk", "allowed auto, input, tape"),
        (NAME, "0.5", "allowed text of at most 64 bytes"),
        (METER, "-6", "allowed reading only"),
        (STOP, "1", "allowed no argument"),
        (LOCATE, "1", "allowed one number, s"),
    ],
)
def test_what_is_not_understood_is_answered_with_what_is_allowed(spec: ParameterSpec, words: str, remedy: str) -> None:
    with pytest.raises(Refused) as refused:
        spec.parse(words)
    assert str(refused.value).startswith(f"{spec.address}: ")
    assert remedy in str(refused.value)


@pytest.mark.parametrize(
    ("spec", "value", "text"),
    [
        (FADER, SILENCE_DB, "-inf"),
        (FADER, -6.04, "-6.0 dB"),
        (LOW_CUT, 80.0, "80 Hz"),
        (LOW_CUT, 99.456, "99.46 Hz"),
        (LOW_CUT, 20_000.0, "20000 Hz"),
        (PAN, 0.004, "C"),
        (PAN, -0.3, "L30"),
        (PAN, 1.0, "R100"),
        (MUTE, 1.0, "on"),
        (MONITOR, 1.0, "input"),
    ],
)
def test_a_display_says_it_as_musicians_do(spec: ParameterSpec, value: float, text: str) -> None:
    assert spec.text(value) == text


@given(st.floats(-200.0, 10.0))
def test_the_engine_gets_a_level_as_gain(level_db: float) -> None:
    assert FADER.engine_value(level_db, 48_000) == gain_from_db(level_db)


def test_the_engine_gets_silence_as_zero() -> None:
    assert FADER.engine_value(SILENCE_DB, 48_000) == 0.0


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000, 96_000])
def test_the_engine_gets_a_corner_as_the_warped_coefficient_of_its_rate(rate_hz: int) -> None:
    assert LOW_CUT.engine_value(1000.0, rate_hz) == pytest.approx(math.tan(math.pi * 1000.0 / rate_hz))


@given(value=st.floats(20.0, 20_000.0), rate_hz=st.sampled_from([8_000, 16_000, 44_100, 192_000]))
def test_a_corner_over_nyquist_still_gives_a_stable_filter(value: float, rate_hz: int) -> None:
    coefficient = LOW_CUT.engine_value(value, rate_hz)
    assert 0.0 < coefficient < 32.0


@pytest.mark.parametrize(("spec", "value"), [(PAN, -0.25), (MUTE, 1.0), (MONITOR, 2.0), (RELEASE, 120.0)])
def test_the_engine_gets_other_numbers_as_they_are(spec: ParameterSpec, value: float) -> None:
    assert spec.engine_value(value, 48_000) == value


def in_space(kind: Kind, space: Space | None) -> ParameterSpec:
    return ParameterSpec(
        "/a/x", kind, "X", "X", low=0.0, high=1e6, taper=Power(0.0, 1e6, 3.0), engine=EngineTarget("x", space=space)
    )


@pytest.mark.parametrize(
    ("space", "value", "in_engine"),
    [
        (Space.NUMBER, 3.5, 3.5),
        (Space.GAIN, 20.0, 10.0),
        (Space.OCTAVES, 20.0 * math.log10(2.0), 1.0),
        (Space.OCTAVES, -60.0, math.log2(1e-3)),
        (Space.PREWARPED, 12_000.0, 1.0),  # a quarter of the rate: tan(45 degrees)
        (Space.FRAMES, 1.0, 48.0),
        (Space.FRAMES, 0.03, 1.0),  # 1.44 frames
        (Space.FRAMES, 500.0, 24_000.0),
        (Space.PERCENT, 100.0, 1.0),
        (Space.PERCENT, 37.5, 0.375),
        (Space.ONE_POLE, 0.0, 1.0),
        (Space.ONE_POLE, 1000.0 / 48_000, 1.0 - math.exp(-1.0)),  # a time constant of one sample
    ],
)
def test_the_engine_gets_a_value_in_the_space_it_calculates_in(space: Space, value: float, in_engine: float) -> None:
    assert in_space(Kind.RATIO, space).engine_value(value, 48_000) == pytest.approx(in_engine, rel=1e-12)


@given(time_ms=st.floats(0.05, 5000.0), rate_hz=st.sampled_from([44_100, 48_000, 192_000]))
def test_a_time_constant_is_the_time_for_63_percent_of_the_way(time_ms: float, rate_hz: int) -> None:
    share = in_space(Kind.TIME, Space.ONE_POLE).engine_value(time_ms, rate_hz)
    left = (1.0 - share) ** (time_ms * rate_hz / 1000.0)
    assert left == pytest.approx(math.exp(-1.0), rel=1e-6)


@given(time_ms=st.floats(0.0, 5000.0), rate_hz=st.sampled_from([44_100, 48_000, 192_000]))
def test_a_smoothing_step_never_goes_past_its_aim(time_ms: float, rate_hz: int) -> None:
    assert 0.0 < in_space(Kind.TIME, Space.ONE_POLE).engine_value(time_ms, rate_hz) <= 1.0


@given(time_ms=st.floats(0.0, 5000.0), rate_hz=st.sampled_from([44_100, 48_000, 192_000]))
def test_a_delay_is_whole_frames_and_within_half_a_frame(time_ms: float, rate_hz: int) -> None:
    frames = in_space(Kind.TIME, Space.FRAMES).engine_value(time_ms, rate_hz)
    assert frames == int(frames)
    assert abs(frames - time_ms * rate_hz / 1000.0) <= 0.5 + 1e-6


@pytest.mark.parametrize(
    ("kind", "space"), [(Kind.LEVEL, Space.GAIN), (Kind.FREQ, Space.PREWARPED), (Kind.TIME, Space.NUMBER)]
)
def test_a_target_without_a_space_has_that_of_its_kind(kind: Kind, space: Space) -> None:
    assert in_space(kind, None).engine_value(7.0, 48_000) == in_space(kind, space).engine_value(7.0, 48_000)


def test_only_numbers_are_numeric() -> None:
    assert all(spec.is_numeric for spec in NUMBERS)
    assert not any(spec.is_numeric for spec in (NAME, METER, LOCATE, STOP))
