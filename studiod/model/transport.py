"""What the tape machine is doing, and the words for it."""

import enum

LONGEST_S = 24 * 3600.0
"""The timeline ends here."""
SHORTEST_LOOP_S = 0.25  # the next pass is made ready while one plays
SHORTEST_PUNCH_S = 0.01
MOST_COUNT_IN_BARS = 8
MOST_PREROLL_S = 60.0


class TransportState(enum.IntEnum):
    """State of the transport, as the engine writes it into the shared block."""

    STOPPED = 0
    PLAYING = 1
    RECORDING = 2

    @property
    def word(self) -> str:
        """The state in one lower-case word."""
        return self.name.lower()


class TransportPhase(enum.IntEnum):
    """What the transport is up to beside its state."""

    NONE = 0
    COUNTIN = 1
    """It stands, and the click counts in."""
    WAITING = 2
    """It plays; record was pressed, and begins at its point: after a pre-roll, or at the punch-in."""
    REHEARSING = 3
    """It plays, and everything is heard as if it recorded; nothing is written."""

    @property
    def word(self) -> str:
        """The phase in one lower-case word."""
        return self.name.lower()


class TakeState(enum.IntEnum):
    """How the take is that is being recorded, or the last one there is."""

    NONE = 0
    RECORDING = 1
    GOOD = 2
    DAMAGED = 3
    """Something of it is lost."""
    REPAIRED = 4
    """It was cut off, and made whole at the next start."""

    @property
    def word(self) -> str:
        """The state in one lower-case word, as in take.json."""
        return self.name.lower()


class TapeAlarm(enum.IntEnum):
    """Whether somebody should look at the disks."""

    NONE = 0
    WARNING = 1
    """Nothing is lost yet."""
    ALARM = 2

    @property
    def word(self) -> str:
        """The level in one lower-case word."""
        return self.name.lower()


def timecode(frames: int, rate_hz: int) -> str:
    """`frames` as `H:MM:SS.mmm`; negative positions keep their sign."""
    sign, frames = ("-", -frames) if frames < 0 else ("", frames)
    seconds, rest = divmod(frames, rate_hz)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest * 1000 // rate_hz:03d}"


class Tally(enum.IntEnum):
    """What a record lamp shows, in one word."""

    NONE = 0
    ARMED = 1
    """Record would record something."""
    COUNTIN = 2
    WAITING = 3
    """It plays, and will record at its point."""
    REHEARSING = 4
    RECORDING = 5
    ALARM = 6
    """Somebody should look at the disks, whatever else goes on."""

    @property
    def word(self) -> str:
        """The state in one lower-case word."""
        return self.name.lower()
