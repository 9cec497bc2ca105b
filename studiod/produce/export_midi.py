"""The MIDI files of a take for elsewhere: beginning where its exported sound begins."""

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from studiod.link.order import MidiOrder
from studiod.link.take import TakeDocument
from studiod.tape.midi import midi_files


@dataclass(frozen=True, slots=True)
class ExportedMidi:
    """One file; `content` is None where it is not there. warning: what is not as it should be, or nothing."""

    track: MidiOrder
    content: bytes | None
    warning: str = ""


def exported_midi(folder: Path, document: TakeDocument, first: int, frames: int) -> Iterator[ExportedMidi]:
    """Each MIDI track of the take in `folder`, of the `frames` from `first` on, counted from the first hidden one.

    What lies on the disk is held against the journal; it is cut only where the journal has all of it. Raises OSError.
    """
    made: dict[str, bytes] = {}
    cut: dict[str, bytes] = {}
    with contextlib.suppress(FileNotFoundError):  # a take whose journal is gone
        made = dict(midi_files(folder, document, document.total_frames))
        cut = dict(midi_files(folder, document, frames, first))
    for track in document.midi:
        held = _held(folder / track.file)
        if held is None and track.file not in cut:
            yield ExportedMidi(track, None, f"{track.file}: is not there")
        elif held is None or held == made.get(track.file):
            yield ExportedMidi(track, cut[track.file])
        elif first == 0:
            yield ExportedMidi(track, held)
        else:
            why = "begins with the time before Record: the journal, which could tell it apart, does not have all of it"
            yield ExportedMidi(track, held, f"{track.file}: {why}")


def _held(path: Path) -> bytes | None:
    """What is in the file at `path`, None where there is no such file. Raises OSError."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(0, "is no file", str(path))
        return file.read()
