"""What home-made boxes speak on serial lines. Pure: bytes and times in, gestures and bytes out."""

from studiod.link.box_controls import SerialControl, SerialKind
from studiod.surfaces.serial.deej import DeejTalk
from studiod.surfaces.serial.detect import Detector
from studiod.surfaces.serial.firmata_talk import FirmataPins, FirmataTalk
from studiod.surfaces.serial.studiod_talk import StudiodTalk
from studiod.surfaces.serial.talk import Talk

__all__ = [
    "DeejTalk",
    "Detector",
    "FirmataPins",
    "FirmataTalk",
    "SerialControl",
    "SerialKind",
    "StudiodTalk",
    "Talk",
]
