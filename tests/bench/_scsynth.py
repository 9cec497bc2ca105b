"""SuperCollider's server as a peer: W(N) as a score, rendered faster than real time, less what its noise costs."""

import shutil
import struct
from pathlib import Path

import numpy as np
import soundfile

from tests.bench._measure import ROOT, Skipped, run
from tests.bench._workload import RATE_HZ

SCORES = ROOT / "tests" / "data" / "bench"
SIZES = (8, 16, 32, 64, 128)
OPTIONS = ("-o", "2", "-a", "1024", "-m", "65536")
BUNDLE = b"#bundle\0"
SILENT_RMS = 1e-3


def with_length(score: bytes, seconds: float) -> bytes:
    """The score with its last bundle, whose time is its end, at `seconds`. Raises ValueError for what is no score."""
    start = end = 0
    while end < len(score):
        start = end
        if len(score) < start + 4:
            raise ValueError(f"the score breaks off at byte {start}")
        end = start + 4 + int(struct.unpack_from(">i", score, start)[0])
    if end != len(score) or score[start + 4 : start + 12] != BUNDLE:
        raise ValueError(f"the score has no whole bundle at byte {start}")
    return score[: start + 12] + struct.pack(">Q", int(seconds * 2**32)) + score[start + 20 :]


class Scsynth:
    """scsynth at W(channels), `seconds` long, in blocks of `frames`."""

    def __init__(self, folder: Path, channels: int, frames: int, seconds: float) -> None:
        """Write the scores into `folder` and listen to one second. Raises Skipped where it cannot be measured."""
        program = shutil.which("scsynth")
        if program is None:
            raise Skipped("scsynth is not installed (Debian: supercollider-server)")
        if channels not in SIZES:
            raise Skipped(f"there is no score of {channels} channels, only of {', '.join(map(str, SIZES))}")
        self._command = [program, *OPTIONS, "-z", str(frames), "-N"]
        self._sound = folder / "scsynth.wav"
        self._scores = {kind: self._write(folder, channels, kind, seconds) for kind in ("full", "noise")}
        self._channel_samples = channels * seconds * RATE_HZ
        self._cpu_s(self._write(folder, channels, "full", 1.0, "_heard"))
        heard, _ = soundfile.read(self._sound)
        if not float(np.sqrt(np.mean(np.square(heard)))) > SILENT_RMS:
            raise RuntimeError("scsynth plays silence: what is measured is not the workload")

    def ns_per_channel_sample(self) -> float:
        """CPU time (user + system) of the whole program for a channel and a sample, noise taken off."""
        return 1e9 * (self._cpu_s(self._scores["full"]) - self._cpu_s(self._scores["noise"])) / self._channel_samples

    def _cpu_s(self, score: Path) -> float:
        return run([*self._command, str(score), "_", str(self._sound), str(RATE_HZ), "WAV", "float"]).cpu_s

    @staticmethod
    def _write(folder: Path, channels: int, kind: str, seconds: float, suffix: str = "") -> Path:
        score = folder / f"score_{channels}_{kind}{suffix}.osc"
        score.write_bytes(with_length((SCORES / f"score_{channels}_{kind}.osc").read_bytes(), seconds))
        return score
