"""What is armed, all at once, and what record safe keeps out."""

import pytest

from studiod.desk.armed import Armed
from studiod.desk.hub import Hub
from studiod.desk.rules import lay_rules
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.parameter import Refused
from studiod.model.registry import Registry
from tests.fakes.store import MemoryStore

LAYOUT = ConsoleLayout(4, 2, (1, 2, 0, 9), ("Kick", "", "none", "far"), ("Mix", ""), inputs=8)


@pytest.fixture
def hub() -> Hub:
    hub = Hub(Registry(console_parameters(LAYOUT)), MemoryStore(), 48_000)
    lay_rules(hub, LAYOUT)
    return hub


@pytest.fixture
def armed(hub: Hub) -> Armed:
    return Armed(hub, LAYOUT, inputs=8)


def arms(hub: Hub) -> list[str]:
    return [spec.address for spec in hub.registry.numbers if spec.address.endswith("/arm") and hub.value(spec.address)]


def test_the_files_of_a_take_say_where_they_come_from(hub: Hub, armed: Armed) -> None:
    for address in ("/strip/1/arm", "/strip/2/arm", "/bus/1/arm", "/main/arm"):
        hub.write(address, 1.0, "test")
    assert [(track.channel, track.file, track.strip) for track in armed.tracks()] == [
        (0, "strip-01-kick.wav", 0),
        (1, "strip-02.wav", 1),
        (8, "bus-01-mix.wav", None),
        (10, "main-l.wav", None),
        (11, "main-r.wav", None),
    ]


def test_a_strip_without_an_input_is_never_recorded(hub: Hub, armed: Armed) -> None:
    for strip in (3, 4):
        hub.write(f"/strip/{strip}/arm", 1.0, "test")
    assert armed.tracks() == ()


def test_arm_all_takes_every_strip_with_an_input_but_the_safe_ones(hub: Hub, armed: Armed) -> None:
    hub.write("/strip/2/recordsafe", 1.0, "test")
    armed.arm_all()
    assert arms(hub) == ["/strip/1/arm"]


def test_who_armed_last_stands_with_each_track(hub: Hub, armed: Armed) -> None:
    hub.restore([("/strip/1/arm", 1.0)], [])
    hub.write("/bus/1/arm", 1.0, "pedal")
    armed.arm_all("nanokontrol2")
    assert [track.armed_by for track in armed.tracks()] == ["", "nanokontrol2", "pedal"]
    hub.write("/strip/2/arm", 0.0, "pedal")
    hub.write("/strip/2/arm", 1.0, "pedal")
    assert [track.armed_by for track in armed.tracks()] == ["", "pedal", "pedal"]


def test_arm_none_leaves_nothing_armed(hub: Hub, armed: Armed) -> None:
    for address in ("/strip/1/arm", "/strip/4/arm", "/bus/2/arm", "/main/arm"):
        hub.write(address, 1.0, "test")
    armed.arm_none()
    assert arms(hub) == []


def test_arming_a_safe_strip_is_refused_with_the_way_out(hub: Hub) -> None:
    hub.write("/strip/2/recordsafe", 1.0, "test")
    with pytest.raises(Refused, match=r"^/strip/2/arm: the strip is record safe; .* /strip/2/recordsafe is off$"):
        hub.write("/strip/2/arm", 1.0, "test")
    hub.write("/strip/2/recordsafe", 0.0, "test")
    assert hub.write("/strip/2/arm", 1.0, "test")


def test_making_an_armed_strip_safe_disarms_it_and_no_other(hub: Hub) -> None:
    hub.write("/strip/1/arm", 1.0, "test")
    hub.write("/strip/2/arm", 1.0, "test")
    hub.write("/strip/2/recordsafe", 1.0, "test")
    assert arms(hub) == ["/strip/1/arm"]


def test_a_strip_after_trim_is_a_track_of_its_own_that_no_strip_plays(hub: Hub, armed: Armed) -> None:
    for address in ("/strip/1/arm", "/strip/1/trimmed/arm", "/strip/2/trimmed/arm", "/bus/1/arm"):
        hub.write(address, 1.0, "test")
    assert [(track.channel, track.file, track.strip, track.name, track.kind) for track in armed.tracks()] == [
        (0, "strip-01-kick.wav", 0, "Kick", "strip"),
        (12, "strip-01-kick-trimmed.wav", None, "Kick trimmed", "trimmed"),
        (13, "strip-02-trimmed.wav", None, "Strip 2 trimmed", "trimmed"),
        (8, "bus-01-mix.wav", None, "Mix", "bus"),
    ]


def test_a_strip_without_an_input_is_not_recorded_after_trim(hub: Hub, armed: Armed) -> None:
    for strip in (3, 4):
        hub.write(f"/strip/{strip}/trimmed/arm", 1.0, "test")
    assert armed.tracks() == ()


def test_each_of_a_linked_pair_is_armed_after_trim_by_itself(hub: Hub, armed: Armed) -> None:
    hub.write("/strip/1/link", 1.0, "test")
    hub.write("/strip/2/trimmed/arm", 1.0, "test")
    assert [track.file for track in armed.tracks()] == ["strip-02-trimmed.wav"]
    hub.write("/strip/1/trimmed/arm", 1.0, "test")
    assert [track.channel for track in armed.tracks()] == [12, 13]


def test_arm_all_records_inputs_and_arm_none_nothing(hub: Hub, armed: Armed) -> None:
    hub.write("/strip/2/trimmed/arm", 1.0, "test")
    armed.arm_all()
    assert arms(hub) == ["/strip/1/arm", "/strip/2/arm", "/strip/2/trimmed/arm"]
    armed.arm_none()
    assert arms(hub) == []


def test_record_safe_covers_a_strip_after_trim(hub: Hub) -> None:
    hub.write("/strip/2/trimmed/arm", 1.0, "test")
    hub.write("/strip/2/recordsafe", 1.0, "test")
    assert arms(hub) == []
    with pytest.raises(
        Refused, match=r"^/strip/2/trimmed/arm: the strip is record safe; .* /strip/2/recordsafe is off$"
    ):
        hub.write("/strip/2/trimmed/arm", 1.0, "test")
