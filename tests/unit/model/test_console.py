"""Every row of the parameter table, for small and large desks."""

import re

import pytest

from studiod.model.console import MAX_BUSES, MAX_MATRICES, MAX_STRIPS, ConsoleLayout, console_parameters
from studiod.model.parameter import TEXT_BYTES, Flag, Kind, ParameterSpec
from studiod.model.registry import Registry

SCRIBBLE_CELLS = 7  # one strip of an MCU display
ADDRESS = re.compile(r"(/([a-z]+|[1-9][0-9]*))+")


def desk(
    strips: int, buses: int, matrices: int = 0, roles: tuple[str, ...] = (), *, has_monitor: bool = False
) -> tuple[ParameterSpec, ...]:
    return console_parameters(
        ConsoleLayout(
            strips=strips,
            buses=buses,
            strip_inputs=tuple(range(1, strips + 1)),
            strip_names=tuple(f"in {strip}" for strip in range(1, strips + 1)),
            bus_names=tuple(f"mix {bus}" for bus in range(1, buses + 1)),
            bus_roles=roles,
            matrix_names=tuple(f"hall {matrix}" for matrix in range(1, matrices + 1)),
            inputs=32,
            outputs=16,
            has_monitor=has_monitor,
        )
    )


LARGEST = desk(MAX_STRIPS, MAX_BUSES, MAX_MATRICES)
BY_ADDRESS = Registry(desk(4, 3, 2))


@pytest.mark.parametrize(
    ("strips", "buses", "matrices"), [(1, 0, 0), (2, 1, 1), (8, 4, 0), (MAX_STRIPS, MAX_BUSES, MAX_MATRICES)]
)
def test_each_address_is_unique(strips: int, buses: int, matrices: int) -> None:
    addresses = [spec.address for spec in desk(strips, buses, matrices)]
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
    band = BY_ADDRESS["/strip/4/eq/3/gain"].engine
    assert band is not None
    assert (band.control, band.index, band.sub) == ("eq.gain", 3, 2)


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
    guarded = [spec for spec in LARGEST if spec.address.endswith(("/arm", "/arm/all", "/record", "/transport/punch"))]
    assert guarded
    assert [s.address for s in guarded if Flag.PROTECTED not in s.flags or Flag.IN_SCENE in s.flags] == []


def test_a_desk_starts_silent_in_its_sends_and_at_unity_in_its_faders() -> None:
    assert {s.default for s in LARGEST if s.address.endswith("/fader")} == {0.0}
    sends = [s for s in LARGEST if re.search(r"/(send|matrix)/\d+/level$", s.address)]
    assert {s.text(s.default) for s in sends} == {"-inf"}


def test_a_desk_starts_with_nothing_in_the_way_of_the_sound() -> None:
    switches = [s for s in LARGEST if s.address.endswith(("/eq/on", "/gate/on", "/comp/on", "/delay/on", "/insert/on"))]
    assert len(switches) == 5 * MAX_STRIPS + 3 * (MAX_BUSES + MAX_MATRICES + 2)
    assert {s.default for s in switches} == {0.0}
    assert {s.default for s in LARGEST if s.address.endswith(("/mute", "/link", "/polarity", "/hpf/on"))} == {0.0}


def test_what_a_person_sees_of_a_group_is_not_what_two_of_a_pair_share() -> None:
    own = (
        "/link",
        "/arm",
        "/recordsafe",
        "/polarity",
        "/name",
        "/source",
        "/direct/output",
        "/insert/output",
        "/insert/input",
    )
    assert [s.address for s in LARGEST if s.address.endswith(own) and Flag.LINKABLE in s.flags] == []
    shared = ("/fader", "/mute", "/solo", "/pan", "/trim", "/gate/threshold", "/eq/2/gain", "/send/2/tap", "/vca/1")
    assert [address for word in shared if Flag.LINKABLE not in BY_ADDRESS[address := f"/strip/1{word}"].flags] == []


