"""A day of recording in virtual time: every sample where it belongs, RF64 passed, nothing grows but the file.

Short form: 20 minutes. `make soak` records 25 hours: at 48 kHz, frames no longer fit into 32 bits then.
"""

import ctypes
import gc
import json
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from studiod.link import Operation, TakeFrames
from studiod.link.order import TakeOrder, TrackOrder
from studiod.tape import TapeMachine, TapeOptions
from studiod.tape.capture import TakeWriter
from studiod.tape.proof import ClockDrift
from studiod.tape.wavfile import DATA_AT, header_page, read_format
from tests.fakes.desk_rig import Rig

RATE_HZ, WIDTH = 48_000, 3
TURN_FRAMES = RATE_HZ // 5
PERIOD = 1 << 23  # of the counter that is played: what a sample of 24 bits holds
MINUTE, HOUR = 60 * RATE_HZ, 3600 * RATE_HZ
LOOK_FRAMES = 2 * MINUTE  # between two looks at what is on disk, and at what it costs
RIFF_BYTES = 1 << 32  # beyond this a file is RF64
CHECKS_HEAD = 16
MIB = 1 << 20
_PUNCH_HOLE = 0x03  # FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
_MEMORY = Path("/dev/shm")  # noqa: S108 - a disk that is never slow


