"""The whole studio with a nanoKONTROL2 on real MIDI ports: plugged in while it runs, obeyed, lit, pulled, lit again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.box_process import BoxProcess, box_process
from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually
from tests.real.jackd import has_jackd, jack_server

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not has_jackd(), reason="jackd2 is not installed"),
]
CONFIG = "osc: {zeroconf: false}\nmidi: {api: jack}\n"


@contextmanager
def box(environment: dict[str, str]) -> Iterator["Box"]:
    with box_process(environment, "tests.fakes.nanokontrol2") as process:
        yield Box(process)


class Box:
    """The software nanoKONTROL2 in a process of its own."""

    def __init__(self, process: BoxProcess) -> None:
        self._process = process
        self.do = process.do

    def shows(self, *lit: str) -> None:
        """Wait until exactly these are lit."""
        self._process.shows(lambda seen: set(seen["lit"]) == set(lit))


def surface_state(studio: LiveStudio) -> str:
    """What `studioctl devices` says of the box."""
    surfaces = json.loads(str(studio.ask("/system/devices")[0]))["surfaces"]
    return str(surfaces[0]["state"]) if surfaces else ""


def test_a_box_plugged_in_later_steers_shows_the_truth_and_is_repainted_when_it_returns(tmp_path: Path) -> None:
    with jack_server() as server, LiveStudio(tmp_path / "library", CONFIG, environment=server.environment) as studio:
        with box(server.environment) as nano:
            nano.do("plug")
            nano.shows("stop")
            studio.send("/strip/2/mute", 1)
            nano.shows("stop", "mute/2")
            nano.do("press arm/1")
            eventually(lambda: studio.ask("/strip/1/arm") == (1,), within_s=5)
            nano.shows("stop", "mute/2", "arm/1")
            nano.do("press record")
            studio.wait_for_state("recording")
            nano.do("press stop")
            studio.wait_for_state("stopped")
        # the process ends: JACK takes the box's ports away as a pulled cable would
        eventually(lambda: surface_state(studio) == "away", within_s=10)
        studio.send("/strip/2/mute", 0)
        studio.send("/strip/5/solo", 1)
        with box(server.environment) as nano:
            nano.do("plug")
            nano.shows("stop", "arm/1", "solo/5")
        assert studio.status()["restarts"] == {"engine": 0, "tape": 0, "desk": 0, "ports": 0}


def test_a_ports_process_that_is_killed_comes_back_with_every_box_repainted_and_no_frame_lost(tmp_path: Path) -> None:
    with jack_server() as server, LiveStudio(tmp_path / "library", CONFIG, environment=server.environment) as studio:
        with box(server.environment) as nano:
            nano.do("plug")
            nano.shows("stop")
            studio.record(1)
            nano.shows("record", "play", "arm/1")
            pid = studio.kill("ports")
            studio.send("/strip/3/mute", 1)
            studio.wait_for_other("ports", pid)
            nano.shows("record", "play", "arm/1", "mute/3")

            def fader_is_heard() -> bool:
                """JACK drops what is said while it takes in a client: a hand would push again, too."""
                for byte in (0, 127):
                    nano.do(f"fader 1 {byte}")
                return studio.ask("/strip/1/fader") == (10.0,)

            eventually(fader_is_heard, within_s=20)
            take = studio.stop_take()
        assert (take["state"], take["gaps"]) == ("good", [])
        assert studio.status()["restarts"] == {"engine": 0, "tape": 0, "desk": 0, "ports": 1}
