"""When something was, or will be, in frames of the engine's clock."""

import math
from collections.abc import Callable

from studiod.link.words import EngineClock

_BANDWIDTH_HZ, _LOCKING_HZ = 0.1, 1.0  # slow enough to smooth a late block, fast enough for a card's drift
_LOCKING = 20  # readings taken in a hurry
_ASTRAY_NS = 50_000_000  # further off than this the clock has jumped
_NS = 1e9
_WRAP, _HALF = 1 << 32, 1 << 31  # JACK counts frames in 32 bits
_ANOTHER_TIME_S = 1.0  # further back than this is no clock put right, but another time
_OTHER_S = 0.25  # counts further off than this are another server's


class FrameClock:
    """Translates CLOCK_MONOTONIC into frames of the engine's clock, smoothly, from readings that come late by chance.

    A delay-locked loop of second order (F. Adriaensen, "Using a DLL to filter time", LAC 2005): a block is never made
    before its time, and often some tenths of a millisecond after. look: where the engine's clock stands now.
    """

    def __init__(self, rate_hz: int, look: Callable[[], EngineClock] | None = None) -> None:
        self._look = look
        self._nominal_ns = _NS / rate_hz
        self._line: tuple[int, float, float] | None = None  # frame, its time, nanoseconds a frame: read in one piece
        self._epoch = -1
        self._readings = 0
        self._late_frame = 0  # of the block that was told much too late, if the last one was
        self.rate_hz = rate_hz

    def read(self, clock: EngineClock) -> None:
        """Take in where the engine's clock stands."""
        if clock.anchor_ns:
            self._line = (0, float(clock.anchor_ns), self._nominal_ns)
            self._epoch = -1
            return
        if not clock.monotonic_ns:
            return
        line = self._line
        if line is None or clock.epoch != self._epoch:
            self._restart(clock)
            return
        frame, at_ns, frame_ns = line
        frames = clock.frame - frame
        if frames <= 0:
            return
        expected_ns = at_ns + frames * frame_ns
        late_ns = clock.monotonic_ns - expected_ns
        if abs(late_ns) > _ASTRAY_NS:
            # one block may come late by so much and the next in time; none comes early
            if late_ns < 0 or self._late_frame not in {0, clock.frame}:
                self._restart(clock)
            else:
                self._late_frame = clock.frame
            return
        self._late_frame = 0
        self._readings += 1
        bandwidth_hz = _LOCKING_HZ if self._readings < _LOCKING else _BANDWIDTH_HZ
        turn = min(2 * math.pi * bandwidth_hz * frames * self._nominal_ns / _NS, 0.5)
        self._line = (
            clock.frame,
            expected_ns + math.sqrt(2) * turn * late_ns,
            frame_ns + turn * turn * late_ns / frames,
        )

    def frame_at(self, ns: int) -> int:
        """Frame that was played at `ns`; 0 before the engine has made any. May be asked from any thread."""
        line = self._line
        if line is None:
            return 0
        frame, at_ns, frame_ns = line
        return max(frame + round((ns - at_ns) / frame_ns), 0)

    def ns_at(self, frame: float) -> int:
        """CLOCK_MONOTONIC when `frame` is played, also one to come; 0 before the engine has made any."""
        line = self._line
        if line is None:
            return 0
        first, at_ns, frame_ns = line
        return round(at_ns + (frame - first) * frame_ns)

    def frame_of(self, count: int, ns: int) -> int:
        """Frame at which JACK counted `count`, at `ns`; as `frame_at` where the engine is not on that JACK."""
        near = self.frame_at(ns)
        # now, not when it was read last: an engine that lost something has left it out of its frames
        told = None if self._look is None else self._look()
        if told is None or told.device_count < 0:
            return near
        frame = told.frame + (count - told.device_count + _HALF) % _WRAP - _HALF
        return frame if abs(frame - near) <= _OTHER_S * self.rate_hz else near

    def _restart(self, clock: EngineClock) -> None:
        self._epoch, self._readings, self._late_frame = clock.epoch, 0, 0
        self._line = (clock.frame, float(clock.monotonic_ns), self._nominal_ns)


class FrameOrder:
    """The frames of one wire never run backwards: what was played later stands later, or at the same frame.

    A clock that was astray is put right in one step (FrameClock), also back beyond what was told with it last.
    """

    def __init__(self, rate_hz: int) -> None:
        self._another_time = round(_ANOTHER_TIME_S * rate_hz)
        self._last = 0

    def after(self, frame: int) -> int:
        """`frame`, or the last one where the clock has just been put back."""
        if not 0 <= self._last - frame <= self._another_time:
            self._last = frame
        return self._last
