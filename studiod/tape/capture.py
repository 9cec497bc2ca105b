"""One take on its way to disk: out of the capture rings, into files that are valid at every moment."""

import contextlib
import errno
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiod.link import Block, Gap, TakeFrames
from studiod.link.order import TakeOrder
from studiod.link.timeline import marks_within, timeline_from_json
from studiod.tape._tape import PieceWriter, RingView
from studiod.tape.disks import Refusal, refusal
from studiod.tape.files import load_json, save_json, sync_folder
from studiod.tape.paper import Paper, merged
from studiod.tape.parts import PIECE_FRAMES, Part
from studiod.tape.proof import CHECKS_NAME, Checks, Clips, ClockDrift, Latency, Xruns
from studiod.tape.resume import Found, find
from studiod.tape.takefiles import MAX_PARTS, TakeFiles, WriterOptions

__all__ = ["TAPE_LATE", "TakeWriter", "merged"]

TAPE_LATE = "tape late"
AHEAD_S = 30.0  # room the disk keeps for every file, and twice that at a time
CLIPS_S = 5.0  # clips and xruns alone change take.json this often at most
_PRE_SHARE = 7 / 8  # of the rings, that pre-record may reach back: the engine writes on while it is copied


@dataclass
class TakeWriter:
    """The files of one take. `advance` as the clock goes on, `sync` as often as loss is limited, `close` at its end.

    A writer made again on the same folder goes on where the files end: what the rings still hold is not lost. Files
    that refuse are ended whole, and others begin where they end. Raises OSError from every method that touches the disk
    when there is nowhere to go on; nothing written is harmed by that. Frames here count from the first hidden one.

    clock: steady seconds. wall: seconds since 1970, is_clock_synchronised: whether they can be trusted.
    """

    block: Block
    order: TakeOrder
    take: TakeFrames
    rate_hz: int
    options: WriterOptions = field(default_factory=WriterOptions)
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    is_clock_synchronised: Callable[[], bool] = bool
    gaps: list[Gap] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Sentences: what went wrong, and what was done about it."""
    beside: list[str] = field(default_factory=list)
    """The same of what is written beside the sound: told when the take is closed."""
    written: int = 0
    """Frames handed to the system."""
    synced: int = 0
    """Frames the headers claim: all on disk."""

    def __post_init__(self) -> None:
        tracks = len(self.order.tracks)
        self.is_hurt = False
        """Something was refused that may have cost sound: the take cannot be called good."""
        self.latency = Latency()
        self.drift = ClockDrift(self.rate_hz)
        self.xruns = Xruns()
        self.paper = Paper(self.order, self.take.start, self.take.position - self.order.compensation, self.rate_hz)
        self.paper.has_journal = self.options.has_journal
        self._rings = RingView(self.block)
        self._width = self.order.bits // 8
        self._pieces = PieceWriter(self.block, [track.channel for track in self.order.tracks], self.order.bits)
        self._files = TakeFiles(self.order, self.rate_hz, self.options)
        self._checks = Checks(tracks, self.rate_hz, self._files.throw_off)
        self._clips = Clips()
        self._gaps_seen = max(self.block.gap_count - 256, 0)
        self._is_renewed = False
        self._saved_at = 0  # frame
        self._is_claimed = False  # the headers say `synced`: a writer before this one may have died before it told them
        self._opened_at = self._began_at = self.clock()
        self._stop = 0

    @property
    def document_path(self) -> Path:
        """take.json."""
        return self.order.folder / "take.json"

    @property
    def origin(self) -> int:
        """Engine frame of the first hidden frame."""
        return self.take.start - self.paper.pre_frames

    @property
    def visible(self) -> int:
        """Frames written that are not hidden."""
        return max(self.written - self.paper.pre_frames, 0)

    @property
    def kept_bytes(self) -> int:
        """Room that the disk keeps for the take and nothing uses yet."""
        part = self._files.part
        return 0 if part is None else part.kept_bytes(self.written)

    @property
    def folder(self) -> Path:
        """Where the take is written now."""
        part = self._files.part
        return self.order.folder if part is None else part.folder

    @property
    def folders_elsewhere(self) -> set[Path]:
        """Other folders that have a part of it, and a copy of take.json."""
        return self._files.folders_elsewhere

    # -- the take ----------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Make the folder and the files, or find them again; when this returns the take is on disk as recording."""
        self._files.make_folder(self.order.folder)
        before = load_json(self.document_path)
        if before is None:
            self._begin()
        else:
            self._resume(find(self.order, before, self.take.start, self.options.spare))
        self._save("recording")
        sync_folder(self.order.folder)
        sync_folder(self.order.folder.parent)

    def advance(self, head: int) -> int:
        """Write what lies between here and engine frame `head` (or the take's stop); frames written."""
        self._stop = head if self.take.stop is None else min(head, self.take.stop)
        began, self._began_at = self.written, self.clock()
        self._collect_gaps()
        if self._is_renewed:
            self._renew()  # silence is told of before it is written: whoever is killed between leaves none unmarked
        while (start := self.origin + self.written) < self._stop:
            oldest = self._rings.oldest
            part = self._growing()
            try:
                if start < oldest:
                    self._lose(part, min(oldest, self._stop) - start)
                else:
                    part.keep_ahead(self.written, round(AHEAD_S * self.rate_hz))
                    self._write(part, min(self._stop - start, part.piece_frames, self._checks.frames_to_row()))
            except OSError as fault:
                self._go_on(fault, is_believed=refusal(fault) is not Refusal.BROKEN)
        return self.written - began

    def sync(self) -> None:
        """Make everything written durable, then let the headers claim it: they never claim more.

        When the disk refuses, `synced` is what it took and the rest is to be written again by `advance`.
        """
        self._collect_gaps()
        if self.written == self.synced and self._is_claimed and not self._is_renewed:
            return
        part, end = self._growing(), self.written
        try:
            part.sync()
            self._checks.sync()
            part.claim(end)
        except OSError as fault:
            self._go_on(fault, is_believed=False)
            return
        self._is_claimed = True
        self._adopt(end)
        self.latency.add(self.clock() - self._began_at)
        if self._is_renewed:
            self._renew()

    def close(self, state: str | None = None) -> None:
        """End the take with every frame up to here durable; the files are let go even when that fails.

        state: None for what it has shown itself to be, good or damaged.
        """
        try:
            end = self.written
            for _ in range(MAX_PARTS):
                if self._files.part is None:
                    break
                self.sync()
                if self.synced >= end:
                    break
                self.advance(self.origin + end)  # what was refused is written again
            self._seal()
            self._checks.close()
            self._settle_clock()
            self._collect_markers()
            self._save(state or self.state)
            self._mark(state)
        finally:
            self.let_go()

    def let_go(self) -> None:
        """Close the file descriptors; may be called twice."""
        self._files.let_go()
        self._checks.let_go()

    @property
    def state(self) -> str:
        """good: every visible frame is what was played and nothing was refused. damaged otherwise."""
        is_holed = any(gap.start + gap.frames > self.take.start for gap in self.gaps)
        return "damaged" if is_holed or self.is_hurt or self._checks.fault or self.beside else "good"

    def document(self, state: str) -> dict[str, Any]:
        """take.json: what the take is."""
        listed = self._files.describe(self.written)
        clips = [
            {
                "file": listed[track]["file"],
                "channel": listed[track]["channel"],
                "start": frame - self.paper.pre_frames,
                "frames": frames,
            }
            for track, frame, frames in self._clips.runs
        ]
        self.paper.faults = [*self.faults, *([self._checks.fault] if self._checks.fault else [])]
        if state != "recording":
            self.paper.faults += self.beside
        proof = {
            "clips_more": self._clips.more,
            "xruns": [{**run._asdict(), "start": run.start - self.take.start} for run in self.xruns.runs],
            "xruns_more": self.xruns.more,
            "write_ms": self.latency.to_json(),
            "drift_ppm": self.drift.ppm,
            "checks": CHECKS_NAME if self.order.tracks else "",
        }
        end = self.origin + self.written
        # while it is recorded, gaps whole: the rest of one is written when nobody tells of it any more
        told = end if state != "recording" else max([end, *(gap.start + gap.frames for gap in self.gaps)])
        return self.paper.to_json(state, end, merged(self.gaps, self.origin, told), listed, clips, proof)

    # -- sound -------------------------------------------------------------------------------------------------------

    def _write(self, part: Part, frames: int) -> None:
        """Copy a piece out of the rings. Where the engine came round meanwhile there is silence, and a gap."""
        start, spoiled = self.origin + self.written, 0
        marks = self._checks.mark(), self._clips.mark()
        try:
            while True:
                clipped = part.write(self._pieces, self.written, start, frames, spoiled, self._checks.sums)
                for track, runs, more in clipped:
                    self._clips.add(track, self.written, runs, more)
                late = min(max(self._rings.oldest - start, 0), frames)
                if late <= spoiled:
                    break
                spoiled = late
                self._checks.rewind(marks[0])
                self._clips.rewind(marks[1])
        except OSError:
            self._checks.rewind(marks[0])
            self._clips.rewind(marks[1])
            raise
        self._checks.step(frames)
        if spoiled:
            self._note(Gap(start, spoiled, TAPE_LATE))
        self.written += frames

    def _lose(self, part: Part, frames: int) -> None:
        """The rings no longer hold these: exact silence of the same length, marked."""
        part.cut(self.written + frames)
        self._note(Gap(self.origin + self.written, frames, TAPE_LATE))
        while frames:
            piece = min(frames, self._checks.frames_to_row(), PIECE_FRAMES)
            silence = bytes(piece * self._width)
            for number in range(len(self.order.tracks)):
                self._checks.add(number, silence)
            self._checks.step(piece)
            self.written += piece
            frames -= piece

    def _note(self, gap: Gap) -> None:
        self.gaps.append(gap)
        self._is_renewed = True

    def _collect_gaps(self) -> None:
        """Gaps the engine has told since we looked last, as far as they lie in this take."""
        count = self.block.gap_count
        known = {(gap.start, gap.frames) for gap in self.gaps}
        for gap in self.block.gaps(self._gaps_seen):
            is_in = gap.start + gap.frames > self.origin and (self.take.stop is None or gap.start < self.take.stop)
            if is_in and (gap.start, gap.frames) not in known:
                self._note(gap)
        self._gaps_seen = count

    def _adopt(self, end: int) -> None:
        """Everything before frame `end` is durable."""
        self.synced = end
        self._checks.store()
        has_news = self._clips.keep() or self.xruns.is_new
        self._is_renewed |= has_news and self.written - self._saved_at > CLIPS_S * self.rate_hz

    # -- files -------------------------------------------------------------------------------------------------------

    def _growing(self) -> Part:
        if self._files.part is None:
            raise OSError(errno.ENODEV, "the take has ended")
        return self._files.part

    def _begin(self) -> None:
        head, held = self.block.capture_head, round(self.block.capture_frames * _PRE_SHARE)
        floor = max(head - held, self._rings.oldest, 0)
        self._hide(max(min(self.options.pre_frames, self.take.start - floor), 0))
        self.paper.is_clock_synchronised = self.is_clock_synchronised()
        self.paper.created_unix = self.wall()
        self._open_checks(0)
        went_wrong = self._files.begin(self.document("recording"))
        if went_wrong:
            self.faults.append(went_wrong)

    def _hide(self, pre_frames: int) -> None:
        self.paper.pre_frames = self._files.pre_frames = pre_frames

    def _resume(self, found: Found) -> None:
        """Go on at the end of the shortest file: there every file is whole; the same samples are written again."""
        for name, held in found.paper.items():
            setattr(self.paper, name, held)
        self._hide(found.pre_frames)
        self.gaps, self.faults, self.is_hurt = found.gaps, found.faults, bool(found.faults)
        self.latency = Latency(found.write_counts)
        self._clips.load(found.clips, found.clips_more)
        self.xruns.runs, self.xruns.more = found.xruns, found.xruns_more
        part = self._files.resume(found.parts)
        self._files.tag(part, self.document("recording"))
        # without sound there is nothing to lose: it goes on where the rings begin
        self.written = part.held() if self.order.tracks else max(self._rings.oldest - self.origin, 0)
        self.synced = min(part.claimed(), self.written)
        self._open_checks(self.synced)
        self._recount(self.synced)
        self._checks.store()
        self._recount(self.written)

    def _recount(self, end: int) -> None:
        """Take checksums of what lies on the disk up to frame `end`, from where they end."""
        width = self._width
        try:
            while (at := self._checks.frame) < end and not self._checks.fault:
                frames = min(end - at, self._checks.frames_to_row(), PIECE_FRAMES)
                for number in range(len(self.order.tracks)):
                    packed = self._files.read(number, at, frames)
                    frames = len(packed) // width  # a part may end before
                    self._checks.add(number, packed)
                self._checks.step(frames)
        except (OSError, EOFError) as fault:
            self._checks.fault = f"the checksums could not be taken again: {fault}"

    def _open_checks(self, frames: int) -> None:
        try:
            self._checks.open(self.order.folder / CHECKS_NAME, frames)
        except OSError as fault:
            self._checks.fault = f"{self.order.folder / CHECKS_NAME}: {fault.strerror}"

    def _go_on(self, fault: OSError, *, is_believed: bool) -> None:
        """End the files that refused, whole, and begin others; raises OSError when there is nowhere to go on.

        is_believed: what was written before the refusal can be made durable. After a failed sync nobody knows: that
        part ends where the last good one was, and the rings still hold the rest.
        """
        part, kind = self._growing(), refusal(fault)
        if is_believed and kind is Refusal.FULL and part.give_back():
            return  # room that was kept for one file serves another
        end = self.synced
        if is_believed:
            with contextlib.suppress(OSError):
                part.cut(self.written)
                part.sync()
                part.claim(self.written)
                end = self.written
        if end < self.written:
            self._checks.rewind()
            self._clips.rewind()
        self.written = end
        self._files.give_up(part, end, is_full=kind is Refusal.FULL)
        if is_believed:
            self._adopt(end)
        if kind is Refusal.FULL:
            self._files.throw_off()
        self.is_hurt |= kind is Refusal.BROKEN
        try:
            told = self._files.go_on(fault, part.folder, end, self.document("recording"))
        except OSError as nowhere:
            self.is_hurt = True
            self.faults.append(f"{nowhere.strerror}; take {self.order.id} ended there, whole up to its last frame")
            raise fault from None
        self._is_claimed = False
        if kind is not Refusal.TOO_LONG:
            self.faults.append(told)
        self._renew()

    def _seal(self) -> None:
        part = self._files.part
        if part is None:
            return
        try:
            self._files.tag(part, self.document("recording"))
            part.seal(self.written)
        except OSError as fault:  # the samples are durable and claimed; only the last length may not be
            self.is_hurt = True
            self.faults.append(f"{fault.filename or part.folder}: {fault.strerror} when the take was closed")

    def _collect_markers(self) -> None:
        """Those that lie in the take now that it ends; one that is set later is the session's alone."""
        first = self.paper.position - self.paper.pre_frames
        marks = marks_within(timeline_from_json(self.block.timeline), first, first + self.written)
        self.paper.markers = [mark._replace(start=mark.start - self.paper.position) for mark in marks]

    def _mark(self, state: str | None) -> None:
        """Write them behind the samples, too: after take.json says how long the take is, or they might pass for sound.

        Files that ended before, because a disk refused, are not touched again.
        """
        part = self._files.part
        if part is None or not self.paper.markers:
            return
        try:
            part.mark(mark._replace(start=mark.start + self.paper.pre_frames) for mark in self.paper.markers)
        except OSError as fault:
            self.faults.append(f"the markers could not be written into the files: {fault.strerror}; take.json has them")
            self._save(state or self.state)

    def _settle_clock(self) -> None:
        """A wall clock that was set right while we recorded tells when the take began, too."""
        if not self.paper.is_clock_synchronised and self.is_clock_synchronised():
            self.paper.created_unix = self.wall() - (self.clock() - self._opened_at)
            self.paper.is_clock_synchronised = True

    def _renew(self) -> None:
        """Tell take.json what is new; the sound goes on when it cannot be told."""
        try:
            self._save("recording")
        except OSError as fault:
            why = f"{self.document_path}: {fault.strerror}"
            if why not in self.faults:
                self.faults.append(why)
                self.is_hurt = True

    def _save(self, state: str) -> None:
        try:
            save_json(self.document_path, self.document(state))
        except OSError as fault:
            if refusal(fault) is not Refusal.FULL or not self._files.throw_off():
                raise
            save_json(self.document_path, self.document(state))
        finally:
            for folder in self._files.folders_elsewhere:
                with contextlib.suppress(OSError):  # a copy beside the sound, for when the first disk is gone
                    save_json(folder / "take.json", self.document(state))
        self._is_renewed = self.xruns.is_new = False
        self._saved_at = self.written
