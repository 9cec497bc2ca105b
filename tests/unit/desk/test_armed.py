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
