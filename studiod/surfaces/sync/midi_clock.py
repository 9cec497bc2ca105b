"""MIDI clock: 24 ticks a beat, start, stop, continue, and where in the song."""

import math

from studiod.surfaces.sync.chase import Chase, ChaseState

CLOCKS = 24  # in a beat
SIXTEENTH = 6  # clocks; a song position counts these
_TICK, _START, _CONTINUE, _STOP, _SONG_POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2
_LAST_POSITION = 0x3FFF
_HAIR = 1e-6
_JUMP_CLOCKS = 48
FREEWHEEL_S = 1.0  # a beat at 60 bpm


def song_position(beat: float) -> bytes:
    """The sixteenth at or after `beat`, held inside what the message can say."""
    value = min(_sixteenth(beat), _LAST_POSITION)
    return bytes((_SONG_POSITION, value & 0x7F, value >> 7))


class ClockIn:
    """Follows somebody's clock. Beats are quarter notes from the begin of the song."""

    def __init__(self, freewheel_s: float = FREEWHEEL_S) -> None:
        self.chase = Chase(1 / CLOCKS, None, freewheel_s)
        self._tempo = Chase(1 / CLOCKS, None, freewheel_s)
        self._tempo_clock = 0
        self._clock = 0
        self._is_rolling = False

    @property
    def is_rolling(self) -> bool:
        """Whether the song plays: started, and not stopped."""
        return self._is_rolling

    @property
    def beat(self) -> float:
        """Where the last message put the song."""
        return self._clock / CLOCKS

    @property
    def tempo_bpm(self) -> float:
        """Beats a minute, filtered, also while the song stands; 0 while no clock comes."""
        known = self._tempo.state in (ChaseState.LOCKED, ChaseState.FREEWHEELING)
        return 60.0 * self._tempo.speed if known else 0.0

    def hear(self, message: bytes, now_s: float) -> None:
        """Take one message; whatever is none of these is nothing to it."""
        match list(message[:4]):
            case [0xF8]:
                self._tick(now_s)
            case [0xFA]:
                self._clock, self._is_rolling = 0, True  # the next tick is this position
                self.chase.stopped(0.0)
            case [0xFB]:
                self._is_rolling = True
                if self.chase.state is ChaseState.LOST:
                    self.chase.stopped(self.beat)  # what was lost before is over
            case [0xFC]:
                self._is_rolling = False
                self.chase.stopped(self.beat)
            case [0xF2, low, high] if low | high < 0x80:  # noqa: PLR2004 - seven bits each
                self._clock = SIXTEENTH * (low | high << 7)
                self.chase.stopped(self.beat)

    def turn(self, now_s: float) -> ChaseState:
        """Notice a clock that does not come."""
        self._tempo.turn(now_s)
        if self.chase.turn(now_s) is ChaseState.LOST:
            self._is_rolling = False
        return self.chase.state

    def _tick(self, now_s: float) -> None:
        self._tempo.heard(self._tempo_clock / CLOCKS, now_s)
        self._tempo_clock += 1
        if self._is_rolling:
            self.chase.heard(self.beat, now_s)
            self._clock += 1


class ClockOut:
    """Sends our clock. It ticks while the song stands, too: boxes keep their tempo by that."""

    def __init__(self) -> None:
        self._next = 0
        self._is_rolling = False
        self._idle_at: float | None = None

    def start(self, beat: float) -> list[bytes]:
        """The song begins to play at `beat`: from the begin by start, from anywhere else by position and continue."""
        before = self.stop()
        self._is_rolling, self._idle_at = True, None
        position = song_position(beat)
        self._next = SIXTEENTH * _sixteenth(beat)
        return [*before, bytes((_START,))] if self._next == 0 else [*before, position, bytes((_CONTINUE,))]

    def begin(self) -> list[bytes]:
        """The song has begun to play from its begin a moment ago: every tick since comes with the next `roll`."""
        before = self.stop()
        self._is_rolling, self._idle_at, self._next = True, None, 0
        return [*before, bytes((_START,))]

    def stop(self) -> list[bytes]:
        """The song stands."""
        was_rolling, self._is_rolling, self._idle_at = self._is_rolling, False, None
        return [bytes((_STOP,))] if was_rolling else []

    def locate(self, beat: float) -> list[bytes]:
        """The song stands at `beat`. While it plays: what `start` says."""
        return self.start(beat) if self._is_rolling else [song_position(beat)]

    def roll(self, beat: float) -> list[tuple[float, bytes]]:
        """The song plays, and is at `beat` now: ticks since the last turn, and the beat each belongs to.

        A jump stops, tells the new position, and goes on.
        """
        now = math.floor(beat * CLOCKS + _HAIR)
        if not self._is_rolling or not -SIXTEENTH - 1 <= max(now, 0) - self._next <= _JUMP_CLOCKS:
            return [*((beat, message) for message in self.start(beat)), *self.roll(beat)]
        found = []
        while self._next <= now:
            found.append((self._next / CLOCKS, bytes((_TICK,))))
            self._next += 1
        return found

    def idle(self, now_s: float, tempo_bpm: float) -> list[tuple[float, bytes]]:
        """The song stands: ticks since the last turn, at `tempo_bpm`, and when each is due."""
        if self._idle_at is None:
            self._idle_at = now_s  # of the last tick, from here on
            return []
        tick_s = 60.0 / tempo_bpm / CLOCKS
        ticks = math.floor((now_s - self._idle_at) / tick_s + _HAIR)
        if ticks > _JUMP_CLOCKS:
            self._idle_at = now_s
            return []
        found = [(self._idle_at + number * tick_s, bytes((_TICK,))) for number in range(1, ticks + 1)]
        self._idle_at += ticks * tick_s
        return found


def _sixteenth(beat: float) -> int:
    return max(math.ceil(beat * CLOCKS / SIXTEENTH - _HAIR), 0)
