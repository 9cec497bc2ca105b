"""Frames that a sound card drops, or does not have in time, are a gap: marked, silent, as long as the clock says."""

import ctypes
from collections.abc import Iterator

import numpy as np
import pytest

from tests.fakes.desk_rig import Rig

CHANNELS, FRAMES, RATE_HZ = 2, 480, 48_000
BLOCK_NS = 10_000_000
INPUT_UNDERFLOW, INPUT_OVERFLOW, OUTPUT_UNDERFLOW = 1, 2, 4  # portaudio.h, paInputUnderflow ...
_CLOCK = ctypes.CFUNCTYPE(ctypes.c_int64)
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_ulong,
    ctypes.c_void_p,
    ctypes.c_ulong,
    ctypes.c_void_p,
)


class Times(ctypes.Structure):
    """PaStreamCallbackTimeInfo."""

    _fields_ = (("captured", ctypes.c_double), ("current", ctypes.c_double), ("played", ctypes.c_double))


class FakeCard:
    """Calls the engine as PortAudio does, a block each 10 ms of virtual time.

    A card that is asked late has kept the sound: its time info says how old the block is.
    """

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self._now_ns = self._due_ns = BLOCK_NS
        self._clock = _CLOCK(lambda: self._now_ns)
        address = ctypes.cast(self._clock, ctypes.c_void_p).value
        assert address is not None
        rig.engine.follow_clock(address)
        self.again()
        self._sound = np.full((FRAMES, CHANNELS), 0.5, np.float32)
        self._heard = np.zeros((FRAMES, CHANNELS), np.float32)

    def again(self) -> None:
        """Open it, or open it anew."""
        callback, self._user = self.rig.engine.portaudio_stream(CHANNELS, CHANNELS)
        self._call = _CALLBACK(callback)

    def wait(self, blocks: int) -> None:
        """Let the time of so many blocks go by, without a call."""
        self._due_ns += blocks * BLOCK_NS
        self._now_ns = max(self._now_ns, self._due_ns)

    def be_late(self, blocks: int) -> None:
        """Call so many blocks later than they are due; what is due then is kept."""
        self._now_ns = max(self._now_ns, self._due_ns + blocks * BLOCK_NS)

    def drift(self, late_ns: int) -> None:
        """The next block is due so much later."""
        self._due_ns += late_ns

    def block(self, flags: int = 0) -> int:
        """One block when it is due; the frame it begins at, after what was passed over."""
        self.wait(1)
        times = Times((self._due_ns - BLOCK_NS) / 1e9, self._now_ns / 1e9, 0.0)
        sound, heard = self._sound.ctypes.data, self._heard.ctypes.data
        assert self._call(sound, heard, FRAMES, ctypes.addressof(times), flags, self._user) == 0
        return int(self.rig.block.snapshot().frame) - FRAMES


@pytest.fixture
def card() -> Iterator[FakeCard]:
    with Rig.make(CHANNELS, 1, inputs=CHANNELS, outputs=CHANNELS) as rig:
        card = FakeCard(rig)
        for _ in range(10):  # until it has found its pace
            card.block()
        yield card
        rig.engine.stop()


@pytest.mark.parametrize("flags", [INPUT_OVERFLOW, OUTPUT_UNDERFLOW])
def test_dropped_frames_are_a_gap_as_long_as_the_clock_says(card: FakeCard, flags: int) -> None:
    before = int(card.rig.block.snapshot().frame)
    card.wait(20)
    start = card.block(flags)
    card.block()  # until the tape may read the one before
    (gap,) = card.rig.block.gaps()
    assert (gap.start, gap.start + gap.frames, gap.cause) == (before, start, "device dropped frames")
    assert gap.frames == pytest.approx(20 * FRAMES, abs=1)
    assert not card.rig.captured(0, before, gap.frames).any()
    assert (card.rig.captured(0, start, FRAMES) == 0.5).all()


def test_dropped_frames_of_which_nobody_tells_are_a_gap_a_few_blocks_later(card: FakeCard) -> None:
    card.wait(20)
    for _ in range(3):  # 20 ms: an outlier is shorter
        card.block()
    (gap,) = card.rig.block.gaps()
    assert gap.frames == pytest.approx(20 * FRAMES, abs=1)


@pytest.mark.parametrize("late_ns", [-4_000_000, 4_000_000])
def test_a_card_that_tells_its_time_in_coarse_steps_drops_nothing(card: FakeCard, late_ns: int) -> None:
    for _ in range(20):
        card.drift(late_ns)
        card.block()
        card.drift(-late_ns)
        card.block()
    assert list(card.rig.block.gaps()) == []


def test_until_a_stream_that_was_opened_gives_its_first_frame_there_is_a_gap(card: FakeCard) -> None:
    before = int(card.rig.block.snapshot().frame)
    card.again()
    card.wait(20)
    start = card.block()
    (gap,) = card.rig.block.gaps()
    assert (gap.start, gap.start + gap.frames) == (before, start)
    assert gap.frames == pytest.approx(20 * FRAMES, abs=1)


def test_a_block_without_sound_in_time_is_a_gap_of_that_block(card: FakeCard) -> None:
    start = card.block(INPUT_UNDERFLOW)
    (gap,) = card.rig.block.gaps()
    assert (gap.start, gap.frames) == (start, FRAMES)


@pytest.mark.parametrize("flags", [0, OUTPUT_UNDERFLOW])
def test_blocks_that_were_kept_for_a_late_thread_are_no_gap(card: FakeCard, flags: int) -> None:
    before = int(card.rig.block.snapshot().frame)
    card.be_late(20)
    assert card.block(flags) == before
    for _ in range(30):
        card.block()
    assert list(card.rig.block.gaps()) == []


def test_a_card_whose_clock_is_slow_drops_nothing(card: FakeCard) -> None:
    for _ in range(100):
        card.drift(BLOCK_NS // 100)  # a hundred times worse than any quartz
        card.block()
    assert list(card.rig.block.gaps()) == []
