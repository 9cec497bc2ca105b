"""The count-in: how long so many bars are, to the frame, on the grid that the click plays."""

from dataclasses import dataclass

from studiod.desk.control import Control
from studiod.desk.hub import Hub

_TEMPO_UNITS = 1_000_000  # the click takes a tempo to a millionth of a beat a minute
_MINUTE_S = 60
_FADE_S = 0.012  # the click is gone 10 ms after it is switched off: the beat on which it rolls must not sound
_SWITCHES = ("/click/on", "/click/free")


@dataclass(frozen=True, slots=True)
class Grid:
    """Where beats lie: the same whole numbers as the engine's click."""

    tempo_bpm: float
    beats: int
    """Of a bar."""
    rate_hz: int

    @classmethod
    def of(cls, hub: Hub) -> "Grid":
        """The click as the desk has it."""
        beats = hub.registry["/click/beats"].text(hub.value("/click/beats"))
        return cls(hub.value("/click/tempo"), int(beats), hub.rate_hz)

    def bar(self, number: int) -> int:
        """First frame of bar `number`, from 0, when bar 0 begins at frame 0."""
        minute = _MINUTE_S * self.rate_hz * _TEMPO_UNITS
        tempo = int(self.tempo_bpm * _TEMPO_UNITS + 0.5)
        return (2 * number * self.beats * minute + tempo) // (2 * tempo)

    def into_bar(self, position: int) -> int:
        """Frames from the last bar line to `position`."""
        number = (
            position
            * int(self.tempo_bpm * _TEMPO_UNITS + 0.5)
            // (_MINUTE_S * self.rate_hz * _TEMPO_UNITS * self.beats)
        )
        return position - max(bar for bar in map(self.bar, (number - 1, number, number + 1)) if bar <= position)


def count_frames(grid: Grid, bars: int, position: int, *, is_heard_on: bool) -> int:
    """How long to count before the tape rolls from `position`.

    is_heard_on: the click goes on then. The count ends on its beat, and so begins on a bar line: it is longer by what
    `position` lies behind one.
    """
    return grid.bar(bars) + (grid.into_bar(position) if is_heard_on else 0)


class Counter:
    """Lets the engine's click count while it stands; the desk's own switches stay as they are."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._end: int | None = None
        self._is_ending = False

    @property
    def end(self) -> int | None:
        """Engine frame at which the count ends; None while nothing counts."""
        return self._end

    def start(self, bars: int, position: int, lead: int) -> int:
        """Count `bars` from `lead` frames on, before the tape rolls from `position`; the frame at which it is to."""
        hub, snapshot = self._control.hub, self._control.snapshot
        start = snapshot.frame + lead
        frames = count_frames(Grid.of(hub), bars, position, is_heard_on=bool(hub.value("/click/on")))
        self._end, self._is_ending = start + frames, False
        # switched on while it stands it is silent, and has faded in when the first beat comes
        self._control.set_in_engine("/click/free", 0.0)
        self._control.set_in_engine("/click/on", 1.0)
        # what rolls is heard late by the strips' latency, and its click with it
        self._control.set_in_engine("/click/free", 1.0, start + snapshot.strip_latency)
        return self._end

    def turn(self, near: int) -> None:
        """Give the click back when the end is `near` frames off, and forget the count when it is over."""
        if self._end is None:
            return
        frame = self._control.snapshot.frame
        if not self._is_ending and frame + near >= self._end:
            self._is_ending = True
            is_heard_on = bool(self._control.hub.value("/click/on"))
            fade = 0 if is_heard_on else round(_FADE_S * self._control.hub.rate_hz)
            self._give_back(self._end - fade)
        if frame >= self._end:
            self._end = None

    def stop(self) -> None:
        """End a count at once."""
        if self._end is not None:
            self._end = None
            self._give_back(0)

    def give_back(self) -> None:
        """Have the click play as the desk says, whatever a desk before this one began."""
        self._give_back(0)

    def _give_back(self, at_frame: int) -> None:
        for address in _SWITCHES:
            self._control.set_in_engine(address, self._control.hub.value(address), at_frame)
