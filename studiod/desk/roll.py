"""While the tape rolls: loop, punch and pre-roll at their exact frames, sent ahead to the engine."""

import logging
from collections.abc import Callable, Sequence

from studiod.desk.control import Control
from studiod.desk.count import Counter
from studiod.desk.course import Course, Event, Moment, Step, Turn
from studiod.desk.cues import Cues
from studiod.desk.orders import TakeOrders
from studiod.desk.points import Points, Span
from studiod.desk.rehearsal import Rehearsal
from studiod.desk.takes import Take
from studiod.link import Operation
from studiod.model.parameter import Refused
from studiod.model.transport import TransportPhase, TransportState

AHEAD_S = 0.5  # what is due is sent so early: a desk that is held up for less is never late
NEAR_S = 0.06  # values hold up what is sent behind them: they go this early, three turns of the desk
CUE_AHEAD_S = 1.5  # the next pass is made ready so early: what was recorded until then is heard in it
_MOST_AHEAD = 12  # the engine holds 16 commands that wait
_log = logging.getLogger(__name__)


class Roll:
    """Looks ahead with every poll and sends what comes next. `takes` answers what there is to play."""

    def __init__(
        self, control: Control, points: Points, cues: Cues, orders: TakeOrders, takes: Callable[[], Sequence[Take]]
    ) -> None:
        self.is_enabled = False
        """Record was pressed, and holds."""
        self.point: int | None = None
        """Where recording begins, when that is not the punch's to say."""
        self.punch: Span | None = None
        """As it was when record was pressed."""
        self.is_looping = False
        """It is on its way round the loop."""
        self.is_held = False
        """Somebody locates: nothing is planned until that is done."""
        self.fault = ""
        """Why the last that was due did not come as it should."""
        self.counter = Counter(control)
        self.rehearsal = Rehearsal(control)
        self._by = "desk"  # a desk before this one knew who
        self._control = control
        self._points = points
        self.cues = cues
        self._orders = orders
        self._takes = takes
        self._steps: list[Step] = []
        self._epoch = control.snapshot.epoch
        self._loop: Span | None = None
        self._ahead: tuple[int, int, Sequence[Take]] | None = None  # generation, position, what it plays
        self._cancel: int | None = None

    # -- how things stand ------------------------------------------------------------------------------------------

    @property
    def near_frames(self) -> int:
        """What is sent this early is there in time, if the desk is well."""
        block = self._control.block
        return round(NEAR_S * block.rate_hz) + 2 * block.block_frames

    @property
    def is_in(self) -> bool:
        """It records, or rehearses that."""
        return self._control.snapshot.state == TransportState.RECORDING or self.rehearsal.is_on

    @property
    def is_imminent(self) -> bool:
        """Something takes effect within the next moments: to let go of it now might come too late."""
        if not self._steps:
            return False
        step = self._steps[0]
        return not step.is_exact or step.after.frame < self._control.snapshot.frame + self.near_frames

    @property
    def phase(self) -> TransportPhase:
        """What goes on beside the engine's state."""
        if self.counter.end is not None:
            return TransportPhase.COUNTIN
        state = self._control.snapshot.state
        if state == TransportState.PLAYING and self.rehearsal.is_on:
            return TransportPhase.REHEARSING
        is_waiting = state == TransportState.PLAYING and self.is_enabled
        return TransportPhase.WAITING if is_waiting else TransportPhase.NONE

    def course(self) -> Course:
        """What decides about what comes next."""
        return Course(self._points.loop, self.is_looping, self.punch, self.is_enabled, self.point)

    # -- told by the transport -------------------------------------------------------------------------------------

    def adopt(self, phase: TransportPhase, point: int | None, *, is_looping: bool) -> None:
        """Go on where a desk before this one was; what it had sent ahead is let go, and planned anew."""
        state = self._control.snapshot.state
        self._cancel = self._control.push(Operation.CANCEL)
        self.is_looping, self._loop = is_looping, self._points.loop
        if phase == TransportPhase.WAITING and state == TransportState.PLAYING:
            self._orders.choose_layer()
            self.is_enabled, self.point, self.punch = True, point, self._points.punch
        elif state == TransportState.RECORDING:
            snapshot, punch = self._control.snapshot, self._points.punch
            began = next((take.position for take in snapshot.takes if take.id == snapshot.take_id), 0)
            self.is_enabled, self.punch = True, punch if punch is not None and began in punch else None
        elif phase == TransportPhase.COUNTIN:
            self.counter.give_back()
            self.fault = "the count-in was broken off: the desk was started again; press play or record again"
        elif phase == TransportPhase.REHEARSING:
            self.rehearsal.give_back()
            self.fault = "the rehearsal was broken off: the desk was started again"

    def enable(self, point: int | None, punch: Span | None, by: str) -> None:
        """Record was pressed by `by`: begin at `point`, inside `punch`."""
        self.is_enabled, self.point, self.punch, self._by = True, point, punch, by
        self._orders.choose_layer()

    def disable(self) -> None:
        """Play or stop was pressed: nothing waits to be recorded, nothing counts."""
        self.is_enabled, self.point, self.punch = False, None, None
        self.counter.stop()

    def let_go(self) -> None:
        """Have the engine forget what was sent ahead; a command must follow."""
        if self._steps:
            self._control.push(Operation.CANCEL)

    def start_over(self) -> None:
        """Forget all that was sent ahead: it stands, so nothing of that has come."""
        if self._steps:
            self._control.push(Operation.CANCEL)
            self._steps = []
            self._orders.forget()

    def begin(self, operation: Operation, frame: int, take_id: int = 0) -> int:
        """Have it roll from where it stands, at `frame`; the command's number."""
        seq = self._control.push(operation, take_id, self._orders.overlays if take_id else 0.0, frame)
        position = self._control.snapshot.position
        self._steps = [Step((seq,), Moment(frame, position, operation is Operation.RECORD), None)]
        return seq

    def go_over(self, generation: int, position: int, frame: int) -> None:
        """Have what rolls go to `position`, which is made ready as `generation`, at `frame`."""
        self.stand()
        seq = self._control.push(Operation.LOCATE, generation, float(position), frame)
        self._steps = [Step((seq,), Moment(frame, position, is_in=False), None)]

    def stand(self) -> None:
        """It has stopped, or gone elsewhere: nothing is on its way round any more."""
        self.is_looping, self._ahead = False, None

    # -- looking ahead ---------------------------------------------------------------------------------------------

    def turn(self) -> None:
        """Take in what has taken effect, and send what comes next."""
        self._take_in()
        self.counter.turn(self.near_frames)
        control = self._control
        if self._points.loop != self._loop:
            self._loop, self.is_looping = self._points.loop, False
            if self._steps and not self.is_imminent:
                self._cancel = control.push(Operation.CANCEL)
        if control.is_asking or self.is_held or not control.is_told or self._cancel is not None:
            return
        moment = self._steps[-1].after if self._steps else self._now()
        if moment is None:
            self.stand()
            return
        course = self._look_at_loop(moment)
        while len(self._steps) < _MOST_AHEAD and (not self._steps or self._steps[-1].is_exact):
            event = course.next_event(moment.position, is_in=moment.is_in)
            step = None if event is None else self._send(event, moment, course)
            if step is None:
                return
            self._steps.append(step)
            moment, course = step.after, self.course()

    def _take_in(self) -> None:
        control = self._control
        snapshot = control.snapshot
        if snapshot.epoch != self._epoch:  # what waited in another engine is gone with it
            self._epoch = snapshot.epoch
            self._steps = []
            self._orders.forget()
            if self.counter.end is not None:
                self.disable()
                self.fault = "the count-in was broken off: the engine was started again; press play or record again"
        if self._cancel is not None and control.answer(self._cancel) is not None:
            self._cancel = None
        while self._steps and control.is_told:
            step = self._steps[0]
            frames = [control.answer(seq) for seq in step.commands]
            if 0 in frames:
                self._steps = []
                self._orders.forget()
            elif None in frames or snapshot.frame <= step.after.frame:
                return
            else:
                del self._steps[0]
                self._note(step)
                if any(frame != step.after.frame for frame in frames) and self._steps:
                    self._cancel = control.push(Operation.CANCEL)  # it came late: what follows is reckoned anew

    def _note(self, done: Step) -> None:
        if done.turn is Turn.PUNCH_IN:
            self.point = None
        elif done.turn is Turn.PUNCH_OUT:  # the next pass comes by the punch-in again
            self.is_enabled = self.course().goes_round(done.after.position, None)

    def _now(self) -> Moment | None:
        snapshot = self._control.snapshot
        if snapshot.state == TransportState.STOPPED:
            return None
        return Moment(snapshot.frame, snapshot.position, self.is_in)

    def _look_at_loop(self, moment: Moment) -> Course:
        """Whether it goes round from here; and make the next pass ready when that is due."""
        course = self.course()
        entry = None if moment.is_in else course.entry(moment.position)
        self.is_looping = course.goes_round(moment.position, entry)
        if self.is_looping and course.loop is not None and not self._is_round_sent:
            self._make_ready(course.loop, course.loop.end - moment.position)
        return self.course()

    @property
    def _is_round_sent(self) -> bool:
        return any(step.turn is Turn.GO_ROUND for step in self._steps)

    def _make_ready(self, loop: Span, left: int) -> None:
        rate_hz, takes = self._control.block.rate_hz, self._takes()
        if left > CUE_AHEAD_S * rate_hz:
            return
        is_ready = self._ahead is not None and self._ahead[1] == loop.start
        is_newest = self._ahead is not None and self._ahead[2] is takes
        if not is_ready or (not is_newest and left > AHEAD_S * rate_hz):
            self._ahead = (self.cues.prepare(loop.start, takes), loop.start, takes)

    def _send(self, event: Event, moment: Moment, course: Course) -> Step | None:
        """Send `event` if it is near enough; None if it has time, or cannot be."""
        snapshot, rate_hz = self._control.snapshot, self._control.block.rate_hz
        frame = moment.frame + event.position - moment.position
        ahead = self.near_frames if self.rehearsal.is_wanted else round(AHEAD_S * rate_hz)
        if frame > snapshot.frame + ahead or (event.turn is Turn.GO_ROUND and self._is_round_sent):
            return None
        if event.late:
            self.fault = (
                f"the {_WORDS[event.turn]} came {1000 * event.late / rate_hz:.0f} ms late: the desk was held up"
            )
            _log.warning("%s", self.fault)
        try:
            if event.turn is Turn.PUNCH_IN:
                commands, position, is_in = self._punch_in(frame, event.position), event.position, True
            elif event.turn is Turn.PUNCH_OUT or course.loop is None:
                commands, position, is_in = self._punch_out(frame), event.position, False
            else:
                position = course.loop.start
                commands, is_in = self._go_round(course, position, frame, is_in=moment.is_in)
        except Refused as fault:
            self.fault, self.is_enabled = str(fault), False
            return None
        return Step(commands, Moment(frame, position, is_in), event.turn, frame > snapshot.frame)

    def _go_round(self, course: Course, start: int, frame: int, *, is_in: bool) -> tuple[tuple[int, ...], bool]:
        """Go to `start`; a take ends there, and the next begins. The commands, and whether it goes on recording."""
        generation = self._ahead[0] if self._ahead is not None else self.cues.prepare(start, self._takes())
        self._ahead = None
        commands = [self._control.push(Operation.LOCATE, generation, float(start), frame)]
        goes_on = is_in and course.records_from(start)
        if self.rehearsal.is_on:
            self.rehearsal.began = start
            if not goes_on:
                self.rehearsal.end(frame)
        elif is_in:
            self._orders.note_stop("loop")
            take_id = self._order_round() if goes_on else 0
            goes_on = take_id > 0
            operation = Operation.RECORD if goes_on else Operation.PLAY
            commands.append(self._control.push(operation, take_id, self._orders.overlays if goes_on else 0.0, frame))
        return tuple(commands), goes_on

    def _order_round(self) -> int:
        """The take of the next pass; 0 when there will be none."""
        try:
            return self._orders.order("loop")
        except Refused as fault:
            self.fault, self.is_enabled = str(fault), False
            return 0

    def _punch_in(self, frame: int, position: int) -> tuple[int, ...]:
        if self.rehearsal.is_wanted:
            self.rehearsal.begin(frame, position, overlays=bool(self._orders.overlays))
            return ()
        take_id = self._orders.order(self._by)
        return (self._control.push(Operation.RECORD, take_id, self._orders.overlays, frame),)

    def _punch_out(self, frame: int) -> tuple[int, ...]:
        if self.rehearsal.is_on:
            self.rehearsal.end(frame)
            return ()
        self._orders.note_stop("punch")
        return (self._control.push(Operation.PLAY, 0, 0.0, frame),)


_WORDS = {Turn.GO_ROUND: "loop", Turn.PUNCH_IN: "punch-in", Turn.PUNCH_OUT: "punch-out"}
