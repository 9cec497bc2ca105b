"""What a render is compared with: sessions and files made by hand, and the same desk as it plays live."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import soundfile

from studiod.desk.hub import Hub
from studiod.desk.state import save, snapshot_of
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.registry import Registry
from studiod.produce.render import Order, Track
from tests.fakes.desk_rig import MONO_OUTPUT, Rig, Samples, layout
from tests.fakes.store import MemoryStore

RATE_HZ = 48_000
STRIPS, BUSES, MATRICES = 4, 2, 2
OUTPUTS = 27
"""Of a rig: enough for everything."""

Settings = Mapping[str, float]


def desk() -> ConsoleLayout:
    """The desk that is rendered through, and that plays live."""
    return layout(STRIPS, BUSES, MATRICES, STRIPS, OUTPUTS)


def saved(folder: Path, settings: Settings, names: Mapping[str, str] | None = None) -> Path:
    """A session in `folder` whose desk stands as `settings` say; the folder."""
    hub = Hub(Registry(console_parameters(desk())), MemoryStore(), RATE_HZ)
    for address, value in settings.items():
        hub.write(address, value, "test")
    for address, text in (names or {}).items():
        hub.write_text(address, text, "test")
    save(folder, snapshot_of(hub))
    return folder


def written(path: Path, samples: Samples, subtype: str = "FLOAT", rate_hz: int = RATE_HZ) -> Path:
    """A file of `samples`, (channels, frames) or one row; the file."""
    soundfile.write(path, np.atleast_2d(samples).T, rate_hz, subtype=subtype)
    return path


def heard(path: Path) -> Samples:
    """The samples of a file, (channels, frames)."""
    samples, _ = soundfile.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(samples.T)


def noise(frames: int, rows: int = STRIPS, peak: float = 0.5) -> Samples:
    """White noise, (rows, frames); the same at every call."""
    return np.random.default_rng(7).uniform(-peak, peak, (rows, frames)).astype(np.float32)


def order(folder: Path, files: Sequence[Path], session: Path | None = None, output: str = "mix.wav") -> Order:
    """File n on strip n, to `output` in `folder`, 32 bits."""
    tracks = tuple(Track(path, (number,)) for number, path in enumerate(files, 1))
    return Order(desk(), RATE_HZ, tracks, folder / output, session, bits=32)


def live(settings: Settings, inputs: Samples, blocks: list[int]) -> dict[str, Samples]:
    """What a desk that has been running for four seconds plays for `inputs`, block by block; main without its latency.

    The result: "main" (2, frames), "mono", "bus-01", "matrix-01" and so on (1, frames).
    """
    frames = inputs.shape[1]
    with Rig.make(
        STRIPS, BUSES, block_frames=1024, resting=False, inputs=STRIPS, outputs=OUTPUTS, matrices=MATRICES
    ) as rig:
        for address, value in settings.items():
            rig.set(address, value)
        rig.render(np.zeros((STRIPS, 4 * RATE_HZ), np.float32), blocks)
        late = rig.block.snapshot().main_latency
        assert late > 0
        played = rig.render(np.pad(inputs, ((0, 0), (0, late))), blocks)
    found = {"main": played[:2, late:], "mono": played[MONO_OUTPUT : MONO_OUTPUT + 1, :frames]}
    for n in range(BUSES):
        found[f"bus-{n + 1:02d}"] = played[2 + n : 3 + n, :frames]
    for n in range(MATRICES):
        found[f"matrix-{n + 1:02d}"] = played[18 + n : 19 + n, :frames]
    return found
