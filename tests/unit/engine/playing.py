"""A tape without files: fills the playback rings as the tape process does."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from studiod.link import Operation
from studiod.tape import RingView
from tests.fakes.desk_rig import Rig


class Tape:
    """What the strips of `rig` have on tape."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._views = [RingView(rig.block, bank) for bank in range(2)]
        self.generation = 0

    @property
    def view(self) -> RingView:
        """The rings of the newest generation."""
        return self._views[self.generation % 2]

    def cue(self, tracks: Mapping[int, NDArray[np.float32]], position: int = 0, at_frame: int = 0) -> None:
        """Fill the rings with `tracks` (strip from 0 -> samples) from `position` on, all as long; locate there."""
        self.generation += 1
        self._rig.ask(Operation.LOCATE, self.generation, float(position), at_frame)
        self.fill(tracks, position)

    def fill(self, tracks: Mapping[int, NDArray[np.float32]], position: int = 0) -> None:
        """Fill the rings and say so."""
        self.view.invalidate()
        self.view.begin(position, list(tracks))
        frames = min(len(samples) for samples in tracks.values())
        for strip in range(self._rig.block.strips):
            if strip in tracks:
                self.view.place(strip, position, tracks[strip].astype("<f4").tobytes(), frames, 32)
            else:
                self.view.clear(strip, position, frames)
        self.view.publish(self.generation, position + frames)
