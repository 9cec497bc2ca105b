"""What Play, Stop, Record and Locate do, each from beginning to end."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

from studiod.desk.control import POLL_S, Control
from studiod.desk.cues import Cues
from studiod.desk.orders import TakeOrders
from studiod.desk.points import Points
from studiod.desk.readings import Readings
from studiod.desk.roll import Roll
from studiod.desk.takes import Take, read_takes
from studiod.link import Operation, Snapshot
from studiod.link.closed import is_over
from studiod.model.parameter import Refused
from studiod.model.transport import LONGEST_S, TransportPhase, TransportState

CLOSE_S = 10.0  # a slow disk may take so long to close a take; longer, and Play goes on without it
_SOON_S = 0.25  # what comes this soon after the start is reckoned before it, so that it comes at its frame
_MEET_S = 0.25  # the tape makes ready what is to be met so early, and mostly needs a tenth of it
_AHEAD_S = 0.5  # what is laid anew while it rolls is gone over to so much later
_CLEAR_S = 1.0  # an engine that is away must not hold up Stop


class Moves:
    """Each coroutine is one command; they are carried out one after the other. All raise Refused."""

    def __init__(self, control: Control, points: Points, orders: TakeOrders, strips: int, session: Path) -> None:
        self.takes: tuple[Take, ...] = ()
        self.fault = ""
        """Why the last command did not do what it says; empty when it did."""
        self.roll = Roll(control, points, Cues(control, strips), orders, lambda: self.takes)
        self.readings = Readings(control, self.roll)
        self._control = control
        self._points = points
        self._orders = orders
        self._cues = self.roll.cues
        self._session = session
        self._listed = 0  # the last take that was closed when the takes were read

    @property
    def _snapshot(self) -> Snapshot:
        return self._control.snapshot

    @property
    def _is_recording(self) -> bool:
        return self._snapshot.state == TransportState.RECORDING

    @property
    def _is_standing(self) -> bool:
        return self._snapshot.state == TransportState.STOPPED

    @property
    def _tape(self) -> dict[str, Any]:
        return self._control.tape

    @property
    def has_new_takes(self) -> bool:
        """The tape has closed a take since they were read: the loop's, or the punch's."""
        return int(self._tape.get("finished", 0)) > self._listed

    # -- commands --------------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Put what was recorded before on the timeline; go on where a desk before this one was."""
        await self.list_takes()
        cued = self._cues.newest
        if cued.generation == 0 or (self._is_standing and cued.generation != self._snapshot.generation):
            # the first desk; or one that was killed between telling the tape and telling the engine
            try:
                await self._cue(cued.position)
            except Refused as fault:
                self.fault = str(fault)
        self.readings.adopt()

    async def play(self, by: str) -> None:
        """Roll; while recording: end the take and roll on. by: who wants it, here and below."""
        await self._clear_the_way()
        self.roll.disable()
        if self._is_standing:
            await self._start(Operation.PLAY, by)
            return
        was_recording, take_id = self._is_recording, self._snapshot.take_id
        self._orders.note_stop(by)
        await self.obey(Operation.PLAY)
        self.roll.rehearsal.end()
        if was_recording:
            await self._settle(take_id)

    async def stop(self, by: str) -> None:
        """Stop; after recording, a rehearsal or a pre-roll go back to where that began, or would have."""
        before, back = self._snapshot, self.roll.point
        if self.roll.rehearsal.is_on:
            back = self.roll.rehearsal.began
        self.fault = self.roll.fault = ""
        self.roll.disable()
        self._orders.note_stop(by)
        await self.obey(Operation.STOP)
        self.roll.rehearsal.end()
        after = self._snapshot
        if before.state == TransportState.RECORDING or after.take_id != before.take_id:
            await self._settle(after.take_id)
            back = next((take.position for take in after.takes if take.id == after.take_id), 0)
        if back is not None:
            await self._cue(back)

    async def end_take(self, by: str) -> None:
        """End the take that is being recorded, and roll on; nothing else that waits is recorded."""
        self.roll.disable()
        if not self._is_recording:
            return
        self._orders.note_stop(by)
        await self.obey(Operation.PLAY)
        await self._settle(self._snapshot.take_id)

    async def toggle(self, by: str) -> None:
        """Roll when nothing is going on; else stop, whether it rolls, counts in or waits."""
        await (self.play(by) if self._is_standing and self.roll.phase is TransportPhase.NONE else self.stop(by))

    async def record(self, by: str, *, at_once: bool = False) -> None:
        """Roll and record, by the pre-roll and between the punch points if there are such; at_once: without those."""
        if self.roll.is_in or self.roll.is_enabled:
            return
        await self._clear_the_way()
        self._orders.check("/transport/record")
        if self._is_standing:
            await self._record_from_rest(by)
            return
        punch = None if at_once else self._points.punch
        self.roll.enable(None, punch, by)
        if punch is None and not self.roll.rehearsal.is_wanted:
            await self.obey(Operation.RECORD, self._orders.order(by), self._orders.overlays)

    async def punch(self, by: str) -> None:
        """Record at once while it plays, play on while it records."""
        await (self.play(by) if self.roll.is_in or self.roll.is_enabled else self.record(by, at_once=True))

    async def locate(self, position: int) -> None:
        """Go to `position`, and roll on there if it rolls; what waits to be recorded is let go."""
        self.check_locate()
        await self._clear_the_way()
        self.check_locate()
        await self._go(position)

    async def meet(self, lead: int) -> None:
        """Roll where position less engine frame is `lead`, in step with another machine; what waits is let go."""
        self.check_locate()
        await self._clear_the_way()
        self.check_locate()
        frame = self._snapshot.frame + round(_MEET_S * self._control.block.rate_hz)
        position = lead + frame
        if not 0 <= position <= LONGEST_S * self._control.block.rate_hz:
            seconds = position / self._control.block.rate_hz
            raise Refused(f"/sync/chase: {seconds:g} s is not on the timeline; allowed 0..{LONGEST_S:g} s")
        self.roll.disable()
        self.roll.is_held = True
        if self._is_standing:
            self.roll.start_over()
            await self._cue(position)
            self.readings.rolled = position
            self._control.hub.turn()
            self.roll.begin(Operation.PLAY, frame)
        else:
            self.roll.let_go()
            self.roll.rehearsal.end()
            generation = self._cues.prepare(position, self.takes)
            self.fault = await self._cues.wait(generation) or self.fault
            self.roll.go_over(generation, position, frame)

    async def roll_back(self, by: str) -> None:
        """Go back to where the last roll began, and roll again."""
        position = self.readings.rolled
        if self._is_recording or self.roll.phase == TransportPhase.COUNTIN:
            await self.stop(by)
        if position is None:
            raise Refused("/transport/rollback: nothing has rolled yet: press play or record first")
        await self._clear_the_way()
        was_standing = self._is_standing
        await self._go(position)
        if was_standing:
            await self._start(Operation.PLAY, by)

    async def obey(self, operation: Operation, slot: int = 0, value: float = 0.0) -> None:
        """Have the engine do that now, in place of what was sent ahead."""
        self.roll.let_go()
        await self._control.ask(operation, slot, value)

    async def lay_anew(self) -> None:
        """Play the takes there are now, from where it is."""
        await self._clear_the_way()
        await self.list_takes()
        if self._is_standing:
            if self.roll.phase != TransportPhase.COUNTIN:
                await self._cue(self._snapshot.position)
            return
        # made ready a little further on, and gone over to when it gets there
        self.roll.is_held = True
        self.roll.let_go()
        ahead = round(_AHEAD_S * self._control.block.rate_hz)
        snapshot = self._snapshot
        generation = self._cues.prepare(snapshot.position + ahead, self.takes)
        at = float(snapshot.position + ahead)
        await self._control.ask(Operation.LOCATE, generation, at, snapshot.frame + ahead)

    async def list_takes(self) -> None:
        """Read what there is."""
        self._listed = int(self._tape.get("finished", 0))
        elsewhere = {int(number): Path(folder) for number, folder in self._tape.get("elsewhere", {}).items()}
        recorded_by_nobody = partial(is_over, self._control.block)
        self.takes = await asyncio.to_thread(read_takes, self._session, recorded_by_nobody, elsewhere)
        self._orders.know(max((take.id for take in self.takes), default=0))  # an import's, which the tape knows not of

    def check_locate(self) -> None:
        """Raise Refused while nobody may go elsewhere."""
        if self._is_recording:
            raise Refused("/transport/locate: a take is being recorded: stop first")
        if self.roll.phase == TransportPhase.COUNTIN:
            raise Refused("/transport/locate: a count-in sounds: stop first")

    def check_record(self, address: str) -> None:
        """Raise Refused, naming `address`, when nothing could be recorded from here."""
        self._orders.check(address)
        punch, loop, position = self._points.punch, self._points.loop, self._snapshot.position
        comes_round = loop is not None and position < loop.end
        goes_back = self._is_standing and self.readings.preroll_frames > 0
        if punch is not None and position >= punch.end and not (self._is_recording or comes_round or goes_back):
            raise Refused(f"{address}: this is behind the punch-out: locate before it, or switch /punch/on off")

    # -- parts of them ---------------------------------------------------------------------------------------------

    async def _record_from_rest(self, by: str) -> None:
        position, punch, preroll = self._snapshot.position, self._points.punch, self.readings.preroll_frames
        point: int | None = position
        if punch is not None and (preroll or position not in punch):
            point = punch.start
        start = position
        if point is not None and preroll:
            start = max(point - preroll, 0)
        elif punch is not None and position >= punch.end:
            point = None  # the loop comes round to it
        if start != position:
            await self._cue(start)
        self.roll.enable(point, punch, by)
        is_recording = point == start and not self.roll.rehearsal.is_wanted
        await self._start(Operation.RECORD if is_recording else Operation.PLAY, by)

    async def _start(self, operation: Operation, by: str) -> None:
        """Roll from rest, after the count-in if there is one."""
        roll, control = self.roll, self._control
        if operation is Operation.PLAY and not roll.is_enabled and self._cues.fault:
            raise Refused(f"/transport/play: {self._cues.fault}")
        control.poll(control.block.snapshot())
        roll.start_over()
        snapshot = self._snapshot
        self.readings.rolled = snapshot.position
        take_id = self._orders.order(by) if operation is Operation.RECORD else 0
        bars = int(control.hub.value("/transport/countin"))
        event = roll.course().next_event(snapshot.position, is_in=bool(take_id))
        if bars:
            control.hub.turn()
            roll.begin(operation, roll.counter.start(bars, snapshot.position, roll.near_frames), take_id)
        elif event is not None and event.position - snapshot.position < _SOON_S * control.block.rate_hz:
            control.hub.turn()
            frame = snapshot.frame + roll.near_frames
            await control.answered(operation, roll.begin(operation, frame, take_id), frame)
        else:
            await control.ask(operation, take_id, self._orders.overlays if take_id else 0.0)

    async def _go(self, position: int) -> None:
        self.roll.disable()
        self.roll.is_held = True
        if self._is_standing:
            self.roll.start_over()
            await self._cue(position)
        else:
            self.roll.let_go()
            self.roll.rehearsal.end()
            await self._cue(position, self.roll.near_frames)
        self.roll.stand()
        self.roll.is_held = False

    async def _cue(self, position: int, ahead: int = 0) -> None:
        self.fault = await self._cues.go(position, self.takes, ahead) or self.fault

    async def _clear_the_way(self) -> None:
        """Let what is just about to happen happen; what was sent ahead for later goes with the next command."""
        self.fault = self.roll.fault = ""
        for _ in range(round(_CLEAR_S / POLL_S)):
            if not self.roll.is_imminent:
                break
            await self._control.pause()

    async def _settle(self, take_id: int) -> None:
        """Wait until the tape has closed take `take_id`, then put it on the timeline."""
        for _ in range(round(CLOSE_S / POLL_S)):
            self._control.poll(self._control.block.snapshot())
            if int(self._tape.get("finished", 0)) >= take_id or str(take_id) in self._tape.get("failed", {}):
                break
            await self._control.pause()
        else:
            self.fault = f"take {take_id} is still being written: the disk is slow"
        await self.list_takes()
