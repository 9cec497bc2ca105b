"""The transport: what Play, Stop, Record and Locate mean, one after the other, whoever presses them."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from studiod.desk.armed import Armed
from studiod.desk.hub import Hub
from studiod.desk.takes import Take, read_takes, regions
from studiod.link import TAPE, Block, Operation, Snapshot
from studiod.link.order import TakeOrder
from studiod.link.playlist import Playlist, newest
from studiod.link.session import take_folder
from studiod.model.console import ConsoleLayout
from studiod.model.parameter import Refused
from studiod.model.transport import TransportState

POLL_S = 0.005
ANSWER_S = 2.0  # an engine that restarts is back in less
CUE_S = 1.0
CLOSE_S = 10.0  # a slow disk may take so long to close a take; longer, and Play goes on without it
LONGEST_S = 24 * 3600.0
_log = logging.getLogger(__name__)

Command = Callable[[], Awaitable[None]]


class Transport:
    """Obeys in order. `press_*` refuse at once what cannot be (Refused); the rest happens in `run`, a task of the loop.

    session: its folder. bits: width of the files. sleep: waiting, virtual in tests.
    """

    def __init__(
        self,
        block: Block,
        hub: Hub,
        layout: ConsoleLayout,
        session: Path,
        bits: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.takes: tuple[Take, ...] = ()
        self.fault = ""
        """Why the last command did not do what it says; empty when it did."""
        self.has_begun = False
        """The takes there are have been read and stand on the timeline."""
        self._block = block
        self._hub = hub
        self._layout = layout
        self._armed = Armed(hub, layout, block.inputs)
        self._session = session
        self._bits = bits
        self._sleep = sleep
        self._commands: asyncio.Queue[Command] = asyncio.Queue()
        self._seq = block.snapshot().applied_seq
        self._answered = self._seq
        self._snapshot = block.snapshot()
        self._tape: dict[str, Any] = {}
        self._take_id = self._snapshot.take_id
        self._is_busy = False
        for verb, action in (("play", self.press_play), ("stop", self.press_stop), ("record", self.press_record)):
            hub.on_trigger(f"/transport/{verb}", action)
        hub.on_trigger("/transport/locate", self.press_locate)
        hub.on_trigger("/arm/all", self._armed.arm_all)
        hub.on_trigger("/arm/none", self._armed.arm_none)
        hub.on_trigger("/loudness/reset", self.press_loudness_reset)
        hub.on_meter("/transport/position", lambda: (self._snapshot.position / self._block.rate_hz,))

    # -- pressed by anyone -----------------------------------------------------------------------------------------

    def press_play(self) -> None:
        """Roll; while recording: end the take and roll on."""
        self._commands.put_nowait(self._play)

    def press_stop(self) -> None:
        """Stop; after recording go back to where the take began."""
        self._commands.put_nowait(self._stop)

    def press_record(self) -> None:
        """Roll and record what is armed. Raises Refused when nothing is, or nothing can be written."""
        if not self._armed.tracks():
            raise Refused("/transport/record: nothing is armed: arm a strip first (studioctl arm 1-4)")
        fault = self._tape.get("library_fault")
        if fault:
            raise Refused(f"/transport/record: {fault}")
        self._commands.put_nowait(self._record)

    def press_locate(self, seconds: float) -> None:
        """Go to `seconds`. Raises Refused outside 0..24 h, and while recording."""
        if not 0.0 <= seconds <= LONGEST_S:
            raise Refused(f"/transport/locate: {seconds:g} s is out of range; allowed 0..{LONGEST_S:g} s")
        if self._snapshot.state == TransportState.RECORDING:
            raise Refused("/transport/locate: a take is being recorded: stop first")
        position = round(seconds * self._block.rate_hz)
        self._commands.put_nowait(lambda: self._locate(position))

    def press_loudness_reset(self) -> None:
        """Let the engine measure loudness anew: an ordered command like the others."""
        self._commands.put_nowait(lambda: self._ask(Operation.LOUDNESS_RESET))

    # -- the loop --------------------------------------------------------------------------------------------------

    def poll(self, snapshot: Snapshot) -> None:
        """Take in what the engine and the tape tell; called many times a second."""
        self._snapshot = snapshot
        while (answer := self._block.pop_answer()) is not None:
            self._answered = max(self._answered, answer[4])
        self._answered = max(self._answered, snapshot.applied_seq)
        status = self._block.status(TAPE)
        if status:
            self._tape = json.loads(status)
        self._hub.publish("/transport/state", float(snapshot.state))
        failed = self._tape.get("failed", {})
        if snapshot.state == TransportState.RECORDING and str(snapshot.take_id) in failed and self._commands.empty():
            self.fault = failed[str(snapshot.take_id)]
            self.press_stop()

    async def run(self) -> None:
        """Obey commands until cancelled."""
        await self._begin()
        while True:
            command = await self._commands.get()
            self._is_busy = True
            try:
                await command()
            except Refused as fault:
                self.fault = str(fault)
                _log.warning("%s", fault)
            finally:
                self._is_busy = False

    @property
    def tape(self) -> dict[str, Any]:
        """What the tape told last."""
        return self._tape

    @property
    def is_settled(self) -> bool:
        """Every command has been carried out: what is shown now is what they led to."""
        return self._commands.empty() and not self._is_busy and self.has_begun

    async def _begin(self) -> None:
        """Put what was recorded before on the timeline; a restarted desk leaves what is cued alone."""
        for _ in range(round(CLOSE_S / POLL_S)):  # the tape repairs what was cut off before anyone reads it
            if self._block.is_ready(TAPE):
                break
            await self._sleep(POLL_S)
        self.takes = await asyncio.to_thread(read_takes, self._session)
        cued = newest(self._block)
        is_free = self._snapshot.state != TransportState.RECORDING
        if cued.generation == 0 or (is_free and cued.generation != self._snapshot.generation):
            # the first desk; or one that was killed between telling the tape and telling the engine
            with contextlib.suppress(Refused):
                await self._cue(cued.position)
        self.has_begun = True

    # -- commands --------------------------------------------------------------------------------------------------

    async def _play(self) -> None:
        self.fault = ""
        was_recording = self._snapshot.state == TransportState.RECORDING
        take_id = self._snapshot.take_id
        await self._ask(Operation.PLAY)
        if was_recording:
            await self._settle(take_id)

    async def _stop(self) -> None:
        was_recording = self._snapshot.state == TransportState.RECORDING
        take_id = self._snapshot.take_id
        await self._ask(Operation.STOP)
        if not was_recording:
            return
        await self._settle(take_id)
        position = next((take.position for take in self._block.snapshot().takes if take.id == take_id), 0)
        await self._cue(position)

    async def _record(self) -> None:
        self.fault = ""
        if self._snapshot.state == TransportState.RECORDING:
            return
        tracks = self._armed.tracks()
        if not tracks:
            raise Refused("/transport/record: nothing is armed any more")
        take_id = max(int(self._tape.get("next_id", 1)), self._take_id + 1)
        self._take_id = take_id
        folder = take_folder(self._session, take_id)
        self._block.store_order(take_id, TakeOrder(take_id, folder, self._bits, tracks, "desk").to_json())
        await self._ask(Operation.RECORD, take_id)

    async def _locate(self, position: int) -> None:
        if self._snapshot.state == TransportState.RECORDING:
            raise Refused("/transport/locate: a take is being recorded: stop first")
        self.fault = ""
        await self._cue(position)

    async def _settle(self, take_id: int) -> None:
        """Wait until the tape has closed take `take_id`, then put it on the timeline."""
        for _ in range(round(CLOSE_S / POLL_S)):
            self.poll(self._block.snapshot())
            if int(self._tape.get("finished", 0)) >= take_id or str(take_id) in self._tape.get("failed", {}):
                break
            await self._sleep(POLL_S)
        else:
            self.fault = f"take {take_id} is still being written: the disk is slow"
        self.takes = await asyncio.to_thread(read_takes, self._session)

    async def _cue(self, position: int) -> None:
        """Have the tape make `position` ready, then send the engine there; without a tape it goes in silence."""
        generation = newest(self._block).generation + 1
        playlist = Playlist(generation, position, regions(self.takes, self._layout.strips))
        self._block.store_playlist(generation, playlist.to_json())
        for _ in range(round(CUE_S / POLL_S)):
            if self._block.is_cued(generation):
                break
            await self._sleep(POLL_S)
        else:
            self.fault = "the tape does not answer: nothing plays back until it does"
        await self._ask(Operation.LOCATE, generation, float(position))

    async def _ask(self, operation: Operation, slot: int = 0, value: float = 0.0) -> None:
        """Send one ordered command behind every value written so far, and wait until the engine has obeyed."""
        self._hub.turn()
        self._seq += 1
        seq = self._seq
        sent = self._block.push_control(operation, slot, value, 0, seq)
        for _ in range(round(ANSWER_S / POLL_S)):
            if not sent:
                sent = self._block.push_control(operation, slot, value, 0, seq)
            self.poll(self._block.snapshot())
            if self._answered >= seq:
                return
            await self._sleep(POLL_S)
        raise Refused(
            f"{operation.name.lower()}: engine does not answer; it will obey when it is back"
            if sent
            else f"{operation.name.lower()}: engine does not answer and its queue is full"
        )
