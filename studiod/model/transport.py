"""What the tape machine is doing, and the words for it."""

import enum


class TransportState(enum.IntEnum):
    """State of the transport, as the engine writes it into the shared block."""

    STOPPED = 0
    PLAYING = 1
    RECORDING = 2

    @property
    def word(self) -> str:
        """The state in one lower-case word."""
        return self.name.lower()


def timecode(frames: int, rate_hz: int) -> str:
    """`frames` as `H:MM:SS.mmm`; negative positions keep their sign."""
    sign, frames = ("-", -frames) if frames < 0 else ("", frames)
    seconds, rest = divmod(frames, rate_hz)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest * 1000 // rate_hz:03d}"
