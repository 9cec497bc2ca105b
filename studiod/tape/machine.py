"""The tape process at work: takes as the engine rolls them, the disks they go to, and its state for everyone to see."""

import contextlib
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiod.link import TAPE, Block, TakeFrames
from studiod.link.closed import Closed
from studiod.link.order import TakeOrder
from studiod.link.session import take_folder, takes_folder
from studiod.link.status import first_of, tell_status
from studiod.link.take import BadDocument
from studiod.tape.capture import TakeWriter
from studiod.tape.copy import TakeCopy
from studiod.tape.disks import Alarm, Ballast, DiskUse, Free, Room, free_on, seconds_left
from studiod.tape.files import load_json
from studiod.tape.follow import TakeFollower
from studiod.tape.heard import Heard
from studiod.tape.journal import Journals
from studiod.tape.library import last_take_id, load_document
from studiod.tape.lock import LOCK_NAME, InUse, hold, is_held_at
from studiod.tape.midi import MidiTracks
from studiod.tape.repair import Repaired, repair_session
from studiod.tape.settle import Settling, note_copy
from studiod.tape.takefiles import WriterOptions

PRESSED_FILL = 0.05  # of the rings: a second of twenty
JOURNAL_S = 0.2  # from one sync of the journals to the next
TELL_S = 0.2  # how often it is told how things stand; news at once
SPACE_S = 2.0  # how often the disk is asked for its room
_ALARMS = 8  # are told one by one
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TapeOptions:
    """What takes are like, and where else they go."""

    bits: int = 24
    """Of what is armed but not ordered yet."""
    pre_record_s: float = 0.0
    is_polyphonic: bool = False
    second_library: Path | None = None
    """Where a take goes on when its own disk refuses."""
    copy_to: Path | None = None
    """Where every take is written a second time."""


