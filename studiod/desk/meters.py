"""Levels as people read them, out of the engine's last snapshot."""

import math
from collections.abc import Callable

from studiod.desk.hub import Hub
from studiod.link import MeterLayout, Snapshot
from studiod.model.console import ConsoleLayout
from studiod.model.units import DB_PER_OCTAVE, db_from_gain

_FLOOR_GAIN = 1e-8  # -160 dBFS: under the noise of float32 there is nothing to read
_LOUDNESS_OFFSET = -0.691  # ITU-R BS.1770-5, equation 2


class Meters:
    """Answers the table's meters from the snapshot last given to `update`."""

    def __init__(self, hub: Hub, layout: ConsoleLayout) -> None:
        self._snapshot: Snapshot | None = None
        at = MeterLayout(layout.strips, layout.buses, layout.matrices)
        for strip in range(layout.strips):
            hub.on_meter(f"/meter/strip/{strip + 1}", self._channel(at.STRIP * strip, reductions=2))
        for bus in range(layout.buses):
            hub.on_meter(f"/meter/bus/{bus + 1}", self._channel(at.buses + at.SUM * bus, reductions=1))
        for matrix in range(layout.matrices):
            hub.on_meter(f"/meter/matrix/{matrix + 1}", self._channel(at.matrices + at.SUM * matrix, reductions=1))
        hub.on_meter("/meter/mono", self._channel(at.mono, reductions=1))
        hub.on_meter("/meter/main", lambda: self._main(at.main))
        hub.on_meter("/meter/loudness", lambda: self._loudness(at.loudness))
        hub.on_meter("/meter/loudness/source", lambda: self._loudness(at.chosen_loudness))

    def update(self, snapshot: Snapshot) -> None:
        """Answer from `snapshot` from now on."""
        self._snapshot = snapshot

    def _channel(self, at: int, *, reductions: int) -> Callable[[], tuple[float, ...]]:
        """Peak, RMS, then as many gain reductions."""

        def read() -> tuple[float, ...]:
            found = (self._read(at + 2 + i) for i in range(reductions))
            return (self._peak(at), self._rms(at + 1), *(octaves * DB_PER_OCTAVE for octaves in found))

        return read

    def _read(self, at: int, nothing: float = 0.0) -> float:
        return self._snapshot.meters[at] if self._snapshot is not None else nothing

    def _peak(self, at: int) -> float:
        gain = self._read(at)
        return db_from_gain(gain) if gain > _FLOOR_GAIN else -math.inf

    def _rms(self, at: int) -> float:
        power = self._read(at)
        return 10.0 * math.log10(power) if power > _FLOOR_GAIN**2 else -math.inf

    def _main(self, at: int) -> tuple[float, ...]:
        limited = max(-db_from_gain(self._read(at + 4, 1.0)), 0.0) + 0.0  # never -0.0
        compressed = self._read(at + 5) * DB_PER_OCTAVE
        return (self._peak(at), self._peak(at + 1), self._rms(at + 2), self._rms(at + 3), limited, compressed)

    def _loudness(self, at: int) -> tuple[float, ...]:
        powers = (self._read(at + i) for i in range(3))
        lufs = (10.0 * math.log10(power) + _LOUDNESS_OFFSET if power > 0.0 else -math.inf for power in powers)
        spread = self._read(at + 3, 1.0)
        return (*lufs, 10.0 * math.log10(spread) if spread > 0.0 else 0.0, self._peak(at + 4))