def test_solo_and_what_is_pressed_for_a_moment_are_not_kept() -> None:
    moment = [
        s
        for s in LARGEST
        if s.address.endswith("/solo") or s.address in {"/talkback/on", "/oscillator/on", "/monitor/dim"}
    ]
    assert len(moment) == MAX_STRIPS + MAX_BUSES + 3
    assert [s.address for s in moment if Flag.PERSISTED in s.flags or Flag.IN_SCENE in s.flags] == []


def test_only_the_first_of_two_neighbours_has_a_link() -> None:
    links = [spec.address for spec in desk(5, 4, 3) if spec.address.endswith("/link")]
    assert links == ["/strip/1/link", "/strip/3/link", "/bus/1/link", "/bus/3/link", "/matrix/1/link"]


def test_no_bus_sends_to_itself() -> None:
    assert "/bus/2/send/2/level" not in BY_ADDRESS
    assert "/bus/2/send/3/level" in BY_ADDRESS


@pytest.mark.parametrize(("role", "is_on_main"), [("aux", 0.0), ("group", 1.0), ("fx", 1.0)])
def test_groups_and_effects_play_into_main_and_monitor_mixes_do_not(role: str, is_on_main: float) -> None:
    table = Registry(desk(1, 2, roles=("aux", role)))
    assert table["/bus/2/role"].text(table["/bus/2/role"].default) == role
    assert table["/bus/2/main/on"].default == is_on_main
    assert table["/bus/1/main/on"].default == 0.0


@pytest.mark.parametrize(("has_monitor", "mode"), [(True, "pfl"), (False, "sip")])
def test_solo_is_heard_in_the_monitor_section_where_there_is_one(has_monitor: bool, mode: str) -> None:  # noqa: FBT001
    spec = Registry(desk(1, 1, has_monitor=has_monitor))["/solo/mode"]
    assert spec.text(spec.default) == mode


def test_loudness_of_main_is_measured_until_someone_switches_it_off_and_no_scene_does() -> None:
    switch = BY_ADDRESS["/loudness/on"]
    assert (switch.kind, switch.default) == (Kind.TOGGLE, 1.0)
    assert switch.engine is not None
    assert switch.engine.control == "loudness.on"
    assert Flag.PERSISTED in switch.flags
    assert Flag.IN_SCENE not in switch.flags


def test_patches_know_every_output_and_input_of_the_device() -> None:
    assert BY_ADDRESS["/strip/1/direct/output"].choices == ("off", *map(str, range(1, 17)))
    assert BY_ADDRESS["/strip/1/insert/input"].choices == ("off", *map(str, range(1, 33)))
    assert BY_ADDRESS["/strip/1/source"].choices == ("input", "oscillator", "click", "bus:1", "bus:2", "bus:3")
    assert BY_ADDRESS["/bus/1/comp/key"].choices == ("self", "strip:1", "strip:2", "strip:3", "strip:4")


def test_names_come_from_the_layout_and_fit_the_block() -> None:
    assert BY_ADDRESS["/strip/2/name"].default_text == "in 2"
    assert BY_ADDRESS["/bus/1/name"].default_text == "mix 1"
    assert all(len(spec.default_text.encode()) <= TEXT_BYTES for spec in LARGEST)


def words(text: str) -> list[str]:
    return text.split()


