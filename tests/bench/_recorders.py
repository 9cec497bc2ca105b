"""The recorders that `record_crash` kills: how each is started, what it leaves, and who can read that."""

import contextlib
import os
import shutil
import signal
import subprocess
import wave
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import soundfile

from studiod.tape.repair import repair_session
from tests.bench._measure import Skipped
from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually

CHANNELS, RATE_HZ, BITS, BLOCK_FRAMES = 8, 48_000, 24, 256
ARDOUR_VERSIONS = range(9, 5, -1)
ARDOUR_TRIES = 3  # jackd throws it out now and then, while it makes its session
START_S = 20.0
SCRIPT = Path(__file__).with_name("ardour_record.lua")
CONFIG = f"""\
audio: {{host: jack, rate_hz: {RATE_HZ}, block_frames: {BLOCK_FRAMES}, inputs: {CHANNELS}}}
desk: {{strips: {CHANNELS}}}
tape: {{bits: {BITS}, pre_record_s: 0}}
osc: {{bind: 127.0.0.1, zeroconf: false}}
surfaces: {{enable: false}}
"""
_BLOCK_FRAMES_READ = 1 << 16


# -- readers -----------------------------------------------------------------------------------------------------------


def seconds_by_soundfile(path: Path) -> float:
    """How much of `path` libsndfile gives, in seconds; 0 when it refuses."""
    frames, rate_hz = 0, RATE_HZ
    with contextlib.suppress(soundfile.LibsndfileError), soundfile.SoundFile(path) as sound:
        rate_hz = sound.samplerate
        while read := len(sound.read(_BLOCK_FRAMES_READ, dtype="int16")):
            frames += read
    return frames / rate_hz


def seconds_by_wave(path: Path) -> float | None:
    """How much of `path` Python's wave gives; 0 when it refuses, None for floating point, which it never reads."""
    with path.open("rb") as file:
        head = file.read(4096)
    form = head.find(b"fmt ")
    if form >= 0 and head[form + 8 : form + 10] == b"\x03\0":
        return None
    try:
        with wave.open(str(path), "rb") as sound:
            width = sound.getnchannels() * sound.getsampwidth()
            return len(sound.readframes(sound.getnframes())) // width / sound.getframerate()
    except (wave.Error, EOFError):
        return 0.0


def seconds_by_sox(path: Path, channels: int) -> float:
    """How much of `path` sox gives."""
    return _decoded(["sox", "-V1", str(path), "-t", "raw", "-e", "signed-integer", "-b", "16", "-"], channels)


def seconds_by_ffmpeg(path: Path, channels: int) -> float:
    """How much of `path` ffmpeg gives."""
    return _decoded(["ffmpeg", "-nostdin", "-v", "quiet", "-i", str(path), "-f", "s16le", "-"], channels)


def _decoded(command: list[str], channels: int) -> float:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return len(done.stdout) // (2 * channels) / RATE_HZ


def readable(paths: list[Path], channels: int) -> dict[str, float | None]:
    """Seconds that each reader gets out of the worst of `paths`, `channels` channels each; all 0 without files."""
    found: list[dict[str, float | None]] = [
        {
            "soundfile": seconds_by_soundfile(path),
            "sox": seconds_by_sox(path, channels),
            "ffmpeg": seconds_by_ffmpeg(path, channels),
            "wave": seconds_by_wave(path),
        }
        for path in paths
    ]
    readers = ("soundfile", "sox", "ffmpeg", "wave")
    return {reader: min((each[reader] for each in found), key=lambda s: s or 0.0, default=0.0) for reader in readers}


# -- recorders ---------------------------------------------------------------------------------------------------------


@dataclass
class Recorder:
    """A program that records. pids: what to kill; files: where its sound goes, `channels` in each."""

    pids: list[int]
    folder: Path
    pattern: str
    channels: int = 1
    session: Path | None = None
    """studiod's, which it can repair."""

    def kill(self) -> None:
        """SIGKILL to all of it."""
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def files(self) -> list[Path]:
        """What it leaves."""
        return sorted(self.folder.rglob(self.pattern))

    def repair(self) -> None:
        """What studiod does at its next start."""
        if self.session is not None:
            repair_session(self.session)


@contextmanager
def studiod(folder: Path) -> Iterator[Recorder]:
    """One file a channel."""
    with LiveStudio(folder / "studiod", CONFIG, options=()) as studio:
        studio.record(*range(1, CHANNELS + 1))
        pids = [pid for pid in studio.status()["processes"].values() if pid]
        yield Recorder(pids, studio.session / "takes", "*.wav", session=studio.session)
        assert studio.process is not None
        studio.process.wait(10)


@contextmanager
def jack_capture(folder: Path) -> Iterator[Recorder]:
    """One file with all channels."""
    sound = folder / "jack_capture.wav"
    command = ["jack_capture", "--daemon", "-b", str(BITS), "-c", str(CHANNELS), "-p", "system:capture_*", str(sound)]
    with _running(command, sound) as process:
        yield Recorder([process.pid], folder, sound.name, CHANNELS)


@contextmanager
def ecasound(folder: Path) -> Iterator[Recorder]:
    """One file with all channels."""
    sound = folder / "ecasound.wav"
    form = f"-f:s{BITS}_le,{CHANNELS},{RATE_HZ}"
    command = ["ecasound", "-q", "-G:jack,ecasound,notransport", form, "-i:jack,system", f"-o:{sound}"]
    with _running(command, sound) as process:
        yield Recorder([process.pid], folder, sound.name, CHANNELS)


@contextmanager
def ardour(folder: Path) -> Iterator[Recorder]:
    """One file of floating point a channel: what it records unless told otherwise."""
    found = [shutil.which(f"ardour{version}-lua") for version in ARDOUR_VERSIONS]
    program = next(filter(None, found), None)
    if program is None:
        raise Skipped("Ardour is not installed, or not with its command line (Debian: ardour)")
    with contextlib.ExitStack() as stack:
        for number in range(1, ARDOUR_TRIES + 1):
            session, rolls, home = (folder / f"ardour-{part}-{number}" for part in ("session", "rolls", "home"))
            home.mkdir()
            command = [program, str(SCRIPT), str(session), session.name, str(RATE_HZ), str(CHANNELS), str(rolls)]
            settings = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}
            try:
                process = stack.enter_context(_running(command, rolls, settings))
            except Skipped:
                if number == ARDOUR_TRIES:
                    raise
            else:
                yield Recorder([process.pid], session / "interchange", "*.wav")
                return


@contextmanager
def _running(
    command: list[str], begun: Path, settings: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that makes the file `begun` when it records. Raises Skipped where it is not installed."""
    if shutil.which(command[0]) is None:
        raise Skipped(f"{command[0]} is not installed (Debian: {command[0].replace('_', '-')})")
    with (begun.with_suffix(".log")).open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **(settings or {})}
        )
        try:
            eventually(lambda: begun.exists() or process.poll() is not None, within_s=START_S)
            if process.poll() is not None:
                said = begun.with_suffix(".log").read_text(errors="replace").strip()[-200:]
                raise Skipped(f"{command[0]} ended with {process.returncode}: {said}")
            yield process
        finally:
            process.kill()
            process.wait()


RECORDERS = {
    "ardour": ardour,
    "studiod": studiod,
    "jack_capture": jack_capture,
    "ecasound": ecasound,
}  # slow starters first
