"""What every host promises, whoever keeps its time: the graph runs, obeys at frames, plays tape, marks breaks."""

import importlib.util
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
import pytest

from studiod.link import ENGINE, Operation
from tests.fakes.desk_rig import Rig, Samples
from tests.helpers import eventually
from tests.real.jackd import JackServer, has_jackd, jack_server
from tests.real.sound_box import SoundBox
from tests.unit.engine.playing import Tape

STRIPS, BUSES, CHANNELS = 4, 2, 2
LEFT = STRIPS + BUSES
RAMP_FRAMES = 480
BLOCK_FRAMES = 1024  # on a busy machine JACK leaves a client out of a short cycle now and then, and that is a gap
AHEAD_FRAMES = 20 * BLOCK_FRAMES  # 0.4 s: what is asked for then is in the ring in time, on a busy machine too


class Host(Protocol):
    """Somebody who calls the graph of `rig`."""

    rig: Rig

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def play(self, frames: int) -> None:
        """Let at least `frames` more go by, until the tape may read them all."""
        ...


class OfflineHost:
    """Turned by hand."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig

    def start(self) -> None:
        self._turn(1)

    def stop(self) -> None:
        self.rig.engine.stop()

    def play(self, frames: int) -> None:
        self._turn(frames + self.rig.block.snapshot().main_latency)

    def _turn(self, frames: int) -> None:
        self.rig.render(np.zeros((CHANNELS, frames), np.float32), [BLOCK_FRAMES])


class TimedHost:
    """Kept by somebody else's clock."""

    def __init__(self, rig: Rig, start: Callable[[Rig], None]) -> None:
        self.rig = rig
        self._start = start

    def start(self) -> None:
        before = self.rig.block.snapshot().blocks
        self._start(self.rig)
        eventually(lambda: self.rig.block.snapshot().blocks > before)

    def stop(self) -> None:
        self.rig.engine.stop()

    def play(self, frames: int) -> None:
        until = self.rig.block.snapshot().frame + frames
        eventually(lambda: self.rig.block.capture_head >= until)


class PortAudioHost(TimedHost):
    """In a process of its own."""

    def __init__(self, rig: Rig) -> None:
        self._box = SoundBox(rig, "system", block_frames=BLOCK_FRAMES)
        super().__init__(rig, lambda _: self._box.start())

    def stop(self) -> None:
        self._box.kill()


def start_jack(rig: Rig) -> None:
    _, _, captures, playbacks = rig.engine.open_jack("studiod-test", None)
    rig.engine.start_jack(CHANNELS, CHANNELS, captures, playbacks)


HOSTS: dict[str, Callable[[Rig], Host]] = {
    "offline": OfflineHost,
    "internal": lambda rig: TimedHost(rig, lambda rig: rig.engine.start_internal()),
    "virtual": lambda rig: TimedHost(rig, lambda rig: rig.engine.start_virtual("silence", 120.0, CHANNELS, CHANNELS)),
    "jack": lambda rig: TimedHost(rig, start_jack),
    "portaudio": PortAudioHost,
}
OVER_JACK = ("jack", "portaudio")


@pytest.fixture(scope="module")
def jack() -> Iterator[JackServer]:
    with jack_server(frames=BLOCK_FRAMES, channels=CHANNELS) as server:
        yield server


def needs(name: str) -> tuple[pytest.MarkDecorator, ...]:
    if name not in OVER_JACK:
        return ()
    return (pytest.mark.real, pytest.mark.skipif(not has_jackd(), reason="jackd is not installed"))


@pytest.fixture(params=[pytest.param(name, marks=needs(name)) for name in HOSTS])
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    name: str = request.param
    if name in OVER_JACK:
        request.getfixturevalue("jack")
    if name == "portaudio" and importlib.util.find_spec("sounddevice") is None:
        pytest.skip("sounddevice is not installed")
    with Rig.make(STRIPS, BUSES, block_frames=BLOCK_FRAMES) as rig:
        for strip in range(1, STRIPS + 1):
            rig.set(f"/strip/{strip}/pan", -1.0)
        made = HOSTS[name](rig)
        try:
            made.start()
            yield made
        finally:
            made.stop()


def tape_samples(frames: int) -> Samples:
    """Noise whose true peak leaves main's limiter alone."""
    return np.random.default_rng(9).uniform(-0.25, 0.25, frames).astype(np.float32)


