"""The transport: every button of the tape machine, obeyed one after the other, whoever presses them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from studiod.desk.armed import Armed
from studiod.desk.commands import Command, Commands
from studiod.desk.control import POLL_S, Control
from studiod.desk.discards import Discards, Shelf
from studiod.desk.hub import Hub
from studiod.desk.lamps import TapeLamps
from studiod.desk.markers import Markers
from studiod.desk.moves import CLOSE_S, Moves
from studiod.desk.orders import TakeOrders
from studiod.desk.points import Points
from studiod.desk.takes import Take
from studiod.desk.tally import RecordLamp
from studiod.link import TAPE, Block, Operation, Snapshot
from studiod.link.order import MidiOrder
from studiod.link.timeline import timeline_to_json
from studiod.model.console import ConsoleLayout
from studiod.model.parameter import Refused
from studiod.model.transport import LONGEST_S, TransportState

_BACK_S = 0.5  # previous, pressed while it rolls just behind a marker, means the one before
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outside:
    """What the transport asks of the rest of the studio."""

    roundtrip_frames: Callable[[], int] = lambda: 0
    """From an output to an input, as far as it is known now."""
    control_ports: Callable[[], Collection[str]] = tuple
    """Ports of the boxes that control the desk now."""


class Transport:
    """Obeys in order. `press_*` refuse at once what cannot be (Refused); the rest happens in `run`, a task of the loop.

    session: its folder. bits: width of the files. shelf: what moves takes to the trash and back.
    sleep: waiting, virtual in tests.
    """

    def __init__(
        self,
        block: Block,
        hub: Hub,
        layout: ConsoleLayout,
        session: Path,
        bits: int,
        shelf: Shelf,
        *,
        outside: Outside | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.has_begun = False
        """The takes there are have been read and stand on the timeline."""
        self.markers = Markers(block.rate_hz, lambda marks: block.store_timeline(timeline_to_json(marks)))
        self.discards = Discards(shelf)
        self._hub = hub
        self._control = Control(block, hub, sleep)
        outside = outside or Outside()
        self._armed = Armed(hub, layout, block.inputs, outside.control_ports)
        self._orders = TakeOrders(self._control, self._armed, session, bits, outside.roundtrip_frames)
        self._points = Points(hub)
        self._moves = Moves(self._control, self._points, self._orders, layout.strips, session)
        self._roll = self._moves.roll
        self._lamps = TapeLamps(hub)
        self._record_lamp = RecordLamp(hub, lambda: self._armed.is_any)
        self._commands = Commands(self._moves.locate)
        self._is_busy = False
        self._library: tuple[bool, tuple[str, ...]] | None = None
        self._control.on_turn = self._turn
        self._wire()

    def _wire(self) -> None:
        hub, markers = self._hub, self.markers
        rolling: tuple[tuple[str, Callable[[str], None]], ...] = (
            ("play", self.press_play),
            ("stop", self.press_stop),
            ("toggle", self.press_toggle),
            ("record", self.press_record),
            ("punch", self.press_punch),
            ("rollback", self.press_rollback),
            ("discard", self.press_discard),
        )
        for word, press in rolling:  # a take says who began and who ended it
            hub.on_trigger(f"/transport/{word}", press, tells_origin=True)
        hub.on_trigger("/arm/all", self._armed.arm_all, tells_origin=True)
        buttons: tuple[tuple[str, Callable[..., None]], ...] = (
            ("/transport/undo", self.press_undo),
            ("/transport/locate", self.press_locate),
            ("/arm/none", self._armed.arm_none),
            ("/marker/add", self.press_marker),
            ("/marker/next", lambda: self._go_to(markers.after(self._snapshot.position).position)),
            ("/marker/previous", self._press_previous),
            ("/marker/locate", lambda number: self._go_to(markers.marker(number).position)),
            ("/marker/delete", markers.delete),
            ("/section/locate", lambda number: self._go_to(markers.marker(markers.section(number).start).position)),
            ("/section/loop", self.press_section_loop),
            ("/section/delete", markers.delete_section),
            ("/loudness/reset", self.press_loudness_reset),
        )
        for address, action in buttons:
            hub.on_trigger(address, action)
        hub.on_meter("/transport/position", lambda: (self._snapshot.position / hub.rate_hz,))

    # -- pressed by anyone -----------------------------------------------------------------------------------------

    def press_play(self, by: str = "desk") -> None:
        """Roll; while recording: end the take and roll on. by: who presses, here and below."""
        self._commands.put(partial(self._moves.play, by))

    def press_stop(self, by: str = "desk") -> None:
        """Stop; after recording go back to where the take began."""
        self._commands.put(partial(self._moves.stop, by))

    def press_toggle(self, by: str = "desk") -> None:
        """Roll when it stands, else stop."""
        self._commands.put(partial(self._moves.toggle, by))

    def press_record(self, by: str = "desk") -> None:
        """Roll and record what is armed. Raises Refused when nothing is, or nothing can be written."""
        self._moves.check_record("/transport/record")
        self._commands.put(partial(self._moves.record, by))

    def press_punch(self, by: str = "desk") -> None:
        """Record, and not, and record: by one foot. Raises Refused as `press_record` does."""
        if not (self._roll.is_in or self._roll.is_enabled):
            self._moves.check_record("/transport/punch")
        self._commands.put(partial(self._moves.punch, by))

    def press_locate(self, seconds: float) -> None:
        """Go to `seconds`. Raises Refused outside 0..24 h, and while recording."""
        if not 0.0 <= seconds <= LONGEST_S:
            raise Refused(f"/transport/locate: {seconds:g} s is out of range; allowed 0..{LONGEST_S:g} s")
        self._go_to(round(seconds * self._hub.rate_hz))

    def press_meet(self, frame: int, position: int) -> None:
        """Roll in step with a machine that is at `position` at engine frame `frame`. Raises Refused while recording."""
        self._moves.check_locate()
        self._commands.put(partial(self._moves.meet, position - frame))

    def press_rollback(self, by: str = "desk") -> None:
        """Go back to where the last roll began, and roll again. Raises Refused when there was none."""
        if self._moves.readings.rolled is None:
            raise Refused("/transport/rollback: nothing has rolled yet: press play or record first")
        self._commands.put(partial(self._moves.roll_back, by))

    def press_discard(self, by: str = "desk") -> None:
        """Put the last take into the trash. Raises Refused when there is none."""
        if not (self._is_recording or self._last_take()):
            raise Refused("/transport/discard: there is no take to discard")
        self._commands.put(partial(self._discard, by))

    def press_undo(self) -> None:
        """Take the last discard back. Raises Refused when there is none."""
        if not self.discards.numbers:
            raise Refused("/transport/undo: nothing was discarded that could be taken back")
        self._commands.put(self._undo)

    def press_marker(self, name: str = "") -> None:
        """Set a marker where the transport is. Raises Refused for a name that is none, or too many."""
        self.markers.add(self._control.block.snapshot().position, name)

    def press_section_loop(self, number: float) -> None:
        """Lay the loop over section `number`. Raises Refused when there is none, or it is too short for a loop."""
        section = self.markers.section(number)
        try:
            self._points.lay_loop(*(self.markers.marker(at).position for at in (section.start, section.end)))
        except Refused as fault:
            raise Refused(f"/section/loop: section {section.number} ({section.name}): {fault}") from None

    def press_loudness_reset(self) -> None:
        """Let the engine measure loudness anew: an ordered command like the others."""
        self._commands.put(partial(self._control.ask, Operation.LOUDNESS_RESET))

    def _press_previous(self) -> None:
        is_rolling = self._snapshot.state != TransportState.STOPPED
        back = round(_BACK_S * self._hub.rate_hz) if is_rolling else 0
        self._go_to(self.markers.before(self._snapshot.position - back).position)

    def _go_to(self, position: int) -> None:
        self._moves.check_locate()
        self._commands.put_place(position)

    # -- the loop --------------------------------------------------------------------------------------------------

    @property
    def takes(self) -> tuple[Take, ...]:
        """Every take of the session, as last read."""
        return self._moves.takes

    @property
    def fault(self) -> str:
        """Why the last command, or the last that was to come by itself, did not do what it says; empty when it did."""
        return self._moves.fault or self._roll.fault or self._roll.cues.fault

    @property
    def tape(self) -> dict[str, Any]:
        """What the tape told last."""
        return self._control.tape

    @property
    def is_settled(self) -> bool:
        """Every command has been carried out: what is shown now is what they led to."""
        return self._commands.is_empty and not self._is_busy and self.has_begun

    @property
    def _snapshot(self) -> Snapshot:
        return self._control.snapshot

    @property
    def _is_recording(self) -> bool:
        return self._snapshot.state == TransportState.RECORDING

    @property
    def end(self) -> int:
        """Position behind everything that is on the timeline, in frames."""
        return max((take.position + take.frames for take in self.takes), default=0)

    @property
    def compensation(self) -> int:
        """Frames by which what is played to the tape comes late."""
        return self._orders.compensation

    @property
    def midi(self) -> tuple[MidiOrder, ...]:
        """Every MIDI track that hears a port, armed or not."""
        return self._armed.every_midi()

    def claim_take(self) -> int:
        """The number of the next take; no one else is given it."""
        return self._orders.claim()

    def renew_takes(self) -> None:
        """There may be a new take: read them again, and have them ready to play."""
        self._commands.put(self._moves.lay_anew)

    def timeline(self) -> dict[str, Any]:
        """Markers, sections and discards, for the session file; `markers.on_change` tells when it has changed."""
        return {**self.markers.document(), "discarded": list(self.discards.numbers)}

    def restore(self, timeline: Mapping[str, Any]) -> list[str]:
        """Take over what `timeline` returned once; a sentence for each that does not fit."""
        discarded = timeline.get("discarded")
        self.discards.take_over(discarded if isinstance(discarded, list) else ())
        return self.markers.restore(timeline)

    @property
    def recording(self) -> int | None:
        """Number of the take that is being recorded, None when none is."""
        return self._snapshot.take_id if self._is_recording else None

    def poll(self, snapshot: Snapshot) -> None:
        """Take in what the engine and the tape tell; called many times a second."""
        self._control.poll(snapshot)

    async def reread_takes(self, plays_anew: bool) -> None:  # noqa: FBT001 - as a librarian calls it
        """Read the takes there are, in turn with the commands; plays_anew: what is on the timeline has changed."""
        done = asyncio.Event()

        async def reread() -> None:
            try:
                await (self._moves.lay_anew() if plays_anew else self._moves.list_takes())
            finally:
                done.set()

        self._commands.put(reread)
        await done.wait()

    async def run(self) -> None:
        """Obey commands until cancelled."""
        for _ in range(round(CLOSE_S / POLL_S)):  # the tape repairs what was cut off before anyone reads it
            if self._control.block.is_ready(TAPE):
                break
            await self._control.pause()
        await self._obey(self._moves.begin)
        self.has_begun = True
        while True:
            await self._obey(await self._commands.get())

    async def _obey(self, command: Command) -> None:
        """Whatever becomes of it, the next one is obeyed, too."""
        self._is_busy = True
        try:
            await command()
        except Refused as fault:
            self._moves.fault = str(fault)
            _log.warning("%s", fault)
        except Exception as fault:  # noqa: BLE001 - logged and told; Stop must work whatever became of Play
            self._moves.fault = f"the transport went astray ({type(fault).__name__}: {fault}); press it again"
            _log.exception("transport")
            self._roll.disable()  # half begun is not begun: pressed again, it begins anew
        finally:
            self._is_busy = False
            self._roll.is_held = False
            self._moves.readings.publish()

    def _turn(self) -> None:
        if self.has_begun:
            self._roll.turn()
        self._moves.readings.publish()
        self._lamps.publish(self.tape, self.takes, is_tape_there=self._control.block.is_ready(TAPE))
        self._record_lamp.publish()
        if not self.is_settled:
            return
        library = (bool(self.tape.get("library_fault")), tuple(self.tape.get("repaired", ())))
        before, self._library = self._library, library
        if before not in {None, library} and not library[0]:  # it is back, or something in it was made whole
            self._commands.put(self._moves.list_takes if self._is_recording else self._moves.lay_anew)
        failed = self.tape.get("failed", {})
        if self._is_recording and str(self._snapshot.take_id) in failed:
            self._commands.put(partial(self._end_failed, failed[str(self._snapshot.take_id)]))
        elif self._moves.has_new_takes:
            self._commands.put(self._moves.list_takes)

    # -- commands that are more than a move ------------------------------------------------------------------------

    async def _end_failed(self, why: str) -> None:
        await self._moves.end_take("tape")
        self._moves.fault = why

    async def _discard(self, by: str) -> None:
        if self._is_recording:
            await self._moves.stop(by)
        await self._moves.list_takes()
        take = self._last_take()
        if take is None:
            raise Refused("/transport/discard: there is no take to discard any more")
        await asyncio.to_thread(self.discards.discard, take.id)
        self.markers.on_change()
        await self._moves.lay_anew()

    async def _undo(self) -> None:
        try:
            await asyncio.to_thread(self.discards.undo)
        finally:
            self.markers.on_change()
        await self._moves.lay_anew()

    def _last_take(self) -> Take | None:
        return next((take for take in reversed(self.takes) if take.state != "recording"), None)
