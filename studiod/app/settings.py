"""The resolved configuration as every process sees it: plain frozen values, standard library only.

`studiod.app.config` reads, checks and explains the file; it hands the result on as one line of JSON.
"""

import json
import types
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Self, Union, cast, get_args, get_origin, get_type_hints

from studiod.model.console import ConsoleLayout

STAGE_INPUTS = 8
"""Inputs of the virtual stage when nothing else is asked for: one for each of its players."""
STAGE_OUTPUTS = 8


@dataclass(frozen=True, slots=True)
class StudioSettings:
    """Who this studio is on the network."""

    name: str


@dataclass(frozen=True, slots=True)
class AudioSettings:
    """Where the sound comes in and goes out."""

    host: str
    device: str | None
    output_device: str | None
    rate_hz: int
    block_frames: int
    inputs: int | None
    """None: all that the device has."""
    outputs: int | None
    jack_server: str | None
    jack_connect: bool
    roundtrip_frames: int


@dataclass(frozen=True, slots=True)
class VirtualSettings:
    """The built-in stage."""

    sources: str
    tempo_bpm: float
    loopback_frames: int


@dataclass(frozen=True, slots=True)
class StripSettings:
    """A strip and what is plugged into it."""

    name: str
    input: int
    """Counted from 1; 0 for none."""


@dataclass(frozen=True, slots=True)
class BusSettings:
    """A bus, where it goes and what it is for."""

    name: str
    output: int
    """Counted from 1; 0 for none."""
    role: str


@dataclass(frozen=True, slots=True)
class MatrixSettings:
    """A matrix and where it goes."""

    name: str
    output: int
    """Counted from 1; 0 for none."""


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """How big the desk is and what is plugged in where."""

    strips: tuple[StripSettings, ...]
    buses: tuple[BusSettings, ...]
    matrices: tuple[MatrixSettings, ...]
    main_outputs: tuple[int, ...]
    """Left and right, counted from 1; 0 for none."""
    mono_output: int
    monitor_outputs: tuple[int, ...]
    """Left and right."""
    talkback_input: int


@dataclass(frozen=True, slots=True)
class TapeSettings:
    """Where takes go and how safe they are."""

    library: Path
    session: str
    max_loss_s: float
    ring_s: float
    bits: int
    pre_record_s: float
    polyphonic: bool
    second_library: Path | None
    """Where a take goes on when its own disk refuses; None for nowhere."""
    copy_to: Path | None
    """Where every take is written a second time; None for nowhere."""


@dataclass(frozen=True, slots=True)
class BlackBoxSettings:
    """What is held of everything that is played."""

    on: bool
    gigabytes: float
    hours: float
    never: tuple[int, ...]
    """Inputs, counted from 1."""
    chunk_s: int


@dataclass(frozen=True, slots=True)
class OscSettings:
    """Control over the network."""

    port: int
    bind: str
    allow: tuple[str, ...]
    meter_hz: int
    zeroconf: bool


@dataclass(frozen=True, slots=True)
class MidiSettings:
    """Keyboards, pads and boxes on MIDI."""

    api: str
    tracks: int


@dataclass(frozen=True, slots=True)
class SerialPortSettings:
    """A serial device, or all of one kind."""

    port: str
    """A path or a pattern."""
    protocol: str
    baud: int | None
    """None: what is usual for the protocol."""


@dataclass(frozen=True, slots=True)
class SerialSettings:
    """Boxes on serial lines."""

    ports: tuple[SerialPortSettings, ...]


@dataclass(frozen=True, slots=True)
class GpioControlSettings:
    """What is soldered to a pin, or to two."""

    name: str
    kind: str
    pin: int
    second: int | None
    normally: str
    """open or closed."""


@dataclass(frozen=True, slots=True)
class GpioSettings:
    """Pins of the computer."""

    chip: str
    controls: tuple[GpioControlSettings, ...]


@dataclass(frozen=True, slots=True)
class SurfaceUseSettings:
    """Which map a port has."""

    port: str
    """Pattern of its name."""
    map: str


@dataclass(frozen=True, slots=True)
class PedalSettings:
    """A foot-switch. Of cc, note and control one is given."""

    port: str
    """Pattern of a port's or a box's name."""
    cc: int | None
    note: int | None
    control: str | None
    channel: int
    normally: str
    """open or closed."""
    press: str | None
    tap: str | None
    hold: str | None
    double: str | None
    held: str | None