def answer_frame(host: Host, seq: int) -> int:
    """Frame at which command `seq` took effect."""
    for _ in range(100):
        answer = host.rig.block.pop_answer()
        if answer is not None and answer[4] == seq:
            return answer[3]
        if answer is None:
            host.play(BLOCK_FRAMES)
    pytest.fail(f"command {seq} is not answered")


def test_a_running_host_moves_clock_rings_and_heartbeat(host: Host) -> None:
    before, beats = host.rig.block.snapshot(), host.rig.block.beats(ENGINE)
    host.play(10 * BLOCK_FRAMES)
    after = host.rig.block.snapshot()
    assert after.frame >= before.frame + 10 * BLOCK_FRAMES
    assert after.blocks >= before.blocks + 10
    assert host.rig.block.beats(ENGINE) >= beats + 10
    assert after.main_latency > 0
    assert host.rig.block.capture_head >= after.frame - after.main_latency
    host.stop()  # now nothing moves: the rings hold all but what main's limiter still looks at
    rests = host.rig.block.snapshot()
    assert host.rig.block.capture_head == rests.frame - rests.main_latency


def test_a_take_starts_and_stops_at_the_frames_asked_for(host: Host) -> None:
    start = host.rig.block.snapshot().frame + AHEAD_FRAMES + 7
    host.rig.ask(Operation.RECORD, 3, at_frame=start)
    seq = host.rig.ask(Operation.STOP, at_frame=start + 1001)
    host.play(AHEAD_FRAMES + 10 * BLOCK_FRAMES)
    assert answer_frame(host, seq) == start + 1001
    (take,) = host.rig.block.snapshot().takes
    assert (take.id, take.start, take.stop) == (3, start, start + 1001)


def test_tape_is_heard_sample_for_sample(host: Host) -> None:
    samples = tape_samples(24_000)
    tape = Tape(host.rig)
    tape.cue({1: samples})
    rolled = answer_frame(host, host.rig.ask(Operation.PLAY))
    host.play(4000)
    heard = host.rig.captured(LEFT, rolled, 4000)
    assert (heard[RAMP_FRAMES + 2 :] == samples[RAMP_FRAMES + 2 : 4000]).all()


def test_a_mute_silences_what_plays(host: Host) -> None:
    Tape(host.rig).cue({1: np.full(96_000, 0.25, np.float32)})
    host.rig.ask(Operation.PLAY)
    host.play(4 * RAMP_FRAMES)
    slot = host.rig.registry.slot("/strip/2/mute")
    at = host.rig.block.snapshot().frame + AHEAD_FRAMES
    host.rig.block.push_control(Operation.SET, slot, 1.0, at, 0)
    host.play(AHEAD_FRAMES + 2 * RAMP_FRAMES)
    heard = host.rig.captured(LEFT, at - 100, 2 * RAMP_FRAMES)
    assert (heard[:100] == 0.25).all()
    assert heard[100] < 0.25
    assert (heard[100 + RAMP_FRAMES + 2 :] == 0.0).all()


def test_inputs_that_the_host_lacks_are_exact_silence(host: Host) -> None:
    host.play(10 * BLOCK_FRAMES)
    head = host.rig.block.capture_head
    assert head >= 10 * BLOCK_FRAMES
    for channel in range(CHANNELS, STRIPS):
        assert (host.rig.captured(channel, 0, head) == 0.0).all()


def test_a_break_is_marked_and_the_clock_goes_on(host: Host) -> None:
    host.play(4 * BLOCK_FRAMES)
    host.stop()
    before, gaps = host.rig.block.snapshot(), host.rig.block.gap_count
    host.start()
    host.play(4 * BLOCK_FRAMES)
    after = host.rig.block.snapshot()
    assert after.frame >= before.frame + 4 * BLOCK_FRAMES
    for gap in host.rig.block.gaps(gaps):
        assert gap.start == before.frame
        assert gap.cause in {"device lost", "engine restarted"}
        assert (host.rig.captured(LEFT, gap.start, gap.frames) == 0.0).all()


def test_a_host_that_stopped_calls_no_more_and_may_be_stopped_twice(host: Host) -> None:
    host.stop()
    blocks = host.rig.block.snapshot().blocks
    host.stop()
    assert host.rig.block.snapshot().blocks == blocks
