"""MIDI learn: name an address, move a control, and it is bound, saved, and works at once.

While it listens, what the lesson asks for (moves for a fader, presses for a switch) is done by no box: the control that
is learnt would move what it was bound to until now. All else works on: keys play, faders move while a switch is learnt,
and a Mackie Control, whose controls cannot be learnt, mixes on.
"""

import enum
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studiod.link.ports import PortNames, PortsUnavailable
from studiod.model.parameter import Refused
from studiod.surfaces.base import Hand, SurfaceMap
from studiod.surfaces.checked_yaml import MapError
from studiod.surfaces.controls import PRESSED_KINDS, Control
from studiod.surfaces.guess import RIVAL, words_of
from studiod.surfaces.hearing import Heard, Hearing, is_of
from studiod.surfaces.lesson import Found, Wish, change_for, known_control, told
from studiod.surfaces.manager import Later, SurfaceManager, Timer
from studiod.surfaces.models import MapModel, NamedBox
from studiod.surfaces.new_map import plain_name
from studiod.surfaces.own_maps import Learnt, Outcome, OwnMaps
from studiod.surfaces.ports import MidiPorts
from studiod.surfaces.surface import Surface

if TYPE_CHECKING:
    from studiod.surfaces.touches import Touches

LISTEN_S = 30.0  # time to walk to the box and find the knob
TICK_S = 0.1
REST_S = 0.3  # a hand that has finished rests so long
PRESS_REST_S = 0.7  # and a finger so long: it was asked to press two or three times
_LONG_ENOUGH_S = 2.0  # of one that goes on and on enough was heard
_log = logging.getLogger(__name__)

Work = Callable[[], Outcome]
Done = Callable[[Outcome | Exception], None]
Background = Callable[[Work, Done], None]
"""Does the work in another thread, one after the other, and calls back on the loop."""


class Phase(enum.StrEnum):
    """How a lesson stands."""

    IDLE = "idle"
    LISTENING = "listening"
    HEARD = "heard"
    SAVING = "saving"
    BOUND = "bound"
    UNDONE = "undone"
    FORGOTTEN = "forgotten"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LearnState:
    """For anyone who looks."""

    phase: Phase
    sentence: str
    number: int
    """Of the lesson; each begin, undo and forget is one."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a learner needs of the loop it lives on."""

    clock: Callable[[], float]
    """Seconds, steady."""
    later: Later
    """The loop's `call_later`."""
    in_background: Background
    """Touches the disk."""
    when: Callable[[], str]
    """The time of day, for people."""


@dataclass(slots=True)
class _Lesson:
    wish: Wish
    hearing: Hearing
    until_s: float
    enough_since_s: float | None = None
    first: Found | None = None
    """Of a row."""


