"""As much of MicroPython's utime as firmware-maps/firmware needs."""

import time


def ticks_ms() -> int:
    """Milliseconds of a steady clock."""
    return time.monotonic_ns() // 1_000_000


def ticks_diff(later: int, earlier: int) -> int:
    """How much later."""
    return later - earlier
