"""A take out of the black box: its chunks linked, where the filesystem can, or copied little by little."""

import contextlib
import errno
import fcntl
import itertools
import json
import os
import shutil
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiod.link import Gap
from studiod.link.journal import JOURNAL_NAME
from studiod.link.order import KeepOrder, TrackOrder
from studiod.link.timeline import Mark, marks_within
from studiod.tape.blackbox_index import BITS, CHECKS, MISSING, TAPE_LATE, WIDTH, Chunk, checks_head, file_rows
from studiod.tape.files import replace_file, save_json, sync_folder
from studiod.tape.midi import played
from studiod.tape.paper import merged
from studiod.tape.proof import Clips
from studiod.tape.smf import TickClock, whole_file
from studiod.tape.wavfile import DATA_AT, header_page
from studiod.tape.witness import events_file, read_events

ENGINE_CAUSES = frozenset({"engine restarted", "device lost", "engine late", "device dropped frames"})
"""Gaps of these causes nobody heard: a take that has them is as good as what was played."""
LATE_S = 5  # a disk that is behind is told of what happens no later
WORKING = ".keep-"
ORDER = "keep.json"
_FICLONE = 0x40049409  # linux/fs.h: _IOW(0x94, 9, int)
_CANNOT = frozenset(
    {errno.EOPNOTSUPP, errno.ENOTTY, errno.EXDEV, errno.EINVAL, errno.EPERM, errno.EMLINK, errno.ENOSYS}
)
_PIECE_BYTES = 1 << 20
REFLINK, LINK, COPY = "reflink", "hard link", "copy"


class NothingKept(Exception):  # noqa: N818 - it reads as the fact it reports
    """The black box holds nothing of what was asked for."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames [begin, end) of the engine clock: out of `chunk`, or silence where there is none."""

    chunk: Chunk | None
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class _Copy:
    source: Path
    target: Path
    skip: int
    frames: int


def stretches(chunks: Sequence[Chunk], first: int, last: int) -> list[Stretch]:
    """What of `chunks` (one run, in order) holds [first, last), without holes and overlaps, from a whole chunk on."""
    wanted = [chunk for chunk in chunks if chunk.end > first and chunk.first_frame < last]
    found: list[Stretch] = []
    for chunk, after in itertools.zip_longest(wanted, wanted[1:]):
        end = min(chunk.end, last, after.first_frame if after is not None else last)
        if end <= chunk.first_frame:
            continue  # another one has it all
        if found and chunk.first_frame > found[-1].end:
            found.append(Stretch(None, found[-1].end, chunk.first_frame))
        found.append(Stretch(chunk, chunk.first_frame, end))
    while found and found[0].end <= first:
        del found[0]
    return found


