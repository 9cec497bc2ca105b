"""A second copy of every take, on another disk: out of the rings, by a thread of its own, with its own faults."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from studiod.link import Block, Snapshot, TakeFrames
from studiod.link.order import TakeOrder
from studiod.tape.capture import TakeWriter
from studiod.tape.follow import TakeFollower
from studiod.tape.resume import free_folder
from studiod.tape.takefiles import WriterOptions

LOOK_S = 2.0  # how often the disk is looked for
_REMEMBERED = 16  # takes whose end is still told


@dataclass(frozen=True, slots=True)
class CopyState:
    """How the copy of one take stands. state: as in take.json, or "missing" when there is none."""

    folder: str
    state: str
    fault: str

    @property
    def has_ended(self) -> bool:
        """Nothing will change any more."""
        return self.state != "recording"

    def to_json(self) -> dict[str, str]:
        """For take.json and the shared block."""
        return {"folder": self.folder, "state": self.state, "fault": self.fault}


@dataclass
class TakeCopy:
    """Writes each take a second time under `root`, the folder of a session on another disk. Turn it in its own thread.

    It reads the rings itself: neither disk waits for the other, and a fault of the first leaves the copy whole.
    """

    block: Block
    root: Path
    rate_hz: int
    max_loss_s: float
    clock: Callable[[], float]
    options: WriterOptions
    states: dict[int, CopyState] = field(default_factory=dict)
    """By take id; replaced as a whole, so that another thread may look at any time."""

    fault: str = ""
    """Why nothing can be copied, as far as is known; empty when it can."""

    def __post_init__(self) -> None:
        self._looked_at = self.clock() - LOOK_S
        self._follower = TakeFollower(self.block, self.rate_hz, self.max_loss_s, self.clock, self._make)

    def turn(self, snapshot: Snapshot, head: int) -> None:
        """Go on with what the rings hold up to engine frame `head`."""
        if self.clock() - self._looked_at >= LOOK_S:
            self._look()
        self._follower.turn(snapshot, head)
        self._tell()

    def stop(self) -> None:
        """Close the running take where the engine's clock stands; may be called twice."""
        self._follower.stop()
        self._tell()

    @property
    def pause_s(self) -> float:
        """How long nothing needs a turn."""
        return self._follower.pause_s

    def _look(self) -> None:
        """A folder that is not there is a disk that is not: it is never made. Only this thread waits for the answer."""
        self._looked_at = self.clock()
        is_there = self.root.parent.is_dir()
        self.fault = "" if is_there else f"tape.copy_to {self.root.parent} is not there: nothing is copied"

    def _make(self, take: TakeFrames, order: TakeOrder) -> TakeWriter | None:
        self._look()
        if self.fault:
            self._put(take.id, CopyState("", "missing", self.fault))
            return None
        folder = free_folder(self.root / "takes" / order.folder.name, order, take.start)
        return TakeWriter(self.block, replace(order, folder=folder), take, self.rate_hz, self.options, self.clock)

    def _tell(self) -> None:
        follower = self._follower
        for writer in (follower.last, follower.writer):
            if writer is None:
                continue
            number = writer.take.id
            known = self.states.get(number)
            if known is not None and known.has_ended:
                continue
            why = follower.failed.get(number, "; ".join(writer.faults[-2:]))
            state = (
                "recording" if writer is follower.writer else "damaged" if number in follower.failed else writer.state
            )
            told = CopyState(str(writer.order.folder), state, why)
            if told != known:
                self._put(number, told)
        for number, why in follower.failed.items():
            if number not in self.states:
                self._put(number, CopyState("", "missing", why))

    def _put(self, number: int, state: CopyState) -> None:
        kept = sorted({*self.states, number})[-_REMEMBERED:]
        self.states = {key: state if key == number else self.states[key] for key in kept}
