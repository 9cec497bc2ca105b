"""A black box turned by hand: a real engine feeds it numbered samples, time is what was rendered."""

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from studiod.tape.blackbox import BlackBox
from studiod.tape.blackbox_index import Chunk
from studiod.tape.blackbox_room import BlackBoxLimits
from studiod.tape.wavfile import DATA_AT
from studiod.tape.witness import Witness
from tests.fakes.desk_rig import Rig, Samples

RATE_HZ = 48000
PLENTY = BlackBoxLimits(10**12, 1e9, 0)
NOON_UNIX = 1_800_000_000.0


def numbered(channels: int, start: int, frames: int) -> Samples:
    """Each channel counts frames in 24-bit steps; channel c begins 1000 c higher."""
    counts = np.arange(start, start + frames)[None, :] + 1000 * np.arange(channels)[:, None]
    return (counts % (1 << 23) / (1 << 23)).astype(np.float32)


def counts_in(path: Path, frames: int | None = None) -> NDArray[np.int64]:
    """The 24-bit samples of a file, its first `frames`."""
    samples, rate_hz = soundfile.read(path, dtype="int32", frames=-1 if frames is None else frames)
    assert rate_hz == RATE_HZ
    return np.asarray(samples, np.int64) >> 8


@dataclass
class BlackBoxRig:
    """`play` lets sound go by; the black box turns as it goes, unless told not to."""

    rig: Rig
    library: Path
    limits: BlackBoxLimits = PLENTY
    chunk_s: float = 2.0
    never: tuple[int, ...] = ()
    clock_name: str = "first"
    is_synchronised: bool = True
    wall_s: float = NOON_UNIX
    now_s: float = 0.0
    is_pressed: bool = False
    """A take wants the disk for itself."""
    frame: int = 0
    sound: Callable[[int, int, int], Samples] = numbered
    boxes: list[BlackBox] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.witness = Witness(self.rig.block)
        self.box = self.new_box()

    def new_box(self) -> BlackBox:
        """Another black box, as a restarted tape makes it; the one before is as if killed."""
        for box in self.boxes[-1:]:
            kill(box)
        box = BlackBox(
            self.rig.block,
            self.library,
            self.clock_name,
            self.limits,
            self.chunk_s,
            self.never,
            lambda: self.now_s,
            lambda: self.wall_s,
            lambda: self.is_synchronised,
            lambda: self.is_pressed,
            self.witness,
        )
        self.boxes.append(box)
        self.box = box
        return box

    def play(self, frames: int, step: int = 12000, *, turns: bool = True) -> None:
        """Let `frames` go by in steps, each with a turn behind it."""
        while frames:
            piece = min(step, frames)
            self.rig.render(self.sound(self.rig.block.inputs, self.frame, piece))
            self.frame += piece
            self.now_s += piece / RATE_HZ
            self.wall_s += piece / RATE_HZ
            frames -= piece
            if turns:
                self.box.turn()

    def later(self, seconds: float) -> None:
        """Time goes by, and the black box turns, without sound."""
        self.now_s += seconds
        self.wall_s += seconds
        self.box.turn()

    @property
    def head(self) -> int:
        """The frame up to which the capture rings are full: a limiter behind what was rendered."""
        return self.rig.block.capture_head

    @property
    def chunks(self) -> list[Chunk]:
        """What is sealed."""
        return self.box.shelf.chunks


def kill(box: BlackBox) -> None:
    """Let go of what the kernel lets go of when a process is killed: files and locks, and nothing is written."""
    writer, box._writer = box._writer, None  # noqa: SLF001 - what kill -9 does to it no method does
    if writer is not None:
        writer.let_go()
    lock, box._lock = box._lock, None  # noqa: SLF001
    if lock is not None:
        os.close(lock)


def heard(chunks: list[Chunk], channel: int) -> dict[int, int]:
    """Sample by engine frame, of everything that `chunks` hold of input `channel` (from 0)."""
    found: dict[int, int] = {}
    for chunk in chunks:
        values = counts_in(chunk.path(channel))
        assert len(values) == chunk.frames
        found.update(zip(range(chunk.first_frame, chunk.end), values.tolist(), strict=True))
    return found


def checks_of(folder: Path, tracks: int) -> list[list[int]]:
    """checks.crc as it lies in `folder`: the seconds of each track."""
    raw = (folder / "checks.crc").read_bytes()
    assert struct.unpack_from("<4sIII", raw) == (b"SDCK", 1, RATE_HZ, tracks)
    return [list(column) for column in zip(*struct.iter_unpack(f"<{tracks}I", raw[16:]), strict=True)]


def track_bytes(folder: Path, track: dict[str, Any]) -> bytes:
    """The samples of a track of take.json, all its parts one after the other: they leave no hole."""
    sound = b""
    at = track["parts"][0]["start"]
    for part in track["parts"]:
        assert part["start"] == at
        at += part["frames"]
        piece = (folder / part["file"]).read_bytes()[DATA_AT : DATA_AT + 3 * part["frames"]]
        assert len(piece) == 3 * part["frames"]
        sound += piece
    return sound
