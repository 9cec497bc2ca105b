"""What is asked of takes besides recording and playing: described, thrown away, brought back; one after the other."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from studiod.desk.takes import Take
from studiod.link.take import RECORDING
from studiod.model.parameter import Refused

_OUTCOMES: Final = 64  # kept for those who asked
_MOST_WAITING: Final = 256
_log = logging.getLogger(__name__)

Work = Callable[[], object]
"""Touches the disk: it is done in another thread. What it returns is JSON; raises ValueError or OSError."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order."""

    is_done: bool = False
    fault: str = ""
    """Why it could not be done; empty when it was."""
    result: object = None

    def fact(self, ticket: int) -> dict[str, Any]:
        """For the outside: JSON."""
        return {"ticket": ticket, "done": self.is_done, "fault": self.fault, "result": self.result}


@dataclass(frozen=True, slots=True)
class _Order:
    ticket: int
    what: str
    work: Work
    changes_takes: bool
    changes_timeline: bool


class Librarian:
    """Takes orders from anyone, obeys them in `run`, a task of the loop. Every order has a ticket.

    takes: those of the session. reread: reads them anew, in turn with the transport; True: what plays has changed, too.
    recording: number of the take that is being recorded, None when none is.
    """

    def __init__(
        self,
        takes: Callable[[], Sequence[Take]],
        reread: Callable[[bool], Awaitable[None]],
        recording: Callable[[], int | None],
    ) -> None:
        self._takes = takes
        self._reread = reread
        self._recording = recording
        self._orders: asyncio.Queue[_Order] = asyncio.Queue(_MOST_WAITING)
        self._outcomes: OrderedDict[int, Outcome] = OrderedDict()
        self._last_ticket = 0

    def check_take(self, what: str, take_id: int) -> None:
        """Raise Refused, naming `what`, when take `take_id` is not there or is being recorded."""
        if take_id == self._recording() or any(t.id == take_id and t.state == RECORDING for t in self._takes()):
            raise Refused(f"{what}: take {take_id} is being recorded: stop first")
        self.take(what, take_id)

    def take(self, what: str, take_id: int) -> Take:
        """Take `take_id` as it was read last. Raises Refused, naming `what`, when there is none."""
        for take in self._takes():
            if take.id == take_id:
                return take
        raise Refused(f"{what}: there is no take {take_id}; `studioctl takes` lists them")

    def check_lane(self, what: str, take_id: int, strip: int) -> None:
        """Raise Refused, naming `what`, when take `take_id`, which is there, is no lane of `strip`."""
        lanes = next((take.lanes for take in self._takes() if take.id == take_id), frozenset())
        if strip not in lanes:
            allowed = ", ".join(map(str, sorted(lanes))) or "none: no strip plays it back"
            raise Refused(f"{what}: take {take_id} has nothing of strip {strip}; allowed {allowed}")

    def check_timeline(self, what: str) -> None:
        """Raise Refused, naming `what`, while what plays must stay where it is."""
        if self._recording() is not None:
            raise Refused(f"{what}: a take is being recorded, and others may play to it: stop first")

    def order(self, what: str, work: Work, *, changes_takes: bool = True, changes_timeline: bool = False) -> int:
        """Have `work` done in its turn; the ticket that `outcome` knows it by. Raises Refused when too much waits."""
        if self._orders.full():
            raise Refused(f"{what}: {_MOST_WAITING} orders wait already: the disk is slow; try again")
        self._last_ticket += 1
        self._outcomes[self._last_ticket] = Outcome()
        if len(self._outcomes) > _OUTCOMES + _MOST_WAITING:
            self._outcomes.popitem(last=False)
        self._orders.put_nowait(_Order(self._last_ticket, what, work, changes_takes, changes_timeline))
        return self._last_ticket

    def outcome(self, ticket: int) -> Outcome:
        """What became of it. Raises Refused for a ticket nobody was given, or long ago."""
        found = self._outcomes.get(ticket)
        if found is None:
            raise Refused(f"nothing is known of ticket {ticket}")
        return found

    async def run(self) -> None:
        """Obey orders until cancelled."""
        while True:
            order = await self._orders.get()
            outcome = await self._obeyed(order)
            if order.ticket in self._outcomes:
                self._outcomes[order.ticket] = outcome

    async def _obeyed(self, order: _Order) -> Outcome:
        try:
            if order.changes_timeline:
                self.check_timeline(order.what)
            result = await asyncio.to_thread(order.work)
        except ValueError as fault:
            return self._refused(order, str(fault))
        except OSError as fault:
            return self._refused(order, f"{fault.filename or 'the disk'}: {fault.strerror or fault}")
        if order.changes_takes:
            await self._reread(order.changes_timeline)
        return Outcome(is_done=True, result=result)

    @staticmethod
    def _refused(order: _Order, why: str) -> Outcome:
        sentence = why if why.startswith(order.what) else f"{order.what}: {why}"
        _log.warning("%s", sentence)
        return Outcome(is_done=True, fault=sentence)
