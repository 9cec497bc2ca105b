"""Settings of what musicians touch: MIDI, serial lines, surfaces."""

from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from studiod.app.config.section import Section
from studiod.app.config.values import MAX_PIN, ControlName, Folder, PortText, allowed
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


class Gpio(Section):
    """Buttons, encoders and lamps on pins, as on a Raspberry Pi. Needs the Python module gpiod."""

    chip: PortText = Field(default="/dev/gpiochip0", description="The chip the pins belong to.")
    controls: list[GpioControl] = Field(
        default=[],
        max_length=64,
        description="What is soldered to it. None: no pin is touched.",
        json_schema_extra=allowed("a list of `name`, `kind`, `pin`, and `second` for an encoder"),
    )


class Surfaces(Section):
    """Boxes with faders and knobs."""

    enable: bool = Field(default=True, description="Look for known boxes and use them as they are plugged in.")
    maps: list[Folder] = Field(
        default=[],
        max_length=32,
        description="More folders with maps of boxes, read after the built-in ones.",
        json_schema_extra=allowed("a list of folders"),
    )
    own_maps: Folder = Field(
        default=Path(DEFAULT_OWN_MAPS),
        description="The folder of maps made on this desk: what `studioctl learn` learns is kept there. Read last.",
    )
