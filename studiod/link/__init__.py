"""The shared block: layout, rings, attach; the only thing that two processes share."""

from studiod.link._block import Block, create_block
from studiod.link._events import HEARD, SAID, EventReader, EventWriter
from studiod.link.words import (
    DESK,
    ENGINE,
    PORTS,
    PROCESS_NAMES,
    SUPERVISOR,
    TAPE,
    BlockMismatch,
    Dimensions,
    EngineClock,
    EngineState,
    Gap,
    MeterLayout,
    Operation,
    PortEvent,
    SideTaken,
    Snapshot,
    TakeFrames,
)

__all__ = [
    "DESK",
    "ENGINE",
    "HEARD",
    "PORTS",
    "PROCESS_NAMES",
    "SAID",
    "SUPERVISOR",
    "TAPE",
    "Block",
    "BlockMismatch",
    "Dimensions",
    "EngineClock",
    "EngineState",
    "EventReader",
    "EventWriter",
    "Gap",
    "MeterLayout",
    "Operation",
    "PortEvent",
    "SideTaken",
    "Snapshot",
    "TakeFrames",
    "create_block",
]
