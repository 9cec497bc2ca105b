"""What is read out of the shared block, as plain values."""

import enum
from typing import NamedTuple

SUPERVISOR, ENGINE, TAPE, DESK, PORTS = range(5)
PROCESS_NAMES = ("supervisor", "engine", "tape", "desk", "ports")
GAP_CAUSES = {1: "engine restarted", 2: "device lost", 3: "engine late", 4: "device dropped frames"}


class BlockMismatch(RuntimeError):  # noqa: N818 - it reads as the fact it reports
    """The shared block is of another layout version, or none."""


class SideTaken(RuntimeError):  # noqa: N818
    """Another live process holds this end of a ring."""


class Operation(enum.IntEnum):
    """What the desk asks of the engine."""

    SET = 1
    PLAY = 2
    STOP = 3
    RECORD = 4
    LOCATE = 5
    LOUDNESS_RESET = 6
    CANCEL = 7
    """Let go of every command that waits for its frame; each is answered at frame 0."""


class Dimensions(NamedTuple):
    """How big a block is made."""

    rate_hz: int
    block_frames: int
    """Largest block the engine will be asked for."""
    strips: int
    buses: int
    inputs: int
    outputs: int
    numbers: int
    texts: int
    ring_s: float
    """Shortest time the capture rings hold."""
    matrices: int = 0


class Gap(NamedTuple):
    """Frames (engine clock) that no one heard: the rings hold exact silence there."""

    start: int
    frames: int
    cause: str


class TakeFrames(NamedTuple):
    """When a take began and ended on the engine clock; `stop` is None while it runs."""

    id: int
    start: int
    stop: int | None
    position: int


class EngineState(NamedTuple):
    """All that an engine knew at `frame`, when take `take_id` began: an engine of the same build can go on from it."""

    take_id: int
    frame: int
    blob: bytes
    lines: dict[int, bytes | None]
    """Index of each delay line that runs: what it held, float32; None if the line had gone round before it was read."""


class EngineClock(NamedTuple):
    """Where the engine's clock stands: `frame` was the next to be made at `monotonic_ns`."""

    epoch: int
    frame: int
    monotonic_ns: int
    anchor_ns: int
    """When frame 0 was, on the ideal clock of a virtual host; 0 elsewhere."""
    device_count: int = -1
    """JACK's own count of frames, 32 bits, at `frame`; -1 where there is none."""


class PortEvent(NamedTuple):
    """One message from a box, or to one."""

    number: int
    port: int
    """Id of the port: never given twice while studiod runs."""
    kind: int
    frame: int
    """When it came, engine clock; 0 for what is to be said."""
    ns: int
    """When it came, or is to be said, CLOCK_MONOTONIC; 0 for what is to be said at once."""
    message: bytes


class Snapshot(NamedTuple):
    """What the engine told after its last block. Counters count since the block was made."""

    epoch: int
    frame: int
    monotonic_ns: int
    anchor_ns: int
    position: int
    state: int
    generation: int
    take_id: int
    blocks: int
    xruns: int
    late_blocks: int
    bad_samples: int
    dry_frames: int
    resets: int
    """Times that a strip or a sum had gone past all sound (gain upon gain, a filter gone astray) and was cleared."""
    strip_latency: int
    """Frames by which every path through the strips is late: the longest hardware insert."""
    main_latency: int
    """Frames by which main is later still: its limiter looks ahead."""
    block_ns: int
    worst_ns: int
    period_ns: int
    audio_thread: int
    realtime_priority: int
    applied_seq: int
    applied_lost: int
    """Records that came too fast for the tape, and that no journal has."""
    takes_begun: int
    """Ever: `takes` are the last of them."""
    takes: tuple[TakeFrames, ...]
    meters: tuple[float, ...]
    """As ext/block.h has them: see `MeterLayout`."""


class MeterLayout:
    """Where each reading lies in `Snapshot.meters`, for a desk of this size."""

    STRIP = 4
    """Peak, mean square (both linear), reduction of gate and of compressor in octaves."""
    SUM = 3
    """Peak, mean square, reduction of the compressor."""

    def __init__(self, strips: int, buses: int, matrices: int) -> None:
        self.buses = self.STRIP * strips
        self.matrices = self.buses + self.SUM * buses
        self.mono = self.matrices + self.SUM * matrices
        self.main = self.mono + self.SUM
        """Peak left, right, mean square left, right, gain of the limiter, reduction of the compressor."""
        self.loudness = self.main + 6
        """Momentary, short-term, integrated (mean squares), range (their quotient), true peak of main, all linear."""
        self.chosen_loudness = self.loudness + 5
