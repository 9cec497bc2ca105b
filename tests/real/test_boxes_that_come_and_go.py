"""Boxes vanish in the middle of a move and come back, again and again; nothing is left behind, nobody else notices."""

import itertools
import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import mido
import psutil
import pytest
import rtmidi

from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually
from tests.real.jackd import JackServer, has_jackd, jack_server
from tests.real.remote_nano import RemoteNano, remote_nano

pytestmark = [pytest.mark.real, pytest.mark.skipif(not has_jackd(), reason="jackd2 is not installed")]
CONFIG = "osc: {zeroconf: false}\nmidi: {api: jack}\nblackbox: {on: false}\n"
EVERY_S = 0.01  # of the steady player: a hundred messages a second
BEND_STEPS = 1 << 14
CYCLE = 1024
WARM_UP = 3  # cycles in which caches fill
MOST_GROWTH_BYTES = 256 << 10  # of one process in the second half of the cycles, however many: a tenth of it is usual


@contextmanager
def steady_player() -> Iterator[None]:
    """A keyboard whose bender counts: what is lost on the way shows."""
    out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="steady")
    out.open_virtual_port("Bender")
    stopped = threading.Event()

    def play() -> None:
        for number in itertools.count():
            if stopped.wait(EVERY_S):
                return
            out.send_message([0xE0, number & 0x7F, number >> 7 & 0x7F])

    player = threading.Thread(target=play)
    player.start()
    try:
        yield
    finally:
        stopped.set()
        player.join()
        out.delete()


@contextmanager
def held_key(studio: LiveStudio, note: int) -> Iterator[None]:
    """A keyboard that is pulled out with a key down."""
    out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="pulled")
    out.open_virtual_port("Keys")
    try:
        eventually(lambda: "pulled:Keys" in str(studio.ask("/system/devices")), within_s=20)
        out.send_message([0x90, note, 100])
        studio.roll_on(4800)
        yield
    finally:
        out.delete()


@dataclass(frozen=True, slots=True)
class Weight:
    """What the processes hold on to."""

    descriptors: dict[str, int]
    threads: dict[str, int]
    bytes: dict[str, int]
    clients: list[str]

    @classmethod
    def of(cls, studio: LiveStudio, server: JackServer) -> "Weight":
        """Now."""
        pids = studio.status()["processes"]
        processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        listed = subprocess.run(["jack_lsp", "-s", server.name], capture_output=True, text=True, check=True)
        return cls(
            {name: process.num_fds() for name, process in processes.items()},
            {name: process.num_threads() for name, process in processes.items()},
            {name: process.memory_full_info().uss for name, process in processes.items()},
            sorted(line for line in listed.stdout.splitlines()),
        )


def state_of(studio: LiveStudio) -> str:
    """What `studioctl devices` says of the box."""
    surfaces = json.loads(str(studio.ask("/system/devices")[0]))["surfaces"]
    return str(surfaces[0]["state"]) if surfaces else ""


def bends_in(take: Path, name: str) -> list[int]:
    """What the counting bender said, in order."""
    messages = mido.MidiFile(take / name).tracks[0]
    return [message.pitch + BEND_STEPS // 2 for message in messages if message.type == "pitchwheel"]


def come_and_go(studio: LiveStudio, nano: RemoteNano, cycle: int) -> None:
    """One more time: pulled in the middle of a move; the desk changes; back, and painted as the desk is now."""
    strip = cycle % 7 + 1
    nano.do("unplug")
    eventually(lambda: state_of(studio) == "away", within_s=20)
    studio.send(f"/strip/{strip}/mute", 1)
    assert nano.do("plug") == set(), "it has lost its power: it shows nothing"
    nano.do("sway 8")
    nano.shows("record", "play", f"mute/{strip}")
    studio.send(f"/strip/{strip}/mute", 0)
    nano.shows("record", "play")


@pytest.mark.parametrize("cycles", [5, pytest.param(100, marks=pytest.mark.soak)])
def test_a_moving_box_comes_and_goes_and_leaves_nothing_behind(tmp_path: Path, cycles: int) -> None:
    with (
        jack_server(frames=CYCLE, waits=True) as server,
        LiveStudio(tmp_path / "library", CONFIG, environment=server.environment) as studio,
        remote_nano(server.environment) as nano,
        steady_player(),
    ):
        studio.send("/midi/1/name", "Bender")
        studio.send("/midi/1/port", "steady:*")
        studio.send("/midi/1/arm", 1)
        studio.send("/midi/2/name", "Keys")
        studio.send("/midi/2/port", "pulled:*")
        studio.send("/midi/2/arm", 1)
        nano.do("plug")
        nano.do("sway 8")
        nano.shows("stop")
        eventually(lambda: "steady:Bender" in str(studio.ask("/system/devices")), within_s=20)
        studio.send("/transport/record")
        studio.wait_for_state("recording")
        for cycle in range(WARM_UP):
            come_and_go(studio, nano, cycle)
        before, restarts = Weight.of(studio, server), studio.status()["restarts"]
        for cycle in range(cycles):
            if cycle == cycles // 2:
                middle = Weight.of(studio, server)
            come_and_go(studio, nano, cycle)
        after = Weight.of(studio, server)
        with held_key(studio, 60):
            pass
        eventually(lambda: "pulled:Keys" not in str(studio.ask("/system/devices")), within_s=20)
        studio.roll_on(48_000)
        status = studio.status()
        take = studio.stop_take()
    assert status["restarts"] == restarts
    assert (after.descriptors, after.threads) == (before.descriptors, before.threads)
    assert len(after.clients) == len(before.clients)
    growth = {name: after.bytes[name] - middle.bytes[name] for name in ("ports", "desk")}
    assert max(growth.values()) < MOST_GROWTH_BYTES
    assert (take["state"], take["gaps"]) == ("good", [])
    bends = bends_in(Path(take["path"]), "midi-01-bender.mid")
    assert len(bends) > 100
    assert [(bend - bends[0]) % BEND_STEPS for bend in bends] == [number % BEND_STEPS for number in range(len(bends))]
    keys = mido.MidiFile(Path(take["path"]) / "midi-02-keys.mid").tracks[0]
    notes = [(at, message.type) for at, message in zip(itertools.accumulate(m.time for m in keys), keys, strict=True)]
    (on,) = [at for at, kind in notes if kind == "note_on"]
    (off,) = [at for at, kind in notes if kind == "note_off"]
    (end,) = [at for at, kind in notes if kind == "end_of_track"]
    assert on < off < end, "let go when it was pulled, not when the take ended"
