"""Settings of machines that are in time with us: clock, timecode, machine control."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from studiod.app.config.section import Section
from studiod.app.config.values import PortText, Unfit, allowed
from studiod.model.sync import LONGEST_FREEWHEEL_S, SHORTEST_FREEWHEEL_S

SyncWord = Literal["clock", "position", "mtc", "mmc"]
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")


def _time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise Unfit("is no time")
    return text


TimeText = Annotated[
    str, AfterValidator(_time), Field(json_schema_extra=allowed("hours, minutes and seconds such as 01:00:00"))
]


class SyncPort(Section):
    """A MIDI port, or all whose names fit: what it is told, and what is taken from it."""

    port: PortText = Field(
        description="A part of its name between `*`, such as `*TR-8*`; `studioctl devices` shows the names there are.",
        json_schema_extra=allowed("a pattern for the names of MIDI ports"),
    )
    receive: list[SyncWord] = Field(
        default=[],
        max_length=4,
        description=(
            "clock: tempo, start, continue, stop. position: where in the song. mtc: timecode. mmc: the buttons of a "
            "remote control."
        ),
        json_schema_extra=allowed("a list of clock, position, mtc, mmc"),
    )
    send: list[SyncWord] = Field(
        default=[],
        max_length=4,
        description="What it is told of us; the same words.",
        json_schema_extra=allowed("a list of clock, position, mtc, mmc"),
    )
    leads: bool = Field(
        default=False, description="The transport follows its clock, or its timecode: the one of them it receives."
    )
    rate: Literal[24, 25, "29.97df", 30] = Field(
        default=25, description="Frames a second of the timecode that is sent; what is received says its own."
    )
    device: int = Field(
        default=127, ge=0, le=127, description="Number of the device in machine control; 127 is every one."
    )


class Sync(Section):
    """Being in time with other machines. Nothing is sent or followed that is not named here."""

    start: TimeText = Field(
        default="00:00:00", description="Timecode at the beginning of the timeline; films often begin at 01:00:00."
    )
    freewheel_s: float = Field(
        default=2.0,
        ge=SHORTEST_FREEWHEEL_S,
        le=LONGEST_FREEWHEEL_S,
        description="So long the transport goes on when the machine that leads is not heard, in seconds.",
    )
    ports: list[SyncPort] = Field(
        default=[],
        max_length=32,
        description="The machines. Two lines for one port: the first counts.",
        json_schema_extra=allowed("a list of `port`, and `receive`, `send`, `leads`, `rate`, `device` where needed"),
    )
