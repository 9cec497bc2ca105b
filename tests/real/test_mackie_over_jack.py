"""The whole studio with Mackie Controls on real MIDI ports: greeted, obeyed, driven, pulled, painted anew."""

import json
from pathlib import Path
from typing import Any

import pytest

from studiod.surfaces.mackie.words import TOP
from tests.fakes.box_process import BoxProcess, box_process
from tests.fakes.live_studio import LiveStudio
from tests.fakes.sim_terminal import SimTerminal
from tests.helpers import eventually
from tests.real.jackd import has_jackd, jack_server

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not has_jackd(), reason="jackd2 is not installed"),
]
STRIPS = 24
BOX = "tests.fakes.mcu_process"
DESK = f"desk: {{strips: [{', '.join(f'{{name: S{strip}}}' for strip in range(1, STRIPS + 1))}]}}\n"
CONFIG = "osc: {zeroconf: false}\nmidi: {api: jack}\n" + DESK
ZERO_DB = round(0.75 * TOP)
PAN_CENTRE = 0x56  # from the middle, at the middle, and the lamp under it
UP = "\x1b[A"


def surfaces(studio: LiveStudio) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(str(studio.ask("/system/devices")[0]))["surfaces"]
    return found


def names(first: int) -> list[str]:
    return [f"S{strip}" for strip in range(first, first + 8)]


def plug(box: BoxProcess, first: int = 1) -> None:
    """Plug it in, and wait until its names are painted."""
    box.do("plug")
    box.shows(lambda seen: seen["names"] == names(first))


def bank(box: BoxProcess, way: str, first: int) -> None:
    box.until(f"press bank/{way}", lambda: bool(box.do("look")["names"] == names(first)))


def move(box: BoxProcess, studio: LiveStudio, strip: int, fader: int, position: int) -> None:
    """Push a fader, touched; until the desk has it."""
    before = studio.ask(f"/strip/{strip}/fader")
    box.do(f"touch {fader}")
    box.until(f"move {fader} {position}", lambda: studio.ask(f"/strip/{strip}/fader") != before)


def test_a_mackie_control_is_greeted_obeyed_driven_and_painted_anew_when_it_returns(tmp_path: Path) -> None:
    with jack_server() as server, LiveStudio(tmp_path / "library", CONFIG, environment=server.environment) as studio:
        with box_process(server.environment, BOX, "mcu") as mcu:
            plug(mcu)
            mcu.shows(lambda seen: seen["faders"] == [ZERO_DB] * 9 and {"stop", "pan"} <= set(seen["lit"]))
            assert surfaces(studio)[0]["note"] == ""

            move(mcu, studio, 3, 3, 4000)
            studio.send("/strip/3/fader", 10.0)
            studio.send("/strip/4/fader", 10.0)
            assert mcu.shows(lambda seen: seen["faders"][3] == TOP)["faders"][2] == 4000
            held = studio.ask("/strip/3/fader")
            assert held != (10.0,), "nobody else moves what a finger rests on"

            def is_moved_by_others() -> bool:
                studio.send("/strip/3/fader", 10.0)
                return bool(mcu.do("look")["faders"][2] == TOP)

            mcu.until("release 3", is_moved_by_others)

            bank(mcu, "right", 9)
            studio.send("/strip/1/fader", -60.0)
            studio.send("/strip/9/fader", 10.0)
            studio.send("/strip/2/mute", 1)
            mcu.shows(lambda seen: seen["faders"][0] == TOP)
            bank(mcu, "left", 1)
            mcu.shows(lambda seen: "mute/2" in seen["lit"] and seen["faders"][0] < ZERO_DB)
        eventually(lambda: surfaces(studio)[0]["state"] == "away", within_s=10)
        studio.send("/strip/1/fader", 10.0)
        studio.send("/strip/2/mute", 0)
        studio.send("/strip/7/solo", 1)
        with box_process(server.environment, BOX, "mcu") as mcu:
            plug(mcu)
            mcu.shows(lambda seen: "solo/7" in seen["lit"] and seen["faders"][0] == TOP)
            seen = mcu.shows(lambda seen: seen["rings"] == [PAN_CENTRE] * 8)
            assert "mute/2" not in seen["lit"]
        assert studio.status()["restarts"] == {"engine": 0, "tape": 0, "desk": 0, "ports": 0}


def test_a_desk_that_is_killed_is_followed_by_one_that_paints_every_box_and_lets_go_of_no_value(tmp_path: Path) -> None:
    with (
        jack_server() as server,
        LiveStudio(tmp_path / "library", CONFIG, environment=server.environment) as studio,
        box_process(server.environment, BOX, "logic") as logic,
    ):
        plug(logic)
        move(logic, studio, 2, 2, 1600)
        logic.do("release 2")
        studio.send("/strip/5/arm", 1)
        logic.shows(lambda seen: "rec/5" in seen["lit"])
        value = studio.ask("/strip/2/fader")
        pid = studio.kill("desk")
        logic.do("off-on")
        studio.wait_for_other("desk", pid)
        logic.shows(lambda seen: seen["names"] == names(1) and {"rec/5", "stop"} <= set(seen["lit"]))
        logic.shows(lambda seen: seen["assignment"] == "PN" and seen["rings"] == [PAN_CENTRE] * 8)
        logic.shows(lambda seen: [seen["faders"][place] >> 4 for place in (0, 1)] == [ZERO_DB >> 4, 100])
        assert studio.ask("/strip/2/fader") == value


def test_extenders_stand_where_the_configuration_says_whatever_came_first(tmp_path: Path) -> None:
    order = "surfaces: {order: [x-touch-extender-2, x-touch, x-touch-extender]}\n"
    with (
        jack_server() as server,
        LiveStudio(tmp_path / "library", CONFIG + order, environment=server.environment) as studio,
        box_process(server.environment, BOX, "extender", "A") as first,
        box_process(server.environment, BOX, "x-touch") as main,
        box_process(server.environment, BOX, "extender", "B") as second,
    ):
        plug(first)
        plug(main)
        first.shows(lambda seen: seen["names"] == names(9))
        plug(second)
        main.shows(lambda seen: seen["names"] == names(9))
        first.shows(lambda seen: seen["names"] == names(17))
        move(first, studio, 24, 8, TOP)
        assert studio.ask("/strip/24/fader") == (10.0,)


def test_the_surface_in_the_terminal_shows_the_studio_and_works_it(tmp_path: Path) -> None:
    with (
        jack_server() as server,
        LiveStudio(tmp_path / "library", CONFIG, environment=server.environment) as studio,
        SimTerminal("x-touch", "--api", "jack", environment=server.environment) as sim,
    ):
        eventually(lambda: any("S1     S2     S3" in line for line in sim.screen), within_s=20)
        eventually(lambda: any("STOP" in line for line in sim.screen), within_s=20)
        sim.type("3" + UP * 40)
        eventually(lambda: studio.ask("/strip/3/fader") == (10.0,), within_s=10)
        eventually(lambda: any("hand" in line for line in sim.screen), within_s=10)
        assert sum("[==]" in line for line in sim.screen) == 2, "one is at the top, the others where they were"
        studio.send("/strip/2/mute", 1)
        eventually(lambda: any("mut    MUT    mut" in line for line in sim.screen), within_s=10)
