"""A take on disk as anyone may read it: every file through four readers, every sample against what was played."""

import json
import struct
import subprocess
import wave
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

Counts = NDArray[np.int64]
_CHECKS_HEAD = 16


def frames_by_four_readers(path: Path) -> dict[str, int]:
    """Frames that soundfile, sox, ffmpeg and Python's wave see."""
    sox = subprocess.run(["soxi", "-s", str(path)], capture_output=True, text=True, check=True)
    probe = ["ffprobe", "-v", "error", "-show_entries", "stream=duration_ts", "-of", "csv=p=0", str(path)]
    ffmpeg = subprocess.run(probe, capture_output=True, text=True, check=True)
    by_ffmpeg = 0 if ffmpeg.stdout.strip() == "N/A" else int(ffmpeg.stdout)  # it knows no duration of nothing
    with wave.open(str(path), "rb") as opened:
        by_wave = opened.getnframes()
    return {"soundfile": soundfile.info(path).frames, "sox": int(sox.stdout), "ffmpeg": by_ffmpeg, "wave": by_wave}


@dataclass(frozen=True)
class TakeOnDisk:
    """The take in `folder`, whose tracks count frames in 24-bit steps, track n from 1000 n on."""

    folder: Path

    @property
    def about(self) -> dict[str, Any]:
        """take.json."""
        document: dict[str, Any] = json.loads((self.folder / "take.json").read_text())
        return document

    def files(self) -> list[Path]:
        """Every sound file that the take names."""
        return [self.folder / name for name in self.about["files"]]

    def packed(self, track: int) -> bytes:
        """The bytes of `track`, pre-record included, part after part."""
        described, about = self.about["tracks"][track], self.about
        width, pieces, at = about["bits"] // 8, [], -about["pre_frames"]
        for part in described["parts"]:
            assert part["start"] == at, "a part begins where the one before it ends"
            path = self.folder / part["file"]
            info = soundfile.info(path)
            assert info.frames == part["frames"]
            raw = path.read_bytes()[4096 : 4096 + info.frames * info.channels * width]
            rows = np.frombuffer(raw, np.uint8).reshape(info.frames, info.channels, width)
            pieces.append(rows[:, described["channel"]].tobytes())
            at += part["frames"]
        assert at == about["frames"]
        return b"".join(pieces)

    def counts(self, track: int) -> Counts:
        """What `track` holds, in 24-bit steps, from its first hidden frame on."""
        assert self.about["bits"] == 24
        rows = np.frombuffer(self.packed(track), np.uint8).reshape(-1, 3).astype(np.int64)
        counts = rows[:, 0] | rows[:, 1] << 8 | rows[:, 2] << 16
        return np.where(counts >= 1 << 23, counts - (1 << 24), counts)

    def assert_true(self) -> None:
        """Every file opens everywhere, every sample is what was played or lies in a gap, every checksum is right."""
        about = self.about
        for path in self.files():
            assert len(set(frames_by_four_readers(path).values())) == 1, frames_by_four_readers(path)
        first = about["start_frame"] - about["pre_frames"]
        for track in range(len(about["tracks"])):
            expected = np.arange(first, about["start_frame"] + about["frames"]) + 1000 * track
            for gap in about["gaps"]:
                begin = gap["start"] + about["pre_frames"]
                expected[begin : begin + gap["frames"]] = 0
            assert np.array_equal(self.counts(track), expected)
        assert self.checks() == self.checks_of_files()

    def checks(self) -> list[tuple[int, ...]]:
        """Rows of checks.crc."""
        raw = (self.folder / self.about["checks"]).read_bytes()
        tracks = len(self.about["tracks"])
        assert raw[:_CHECKS_HEAD] == b"SDCK" + struct.pack("<III", 1, self.about["rate_hz"], tracks)
        return list(struct.iter_unpack(f"<{tracks}I", raw[_CHECKS_HEAD:]))

    def checks_of_files(self) -> list[tuple[int, ...]]:
        """What the rows must be, from the files as they are."""
        packed = [self.packed(track) for track in range(len(self.about["tracks"]))]
        step = self.about["rate_hz"] * self.about["bits"] // 8
        return [
            tuple(zlib.crc32(samples[at : at + step]) for samples in packed) for at in range(0, len(packed[0]), step)
        ]