def promised() -> list[str]:
    """Every address of the console, written out."""
    comp = [
        f"comp/{word}" for word in words("on mode detector threshold ratio knee attack hold release makeup mix key")
    ]
    gate = [f"gate/{word}" for word in words("on mode threshold range ratio attack hold release key")]
    gate += [f"gate/key/{word}" for word in ("filter", "freq", "q")]
    delay = ["delay", "delay/on"]
    groups = [*(f"vca/{vca}" for vca in range(1, 9)), *(f"mutegroup/{group}" for group in range(1, 7))]
    to_matrix = [f"matrix/{matrix}/{word}" for matrix in (1, 2) for word in ("level", "on")]
    send = [f"send/3/{word}" for word in ("level", "on", "tap", "pan")]
    strip = words(
        "fader mute solo solo/safe arm recordsafe pan pan/law trim polarity source hpf hpf/on hpf/slope monitor"
    )
    strip += words("main/on mono/on direct/output direct/tap link name trimmed/arm")
    strip += [f"insert/{word}" for word in ("on", "output", "input", "latency")]
    strip += [*gate, *equaliser(4), *comp, *delay, *groups, *send]
    chain = [*equaliser(6), *comp, *delay]
    bus = [
        *words("fader mute solo arm name role pan pan/law main/on mono/on link"),
        *chain,
        *groups,
        *send,
        *to_matrix,
    ]
    main = ["fader", "mute", "balance", "width", "arm", "limiter/on", "limiter/ceiling", *chain, *to_matrix]
    into = ["main", "bus/1", "bus/3"]
    desk_wide = {
        "strip/3": strip,
        "bus/1": bus,
        "matrix/1": ["fader", "mute", "name", "link", *chain, *groups],
        "main": main,
        "mono": ["fader", "mute", *chain, *to_matrix],
        "vca/8": ["fader", "mute", "name"],
        "mutegroup/6": ["on", "name"],
        "mute": ["fx"],
        "monitor": ["source", "level", "dim", "dim/level", "mono", "mute"],
        "solo": ["mode", "level", "clear"],
        "talkback": ["on", "level", "autodim", *into],
        "oscillator": ["on", "shape", "freq", "level", *into],
        "click": ["on", "free", "tempo", "beats", "subdivision", "accent", "level", *into],
        "loudness": ["on", "source", "reset"],
        "transport": words(
            "play stop toggle record punch locate rollback discard undo state phase position rolled point tally"
        )
        + words("preroll countin soundonsound rehearse"),
        "loop": ["on", "start", "end", "active"],
        "punch": ["on", "in", "out"],
        "arm": ["all", "none"],
        "blackbox": ["keep"],
        "take": ["state"],
        "tape": ["alarm"],
        "marker": ["add", "next", "previous", "locate", "delete"],
        "section": ["locate", "loop", "delete"],
        "sync": words("chase locked state source rate position tempo drift offset"),
        "meter": ["strip/4", "bus/3", "matrix/2", "main", "mono", "loudness", "loudness/source"],
    }
    return ["/soundcheck", *(f"/{place}/{word}" for place, own in desk_wide.items() for word in own)]


def equaliser(bands: int) -> list[str]:
    own = words("type freq gain q on")
    return ["eq/on", *(f"eq/{band}/{word}" for band in range(1, bands + 1) for word in own)]


@pytest.mark.parametrize("address", promised())
def test_a_desk_has_every_address_it_promises(address: str) -> None:
    assert address in BY_ADDRESS


def test_a_desk_has_no_address_that_is_not_promised() -> None:
    def folded(address: str) -> str:
        return re.sub(r"/\d+", "/n", address)

    assert {folded(spec.address) for spec in BY_ADDRESS} == {folded(address) for address in promised()}


@pytest.mark.parametrize(
    ("address", "low", "high"),
    [
        ("/strip/1/trim", -24.0, 24.0),
        ("/strip/1/hpf", 20.0, 400.0),
        ("/strip/1/delay", 0.0, 500.0),
        ("/strip/1/fader", float("-inf"), 10.0),
        ("/bus/1/delay", 0.0, 500.0),
    ],
)
def test_ranges_are_those_of_the_console(address: str, low: float, high: float) -> None:
    assert (BY_ADDRESS[address].low, BY_ADDRESS[address].high) == (low, high)


def test_every_shape_of_filter_and_every_job_of_dynamics_can_be_chosen() -> None:
    assert BY_ADDRESS["/strip/1/eq/2/type"].choices == ("lowcut", "lowshelf", "bell", "highshelf", "highcut", "notch")
    assert BY_ADDRESS["/strip/1/hpf/slope"].choices == ("12", "18", "24")
    assert BY_ADDRESS["/strip/1/gate/mode"].choices == ("gate", "expander", "ducker")
    assert BY_ADDRESS["/strip/1/comp/detector"].choices == ("peak", "rms")
    assert BY_ADDRESS["/solo/mode"].choices == ("pfl", "afl", "sip")
    assert BY_ADDRESS["/oscillator/shape"].choices == ("sine", "pink", "white", "sweep")
    assert BY_ADDRESS["/strip/1/send/1/tap"].choices == ("post", "pre", "eq")
