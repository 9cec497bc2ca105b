"""What is read out of the shared block, as plain values."""

import enum
from typing import NamedTuple

SUPERVISOR, ENGINE, TAPE, DESK = range(4)
PROCESS_NAMES = ("supervisor", "engine", "tape", "desk")
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
    block_ns: int
    worst_ns: int
    period_ns: int
    audio_thread: int
    realtime_priority: int
    applied_seq: int
    takes: tuple[TakeFrames, ...]
    meters: tuple[float, ...]
    """Linear: strips x (peak, mean square), buses x the same, main: peak l, r, mean square l, r, limiter gain."""