@dataclass
class Keep:
    """One take on its way: `begin`, then `step` until it says that all is done. Raises OSError, NothingKept.

    run_chunks: what is held of the run that the order means. What exists of the take before it is whole is in a folder
    beside its place, and `discard` removes that.
    """

    order: KeepOrder
    run_chunks: Sequence[Chunk]
    marks: Sequence[Mark] = ()
    """Markers and sections of the session."""
    method: str = ""
    """How the sound gets there: REFLINK, LINK or COPY."""
    copied_bytes: int = 0
    to_copy_bytes: int = 0
    document: dict[str, Any] = field(default_factory=dict)
    """take.json, once it has begun."""
    _copies: list[_Copy] = field(default_factory=list)
    _open: tuple[int, int] | None = None
    _at: int = 0
    _pinned: list[Chunk] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.working = self.order.folder.with_name(f"{WORKING}{self.order.folder.name}")
        for chunk in self.run_chunks:
            if chunk.end > self.order.first and chunk.first_frame < self.order.last:
                chunk.pins += 1
                self._pinned.append(chunk)

    def begin(self) -> None:
        """Link everything that can be linked; what is left is to be copied."""
        order = self.order
        parts = stretches(self._pinned, order.first, order.last)
        if not parts or parts[-1].end <= order.first:
            raise NothingKept(f"take {order.id}: the black box holds nothing of that time")
        if order.folder.exists():
            raise FileExistsError(errno.EEXIST, f"there is a take {order.id} already")
        shutil.rmtree(self.working, ignore_errors=True)  # of one that was cut off
        self.working.mkdir(parents=True)
        save_json(self.working / ORDER, json.loads(order.to_json()))
        self.method = self._method(parts)
        rate_hz = self._pinned[0].rate_hz
        if self.method == COPY and order.first > parts[0].begin:  # what is copied may begin anywhere: on a whole second
            begin = max(order.first - order.first % rate_hz, parts[0].begin)
            parts[0] = Stretch(parts[0].chunk, begin, parts[0].end)
        silence = self._lay_silence(parts)
        tracks = [self._track(track, parts, silence) for track in order.tracks]
        self._write_checks(parts)
        self.document = self._paper(parts, tracks)
        self._write_events()
        self.to_copy_bytes = sum(copy.frames * WIDTH for copy in self._copies)

    def step(self, most_bytes: int) -> bool:
        """Copy about `most_bytes`; when nothing is left put the take in its place and return True."""
        while self._copies and most_bytes > 0:
            most_bytes -= self._copy_some()
        if self._copies:
            return False
        (self.working / ORDER).unlink()
        save_json(self.working / "take.json", self.document)
        self.working.rename(self.order.folder)
        sync_folder(self.order.folder.parent)
        self.release(is_kept=self.method != COPY)
        return True

    def discard(self) -> None:
        """Let go of everything and remove what was made so far; may be called twice."""
        self.let_go()
        shutil.rmtree(self.working, ignore_errors=True)

    def let_go(self) -> None:
        """Close what is open and let the chunks go; the next start begins this take anew."""
        if self._open is not None:
            for fd in self._open:
                with contextlib.suppress(OSError):
                    os.close(fd)
            self._open = None
        self.release(is_kept=False)

    def release(self, *, is_kept: bool) -> None:
        """Let the black box do with its chunks as it likes again."""
        for chunk in self._pinned:
            chunk.pins -= 1
            chunk.is_kept |= is_kept
        self._pinned = []

    # -- files -----------------------------------------------------------------------------------------------------

    def _method(self, parts: Sequence[Stretch]) -> str:
        """Try with one file what the filesystem can."""
        probe = self.working / ".probe"
        source = next((path for part in parts if part.chunk for path in _files(part.chunk)), None)
        if source is None:
            return COPY
        try:
            return _share(source, probe) or COPY
        finally:
            probe.unlink(missing_ok=True)

    def _lay_silence(self, parts: Sequence[Stretch]) -> dict[int, str]:
        """A file for each stretch that some track has no sound of, by the frame it begins with; it takes no room."""
        names: dict[int, str] = {}
        for number, part in enumerate(parts):
            channels = part.chunk.inputs if part.chunk else ()
            if any(track.channel not in channels for track in self.order.tracks):
                names[part.begin] = f"silence-{number + 1:04d}.wav"
                frames = part.end - part.begin
                with (self.working / names[part.begin]).open("xb") as file:
                    file.write(header_page(frames, self._pinned[0].rate_hz, BITS))
                    file.truncate(DATA_AT + frames * WIDTH + frames * WIDTH % 2)
                    file.flush()
                    os.fsync(file.fileno())
        return names

    def _track(self, track: TrackOrder, parts: Sequence[Stretch], silence: dict[int, str]) -> dict[str, Any]:
        """The track in take.json; its files are linked, or noted to be copied."""
        rows: list[dict[str, Any]] = []
        stem = track.file.removesuffix(".wav")
        for part in parts:
            name = track.file if not rows else f"{stem}-{len(rows) + 1:04d}.wav"
            if part.chunk is None or track.channel not in part.chunk.inputs:
                name = silence[part.begin]
            else:
                self._place(part.chunk.path(track.channel), self.working / name, part)
            rows.append({"file": name, "start": part.begin - self._visible(parts), "frames": part.end - part.begin})
        return {
            "file": rows[0]["file"],
            "channel": 0,
            "name": track.name,
            "kind": track.kind,
            "strip": None if track.strip is None else track.strip + 1,
            "parts": rows,
        }

    def _place(self, source: Path, target: Path, part: Stretch) -> None:
        if self.method != COPY and _share(source, target):
            return
        skip = part.begin - part.chunk.first_frame if part.chunk else 0
        self._copies.append(_Copy(source, target, skip, part.end - part.begin))

    def _copy_some(self) -> int:
        copy = self._copies[0]
        if self._open is None:
            source = os.open(copy.source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                target = os.open(copy.target, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            except OSError:
                os.close(source)
                raise
            self._open = source, target
            self._at = 0
            os.pwrite(target, header_page(copy.frames, self._pinned[0].rate_hz, BITS), 0)
        source, target = self._open
        size = copy.frames * WIDTH
        piece = os.pread(source, min(_PIECE_BYTES, size - self._at), DATA_AT + copy.skip * WIDTH + self._at)
        if not piece:
            raise OSError(errno.EIO, f"{copy.source} ends early")
        if any(piece):
            _write_all(target, piece, DATA_AT + self._at)
        self._at += len(piece)
        self.copied_bytes += len(piece)
        if self._at >= size:
            os.ftruncate(target, DATA_AT + size + size % 2)
            os.fsync(target)
            self._open = None
            os.close(source)
            os.close(target)
            del self._copies[0]
        return len(piece)

    # -- papers ----------------------------------------------------------------------------------------------------

    def _visible(self, parts: Sequence[Stretch]) -> int:
        """Engine frame of the first frame that was asked for, or that there is."""
        return max(self.order.first, parts[0].begin)

    def _write_checks(self, parts: Sequence[Stretch]) -> None:
        rate_hz, tracks = self._pinned[0].rate_hz, self.order.tracks
        known = {part.begin: part.chunk.checks() for part in parts if part.chunk}
        columns = [list(_rows(parts, track.channel, known, rate_hz)) for track in tracks]
        with (self.working / CHECKS).open("xb") as file:
            file.write(checks_head(rate_hz, len(tracks)))
            for row in zip(*columns, strict=True):
                file.write(struct.pack(f"<{len(tracks)}I", *row))
            file.flush()
            os.fsync(file.fileno())

    def _paper(self, parts: Sequence[Stretch], tracks: list[dict[str, Any]]) -> dict[str, Any]:
        order, begin, end = self.order, parts[0].begin, parts[-1].end
        first = self._visible(parts)
        rate_hz = self._pinned[0].rate_hz
        gaps = merged(self._gaps(parts), begin, end)
        chunk = next(part.chunk for part in parts if part.chunk)
        names = [part["file"] for track in tracks for part in track["parts"]]
        rolling = None if order.rolling is None else order.rolling + first
        position = order.position if rolling is None or rolling < 0 else rolling
        clips, more = self._clips(parts, tracks, first)
        drifts = [part.chunk.drift_ppm for part in reversed(parts) if part.chunk]
        return {
            "version": 2,
            "id": order.id,
            "state": "good" if all(gap.cause in ENGINE_CAUSES for gap in gaps) else "damaged",
            "frames": end - first,
            "pre_frames": first - begin,
            "rate_hz": rate_hz,
            "bits": BITS,
            "start_frame": first,
            "position": position,
            # a machine without a battery may begin at 1970, and nothing was played before that
            "created_unix": max(chunk.ended_unix - (chunk.end - first) / rate_hz, 0.0),
            "clock_synchronised": chunk.clock_synchronised,
            "recorded_by": "blackbox",
            "stopped_by": order.by,
            "gaps": [{"start": gap.start - first, "frames": gap.frames, "cause": gap.cause} for gap in gaps],
            "files": list(dict.fromkeys(names)),
            "clips": clips,
            "clips_more": more,
            "markers": [mark.to_json() for mark in self._markers(position, first - begin, end - first)],
            "drift_ppm": next((drift for drift in drifts if drift is not None), None),
            "tracks": tracks,
            "checks": CHECKS,
            "tempo_bpm": order.tempo_bpm,
        }

    def _write_events(self) -> None:
        """What was turned and played goes along: a journal, and a file for each MIDI track that heard anything."""
        first = self.document["start_frame"] - self.document["pre_frames"]
        frames, rate_hz = self.document["pre_frames"] + self.document["frames"], self.document["rate_hz"]
        near = LATE_S * rate_hz  # what happened may be told of in the chunk behind, or before
        folders = [c.folder for c in self.run_chunks if c.end > first - near and c.first_frame < first + frames + near]
        found = read_events(folders, first, first + frames)
        if not (found.events or found.records):
            return
        head = {"take": self.order.id, "frame": self.document["start_frame"], "rate_hz": rate_hz}
        replace_file(self.working / JOURNAL_NAME, events_file(found, head, first + frames))
        self.document["journal"] = JOURNAL_NAME
        clock = TickClock.of(rate_hz, self.order.tempo_bpm)
        heard = []
        for track in self.order.midi:
            notes = list(played(found.events, lambda port: found.ports.get(port, ""), track, first, first + frames))
            if notes:
                replace_file(self.working / track.file, whole_file(clock, track.name, notes, frames))
                heard.append(track.to_json())
        self.document["midi"] = heard

    def _clips(
        self, parts: Sequence[Stretch], tracks: Sequence[dict[str, Any]], first: int
    ) -> tuple[list[dict[str, Any]], int]:
        """Runs at full scale as a take tells them, counted from engine frame `first`, and how many more there are.

        A run that goes on in the next chunk is one.
        """
        found, more = Clips(), 0
        for part in parts:
            for clip in part.chunk.find_clips() if part.chunk else ():
                begin, end = max(clip.start, part.begin), min(clip.start + clip.frames, part.end)
                wanted = (number for number, track in enumerate(self.order.tracks) if track.channel == clip.channel)
                for number in wanted if begin < end else ():
                    found.add(number, begin - first, [(0, end - begin)], 0)
            more += part.chunk.clips_more if part.chunk else 0
        found.keep()
        told = [
            {"file": tracks[number]["file"], "channel": 0, "start": start, "frames": frames}
            for number, start, frames in found.runs
        ]
        return told, found.more + more

    def _markers(self, position: int, pre_frames: int, frames: int) -> Iterator[Mark]:
        """In take.json only: the files are the black box's, too, and are not written to."""
        for mark in marks_within(self.marks, position - pre_frames, position + frames):
            yield mark._replace(start=mark.start - position)

    def _gaps(self, parts: Sequence[Stretch]) -> Iterator[Gap]:
        """What the chunks tell, and the holes that they tell nothing of."""
        told = [gap for chunk in self._pinned for gap in chunk.gaps]
        yield from told
        for part in parts:
            missing = part.chunk is not None and any(t.channel not in part.chunk.inputs for t in self.order.tracks)
            if part.chunk is None or missing:
                is_told = any(gap.start <= part.begin and gap.start + gap.frames >= part.end for gap in told)
                if not is_told:
                    yield Gap(part.begin, part.end - part.begin, MISSING if missing else TAPE_LATE)


def _rows(
    parts: Sequence[Stretch], channel: int, known: dict[int, dict[int, list[int]]], rate_hz: int
) -> Iterator[int]:
    """CRC-32 of each second of one track, over all its parts: chunks begin on whole seconds, silence anywhere."""
    crc, frames = 0, 0  # of the second that has begun
    for part in parts:
        left = part.end - part.begin
        if part.chunk is not None and channel in part.chunk.inputs:
            skip = (part.begin - part.chunk.first_frame) // rate_hz
            rows = known[part.begin][channel][skip : skip + left // rate_hz]
            yield from rows
            frames = left % rate_hz
            if frames:
                used = part.end - part.chunk.first_frame
                crc = next(file_rows(part.chunk.path(channel), used, rate_hz, used - frames))
            continue
        while left:
            piece = min(left, rate_hz - frames)
            crc = zlib.crc32(bytes(piece * WIDTH), crc)
            frames, left = frames + piece, left - piece
            if frames == rate_hz:
                yield crc
                crc, frames = 0, 0
    if frames:
        yield crc


def _files(chunk: Chunk) -> list[Path]:
    return [chunk.path(channel) for channel in chunk.inputs]


def _share(source: Path, target: Path) -> str:
    """Let `target` be the file `source` without a copy: REFLINK or LINK, or empty where that cannot be."""
    with contextlib.suppress(FileNotFoundError):
        source_fd = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fd = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            try:
                fcntl.ioctl(fd, _FICLONE, source_fd)
                os.fsync(fd)
            finally:
                os.close(fd)
        except OSError as fault:
            target.unlink(missing_ok=True)
            if fault.errno not in _CANNOT:
                raise
        else:
            return REFLINK
        finally:
            os.close(source_fd)
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as fault:
        if fault.errno not in _CANNOT:
            raise
        return ""
    return LINK


def _write_all(fd: int, piece: bytes, at: int) -> None:
    left = memoryview(piece)
    while left:
        done = os.pwrite(fd, left, at)
        left, at = left[done:], at + done
