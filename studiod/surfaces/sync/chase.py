"""Whether we are in time with another machine: a light a person can trust."""

import enum

from studiod.surfaces.sync.follower import Follower

LOCK_TICKS = 16  # of an MTC, 160 ms: two whole times
MISSED_TICKS = 4  # a hole of one frame


class ChaseState(enum.StrEnum):
    """What the light shows."""

    STOPPED = "stopped"
    LOCKING = "locking"
    LOCKED = "locked"
    FREEWHEELING = "free-wheeling"
    """Nothing comes; we go on as it went."""
    LOST = "lost"
    """Nothing came for too long: whoever rolled with it stops."""


class Chase:
    """Follows positions that tick by. Feed it `heard`, `stopped`; `turn` it often; read state, position, speed.

    tick: how far apart positions are, in their own unit (MTC: 1/100 s at 25 frames; MIDI clock: 1/24 beat).
    nominal_s: seconds a unit takes when the other machine runs true; None where that is for it to say (a tempo).
    freewheel_s: how long we go on alone.
    """

    def __init__(self, tick: float, nominal_s: float | None, freewheel_s: float) -> None:
        self.state = ChaseState.STOPPED
        self.jumps = 0
        """How often the position was another than expected."""
        self._tick = tick
        self._nominal_s = nominal_s
        self._freewheel_s = freewheel_s
        self._follower = Follower(nominal_s)
        self._heard_at = 0.0
        self._stands_at = 0.0

    @property
    def speed(self) -> float:
        """Units in a second, as it is filtered; negative backward, 0 while it stands."""
        return self._follower.units_per_s if self.is_rolling else 0.0

    @property
    def is_rolling(self) -> bool:
        """Whether there is a position to roll with."""
        return self.state in (ChaseState.LOCKING, ChaseState.LOCKED, ChaseState.FREEWHEELING)

    def position(self, now_s: float) -> float:
        """Where the other machine is at `now_s`, filtered; where it was last while it stands."""
        return self._follower.position(now_s) if self.is_rolling else self._stands_at

    def heard(self, position: float, now_s: float) -> None:
        """A tick: it is at `position` at `now_s`."""
        self.turn(now_s)
        if not self.is_rolling:
            self._begin()
        elif self._is_elsewhere(position, now_s):
            self.jumps += 1
            self._begin()
        self._follower.read(position, now_s)
        self._heard_at, self._stands_at = now_s, position
        is_known = self._follower.ticks >= LOCK_TICKS
        self.state = ChaseState.LOCKED if is_known else ChaseState.LOCKING

    def stopped(self, position: float | None = None) -> None:
        """It says that it stands, at `position` if it says where."""
        self.state = ChaseState.STOPPED
        if position is not None:
            self._stands_at = position

    def turn(self, now_s: float) -> ChaseState:
        """Notice what does not come."""
        if self.is_rolling and self._follower.ticks > 1:
            silent_s = now_s - self._heard_at
            if silent_s > self._freewheel_s:
                self._stands_at = self._follower.position(self._heard_at + self._freewheel_s)
                self.state = ChaseState.LOST
            elif silent_s > MISSED_TICKS * self._tick_s:
                self.state = ChaseState.FREEWHEELING
        elif self.is_rolling and now_s - self._heard_at > self._freewheel_s:
            self.state = ChaseState.LOST
        return self.state

    @property
    def _tick_s(self) -> float:
        speed = abs(self._follower.units_per_s)
        return self._tick / speed if speed else 0.0

    def _begin(self) -> None:
        self._follower = Follower(self._nominal_s)

    def _is_elsewhere(self, position: float, now_s: float) -> bool:
        return abs(self._follower.off_s(position, now_s)) > MISSED_TICKS * self._tick_s > 0.0
