"""Boxes and their wires: the only part of studiod that opens MIDI ports, in a process of its own."""

from studiod.ports.clock import ArrivalClock, FrameClock
from studiod.ports.patchbay import POLL_S, Patchbay
from studiod.ports.rtmidi_system import RtMidiSystem
from studiod.ports.system import InputPort, OutputPort, PortSystem

__all__ = [
    "POLL_S",
    "ArrivalClock",
    "FrameClock",
    "InputPort",
    "OutputPort",
    "Patchbay",
    "PortSystem",
    "RtMidiSystem",
]
