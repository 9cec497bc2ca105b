"""Sources through an engine that is turned by hand, into files: nothing early, nothing late."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from studiod.engine import Engine, LoudnessMeter
from studiod.model.loudness import LoudnessReading
from studiod.produce.draft import WavDraft
from studiod.produce.offline import BLOCK_FRAMES, OfflineDesk
from studiod.produce.sources import SourceFile

_PIECE_FRAMES: Final = (
    16 * BLOCK_FRAMES
)  # at once: what is called once a piece costs nothing, 32 strips of it are 2 MiB
_LONGEST_HOLD_S: Final = 2.0  # of gates and compressors
_LONGEST_SETTLING_S: Final = 20.0  # five times the longest release
_STEREO: Final = (1.0, 1.0)  # weights of BS.1770

Rows = np.ndarray[tuple[int, int], np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class Stem:
    """A file to write, and the rows of the engine's output that are its channels."""

    path: Path
    rows: slice
    is_main: bool = False


class Mixdown:
    """`frames` of what `desk` makes of `players`: sources, and the strips (from 0) that play their channels.

    The desk has stood in silence before, as on stage: its gates are closed.
    position: where the transport rolls from, for the click; None: it stands.
    """

    def __init__(
        self,
        desk: OfflineDesk,
        players: Sequence[tuple[SourceFile, Sequence[int]]],
        frames: int,
        position: int | None,
    ) -> None:
        self._desk = desk
        self._engine: Engine = desk.make_engine()
        if desk.works_in_silence():
            self._settle()
        if position is not None:
            desk.roll(position)
        self._players = players
        self._frames = frames
        self._meter = LoudnessMeter(desk.rate_hz, _STEREO)

    def run(self, stems: Sequence[tuple[Stem, WavDraft]], on_progress: Callable[[float], None] | None) -> None:
        """Write all of it into `stems`. Raises UnplayableSoundError, OSError."""
        done = latest = 0
        inputs, outputs = self._room(_PIECE_FRAMES)
        while done < self._frames + latest:
            frames = min(_PIECE_FRAMES, self._frames + latest - done)
            if frames != inputs.shape[1]:
                inputs, outputs = self._room(frames)
            for source, strips in self._players:
                source.read([inputs[strip] for strip in strips])
            self._engine.render(inputs, outputs)
            strips_late, main_late = self._latencies()
            latest = strips_late + main_late
            for stem, draft in stems:
                late = latest if stem.is_main else strips_late
                first, end = max(late - done, 0), min(frames, self._frames + late - done)
                if first < end:
                    self._keep(stem, draft, outputs[stem.rows, first:end])
            done += frames
            if on_progress is not None:
                on_progress(min(done / self._frames, 1.0))

    def loudness(self) -> LoudnessReading:
        """Of main, all of it; once, at the end."""
        self._meter.finish()
        return self._meter.reading()

    def warnings(self, loudness: LoudnessReading) -> Iterator[str]:
        """What should not be so in what was played."""
        bad_samples = self._desk.block.snapshot().bad_samples
        if bad_samples:
            yield f"{bad_samples} samples were no numbers or beyond all measure; they are silent"
        if loudness.sample_peak == -math.inf:
            yield "main is silent: see its fader and mute, and those of the strips"

    def _settle(self) -> None:
        """Play silence until nothing moves any more."""
        inputs, outputs = self._room(_PIECE_FRAMES)
        told: tuple[float, ...] = ()
        for piece in range(1, 1 + math.ceil(_LONGEST_SETTLING_S * self._desk.rate_hz / _PIECE_FRAMES)):
            self._engine.render(inputs, outputs)
            before, told = told, self._desk.block.snapshot().meters
            if told == before and piece * _PIECE_FRAMES > _LONGEST_HOLD_S * self._desk.rate_hz:
                return

    def _latencies(self) -> tuple[int, int]:
        """Frames by which the strips are late, and main after them."""
        snapshot = self._desk.block.snapshot()
        return snapshot.strip_latency, snapshot.main_latency

    def _room(self, frames: int) -> tuple[Rows, Rows]:
        """A row for each strip, silent where nothing plays; a row for each output."""
        desk = self._desk
        return np.zeros((desk.layout.strips, frames), np.float32), np.empty((desk.outputs.rows, frames), np.float32)

    def _keep(self, stem: Stem, draft: WavDraft, samples: Rows) -> None:
        draft.write(samples)
        if stem.is_main:
            self._meter.feed(np.ascontiguousarray(samples))
