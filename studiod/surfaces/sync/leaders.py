"""The machine that leads, by its clock or by timecode: where it is on our timeline, and what it tells us to do."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from studiod.surfaces.sync.chase import Chase, ChaseState
from studiod.surfaces.sync.midi_clock import CLOCKS, ClockIn
from studiod.surfaces.sync.mtc import MtcIn, parse_full_frame
from studiod.surfaces.sync.plan import RATE_WORDS
from studiod.surfaces.sync.slope import Slope
from studiod.surfaces.sync.timecode import TimecodeRate

SLOWEST_BPM, FASTEST_BPM = 20.0, 300.0
_CLOCK_MEMORY_S, _TIMECODE_MEMORY_S = 4.0, 10.0  # a tempo is turned by hand, a crystal is not
_HOLE_S = 0.5
_OFF_TICKS = 2
_TICK = 0xF8


class Told(enum.Enum):
    """What a leader may tell."""

    ROLLS = enum.auto()
    """It rolls, from here on, as far as is known."""
    STOPS = enum.auto()
    """It said that it stops."""
    IS_LOST = enum.auto()
    """Nothing comes any more, or it runs backward: it never said stop."""
    STANDS = enum.auto()
    """It was set to a place, and stands there."""


@dataclass(frozen=True, slots=True)
class Order:
    """Something told, and where it was at which moment: seconds on our timeline, seconds of the engine's clock."""

    told: Told
    position_s: float
    at_s: float


class Leader(Protocol):
    """What follows, and what is shown, asks of either."""

    source: str

    @property
    def state(self) -> ChaseState:
        """How well it is known where it is."""
        ...

    @property
    def rate_word(self) -> str:
        """Of its timecode."""
        ...

    @property
    def tempo_bpm(self) -> float:
        """Of its clock; 0 while there is none."""
        ...

    @property
    def speed(self) -> float:
        """How much faster than we it runs, 1 for as fast; 0 while that is not known."""
        ...

    def position_s(self, now_s: float) -> float:
        """Where it is, seconds on our timeline."""
        ...

    def hear(self, message: bytes, now_s: float) -> list[Order]:
        """Take one message. Raises ValueError, with what is wrong, for one that is followed by nobody."""
        ...

    def turn(self, now_s: float) -> list[Order]:
        """Notice what does not come."""
        ...


class ClockLeader:
    """Leads by clock, start and stop. desk_bpm: the tempo that lays beats on the timeline."""

    source = "clock"
    rate_word = "none"

    def __init__(self, desk_bpm: Callable[[], float], freewheel_s: float) -> None:
        self._clock = ClockIn(freewheel_s)
        self._desk_bpm = desk_bpm
        self._slope = Slope(_CLOCK_MEMORY_S)
        self._ticks = 0
        self._ticked_s = float("-inf")
        self._is_to_begin = False
        self._rolled = False

    @property
    def state(self) -> ChaseState:
        """How well it is known where it is."""
        return self._clock.chase.state

    @property
    def tempo_bpm(self) -> float:
        """Beats a minute, also while the song stands."""
        return 60.0 * self._slope.units_per_s or self._clock.tempo_bpm

    @property
    def steady_bpm(self) -> float:
        """Beats a minute as they were for two seconds and more; 0 before."""
        return 60.0 * self._slope.units_per_s

    @property
    def speed(self) -> float:
        """Its tempo over the desk's."""
        return self.steady_bpm / self._desk_bpm()

    def position_s(self, now_s: float) -> float:
        """Where it is, seconds on our timeline."""
        beat = self._clock.chase.position(now_s) if self._clock.chase.is_rolling else self._clock.beat
        return self._seconds(beat)

    def hear(self, message: bytes, now_s: float) -> list[Order]:
        """Take clock, start, continue, stop, a song position. Raises ValueError for a clock that nobody can follow."""
        status = message[0]
        if status == _TICK:
            return self._tick(now_s)
        was_rolling = self._clock.is_rolling
        self._clock.hear(message, now_s)
        here = self._seconds(self._clock.beat)
        match status:
            case 0xFA | 0xFB:
                self._is_to_begin = True
            case 0xF2 if was_rolling:
                self._is_to_begin = True
            case 0xF2:
                return [Order(Told.STANDS, here, now_s)]
            case 0xFC:
                self._is_to_begin = self._rolled = False
                return [Order(Told.STOPS, here, now_s)]
        return []

    def turn(self, now_s: float) -> list[Order]:
        """Notice a clock that does not come."""
        self._clock.turn(now_s)
        if self._rolled and self.state is ChaseState.LOST:
            self._rolled = False
            return [Order(Told.IS_LOST, self.position_s(now_s), now_s)]
        return []

    def _tick(self, now_s: float) -> list[Order]:
        here = self._clock.beat
        self._clock.hear(bytes((_TICK,)), now_s)
        self._measure(now_s)
        tempo = self.tempo_bpm
        if tempo and not SLOWEST_BPM <= tempo <= FASTEST_BPM:
            raise ValueError(f"a clock of {tempo:.0f} bpm; allowed {SLOWEST_BPM:g}..{FASTEST_BPM:g} bpm")
        if not self._is_to_begin:
            return []
        self._is_to_begin, self._rolled = False, True
        return [Order(Told.ROLLS, self._seconds(here), now_s)]

    def _measure(self, now_s: float) -> None:
        ticks = self._ticks / CLOCKS
        if now_s - self._ticked_s > _HOLE_S or abs(self._slope.off(ticks, now_s)) > _OFF_TICKS / CLOCKS:
            self._slope = Slope(_CLOCK_MEMORY_S)
        self._slope.read(ticks, now_s)
        self._ticks, self._ticked_s = self._ticks + 1, now_s

    def _seconds(self, beat: float) -> float:
        return 60.0 * beat / self._desk_bpm()


