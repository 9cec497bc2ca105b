"""Moving the song's position by hand: a wheel's steps gathered into few jumps, and keys that wind while held."""

from collections.abc import Callable

from studiod.desk.hub import Hub
from studiod.model.transport import TransportState

WIND_S = 2.0  # what a winding key moves by, at once and each time it is held so long again:
WIND_EVERY_S = 0.2
LOCATE_EVERY_S = 0.05  # a wheel says up to a thousand steps a second: they are gathered
SETTLED_S = 0.3  # the position that is read may be that long behind a jump
_STATE, _POSITION, _LOCATE = (f"/transport/{leaf}" for leaf in ("state", "position", "locate"))


class Winding:
    """The position under the hands of one box. origin: who every jump is said to be of. clock: seconds, steady.

    All but `forget` and the properties raise what `/transport/locate` raises: Refused while it records.
    """

    def __init__(self, hub: Hub, origin: str, clock: Callable[[], float]) -> None:
        self._hub = hub
        self.origin = origin
        self._clock = clock
        self._target: float | None = None
        self._went_to: float | None = None  # None: the last jump was refused
        self._went_at = float("-inf")
        self._held: dict[str, float] = {}  # by control: seconds to move by
        self._wind_at = 0.0

    @property
    def is_waiting(self) -> bool:
        """There is more to do for time alone."""
        return self._target is not None or bool(self._held)

    def next_due(self) -> float | None:
        """When there is."""
        times = [self._wind_at] if self._held else []
        if self._target is not None:
            times.append(self._went_at + LOCATE_EVERY_S)
        return min(times, default=None)

    def go(self, by_s: float) -> None:
        """Move by so many seconds, back when negative, not before 0; nothing while nobody tells where it is."""
        now = self._clock()
        start = self._target if self._target is not None else self._position(now)
        if start is None:
            return
        self._target = max(start + by_s, 0.0)
        if now - self._went_at >= LOCATE_EVERY_S:
            self._jump(now)

    def go_to(self, position_s: float) -> None:
        """Move there at once."""
        self._target = position_s
        self._jump(self._clock())

    def hold(self, control: str, by_s: float) -> None:
        """The same, and again every WIND_EVERY_S until `release`."""
        self._held[control] = by_s
        self._wind_at = self._clock() + WIND_EVERY_S
        self.go(by_s)

    def release(self, control: str) -> None:
        """The key came up."""
        self._held.pop(control, None)

    def forget(self) -> None:
        """Nothing is held any more, and nothing is under way."""
        self._held.clear()
        self._target = None

    def due(self) -> None:
        """Do what is due by now."""
        now = self._clock()
        if self._held and now >= self._wind_at:
            self._wind_at = now + WIND_EVERY_S
            for by_s in tuple(self._held.values()):
                self.go(by_s)
            if 0.0 in (self._target, self._went_to):  # it is rewound
                self._held = {control: by_s for control, by_s in self._held.items() if by_s > 0.0}
        if self._target is not None and now - self._went_at >= LOCATE_EVERY_S:
            self._jump(now)

    def _position(self, now: float) -> float | None:
        """Where it is, or will be in a moment."""
        since_s = now - self._went_at
        if since_s < SETTLED_S and self._went_to is not None:
            is_rolling = int(self._hub.value(_STATE)) != TransportState.STOPPED
            return self._went_to + (since_s if is_rolling else 0.0)
        reading = self._hub.meter(_POSITION)
        return reading[0] if reading else None

    def _jump(self, now: float) -> None:
        target, self._target, self._went_to, self._went_at = self._target, None, None, now
        if target is not None:
            self._hub.fire(_LOCATE, target, origin=self.origin)
            self._went_to = target
