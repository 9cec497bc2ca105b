"""Levels as people read them, out of the engine's last snapshot."""

import math
from collections.abc import Callable

from studiod.desk.hub import Hub
from studiod.link import Snapshot
from studiod.model.units import db_from_gain

_FLOOR_GAIN = 1e-8  # -160 dBFS: under the noise of float32 there is nothing to read


class Meters:
    """Answers the table's meters from the snapshot last given to `update`."""

    def __init__(self, hub: Hub, strips: int, buses: int) -> None:
        self._snapshot: Snapshot | None = None
        self._main = 2 * (strips + buses)
        for strip in range(strips):
            hub.on_meter(f"/meter/strip/{strip + 1}", self._pair(2 * strip))
        for bus in range(buses):
            hub.on_meter(f"/meter/bus/{bus + 1}", self._pair(2 * (strips + bus)))
        hub.on_meter("/meter/main", self._main_levels)

    def update(self, snapshot: Snapshot) -> None:
        """Answer from `snapshot` from now on."""
        self._snapshot = snapshot

    def _pair(self, at: int) -> Callable[[], tuple[float, ...]]:
        return lambda: (self._peak(at), self._rms(at + 1))

    def _peak(self, at: int) -> float:
        gain = self._snapshot.meters[at] if self._snapshot is not None else 0.0
        return db_from_gain(gain) if gain > _FLOOR_GAIN else -math.inf

    def _rms(self, at: int) -> float:
        power = self._snapshot.meters[at] if self._snapshot is not None else 0.0
        return 10.0 * math.log10(power) if power > _FLOOR_GAIN**2 else -math.inf

    def _main_levels(self) -> tuple[float, ...]:
        if self._snapshot is None:
            return (-math.inf, -math.inf, -math.inf, -math.inf, 0.0)
        at = self._main
        reduction = max(-db_from_gain(self._snapshot.meters[at + 4]), 0.0) + 0.0  # never -0.0
        return (self._peak(at), self._peak(at + 1), self._rms(at + 2), self._rms(at + 3), reduction)
