"""Whether a take still is what was recorded, years later: every second, every header, every paper. Reads only."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from studiod.link.journal import JOURNAL_NAME
from studiod.link.take import DAMAGED, RECORDING, BadDocument, Part, TakeDocument
from studiod.model.transport import timecode
from studiod.tape.journal_check import check_journal
from studiod.tape.library import is_in_use, load_document
from studiod.tape.midi import midi_files
from studiod.tape.sound import BadChecks, CheckRows, TakeSound, count_seconds, second_of
from studiod.tape.wavfile import DATA_AT, NotAWav, WavHeader, read_header

Progress = Callable[[int], None]
"""Told how many more seconds of tracks have been looked at."""
_RUNS_TOLD = 8  # of seconds that are wrong in a track; the others are counted


@dataclass(frozen=True, slots=True)
class TakeReport:
    """How one take stands."""

    folder: Path
    id: int | None
    """None where its document cannot be read."""
    state: str
    checked_seconds: int
    """Of all tracks together, held against their checksums."""
    faults: tuple[str, ...]
    """What is wrong, a sentence each."""
    notes: tuple[str, ...]
    """What is right and worth knowing."""

    @property
    def is_good(self) -> bool:
        """Nothing is wrong."""
        return not self.faults


def seconds_in(folder: Path) -> int:
    """How many seconds of tracks `verify_take` will look at, for progress."""
    try:
        document = load_document(folder)
    except BadDocument:
        return 0
    return count_seconds(document.total_frames, document.rate_hz) * len(document.tracks)


def verify_take(folder: Path, *, is_quick: bool = False, on_progress: Progress | None = None) -> TakeReport:
    """Hold the take in `folder` against its papers; is_quick: only headers and sizes, not every second."""
    try:
        document = load_document(folder)
    except BadDocument as fault:
        return TakeReport(folder, None, "", 0, (f"{fault}: nobody can say what this take is",), ())
    notes: list[str] = []
    faults: list[str] = []
    if folder.parent.name == "takes" and folder.name.isdigit() and int(folder.name) != document.id:
        faults.append(f"take.json is that of take {document.id}")
    if document.state == RECORDING:
        if is_in_use(folder.parent.parent):
            notes.append("is being recorded: it is looked at when it is done")
        else:
            faults.append("was cut off and not repaired: start studiod on its session once")
        return TakeReport(folder, document.id, document.state, 0, tuple(faults), tuple(notes))
    if document.state == DAMAGED:
        faults += [f"was damaged already: {why}" for why in _known_damage(document)]
    faults += _wrong_files(folder, document)
    journal = check_journal(folder, document)
    faults += journal.faults
    notes += journal.notes
    if not journal.faults:
        faults += _wrong_midi(folder, document)
    checked = 0
    if not document.checks:
        notes.append("has no checksums: only headers and lengths are held against its document")
    elif not is_quick:
        checked, wrong = _wrong_seconds(folder, document, on_progress)
        faults += wrong
    return TakeReport(folder, document.id, document.state, checked, tuple(faults), tuple(notes))


def _known_damage(document: TakeDocument) -> list[str]:
    repair = document.raw.get("repair")
    damage = repair.get("damage") if isinstance(repair, dict) else None
    told = damage or document.raw.get("faults")
    return [str(why) for why in told] if isinstance(told, list) and told else ["the disk refused some of it"]


# -- files -------------------------------------------------------------------------------------------------------------


def _wrong_files(folder: Path, document: TakeDocument) -> list[str]:
    faults: list[str] = []
    parts = document.parts()
    for file, part in parts.items():
        path = part.path(folder)
        if path.is_symlink():
            faults.append(f"{file}: is a link, no file")
            continue
        try:
            header = read_header(path)
        except NotAWav as fault:
            faults.append(f"{file}: {str(fault).removeprefix(f'{path}: ')}")
        except OSError as fault:
            faults.append(f"{file}: {fault.strerror}")
        else:
            faults += [f"{file}: {why}" for why in _wrong_header(header, document, part)]
    faults += [
        f"{file}: take.json names it, but says of no track that it is there"
        for file in document.files
        if file not in parts and not any(track.file == file for track in document.tracks)
    ]
    known = set(parts) | {track.file for track in document.tracks} | set(document.files)
    try:
        strangers = sorted(entry.name for entry in os.scandir(folder) if entry.name.lower().endswith(".wav"))
    except OSError as fault:
        return [*faults, f"the folder cannot be read: {fault.strerror}"]
    faults += [f"{name}: stands in the folder, take.json says nothing of it" for name in strangers if name not in known]
    if document.checks and not (folder / document.checks).is_file():
        faults.append(f"{document.checks}: is gone; what was recorded cannot be proven any more")
    return faults


def _wrong_midi(folder: Path, document: TakeDocument) -> Iterator[str]:
    """MIDI files are held against the journal, which has every message with a checksum."""
    try:
        for name, content in midi_files(folder, document, document.total_frames):
            path = folder / name
            if path.is_symlink():
                yield f"{name}: is a link, no file"
            elif path.read_bytes() != content:
                yield f"{name}: is not what was played, as {JOURNAL_NAME} has it"
    except OSError as fault:
        yield f"{Path(str(fault.filename)).name}: {fault.strerror}"


def _wrong_header(header: WavHeader, document: TakeDocument, part: Part) -> Iterator[str]:
    form = header.form
    channels = document.channels_in(part.file)
    wanted = (document.rate_hz, document.bits, channels)
    if (form.rate_hz, form.bits, form.channels) != wanted:
        yield (
            f"its header says {form.rate_hz} Hz, {form.bits} bits, {form.channels} channels; "
            f"take.json {wanted[0]} Hz, {wanted[1]} bits, {wanted[2]} channels"
        )
        return
    there = max(header.size - DATA_AT, 0) // form.width
    if there < part.frames:
        missing = timecode(part.frames - there, form.rate_hz)
        yield f"the file ends {part.frames - there} frames ({missing}) before its time"
    # a file of the black box may hold more than the take has of it
    if header.claimed_frames < part.frames or header.claimed_frames > max(there, part.frames):
        yield f"its header says {header.claimed_frames} frames, take.json {part.frames}"
    elif there >= part.frames and header.riff_bytes + 8 > header.size + 1:  # one: the pad byte behind an odd length
        yield f"its header says {header.riff_bytes + 8} bytes, the file has {header.size}"


# -- seconds -----------------------------------------------------------------------------------------------------------


def _wrong_seconds(folder: Path, document: TakeDocument, on_progress: Progress | None) -> tuple[int, list[str]]:
    """How many seconds of tracks were held against their checksums, and what is wrong."""
    tracks = range(len(document.tracks))
    try:
        rows = CheckRows(folder / document.checks, document.rate_hz, len(tracks))
    except BadChecks as fault:
        return 0, [f"{document.checks}: {fault}"]
    except OSError as fault:
        return 0, [f"{document.checks}: {fault.strerror}"] if (folder / document.checks).exists() else []
    wrong: list[list[int]] = [[] for _ in tracks]
    checked = 0
    seconds = count_seconds(document.total_frames, document.rate_hz)
    with TakeSound(folder, document) as sound:
        unreadable = set(sound.faults)
        for second in range(min(rows.count, seconds)):
            first, frames = second_of(second, document.total_frames, document.rate_hz)
            row = rows.row(second)
            for track in tracks:
                crc = sound.crc(track, first, frames)
                if crc is not None:  # what is not there, its file was told of
                    checked += 1
                    if crc != row[track]:
                        wrong[track].append(second)
            if on_progress is not None:
                on_progress(len(tracks))
        refused = [f"{file}: {why}: it cannot be read to its end" for file, why in sound.faults.items()]
        refused = [why for why in refused if why.partition(":")[0] not in unreadable]
    faults = [
        f"{document.tracks[track].file}: {_told_runs(found, document)}" for track, found in enumerate(wrong) if found
    ]
    faults += refused
    if rows.torn_bytes:
        faults.append(f"{document.checks}: ends within a row")
    if rows.count != seconds:
        faults.append(
            f"{document.checks}: has checksums of {rows.count} seconds, the take is {seconds} long"
            if rows.count > seconds
            else f"{document.checks}: nothing is known of the last {seconds - rows.count} seconds"
        )
    return checked, faults


def _told_runs(seconds: Sequence[int], document: TakeDocument) -> str:
    """A sentence of the seconds of a file that are not what they were; places count from the first visible frame."""
    runs = list(_runs(seconds))
    places = [_place(first, last, document) for first, last in runs[:_RUNS_TOLD]]
    more = f" and {len(runs) - _RUNS_TOLD} places more" if len(runs) > _RUNS_TOLD else ""
    verb = "is" if len(seconds) == 1 else "are"
    noun = "second" if len(seconds) == 1 else "seconds"
    return f"{len(seconds)} {noun} {verb} not what was recorded: at {', '.join(places)}{more}"


def _place(first: int, last: int, document: TakeDocument) -> str:
    begin, end = (second * document.rate_hz - document.pre_frames for second in (first, last + 1))
    if first == last:
        return timecode(begin, document.rate_hz)
    return f"{timecode(begin, document.rate_hz)} to {timecode(min(end, document.frames), document.rate_hz)}"


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of every stretch of consecutive `numbers`, which rise."""
    begin: int | None = None
    last = 0
    for number in numbers:
        if begin is not None and number != last + 1:
            yield begin, last
            begin = number
        begin = number if begin is None else begin
        last = number
    if begin is not None:
        yield begin, last
