"""The engine: the graph that makes the sound, and who calls it. Import it from here, never the compiled half."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from studiod.engine import _engine
from studiod.engine._engine import CONTROLS, ISAS, SOURCES, Engine
from studiod.engine._generators import Click, Oscillator
from studiod.engine._limiter import PeakLimiter
from studiod.engine._meters import LoudnessMeter
from studiod.model.registry import Registry

__all__ = [
    "BUILD",
    "ISAS",
    "SOURCES",
    "Click",
    "Engine",
    "LoudnessMeter",
    "Oscillator",
    "PeakLimiter",
    "engine_targets",
]

BUILD: Final = hashlib.sha256(Path(_engine.__file__).read_bytes()).hexdigest()[:16]
"""Engines of one build and ISA variant make the same bits of the same sound."""


def engine_targets(registry: Registry) -> Sequence[tuple[int, int, int]]:
    """For each number slot what it steers: (control, index, sub index), control 0 for nothing. Raises KeyError."""
    return [
        (CONTROLS[spec.engine.control], spec.engine.index, spec.engine.sub) if spec.engine is not None else (0, 0, 0)
        for spec in registry.numbers
    ]
