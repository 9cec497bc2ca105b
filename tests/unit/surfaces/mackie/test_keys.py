"""The keys a desk has once, worked on a box."""

import pytest

from studiod.model.transport import TransportPhase, TransportState
from studiod.surfaces.mackie.facts import KeyAct
from studiod.surfaces.mackie.keys import JOG_S, NO_AUTOMATION, NO_MEANING, SCRUB_S
from studiod.surfaces.mackie.words import Lamp
from studiod.surfaces.winding import LOCATE_EVERY_S, WIND_EVERY_S, WIND_S
from tests.fakes.mcu import Plugged, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage(strips=20)


@pytest.fixture
def unit(stage: Stage) -> Plugged:
    return stage.box()


@pytest.mark.parametrize(
    ("key", "fired"),
    [
        ("play", ("/transport/play", ())),
        ("stop", ("/transport/stop", ())),
        ("record", ("/transport/record", ())),
        ("undo", ("/transport/undo", ())),
        ("solo", ("/solo/clear", ())),
        ("foot/a", ("/transport/punch", ())),
        ("foot/b", ("/marker/add", ())),
        ("f3", ("/marker/locate", (3.0,))),
        ("marker", ("/marker/add", ())),
    ],
)
def test_keys_fire_what_they_say(stage: Stage, unit: Plugged, key: str, fired: tuple[str, tuple[float, ...]]) -> None:
    unit.box.press(key)
    assert stage.fired == [fired]


@pytest.mark.parametrize(
    ("key", "address"),
    [("cycle", "/loop/on"), ("drop", "/punch/on"), ("click", "/click/on"), ("replace", "/transport/rehearse")],
)
def test_keys_flip_switches_and_light(stage: Stage, unit: Plugged, key: str, address: str) -> None:
    unit.box.press(key)
    stage.run(0.05)
    assert stage.hub.value(address) == 1.0
    assert unit.box.lamps[key] is Lamp.ON
    stage.hub.write(address, 0.0, "tablet")
    stage.run(0.05)
    assert unit.box.lamps[key] is Lamp.OFF


@pytest.mark.parametrize("key", ["read", "write", "trim", "touch", "latch", "group", "save", "zoom", "view/midi"])
def test_keys_for_what_the_desk_does_not_have_are_dark_and_say_so(stage: Stage, unit: Plugged, key: str) -> None:
    unit.box.press(key)
    stage.run(0.1)
    assert stage.fired == []
    assert key not in unit.box.lit
    is_automation = key in {"read", "write", "trim", "touch", "latch"}
    assert unit.box.line(0).strip() == (NO_AUTOMATION if is_automation else NO_MEANING.format(key=key))


@pytest.mark.parametrize("key", ["shift", "option", "control", "alt", "marker", "nudge", "play", "eq", "flip", "f1"])
def test_keys_that_mean_something_say_nothing(stage: Stage, unit: Plugged, key: str) -> None:
    unit.box.hold(key)
    stage.run(0.1)
    assert "free" not in unit.box.line(0)


def test_transport_lamps_tell_the_state(stage: Stage, unit: Plugged) -> None:
    stage.hub.publish("/transport/state", TransportState.RECORDING)
    stage.run(0.05)
    assert {"play", "record"} <= unit.box.lit
    assert "stop" not in unit.box.lit
    stage.hub.publish("/transport/state", TransportState.PLAYING)
    stage.hub.publish("/transport/phase", TransportPhase.WAITING)
    stage.run(0.05)
    assert unit.box.lamps["record"] is Lamp.FLASH
    assert unit.box.lamps["play"] is Lamp.ON


def test_a_rude_solo_is_told(stage: Stage, unit: Plugged) -> None:
    stage.hub.write("/strip/17/solo", 1.0, "tablet")
    stage.run(0.05)
    assert {"rude-solo", "solo"} <= unit.box.lit
    stage.hub.write("/strip/17/solo", 0.0, "tablet")
    stage.run(0.05)
    assert not {"rude-solo", "solo"} & unit.box.lit


