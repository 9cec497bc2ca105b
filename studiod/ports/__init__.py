"""Boxes and their wires: the only part of studiod that opens MIDI ports and serial devices, in a process of its own."""

from studiod.link.frame_clock import FrameClock
from studiod.ports.clock import ArrivalClock
from studiod.ports.either_system import EitherSystem
from studiod.ports.gpio_box import PinControl
from studiod.ports.gpio_system import GpioSystem
from studiod.ports.gpiod_chip import open_chip
from studiod.ports.jack_midi_system import JackMidiSystem
from studiod.ports.patchbay import POLL_S, Patchbay
from studiod.ports.rtmidi_system import RtMidiSystem
from studiod.ports.serial_system import BAUD, SerialSystem, WantedLine
from studiod.ports.side_by_side import SideBySide
from studiod.ports.system import InputPort, OutputPort, PortSystem

__all__ = [
    "BAUD",
    "POLL_S",
    "ArrivalClock",
    "EitherSystem",
    "FrameClock",
    "GpioSystem",
    "InputPort",
    "JackMidiSystem",
    "OutputPort",
    "Patchbay",
    "PinControl",
    "PortSystem",
    "RtMidiSystem",
    "SerialSystem",
    "SideBySide",
    "WantedLine",
    "open_chip",
]