@dataclass
class TapeMachine:
    """Turn it by hand (`turn`) or from the tape process. One thread; the player and the copy have their own.

    session: folder of the session. max_loss_s: what may be lost when everything is killed. clock: steady seconds.
    armed_tracks: how many tracks Record would record now.
    """

    block: Block
    session: Path
    rate_hz: int
    max_loss_s: float
    clock: Callable[[], float]
    player_faults: Callable[[], list[str]] = list
    options: TapeOptions = TapeOptions()
    armed_tracks: Callable[[], int] = int
    wall: Callable[[], float] = time.time
    is_clock_synchronised: Callable[[], bool] = bool
    blackbox_status: Callable[[], dict[str, Any]] = dict
    """How the black box stands; empty when there is none."""
    journals: Journals | None = None
    """Turned with the takes; None: none are kept."""
    heard: Heard | None = None
    """What boxes say: it goes into journals and MIDI files; None: nobody listens."""
    free_on: Callable[[Path], Free | None] = free_on
    """How room is looked for on a disk."""
    library_fault: str = ""
    is_locked_out: bool = False
    """The session is another studiod's."""
    repaired: list[Repaired] = field(default_factory=list)
    copy: TakeCopy | None = None
    """Turned by whoever turns the machine, in a thread of its own; None when nothing is copied."""
    _told_at: float = -1.0
    _told: tuple[object, ...] = ()  # what was news then
    _journaled_at: float = 0.0
    _space_at: float = -SPACE_S
    _free: Free | None = None
    _second_free: Free | None = None
    _next_id: int = 1
    _lock: int | None = None
    _was_there: bool = False
    """The session was held, by this tape or one before it."""
    _said: str = ""
    _is_alone: bool = False
    """A second library is configured, and not there."""
    _copies_told: set[int] = field(default_factory=set)
    _seen_to: set[int] = field(default_factory=set)
    """Takes that failed and are whole, or will not be."""
    _closed_sound: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By take id, of those that the tape before this one closed: as `_sound` has it."""

    def __post_init__(self) -> None:
        self._midi = None if self.heard is None else MidiTracks(self.block, self.heard, self._sound)
        self._ballast = Ballast(self.session / ".studiod" / "ballast")
        self._settling = Settling(self.journals, self._midi, self._ballast)
        before = Closed.told(self.block)
        self._follower = TakeFollower(self.block, self.rate_hz, self.max_loss_s, self.clock, self._make)
        self._follower.finished = before.sound
        self._was_there = before.was_session_there
        self._follower.failed, self._follower.elsewhere = dict(before.failed), dict(before.elsewhere)
        if self._midi is not None:
            self._follower.is_whole_beside = self._midi.is_done
        if self.options.copy_to is not None:
            root = self.options.copy_to / self.session.name
            options = self._writer_options(None, None)
            self.copy = TakeCopy(
                self.block,
                root,
                self.rate_hz,
                self.max_loss_s,
                self.clock,
                options,
                self.wall,
                self.is_clock_synchronised,
                self.free_on,
            )
            if self.journals is not None:
                self.journals.on_written = self.copy.journals.hand

    @property
    def is_pressed(self) -> bool:
        """A take is behind: everything else lets it have the disk."""
        return self.writer is not None and self._follower.fill > PRESSED_FILL

    @property
    def writer(self) -> TakeWriter | None:
        """Of the take that is being recorded."""
        return self._follower.writer

    def start(self) -> None:
        """Look at the library: make the session's folder, repair what was cut off, find the next take's number.

        A library that cannot be used is looked at again from time to time.
        """
        self._open_library()
        self._find_closed()
        self._tell()

    def turn(self) -> None:
        """Write what the rings hold for the running take, close what has ended, tell how it stands."""
        now = self.clock()
        if self.copy is not None and self.writer is not None:
            state = self.copy.states.get(self.writer.take.id)
            self.writer.paper.copy = None if state is None else state.to_json()
        if self.writer is not None:
            self._settling.tell(self.writer)
        snapshot = self.block.snapshot()
        self._follower.turn(snapshot, self.block.capture_head)
        if self.heard is not None:
            self.heard.turn()
        if self.journals is not None:
            self.journals.turn(snapshot)
        if self._midi is not None:
            self._midi.turn(snapshot)
        if now - self._journaled_at >= JOURNAL_S:
            self._journaled_at = now
            self._sync_journals()
        self.block.beat(TAPE)
        follower, closed = self._follower, self._closed()
        news = (self.writer and self.writer.take.id, follower.finished, len(follower.failed), closed)
        if news != self._told or now - self._told_at >= TELL_S:
            self._told_at, self._told = now, news
            self._tell()

    def stop(self) -> None:
        """Close the running take where the engine's clock stands; may be called twice. The copy is stopped before."""
        self._follower.stop()
        if self.heard is not None:
            self.heard.turn()
        if self.journals is not None:
            self.journals.turn(self.block.snapshot(), is_last=True)  # the supervisor stops the tape last
        if self._midi is not None:
            self._midi.turn(self.block.snapshot())
        self._sync_journals()
        if self._midi is not None:
            self._midi.close()
        if self.journals is not None:
            self.journals.close()
        self._settling.settle(self.writer)
        self._settle_copies()
        self._tell()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def pause_s(self) -> float:
        """How long nothing needs a turn."""
        return self._follower.pause_s

    # -- takes -----------------------------------------------------------------------------------------------------

    def _make(self, take: TakeFrames, order: TakeOrder) -> TakeWriter | None:
        before = load_json(order.folder / "take.json")
        if before is not None and before.get("state") != "recording":
            return None
        second = self.options.second_library
        spare = None if second is None else takes_folder(second / self.session.name) / order.folder.name
        options = self._writer_options(spare, self._ballast)
        return TakeWriter(
            self.block, order, take, self.rate_hz, options, self.clock, self.wall, self.is_clock_synchronised
        )

    def _writer_options(self, spare: Path | None, ballast: Ballast | None) -> WriterOptions:
        pre_frames = round(self.options.pre_record_s * self.rate_hz)
        return WriterOptions(
            pre_frames,
            self.options.is_polyphonic,
            self.options.second_library,
            spare,
            ballast,
            self.session.name,
            has_journal=self.journals is not None,
        )

    def _sync_journals(self) -> None:
        """Journals first: what a MIDI file lacks comes out of them."""
        if self.journals is not None:
            self.journals.sync()
        if self._midi is not None:
            self._midi.sync()

    def _sound(self, take_id: int) -> tuple[int, int] | None:
        """From which engine frame to which the sound of a take goes: its MIDI goes as far."""
        for writer in (self.writer, self._follower.last):
            if writer is not None and writer.take.id == take_id:
                return writer.origin, writer.origin + writer.written
        return self._closed_sound.get(take_id)

    def _find_closed(self) -> None:
        """Find takes whose sound the tape before this one closed, and maybe not their MIDI: it goes as far."""
        for take in self.block.snapshot().takes:
            order = self._follower.order(take.id)
            if order is None or take.id > self._follower.finished or self._midi is None or self._midi.is_done(take.id):
                continue
            with contextlib.suppress(BadDocument):
                document = load_document(order.folder)
                first = take.start - document.pre_frames
                self._closed_sound[take.id] = first, first + document.total_frames

    def _settle_copies(self) -> None:
        """Tell the take.json of a closed take how its copy ended: that may be later."""
        states = {} if self.copy is None else self.copy.states
        for number, state in states.items():
            if not state.has_ended or number in self._copies_told or number > self._follower.finished:
                continue
            self._copies_told.add(number)
            order = self._follower.order(number)
            if order is None:
                continue
            note_copy(order.folder, state)
        for number, state in ({} if self.copy is None else self.copy.repaired).items():
            if number not in self._copies_told:
                self._copies_told.add(number)
                note_copy(take_folder(self.session, number), state, only_where=state.folder)

    # -- the library -------------------------------------------------------------------------------------------------

    def _open_library(self) -> None:
        self.library_fault, self.is_locked_out = "", False
        if self._was_there and not self.session.is_dir():
            # never made anew: that would be on another disk, in place of what comes back
            self.library_fault = (
                f"{self.session} is not there any more: it was moved, or its disk is gone; nothing can be recorded "
                "there until it is back. What is being recorded goes on as far as the disk lets it"
            )
            return
        if self._lock is not None and not is_held_at(self.session / LOCK_NAME, self._lock):
            os.close(self._lock)
            self._lock = None
        try:
            takes_folder(self.session).mkdir(parents=True, exist_ok=True)
            self._lock_session()
            _probe(self.session)
            self.repaired = self._repair()
            self._next_id = max(self._next_id, last_take_id(self.session) + 1)
        except InUse as taken:
            self.is_locked_out = True
            self.library_fault = (
                f"{self.session} is in use by another studiod ({taken.strerror}); nothing can be recorded there. "
                "Stop that one, or choose another folder with --library"
            )
        except OSError as fault:
            self.library_fault = (
                f"{self.session}: {fault.strerror}; nothing can be recorded there. "
                "Make it writable, or choose another folder with --library"
            )

    def _lock_session(self) -> None:
        """One studiod writes into a session. Raises InUse; the lock ends with this process."""
        if self._lock is None:
            self._lock = hold(self.session / LOCK_NAME, os.getppid())
        self._was_there = True

    def _repair(self) -> list[Repaired]:
        """Make whole what was cut off, and is not being recorded now. Raises OSError."""
        takes = (take.id for take in self.block.snapshot().takes if take.id > self._follower.finished)
        running = {number for number in takes if self._is_ordered_here(number)}
        done = repair_session(self.session, frozenset(running | self._settling.awaited))
        for each in done:
            _log.warning("%s", each)
        return done

    def _repair_failed(self) -> None:
        """Takes that could not be closed are closed as soon as their folder can be written again."""
        for number in self._follower.failed.keys() - self._seen_to:
            order = self._follower.order(number)
            document = None if order is None else load_json(order.folder / "take.json")
            if order is None or document is None:
                continue  # its folder is away: it may come back
            if document.get("state") == "recording":
                if number in self._settling.awaited:
                    continue  # what waits in memory has yet to come
                try:
                    _probe(order.folder)
                    self._repair_more()
                except OSError:
                    continue
            self._seen_to.add(number)

    def _repair_returned(self) -> None:
        """Takes of which a disk was away are made whole when it is there."""
        if any(done.is_back for done in self.repaired):
            with contextlib.suppress(OSError):
                self._repair_more()

    def _repair_more(self) -> None:
        """Those of which a disk is still away are told of again. Raises OSError."""
        self.repaired = [*(done for done in self.repaired if not done.away), *self._repair()]

    def _is_ordered_here(self, take_id: int) -> bool:
        order = self._follower.order(take_id)
        return order is not None and order.folder.parent == takes_folder(self.session)

    # -- what everyone may know ------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """How the tape stands, for the shared block."""
        writer, follower = self.writer, self._follower
        rooms, tracks = self._rooms()
        left_s = rooms[0].left_s
        return {
            "library_fault": self.library_fault,
            "is_locked_out": self.is_locked_out,
            "take": None
            if writer is None
            else {
                "id": writer.take.id,
                "state": writer.state,
                "frames": writer.visible,
                "pre_frames": writer.paper.pre_frames,
                "synced": max(writer.synced - writer.paper.pre_frames, 0),
                "lost": sum(gap.frames for gap in writer.gaps),
                "folder": str(writer.folder),
            },
            "finished": follower.finished,
            "closed": self._closed(),
            "was_session_there": self._was_there,
            "failed": {str(number): why for number, why in list(follower.failed.items())[-4:]},
            "elsewhere": {str(number): str(folder) for number, folder in list(follower.elsewhere.items())[-4:]},
            "next_id": max(self._next_id, follower.finished + 1),
            "free_bytes": rooms[0].free_bytes,
            "seconds_left": None if left_s is None else round(left_s, 1),
            "room": [room.to_json() for room in rooms],
            "alarms": [alarm.to_json() for alarm in _told(self._alarms(rooms, tracks))],
            "copy": self._copy_status(),
            "ring_fill": round(follower.fill, 4),
            "lost_frames": follower.lost_frames,
            "repaired": first_of([str(done) for done in reversed(self.repaired)], 8),
            "playback_faults": first_of(self.player_faults(), 4),
            "blackbox": self.blackbox_status(),
        }

    def _closed(self) -> dict[str, int]:
        """What the next tape need not look at, as `Closed` has it."""
        journals = self._follower.finished if self.journals is None else self.journals.closed
        copies = 0
        if self.copy is not None:
            # a journal is read once more while its copy may want it
            untold = [number for number in self.copy.states if number not in self._copies_told]
            awaited = (number - 1 for number in (*self.copy.journals.awaited, *untold))
            copies = journals = min([journals, self.copy.finished, *awaited])
        midi = self._follower.finished if self._midi is None else self._midi.closed
        return {"copies": copies, "journals": journals, "midi": midi}

    def alarms(self) -> list[Alarm]:
        """What people must know of the disks now, the worst first."""
        return self._alarms(*self._rooms())

    def _alarms(self, rooms: list[Room], tracks: int) -> list[Alarm]:
        told = [alarm for alarm in (room.alarm(tracks) for room in rooms) if alarm is not None]
        last = self.writer or self._follower.last
        if last is not None:
            told += [Alarm("alarm", fault) for fault in reversed(last.faults)]
        copy = self._copy_status()
        if copy is not None and copy["fault"]:
            told.append(Alarm("alarm", f"the copy: {copy['fault']}"))
        told += self._settling.alarms(last)
        if self._is_alone:
            second = self.options.second_library
            told.append(Alarm("warning", f"tape.second_library {second} is not there: a full disk will end a take"))
        told += [Alarm("warning", str(done)) for done in self.repaired if done.away]
        return sorted(told, key=lambda alarm: alarm.level != "alarm")

    def _copy_status(self) -> dict[str, str] | None:
        if self.copy is None:
            return None
        states = self.copy.states
        if states and not self.copy.fault:
            return states[max(states)].to_json()
        return {
            "folder": str(self.copy.root),
            "state": "missing" if self.copy.fault else "ready",
            "fault": self.copy.fault,
        }

    @property
    def _disk(self) -> Path:
        return self.session if self.writer is None else self.writer.folder

    def _rooms(self) -> tuple[list[Room], int]:
        """How long each disk lasts, the one in use first, for how many tracks: those that run, else those armed."""
        writer, copy, second = self.writer, self.copy, self.options.second_library
        tracks = self.armed_tracks() if writer is None else len(writer.order.tracks)
        bits = self.options.bits if writer is None else writer.order.bits
        per_second = tracks * self.rate_hz * bits // 8
        free = None if self._free is None else self._free.bytes
        kept = 0 if writer is None else writer.kept_bytes
        copied = None if copy is None or copy.is_troubled else copy.free
        is_shared = copied is not None and self._free is not None and copied.device == self._free.device
        left_s = seconds_left(None if free is None else free + kept, per_second * (2 if is_shared else 1))
        rooms = [Room(DiskUse.LIBRARY, self._disk, free, left_s)]
        if copy is not None and copied is not None and not is_shared:
            left_s = seconds_left(copied.bytes, per_second)
            rooms.append(Room(DiskUse.COPY, copy.root.parent, copied.bytes, left_s))
        if second is not None and self._second_free is not None and not self._disk.is_relative_to(second):
            left_s = seconds_left(self._second_free.bytes, per_second)
            rooms.append(Room(DiskUse.SECOND, second, self._second_free.bytes, left_s))
        return rooms, tracks

    def _look_around(self) -> None:
        """What may wait for another disk, or for much to be written: never while a take is recorded."""
        second = self.options.second_library
        self._is_alone = second is not None and not second.is_dir()
        self._second_free = None if second is None or self._is_alone else self.free_on(second)
        if self._free is not None and not self.library_fault:
            self._ballast.lay(self._free.bytes)
        self._repair_failed()
        self._repair_returned()

    def _tell(self) -> None:
        now = self.clock()
        if self.library_fault != self._said:
            self._said = self.library_fault
            _log.error("%s", self._said or f"{self.session} can be written again")
        if now - self._space_at >= SPACE_S:
            self._space_at = now
            if self.library_fault or self._lock is None or not is_held_at(self.session / LOCK_NAME, self._lock):
                self._open_library()
            self._free = self.free_on(self._disk) or self._free
            if self.writer is None:
                self._look_around()
            self._settling.settle(self.writer)
            self._settle_copies()
        tell_status(self.block, TAPE, self.status())


def _told(alarms: list[Alarm]) -> list[Alarm]:
    """The worst ones, and how many more there are."""
    left = alarms[_ALARMS:]
    return [*alarms[:_ALARMS], Alarm(left[0].level, f"and {len(left)} more")] if left else alarms


def _probe(folder: Path) -> None:
    """Raise OSError where `folder` cannot be written."""
    probe = folder / f".probe-{os.getpid()}"
    probe.touch()
    probe.unlink()
