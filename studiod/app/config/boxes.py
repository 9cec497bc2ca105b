"""Settings of what musicians touch: MIDI, serial lines, surfaces."""

from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from studiod.app.config.section import Section
from studiod.app.config.values import (
    MAX_PIN,
    ActText,
    BoxName,
    ControlName,
    Folder,
    MapName,
    PortName,
    PortPattern,
    PortText,
    allowed,
)
from studiod.model.console import MAX_MIDI_TRACKS

DEFAULT_OWN_MAPS: Final = "~/.config/studiod/maps"


class Midi(Section):
    """Keyboards, pads and boxes on MIDI."""

    api: Literal["auto", "alsa", "jack", "none"] = Field(
        default="auto", description="Where MIDI ports are looked for; none opens no port at all."
    )
    tracks: int = Field(
        default=4,
        ge=0,
        le=MAX_MIDI_TRACKS,
        description="How many MIDI tracks the desk has; the first one records every keyboard unless told otherwise.",
    )


class SerialPort(Section):
    """A serial device, or all of one kind."""

    port: PortText = Field(
        description=(
            "Its path, such as /dev/serial/by-id/usb-Arduino_LLC_Arduino_Leonardo-if00, or a pattern (`*`, `?`) for "
            "the names in /dev/serial/by-id, in /dev/serial/by-path, and of ttyACM, ttyUSB, ttyAMA and ttyS in /dev."
        )
    )
    protocol: Literal["auto", "studiod", "deej", "firmata", "slip-osc", "midi"] = Field(
        default="auto",
        description=(
            "What it speaks. auto finds it out, but for midi: MIDI and Firmata share their bytes and not their meaning."
        ),
    )
    baud: int | None = Field(
        default=None,
        ge=300,
        le=4_000_000,
        description=(
            "Bits per second. Empty: what is usual for the protocol: midi 31250, deej 9600, firmata 57600, others "
            "115200."
        ),
    )


class Serial(Section):
    """Home-made controllers and MIDI on serial lines. No device is opened that is not named here."""

    ports: list[SerialPort] = Field(
        default=[],
        max_length=32,
        description="The devices. Two lines for one device: the first counts.",
        json_schema_extra=allowed("a list of `port`, and `protocol` and `baud` where needed"),
    )


class GpioControl(Section):
    """A button or an encoder to ground, or a lamp, on pins of the computer."""

    name: ControlName = Field(description="What it is called in maps, such as foot/1.")
    kind: Literal["button", "encoder", "lamp"] = Field(
        default="button",
        description="button and encoder: contacts to ground, pulled up. lamp: lit when its pin is high.",
    )
    pin: int = Field(ge=0, le=MAX_PIN, description="Its line on the chip: on a Raspberry Pi the number behind GPIO.")
    second: int | None = Field(default=None, ge=0, le=MAX_PIN, description="An encoder's other line.")
    normally: Literal["open", "closed"] = Field(
        default="open", description="closed: a button whose contact opens when it is pressed, as some pedals have it."
    )


class Gpio(Section):
    """Buttons, encoders and lamps on pins, as on a Raspberry Pi. Needs the Python module gpiod."""

    chip: PortText = Field(default="/dev/gpiochip0", description="The chip the pins belong to.")
    controls: list[GpioControl] = Field(
        default=[],
        max_length=64,
        description="What is soldered to it. None: no pin is touched.",
        json_schema_extra=allowed("a list of `name`, `kind`, `pin`, `second` for an encoder, and `normally`"),
    )


class SurfaceUse(Section):
    """Which map a port has, where several fit it, or none does by itself."""

    port: PortName = Field(
        description="The name of a MIDI port as `studioctl devices` shows it, or a pattern (`*`, `?`)."
    )
    map: MapName = Field(description="The name of a map (`studiod maps list`); none leaves the port alone.")


class SurfacePedal(Section):
    """A foot-switch: one button of one port, and what it does."""

    port: PortPattern = Field(
        description=(
            "The name of a MIDI port as `studioctl devices` shows it, or a pattern (`*`, `?`). For `control`: the name "
            "of its box there, or the one it gives itself, such as gpio."
        )
    )
    cc: int | None = Field(default=None, ge=0, le=127, description="Its controller; 64 is the sustain pedal's.")
    note: int | None = Field(default=None, ge=0, le=127, description="Its note.")
    control: ControlName | None = Field(default=None, description="Its name on a box on a serial line, or on pins.")
    channel: int = Field(default=1, ge=1, le=16, description="MIDI channel of `cc` or `note`.")
    normally: Literal["open", "closed"] = Field(
        default="open",
        description="closed: a switch that opens when it is pressed; on MIDI it sends 127 at rest.",
    )
    press: ActText | None = Field(default=None, description="What it does at once when it goes down.")
    tap: ActText | None = Field(default=None, description="What a short press does.")
    hold: ActText | None = Field(default=None, description="What it does when it is held for half a second.")
    double: ActText | None = Field(default=None, description="What two short presses do; a tap waits for the second.")
    held: ActText | None = Field(default=None, description="What is on while it is down, such as /talkback/on.")


class Surfaces(Section):
    """Boxes with faders and knobs."""

    enable: bool = Field(default=True, description="Look for known boxes and use them as they are plugged in.")
    maps: list[Folder] = Field(
        default=[],
        max_length=32,
        description=(
            "More folders with maps of boxes, asked before the built-in ones, the first before the second; files for "
            "Mackie Control and HUI in a folder mackie of it. A file with the name of another takes its place."
        ),
        json_schema_extra=allowed("a list of folders"),
    )
    order: list[BoxName] = Field(
        default=[],
        max_length=32,
        description=(
            "Boxes that speak Mackie Control or HUI, from left to right, by the names that studioctl devices shows. "
            "Others stand to the right of them as they came."
        ),
        json_schema_extra=allowed("a list of names of boxes"),
    )
    use: list[SurfaceUse] = Field(
        default=[],
        max_length=64,
        description="Which box is where, for boxes with several modes and boxes behind nameless ports; first fit wins.",
        json_schema_extra=allowed("a list of `port` and `map`"),
    )
    pedals: list[SurfacePedal] = Field(
        default=[],
        max_length=64,
        description="Foot-switches. Whoever has their port keeps it: a sustain pedal is recorded all the same.",
        json_schema_extra=allowed("a list of `port`, one of `cc`, `note` and `control`, and what it does"),
    )
    own_maps: Folder = Field(
        default=Path(DEFAULT_OWN_MAPS),
        description="The folder of maps made on this desk: what `studioctl learn` learns is kept there. Read last.",
    )