class Learner:
    """Belongs to the desk's loop. own: where it is saved. on_maps: the maps that are to be used from now on.

    touches: of all boxes.
    """

    def __init__(
        self,
        manager: SurfaceManager,
        ports: MidiPorts,
        touches: "Touches",
        own: OwnMaps,
        around: Around,
        on_maps: Callable[[tuple[SurfaceMap, ...]], None],
    ) -> None:
        self.learnt: tuple[Learnt, ...] = ()
        """Every binding in the maps of this desk."""
        self.state = LearnState(Phase.IDLE, "nothing is being learnt", 0)
        self._manager = manager
        self._ports = ports
        self._lessons = touches.lessons
        self._own = own
        self._clock, self._later = around.clock, around.later
        self._in_background, self._when = around.in_background, around.when
        self._on_maps = on_maps
        self._lesson: _Lesson | None = None
        self._timer: Timer | None = None

    def learn(self, wish: Wish) -> int:
        """Listen for the control that is to be bound; a lesson that listens already ends. Its number.

        Raises Refused while one is being saved, or when nothing can be heard.
        """
        self._check_free()
        names = self._names()
        if names.fault and not names.inputs:
            raise Refused(f"{wish.address}: {names.fault}")
        self._end()
        hearing = Hearing(self._ports, self._clock, wish.want)
        self._lesson = _Lesson(wish, hearing, self._clock() + LISTEN_S)
        self._lessons.taker = self._take
        hearing.look(names)
        ask = f"first of the row: {wish.asks}" if wish.is_row else wish.asks
        self._say(Phase.LISTENING, f"{wish.address}: {ask}", is_new=True)
        self._timer = self._later(TICK_S, self._tick)
        return self.state.number

    def cancel(self) -> None:
        """Listen no more; nothing happens where nobody does."""
        if self._lesson is not None:
            address = self._lesson.wish.address
            self._end()
            self._say(Phase.CANCELLED, f"{address} was not learnt: cancelled")

    def undo(self) -> int:
        """Take the last thing that was learnt, or forgotten, back. Its number. Raises Refused while one is saved."""
        self._check_free()
        self._end()
        self._say(Phase.SAVING, "taking back what was learnt last", is_new=True)
        self._in_background(self._own.undo, lambda found: self._saved(found, Phase.UNDONE, "taken back: "))
        return self.state.number

    def forget(self, address: str) -> int:
        """Take out what was learnt for `address`. Its number. Raises Refused while one is saved."""
        self._check_free()
        self._end()
        self._say(Phase.SAVING, f"{address}: forgetting", is_new=True)
        self._in_background(
            lambda: self._own.forget(address), lambda found: self._saved(found, Phase.FORGOTTEN, "forgotten: ")
        )
        return self.state.number

    def stop(self) -> None:
        """Let every port go; may be called twice."""
        self._end()

    # -- listening -------------------------------------------------------------------------------------------------

    def _take(self, box: str, control: Control, hand: Hand) -> bool:
        lesson = self._lesson
        if lesson is None:
            return self.state.phase is Phase.SAVING  # the control that was learnt a moment ago
        if not is_of(lesson.wish.want, hand):
            return False
        if control.wire is None:  # its box tells names; others are heard on their wires
            lesson.hearing.tell(box, control, hand)
        return True

    def _tick(self) -> None:
        lesson = self._lesson
        if lesson is None:
            return
        self._timer = self._later(TICK_S, self._tick)
        names = self._names()
        lesson.hearing.look(names)
        heard = lesson.hearing.found()
        is_done = self._weigh(lesson, heard, names)
        if not is_done and self._lesson is lesson and self._clock() >= lesson.until_s:
            self._fail(f"{lesson.wish.address} was not learnt: {self._why_not(lesson, heard)}")

    def _weigh(self, lesson: _Lesson, heard: list[Heard], names: PortNames) -> bool:
        """Say what moves, and bind it when it is clear; whether it was."""
        fixed = {each.input_name: self._fixed(each) for each in heard}
        all_heard, heard = heard, [each for each in heard if not fixed[each.input_name]]
        if not heard:
            if all_heard:
                self._say(Phase.HEARD, fixed[all_heard[0].input_name])
            else:
                self._say_quiet(lesson)
            return False
        best = heard[0]
        try:
            found = self._found(best, names)
        except Refused as fault:
            self._say(Phase.HEARD, str(fault))
            return False
        unclear = self._unclear(lesson, heard, found, names)
        if unclear:
            lesson.enough_since_s = None
            self._say(Phase.HEARD, unclear)
            return False
        now = self._clock()
        lesson.enough_since_s = lesson.enough_since_s or now
        self._say(Phase.HEARD, str(found))
        rest_s = PRESS_REST_S if found.kind in PRESSED_KINDS else REST_S
        is_resting = now - best.last_s >= rest_s or now - lesson.enough_since_s >= _LONG_ENOUGH_S
        return is_resting and self._decide(lesson, found)

    def _unclear(self, lesson: _Lesson, heard: list[Heard], found: Found, names: PortNames) -> str:
        """Why it cannot be bound yet; empty when it can."""
        rival = self._rival(heard, names)
        if rival:
            return f"{found} moves, and {rival}: move only one"
        if not lesson.wish.takes(found.kind):
            return told(lesson.wish, found)
        return "" if heard[0].is_enough else f"{found}; {heard[0].needs}"

    def _decide(self, lesson: _Lesson, found: Found) -> bool:
        if lesson.wish.is_row and lesson.first is None:
            lesson.first, lesson.enough_since_s = found, None
            lesson.until_s = self._clock() + LISTEN_S
            lesson.hearing.begin_anew()
            self._say(Phase.HEARD, f"{found} is the first; now the last of the row: {lesson.wish.asks}")
            return True
        both = (lesson.first, found) if lesson.first is not None else (found,)
        names = {model.name for model in self._manager.models}
        try:
            change = change_for(lesson.wish, both, names, self._when())
        except Refused as fault:
            self._fail(str(fault))
            return True
        self._end(is_taking=True)
        self._say(Phase.SAVING, change.what)
        self._in_background(lambda: self._own.learn(change), lambda found: self._saved(found, Phase.BOUND, "bound: "))
        return True

    def _fixed(self, heard: Heard) -> str:
        """Why controls of that box cannot be bound anew; empty where they can. It goes on, and is in nobody's way."""
        seat = self._manager.seat_of(heard.input_name) if heard.guess is not None else None
        if seat is None or (isinstance(seat.box, Surface) and seat.box.facts.dialect == "generic-midi"):
            return ""
        box = seat.box
        return f"{box.name} is a {box.maker} {box.model}, whose controls have fixed meanings; move one of another box"

    def _found(self, heard: Heard, names: PortNames) -> Found:
        """What people and maps call it. Raises Refused for a box that is not there any more."""
        if heard.guess is None:
            seat = self._manager.seat_named(heard.box)
            taught = _taught(seat.box) if seat is not None else None
            if taught is None or heard.control is None:
                raise Refused(f"{heard.box} is not there any more")
            surface, facts = taught
            return Found(heard.box, facts, heard.control, home=surface.view.home_of(heard.control.name))
        source = plain_name(heard.input_name)
        seat = self._manager.seat_of(heard.input_name)
        usb = names.usb.get(heard.input_name, "")
        if seat is None or not isinstance(seat.box, Surface):
            return Found(source, guess=heard.guess, input_name=heard.input_name, usb=usb)
        facts = seat.box.facts
        control = known_control(facts, heard.guess, seat.port)
        home = seat.box.view.home_of(control.name) if control is not None else ()
        return Found(source, facts, control, heard.guess, seat.port, home, heard.input_name, usb)

    def _rival(self, heard: list[Heard], names: PortNames) -> str:
        """Another control that moves as much; empty when there is none."""
        best = heard[0]
        if best.rival is not None:
            return words_of(best.rival.wire)
        for other in heard[1:]:
            if other.rank == best.rank and other.activity >= RIVAL * best.activity:
                try:
                    return str(self._found(other, names)).partition(":")[0]
                except Refused:
                    return other.box or plain_name(other.input_name)
        return ""

    def _say_quiet(self, lesson: _Lesson) -> None:
        hearing = lesson.hearing
        if hearing.lost:
            self._say(
                Phase.LISTENING, f"{plain_name(hearing.lost)} was pulled; plug it in again, or move another control"
            )
        elif hearing.flooding:
            self._say(Phase.LISTENING, f"{plain_name(hearing.flooding)} says too much to tell a control apart")

    def _why_not(self, lesson: _Lesson, heard: list[Heard]) -> str:
        if heard or lesson.hearing.lost or lesson.hearing.flooding:
            return self.state.sentence
        return f"nothing was moved for {LISTEN_S:g} s"

    # -- ends ------------------------------------------------------------------------------------------------------

    def _end(self, *, is_taking: bool = False) -> None:
        """Stop listening. is_taking: hands are still held off until it is saved."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._lesson is not None:
            self._lesson.hearing.close()
            self._lesson = None
        if not is_taking:
            self._lessons.taker = None

    def _fail(self, sentence: str) -> None:
        self._end()
        self._say(Phase.FAILED, sentence)

    def _saved(self, found: Outcome | Exception, phase: Phase, words: str) -> None:
        self._end()
        if isinstance(found, Exception):
            self._say(Phase.FAILED, _sentence(found, self._own))
            return
        for fault in found.faults:
            _log.warning("%s", fault)
        self.learnt = found.learnt
        self._on_maps(found.maps)
        self._say(phase, words + found.what)

    def _check_free(self) -> None:
        if self.state.phase is Phase.SAVING:
            raise Refused("what was learnt a moment ago is still being saved; try again")

    def _say(self, phase: Phase, sentence: str, *, is_new: bool = False) -> None:
        number = self.state.number + is_new
        if (phase, sentence, number) != (self.state.phase, self.state.sentence, self.state.number):
            self.state = LearnState(phase, sentence, number)

    def _names(self) -> PortNames:
        try:
            return self._ports.names()
        except PortsUnavailable as fault:
            return PortNames((), (), fault=str(fault))


def models_of(
    maps: Iterable[SurfaceMap], before: Mapping[str, MapModel], make: Callable[[SurfaceMap], MapModel]
) -> dict[str, MapModel]:
    """A model for each map, by name: the one there is where the map is the same, so that its boxes stay as they are."""
    found: dict[str, MapModel] = {}
    for facts in maps:
        old = before.get(facts.name)
        found[facts.name] = make(facts) if old is None else old if old.facts == facts else old.with_map(facts)
    return found


def _taught(box: object) -> tuple[Surface, SurfaceMap] | None:
    """The controls of a box that calls them by names, and the map they are learnt into; None where it is not known."""
    if isinstance(box, Surface):
        return box, box.facts
    if isinstance(box, NamedBox) and box.surface is not None and box.map is not None:
        return box.surface, box.map
    return None


def _sentence(fault: Exception, own: OwnMaps) -> str:
    if isinstance(fault, OSError):
        return f"{fault.filename or own.folder}: {fault.strerror or fault}; make that folder writable, or name another"
    if isinstance(fault, Refused | MapError):
        return str(fault)
    return f"{type(fault).__name__}: {fault}"
