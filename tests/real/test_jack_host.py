"""The native JACK client over a real jackd: ports, sound both ways, and a server that dies and comes back."""

import subprocess
import time
from collections.abc import Iterator

import numpy as np
import pytest

from studiod.link import Gap, Operation
from tests.fakes.desk_rig import Rig
from tests.helpers import eventually
from tests.real.jackd import JackServer, has_jackd, jack_server
from tests.unit.engine.playing import Tape

pytestmark = [pytest.mark.real, pytest.mark.skipif(not has_jackd(), reason="jackd is not installed")]
CYCLE, CHANNELS, RATE_HZ = 128, 2, 48_000
NAME = "studiod-test"
BUSES = 2


@pytest.fixture(scope="module")
def server() -> Iterator[JackServer]:
    with jack_server(RATE_HZ, CYCLE, CHANNELS) as server:
        yield server


@pytest.fixture
def rig() -> Iterator[Rig]:
    with Rig.make(3, BUSES, block_frames=64, outputs=4) as rig:
        for strip in (1, 2, 3):
            rig.set(f"/strip/{strip}/pan", -1.0)
        yield rig
        rig.engine.stop()


def play(rig: Rig, frames: int) -> None:
    until = rig.block.snapshot().frame + frames
    eventually(lambda: rig.block.snapshot().frame >= until)


def start(rig: Rig, *, connect: bool = True) -> None:
    _, _, captures, playbacks = rig.engine.open_jack(NAME, None)
    rig.engine.start_jack(CHANNELS, CHANNELS, captures if connect else [], playbacks if connect else [])
    play(rig, CYCLE)


def device_lost(rig: Rig) -> list[Gap]:
    """Gaps of a device that is gone; on a busy machine jackd itself drops frames now and then."""
    return [gap for gap in rig.block.gaps() if gap.cause == "device lost"]


