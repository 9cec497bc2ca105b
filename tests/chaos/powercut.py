"""A disk that can be pulled out: ext4 in a file on an XFS that shares blocks; and what a take must hold after it.

Cloning the file freezes the disk as it is at that moment. What the mounted file system still holds in memory is not in
it: so it is with a power cut. Lying caches of drives and torn sectors are not in this picture.
"""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from studiod.tape.wavfile import DATA_AT

RATE_HZ = 48_000
COUNTER = "virtual: {sources: counter}\naudio: {block_frames: 128}\nosc: {zeroconf: false}\nsurfaces: {enable: false}\n"
COUNTER_MASK = (1 << 23) - 1  # what the virtual stage plays: exact in float32 and in 24-bit files
COUNTER_STEP = 1009  # between its channels

_FICLONE = 0x4004_9409  # <linux/fs.h>: share all blocks of one file with another
_MIB = 1 << 20
_OUTER_MIB, _INNER_MIB = 2048, 512  # sparse: they take the room of what is written


class NoPowerCut(Exception):  # noqa: N818 - it reads as the fact it reports
    """Power cuts cannot be made here; the message says why."""


@dataclass
class PluggedDisk:
    """Make one with `plugged_disk`. folder: where it is mounted."""

    folder: Path
    _outer: Path
    _image: Path
    _cuts: int = field(default=0)

    def cut(self) -> Path:
        """Freeze the disk as it is now; the image of it. The disk goes on."""
        self._cuts += 1
        frozen = self._outer / f"cut-{self._cuts}.img"
        source, target = os.open(self._image, os.O_RDONLY), os.open(frozen, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            fcntl.ioctl(target, _FICLONE, source)
        finally:
            os.close(source)
            os.close(target)
        return frozen

    @contextmanager
    def after(self, frozen: Path) -> Iterator[Path]:
        """The disk `frozen` after the power is back, mounted; thrown away at the end."""
        folder = self._outer.parent / frozen.stem
        folder.mkdir()
        try:
            with _mounted(frozen, folder):
                yield folder
        finally:
            frozen.unlink()


@contextmanager
def plugged_disk(folder: Path) -> Iterator[PluggedDisk]:
    """A disk of its own, mounted under `folder`. Raises NoPowerCut (no root, no loop devices, no XFS...)."""
    if os.geteuid() != 0:
        raise NoPowerCut("power cuts need root: they mount disks")
    for tool in ("mkfs.xfs", "mkfs.ext4", "mount"):
        if shutil.which(tool) is None:
            raise NoPowerCut(f"power cuts need {tool} (Debian: xfsprogs, e2fsprogs, mount)")
    outer, inner = folder / "outer", folder / "disk"
    outer.mkdir(parents=True)
    inner.mkdir()
    pool, image = folder / "outer.img", outer / "disk.img"
    try:
        _make(["mkfs.xfs", "-q", "-m", "reflink=1"], pool, _OUTER_MIB)
        with _mounted(pool, outer):
            # nothing left for the kernel to write in its own time
            _make(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0"], image, _INNER_MIB)
            with _mounted(image, inner):
                yield PluggedDisk(inner, outer, image)
    finally:
        pool.unlink(missing_ok=True)


def _make(command: list[str], image: Path, size_mib: int) -> None:
    with image.open("xb") as file:
        file.truncate(size_mib * _MIB)
    _run([*command, str(image)])


@contextmanager
def _mounted(image: Path, folder: Path) -> Iterator[None]:
    _run(["mount", "-o", "loop", str(image), str(folder)])
    try:
        yield
    finally:
        if subprocess.run(["umount", str(folder)], capture_output=True, check=False).returncode != 0:
            _run(["umount", "--lazy", str(folder)])  # whoever holds it is dying: the loop device goes with him


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoPowerCut(f"power cuts cannot be made here: {' '.join(command)}: {done.stderr.strip()}")


# -- what a take must hold ---------------------------------------------------------------------------------------------


def wrong_frames(path: Path, first: int, channel: int, silent: list[tuple[int, int]] | None = None) -> int:
    """Frames that the header of `path` (24 bits, mono) claims and that are not what they must be, or not there.

    first: engine frame of its first sample; channel: of the virtual stage, from 0; silent: [begin, end) in the file,
    where there must be nothing.
    """
    claimed: int = soundfile.info(path).frames
    rows = np.frombuffer(path.read_bytes()[DATA_AT : DATA_AT + 3 * claimed], np.uint8)
    rows = rows[: len(rows) // 3 * 3].reshape(-1, 3).astype(np.int64)
    found = rows[:, 0] | rows[:, 1] << 8 | rows[:, 2] << 16
    expected = (np.arange(len(found)) + first + COUNTER_STEP * channel) & COUNTER_MASK
    for begin, end in silent or []:
        expected[begin:end] = 0
    return claimed - len(found) + int(np.count_nonzero(found != expected))


def assert_counts(folder: Path) -> None:
    """Every file of the take is as long as take.json says and holds the stage's counter, and silence in the gaps."""
    about: dict[str, Any] = json.loads((folder / "take.json").read_text())
    hidden = about["pre_frames"]
    silent = [(gap["start"] + hidden, gap["start"] + hidden + gap["frames"]) for gap in about["gaps"]]
    for track in about["tracks"]:
        path = folder / track["file"]
        assert soundfile.info(path).frames == about["frames"] + hidden, f"{path.name} is not as long as the take"
        wrong = wrong_frames(path, about["start_frame"] - hidden, track["strip"] - 1, silent)
        assert wrong == 0, f"{path.name}: {wrong} wrong frames"
