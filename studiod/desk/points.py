"""Points on the timeline that belong together: where the loop and the punch begin and end."""

from collections.abc import Mapping
from dataclasses import dataclass

from studiod.desk.hub import Hub
from studiod.model.parameter import Refused
from studiod.model.transport import SHORTEST_LOOP_S, SHORTEST_PUNCH_S


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` on, `end` no longer: positions in frames."""

    start: int
    end: int

    def __contains__(self, position: int) -> bool:
        return self.start <= position < self.end


@dataclass(frozen=True, slots=True)
class _Pair:
    switch: str
    start: str
    end: str
    shortest_s: float


_LOOP = _Pair("/loop/on", "/loop/start", "/loop/end", SHORTEST_LOOP_S)
_PUNCH = _Pair("/punch/on", "/punch/in", "/punch/out", SHORTEST_PUNCH_S)
_PAIRS = {address: pair for pair in (_LOOP, _PUNCH) for address in (pair.switch, pair.start, pair.end)}


class Points:
    """Reads the loop and the punch out of the hub; refuses what would make one of them end before it begins."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    @property
    def loop(self) -> Span | None:
        """The loop, None while it is off."""
        return self._span(_LOOP)

    @property
    def punch(self) -> Span | None:
        """What is to be recorded, None while the punch is off."""
        return self._span(_PUNCH)

    def admit(self, writes: Mapping[str, float]) -> None:
        """Raise Refused when what is switched on would be too short after `writes`."""
        for pair in {_PAIRS[address] for address in writes if address in _PAIRS}:
            switch, start_s, end_s = (
                writes.get(address, self._hub.value(address)) for address in (pair.switch, pair.start, pair.end)
            )
            if switch and self._frames(end_s) - self._frames(start_s) < self._frames(pair.shortest_s):
                raise Refused(
                    f"{next(iter(writes))}: from {start_s:g} s to {end_s:g} s is too short; allowed from "
                    f"{pair.shortest_s:g} s on between {pair.start} and {pair.end} while {pair.switch} is on"
                )

    def lay_loop(self, start: int, end: int) -> None:
        """Lay the loop from frame `start` to `end`, and switch it on. Raises Refused and leaves it as it was."""
        hub = self._hub
        before = [(address, hub.value(address)) for address in (_LOOP.start, _LOOP.end, _LOOP.switch)]
        ends = ((_LOOP.start, start / hub.rate_hz), (_LOOP.end, end / hub.rate_hz))
        try:
            for address, value in ((_LOOP.switch, 0.0), *ends, (_LOOP.switch, 1.0)):
                hub.write(address, value, "desk")
        except Refused:
            hub.restore(before, ())
            raise

    def _span(self, pair: _Pair) -> Span | None:
        if not self._hub.value(pair.switch):
            return None
        return Span(self._frames(self._hub.value(pair.start)), self._frames(self._hub.value(pair.end)))

    def _frames(self, seconds: float) -> int:
        return round(seconds * self._hub.rate_hz)
