"""What the black box holds: runs of the engine clock and the chunks of each, read from the folders alone."""

import contextlib
import os
import re
import shutil
import struct
import uuid
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from studiod.link import Gap
from studiod.tape._tape import clip_runs
from studiod.tape.boot import this_boot
from studiod.tape.files import load_json, replace_file, save_json
from studiod.tape.proof import RUNS_AT_ONCE, Clips
from studiod.tape.sound import BadChecks, CheckRows
from studiod.tape.wavfile import DATA_AT, NotAWav, header_page, read_format

BITS, WIDTH = 24, 3
SEALED, OPEN = "sealed", "open"
CHECKS = "checks.crc"
TAPE_LATE, FULL, REFUSED, MISSING = "tape late", "disk nearly full", "disk fault", "input missing"
"""Causes of gaps that are the tape's own."""
_DOCUMENT, _RUN = "chunk.json", "run.json"
_MAGIC, _CHECKS_VERSION = b"SDCK", 1
_CHECKS_HEAD = struct.Struct("<4sIII")
_CHUNK_NAME = re.compile(r"(\d{6})-(\d{15})")
_INPUT_NAME = re.compile(r"input-(\d+)\.wav")
_GONE = ".gone-"
_READ_BYTES = 1 << 20
_SCAN_FRAMES = 1 << 16


class Clip(NamedTuple):
    """A run of samples at full scale."""

    channel: int
    """Input, from 0."""
    start: int
    """On the engine clock."""
    frames: int


