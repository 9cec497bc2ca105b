"""Takes that were being recorded when everything stopped: made whole at start, never shortened below what is there.

What a take had is kept first, in its folder `before-repair`: the header of every file, and take.json. No sample is
changed. Killed in the middle, it begins again and comes to the same end. So it does where a part of the take lies on a
disk that is not there: the take ends before that part until the disk is back.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from studiod.link.journal import JOURNAL_NAME, read_journal
from studiod.link.status import first_of
from studiod.link.take import DAMAGED, DOCUMENT_NAME, RECORDING, REPAIRED, BadDocument, Part, TakeDocument
from studiod.model.transport import timecode
from studiod.tape.boot import this_boot
from studiod.tape.bwf import file_tags
from studiod.tape.files import replace_file, save_json, sync_folder
from studiod.tape.journal_check import whole_bytes
from studiod.tape.library import load_document, take_folders
from studiod.tape.midi import midi_files
from studiod.tape.salvage import FileState, Salvage, folders_away, is_there, look_at, told_away
from studiod.tape.sound import TakeSound, count_seconds, second_of
from studiod.tape.wavfile import DATA_AT, header_page, resized_page

BEFORE: Final = "before-repair"
_NOT_THERE: Final = 0xFFFF_FFFF
_LATE_S: Final = 2  # a journal is made durable as often as the sound; one that ends so much earlier was refused
_TOLD_DAMAGES: Final = 4
_MAX_UNPROVEN_S: Final = 30  # of sound without checksums that are made anew: more would take the start too long


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was done to one take."""

    id: int
    frames: int
    regained_frames: int
    """Frames that were on disk beyond what the headers claimed."""
    damage: tuple[str, ...] = ()
    """What could not be made whole, a sentence each."""
    is_untouched: bool = False
    """It is not done: `damage` says why."""
    away: tuple[str, ...] = ()
    """Folders on other disks that are not there: the rest of the take is in them."""

    @property
    def is_back(self) -> bool:
        """One of those folders is there: the take can be repaired again."""
        return any(is_there(Path(folder)) for folder in self.away)

    @property
    def told_damage(self) -> str:
        """The first of it, and how much more; take.json has it all."""
        return "; ".join(first_of(self.damage, _TOLD_DAMAGES))

    def __str__(self) -> str:
        if self.away:
            return f"take {self.id} was cut off; {'; '.join(self.damage)}"
        if self.is_untouched:
            return f"take {self.id} is left as it is: {self.told_damage}"
        done = f"take {self.id} was cut off; repaired: {self.frames} frames, {self.regained_frames} of them regained"
        return f"{done}; damaged: {self.told_damage}" if self.damage else done


def repair_session(session: Path, running: frozenset[int] = frozenset(), boot_id: str | None = None) -> list[Repaired]:
    """Repair every take that says it is recording but is not in `running`, and those whose other disk came back.

    Idempotent. A take that the disk does not let be repaired is told of, and is tried again the next time; so is one of
    which a disk is still away. Raises OSError where the takes cannot be listed.

    It reads the headers, and of the sound the last seconds only. boot_id: what tells one start of this machine from
    another; None: as the kernel says. A take begun under the same one has lost nothing that was ever written.
    """
    return repair_takes(take_folders(session), session.name, running, boot_id)


def repair_takes(
    folders: Iterable[Path], project: str, running: frozenset[int] = frozenset(), boot_id: str | None = None
) -> list[Repaired]:
    """Like `repair_session`, the takes in `folders` of the session called `project`. Raises OSError."""
    boot_id = this_boot() if boot_id is None else boot_id
    done = []
    for folder in folders:
        number = int(folder.name.partition(".")[0])
        if number in running:
            continue
        try:
            document = load_document(folder)
        except BadDocument as fault:
            if _holds_sound(folder):
                done.append(Repaired(number, 0, 0, (f"{fault}, and its files are not touched",), is_untouched=True))
            continue
        was_away = _away_before(document)
        if document.state != RECORDING and not was_away:
            continue
        try:
            if document.state == RECORDING:
                done.append(_repair(folder, document, project, boot_id))
            else:
                done.append(_repair_again(folder, document, project, was_away))
        except OSError as fault:  # one bad file must not keep the others, or the next take, from the disk
            why = f"{fault.filename or folder}: {fault.strerror or fault}"
            done.append(Repaired(number, 0, 0, (why,), is_untouched=True))
        except BadDocument as fault:
            done.append(Repaired(number, 0, 0, (f"{BEFORE}: {fault}",), is_untouched=True))
    return done


