"""All files of a take: the parts there are, the one that grows, and the folders where another may begin."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiod.link.order import TakeOrder
from studiod.tape.bwf import file_tags
from studiod.tape.disks import Ballast, Refusal, refusal
from studiod.tape.files import sync_folder
from studiod.tape.growing import GrowingFile
from studiod.tape.parts import POLYPHONIC_NAME, Part, free_names
from studiod.tape.resume import free_folder

MAX_PARTS = 64  # a disk that refuses more often than that is none


@dataclass(frozen=True, slots=True)
class WriterOptions:
    """What a take is written like."""

    pre_frames: int = 0
    """Hidden frames before the first, as far as the rings hold them."""
    is_polyphonic: bool = False
    spare_root: Path | None = None
    """Folder on another disk, there only while that disk is."""
    spare: Path | None = None
    """Folder under it, where the take goes on when its own disk refuses; not looked at before."""
    ballast: Ballast | None = None
    project: str = ""
    """What the files call the session."""
    has_journal: bool = False
    """A journal is kept beside them."""


@dataclass
class TakeFiles:
    """Frames count from the first hidden one, of which there are `pre_frames`. Methods raise OSError."""

    order: TakeOrder
    rate_hz: int
    options: WriterOptions
    pre_frames: int = 0
    parts: list[Part] = field(default_factory=list)
    part: Part | None = None
    """The one that grows."""
    _bad: set[Path] = field(default_factory=set)
    _spare: Path | None = None

    def begin(self, paper: dict[str, Any]) -> str:
        """Make the first files; what went wrong when they lie elsewhere, else nothing. paper: take.json."""
        home = self.order.folder
        try:
            self._open_part(home, 0, paper)
        except OSError as fault:
            self._bad.add(home)
            return self.go_on(fault, home, 0, paper)
        return ""

    def resume(self, found: Sequence[tuple[Path, int, list[Path]]]) -> Part:
        """Find the files again that a writer before this one left: (folder, first frame, files) of each part."""
        for folder, start, paths in found:
            if self.parts:
                self.parts[-1].frames = start - self.parts[-1].start
            self.parts.append(self._make_part(folder, start, paths))
        self.part = self.parts[-1]
        self.part.open(is_new=False)
        return self.part

    def go_on(self, fault: OSError, refused: Path, frame: int, paper: dict[str, Any]) -> str:
        """Begin other files at `frame` because those in `refused` ended with `fault`; the sentence that tells of it.

        Raises `fault` when there is nowhere to go, with the whole story as its text.
        """
        places = [self.order.folder, *self._elsewhere(paper["start_frame"])]
        if refusal(fault) is Refusal.BROKEN:
            places.sort(key=lambda place: place == refused)  # another disk first
        why = f"{fault.filename or refused}: {fault.strerror}"
        for place in places:
            if place in self._bad or len(self.parts) >= MAX_PARTS:
                continue
            try:
                self._open_part(place, frame, paper)
            except OSError as again:
                self._bad.add(place)
                why += f"; {place}: {again.strerror}"
                continue
            return f"{why}; take {self.order.id} goes on in {place}, in new files"
        raise OSError(fault.errno, why)

    @property
    def folders_elsewhere(self) -> set[Path]:
        """Folders besides the take's own that have a part of it."""
        return {part.folder for part in self.parts} - {self.order.folder}

    def give_up(self, part: Part, end: int, *, is_full: bool) -> None:
        """End the files of `part`, which refused, at frame `end`.

        A place that is full, or took nothing, is not tried again.
        """
        self.part = None
        part.abandon(end)
        if part.frames == 0:
            self.parts.remove(part)
        if is_full or part.frames == 0:
            self._bad.add(part.folder)

    def make_folder(self, folder: Path) -> None:
        """Make `folder`, at the price of the ballast when the disk is full."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            if refusal(fault) is not Refusal.FULL or not self.throw_off():
                raise
            folder.mkdir(parents=True, exist_ok=True)

    def throw_off(self) -> bool:
        """Give the ballast's room back; False when there was none."""
        return self.options.ballast is not None and self.options.ballast.throw_off()

    def tag(self, part: Part, paper: dict[str, Any]) -> None:
        """Let the headers of `part` say what `paper`, the take.json, says; from the next claim on."""
        listed = [*self.parts, *([] if part in self.parts else [part])]
        document = {**paper, "tracks": self._rows(paper["tracks"], listed, part.start)}
        for number, file in enumerate(part.files):
            file.tags = file_tags(document, part.name(number, self.order.folder), self.options.project)

    def describe(self, written: int) -> list[dict[str, Any]]:
        """For each track of take.json: its file, its channel there and its parts, when `written` frames are."""
        tracks = [{"file": track.file, "channel": 0} for track in self.order.tracks]
        return self._rows(tracks, self.parts, written)

    def part_of(self, frame: int) -> Part:
        """The part that has `frame`."""
        return next(part for part in reversed(self.parts) if part.start <= frame or part is self.parts[0])

    def read(self, track: int, frame: int, frames: int) -> bytes:
        """Packed samples of `track` as they lie, up to `frames` of them and no further than the part that has `frame`.

        Raises OSError; EOFError when they are not there.
        """
        part = self.part_of(frame)
        if part is self.part:
            return part.read(track, frame, frames)
        with part.reading() as opened:
            return opened.read(track, frame, min(frames, part.start + part.frames - frame))

    def let_go(self) -> None:
        """Close the files as they are; may be called twice."""
        for part in self.parts:
            part.let_go()
        self.part = None

    def _elsewhere(self, start: int) -> list[Path]:
        """Where on another disk the take that begins at engine frame `start` can go on, if that disk is there."""
        root, spare = self.options.spare_root, self.options.spare
        if self._spare is None and root is not None and spare is not None and root.is_dir():
            self._spare = free_folder(spare, self.order, start)
        return [] if self._spare is None else [self._spare]

    def _rows(self, tracks: Sequence[dict[str, Any]], parts: Sequence[Part], written: int) -> list[dict[str, Any]]:
        rows = []
        for number, track in enumerate(tracks):
            listed = [self._row(part, number, written) for part in parts]
            first = {"file": listed[0]["file"], "channel": parts[0].channel(number)} if parts else {}
            rows.append({**track, **first, "parts": listed})
        return rows

    def _row(self, part: Part, track: int, written: int) -> dict[str, Any]:
        frames = written - part.start if part is self.part else part.frames
        name = part.name(track, self.order.folder)
        return {"file": name, "start": part.start - self.pre_frames, "frames": max(frames, 0)}

    def _open_part(self, folder: Path, frame: int, paper: dict[str, Any]) -> None:
        """Begin files in `folder` at `frame`."""
        self.make_folder(folder)
        is_first = folder == self.order.folder and not self.parts
        wanted = (
            [POLYPHONIC_NAME]
            if self.options.is_polyphonic and self.order.tracks
            else [track.file for track in self.order.tracks]
        )
        paths = [folder / name for name in free_names(folder, wanted, is_first=is_first)]
        part = self._make_part(folder, frame, paths)
        self.tag(part, paper)
        part.open(is_new=not is_first)
        sync_folder(folder)
        self.parts.append(part)
        self.part = part

    def _make_part(self, folder: Path, start: int, paths: list[Path]) -> Part:
        tracks = len(self.order.tracks)
        channels = tracks if len(paths) < tracks else 1
        files = [GrowingFile(path, self.rate_hz, self.order.bits, channels) for path in paths]
        return Part(folder, start, tracks, self.order.bits // 8, files)