class TimecodeLeader:
    """Leads by MTC. start_s: its time at the begin of our timeline, by its rate."""

    source = "mtc"
    tempo_bpm = 0.0

    def __init__(self, start_s: Callable[[TimecodeRate], float], freewheel_s: float) -> None:
        self._start_s = start_s
        self._freewheel_s = freewheel_s
        self._rate: TimecodeRate | None = None
        self._pieces = MtcIn()
        self._is_known = False
        self._rolled = False
        self._renew()

    @property
    def state(self) -> ChaseState:
        """How well it is known where it is."""
        return self._chase.state

    @property
    def rate_word(self) -> str:
        """As it came last."""
        return "none" if self._rate is None else RATE_WORDS[self._rate]

    @property
    def speed(self) -> float:
        """Its seconds over ours."""
        return self._slope.units_per_s if self._chase.is_rolling else 0.0

    def position_s(self, now_s: float) -> float:
        """Where it is, seconds on our timeline."""
        return self._chase.position(now_s) - self._start_s(self._rate or TimecodeRate.FPS_25)

    def hear(self, message: bytes, now_s: float) -> list[Order]:
        """Take a quarter frame or a full frame. Raises ValueError for pieces out of order, and times that are none."""
        if message[0] != 0xF1:  # noqa: PLR2004 - a quarter frame
            return self._full(message, now_s)
        was_known = self._is_known
        tick = self._pieces.hear(message)
        self._is_known = tick is not None
        if tick is None:
            if was_known:
                raise ValueError("a quarter frame of MTC out of order")
            return []
        if tick.rate is not self._rate:
            self._rate = tick.rate
            self._renew()
        if tick.direction < 0:
            self._chase.stopped(tick.position_s)
            return self._gone(now_s)
        return self._forward(tick.position_s, now_s)

    def turn(self, now_s: float) -> list[Order]:
        """Notice timecode that does not come."""
        return self._gone(now_s) if self._chase.turn(now_s) is ChaseState.LOST else []

    def _forward(self, position_s: float, now_s: float) -> list[Order]:
        before, jumps = self.state, self._chase.jumps
        self._chase.heard(position_s, now_s)
        if self._chase.jumps != jumps or before in (ChaseState.STOPPED, ChaseState.LOST):
            self._slope = Slope(_TIMECODE_MEMORY_S)
        self._slope.read(position_s, now_s)
        if self.state is ChaseState.LOCKED and before is ChaseState.LOCKING:
            self._rolled = True
            return [Order(Told.ROLLS, self.position_s(now_s), now_s)]
        return []

    def _full(self, message: bytes, now_s: float) -> list[Order]:
        time = parse_full_frame(message)
        if time is None:
            raise ValueError(f"no time of MTC: {message.hex(' ').upper()}")
        self._rate, self._rolled = time.rate, False
        self._renew()
        self._chase.stopped(time.position_s)
        return [Order(Told.STANDS, self.position_s(now_s), now_s)]

    def _gone(self, now_s: float) -> list[Order]:
        was_rolling, self._rolled = self._rolled, False
        return [Order(Told.IS_LOST, self.position_s(now_s), now_s)] if was_rolling else []

    def _renew(self) -> None:
        quarters_per_s = 4 * float((self._rate or TimecodeRate.FPS_25).per_s)
        self._chase = Chase(1 / quarters_per_s, 1.0, self._freewheel_s)
        self._slope = Slope(_TIMECODE_MEMORY_S)
