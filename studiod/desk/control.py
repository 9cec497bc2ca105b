"""The desk's word to the engine, in order, and what engine and tape tell back."""

import json
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from studiod.desk.hub import Hub
from studiod.link import TAPE, Block, Operation, Snapshot
from studiod.model.parameter import Refused

POLL_S = 0.005
ANSWER_S = 2.0  # an engine that restarts is back in less
_KEPT_ANSWERS = 1024  # far more than are waited for at a time


class Control:
    """Commands go out one behind the other; `poll` takes in the answers.

    sleep: waiting, virtual in tests.
    """

    def __init__(self, block: Block, hub: Hub, sleep: Callable[[float], Awaitable[None]]) -> None:
        self.block = block
        self.hub = hub
        self.snapshot = block.snapshot()
        self.tape: dict[str, Any] = {}
        """What the tape told last."""
        self.is_asking = False
        """A command is on its way of which it is not known yet when it takes effect."""
        self.on_turn: Callable[[], None] = lambda: None
        """Called by every poll, when all that was told is known."""
        self._sleep = sleep
        # what a desk before this one left on its way must not be taken for an answer to us
        self._seq = self.snapshot.applied_seq + block.answer_slots
        self._outbox: deque[tuple[int, int, float, int, int]] = deque()
        self._answers: dict[int, int] = {}
        self._last_frame = -1

    @property
    def is_told(self) -> bool:
        """The snapshot is younger than every answer: it shows what they led to."""
        return self.snapshot.frame > self._last_frame

    def poll(self, snapshot: Snapshot) -> None:
        """Take in what the engine and the tape tell; called many times a second."""
        self.snapshot = snapshot
        self._flush()
        while (answer := self.block.pop_answer()) is not None:
            _, _, _, frame, seq = answer
            self._answers[seq] = frame
            self._last_frame = max(self._last_frame, frame)
            if len(self._answers) > _KEPT_ANSWERS:
                del self._answers[next(iter(self._answers))]
        status = self.block.status(TAPE)
        if status:
            self.tape = json.loads(status)
        self.on_turn()

    def push(self, operation: Operation, slot: int = 0, value: float = 0.0, at_frame: int = 0) -> int:
        """Send a command, to take effect at engine frame `at_frame` (0, or past: at once); its sequence number."""
        self._seq += 1
        self._outbox.append((operation, slot, value, at_frame, self._seq))
        self._flush()
        return self._seq

    def set_in_engine(self, address: str, value: float, at_frame: int = 0) -> None:
        """Have the engine take `value` for the number at `address`; the hub, and everyone it tells, keep theirs.

        What is sent behind it waits for that frame, too: keep it near.
        """
        registry = self.hub.registry
        in_engine = registry[address].engine_value(value, self.hub.rate_hz)
        self._outbox.append((Operation.SET, registry.number_slot(address), in_engine, at_frame, 0))
        self._flush()

    def answer(self, seq: int) -> int | None:
        """Frame at which command `seq` took effect; 0: it was let go, None: nobody knows yet."""
        return self._answers.get(seq)

    async def ask(self, operation: Operation, slot: int = 0, value: float = 0.0, at_frame: int = 0) -> int:
        """Send one command behind every value written so far; the frame at which the engine obeyed.

        When this returns the snapshot shows what it led to. Raises Refused when the engine does not answer.
        """
        self.hub.turn()
        self.is_asking = True
        try:
            return await self.answered(operation, self.push(operation, slot, value, at_frame), at_frame)
        finally:
            self.is_asking = False

    async def answered(self, operation: Operation, seq: int, at_frame: int = 0) -> int:
        """Wait for the answer to `seq`, as `ask` does; what else is planned meanwhile is sent, too."""
        ahead_s = max(at_frame - self.snapshot.frame, 0) / self.hub.rate_hz
        for _ in range(round((ANSWER_S + ahead_s) / POLL_S)):
            self.poll(self.block.snapshot())
            frame = self.answer(seq)
            if frame is not None and self.snapshot.frame > frame:
                return frame
            await self._sleep(POLL_S)
        is_sent = all(record[-1] != seq for record in self._outbox)
        self._outbox.clear()
        raise Refused(
            f"{operation.name.lower()}: engine does not answer; it will obey when it is back"
            if is_sent
            else f"{operation.name.lower()}: engine does not answer and its queue is full"
        )

    async def pause(self) -> None:
        """Let a little time pass, and take in what is told."""
        await self._sleep(POLL_S)
        self.poll(self.block.snapshot())

    def _flush(self) -> None:
        while self._outbox and self.block.push_control(*self._outbox[0]):
            self._outbox.popleft()
