"""A take as a studio plays and records it: engine, tape and journal turned by hand, inputs of 24-bit steps."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from studiod.engine import BUILD
from studiod.link import ENGINE
from studiod.link.order import TakeOrder, TrackOrder
from studiod.tape import Journals, TakeWriter
from tests.fakes.desk_rig import Rig, Samples, layout

RATE_HZ = 48_000
TAKE = 5


def steps(channels: int, frames: int, seed: int = 1) -> Samples:
    """Noise of 24-bit steps on a slow wave: a file of 24 bits holds it exactly."""
    random = np.random.default_rng(seed)
    wave = np.sin(np.arange(frames)[None, :] / (40.0 + 7.0 * np.arange(channels)[:, None]))
    return (np.round((0.05 * random.uniform(-1, 1, (channels, frames)) + 0.1 * wave) * (1 << 23)) / (1 << 23)).astype(
        np.float32
    )


@dataclass
class PlayedTake:
    """Records every input and main of `rig` into `folder`."""

    rig: Rig
    folder: Path
    bits: int = 24
    trimmed: Sequence[int] = ()
    """Strips, from 1, that are recorded after trim, too."""
    journals: Journals = field(init=False)

    def __post_init__(self) -> None:
        block = self.rig.block
        self.desk = layout(block.strips, block.buses, block.matrices)
        self.journals = Journals(block, self.desk)
        main = block.inputs + block.buses
        tracks = [TrackOrder(n, f"input-{n + 1:02d}.wav", n, f"In {n + 1}") for n in range(block.inputs)]
        tracks += [TrackOrder(main + n, f"main-{'lr'[n]}.wav", None, "Main", "main") for n in range(2)]
        after_trim = main + 2
        tracks += [TrackOrder(after_trim + n - 1, f"trimmed-{n}.wav", None, "", "trimmed") for n in self.trimmed]
        self.order = TakeOrder(TAKE, self.folder, self.bits, tuple(tracks), "test")
        block.store_order(TAKE, self.order.to_json())
        block.store_status(ENGINE, f'{{"isa": "{self.rig.engine.isa}", "build": "{BUILD}"}}')
        self._writer: TakeWriter | None = None

    def play(self, inputs: Samples, blocks: Sequence[int] = (64,), piece: int = 480) -> None:
        """Let `inputs` come in; the tape turns after each `piece`."""
        for at in range(0, inputs.shape[1], piece):
            self.rig.render(np.ascontiguousarray(inputs[:, at : at + piece]), list(blocks))
            self.turn()

    def turn(self) -> None:
        """One turn of the tape."""
        snapshot = self.rig.block.snapshot()
        for take in snapshot.takes:
            if self._writer is None:
                self._writer = TakeWriter(self.rig.block, self.order, take, RATE_HZ)
                self._writer.open()
            self._writer.take = take
            self._writer.advance(self.rig.block.capture_head)
        self.journals.turn(snapshot)
        self.journals.sync()

    def close(self) -> None:
        """End the files."""
        assert self._writer is not None
        self._writer.close()
        self.journals.close()