def connections(server: JackServer) -> dict[str, list[str]]:
    """Ports of the server and what each is connected to."""
    listed = subprocess.run(["jack_lsp", "-s", server.name, "-c"], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = {}
    port = ""
    for line in listed.stdout.splitlines():
        if line.startswith(" "):
            found[port].append(line.strip())
        else:
            port = line.strip()
            found[port] = []
    return found


@pytest.mark.usefixtures("server")
def test_the_server_is_seen_as_it_is(rig: Rig) -> None:
    rate_hz, cycle, captures, playbacks = rig.engine.open_jack(NAME, None)
    assert (rate_hz, cycle) == (RATE_HZ, CYCLE)
    assert captures == ["system:capture_1", "system:capture_2"]
    assert playbacks == ["system:playback_1", "system:playback_2"]


def test_a_server_is_found_by_its_name(rig: Rig, server: JackServer) -> None:
    assert rig.engine.open_jack(NAME, server.name)[0] == RATE_HZ


@pytest.mark.parametrize("connect", [True, False])
def test_ports_have_steady_names_and_are_connected_as_asked(rig: Rig, server: JackServer, *, connect: bool) -> None:
    start(rig, connect=connect)
    found = connections(server)
    ours = {port: ends for port, ends in found.items() if port.startswith(NAME)}
    ends = [["system:capture_1"], ["system:capture_2"], ["system:playback_1"], ["system:playback_2"]]
    expected = ends if connect else [[], [], [], []]
    assert ours == dict(zip([f"{NAME}:{port}" for port in ("in_1", "in_2", "out_1", "out_2")], expected, strict=True))
    assert rig.engine.host == "jack"


def test_what_goes_out_comes_in_again_sample_for_sample(rig: Rig, server: JackServer) -> None:
    start(rig, connect=False)
    rig.set("/strip/1/mute", 1.0)  # or it would go round for ever
    samples = np.random.default_rng(2).uniform(-0.5, 0.5, 120_000).astype(np.float32)
    command = ["jack_connect", "-s", server.name, f"{NAME}:out_1", f"{NAME}:in_1"]
    subprocess.run(command, check=True, capture_output=True)
    tape = Tape(rig)
    tape.cue({2: samples})
    rig.ask(Operation.PLAY)
    play(rig, 12_000)
    head = rig.block.capture_head
    sent = rig.captured(3 + BUSES, head - 8000, 4000)
    late = CYCLE + rig.block.snapshot().main_latency  # it is kept where it belongs, and leaves when it has been limited
    assert (rig.captured(0, head - 8000 + late, 4000) == sent).all()
    assert np.abs(sent).max() > 0.4


def test_a_server_that_stood_still_has_lost_frames_and_the_clock_goes_on(rig: Rig, server: JackServer) -> None:
    start(rig)
    play(rig, RATE_HZ // 2)
    before = len(rig.block.gaps())
    server.stand_still()
    try:
        stood_ns = time.monotonic_ns()
        eventually(lambda: time.monotonic_ns() - stood_ns > 300_000_000)
    finally:
        server.go_on()
    eventually(lambda: any(gap.frames > 0.25 * RATE_HZ for gap in rig.block.gaps()[before:]))
    gap = max(rig.block.gaps()[before:], key=lambda gap: gap.frames)
    assert gap.cause == "device dropped frames"
    play(rig, 3 * CYCLE)
    assert not rig.captured(0, gap.start, gap.frames).any()


def test_ways_in_and_out_are_as_long_as_the_server_says(rig: Rig, server: JackServer) -> None:
    assert server.name
    start(rig)
    found = eventually(lambda: all(rig.engine.jack_latency or ()) and rig.engine.jack_latency)
    assert found == (CYCLE, 2 * CYCLE)  # as jack_lsp -l tells of the dummy driver's ports


def test_a_cycle_longer_than_our_blocks_is_cut_and_each_piece_is_a_block(rig: Rig, server: JackServer) -> None:
    assert server.name
    start(rig)
    before = rig.block.snapshot()
    play(rig, 20 * CYCLE)
    after = rig.block.snapshot()
    assert after.frame - before.frame == 64 * (after.blocks - before.blocks)
    assert after.period_ns == 64 * 1_000_000_000 // RATE_HZ


def test_two_engines_with_one_name_are_told_apart_by_the_server(rig: Rig, server: JackServer) -> None:
    start(rig)
    with Rig.make(1, 1, block_frames=64) as other:
        start(other, connect=False)
        assert f"{NAME}-01:in_1" in connections(server)
        other.engine.stop()


def test_an_engine_that_goes_takes_its_client_along(server: JackServer) -> None:
    with Rig.make(1, 1, block_frames=64) as rig:
        start(rig)
    assert not [port for port in connections(server) if port.startswith(NAME)]


def test_without_a_server_there_is_a_sentence(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "studiod-test-nobody")
    with pytest.raises(
        OSError, match=r"no JACK server \(the default one\) answers: start it, or set audio\.host to auto"
    ):
        rig.engine.open_jack(NAME, None)
    with pytest.raises(OSError, match="no JACK server nobody answers"):
        rig.engine.open_jack(NAME, "nobody")
    with pytest.raises(OSError, match="no JACK server is open"):
        rig.engine.start_jack(1, 1, [], [])
    rig.render(np.zeros((1, 64), np.float32))  # it may be turned by hand again


@pytest.mark.parametrize(
    ("library", "says"),
    [("libnosuchjack.so.0", "JACK is not installed .*: install it"), ("libm.so.6", "libjack has no jack_client_open")],
)
def test_without_libjack_there_is_a_sentence(rig: Rig, library: str, says: str) -> None:
    with pytest.raises(OSError, match=says):
        rig.engine.open_jack(NAME, None, library)
    rig.engine.stop()


def test_a_server_that_dies_is_noticed_and_music_goes_on_until_it_is_back(rig: Rig) -> None:
    with jack_server(RATE_HZ, CYCLE, CHANNELS) as server:
        tape = Tape(rig)
        start(rig)
        tape.cue({1: np.full(rig.block.playback_frames, 0.25, np.float32)})
        rig.ask(Operation.RECORD, 1)
        play(rig, 2000)
        assert not rig.engine.is_lost
        server.stop()
        eventually(lambda: rig.engine.is_lost, within_s=1.0)
        stopped = rig.block.snapshot()

        rig.engine.start_internal()
        play(rig, 1)
        play(rig, 2000)
        assert rig.engine.host == "internal"
        assert not rig.engine.is_lost
        (gap,) = device_lost(rig)
        assert gap.start == stopped.frame
        assert (rig.captured(3 + BUSES, gap.start, min(gap.frames, 4000)) == 0.0).all()
        assert rig.captured(3 + BUSES, gap.start + gap.frames, 1000)[-1] == 0.25  # the tape plays on

        server.start()
        start(rig)
        play(rig, 2000)
        told = rig.block.snapshot()
        assert rig.engine.host == "jack"
        assert told.takes[0].stop is None
        assert told.position - stopped.position == told.frame - stopped.frame
        assert len(device_lost(rig)) == 2
        rig.engine.stop()
