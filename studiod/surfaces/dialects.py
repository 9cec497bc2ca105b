"""The dialects boxes speak: which grammar a map's word means."""

from collections.abc import Callable, Mapping

from studiod.surfaces.base import Dialect, SurfaceMap
from studiod.surfaces.generic_midi import GenericMidi

DIALECTS: Mapping[str, Callable[[SurfaceMap], Dialect]] = {"generic-midi": GenericMidi}


def dialect_of(facts: SurfaceMap) -> Dialect:
    """A fresh grammar for one box of that model."""
    return DIALECTS[facts.dialect](facts)
