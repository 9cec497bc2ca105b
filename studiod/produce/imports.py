"""Sound files become takes: any format, any rate, any number of channels; each a take of its own, whole or not."""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, Self

import numpy as np

from studiod.desk.takes import label
from studiod.link.order import TakeOrder, TrackOrder
from studiod.link.session import take_folder, takes_folder
from studiod.link.take import DOCUMENT_NAME, GOOD
from studiod.model.names import clean_name
from studiod.model.parameter import Refused
from studiod.produce.draft import WavDraft
from studiod.produce.foreign import MOST_CHANNELS, ForeignSound, ImportFault
from studiod.produce.resample import Block, Resampler, resampled_frames
from studiod.tape import clip_runs, clock_is_synchronised
from studiod.tape.bwf import file_tags
from studiod.tape.files import save_json, sync_folder
from studiod.tape.paper import Paper
from studiod.tape.proof import CHECKS_NAME, RUNS_AT_ONCE, Checks, Clips

BY: Final = "import"
_SPARE_BYTES: Final = 512 << 20  # left on the disk for whoever records meanwhile
_SPARE_SHARE: Final = 20  # of a small disk a twentieth
_NAME_BYTES: Final = 120  # of a take; a track's adds its channel
_HIDDEN: Final = ".import-"
_SIDES: Final = ("L", "R")


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What is to become of a file."""

    file: Path
    session: Path
    rate_hz: int
    """Of the session."""
    position: int = 0
    """Where it begins on the timeline, in frames."""
    strip: int = 1
    """Plays the first channel; the next strips play the next."""
    strips: int = MOST_CHANNELS
    """How many there are on the desk."""
    name: str = ""
    """What the take is called; empty: as the file."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A take that has been made of a file."""

    id: int
    folder: Path
    frames: int
    rate_hz: int
    source_rate_hz: int
    bits: int
    strips: tuple[int, ...]
    warnings: tuple[str, ...]


class Numbers(Protocol):
    """Who numbers takes: the session's lock, or the studio that has it."""

    def claim(self) -> int:
        """A number nobody else gets until the take is there. Raises ImportFault, OSError."""

    def release(self) -> None:
        """The take is there, or it will not be; may be called twice."""


def channels_of(file: Path) -> int:
    """How many strips `file` takes. Raises ImportFault."""
    with ForeignSound(file) as source:
        return source.channels


def import_file(order: ImportOrder, numbers: Numbers, on_progress: Callable[[float], None] | None = None) -> Imported:
    """Make a take of a file. Raises ImportFault: nothing of it is left then.

    The folder appears whole, under its number. `on_progress` is told the part that is done, 0 to 1, now and then.
    """
    try:
        with ForeignSound(order.file) as source:
            _check(order, source)
            takes = takes_folder(order.session)
            takes.mkdir(parents=True, exist_ok=True)
            _sweep(takes)
            _check_room(order, source, takes)
            with _Draft(order, source, takes) as draft:
                for block in source.blocks(on_progress):
                    draft.write(block)
                draft.end()
                if not draft.frames:
                    raise ImportFault(f"{order.file}: there is no sound in it")
                return draft.publish(numbers)
    except OSError as fault:
        raise ImportFault(f"{fault.filename or order.file}: {fault.strerror or fault}") from fault


def _check(order: ImportOrder, source: ForeignSound) -> None:
    last = order.strip + source.channels - 1
    if not 1 <= order.strip <= last <= order.strips:
        has = "one channel" if source.channels == 1 else f"{source.channels} channels"
        wants = f"strip {order.strip}" if source.channels == 1 else f"strips {order.strip} to {last}"
        raise ImportFault(f"{order.file}: has {has} and would play on {wants}; the desk has strips 1..{order.strips}")


