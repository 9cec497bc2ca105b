"""What a take is to record, as the desk orders it through the shared block."""

import fnmatch
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

COVER, MIX = "cover", "mix"
LAYERS: Final = (COVER, MIX)
"""How a take lies on those beneath it: it is heard instead of them, or with them."""
_FIRST_STATUS, _FIRST_SYSTEM = 0x80, 0xF0  # of a channel, and of the system


@dataclass(frozen=True, slots=True)
class TrackOrder:
    """One track of a take."""

    channel: int
    """Capture ring, from 0: inputs, then buses, then main left and right, then strips after trim."""
    file: str
    strip: int | None
    """Strip (from 0) that plays it back, None for strips after trim, buses and main."""
    name: str
    kind: str = "strip"
    """input, strip, trimmed, bus or main."""
    armed_by: str = ""
    """Who armed it; empty when nobody knows, or needed to."""


@dataclass(frozen=True, slots=True)
class MidiOrder:
    """One MIDI track of a take."""

    number: int
    """Of the desk's MIDI tracks, from 1."""
    file: str
    name: str
    port: str
    """Port it hears; * and ? stand for anything."""
    channel: int | None
    """From 0; None is every one."""
    without: tuple[str, ...] = ()
    """Ports that it does not hear whatever `port` says: those of boxes that control the desk."""
    armed_by: str = ""
    """Who armed it; empty when nobody knows, or needed to."""

    def hears(self, port: str, message: bytes) -> bool:
        """Whether `message` from the port of that name belongs on the track."""
        if port in self.without or not fnmatch.fnmatchcase(port.lower(), self.port.lower()):
            return False
        is_of_channel = bool(message) and _FIRST_STATUS <= message[0] < _FIRST_SYSTEM
        return self.channel is None or not is_of_channel or message[0] & 0x0F == self.channel

    def to_json(self) -> dict[str, Any]:
        """For take.json."""
        return {
            "file": self.file,
            "number": self.number,
            "name": self.name,
            "port": self.port,
            "channel": self.channel,
            "without": list(self.without),
            "armed_by": self.armed_by,
        }

    def to_list(self) -> list[Any]:
        """For JSON; who armed it is told elsewhere."""
        return [self.number, self.file, self.name, self.port, self.channel, list(self.without)]

    @classmethod
    def from_list(cls, words: list[Any]) -> Self:
        """Out of `to_list`."""
        number, file, name, port, channel, without = words
        return cls(number, file, name, port, channel, tuple(without))


@dataclass(frozen=True, slots=True)
class TakeOrder:
    """A whole take."""

    id: int
    folder: Path
    bits: int
    tracks: tuple[TrackOrder, ...]
    by: str
    """Who pressed record."""
    stopped_by: str = ""
    """Who pressed stop: stored with the order when it happens, empty before."""
    compensation: int = 0
    """Frames by which what is played to the tape comes late: the take lies so much earlier than where it rolled."""
    midi: tuple[MidiOrder, ...] = ()
    tempo_bpm: float = 120.0
    """Of the song: what MIDI files count their bars in."""
    layer: str = COVER
    """One of LAYERS."""

    @property
    def is_empty(self) -> bool:
        """Nothing is to be recorded."""
        return not self.tracks and not self.midi

    def to_json(self) -> str:
        """For the block."""
        tracks = [[track.channel, track.file, track.strip, track.name, track.kind] for track in self.tracks]
        document = {"id": self.id, "folder": str(self.folder), "bits": self.bits, "tracks": tracks, "by": self.by}
        document |= {"stopped_by": self.stopped_by, "compensation": self.compensation}
        document |= {"midi": [track.to_list() for track in self.midi], "tempo_bpm": self.tempo_bpm}
        armed_by = [*(track.armed_by for track in self.tracks), *(track.armed_by for track in self.midi)]
        people = list(dict.fromkeys(armed_by))  # few arm many tracks: each is named once
        document |= {"people": people, "armed_by": [people.index(who) for who in armed_by]}
        document |= {"layer": self.layer}
        return json.dumps(document, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self | None:
        """The order, or None when there is none."""
        if not text:
            return None
        raw = json.loads(text)
        armed_by = iter([raw["people"][number] for number in raw["armed_by"]])
        tracks = tuple(replace(TrackOrder(*track), armed_by=next(armed_by)) for track in raw["tracks"])
        midi = tuple(replace(MidiOrder.from_list(words), armed_by=next(armed_by)) for words in raw["midi"])
        return cls(
            raw["id"],
            Path(raw["folder"]),
            raw["bits"],
            tracks,
            raw["by"],
            raw["stopped_by"],
            raw["compensation"],
            midi,
            raw["tempo_bpm"],
            raw["layer"],
        )


@dataclass(frozen=True, slots=True)
class KeepOrder:
    """A take to be made out of what the black box holds."""

    id: int
    folder: Path
    tracks: tuple[TrackOrder, ...]
    """Of inputs only."""
    first: int
    """Engine frame it begins with; where the black box holds less it begins later."""
    last: int
    """Engine frame behind its end."""
    position: int
    """Where on the timeline it goes, unless the transport says."""
    rolling: int | None = None
    """Transport position at engine frame 0, when it rolled all the while."""
    run: int = 0
    """Which life of the engine clock the frames are of; 0 is this one."""
    by: str = ""
    """Who wanted it."""
    midi: tuple[MidiOrder, ...] = ()
    tempo_bpm: float = 120.0

    def of_run(self, run: int) -> Self:
        """The same, with the run named."""
        return replace(self, run=run)

    def to_json(self) -> str:
        """For the block, and for the folder of a take that is being made."""
        tracks = [[t.channel, t.file, t.strip, t.name, t.kind] for t in self.tracks]
        words = [
            self.id,
            str(self.folder),
            tracks,
            self.first,
            self.last,
            self.position,
            self.rolling,
            self.run,
            self.by,
            [track.to_list() for track in self.midi],
            self.tempo_bpm,
        ]
        return json.dumps(words, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self | None:
        """The order, or None when there is none."""
        if not text:
            return None
        number, folder, tracks, first, last, position, rolling, run, by, *more = json.loads(text)
        midi, tempo_bpm = more or ([], 120.0)  # an order that was cut off may be of an earlier studiod
        return cls(
            number,
            Path(folder),
            tuple(TrackOrder(*track) for track in tracks),
            first,
            last,
            position,
            rolling,
            run,
            by,
            tuple(MidiOrder.from_list(words) for words in midi),
            tempo_bpm,
        )
