"""Loudness of main, and of the bus chosen: a line for people, an object for scripts."""

from collections.abc import Sequence
from typing import NamedTuple

from studiod.app.control.bars import LABEL_COLUMNS, level
from studiod.app.control.page import cut, pad
from studiod.app.loudness import level_fact


class Loudness(NamedTuple):
    """What /meter/loudness says, in its order: LUFS, the range in LU, the true peak in dBTP; silence is -inf."""

    momentary: float
    short_term: float
    integrated: float
    lra: float
    true_peak: float

    @classmethod
    def told(cls, readings: Sequence[float]) -> "Loudness | None":
        """The loudness in a meter's readings; None where they are not all there."""
        return cls(*readings) if len(readings) == len(cls._fields) else None

    def fact(self) -> dict[str, float | str]:
        """As `studiod loudness --json` says it: "-inf" for silence."""
        return {field: level_fact(number) for field, number in zip(self._fields, self, strict=True)}

    def line(self, label: str, columns: int) -> str:
        """As much of it as goes into `columns`: M, S and I first, then range, then true peak; else nothing."""
        momentary, short_term, integrated, lra, true_peak = map(level, self)
        parts = (
            f"{pad(cut(label, LABEL_COLUMNS), LABEL_COLUMNS)} M {momentary}  S {short_term}  I {integrated} LUFS",
            f"  LRA{lra} LU",
            f"  TP {true_peak} dBTP",
        )
        line = ""
        for part in parts:
            if len(line) + len(part) > columns:
                break
            line += part
        return line
