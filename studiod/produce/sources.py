"""Sound files as they are played into strips: read in pieces from the beginning, whatever their format."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from studiod.link.take import TakeDocument
from studiod.tape.sound import TakeSound
from studiod.tape.wavfile import NotAWav, WavFormat, read_format

Row = NDArray[np.float32]
_PCM16, _PCM24 = 16, 24
_FULL_SCALE_16, _FULL_SCALE_32 = np.float32(2.0**-15), np.float32(2.0**-31)


class UnplayableSoundError(Exception):
    """A file that cannot be played; the message names the file and says why."""


class _Reader(Protocol):
    """What reads one format; `rows` are contiguous, and there are as many frames as it is asked for."""

    def read(self, rows: Sequence[Row]) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class TakeTrackSource:
    """The visible frames of one track of a take, whatever files they lie in."""

    folder: Path
    document: TakeDocument
    track: int


class SourceFile:
    """A sound file, open at its beginning, or a track of a take at its first visible frame; close it, or use a `with`.

    Takes the memory of one piece, however long the file. Raises UnplayableSoundError.
    """

    def __init__(self, path: Path, take: TakeTrackSource | None = None) -> None:
        self.path = path
        self._at = 0
        try:
            if path.exists() and not path.is_file():
                raise UnplayableSoundError(f"{path}: is no file")
            self._reader, self.rate_hz, self.channels, self.frames = _opened(path) if take is None else _of_take(take)
        except OSError as fault:
            raise UnplayableSoundError(f"{path}: {fault.strerror or fault}") from fault
        except soundfile.LibsndfileError as fault:
            raise UnplayableSoundError(f"{path}: no sound file that can be read: {fault.error_string}") from fault

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, rows: Sequence[Row]) -> None:
        """Fill `rows`, one for each channel, float32, contiguous, of one length; silence after the end of the file."""
        frames = min(len(rows[0]), self.frames - self._at)
        try:
            if frames:
                self._reader.read([row[:frames] for row in rows])
        except (OSError, EOFError, soundfile.LibsndfileError) as fault:
            at_s = self._at / self.rate_hz
            raise UnplayableSoundError(f"{self.path}: cannot be read on after {at_s:.1f} s: {fault}") from fault
        self._at += frames
        for row in rows:
            row[frames:] = 0.0

    def close(self) -> None:
        """Let the file go; may be called twice."""
        self._reader.close()


def _opened(path: Path) -> tuple[_Reader, int, int, int]:
    """Reader, rate in Hz, channels, frames."""
    try:
        form = read_format(path)
    except NotAWav:
        form = None
    if form is not None and form.channels == 1:  # takes and most stems, four times faster than by libsndfile
        return _PlainWav(path, form), form.rate_hz, 1, form.frames
    sound = soundfile.SoundFile(os.fsencode(path))  # which it cannot do itself for any name
    return _AnySound(sound), int(sound.samplerate), int(sound.channels), int(sound.frames)


def _of_take(take: TakeTrackSource) -> tuple[_Reader, int, int, int]:
    """The same of a track of a take. Raises OSError, NotAWav's fault as UnplayableSoundError."""
    document, track = take.document, take.document.tracks[take.track]
    first = track.parts[0]
    path = first.path(take.folder)
    try:
        form = read_format(path)
    except NotAWav as fault:
        raise UnplayableSoundError(str(fault)) from fault
    hidden = -first.start
    if len(track.parts) == 1 and form.channels == 1 and hidden >= 0 and form.frames >= hidden + document.frames:
        return _PlainWav(path, form, hidden), document.rate_hz, 1, document.frames
    reader = _TakeTrack(take)
    return reader, document.rate_hz, 1, max(min(document.frames, reader.end - document.pre_frames), 0)


class _TakeTrack:
    """A track in several files, or in a channel of one; what is not there is silence, as when it plays."""

    def __init__(self, take: TakeTrackSource) -> None:
        self._sound = TakeSound(take.folder, take.document)
        self._track, self._bits = take.track, take.document.bits
        self._at = take.document.pre_frames
        self.end = self._sound.end_of(take.track)

    def read(self, rows: Sequence[Row]) -> None:
        row = rows[0]
        width = self._bits // 8
        packed = self._sound.read(self._track, self._at, len(row))
        self._at += len(row)
        there = len(packed) // width
        row[there:] = 0.0
        if width == row.itemsize:
            row[:there] = np.frombuffer(packed, "<f4", there)
            return
        words = np.zeros((there, 4), np.uint8)
        words[:, 4 - width :] = np.frombuffer(packed, np.uint8, there * width).reshape(-1, width)
        np.multiply(words.view("<i4").reshape(-1), _FULL_SCALE_32, out=row[:there], casting="unsafe")

    def close(self) -> None:
        self._sound.close()


class _PlainWav:
    """A mono WAV or RF64 of 16 or 24 bits, or 32-bit float, from its frame `first` on."""

    def __init__(self, path: Path, form: WavFormat, first: int = 0) -> None:
        self._bits, self._at = form.bits, form.data_at + first * form.width
        self._raw = bytearray()
        self._whole = np.empty(0, np.int32)
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self, rows: Sequence[Row]) -> None:
        row = rows[0]
        frames = len(row)
        if self._bits == _PCM24:
            self._read_24(row)
        elif self._bits == _PCM16:
            raw = np.empty(frames, np.dtype("<i2"))
            self._fetch(raw.data.cast("B"))
            np.multiply(raw, _FULL_SCALE_16, out=row)
        else:
            self._fetch(row.data.cast("B"))

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def _read_24(self, row: Row) -> None:
        """Samples are the upper three bytes of words of four that overlap by one."""
        frames = len(row)
        if len(self._whole) < frames:
            self._raw, self._whole = bytearray(3 * frames + 1), np.empty(frames, np.int32)
        self._fetch(memoryview(self._raw)[1 : 1 + 3 * frames])
        overlapping = np.ndarray((frames,), np.dtype("<i4"), self._raw, 0, (3,))
        whole = self._whole[:frames]
        np.bitwise_and(overlapping, ~0xFF, out=whole)
        np.copyto(row, whole, casting="unsafe")  # exact: 24 bits
        np.multiply(row, _FULL_SCALE_32, out=row)

    def _fetch(self, room: memoryview) -> None:
        while len(room):
            got = os.preadv(self._fd, [room], self._at)
            if not got:
                raise EOFError("it was cut meanwhile")
            self._at += got
            room = room[got:]


class _AnySound:
    """Whatever libsndfile reads."""

    def __init__(self, sound: soundfile.SoundFile) -> None:
        self._sound = sound

    def read(self, rows: Sequence[Row]) -> None:
        block = self._sound.read(len(rows[0]), dtype="float32", always_2d=True)
        if len(block) < len(rows[0]):
            raise EOFError("it ends there")
        for channel, row in enumerate(rows):
            row[:] = block[:, channel]

    def close(self) -> None:
        self._sound.close()