def _check_room(order: ImportOrder, source: ForeignSound, folder: Path) -> None:
    bits = _bits(source, order.rate_hz)
    wanted = resampled_frames(source.claimed, source.rate_hz, order.rate_hz) * source.channels * bits // 8
    usage = shutil.disk_usage(folder)
    spare = min(_SPARE_BYTES, usage.total // _SPARE_SHARE)
    if wanted > usage.free - spare:
        raise ImportFault(
            f"{order.file}: would take {wanted / 1e6:.0f} MB; the disk of {order.session} "
            f"has {usage.free / 1e6:.0f} MB left, of which {spare / 1e6:.0f} MB belong to what is being recorded"
        )


def _sweep(takes: Path) -> None:
    """Take away what imports left that were killed."""
    for entry in os.scandir(takes):
        owner = entry.name.removeprefix(_HIDDEN).partition("-")[0]
        if entry.name.startswith(_HIDDEN) and owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(entry.path, ignore_errors=True)


def _bits(source: ForeignSound, rate_hz: int) -> int:
    return 24 if source.is_whole and source.rate_hz == rate_hz else 32


@dataclass
class _Draft:
    """A take that has no number yet, in a hidden folder beside where it will be."""

    order: ImportOrder
    source: ForeignSound
    takes: Path
    frames: int = 0
    _files: list[WavDraft] = field(default_factory=list)

    def __post_init__(self) -> None:
        source, order = self.source, self.order
        self._bits = _bits(source, order.rate_hz)
        self._name = order.name or _name_of(order.file)
        self._tracks = tuple(self._track(channel) for channel in range(source.channels))
        self._resampler = Resampler(source.rate_hz, order.rate_hz, source.channels)
        self._checks = Checks(source.channels, order.rate_hz)
        self._clips = Clips()
        self._folder = self.takes / f"{_HIDDEN}{os.getpid()}-{time.monotonic_ns()}"

    def __enter__(self) -> Self:
        self._folder.mkdir()
        try:
            self._checks.open(self._folder / CHECKS_NAME, 0)
            for track in self._tracks:
                self._files.append(WavDraft(self._folder / track.file, 1, self.order.rate_hz, self._bits))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._checks.let_go()
        for file in self._files:
            file.discard()
        shutil.rmtree(self._folder, ignore_errors=True)  # not there any more when it has got its number

    def write(self, block: Block) -> None:
        """Append what the source has, (frames, channels) at its own rate."""
        self._write(self._resampler.push(block))

    def end(self) -> None:
        """The source has no more."""
        self._write(self._resampler.finish())

    def publish(self, numbers: Numbers) -> Imported:
        """Give the take its number, and all of it its place."""
        try:
            number = numbers.claim()
            document = self._document(number)
            for file in self._files:
                file.finish(file_tags(document, file.path.name, self.order.session.name))
                file.publish(may_replace=False)
            self._checks.close()
            if self._checks.fault:
                raise ImportFault(f"{self.order.file}: {self._checks.fault}")
            save_json(self._folder / DOCUMENT_NAME, document)
            folder = take_folder(self.order.session, number)
            if os.path.lexists(folder):
                raise ImportFault(
                    f"{folder}: is there already, though its number was free: import {self.order.file} again"
                )
            self._folder.rename(folder)
            sync_folder(self.takes)
        finally:
            numbers.release()
        strips = tuple(track.strip + 1 for track in self._tracks if track.strip is not None)
        warnings = tuple(self.source.warnings)
        order, source = self.order, self.source
        return Imported(number, folder, self.frames, order.rate_hz, source.rate_hz, self._bits, strips, warnings)

    def _write(self, block: Block) -> None:
        done = 0
        while done < len(block):
            frames = min(len(block) - done, self._checks.frames_to_row())
            for track, file in enumerate(self._files):
                packed = _packed(block[done : done + frames, track], self._bits)
                file.write_packed(packed)
                self._checks.add(track, packed)
                self._clips.add(track, self.frames, *clip_runs(packed, frames, self._bits, RUNS_AT_ONCE))
            self._checks.step(frames)
            self._clips.keep()
            self.frames += frames
            done += frames
        self._checks.store()

    def _track(self, channel: int) -> TrackOrder:
        strip, channels = self.order.strip - 1 + channel, self.source.channels
        suffix = "" if channels == 1 else f" {_SIDES[channel] if channels == len(_SIDES) else channel + 1}"
        name = f"{_name_of(self.order.file)}{suffix}"
        stem = "-".join(word for word in (f"strip-{strip + 1:02d}", label(name)) if word)
        return TrackOrder(channel, f"{stem}.wav", strip, name, "strip")

    def _document(self, number: int) -> dict[str, Any]:
        order, source = self.order, self.source
        tracks = [
            {"file": t.file, "channel": 0, "parts": [{"file": t.file, "start": 0, "frames": self.frames}]}
            for t in self._tracks
        ]
        clips = [
            {"file": self._tracks[track].file, "channel": 0, "start": frame, "frames": frames}
            for track, frame, frames in self._clips.runs
        ]
        paper = Paper(
            TakeOrder(number, self._folder, self._bits, self._tracks, BY),
            0,
            order.position,
            order.rate_hz,
            created_unix=time.time(),
            is_clock_synchronised=bool(clock_is_synchronised()),
            stopped_by=BY,
            faults=tuple(source.warnings),
            own={"name": self._name, "tags": [], "rating": 0, "note": ""},
        )
        proof = {"clips_more": self._clips.more, "drift_ppm": None, "checks": CHECKS_NAME}
        document = paper.to_json(GOOD, self.frames, (), tracks, clips, proof)
        form = {"format": source.format, "subtype": source.subtype, "bad_samples": source.bad_samples}
        origin = {"file": _name_of(order.file), "rate_hz": source.rate_hz, "channels": source.channels, **form}
        return {**document, "imported": origin}


def _packed(samples: Block, bits: int) -> bytes:
    """As a WAV file of `bits` bits holds them: 24 exactly as they were, 32 in floating point."""
    if bits == 32:  # noqa: PLR2004 - floating point
        return samples.astype("<f4").tobytes()
    steps = np.clip(np.rint(samples * 2.0**23), -(2.0**23), 2.0**23 - 1).astype("<i4")
    return np.ascontiguousarray(steps.view(np.uint8).reshape(-1, 4)[:, :3]).tobytes()


def _name_of(path: Path) -> str:
    """What a file is called, as a name for people; names of files are bytes, and hostile ones come, too."""
    text = os.fsencode(path.stem).decode("utf-8", "replace")
    text = text.encode()[:_NAME_BYTES].decode("utf-8", "ignore")
    try:
        return clean_name(text.replace("\\", " "), limit=2 * _NAME_BYTES)
    except Refused:
        return ""
