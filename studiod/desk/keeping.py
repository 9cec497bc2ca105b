"""The desk's side of the black box: it orders takes of what was played before anyone pressed anything."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

from studiod.desk.hub import Hub
from studiod.desk.takes import label
from studiod.link import Block, Snapshot
from studiod.link.order import KeepOrder, MidiOrder, TrackOrder
from studiod.link.session import take_folder
from studiod.model.console import ConsoleLayout
from studiod.model.parameter import Refused
from studiod.model.transport import LONGEST_S, TransportState, timecode

ADDRESS, RUN_ADDRESS = "/blackbox/keep", "/blackbox/keep/run"


class Timeline(Protocol):
    """What there is to know of the takes that are there already."""

    @property
    def end(self) -> int:
        """Position behind everything that is on it, in frames."""

    @property
    def compensation(self) -> int:
        """Frames by which what is played to the tape comes late."""

    @property
    def midi(self) -> tuple[MidiOrder, ...]:
        """Every MIDI track that hears a port."""

    def claim_take(self) -> int:
        """The number of the next take; no one else is given it."""

    def renew_takes(self) -> None:
        """There may be a new take: read them again, and have them ready to play."""


class Keeping:
    """Obeys /blackbox/keep. One take at a time: the next is refused until the tape has made the one before.

    session: its folder.
    """

    def __init__(self, block: Block, hub: Hub, layout: ConsoleLayout, session: Path, timeline: Timeline) -> None:
        self.fault = ""
        """Why the last keep made no take; empty when it did."""
        self._block = block
        self._hub = hub
        self._layout = layout
        self._session = session
        self._timeline = timeline
        self._snapshot = block.snapshot()
        self._tape: Mapping[str, Any] = {}
        order = KeepOrder.from_json(block.keep_order)
        self._pending = order.id if order is not None else 0  # a desk before this one may still wait for it
        hub.on_trigger(ADDRESS, self.press_keep, tells_origin=True)

    @property
    def is_settled(self) -> bool:
        """Nothing is being kept."""
        return not self._pending

    def press_keep(self, seconds: float, by: str, inputs: Collection[int] = ()) -> tuple[int, str]:
        """Keep the last `seconds` of `inputs` (from 1; none: of all that are held): the take's number, and a sentence.

        Raises Refused when that cannot be.
        """
        box = self._check(ADDRESS, seconds)
        wanted = _chosen(ADDRESS, box.get("inputs", []), inputs)
        rate_hz, snapshot = self._block.rate_hz, self._snapshot
        last = self._block.capture_head
        take_id = self._timeline.claim_take()
        is_rolling = snapshot.state in (TransportState.PLAYING, TransportState.RECORDING)
        order = KeepOrder(
            take_id,
            take_folder(self._session, take_id),
            tuple(self._track(number) for number in wanted),
            max(last - round(seconds * rate_hz), 0),
            last,
            self._timeline.end,
            snapshot.position - snapshot.frame - self._timeline.compensation if is_rolling else None,
            0,
            by,
            self._timeline.midi,
            self._hub.value("/click/tempo"),
        )
        return self._give(order, seconds, float(box.get("held_s", 0.0)))

    def press_keep_run(self, run: int, seconds: float, by: str, inputs: Collection[int] = ()) -> tuple[int, str]:
        """Keep the last `seconds` of an earlier run of studiod, by its number in `status`: as `press_keep` does.

        Raises Refused when that cannot be.
        """
        box = self._check(RUN_ADDRESS, seconds)
        runs = box.get("held_runs", [])
        found = next((held for held in runs if held["run"] == run), None)
        if found is None:
            listed = ", ".join(str(held["run"]) for held in runs) or "none"
            raise Refused(f"{RUN_ADDRESS}: the black box holds nothing of run {run}; allowed {listed}")
        if found["is_now"]:
            return self.press_keep(seconds, by, inputs)
        if found["rate_hz"] != self._block.rate_hz:
            raise Refused(
                f"{RUN_ADDRESS}: run {run} was played at {found['rate_hz']} Hz, this is {self._block.rate_hz} Hz; "
                f"start studiod with audio.rate_hz {found['rate_hz']} to keep it"
            )
        wanted = _chosen(RUN_ADDRESS, [n for begin, end in found["inputs"] for n in range(begin, end)], inputs)
        first, last = found["first_frame"], found["end_frame"]
        take_id = self._timeline.claim_take()
        order = KeepOrder(
            take_id,
            take_folder(self._session, take_id),
            tuple(self._track(number) for number in wanted),
            max(last - round(seconds * self._block.rate_hz), first),
            last,
            self._timeline.end,
            None,
            run,
            by,
            self._timeline.midi,
            self._hub.value("/click/tempo"),
        )
        return self._give(order, seconds, float(found["held_s"]))

    def poll(self, snapshot: Snapshot, tape: Mapping[str, Any]) -> None:
        """Take in what the engine and the tape tell; called many times a second."""
        self._snapshot = snapshot
        self._tape = tape
        box = tape.get("blackbox")
        if box and self._pending and box["keeps_done"] >= self._pending:
            self.fault = box["keeps_failed"].get(str(self._pending), "")
            self._pending = 0
            self._timeline.renew_takes()

    def status(self) -> dict[str, Any]:
        """For /blackbox/status: what the tape tells of it, and what is still being made."""
        box = dict(self._tape.get("blackbox") or {"state": "off"})
        return {**box, "pending": self._pending or None, "keep_fault": self.fault}

    # -- inside ----------------------------------------------------------------------------------------------------

    def _check(self, address: str, seconds: float) -> Mapping[str, Any]:
        """How the black box stands. Raises Refused, naming `address`, when it can make no take of `seconds` now."""
        if not 0.0 < seconds <= LONGEST_S:
            raise Refused(f"{address}: {seconds:g} s is out of range; allowed up to {LONGEST_S:g} s")
        box: Mapping[str, Any] | None = self._tape.get("blackbox")
        fault = self._tape.get("library_fault")
        if fault:
            raise Refused(f"{address}: {fault}")
        if not box:
            raise Refused(f"{address}: there is no black box: set blackbox.on in the configuration")
        if box["state"] == "fault":
            raise Refused(f"{address}: {box['fault']}")
        if self._pending:
            raise Refused(f"{address}: take {self._pending} is still being kept")
        return box

    def _give(self, order: KeepOrder, seconds: float, held_s: float) -> tuple[int, str]:
        self._block.store_keep(order.to_json())
        self._pending = order.id
        self.fault = ""
        return order.id, self._promise(order, seconds, held_s)

    def _track(self, number: int) -> TrackOrder:
        """Input `number` (from 1) as a track; the first strip that hears it plays it back."""
        inputs = self._layout.strip_inputs
        strip = inputs.index(number) if number in inputs else None
        name = f"Input {number}" if strip is None else self._hub.text(f"/strip/{strip + 1}/name")
        stem = "-".join(part for part in (f"input-{number:02d}", "" if strip is None else label(name)) if part)
        return TrackOrder(number - 1, f"{stem}.wav", strip, name, "input")

    def _promise(self, order: KeepOrder, seconds: float, held_s: float) -> str:
        kept = min(seconds, held_s)
        of_run = f" of run {order.run}" if order.run else ""
        said = f"keeping the last {_clock(kept, self._block.rate_hz)}{of_run} as take {order.id}"
        return said if kept >= seconds - 1.0 else f"{said}; more is not held"


def _chosen(address: str, held: Collection[int], inputs: Collection[int]) -> list[int]:
    """Those of the inputs that are `held` that are wanted: all of them where none is named. Raises Refused."""
    wanted = [number for number in held if not inputs or number in inputs]
    missing = sorted(set(inputs) - set(held))
    if missing or not wanted:
        which = f"input {missing[0]}" if missing else "any input"
        raise Refused(f"{address}: the black box does not hold {which}; allowed {_listed(held)}")
    return wanted


def _clock(seconds: float, rate_hz: int) -> str:
    return timecode(round(seconds * rate_hz), rate_hz)


def _listed(numbers: Collection[int]) -> str:
    return f"inputs {', '.join(map(str, numbers))}" if numbers else "none"
