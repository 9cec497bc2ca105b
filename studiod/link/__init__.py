"""The shared block: layout, rings, attach; the only thing that two processes share."""

from studiod.link._block import Block, create_block
from studiod.link.words import (
    DESK,
    ENGINE,
    PROCESS_NAMES,
    SUPERVISOR,
    TAPE,
    BlockMismatch,
    Dimensions,
    EngineState,
    Gap,
    MeterLayout,
    Operation,
    SideTaken,
    Snapshot,
    TakeFrames,
)

__all__ = [
    "DESK",
    "ENGINE",
    "PROCESS_NAMES",
    "SUPERVISOR",
    "TAPE",
    "Block",
    "BlockMismatch",
    "Dimensions",
    "EngineState",
    "Gap",
    "MeterLayout",
    "Operation",
    "SideTaken",
    "Snapshot",
    "TakeFrames",
    "create_block",
]
