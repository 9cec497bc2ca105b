"""A session from files to files: the same engine as on stage, turned by hand as fast as it goes."""

import contextlib
import errno
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from studiod.desk.takes import Take, label, read_takes
from studiod.link.session import takes_folder
from studiod.model.console import ConsoleLayout
from studiod.model.loudness import LoudnessReading
from studiod.produce.draft import WavDraft
from studiod.produce.mixdown import Mixdown, Stem
from studiod.produce.offline import OfflineDesk, Outputs
from studiod.produce.sources import SourceFile, TakeTrackSource, UnplayableSoundError


class RenderError(Exception):
    """What cannot be rendered; the message has a line for each reason."""


@dataclass(frozen=True, slots=True)
class Track:
    """A file and the strips, counted from 1, that play its channels."""

    file: Path
    strips: tuple[int, ...]
    take: TakeTrackSource | None = None
    """The track of a take that the file is of, or begins with."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be rendered, and to where."""

    layout: ConsoleLayout
    rate_hz: int
    tracks: tuple[Track, ...]
    output: Path
    """The stereo main. What else is asked for stands beside it under its name and more."""
    session: Path | None = None
    """Folder of the session whose values are used; None: every value at its default."""
    bits: int = 24
    tail_s: float = 0.0
    """Rendered after the end of the longest file."""
    position: int = 0
    """Frame of the transport at which the files begin: where the click's bars stand."""
    has_mono: bool = False
    has_buses: bool = False
    has_matrices: bool = False
    has_click: bool = False
    may_replace: bool = False
    """Files that exist are replaced."""
    warnings: tuple[str, ...] = ()
    """What is already known to be odd; it stands first among those of what is rendered."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What has been rendered."""

    files: tuple[Path, ...]
    """Main first."""
    frames: int
    loudness: LoudnessReading
    """Of main, before it was rounded to its bits."""
    elapsed_s: float
    warnings: tuple[str, ...]


def file_tracks(files: Sequence[Path], layout: ConsoleLayout) -> tuple[Track, ...]:
    """`files` in the order of strips, a channel a strip. Raises RenderError."""
    tracks: list[Track] = []
    faults: list[str] = []
    first = 1
    for path in files:
        try:
            with SourceFile(path) as source:
                channels = source.channels
        except UnplayableSoundError as fault:
            faults.append(str(fault))
        else:
            tracks.append(Track(path, tuple(range(first, first + channels))))
            first += channels
    if first - 1 > layout.strips:
        faults.append(f"the files have {first - 1} channels, the desk {layout.strips} strips: configure more")
    _refuse(faults)
    return tuple(tracks)


@dataclass(frozen=True, slots=True)
class TakeTracks:
    """What a take recorded of strips, where it began on the timeline, and what is wrong with it."""

    tracks: tuple[Track, ...]
    position: int
    warnings: tuple[str, ...]


def take_tracks(session: Path, take_id: int, layout: ConsoleLayout, rate_hz: int) -> TakeTracks:
    """The files of take `take_id` on the strips they were recorded from. Raises RenderError."""
    takes = {take.id: take for take in read_takes(session)}
    take = takes.get(take_id)
    if take is None:
        there = f"it has {', '.join(map(str, takes))}" if takes else "it has none"
        raise RenderError(f"{session} has no take {take_id}: {there}")
    if take.state == "recording":
        raise RenderError(f"take {take_id} is being recorded, or was cut off: stop it, or start studiod to repair it")
    if take.rate_hz != rate_hz:
        raise RenderError(
            f"take {take_id} was recorded at {take.rate_hz} Hz, the session runs at {rate_hz} Hz: "
            "give the configuration it was recorded with"
        )
    tracks = [
        Track(track.parts[0].path(take.path), (track.strip,), TakeTrackSource(take.path, take.document, number))
        for number, track in enumerate(take.tracks)
        if track.strip is not None
    ]
    if not tracks:
        raise RenderError(f"take {take_id} recorded no strip")
    strangers = [f"strip {n}" for track in tracks for n in track.strips if not 1 <= n <= layout.strips]
    if strangers:
        raise RenderError(
            f"take {take_id} recorded {', '.join(strangers)}, the desk has {layout.strips} strips: "
            "give the configuration it was recorded with"
        )
    return TakeTracks(tuple(tracks), take.position, tuple(_flaws(take)))


def render(order: Order, on_progress: Callable[[float], None] | None = None) -> Rendered:
    """Play the files of `order` through the desk, and write what it asks for: all of it, or nothing.

    Output frame 0 is input frame 0: what the desk is late by is taken off. Files are as long as the longest source,
    and the tail. `on_progress` is told the part that is done, 0 to 1, now and then. Raises RenderError.
    """
    began_s = time.monotonic()
    with contextlib.ExitStack() as opened:
        sources = _open(order, opened)
        frames = max((source.frames for source in sources), default=0) + round(order.tail_s * order.rate_hz)
        if not frames:
            raise RenderError("the files are empty, and so is the tail: there is nothing to render")
        desk = _make_desk(order)
        stems = _stems(order, desk)
        _refuse(_obstacles(order, [stem.path for stem in stems]))
        drafts = [opened.enter_context(_draft(stem, order, seed)) for seed, stem in enumerate(stems)]
        strips = [tuple(strip - 1 for strip in track.strips) for track in order.tracks]
        players = list(zip(sources, strips, strict=True))
        mixdown = Mixdown(desk, players, frames, order.position if order.has_click else None)
        try:
            mixdown.run(list(zip(stems, drafts, strict=True)), on_progress)
            for draft in drafts:
                draft.finish()
            for draft in drafts:
                draft.publish(may_replace=order.may_replace)
        except UnplayableSoundError as fault:
            raise RenderError(str(fault)) from fault
        except OSError as fault:
            raise RenderError(_sentence(order.output, fault)) from fault
        loudness = mixdown.loudness()
        warnings = (*order.warnings, *desk.warnings, *mixdown.warnings(loudness), *_clipped(drafts))
        return Rendered(tuple(stem.path for stem in stems), frames, loudness, time.monotonic() - began_s, warnings)


