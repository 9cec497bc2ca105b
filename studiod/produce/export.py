"""A take as files for elsewhere: parts joined, channels apart, the pre-record left out, every sample as it was."""

import contextlib
import errno
import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray

from studiod.desk.takes import label
from studiod.link.take import DAMAGED, RECORDING, BadDocument, TakeDocument
from studiod.link.timeline import Mark, marks_within
from studiod.produce.draft import WavDraft
from studiod.produce.export_midi import exported_midi
from studiod.produce.flac_markers import with_markers
from studiod.tape.bwf import TIMELINE_ZERO_S, Marker, Tags, file_tags
from studiod.tape.files import sync_folder
from studiod.tape.library import load_document
from studiod.tape.sound import TakeSound

FORMATS: Final = ("wav", "flac")
BITS: Final = (16, 24, 32)
_FLAC_SUBTYPES: Final = {16: "PCM_16", 24: "PCM_24"}
_FLOAT: Final = 32
_PIECE_FRAMES: Final = 1 << 16


class ExportError(Exception):
    """What cannot be exported; the message has a line for each reason."""


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What is to be exported, and to where."""

    take: Path
    """Its folder."""
    to: Path
    """The folder of the files; made where it is not there."""
    format: str = "wav"
    bits: int | None = None
    """None: as recorded; 24 for FLAC of a take in floating point."""
    with_pre: bool = False
    """The pre-record, too."""
    may_replace: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """What has been exported."""

    files: tuple[Path, ...]
    frames: int
    """Of every file."""
    rate_hz: int
    bits: int
    warnings: tuple[str, ...]


def export_take(order: ExportOrder, on_progress: Callable[[float], None] | None = None) -> Exported:
    """Write a file for each track of the take, those of MIDI too: all of them, or none. Raises ExportError.

    With the bits of the recording every sample is as it was, bit for bit; with fewer it is rounded, for 16 dithered.
    `on_progress` is told the part that is done, 0 to 1, now and then.
    """
    try:
        document = load_document(order.take)
    except BadDocument as fault:
        raise ExportError(f"{order.take}: {fault}") from None
    if document.state == RECORDING:
        raise ExportError(
            f"take {document.id} is being recorded, or was cut off: stop it, or start studiod to repair it"
        )
    bits = _bits(order, document)
    first = 0 if order.with_pre else document.pre_frames
    try:
        order.to.mkdir(parents=True, exist_ok=True)
        targets = [order.to / name for name in file_names(document, order.format)]
        midi_targets = [order.to / name for name in midi_names(document)]
        _refuse_clashes([*targets, *midi_targets], may_replace=order.may_replace)
        with TakeSound(order.take, document) as sound, contextlib.ExitStack() as drafts:
            # a document may claim more than any disk holds
            last = max((sound.end_of(track) for track in range(len(targets))), default=document.total_frames)
            frames = max(min(document.total_frames, last) - first, 0)
            written: list[_Draft | _HiddenDraft] = []
            warnings = list(_flaws(document))
            for track, path in enumerate(targets):
                tags = _tags(document, track, order.take, with_pre=order.with_pre)
                draft = _draft(path, document, bits, order.format, tags)
                drafts.callback(draft.discard)
                missing = _copy(sound, track, first, frames, document, draft, _share(on_progress, track, len(targets)))
                warnings += missing
                draft.finish(_marks(document, first, frames))
                written.append(draft)
            midi_files: list[Path] = []
            exported = exported_midi(order.take, document, first, frames)
            for path, file in zip(midi_targets, exported, strict=True):
                warnings += [file.warning] if file.warning else []
                if file.content is None:
                    continue
                plain = _HiddenDraft(path)
                drafts.callback(plain.discard)
                plain.put(file.content)
                written.append(plain)
                midi_files.append(path)
            for whole in written:  # nothing can fail any more but the disk itself
                whole.publish(may_replace=order.may_replace)
    except OSError as fault:
        raise ExportError(f"{fault.filename or order.to}: {fault.strerror or fault}") from fault
    except soundfile.LibsndfileError as fault:
        raise ExportError(f"{order.to}: {fault}") from fault
    return Exported((*targets, *midi_files), frames, document.rate_hz, bits, tuple(warnings))


def file_names(document: TakeDocument, suffix: str) -> list[str]:
    """The name of each track's file: numbers, and what is harmless of what people said; any file system takes them."""
    name = label(document.name)
    stems = []
    for number, track in enumerate(document.tracks, 1):
        place = f"strip-{track.strip:02d}" if track.strip is not None else f"{track.kind}-{number:02d}"
        words = (f"take-{document.id:04d}", name, place, label(track.name))
        stems.append("-".join(word for word in words if word))
    return _named(stems, suffix)


