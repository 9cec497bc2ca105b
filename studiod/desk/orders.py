"""What the next take records: told to the tape before the engine begins it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from studiod.desk.armed import Armed
from studiod.desk.control import Control
from studiod.link.order import COVER, MIX, KeepOrder, TakeOrder
from studiod.link.session import take_folder
from studiod.model.parameter import Refused


class TakeOrders:
    """Numbers takes and orders them. bits: width of the files. roundtrip_frames: from an output to an input, now."""

    def __init__(
        self, control: Control, armed: Armed, session: Path, bits: int, roundtrip_frames: Callable[[], int]
    ) -> None:
        self._control = control
        self._armed = armed
        self._session = session
        self._bits = bits
        self._roundtrip_frames = roundtrip_frames
        self._last = control.snapshot.take_id
        self._claimed = 0
        self.layer = self._layer_of_last()
        """How takes lie on those beneath them, one of LAYERS: as it was when record was pressed."""

    @property
    def compensation(self) -> int:
        """Frames by which what is played to the tape comes late: out of the machine, to somebody, and in again."""
        snapshot = self._control.snapshot
        return self._roundtrip_frames() + snapshot.strip_latency + snapshot.main_latency

    def claim(self) -> int:
        """The number of the next take; no one else is given it."""
        kept = KeepOrder.from_json(self._control.block.keep_order)  # by a desk before this one, perhaps
        last = max(self._last, self._claimed, self._control.snapshot.take_id, kept.id if kept is not None else 0)
        self._claimed = max(int(self._control.tape.get("next_id", 1)), last + 1)
        return self._claimed

    def know(self, take_id: int) -> None:
        """There is a take of that number, whoever made it: it is not given again."""
        self._claimed = max(self._claimed, take_id)

    def check(self, address: str) -> None:
        """Raise Refused, naming `address`, when nothing is armed or nothing can be written."""
        if not self._armed.is_any:
            raise Refused(f"{address}: nothing is armed: arm a strip first (studioctl arm 1-4)")
        fault = self._control.tape.get("library_fault")
        if fault:
            raise Refused(f"{address}: {fault}")

    def choose_layer(self) -> None:
        """Record is pressed: what sound-on-sound says now holds for all that comes of it."""
        self.layer = MIX if self._control.hub.value("/transport/soundonsound") else COVER

    @property
    def overlays(self) -> float:
        """What the engine is told with a record: 1.0 where it is laid over what is there."""
        return float(self.layer == MIX)

    def order(self, by: str) -> int:
        """Order a take of what is armed now; its number. Raises Refused when nothing is."""
        tracks, midi = self._armed.tracks(), self._armed.midi()
        if not (tracks or midi):
            raise Refused("/transport/record: nothing is armed any more")
        claimed, self._last = self._claimed, self.claim()
        self._claimed = claimed  # the engine will tell of this one
        folder = take_folder(self._session, self._last)
        order = TakeOrder(
            self._last,
            folder,
            self._bits,
            tracks,
            by,
            compensation=self.compensation,
            midi=midi,
            tempo_bpm=self._control.hub.value("/click/tempo"),
            layer=self.layer,
        )
        self._control.block.store_order(self._last, order.to_json())
        return self._last

    def forget(self) -> None:
        """What was ordered last has not been begun, and will not be: its number is free."""
        self._last = self._control.snapshot.take_id

    def note_stop(self, by: str) -> None:
        """Write down who ends the take that was ordered last."""
        order = self._last_order()
        if order is not None:
            self._control.block.store_order(self._last, replace(order, stopped_by=by).to_json())

    def _last_order(self) -> TakeOrder | None:
        order = TakeOrder.from_json(self._control.block.order(self._last))
        return order if order is not None and order.id == self._last else None

    def _layer_of_last(self) -> str:
        """A desk before this one may have ordered a take that still runs."""
        order = self._last_order()
        return COVER if order is None else order.layer
