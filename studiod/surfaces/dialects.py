"""The dialects boxes speak: which grammar a map's word means."""

from collections.abc import Callable, Mapping

from studiod.surfaces.base import Dialect, SurfaceMap
from studiod.surfaces.generic_midi import GenericMidi
from studiod.surfaces.serial.named import NamedControls

LINES = ("studiod", "deej", "firmata")
"""Those on serial lines: controls have names, and no MIDI message."""

DIALECTS: Mapping[str, Callable[[SurfaceMap], Dialect]] = {
    "generic-midi": GenericMidi,
    **dict.fromkeys(LINES, NamedControls),
}


def dialect_of(facts: SurfaceMap) -> Dialect:
    """A fresh grammar for one box of that model."""
    return DIALECTS[facts.dialect](facts)
