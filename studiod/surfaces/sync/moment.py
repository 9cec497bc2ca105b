"""Where the transport is, as it is heard, and when."""

from collections.abc import Callable
from dataclasses import dataclass

from studiod.link import EngineClock
from studiod.model.transport import TransportState


@dataclass(frozen=True, slots=True)
class Clocks:
    """What tells the time."""

    now_ns: Callable[[], int]
    """CLOCK_MONOTONIC."""
    engine: Callable[[], EngineClock]
    """Where the engine's clock stands."""
    late_frames: Callable[[], int] = lambda: 0
    """By which what the engine makes is heard later."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The desk at one moment. Positions are those that sound now: what the engine makes is heard a little later."""

    frame: int
    """Engine clock, now."""
    rate_hz: int
    state: TransportState
    heard: int
    """Position that sounds now."""
    began_s: float
    """Position at which it began to roll last."""
    late: int
    """Frames by which it sounds after it was made."""
    tempo_bpm: float
    ns_at: Callable[[float], int]
    """CLOCK_MONOTONIC at an engine frame, past or to come."""

    @property
    def is_rolling(self) -> bool:
        """It plays or records."""
        return self.state is not TransportState.STOPPED

    @property
    def now_s(self) -> float:
        """Seconds of the engine's clock."""
        return self.frame / self.rate_hz

    @property
    def heard_s(self) -> float:
        """Position that sounds now, in seconds."""
        return self.heard / self.rate_hz

    @property
    def lead(self) -> int:
        """Position less engine frame: the same all the while it rolls."""
        return self.heard - self.frame

    def beat_at(self, position_s: float) -> float:
        """Beat at a position."""
        return position_s * self.tempo_bpm / 60.0

    def position_s_at(self, frame: int) -> float:
        """Position that sounds at `frame`, as it rolls."""
        return (frame + self.lead) / self.rate_hz

    def ns_of(self, position_s: float) -> int:
        """When `position_s` sounds, as it rolls."""
        return self.ns_at(position_s * self.rate_hz - self.lead)