def _flaws(take: Take) -> Iterator[str]:
    if take.state == "damaged":
        yield f"take {take.id} is damaged: the disk refused something while it was recorded"
    for gap in take.gaps:
        yield f"take {take.id} is silent for {gap['frames']} frames from frame {gap['start']} on: {gap['cause']}"


# -- what is asked for -------------------------------------------------------------------------------------------------


def _stems(order: Order, desk: OfflineDesk) -> list[Stem]:
    out = desk.outputs
    stems = [Stem(order.output, slice(0, 2), is_main=True)]
    if out.has_mono:
        stems.append(Stem(_beside(order.output, "mono", ""), slice(out.mono, out.mono + 1)))
    for kind, first, count in (("bus", out.first_bus, out.buses), ("matrix", out.first_matrix, out.matrices)):
        for n in range(count):
            name = desk.hub.text(f"/{kind}/{n + 1}/name")
            stems.append(Stem(_beside(order.output, f"{kind}-{n + 1:02d}", name), slice(first + n, first + n + 1)))
    return stems


def _beside(output: Path, word: str, name: str) -> Path:
    plain = label(name)
    return output.with_name(f"{output.stem}-{word}{'-' if plain else ''}{plain}{output.suffix}")


def _open(order: Order, opened: contextlib.ExitStack) -> list[SourceFile]:
    """Every source, at its beginning. Raises RenderError with what is wrong with any of them."""
    sources: list[SourceFile] = []
    faults: list[str] = []
    for track in order.tracks:
        try:
            source = opened.enter_context(SourceFile(track.file, track.take))
        except UnplayableSoundError as fault:
            faults.append(str(fault))
            continue
        sources.append(source)
        if source.rate_hz != order.rate_hz:
            faults.append(
                f"{track.file} is at {source.rate_hz} Hz, the session at {order.rate_hz} Hz: convert it, "
                "or set audio.rate_hz"
            )
        if source.channels != len(track.strips):
            faults.append(f"{track.file} has {source.channels} channels for {len(track.strips)} strips")
    _refuse(faults)
    return sources


def _make_desk(order: Order) -> OfflineDesk:
    layout = order.layout
    buses = layout.buses if order.has_buses else 0
    matrices = layout.matrices if order.has_matrices else 0
    try:
        desk = OfflineDesk(layout, order.rate_hz, Outputs(order.has_mono, buses, matrices), order.session)
    except (ValueError, MemoryError, OSError) as fault:
        raise RenderError(f"this desk cannot be built: {fault}") from fault
    desk.unplug({strip for track in order.tracks for strip in track.strips}, has_click=order.has_click)
    return desk


def _obstacles(order: Order, outputs: Sequence[Path]) -> Iterator[str]:
    """What stands where something is to be written."""
    if order.output.suffix.lower() != ".wav":
        yield f"{order.output}: what is written is WAV: give a name that ends in .wav"
        return
    for path in outputs:
        try:
            obstacle = _obstacle(order, path)
        except OSError as fault:
            obstacle = _sentence(path, fault)
        if obstacle:
            yield obstacle


def _obstacle(order: Order, path: Path) -> str:
    """What is in the way of `path`, nothing if it can be written. Raises OSError."""
    if not path.parent.is_dir():
        return f"{path}: there is no folder {path.parent}"
    if any(_is_same(path, track.file) for track in order.tracks):
        return f"{path} is one of the files that are played: choose another name"
    folder = path.parent.resolve()
    if order.session is not None and takes_folder(order.session).resolve() in (folder, *folder.parents):
        return f"{path} would lie among the takes: choose another folder"
    if path.is_dir():
        return f"{path} is a folder"
    if path.exists() and not order.may_replace:
        return f"{path} is there already: choose another name, or replace it with --force"
    return ""


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


@contextlib.contextmanager
def _draft(stem: Stem, order: Order, seed: int) -> Iterator[WavDraft]:
    """A file to write into, gone at the end unless it was published."""
    try:
        draft = WavDraft(stem.path, stem.rows.stop - stem.rows.start, order.rate_hz, order.bits, seed)
    except OSError as fault:
        raise RenderError(_sentence(stem.path, fault)) from fault
    try:
        yield draft
    finally:
        draft.discard()


def _refuse(faults: Iterator[str] | Sequence[str]) -> None:
    said = "\n".join(faults)
    if said:
        raise RenderError(said)


def _sentence(path: Path, fault: OSError) -> str:
    if fault.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"{path} cannot be written: the disk is full; nothing was left there"
    return f"{path} cannot be written: {(fault.strerror or str(fault)).lower()}"


def _clipped(drafts: Sequence[WavDraft]) -> Iterator[str]:
    for draft in drafts:
        if draft.clipped:
            yield f"{draft.path.name}: {draft.clipped} samples over full scale were cut; 32 bits keep them"