@dataclass(slots=True, eq=False)
class Chunk:
    """A minute or so of every input, closed for ever: its files may be linked from anywhere."""

    folder: Path
    sequence: int
    """Grows within the run."""
    first_frame: int
    """On the engine clock of the run; a whole second of it."""
    frames: int
    rate_hz: int
    inputs: tuple[int, ...]
    """Counted from 0."""
    gaps: list[Gap] = field(default_factory=list)
    """Frames nobody heard, on the engine clock."""
    ended_unix: float = 0.0
    clock_synchronised: bool = False
    drift_ppm: float | None = None
    """How much faster the card's clock ran than the machine's, as far as known by its end."""
    clips: list[Clip] | None = None
    """None: nobody has looked; `find_clips` does."""
    clips_more: int = 0
    """Runs at full scale beyond those that are listed."""
    size_bytes: int = 0
    """On disk: exact silence takes no room."""
    is_kept: bool = False
    """A take shares its files: removing it frees little."""
    pins: int = 0
    """Takes that are being made of it: it must not go."""

    @property
    def end(self) -> int:
        """First frame that it does not hold."""
        return self.first_frame + self.frames

    def path(self, channel: int) -> Path:
        """The file of input `channel`, from 0."""
        return self.folder / input_file(channel)

    def checks(self) -> dict[int, list[int]]:
        """CRC-32 of each second, the last perhaps a short one, by input from 0. Raises OSError.

        From the file beside the sound; what that does not tell is worked out from the sound itself.
        """
        seconds, tracks = -(-self.frames // self.rate_hz), len(self.inputs)
        try:
            raw = (self.folder / CHECKS).read_bytes()
        except OSError:
            raw = b""
        table = raw[_CHECKS_HEAD.size :]
        if raw[: _CHECKS_HEAD.size] != checks_head(self.rate_hz, tracks) or len(table) != 4 * tracks * seconds:
            return {channel: list(file_rows(self.path(channel), self.frames, self.rate_hz)) for channel in self.inputs}
        cells = struct.unpack(f"<{tracks * seconds}I", table)
        return {channel: list(cells[place::tracks]) for place, channel in enumerate(self.inputs)}

    def read(self, channel: int, frame: int, frames: int) -> bytes:
        """Packed samples of input `channel` from engine frame `frame` on; silence of one it has not. Raises OSError."""
        if channel not in self.inputs:
            return bytes(frames * WIDTH)
        with self.path(channel).open("rb", buffering=0) as file:
            piece = os.pread(file.fileno(), frames * WIDTH, DATA_AT + (frame - self.first_frame) * WIDTH)
        if len(piece) < frames * WIDTH:
            raise OSError(0, f"{self.path(channel)} ends early")
        return piece

    def find_clips(self) -> list[Clip]:
        """Those there are; in the sound itself where nobody looked before. Raises OSError."""
        if self.clips is None:
            found = Clips()
            for place, channel in enumerate(self.inputs):
                _scan(self.path(channel), self.frames, place, found)
            self.clips, self.clips_more = told_clips(found, self.inputs, self.first_frame), found.more
        return self.clips

    def save(self, state: str = SEALED) -> None:
        """Write the paper of the chunk. Raises OSError."""
        save_json(
            self.folder / _DOCUMENT,
            {
                "version": 1,
                "state": state,
                "boot_id": this_boot(),
                "first_frame": self.first_frame,
                "frames": self.frames,
                "rate_hz": self.rate_hz,
                "bits": BITS,
                "inputs": [channel + 1 for channel in self.inputs],
                "gaps": [gap._asdict() for gap in self.gaps],
                "ended_unix": self.ended_unix,
                "clock_synchronised": self.clock_synchronised,
                "size_bytes": self.size_bytes,
                "drift_ppm": self.drift_ppm,
                "clips": None if self.clips is None else [[clip.channel + 1, *clip[1:]] for clip in self.clips],
                "clips_more": self.clips_more,
            },
        )


@dataclass(slots=True)
class Run:
    """One life of the engine clock: frames of different runs have nothing to do with each other."""

    number: int
    folder: Path
    clock: str
    """What tells this clock from every other."""
    rate_hz: int
    chunks: list[Chunk] = field(default_factory=list)

    @property
    def next_sequence(self) -> int:
        """Of the chunk after the last."""
        return max((chunk.sequence for chunk in self.chunks), default=-1) + 1


def clock_identity(supervisor: int) -> str:
    """What tells the engine clock of the studiod with that process id from every other on this machine, ever.

    Where the system hides that it is drawn anew: frames never collide, and a restarted tape begins a new run.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        told = Path(f"/proc/{supervisor}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return str(uuid.uuid4())
    return f"{boot}/{supervisor}/{told.rpartition(')')[2].split()[19]}"  # proc(5): ticks from boot to its start


def input_file(channel: int) -> str:
    """The file of input `channel` (from 0) in a chunk."""
    return f"input-{channel + 1:02d}.wav"


def checks_head(rate_hz: int, tracks: int) -> bytes:
    """The first bytes of a checks.crc."""
    return _CHECKS_HEAD.pack(_MAGIC, _CHECKS_VERSION, rate_hz, tracks)


def chunk_folder(run: Path, sequence: int, first_frame: int) -> Path:
    """Where a chunk lies; names sort as time goes, and say all that a lost paper said of where it belongs."""
    return run / f"{sequence:06d}-{first_frame:015d}"


def open_run(root: Path, runs: list[Run], clock: str, rate_hz: int) -> Run:
    """The run of `clock`, made and added to `runs` when it is new. Raises OSError."""
    for run in runs:
        if run.clock == clock and run.rate_hz == rate_hz:
            return run
    number = max((run.number for run in runs), default=0) + 1
    run = Run(number, root / f"{number:04d}", clock, rate_hz)
    run.folder.mkdir()
    save_json(run.folder / _RUN, {"version": 1, "clock": clock, "rate_hz": rate_hz})
    runs.append(run)
    return run


def read_index(root: Path, boot_id: str | None = None) -> list[Run]:
    """Every run under `root` and its chunks, oldest first.

    What was being removed is removed, what was being written is sealed as `read_chunk` does it, papers that are lost
    are written anew from the files. boot_id: what tells this start of the machine from another; None: as the kernel
    says. Raises OSError.
    """
    boot_id = this_boot() if boot_id is None else boot_id
    runs = []
    for folder in _folders(root):
        if folder.name.startswith(_GONE):
            shutil.rmtree(folder, ignore_errors=True)
        elif folder.name.isascii() and folder.name.isdigit():
            runs.append(_read_run(folder, boot_id))
    return sorted(runs, key=lambda run: run.number)


def _read_run(folder: Path, boot_id: str) -> Run:
    chunks = []
    for place in _folders(folder):
        if place.name.startswith(_GONE):
            shutil.rmtree(place, ignore_errors=True)
        elif _CHUNK_NAME.fullmatch(place.name):
            chunk = read_chunk(place, boot_id)
            if chunk is None:
                remove(place)
            else:
                chunks.append(chunk)
    paper = load_json(folder / _RUN) or {}
    rate_hz = paper.get("rate_hz", chunks[0].rate_hz if chunks else 0)
    clock = str(paper.get("clock", ""))  # unknown: nothing more is added to it
    return Run(int(folder.name), folder, clock, int(rate_hz), sorted(chunks, key=lambda chunk: chunk.sequence))


def read_chunk(folder: Path, boot_id: str, most_frames: int | None = None) -> Chunk | None:
    """The chunk in `folder`, None when there is no sound in it. Raises OSError.

    One that was still open is sealed where its shortest file ends, or after `most_frames`; where the machine was off
    since (its paper does not tell of the start `boot_id`), where what is known to be durable ends.
    """
    paper = load_json(folder / _DOCUMENT)
    if paper is not None and paper.get("state") == SEALED:
        with contextlib.suppress(KeyError, TypeError, ValueError):
            return _from_paper(folder, paper)
    is_same_boot = bool(boot_id) and paper is not None and paper.get("boot_id") == boot_id
    return _seal(folder, paper or {}, most_frames, is_same_boot=is_same_boot)


def _place(folder: Path) -> tuple[int, int]:
    match = _CHUNK_NAME.fullmatch(folder.name)
    if match is None:
        raise ValueError(f"{folder} is no chunk")
    return int(match[1]), int(match[2])


def _clips(raw: object) -> list[Clip] | None:
    if not isinstance(raw, list):
        return None
    return [Clip(int(number) - 1, int(start), int(frames)) for number, start, frames in raw]


def _gaps(paper: dict[str, Any]) -> list[Gap]:
    return [Gap(int(gap["start"]), int(gap["frames"]), str(gap["cause"])) for gap in paper["gaps"]]


def _from_paper(folder: Path, paper: dict[str, Any]) -> Chunk:
    sequence, first_frame = _place(folder)
    return Chunk(
        folder,
        sequence,
        first_frame,
        int(paper["frames"]),
        int(paper["rate_hz"]),
        tuple(int(number) - 1 for number in paper["inputs"]),
        _gaps(paper),
        float(paper["ended_unix"]),
        bool(paper["clock_synchronised"]),
        size_bytes=int(paper["size_bytes"]),
        is_kept=is_shared(folder / input_file(int(paper["inputs"][0]) - 1)),
        drift_ppm=None if paper.get("drift_ppm") is None else float(paper["drift_ppm"]),
        clips=_clips(paper.get("clips")),
        clips_more=int(paper.get("clips_more", 0)),
    )


@dataclass(frozen=True, slots=True)
class _File:
    """One of a chunk whose writer died."""

    channel: int
    rate_hz: int
    there: int
    """Frames behind the header."""
    claimed: int
    """Frames it tells of: they were durable."""
    changed_unix: float


def _seal(folder: Path, paper: dict[str, Any], most_frames: int | None, *, is_same_boot: bool) -> Chunk | None:
    """Close a chunk whose writer died."""
    sequence, first_frame = _place(folder)
    files = _files_in(folder)
    rate_hz = files[0].rate_hz if files else 0
    inputs = tuple(file.channel for file in files)
    rows = _rows_in(folder, rate_hz, len(inputs))
    frames = min((file.there for file in files), default=0)
    if not is_same_boot:
        frames = _durable_frames(folder, files, rows)
    if most_frames is not None:
        frames = min(frames, most_frames)
    if not frames:
        return None
    size = _finish(folder, inputs, header_page(frames, rate_hz, BITS), frames)
    found = list(zip(*(file_rows(folder / input_file(channel), frames, rate_hz) for channel in inputs), strict=True))
    wrong = [second for second in range(min(len(rows), frames // rate_hz)) if rows[second] not in {(), found[second]}]
    chunk = Chunk(
        folder,
        sequence,
        first_frame,
        frames,
        rate_hz,
        inputs,
        _gaps_before(paper, first_frame + frames)
        + [Gap(first_frame + second * rate_hz, rate_hz, REFUSED) for second in wrong],
        max(file.changed_unix for file in files),
        bool(paper.get("clock_synchronised", False)),
        size_bytes=size,
    )
    chunk.save()  # before the checks: whoever is killed between has those that were written with the sound
    packed = b"".join(struct.pack(f"<{len(inputs)}I", *row) for row in found)
    replace_file(folder / CHECKS, checks_head(rate_hz, len(inputs)) + packed)
    return chunk


def _finish(folder: Path, inputs: Sequence[int], page: bytes, frames: int) -> int:
    """End every file of `inputs` after `frames`; the room they take, in bytes."""
    size = 0
    for channel in inputs:
        fd = os.open(folder / input_file(channel), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            finish_file(fd, page, frames)
            size += os.fstat(fd).st_blocks * 512
        finally:
            os.close(fd)
    return size


def _gaps_before(paper: dict[str, Any], end: int) -> list[Gap]:
    try:
        return [gap for gap in _gaps(paper) if gap.start < end]
    except (KeyError, TypeError, ValueError):
        return []


def _files_in(folder: Path) -> list[_File]:
    """By input."""
    found = []
    for path in folder.glob("input-*.wav"):
        match = _INPUT_NAME.fullmatch(path.name)
        with contextlib.suppress(NotAWav):
            if match and not path.is_symlink():
                form, status = read_format(path), path.stat()
                there = max(status.st_size - DATA_AT, 0) // WIDTH
                found.append(_File(int(match[1]) - 1, form.rate_hz, there, form.frames, status.st_mtime))
    return sorted(found, key=lambda file: file.channel)


def _rows_in(folder: Path, rate_hz: int, tracks: int) -> list[tuple[int, ...]]:
    """The checks that were written with the sound, second by second; of one that the disk lost there is nothing."""
    with contextlib.suppress(OSError, BadChecks):
        rows = CheckRows(folder / CHECKS, rate_hz, tracks)
        return [() if 0 in rows.row(second) else rows.row(second) for second in range(rows.count)]
    return []


def _durable_frames(folder: Path, files: Sequence[_File], rows: Sequence[tuple[int, ...]]) -> int:
    """How much of `files` is there for sure: what all headers tell of, and whole seconds that are what their row says.

    A file may be as long as its sound was and hold nothing: a disk writes lengths first, and silence is nothing.
    """
    claimed = min((file.claimed for file in files), default=0)
    there = min((file.there for file in files), default=0)
    rate_hz = files[0].rate_hz if files else 0
    paths = [folder / input_file(file.channel) for file in files]
    second = claimed // rate_hz if rate_hz else 0
    while second < len(rows) and (second + 1) * rate_hz <= there:
        end = (second + 1) * rate_hz
        if rows[second] != tuple(next(file_rows(path, end, rate_hz, end - rate_hz)) for path in paths):
            break
        second += 1
    return max(claimed, second * rate_hz)


def finish_file(fd: int, page: bytes, frames: int) -> None:
    """Let the file behind `fd` end after `frames`, padded as RIFF wants it, with the header `page`. Raises OSError."""
    end = DATA_AT + frames * WIDTH
    os.ftruncate(fd, end)
    os.ftruncate(fd, end + end % 2)
    os.pwrite(fd, page, 0)
    os.fsync(fd)


def is_shared(path: Path) -> bool:
    """Whether the file has another name elsewhere."""
    try:
        return path.stat(follow_symlinks=False).st_nlink > 1
    except OSError:
        return False


def file_rows(path: Path, frames: int, rate_hz: int, start: int = 0) -> Iterator[int]:
    """CRC-32 of each second of `path` from frame `start` on, the last perhaps a short one. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        for second in range(start, frames, rate_hz):
            at, end = DATA_AT + second * WIDTH, DATA_AT + min(second + rate_hz, frames) * WIDTH
            crc = 0
            while at < end:
                piece = os.pread(fd, min(end - at, _READ_BYTES), at)
                if not piece:
                    raise OSError(0, f"{path} ends early")
                crc = zlib.crc32(piece, crc)
                at += len(piece)
            yield crc
    finally:
        os.close(fd)


def told_clips(found: Clips, inputs: Sequence[int], first_frame: int) -> list[Clip]:
    """What was found in the files of `inputs`, on the engine clock, which counts `first_frame` where they begin."""
    return [Clip(inputs[place], first_frame + frame, frames) for place, frame, frames in found.runs]


def _scan(path: Path, frames: int, place: int, found: Clips) -> None:
    """Look for clips in the first `frames` of `path`, the file of number `place`. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        for first in range(0, frames, _SCAN_FRAMES):
            count = min(_SCAN_FRAMES, frames - first)
            piece = os.pread(file.fileno(), count * WIDTH, DATA_AT + first * WIDTH)
            if len(piece) < count * WIDTH:
                raise OSError(0, f"{path} ends early")
            found.add(place, first, *clip_runs(piece, count, BITS, RUNS_AT_ONCE))
            found.keep()


def remove(folder: Path) -> None:
    """Remove a chunk or a run; killed half-way it is removed at the next start. Raises OSError."""
    gone = folder.with_name(_GONE + folder.name)
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _folders(root: Path) -> list[Path]:
    return sorted(Path(entry.path) for entry in os.scandir(root) if entry.is_dir(follow_symlinks=False))


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """`spans` [first, end), oldest first, those that touch or overlap made one."""
    found: list[tuple[int, int]] = []
    for first, end in spans:
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((first, end))
    return found