def _away_before(document: TakeDocument) -> tuple[str, ...]:
    """The folders that were not there when the take was repaired the last time."""
    repair = document.raw.get("repair")
    away = repair.get("away") if isinstance(repair, dict) else None
    return tuple(str(folder) for folder in away) if isinstance(away, list) else ()


def _repair_again(folder: Path, document: TakeDocument, project: str, was_away: tuple[str, ...]) -> Repaired:
    """From what the recording left, where another disk is there than was. Raises BadDocument, OSError."""
    begun = load_document(folder / BEFORE)
    if folders_away(begun) == was_away:
        return Repaired(document.id, document.frames, 0, (told_away(begun, was_away),), away=was_away)
    # the copy has ended meanwhile; and nobody knows how the disk went: it counts as after a power cut
    kept = {key: document.raw[key] for key in ("copy",) if key in document.raw}
    return _repair(folder, replace(begun, raw=begun.raw | kept), project, "")


def _repair(folder: Path, document: TakeDocument, project: str, boot_id: str) -> Repaired:
    is_same_boot = bool(boot_id) and document.raw.get("boot_id") == boot_id
    with TakeSound(folder, document) as sound:
        found = look_at(folder, folder / BEFORE, document, sound, is_same_boot=is_same_boot)
        _keep_before(folder, found)
        if not found.away:  # what is not there is not lost: its checksums stay, and so does what claims the rest
            for file in found.files.values():
                if file.is_ours:
                    _write_header(file, found.frames_of[file.part.file], document, project)
            _complete_checks(folder, document, found, sound)
    _write_midi(folder, document, found)
    repaired = _repaired_document(document, found)
    repaired["repair"]["journal_bytes"] = whole_bytes(folder)
    save_json(folder / DOCUMENT_NAME, repaired)
    return Repaired(document.id, repaired["frames"], found.regained_frames, tuple(found.damage), away=found.away)


def _repaired_document(document: TakeDocument, found: Salvage) -> dict[str, Any]:
    """take.json of the take that is left."""
    pre_frames = min(document.pre_frames, found.total_frames)
    frames = found.total_frames - pre_frames
    tracks = [
        raw | ({"parts": [_part(part, track.parts, found, document, pre_frames) for part in track.parts]})
        if "parts" in raw
        else raw
        for raw, track in zip(document.raw["tracks"], document.tracks, strict=True)
    ]
    raw = document.raw | {
        "state": DAMAGED if found.damage else REPAIRED,
        "frames": frames,
        "gaps": _held(document.raw["gaps"], frames),
        "tracks": tracks,
        "repair": {
            "regained_frames": found.regained_frames,
            "file_frames": sorted({file.there for file in found.files.values()}),
            "damage": list(found.damage),
            "before": BEFORE,
            **({"away": list(found.away)} if found.away else {}),
        },
    }
    if "pre_frames" in document.raw:
        raw["pre_frames"] = pre_frames
    for runs in ("clips", "xruns"):
        if runs in document.raw:
            raw[runs] = _held(document.raw[runs], frames)
    return raw


def _part(
    part: Part, parts: tuple[Part, ...], found: Salvage, document: TakeDocument, pre_frames: int
) -> dict[str, Any]:
    start = part.start + document.pre_frames - pre_frames
    frames = found.frames_of[part.file] if part is parts[-1] else part.frames
    return {"file": part.file, "start": start, "frames": frames}


