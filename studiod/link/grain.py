"""How many bits samples need: whether a file holds what came in, or rounded it."""

from array import array
from typing import Final

_FLOAT: Final = 32


def bits_needed(samples: bytes) -> int:
    """The fewest bits of a file, 16, 24 or 32, that hold the float32 `samples` as they are; 0: all are silence."""
    values = array("f", samples)
    if not any(values):
        return 0
    for bits in (16, 24):
        scale = float(1 << (bits - 1))
        if all((x * scale).is_integer() and -scale <= x * scale < scale for x in values):
            return bits
    return _FLOAT
