"""What a JACK server or its device loses is a gap: marked, silent, as long as counts and clocks say."""

import ctypes
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiod.link import Gap
from tests.fakes.desk_rig import Rig
from tests.helpers import eventually

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="not installed: gcc")
CHANNELS, FRAMES, RATE_HZ = 2, 480, 48_000
CYCLE_US = 10_000
CAUSE = "device dropped frames"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = Path(__file__).parents[2] / "data" / "fake_jack.c"
    built = tmp_path_factory.mktemp("jack") / "libfakejack.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-o", built, source], check=True)
    return built


class Server:
    """Turned by hand: a cycle of 10 ms, `sound` in every input."""

    def __init__(self, rig: Rig, library: Path) -> None:
        self.rig = rig
        rig.engine.open_jack("test", None, str(library))
        rig.engine.start_jack(CHANNELS, CHANNELS, [], [])
        self._fake = ctypes.CDLL(str(library))
        self._fake.fake_cycle.argtypes = (ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint64, ctypes.c_float)
        self.count = (1 << 32) - 5 * FRAMES  # it goes round amid the test
        self.time_us = 7_000_000
        self.sound = 0.5

    def cycles(self, number: int, late_us: int = 0) -> None:
        """So many cycles; each is woken `late_us` after it is due."""
        for _ in range(number):
            assert self._fake.fake_cycle(FRAMES, self.count % (1 << 32), self.time_us + late_us, self.sound) == 0
            self.count += FRAMES
            self.time_us += CYCLE_US

    def leave_out(self, frames: int) -> None:
        """JACK goes on without us."""
        self.count += frames
        self.time_us += frames * 1_000_000 // RATE_HZ

    def lose(self, frames: int, *, is_told: bool) -> None:
        """The device stands still; JACK's count with it."""
        self.time_us += frames * 1_000_000 // RATE_HZ
        if is_told:
            assert self._fake.fake_xrun() == 0

    @property
    def frame(self) -> int:
        """Where the engine is."""
        return int(self.rig.block.snapshot().frame)


@pytest.fixture
def server(library: Path) -> Iterator[Server]:
    with Rig.make(CHANNELS, 1, inputs=CHANNELS, outputs=CHANNELS) as rig:
        server = Server(rig, library)
        server.cycles(12)  # until it has found its pace
        yield server
        rig.engine.stop()


def test_cycles_without_us_are_a_gap_of_exactly_their_frames(server: Server) -> None:
    before = server.frame
    server.leave_out(3 * FRAMES)
    server.cycles(4)
    assert server.rig.block.gaps() == [Gap(before, 3 * FRAMES, CAUSE)]
    assert server.frame == before + 7 * FRAMES
    held = server.rig.captured(0, before - 100, 3 * FRAMES + 200)
    assert (held[:100] == 0.5).all()
    assert not held[100:-100].any()
    assert (held[-100:] == 0.5).all()


@pytest.mark.parametrize("frames", [FRAMES, 4800, 14_400])
def test_what_the_device_loses_in_an_xrun_is_a_gap_as_long_as_it_took(server: Server, frames: int) -> None:
    before = server.frame
    server.lose(frames, is_told=True)
    server.cycles(20)
    assert server.rig.block.gaps() == [Gap(before + FRAMES, frames, CAUSE)]  # a cycle later: one alone may be late
    assert server.frame == before + 20 * FRAMES + frames
    assert server.rig.block.snapshot().xruns == 1


def test_an_xrun_that_nobody_tells_of_is_found_by_the_clock(server: Server) -> None:
    before = server.frame
    server.lose(4800, is_told=False)
    server.cycles(20)
    (gap,) = server.rig.block.gaps()
    assert (gap.frames, gap.cause) == (4800, CAUSE)
    assert before < gap.start <= before + 3 * FRAMES
    assert server.frame == before + 20 * FRAMES + 4800


def test_both_at_once_are_two_gaps_and_the_clock_is_right(server: Server) -> None:
    before = server.frame
    server.leave_out(FRAMES)
    server.lose(2400, is_told=True)
    server.cycles(20)
    assert [gap.frames for gap in server.rig.block.gaps()] == [FRAMES, 2400]
    assert server.frame == before + 21 * FRAMES + 2400


def test_an_xrun_that_lost_nothing_is_counted_and_no_gap(server: Server) -> None:
    server.lose(0, is_told=True)
    server.cycles(20)
    assert server.rig.block.gaps() == []
    assert server.rig.block.snapshot().xruns == 1


@pytest.mark.parametrize("late_us", [900, 6000, 9900])
def test_a_cycle_that_is_woken_late_once_is_no_gap(server: Server, late_us: int) -> None:
    for _ in range(10):
        server.cycles(1, late_us)
        server.cycles(3)
    assert server.rig.block.gaps() == []


def test_a_card_whose_clock_drifts_loses_nothing(server: Server) -> None:
    before = server.frame
    for _ in range(2000):
        server.cycles(1)
        server.time_us += 3  # 300 ppm
    assert server.rig.block.gaps() == []
    assert server.frame == before + 2000 * FRAMES


@pytest.mark.parametrize("jump", [48_000, 1 << 30, -9600])
def test_a_count_that_begins_anew_is_no_gap(server: Server, jump: int) -> None:
    before = server.frame
    server.count += jump
    server.cycles(20)
    assert server.rig.block.gaps() == []
    assert server.frame == before + 20 * FRAMES


def test_latency_is_that_of_the_longest_way(server: Server) -> None:
    assert server.rig.engine.jack_latency == (101, 203)  # ports 0, 1 come in, 2, 3 go out
    server.rig.engine.stop()
    assert server.rig.engine.jack_latency is None


def test_the_count_that_is_told_with_a_frame_is_jack_s_own_of_that_frame(server: Server) -> None:
    for frames_left_out in (0, FRAMES, 7):
        server.leave_out(frames_left_out)
        server.cycles(1)
        clock = server.rig.block.clock()
        assert (clock.frame, clock.device_count) == (server.frame, server.count % (1 << 32))
    server.lose(4800, is_told=True)
    server.cycles(20)
    clock = server.rig.block.clock()
    assert (clock.frame, clock.device_count) == (server.frame, server.count % (1 << 32))


def test_without_jack_there_is_no_count(server: Server) -> None:
    server.rig.engine.start_internal()
    eventually(lambda: server.rig.block.clock().device_count == -1)
