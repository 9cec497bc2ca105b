"""Every row of the parameter table, for small and large desks."""

import re

import pytest

from studiod.model.console import MAX_BUSES, MAX_STRIPS, ConsoleLayout, console_parameters
from studiod.model.parameter import TEXT_BYTES, Flag, Kind, ParameterSpec
from studiod.model.registry import Registry

SCRIBBLE_CELLS = 7  # one strip of an MCU display
ADDRESS = re.compile(r"(/([a-z]+|[1-9][0-9]*))+")


def desk(strips: int, buses: int) -> tuple[ParameterSpec, ...]:
    return console_parameters(
        ConsoleLayout(
            strips=strips,
            buses=buses,
            strip_inputs=tuple(range(1, strips + 1)),
            strip_names=tuple(f"in {strip}" for strip in range(1, strips + 1)),
            bus_names=tuple(f"mix {bus}" for bus in range(1, buses + 1)),
        )
    )


LARGEST = desk(MAX_STRIPS, MAX_BUSES)
BY_ADDRESS = Registry(desk(3, 2))


@pytest.mark.parametrize(("strips", "buses"), [(1, 0), (2, 1), (8, 4), (MAX_STRIPS, MAX_BUSES)])
def test_each_address_is_unique(strips: int, buses: int) -> None:
    addresses = [spec.address for spec in desk(strips, buses)]
    assert len(set(addresses)) == len(addresses)


def test_addresses_are_fixed_words_and_numbers_from_one() -> None:
    assert [spec.address for spec in LARGEST if not ADDRESS.fullmatch(spec.address)] == []


def test_every_short_label_fits_a_scribble_strip() -> None:
    assert [spec.short for spec in LARGEST if not 1 <= len(spec.short) <= SCRIBBLE_CELLS] == []


def test_every_row_is_explained() -> None:
    assert [spec.address for spec in LARGEST if not (spec.label and spec.help.endswith("."))] == []


def test_every_default_passes_its_own_check() -> None:
    for spec in LARGEST:
        if spec.is_numeric:
            assert spec.check(spec.default) == spec.default


def test_every_default_is_told_apart_by_its_travel() -> None:
    for spec in LARGEST:
        if spec.is_numeric:
            assert spec.from_travel(spec.to_travel(spec.default)) == pytest.approx(spec.default)


def test_the_throw_covers_exactly_the_range() -> None:
    for spec in LARGEST:
        if spec.taper is not None:
            assert (spec.from_travel(0.0), spec.from_travel(1.0)) == (spec.low, spec.high)


def test_what_is_realtime_has_a_place_in_the_engine_and_nothing_else_has() -> None:
    for spec in LARGEST:
        assert (Flag.REALTIME in spec.flags) == (spec.engine is not None), spec.address
        assert spec.engine is None or spec.is_numeric, spec.address


def test_no_two_parameters_share_a_place_in_the_engine() -> None:
    targets = [spec.engine for spec in LARGEST if spec.engine is not None]
    assert len(set(targets)) == len(targets)


def test_engine_places_count_from_zero_where_addresses_count_from_one() -> None:
    target = BY_ADDRESS["/strip/3/send/2/level"].engine
    assert target is not None
    assert (target.control, target.index, target.sub) == ("send.level", 2, 1)


def test_choices_match_their_range() -> None:
    for spec in LARGEST:
        if spec.kind is Kind.CHOICE:
            assert (spec.low, spec.high) == (0.0, len(spec.choices) - 1)
            assert [word for word in spec.choices if word != word.lower()] == []
        else:
            assert spec.choices == ()


def test_only_numbers_have_a_taper_and_what_can_be_written_has_one() -> None:
    for spec in LARGEST:
        assert (spec.taper is not None) == spec.is_numeric, spec.address


def test_what_only_reads_is_never_kept_or_automated() -> None:
    kept = Flag.PERSISTED | Flag.IN_SCENE | Flag.AUTOMATABLE | Flag.LINKABLE
    assert [spec.address for spec in LARGEST if Flag.READ_ONLY in spec.flags and spec.flags & kept] == []


def test_meters_only_read() -> None:
    assert [s.address for s in LARGEST if s.kind is Kind.METER and Flag.READ_ONLY not in s.flags] == []


def test_no_scene_arms_or_records() -> None:
    guarded = [spec for spec in LARGEST if spec.address.endswith(("/arm", "/record"))]
    assert guarded
    assert [s.address for s in guarded if Flag.PROTECTED not in s.flags or Flag.IN_SCENE in s.flags] == []


def test_a_desk_starts_silent_in_its_sends_and_at_unity_in_its_faders() -> None:
    assert {s.default for s in LARGEST if s.address.endswith("/fader")} == {0.0}
    assert {s.text(s.default) for s in LARGEST if "/send/" in s.address and s.address.endswith("/level")} == {"-inf"}


def test_names_come_from_the_layout_and_fit_the_block() -> None:
    assert BY_ADDRESS["/strip/2/name"].default_text == "in 2"
    assert BY_ADDRESS["/bus/1/name"].default_text == "mix 1"
    assert all(len(spec.default_text.encode()) <= TEXT_BYTES for spec in LARGEST)


def test_a_desk_has_every_address_it_promises() -> None:
    strip = ("fader", "mute", "solo", "arm", "pan", "trim", "polarity", "hpf", "hpf/on", "monitor", "name")
    send = ("level", "on", "pre")
    bus = ("fader", "mute", "arm", "name")
    main = ("fader", "mute", "arm", "limiter/ceiling")
    transport = ("play", "stop", "record", "locate", "state", "position")
    promised = [
        *(f"/strip/3/{word}" for word in strip),
        *(f"/strip/3/send/2/{word}" for word in send),
        *(f"/bus/2/{word}" for word in bus),
        *(f"/main/{word}" for word in main),
        *(f"/transport/{word}" for word in transport),
        *("/meter/strip/3", "/meter/bus/2", "/meter/main"),
    ]
    assert [address for address in promised if address not in BY_ADDRESS] == []
