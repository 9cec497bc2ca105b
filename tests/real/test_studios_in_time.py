"""Two studios on one MIDI cable over JACK: one leads by timecode and machine control, or by clock."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually
from tests.real.jackd import has_jackd, jack_server

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not has_jackd(), reason="jackd2 is not installed"),
]
PLAIN = "osc: {zeroconf: false}\nsurfaces: {enable: false}\nmidi: {api: jack}\ntape: {pre_record_s: 0}\n"
NEAR_S = 0.5  # positions are asked for one after the other, over the network


@contextmanager
def cable(environment: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.fakes.midi_cable"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=os.environ | environment, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "laid\n"
        try:
            yield
        finally:
            process.kill()


@contextmanager
def pair(folder: Path, sends: str, receives: str) -> Iterator[tuple[LiveStudio, LiveStudio]]:
    """A studio that leads and one that follows, both at the ends of the cable."""
    with jack_server() as server, cable(server.environment):
        lead = LiveStudio(folder / "lead", f"{PLAIN}sync: {sends}\n", environment=server.environment)
        follow = LiveStudio(folder / "follow", f"{PLAIN}sync: {receives}\n", environment=server.environment)
        with lead, follow:
            eventually(lambda: states(lead) == states(follow) == ["connected"], within_s=20)
            yield lead, follow


def states(studio: LiveStudio) -> list[str]:
    sync = studio.status()["sync"]  # None until it has begun
    return [port["state"] for port in sync["ports"]] if sync else []


def seconds(studio: LiveStudio) -> float:
    return float(str(studio.ask("/transport/position")[0]))


def test_timecode_takes_the_other_along_and_machine_control_records_there(tmp_path: Path) -> None:
    sends = '{start: "01:00:00", ports: [{port: "cable*", send: [mtc, mmc], rate: 30}]}'
    receives = '{start: "01:00:00", ports: [{port: "cable*", receive: [mtc, mmc], leads: true}]}'
    with pair(tmp_path, sends, receives) as (lead, follow):
        lead.send("/transport/locate", 42.0)
        eventually(lambda: seconds(follow) == pytest.approx(42.0, abs=0.05), within_s=20)
        lead.send("/transport/play")
        follow.wait_for_state("playing")
        eventually(lambda: follow.ask("/sync/locked") == (1,), within_s=20)
        status = follow.status()["sync"]
        assert (status["source"], status["rate"], status["state"]) == ("mtc", "30", "locked")
        assert seconds(follow) == pytest.approx(seconds(lead), abs=NEAR_S)
        eventually(lambda: follow.status()["sync"]["drift_ppm"] is not None, within_s=20)
        lead.send("/strip/1/arm", 1)
        eventually(lambda: follow.ask("/strip/1/arm") == (1,), within_s=20)
        lead.send("/transport/record")
        follow.wait_for_state("recording")
        lead.roll_on(24_000)
        lead.send("/transport/stop")
        follow.wait_for_state("stopped")
        eventually(lambda: [take["state"] for take in follow.takes()] == ["good"], within_s=20)
        eventually(lambda: follow.ask("/sync/state") == ("stopped",), within_s=20)


def test_a_clock_gives_tempo_start_and_stop_and_a_studio_that_is_killed_ends_no_take(tmp_path: Path) -> None:
    sends = '{ports: [{port: "cable*", send: [clock, position]}]}'
    receives = '{freewheel_s: 0.5, ports: [{port: "cable*", receive: [clock, position], leads: true}]}'
    with pair(tmp_path, sends, receives) as (lead, follow):
        lead.send("/click/tempo", 97.0)
        eventually(lambda: follow.ask("/click/tempo")[0] == pytest.approx(97.0, abs=0.15), within_s=30)
        lead.send("/transport/play")
        follow.wait_for_state("playing")
        eventually(lambda: follow.ask("/sync/state") == ("locked",), within_s=20)
        assert seconds(follow) == pytest.approx(seconds(lead), abs=NEAR_S)
        lead.send("/transport/stop")
        follow.wait_for_state("stopped")
        lead.send("/transport/play")
        follow.wait_for_state("playing")
        follow.record(1)
        lead.kill_everything()
        eventually(lambda: follow.ask("/sync/state") == ("lost",), within_s=20)
        follow.roll_on(24_000)
        assert follow.ask("/transport/state") == ("recording",)
        assert follow.stop_take()["state"] == "good"
