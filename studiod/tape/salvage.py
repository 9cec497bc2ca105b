"""What is left of a take that was cut off: how far every file can be trusted, without reading all of it."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from studiod.link.take import Part, TakeDocument
from studiod.tape.sound import BadChecks, CheckRows, TakeSound
from studiod.tape.wavfile import DATA_AT, claimed_frames

_GOOD_S: Final = 4  # seconds in a row that are what they were: a disk loses its newest, not what came before
_LOOK_BACK_S: Final = 60  # at most; what is wrong further back, `studiod verify` finds
_BLOCK_BYTES: Final = 4096
_OLD_FRAMES: Final = 2  # of silence at the end of a block: sound has one by chance
_MOUNTS: Final = Path("/proc/self/mountinfo")
# The size of a file may be there before its sound is, and what stands there then is anyone's.
_CARELESS_DISKS: Final = frozenset({"vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "hfsplus"})


@dataclass(frozen=True, slots=True)
class FileState:
    """One file as it was found."""

    part: Part
    path: Path
    page: bytes
    """Its first 4096 bytes as the recording left them; empty where it is not there."""
    kept_at: Path
    """Where they are kept."""
    there: int
    """Whole frames behind the page."""
    claimed: int
    """Frames that the page claims: those were durable."""
    claimed_now: int
    """Frames that it claims now, where a repair before this one was killed at its work."""
    is_ours: bool
    """Its header may be written."""


@dataclass(slots=True)
class Salvage:
    """What a repair goes by."""

    files: dict[str, FileState]
    frames_of: dict[str, int]
    """File -> frames its header is to claim."""
    total_frames: int
    """Of the take, pre-record included: up to there every track that is not damaged is whole."""
    regained_frames: int
    rows: CheckRows | None
    """None: there are no checksums to go by, or on with."""
    damage: list[str] = field(default_factory=list)
    away: tuple[str, ...] = ()
    """Folders on other disks that are not there, with the parts of the take that are in them."""


def look_at(folder: Path, kept: Path, document: TakeDocument, sound: TakeSound, *, is_same_boot: bool) -> Salvage:
    """How the take in `folder` stands; kept: folder of what an earlier repair put aside. Reads only. Raises OSError.

    is_same_boot: the machine has not been off since; what was written is there. Else the end of a file is believed as
    far as its header or its checksums tell, and beyond that while the disk gives no sign of having lost it.
    """
    damage: list[str] = []
    away = folders_away(document)
    files = {
        file: _file_state(folder, kept, part, document, sound.frames_of(file))
        for file, part in document.parts().items()
    }
    rows = _rows(folder, document, damage)
    trusted, lost = _trusted_tracks(document, files, sound, rows, is_same_boot=is_same_boot)
    if away:  # what else is wrong is told when everything is there
        damage.append(told_away(document, away))
    else:
        damage += [_told_loss(document.tracks[track].file, files, document, sound) for track in sorted(lost)]
    whole = [frames for track, frames in enumerate(trusted) if track not in lost]
    total = min(whole or [frames for frames in trusted if frames], default=0)
    if rows is not None:
        damage += _bad_tail(document, sound, rows, min(rows.count, total // document.rate_hz), lost)
    claims = [_end(document, track.parts[-1], files[track.parts[-1].file].claimed) for track in document.tracks]
    frames_of = {file: part.frames for file, part in document.parts().items()}
    for track, described in enumerate(document.tracks):
        last = described.parts[-1]
        frames_of[last.file] = max(min(total, trusted[track]) - (last.start + document.pre_frames), 0)
    regained = max(total - max([*claims, document.frames + document.pre_frames], default=0), 0)
    return Salvage(files, frames_of, total, regained, rows, damage, away)


def folders_away(document: TakeDocument) -> tuple[str, ...]:
    """Folders on other disks that a part of the take is in and that are not there, as their disk will not be."""
    elsewhere = dict.fromkeys(str(Path(file).parent) for file in document.parts() if file.startswith("/"))
    return tuple(folder for folder in elsewhere if not is_there(Path(folder)))


def told_away(document: TakeDocument, away: tuple[str, ...]) -> str:
    """A sentence of what is missing while those folders are."""
    count = sum(str(Path(file).parent) in away for file in document.parts())
    missing = "one file is" if count == 1 else f"{count} files are"
    return f"its second disk ({', '.join(away)}) is not there: {missing} missing until it is plugged in"


def is_there(folder: Path) -> bool:
    """Whether `folder` can be looked into."""
    try:
        return folder.is_dir()
    except OSError:  # a disk that answers with faults alone
        return False


def _file_state(folder: Path, kept: Path, part: Part, document: TakeDocument, there: int) -> FileState:
    path = part.path(folder)
    kept_at = kept / f"{path.name}.header"
    width = document.sample_bytes * document.channels_in(part.file)
    now = b""
    if path.is_file() and not path.is_symlink():
        with path.open("rb") as file:
            now = file.read(DATA_AT)
    page = kept_at.read_bytes() if kept_at.is_file() and now else now
    # a file elsewhere is written only if it is plain that it was made here
    is_ours = len(now) == DATA_AT and (path.parent == folder or now[-8:-4] == b"data")
    return FileState(part, path, page, kept_at, there, claimed_frames(page, width), claimed_frames(now, width), is_ours)


def _rows(folder: Path, document: TakeDocument, damage: list[str]) -> CheckRows | None:
    if not document.checks:
        return None
    try:
        return CheckRows(folder / document.checks, document.rate_hz, len(document.tracks))
    except BadChecks as fault:
        damage.append(f"{document.checks} {fault}")
    except FileNotFoundError:
        damage.append(f"{document.checks} is gone")
    return None


def _end(document: TakeDocument, part: Part, frames: int) -> int:
    """Frame of the track at which `part` ends when it has `frames`."""
    return part.start + document.pre_frames + frames


def _trusted_tracks(
    document: TakeDocument,
    files: dict[str, FileState],
    sound: TakeSound,
    rows: CheckRows | None,
    *,
    is_same_boot: bool,
) -> tuple[list[int], set[int]]:
    """Frames of every track that can be trusted, and the tracks that have lost what they once had for sure."""
    proven = _proven_frames(document, files, sound, rows) if rows is not None else 0
    trusted, lost = [], set()
    for track, described in enumerate(document.tracks):
        last = described.parts[-1]
        file = files[last.file]
        there = sound.frames_in(track)
        sure = max(_end(document, last, file.claimed), proven)
        is_whole = all(files[part.file].there >= part.frames for part in described.parts[:-1])
        if not file.page or not is_whole or there < sure:
            lost.add(track)
            trusted.append(there)
        elif is_same_boot or there == sure:
            trusted.append(there)
        elif _is_careless(file.path):
            trusted.append(sure)
        else:
            trusted.append(sure + _until_hole(document, sound, track, sure, there))
    return trusted, lost


def _proven_frames(document: TakeDocument, files: dict[str, FileState], sound: TakeSound, rows: CheckRows) -> int:
    """Frames that have a row; the last row is that of a short second where someone was killed right after the end."""
    tracks = range(len(document.tracks))
    last = (rows.count - 1) * document.rate_hz
    ends = {
        min((end for end in found if end > last), default=0)
        for found in (
            [sound.frames_in(track) for track in tracks],
            [_end(document, track.parts[-1], files[track.parts[-1].file].claimed_now) for track in document.tracks],
        )
    }
    for end in sorted(ends):
        if last < end < last + document.rate_hz:
            row = rows.row(rows.count - 1)
            if any(sound.crc(track, last, end - last) == row[track] for track in tracks):
                return end
    return rows.count * document.rate_hz


def _until_hole(document: TakeDocument, sound: TakeSound, track: int, first: int, end: int) -> int:
    """Frames from `first` on before the sound breaks off into nothing: what the disk never wrote reads as zeros.

    A disk writes blocks in any order, and one that it wrote when it was not full yet may be older than the one behind
    it. A track that was silent before says nothing by being silent on.
    """
    width = document.sample_bytes
    step = _BLOCK_BYTES // width
    is_sounding = any(sound.read(track, max(first - step, 0), min(step, first)))
    last = document.tracks[track].parts[-1]
    base = last.start + document.pre_frames
    frame_bytes = width * document.channels_in(last.file)
    at = first
    while at < end:
        block = ((at - base + 1) * frame_bytes - 1) // _BLOCK_BYTES  # in which frame `at` ends
        stop = min(base + (block + 1) * _BLOCK_BYTES // frame_bytes, end)
        heard = -(-len(sound.read(track, at, stop - at).rstrip(b"\0")) // width)
        if heard == 1 and (at - base) * frame_bytes < block * _BLOCK_BYTES:
            heard = 0  # all there is of it may be what the block before has
        silent = stop - at - heard
        is_sounding = is_sounding or heard > 0
        if is_sounding and (stop == end or silent >= min(_OLD_FRAMES, stop - at)):
            return at + heard - first
        at = stop
    return end - first


def _told_loss(name: str, files: dict[str, FileState], document: TakeDocument, sound: TakeSound) -> str:
    for file, why in sound.faults.items():
        if any(part.file == file for track in document.tracks if track.file == name for part in track.parts):
            return f"{file}: {why}"
    state = files[name]
    return f"{name} has {state.there} frames, and had {max(state.claimed, state.part.frames)} or more that were durable"


def _bad_tail(document: TakeDocument, sound: TakeSound, rows: CheckRows, seconds: int, lost: set[int]) -> list[str]:
    """Sentences of the last seconds that are not what they were, looking back until all is well for a while."""
    bad: dict[int, list[int]] = {}
    good = 0
    for second in range(seconds - 1, max(seconds - 1 - _LOOK_BACK_S, -1), -1):
        row = rows.row(second)
        wrong = [
            track
            for track in range(len(document.tracks))
            if track not in lost and sound.crc(track, second * document.rate_hz, document.rate_hz) != row[track]
        ]
        for track in wrong:
            bad.setdefault(track, []).insert(0, second)
        good = 0 if wrong else good + 1
        if good == _GOOD_S:
            break
    return [
        f"{document.tracks[track].file}: second {', '.join(map(str, seconds_bad))} of it is not what was recorded"
        for track, seconds_bad in sorted(bad.items())
    ]


def _is_careless(path: Path) -> bool:
    """Whether `path` lies on a disk that may tell of sound it does not have."""
    try:
        device = path.stat().st_dev
        wanted = f"{os.major(device)}:{os.minor(device)}"
        for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
            words = line.split()
            if words[2] == wanted:
                return words[words.index("-") + 1] in _CARELESS_DISKS
    except (OSError, ValueError, IndexError):
        return False
    return False
