"""What is sent and received in time with other machines, port by port."""

import enum
from dataclasses import dataclass

from studiod.surfaces.sync.mmc import ALL_DEVICES
from studiod.surfaces.sync.timecode import Timecode, TimecodeRate


class Word(enum.StrEnum):
    """What a port may say and hear."""

    CLOCK = "clock"
    """Tempo, start, continue, stop."""
    POSITION = "position"
    """Where in the song, in sixteenths."""
    MTC = "mtc"
    MMC = "mmc"


RATE_WORDS = {
    TimecodeRate.FPS_24: "24",
    TimecodeRate.FPS_25: "25",
    TimecodeRate.FPS_29_97_DROP: "29.97df",
    TimecodeRate.FPS_30: "30",
}


@dataclass(frozen=True, slots=True)
class PortPlan:
    """What is done with ports of one name."""

    port: str
    """A shell pattern."""
    receive: frozenset[Word] = frozenset()
    send: frozenset[Word] = frozenset()
    leads: bool = False
    """The transport follows its clock or its timecode."""
    rate: TimecodeRate = TimecodeRate.FPS_25
    device: int = ALL_DEVICES


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """All of it. The first plan that fits a port counts."""

    ports: tuple[PortPlan, ...] = ()
    start: tuple[int, int, int] = (0, 0, 0)
    """Timecode at the begin of the timeline: hours, minutes, seconds."""
    freewheel_s: float = 2.0

    def start_s(self, rate: TimecodeRate) -> float:
        """Real seconds from midnight to the begin of the timeline, in timecode of `rate`."""
        _, minutes, seconds = self.start
        is_left_out = rate is TimecodeRate.FPS_29_97_DROP and not seconds and minutes % 10
        return Timecode(rate, *self.start, 2 if is_left_out else 0).position_s
