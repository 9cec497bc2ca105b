"""What a take.json tells of journal, MIDI and copy: when its take is closed, and when more becomes of them later."""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from studiod.tape.capture import TakeWriter
from studiod.tape.copy import CopyState
from studiod.tape.disks import Alarm, Ballast
from studiod.tape.files import load_json, save_json
from studiod.tape.journal import Journals
from studiod.tape.midi import MidiTracks


@dataclass
class Settling:
    """What is kept of takes beside their sound. `tell` it of the take that runs, `settle` from time to time.

    journals, midi: None where none are kept. ballast: theirs, too.
    """

    journals: Journals | None
    midi: MidiTracks | None
    ballast: Ballast
    _writers: dict[int, TakeWriter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._kept = [each for each in (self.journals, self.midi) if each is not None]
        for each in self._kept:
            each.may_throw_off(self.ballast.throw_off)
        if self.midi is not None and self.journals is not None:
            self.midi.is_awaited = self.journals.waits.__contains__

    @property
    def awaited(self) -> set[int]:
        """Takes that something is still written of."""
        return {number for number in self._writers if not self._is_done(number)}

    def tell(self, writer: TakeWriter) -> None:
        """Let the take that runs know what is not on disk of it."""
        self._writers[writer.take.id] = writer
        writer.beside = self._told(writer.take.id)

    def settle(self, running: TakeWriter | None) -> None:
        """Tell the papers of closed takes what became of the rest of them."""
        for number, writer in list(self._writers.items()):
            if writer is running or not _note(writer, self._told(number)):
                continue
            if self._is_done(number):
                del self._writers[number]

    def alarms(self, last: TakeWriter | None) -> list[Alarm]:
        """What waits, and what is lost of the `last` take, the one that runs or ran last."""
        said = [why for each in self._kept for why in each.waits.values()]
        said += [] if last is None else self._told(last.take.id)
        return [Alarm("alarm", why) for why in dict.fromkeys(said)]

    def _told(self, number: int) -> list[str]:
        return [each.faults[number] for each in self._kept if number in each.faults]

    def _is_done(self, number: int) -> bool:
        return all(each.is_done(number) for each in self._kept)


def _note(writer: TakeWriter, now: list[str]) -> bool:
    """Tell the closed take of `writer` what is not on disk of it `now`; whether it says so."""
    document = load_json(writer.document_path)
    if now == writer.beside or document is None or document.get("state") == "recording":
        return True  # a take that could not be closed is repaired
    before, writer.beside = writer.beside, now
    faults = [why for why in document.get("faults", []) if why not in before] + now
    try:
        save_json(writer.document_path, {**document, "state": writer.state, "faults": faults})
    except OSError:
        writer.beside = before
        return False
    return True


def note_copy(folder: Path, state: CopyState, only_where: str = "") -> None:
    """Tell the closed take in `folder` how its copy stands; only_where: if that is where it says its copy is."""
    path = folder / "take.json"
    document = load_json(path)
    if document is None or document.get("state") == "recording" or document.get("copy") == state.to_json():
        return
    before = document.get("copy")
    if only_where and not (isinstance(before, dict) and before.get("folder") == only_where):
        return
    with contextlib.suppress(OSError):
        save_json(path, {**document, "copy": state.to_json()})
