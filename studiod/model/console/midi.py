"""Rows of the MIDI tracks: what is played on keyboards and pads, recorded as notes."""

from collections.abc import Iterator

from studiod.model.console.rows import arm, choice, name
from studiod.model.parameter import Flag, Kind, ParameterSpec

EVERY_CHANNEL = "all"
_CHANNELS = (EVERY_CHANNEL, *(str(channel) for channel in range(1, 17)))
EVERY_PORT = "*"
"""The first track hears every keyboard, so that a newcomer's is recorded without a word."""


def midi_rows(track: int) -> Iterator[ParameterSpec]:
    """Every parameter of MIDI track `track`, counted from 1."""
    at, label = f"/midi/{track}", f"MIDI {track}"
    yield arm(f"{at}/arm", label, "What is played on the track's port is recorded when the transport records.")
    yield name(f"{at}/name", label, "")
    text = (
        "Port it hears: a name as `studioctl devices` lists it, * and ? stand for anything; * alone is every port but "
        "those of boxes that control the desk. Empty: none."
    )
    yield ParameterSpec(
        f"{at}/port",
        Kind.TEXT,
        f"{label} port",
        "Port",
        default_text=EVERY_PORT if track == 1 else "",
        flags=Flag.PERSISTED,
        help=text,
    )
    yield choice(
        f"{at}/channel",
        f"{label} channel",
        "Channel",
        None,
        _CHANNELS,
        "MIDI channel it hears.",
        flags=Flag.PERSISTED,
    )
