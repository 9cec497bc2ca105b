"""The tape: every take on disk, and what plays from it. Import it from here, never the compiled half."""

from studiod.tape._tape import RingView, clip_runs, clock_is_synchronised
from studiod.tape.capture import TakeWriter
from studiod.tape.copy import TakeCopy
from studiod.tape.journal import Journals
from studiod.tape.machine import TapeMachine, TapeOptions
from studiod.tape.playback import Player

__all__ = [
    "Journals",
    "Player",
    "RingView",
    "TakeCopy",
    "TakeWriter",
    "TapeMachine",
    "TapeOptions",
    "clip_runs",
    "clock_is_synchronised",
]