def _held(runs: Any, frames: int) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Gaps, clips or xruns as far as they lie before `frames`."""
    return [
        run | {"frames": min(run["frames"], frames - run["start"])}
        for run in (runs if isinstance(runs, list) else ())
        if isinstance(run, dict)
        and isinstance(run.get("start"), int)
        and isinstance(run.get("frames"), int)
        and run["start"] < frames
    ]


# -- writing -----------------------------------------------------------------------------------------------------------


def _keep_before(folder: Path, found: Salvage) -> None:
    """Put aside what is about to be changed, once: what a repair before this one kept is the older truth."""
    before = folder / BEFORE
    before.mkdir(exist_ok=True)
    _keep(before / DOCUMENT_NAME, (folder / DOCUMENT_NAME).read_bytes())
    for file in found.files.values():
        if file.page:
            _keep(file.kept_at, file.page)
    sync_folder(before)
    sync_folder(folder)


def _keep(path: Path, held: bytes) -> None:
    if path.exists():
        return
    temporary = path.with_name(f".{path.name}.new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    with os.fdopen(fd, "wb") as file:
        file.write(held)
        file.flush()
        os.fsync(fd)
    temporary.rename(path)


def _write_header(file: FileState, frames: int, document: TakeDocument, project: str) -> None:
    """Let the header say what is there. No sample is touched; room the disk kept for more is given back."""
    shape = (document.rate_hz, document.bits, document.channels_in(file.part.file))
    page = resized_page(file.page, frames, *shape)
    if page is None:
        page = header_page(frames, *shape, file_tags(document.raw, file.part.file, project))
    fd = os.open(file.path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.pwrite(fd, page, 0)
        size = os.fstat(fd).st_size
        end = DATA_AT + frames * document.sample_bytes * shape[2]
        os.ftruncate(fd, size + 1 if size == end and end % 2 else size)  # RIFF chunks are padded to even length
        os.fsync(fd)
    finally:
        os.close(fd)


def _write_midi(folder: Path, document: TakeDocument, found: Salvage) -> None:
    """MIDI comes out of the journal, as far as that and the sound go."""
    path = folder / JOURNAL_NAME
    if path.is_file() and not path.is_symlink():
        os.truncate(path, path.stat().st_size)  # room the disk kept for more is given back
    if not document.midi:
        return
    try:
        journal = read_journal(path, None)
        first = int(document.raw["start_frame"]) - document.pre_frames
        end = (journal.upto if journal.stop is None else journal.stop) - first
        if not document.tracks:  # without sound the journal says how long the take is
            found.total_frames = max(end, document.pre_frames)
        is_short = end + _LATE_S * document.rate_hz < found.total_frames
        if is_short:
            ends = timecode(max(end - document.pre_frames, 0), document.rate_hz)
            found.damage.append(f"{JOURNAL_NAME} ends at {ends}: MIDI after that is lost, but for what its files had")
        for name, content in midi_files(folder, document, found.total_frames):
            if not is_short or not _is_longer(folder / name, content):
                replace_file(folder / name, content)
    except FileNotFoundError:
        found.damage.append(f"{JOURNAL_NAME} is gone: the MIDI files are as they were left")


def _is_longer(path: Path, content: bytes) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size > len(content)


def _complete_checks(folder: Path, document: TakeDocument, found: Salvage, sound: TakeSound) -> None:
    """Give the seconds that have no checksums theirs: from now on it can be proven that they stay what they are."""
    rows = found.rows
    if rows is None:
        return
    total, rate_hz = found.total_frames, document.rate_hz
    known, seconds = min(rows.count, total // rate_hz), count_seconds(total, rate_hz)
    if seconds - known > _MAX_UNPROVEN_S:
        return
    tracks = range(len(document.tracks))
    fresh = [
        rows.pack(tuple(_crc(sound, track, *second_of(second, total, rate_hz)) for track in tracks))
        for second in range(known, seconds)
    ]
    fd = os.open(folder / document.checks, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        at = rows.head_bytes + rows.row_bytes * known
        os.ftruncate(fd, at)
        os.pwrite(fd, b"".join(fresh), at)
        os.fsync(fd)
    finally:
        os.close(fd)


def _crc(sound: TakeSound, track: int, first: int, frames: int) -> int:
    """That of the sound there is; of what is not there one that says so: 0 is what a disk has for a row it lost."""
    found = sound.crc(track, first, frames)
    return _NOT_THERE if found is None else found


def _holds_sound(folder: Path) -> bool:
    """More than headers: files are made before take.json, and their samples come after it."""
    return any(path.suffix.lower() == ".wav" and path.lstat().st_size > DATA_AT for path in folder.iterdir())
