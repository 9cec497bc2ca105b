"""The tape: every take on disk, and what plays from it. Import it from here, never the compiled half."""

from studiod.tape._tape import (
    PieceWriter,
    RingView,
    clip_runs,
    clock_is_synchronised,
    crc32,
    make_durable,
    write_heads,
)
from studiod.tape.blackbox import BlackBox
from studiod.tape.blackbox_index import clock_identity
from studiod.tape.blackbox_room import BlackBoxLimits
from studiod.tape.capture import TakeWriter
from studiod.tape.copy import TakeCopy
from studiod.tape.heard import Heard
from studiod.tape.journal import Journals
from studiod.tape.machine import TapeMachine, TapeOptions
from studiod.tape.playback import Player
from studiod.tape.witness import Witness

__all__ = [
    "BlackBox",
    "BlackBoxLimits",
    "Heard",
    "Journals",
    "PieceWriter",
    "Player",
    "RingView",
    "TakeCopy",
    "TakeWriter",
    "TapeMachine",
    "TapeOptions",
    "Witness",
    "clip_runs",
    "clock_identity",
    "clock_is_synchronised",
    "crc32",
    "make_durable",
    "write_heads",
]
