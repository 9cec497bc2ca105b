"""The tape: every take on disk, and what plays from it. Import it from here, never the compiled half."""

from studiod.tape._tape import RingView
from studiod.tape.capture import TakeWriter
from studiod.tape.journal import Journals
from studiod.tape.machine import TapeMachine
from studiod.tape.playback import Player

__all__ = ["Journals", "Player", "RingView", "TakeWriter", "TapeMachine"]