def test_marker_and_wind_go_from_marker_to_marker_and_set_none(stage: Stage, unit: Plugged) -> None:
    unit.box.hold("marker")
    unit.box.press("forward")
    unit.box.press("rewind")
    unit.box.let_go("marker")
    assert stage.fired == [("/marker/next", ()), ("/marker/previous", ())]


def test_a_held_wind_key_winds_until_it_is_let_go(stage: Stage, unit: Plugged) -> None:
    stage.position_s = 10.0
    unit.box.hold("forward")
    stage.run(WIND_EVERY_S * 2.5)
    assert "forward" in unit.box.lit
    unit.box.let_go("forward")
    stage.run(1.0)
    assert [target for _, (target,) in stage.fired] == pytest.approx([10 + WIND_S * n for n in (1, 2, 3)])
    assert "forward" not in unit.box.lit


def test_winding_back_ends_at_the_beginning(stage: Stage, unit: Plugged) -> None:
    stage.position_s = 1.0
    unit.box.press("rewind")
    assert stage.fired == [("/transport/locate", (0.0,))]


def test_a_wheel_is_gathered_and_loses_no_tick(stage: Stage, unit: Plugged) -> None:
    stage.position_s = 100.0
    for _ in range(200):
        unit.box.jog(1)
        stage.run(0.001)
    stage.run(0.2)
    assert stage.fired[-1][1][0] == pytest.approx(100.0 + 200 * JOG_S)
    assert len(stage.fired) <= 0.2 / LOCATE_EVERY_S + 2


def test_scrub_makes_the_wheel_fine(stage: Stage, unit: Plugged) -> None:
    unit.box.press("scrub")
    unit.box.jog(3)
    stage.run(0.05)
    assert [target for _, (target,) in stage.fired] == pytest.approx([3 * SCRUB_S])
    assert "scrub" in unit.box.lit


def test_pulled_out_while_winding_it_stops(stage: Stage, unit: Plugged) -> None:
    unit.box.hold("forward")
    unit.unplug()
    fired = list(stage.fired)
    unit.plug()
    stage.run(1.0)
    assert stage.fired == fired


def test_time_and_bars_are_shown(stage: Stage, unit: Plugged) -> None:
    stage.position_s = 3723.004
    stage.run(0.1)
    assert unit.box.time == "  1.02.03.004"
    assert {"smpte", "beats"} & unit.box.lit == {"smpte"}
    unit.box.press("smpte-beats")
    stage.position_s = 2.5
    stage.run(0.1)
    assert unit.box.time == "  2. 2. 1.000"
    assert {"smpte", "beats"} & unit.box.lit == {"beats"}


def test_only_digits_that_changed_are_sent(stage: Stage, unit: Plugged) -> None:
    stage.run(0.1)
    unit.sent.clear()
    stage.position_s = 0.001
    stage.run(0.1)
    assert [message for _, message in unit.sent] == [b"\xb0\x40\x31"]


def test_while_nobody_knows_the_position_the_display_is_dark_and_the_wheel_does_nothing(
    stage: Stage, unit: Plugged
) -> None:
    stage.hub.on_meter("/transport/position", lambda: ())
    stage.run(0.1)
    assert unit.box.time.strip() == ""
    unit.box.jog(1)
    stage.run(0.1)
    assert stage.fired == []


def test_a_file_gives_keys_another_meaning(stage: Stage, unit: Plugged) -> None:
    unit.surface.facts.keys.update(  # type: ignore[attr-defined] # a test's own copy
        {"f1": KeyAct("/monitor/dim", is_toggle=True), "save": KeyAct("/arm/all", is_toggle=False)}
    )
    unit.box.press("f1")
    unit.box.press("save")
    stage.run(0.05)
    assert stage.hub.value("/monitor/dim") == 1.0
    assert stage.fired == [("/arm/all", ())]
    assert unit.box.lamps["f1"] is Lamp.ON