def midi_names(document: TakeDocument) -> list[str]:
    """The name of each MIDI track's file, like those of sound."""
    stems = []
    for track in document.midi:
        words = (f"take-{document.id:04d}", label(document.name), f"midi-{track.number:02d}", label(track.name))
        stems.append("-".join(word for word in words if word))
    return _named(stems, "mid")


def _named(stems: list[str], suffix: str) -> list[str]:
    return [
        f"{stem}.{suffix}" if stems.count(stem) == 1 else f"{stem}-track-{number:02d}.{suffix}"
        for number, stem in enumerate(stems, 1)
    ]


def _bits(order: ExportOrder, document: TakeDocument) -> int:
    if order.format == "flac":
        bits = order.bits or min(document.bits, 24)
        if bits not in _FLAC_SUBTYPES:
            raise ExportError(f"FLAC has no {bits} bits; allowed 16, 24")
        return bits
    return order.bits or document.bits


def _refuse_clashes(targets: list[Path], *, may_replace: bool) -> None:
    there = [path for path in targets if os.path.lexists(path)]
    odd = [path for path in there if path.is_symlink() or not path.is_file()]
    if odd:
        raise ExportError("\n".join(f"{path}: is no file, and is not replaced" for path in odd))
    if there and not may_replace:
        raise ExportError("\n".join(f"{path}: is there already; --force replaces it" for path in there))


def _flaws(document: TakeDocument) -> Iterator[str]:
    if document.state == DAMAGED:
        yield f"take {document.id} is damaged: see `studiod verify`"
    for gap in document.gaps:
        yield f"take {document.id} has a gap of {gap['frames']} frames ({gap['cause']})"


def _tags(document: TakeDocument, track: int, folder: Path, *, with_pre: bool) -> Tags:
    """Those of the recording, for a file of one track and what is asked for of it."""
    described = document.tracks[track]
    tags = file_tags(document.raw, described.parts[0].file, folder.parent.parent.name)
    start = document.position - (document.pre_frames if with_pre else 0)
    place = max(TIMELINE_ZERO_S * document.rate_hz + start, 0)
    return replace(tags, tracks=(described.name,), time_reference=place)


def _marks(document: TakeDocument, first: int, frames: int) -> tuple[Mark, ...]:
    """Those of the take that lie in the file, counted from where that begins: at frame `first` of the take's files."""
    moved = (mark._replace(start=mark.start + document.pre_frames - first) for mark in document.markers)
    return marks_within(moved, 0, frames)


def _share(on_progress: Callable[[float], None] | None, track: int, tracks: int) -> Callable[[float], None]:
    def tell(part: float) -> None:
        if on_progress is not None:
            on_progress((track + part) / tracks)

    return tell


def _copy(  # noqa: PLR0917 - from where to where
    sound: TakeSound,
    track: int,
    first: int,
    frames: int,
    document: TakeDocument,
    draft: "_Draft",
    tell: Callable[[float], None],
) -> list[str]:
    """Write `frames` of `track` into `draft`, silence where they are not there; a sentence for that."""
    missing = done = 0
    width = document.sample_bytes
    while done < frames:
        wanted = min(_PIECE_FRAMES, frames - done)
        packed = sound.read(track, first + done, wanted)
        short = wanted - len(packed) // width
        if short:
            missing += short
            packed = packed[: (wanted - short) * width] + bytes(short * width)
        draft.write(packed)
        done += wanted
        tell(done / frames)
    if not missing:
        return []
    return [f"{document.tracks[track].file}: {missing} frames are not there: silence stands in their place"]


# -- drafts ------------------------------------------------------------------------------------------------------------


class _Draft(Protocol):
    """A file that gets its name when it is whole; it takes packed samples as they were recorded."""

    def write(self, packed: bytes) -> None: ...
    def finish(self, marks: Sequence[Mark]) -> None: ...
    def publish(self, *, may_replace: bool) -> None: ...
    def discard(self) -> None: ...


def _draft(path: Path, document: TakeDocument, bits: int, suffix: str, tags: Tags) -> _Draft:
    scale = _Requantiser(document.bits, bits)
    if suffix == "flac":
        return _FlacDraft(path, document.rate_hz, scale, tags)
    return _WavDraft(WavDraft(path, 1, document.rate_hz, bits, tags=tags), scale)