@pytest.fixture
def session() -> Iterator[Path]:
    """In memory where there is such a disk: nothing stays there for long."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as name:
        yield Path(name) / "session"


def packed_counter() -> bytes:
    """One period of the counter as a 24-bit file holds it."""
    return np.arange(PERIOD, dtype="<u4").view(np.uint8).reshape(-1, 4)[:, :WIDTH].tobytes()


def order(folder: Path) -> TakeOrder:
    return TakeOrder(1, folder, 8 * WIDTH, (TrackOrder(0, "strip-01.wav", 0, "Strip 1"),), "test")


@dataclass(frozen=True, slots=True)
class Cost:
    """What the process holds at a moment."""

    hour: float
    resident_mib: float
    descriptors: int


@dataclass
class LongTake:
    """A real engine and a real tape machine, turned by hand. What was found right on disk is cut out of the file."""

    rig: Rig
    session: Path
    frame: int = 0
    right: int = 0
    """Frames of the file, from the first hidden one, that are what was played."""
    costs: list[Cost] = field(default_factory=list)
    is_long: list[bool] = field(default_factory=list)
    """Whether the file was RF64, at each look."""

    def __post_init__(self) -> None:
        options = TapeOptions(8 * WIDTH, pre_record_s=1.0)
        self.machine = TapeMachine(self.rig.block, self.session, RATE_HZ, 0.25, self._now_s, options=options)
        self.path = self.session / "takes" / "0001" / "strip-01.wav"
        self.played = (np.arange(PERIOD + TURN_FRAMES) % PERIOD / PERIOD).astype(np.float32)[None, :]
        self.packed = packed_counter()
        self._punch = ctypes.CDLL(None, use_errno=True).fallocate
        self._punch.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]

    def _now_s(self) -> float:
        return self.frame / RATE_HZ

    def play(self, frames: int) -> None:
        """Play on, the machine turning as the clock goes."""
        for _ in range(0, frames, TURN_FRAMES):
            at = self.frame % PERIOD
            self.rig.render(self.played[:, at : at + TURN_FRAMES])
            self.frame += TURN_FRAMES
            self.machine.turn()

    def record(self, frames: int) -> None:
        """Record one take of so many frames, looking at it as it grows."""
        self.machine.start()
        self.play(2 * RATE_HZ)
        self.rig.block.store_order(1, order(self.path.parent).to_json())
        self.rig.ask(Operation.RECORD, slot=1)
        for _ in range(0, frames, LOOK_FRAMES):
            self.play(LOOK_FRAMES)
            self.look()
        self.rig.ask(Operation.STOP)
        self.play(RATE_HZ)
        self.machine.stop()

    def look(self) -> None:
        """Hold what is durable against the counter, give its room back, and note what all of it costs."""
        writer = self.machine.writer
        assert writer is not None
        assert self.frame - (writer.origin + writer.synced) <= RATE_HZ // 4, "the tape falls behind the clock"
        assert read_format(self.path).frames == writer.synced
        fd = os.open(self.path, os.O_RDWR)
        try:
            self.is_long.append(os.pread(fd, 4, 0) == b"RF64")
            while self.right < writer.synced:
                at = (writer.origin + self.right) % PERIOD
                frames = min(PERIOD - at, writer.synced - self.right, RATE_HZ)
                held = os.pread(fd, frames * WIDTH, DATA_AT + self.right * WIDTH)
                assert held == self.packed[at * WIDTH : (at + frames) * WIDTH], f"wrong after frame {self.right}"
                self.right += frames
            # the whole of it again: a hole costs nothing
            assert self._punch(fd, _PUNCH_HOLE, DATA_AT, self.right * WIDTH) == 0, os.strerror(ctypes.get_errno())
        finally:
            os.close(fd)
        gc.collect()
        resident = psutil.Process().memory_info().rss / MIB
        self.costs.append(Cost(self.frame / HOUR, resident, len(os.listdir("/proc/self/fd"))))  # noqa: PTH208 - cheap

    def assert_true(self, frames: int) -> None:
        """The take is as long as it was played, and proves every second of itself."""
        about = json.loads((self.path.parent / "take.json").read_text())
        assert (about["state"], about["gaps"], about["faults"]) == ("good", [], [])
        assert about["frames"] == frames
        total = frames + about["pre_frames"]
        assert soundfile.info(self.path).frames == total
        rows = (self.path.parent / "checks.crc").read_bytes()[CHECKS_HEAD:]
        assert len(rows) == 4 * -(-total // RATE_HZ)
        first, twice = about["start_frame"] - about["pre_frames"], memoryview(self.packed * 2)
        for second, (crc,) in enumerate(struct.iter_unpack("<I", rows)):
            at = (first + second * RATE_HZ) % PERIOD
            length = min(RATE_HZ, total - second * RATE_HZ)
            assert crc == zlib.crc32(twice[at * WIDTH : (at + length) * WIDTH]), f"second {second}"

    def settled_costs(self) -> list[Cost]:
        """Without those of the beginning, when everything is used for the first time."""
        return self.costs[len(self.costs) // 5 :]


def recorded(session: Path, frames: int) -> LongTake:
    with Rig.make(strips=1, buses=0, outputs=2, ring_s=2.0) as rig:
        take = LongTake(rig, session)
        take.record(frames)
        take.assert_true(frames)
    return take


def test_twenty_minutes_are_counted_to_the_frame_and_hold_on_to_nothing(session: Path) -> None:
    costs = recorded(session, 20 * MINUTE).settled_costs()
    assert len({cost.descriptors for cost in costs}) == 1
    resident = [cost.resident_mib for cost in costs]
    assert max(resident) - resident[0] < 1.0


@pytest.mark.soak
def test_a_day_is_counted_to_the_frame_and_holds_on_to_nothing(session: Path) -> None:
    take = recorded(session, 25 * HOUR)
    assert take.frame > 1 << 32
    assert (take.is_long[0], take.is_long[-1]) == (False, True)
    costs = take.settled_costs()
    assert len({cost.descriptors for cost in costs}) == 1
    slope, _ = np.polyfit([cost.hour for cost in costs], [cost.resident_mib for cost in costs], 1)
    assert slope < 1.0, f"{slope:.2f} MiB an hour"


def test_a_take_that_grows_past_four_gigabytes_goes_on_as_rf64_without_a_wrong_sample(session: Path) -> None:
    """A tape that is restarted in a take of 8 hours and 17 minutes, seconds before 4 GiB; what it had is silence."""
    old = (RIFF_BYTES - DATA_AT) // WIDTH - 3 * RATE_HZ
    folder, tail = session / "takes" / "0001", 6 * RATE_HZ
    path = folder / "strip-01.wav"
    with Rig.make(strips=1, buses=0, outputs=2, ring_s=2.0) as rig:
        rig.render(np.zeros((1, 1), np.float32))
        take = TakeFrames(1, rig.block.capture_head - old, None, 0)
        before = TakeWriter(rig.block, order(folder), take, RATE_HZ)
        before.open()
        before.let_go()
        with path.open("r+b") as file:
            file.write(header_page(old, RATE_HZ, 8 * WIDTH))
            file.truncate(DATA_AT + old * WIDTH)
        with (folder / "checks.crc").open("ab") as file:
            file.write(struct.pack("<I", zlib.crc32(bytes(RATE_HZ * WIDTH))) * (old // RATE_HZ))
        first = rig.block.capture_head
        writer = TakeWriter(rig.block, order(folder), take, RATE_HZ)
        writer.open()
        assert writer.written == old
        kinds, played = set(), rig.block.snapshot().frame
        while writer.written < old + tail:
            counts = np.arange(played, played + TURN_FRAMES)[None, :]
            rig.render((counts / PERIOD).astype(np.float32))
            played += TURN_FRAMES
            writer.advance(rig.block.capture_head)
            writer.sync()
            with path.open("rb") as file:
                kinds.add(file.read(4))
            assert read_format(path).frames == soundfile.info(path).frames == writer.synced
        writer.close()
    assert kinds == {b"RIFF", b"RF64"}
    about = json.loads((folder / "take.json").read_text())
    assert (about["state"], about["frames"]) == ("good", writer.written)
    samples, _ = soundfile.read(path, start=old, dtype="int32")
    assert np.array_equal(samples >> 8, np.arange(first, first + len(samples)))
    rows = (folder / "checks.crc").read_bytes()[CHECKS_HEAD:]
    assert len(rows) == 4 * -(-writer.written // RATE_HZ)


@pytest.mark.parametrize("ppm", [-180.0, 0.0, 0.35])
def test_the_drift_of_a_card_is_told_to_a_hundredth_of_a_ppm_after_a_day(ppm: float) -> None:
    drift = ClockDrift(RATE_HZ)
    started = 86_400 * 400 * 10**9  # a machine that has been up for a year
    late = np.random.default_rng(1).integers(0, 3_000_000, 25 * 3600)  # ns: a block is told of when there is time
    for second, late_ns in enumerate(late):
        frame = second * RATE_HZ
        seconds = frame / (RATE_HZ * (1 + ppm * 1e-6))
        drift.add(0, frame, started + round(seconds * 1e9) + int(late_ns))
    assert drift.ppm == pytest.approx(ppm, abs=0.01)