@dataclass(frozen=True, slots=True)
class SurfaceSettings:
    """Boxes with faders and knobs."""

    enable: bool
    maps: tuple[Path, ...]
    order: tuple[str, ...]
    """Names of boxes of the Mackie desk, from left to right."""
    use: tuple[SurfaceUseSettings, ...]
    pedals: tuple[PedalSettings, ...]
    own_maps: Path
    """What is learnt is kept there."""


@dataclass(frozen=True, slots=True)
class SyncPortSettings:
    """A machine that is in time with us."""

    port: str
    """A pattern."""
    receive: tuple[str, ...]
    send: tuple[str, ...]
    leads: bool
    rate: int | str
    """Frames a second of timecode."""
    device: int


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """Being in time with other machines."""

    start: str
    """Timecode at the begin of the timeline, hh:mm:ss."""
    freewheel_s: float
    ports: tuple[SyncPortSettings, ...]


@dataclass(frozen=True, slots=True)
class LogSettings:
    """How much is said."""

    level: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that was configured, checked and resolved."""

    studio: StudioSettings
    audio: AudioSettings
    virtual: VirtualSettings
    desk: DeskSettings
    tape: TapeSettings
    blackbox: BlackBoxSettings
    osc: OscSettings
    midi: MidiSettings
    serial: SerialSettings
    gpio: GpioSettings
    surfaces: SurfaceSettings
    sync: SyncSettings
    log: LogSettings

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Settings out of `studiod.app.config.load.to_json`.

        Raises ValueError naming the setting when the document is of another version of studiod.
        """
        return cast("Self", _built(cls, json.loads(text), "settings"))

    def console_layout(self) -> ConsoleLayout:
        """The desk's size and names: what the parameter table is made from."""
        return ConsoleLayout(
            strips=len(self.desk.strips),
            buses=len(self.desk.buses),
            strip_inputs=tuple(strip.input for strip in self.desk.strips),
            strip_names=tuple(strip.name for strip in self.desk.strips),
            bus_names=tuple(bus.name for bus in self.desk.buses),
            bus_roles=tuple(bus.role for bus in self.desk.buses),
            matrix_names=tuple(matrix.name for matrix in self.desk.matrices),
            inputs=self.input_channels,
            outputs=self.output_channels,
            has_monitor=any(self.desk.monitor_outputs),
            midi_tracks=self.midi.tracks,
        )

    @property
    def has_ports(self) -> bool:
        """Whether there is a process for boxes at all."""
        return self.midi.api != "none" or bool(self.serial.ports or self.gpio.controls)

    @property
    def input_channels(self) -> int:
        """Hardware inputs to make room for before any device is open; every strip's and talkback's are among them."""
        desk = self.desk
        return self.audio.inputs or max(STAGE_INPUTS, desk.talkback_input, *(strip.input for strip in desk.strips))

    @property
    def output_channels(self) -> int:
        """Hardware outputs to make room for before any device is open; every sum's and the monitor's are among them."""
        desk = self.desk
        return self.audio.outputs or max(
            STAGE_OUTPUTS,
            *desk.main_outputs,
            *desk.monitor_outputs,
            desk.mono_output,
            *(bus.output for bus in desk.buses),
            *(matrix.output for matrix in desk.matrices),
        )


def _built(kind: object, value: object, place: str) -> object:
    if is_dataclass(kind) and isinstance(kind, type):
        return _built_group(kind, value, place)
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(_built(get_args(kind)[0], item, f"{place}[{i + 1}]") for i, item in enumerate(value))
    choices = get_args(kind) if get_origin(kind) in (types.UnionType, Union) else (kind,)
    if Path in choices and isinstance(value, str):
        return Path(value)
    if type(value) not in choices:
        raise ValueError(f"{place} is {value!r}; allowed {kind}: is every process of the same version?")
    return value


def _built_group(kind: type, value: object, place: str) -> object:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    if not isinstance(value, Mapping) or set(value) != set(names):
        raise ValueError(f"{place} should hold {', '.join(names)}: is every process of the same version?")
    return kind(**{name: _built(hints[name], value[name], f"{place}.{name}") for name in names})