class _Requantiser:
    """Samples of one width as samples of another: exact where they fit, rounded where not, dithered for 16 bits."""

    def __init__(self, source_bits: int, bits: int) -> None:
        self.bits = bits
        self.is_same = source_bits == bits
        self._source_bits = source_bits
        self._random = np.random.default_rng(0)  # the same at every run

    def whole(self, packed: bytes) -> NDArray[np.int32]:
        """As whole numbers of `bits` bits, in the upper part of 32."""
        if self._source_bits != _FLOAT and self._source_bits <= self.bits:
            return _unpacked(packed, self._source_bits)
        scale = np.float64(1 << (self.bits - 1))
        steps = self.floating(packed).astype(np.float64) * scale
        if self.bits == BITS[0]:
            steps += self._random.random(steps.shape) - self._random.random(steps.shape)
        np.nan_to_num(steps, copy=False, nan=0.0)
        return np.clip(np.rint(steps), -scale, scale - 1).astype(np.int32) << np.int32(32 - self.bits)

    def floating(self, packed: bytes) -> NDArray[np.float32]:
        """As floating point, full scale 1.0."""
        if self._source_bits == _FLOAT:
            return np.frombuffer(packed, "<f4").astype(np.float32)
        return _unpacked(packed, self._source_bits).astype(np.float32) / np.float32(1 << 31)  # exact: 24 bits

    def packed(self, packed: bytes) -> bytes:
        """As a WAV file of `bits` bits holds them."""
        if self.is_same:
            return packed
        if self.bits == _FLOAT:
            return self.floating(packed).astype("<f4").tobytes()
        words = self.whole(packed).astype("<i4").view(np.uint8).reshape(-1, 4)
        return np.ascontiguousarray(words[:, 4 - self.bits // 8 :]).tobytes()


def _unpacked(packed: bytes, bits: int) -> NDArray[np.int32]:
    """Whole samples in the upper part of 32 bits."""
    words = np.zeros((len(packed) * 8 // bits, 4), np.uint8)
    words[:, 4 - bits // 8 :] = np.frombuffer(packed, np.uint8).reshape(-1, bits // 8)
    return words.view("<i4").reshape(-1).astype(np.int32)


class _WavDraft:
    def __init__(self, draft: WavDraft, scale: _Requantiser) -> None:
        self._draft, self._scale = draft, scale
        self.discard = draft.discard

    def write(self, packed: bytes) -> None:
        self._draft.write_packed(self._scale.packed(packed))

    def finish(self, marks: Sequence[Mark]) -> None:
        self._draft.finish(markers=[Marker(mark.start, mark.name, mark.frames) for mark in marks])

    def publish(self, *, may_replace: bool) -> None:
        self._draft.publish(may_replace=may_replace)


class _HiddenDraft:
    """A hidden file beside its place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hidden = path.with_name(f".studiod-{os.getpid()}-{path.name}.new")
        self._fd = os.open(self._hidden, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)

    def put(self, content: bytes) -> None:
        """All there is in it; durable."""
        with os.fdopen(os.dup(self._fd), "wb") as file:
            file.write(content)
        os.fsync(self._fd)

    def publish(self, *, may_replace: bool) -> None:
        if not may_replace and os.path.lexists(self._path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self._path))
        self._hidden.replace(self._path)
        sync_folder(self._path.parent)

    def discard(self) -> None:
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.close(self._fd)
            self._fd = -1
        with contextlib.suppress(OSError):
            self._hidden.unlink()


class _FlacDraft(_HiddenDraft):
    """FLAC by libsndfile."""

    def __init__(self, path: Path, rate_hz: int, scale: _Requantiser, tags: Tags) -> None:
        super().__init__(path)
        self._scale = scale
        self._sound: soundfile.SoundFile | None = None
        try:
            self._open(rate_hz, tags)
        except BaseException:
            self.discard()
            raise

    def _open(self, rate_hz: int, tags: Tags) -> None:
        subtype = _FLAC_SUBTYPES[self._scale.bits]
        self._sound = sound = soundfile.SoundFile(self._fd, "w", rate_hz, 1, subtype, format="FLAC", closefd=False)
        sound.title = _printable(", ".join(tags.tracks))
        sound.album = _printable(tags.project)
        sound.comment = _printable(" / ".join(word for word in (f"take {tags.take}", tags.name, tags.note) if word))
        if tags.moment is not None:
            sound.date = f"{tags.moment:%Y-%m-%d}"

    def write(self, packed: bytes) -> None:
        if self._sound is not None:
            self._sound.write(self._scale.whole(packed))

    def finish(self, marks: Sequence[Mark]) -> None:
        if self._sound is not None:
            frames, rate_hz = self._sound.frames, self._sound.samplerate
            self._sound.close()
            if marks:
                self._mark(marks, frames, rate_hz)
        os.fsync(self._fd)

    def _mark(self, marks: Sequence[Mark], frames: int, rate_hz: int) -> None:
        """Write the file anew, beside itself; it has its hidden name and no other."""
        unmarked = self._hidden.with_suffix(".unmarked")
        self._hidden.replace(unmarked)
        try:
            with unmarked.open("rb") as source, self._hidden.open("xb") as target:
                with_markers(source, target, marks, frames, rate_hz)
        finally:
            unmarked.unlink()

    def discard(self) -> None:
        if self._sound is not None:
            with contextlib.suppress(soundfile.LibsndfileError):
                self._sound.close()
        super().discard()


def _printable(text: str) -> str:
    return "".join(letter for letter in text if unicodedata.category(letter) not in {"Cc", "Cs"})
