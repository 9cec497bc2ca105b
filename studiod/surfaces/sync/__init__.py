"""In time with other machines: MIDI clock, MTC and MMC, both ways. Pure: messages, positions and times in and out."""

from studiod.surfaces.sync.chase import Chase, ChaseState
from studiod.surfaces.sync.midi_clock import ClockIn, ClockOut
from studiod.surfaces.sync.mmc import (
    Mmc,
    MmcLocate,
    MmcShuttle,
    MmcStep,
    MmcTracks,
    MmcVariable,
    MmcVerb,
    decode_mmc,
    encode_mmc,
)
from studiod.surfaces.sync.mtc import MtcIn, MtcOut, full_frame, parse_full_frame, quarter_frame
from studiod.surfaces.sync.timecode import Timecode, TimecodeRate

__all__ = [
    "Chase",
    "ChaseState",
    "ClockIn",
    "ClockOut",
    "Mmc",
    "MmcLocate",
    "MmcShuttle",
    "MmcStep",
    "MmcTracks",
    "MmcVariable",
    "MmcVerb",
    "MtcIn",
    "MtcOut",
    "Timecode",
    "TimecodeRate",
    "decode_mmc",
    "encode_mmc",
    "full_frame",
    "parse_full_frame",
    "quarter_frame",
]
