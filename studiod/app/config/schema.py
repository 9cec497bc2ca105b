"""Every setting: its type, its limits, its default, and a sentence for the person who sets it.

The descriptions are the only place where a setting is explained: config/schema.json and docs/reference/config.md are
written from them (`python -m studiod.app.config.export`).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, TypeGuard

from pydantic import ConfigDict, Field, model_validator

from studiod.app.config.boxes import Gpio, Midi, Serial, Surfaces
from studiod.app.config.section import Section
from studiod.app.config.sync import Sync
from studiod.app.config.values import (
    MAX_OUTPUTS,
    Address,
    DeviceText,
    Folder,
    InputNumber,
    JackName,
    Name,
    Network,
    OutputNumber,
    SessionName,
    StudioName,
    allowed,
)
from studiod.model.console import MAX_BUSES, MAX_MATRICES, MAX_STRIPS
from studiod.model.parameter import TEXT_BYTES

STAGE_NAMES = ("Kick", "Snare", "Hat", "Bass", "Guitar", "Keys", "Voice", "Room")
DEFAULT_BUSES = 4
_BUS_NOUNS = {"aux": "Monitor", "group": "Group", "fx": "Effect"}
DEFAULT_LIBRARY = "~/studiod-library"
PRIVATE_NETWORKS = (
    "127.0.0.0/8",
    "::1/128",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fe80::/10",
    "fc00::/7",
)


class Studio(Section):
    """Who this studio is on the network."""

    name: StudioName = Field(
        default="studiod",
        description="What tablets and controllers show when they look for studios.",
    )


class Audio(Section):
    """Where the sound comes in and goes out."""

    host: Literal["auto", "virtual", "portaudio", "jack"] = Field(
        default="auto",
        description=(
            "Who drives the sound. jack: a JACK or PipeWire server. portaudio: a sound card, directly. virtual: the "
            "built-in stage, no sound card needed. auto: the first of jack, portaudio, virtual that works."
        ),
    )
    device: DeviceText | None = Field(
        default=None,
        description=(
            "The sound card (portaudio), by its name or a part of it; `studioctl devices` lists them. Empty: "
            "the system's default."
        ),
    )
    output_device: DeviceText | None = Field(
        default=None,
        description=(
            "A second sound card for the outputs. Empty: the same as `device`. Two cards have two clocks and "
            "drift; one is better."
        ),
    )
    rate_hz: Literal[44100, 48000, 88200, 96000, 176400, 192000] = Field(
        default=48000, description="Sample rate. A JACK server decides its own."
    )
    block_frames: Literal[32, 64, 128, 256, 512, 1024, 2048, 4096, 8192] = Field(
        default=256,
        description=(
            "Frames per block: fewer is less delay and more work; raise it when xruns are counted. A JACK "
            "server decides its own."
        ),
    )
    inputs: int | None = Field(
        default=None,
        ge=1,
        le=MAX_STRIPS,
        description="How many inputs to open. Empty: all the device has; 8 on the virtual stage.",
    )
    outputs: int | None = Field(
        default=None,
        ge=1,
        le=MAX_OUTPUTS,
        description="How many outputs to open. Empty: all the device has; 8 on the virtual stage.",
    )
    jack_server: JackName | None = Field(
        default=None,
        description="Name of the JACK server. Empty: the default server.",
    )
    jack_connect: bool = Field(
        default=True, description="Connect to the hardware ports of JACK at start; false leaves the patching to you."
    )
    roundtrip_frames: int = Field(
        default=0,
        ge=0,
        le=96_000,
        description=(
            "From what an output plays to the same coming in: converters, buffers, cable. What is played to "
            "a recording is laid that much earlier, whatever device is open. 0: as studiod measure-latency --save has "
            "measured it for the device, rate and block size that are; else as its driver says."
        ),
    )


class Virtual(Section):
    """The built-in stage, for trying things out and for machines without a sound card."""

    sources: Literal["stage", "counter", "silence", "loopback"] = Field(
        default="stage",
        description=(
            "What its inputs play. stage: a small band. counter: numbered samples, to prove that none is "
            "lost. silence: nothing. loopback: what the outputs play, as if a cable led back."
        ),
    )
    tempo_bpm: float = Field(default=120.0, ge=40.0, le=240.0, description="Tempo of the band.")
    loopback_frames: int = Field(
        default=1024,
        ge=1,
        le=96_000,
        description="How long loopback takes from an output to the input of its number: frames, at least a block.",
    )


def _nothing_is_required(schema: dict[str, Any]) -> None:
    schema.pop("required", None)  # Desk fills in what is left out


class Strip(Section):
    """One strip: a name and an input. A name alone is enough; its input is then its place in the list."""

    model_config = ConfigDict(json_schema_extra=_nothing_is_required)

    name: Name = Field(description="What the scribble strip shows. Left out: Strip 1, Strip 2, ...")
    input: int = Field(
        ge=0,
        le=MAX_STRIPS,
        description="Input of the device, counted from 1; 0 for none. Left out: the strip's place in the list.",
    )


class Bus(Section):
    """One bus: a monitor mix, a group of strips, an effect. A name alone is enough: it is a monitor mix then."""

    model_config = ConfigDict(json_schema_extra=_nothing_is_required)

    name: Name = Field(
        description="What the scribble strip shows. Left out: Monitor 1, Group 2, Effect 3, as its role and place are."
    )
    output: OutputNumber = Field(
        description=(
            "Output of the device, counted from 1; 0 for none. Left out: the next free one for an aux, none for "
            "others. Outputs the device lacks stay silent."
        ),
    )
    role: Literal["aux", "group", "fx"] = Field(
        default="aux",
        description=(
            "What it is for. aux: a mix of its own, for its output. group: strips that go into main together. fx: "
            "as a group, and muted by `/mute/fx`. It sets where the bus begins; `/bus/N/role` and `/bus/N/main/on` "
            "change it."
        ),
    )


class Matrix(Section):
    """One matrix: a mix of main and buses for another room, a recorder, a stream. A name alone is enough."""

    model_config = ConfigDict(json_schema_extra=_nothing_is_required)

    name: Name = Field(description="What the scribble strip shows. Left out: Matrix 1, Matrix 2, ...")
    output: OutputNumber = Field(
        description="Output of the device, counted from 1; 0 for none. Left out: the next one that no bus has."
    )


def _counted(noun: str, low: int, high: int, *, default: int) -> Callable[[dict[str, Any]], None]:
    """Schema of a list that may be written as a count, and whose items may be written as names."""

    def rewrite(schema: dict[str, Any]) -> None:
        named = {"type": "string", "maxLength": TEXT_BYTES}
        listed = {"type": "array", "items": {"anyOf": [schema.pop("items"), named]}}
        listed |= {word: schema.pop(word) for word in ("minItems", "maxItems") if word in schema}
        schema.pop("type")
        schema["anyOf"] = [{"type": "integer", "minimum": low, "maximum": high}, listed]
        schema["default"] = default
        schema["x-allowed"] = f"how many ({low}..{high}), or a list of {noun}"

    return rewrite


class Desk(Section):
    """How big the desk is and what is plugged in where."""

    model_config = ConfigDict(json_schema_extra=_nothing_is_required)

    strips: list[Strip] = Field(
        min_length=1,
        max_length=MAX_STRIPS,
        description=(
            "How many strips, or a list of them; each a name, or a name and an input. A count names the first "
            f"eight {', '.join(STAGE_NAMES)}."
        ),
        json_schema_extra=_counted("strips", 1, MAX_STRIPS, default=len(STAGE_NAMES)),
    )
    buses: list[Bus] = Field(
        max_length=MAX_BUSES,
        description="How many buses, or a list of them; each a name, or a name, an output and a role.",
        json_schema_extra=_counted("buses", 0, MAX_BUSES, default=DEFAULT_BUSES),
    )
    matrices: list[Matrix] = Field(
        max_length=MAX_MATRICES,
        description="How many matrices, or a list of them; each a name, or a name and an output.",
        json_schema_extra=_counted("matrices", 0, MAX_MATRICES, default=0),
    )
    main_outputs: list[OutputNumber] = Field(
        default=[1, 2],
        min_length=2,
        max_length=2,
        description="Outputs of the stereo main, left and right, counted from 1; 0 for none.",
        json_schema_extra=allowed("two outputs, left and right, such as [1, 2]"),
    )
    mono_output: OutputNumber = Field(
        default=0, description="Output of the mono main (a subwoofer, a centre), counted from 1; 0 for none."
    )
    monitor_outputs: list[OutputNumber] = Field(
        default=[0, 0],
        min_length=2,
        max_length=2,
        description=(
            "Outputs of the monitor section (control room, headphones of who mixes), left and right, counted from 1; "
            "0 for none. With one, solo is heard there (`/solo/mode` begins as pfl); with none, in place on main."
        ),
        json_schema_extra=allowed("two outputs, left and right, such as [7, 8]"),
    )
    talkback_input: int = Field(
        default=0,
        ge=0,
        le=MAX_STRIPS,
        description="Input of the talkback microphone, counted from 1; 0 for none. A strip may have the same.",
    )

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, written: object) -> object:
        """Turn counts and bare names into whole strips and buses, so that the resolved desk says everything."""
        if not isinstance(written, dict):
            return written
        strips = _spelled_strips(written.get("strips", len(STAGE_NAMES)))
        buses = _listed(written.get("buses", DEFAULT_BUSES), 0, MAX_BUSES)
        matrices = _listed(written.get("matrices", 0), 0, MAX_MATRICES)
        given = (
            *_as_list(written.get("main_outputs", [1, 2])),
            *_as_list(written.get("monitor_outputs")),
            written.get("mono_output"),
            *(item.get("output") for item in (*_as_list(buses), *_as_list(matrices)) if isinstance(item, dict)),
        )
        taken = {output for output in given if isinstance(output, int)}
        free = (output for output in range(1, MAX_OUTPUTS + 1) if output not in taken)
        return {
            **written,
            "strips": strips,
            "buses": _spelled_buses(buses, free),
            "matrices": _spelled_matrices(matrices, free),
        }


class Tape(Section):
    """Where takes go and how safe they are."""

    library: Folder = Field(
        default=Path(DEFAULT_LIBRARY),
        description=(
            "Folder of all sessions and their takes; ~ is your home. Under systemd the service's own state "
            "folder unless set here."
        ),
    )
    session: SessionName = Field(
        default="session",
        description="Session to open at start; made when it does not exist.",
    )
    max_loss_s: float = Field(
        default=0.25,
        ge=0.05,
        le=5.0,
        description="The most that a power cut may cost, in seconds; less means more work for the disk.",
    )
    ring_s: float = Field(
        default=20.0,
        ge=5.0,
        le=120.0,
        description="How long the disk may stall before anything is lost, in seconds; held in memory.",
    )
    bits: Literal[16, 24, 32] = Field(default=24, description="Bits per sample in the files; 32 is floating point.")
    pre_record_s: float = Field(
        default=10.0,
        ge=0.0,
        le=60.0,
        description=(
            "How long before Record was pressed every take begins, in seconds; hidden until you want it. No more than "
            "`ring_s` holds."
        ),
    )
    polyphonic: bool = Field(
        default=False, description="One file with all tracks of a take, instead of one file for each track."
    )
    second_library: Folder | None = Field(
        default=None,
        description=(
            "A folder on another disk: a take goes on there when the first disk is full or broken. Empty: the take "
            "ends then."
        ),
    )
    copy_to: Folder | None = Field(
        default=None,
        description="A folder on another disk, where every take is written a second time while it runs. Empty: none.",
    )


class BlackBox(Section):
    """Every input, always, on a ring on disk: what nobody armed can still be kept."""

    on: bool = Field(default=True, description="Hold everything that is played, whether it is recorded or not.")
    gigabytes: float = Field(
        default=20.0,
        ge=0.1,
        le=100_000.0,
        description=(
            "Room it takes in the library at most; the oldest goes first. Eight inputs at 48 kHz fill 4 GB an hour, "
            "silence takes none."
        ),
    )
    hours: float = Field(
        default=24.0, ge=0.1, le=10_000.0, description="How long anything is held at most; older is removed."
    )
    never: list[InputNumber] = Field(
        default=[],
        max_length=MAX_STRIPS,
        description="Inputs that it must never hold, such as talkback, counted from 1.",
        json_schema_extra=allowed("a list of inputs such as [7, 8]"),
    )
    chunk_s: int = Field(
        default=60,
        ge=5,
        le=600,
        description="It is written in files of so many seconds; a kept take is made of whole ones.",
    )


class Osc(Section):
    """Control over the network: tablets, phones, `studioctl`."""

    port: int = Field(default=9000, ge=0, le=65535, description="UDP and TCP port; 0 takes any free one.")
    bind: Address = Field(
        default="0.0.0.0",  # noqa: S104 - `allow` decides who is heard
        description="Address to listen on; 127.0.0.1 is this machine only, :: is every address of both kinds.",
    )
    allow: list[Network] = Field(
        default=list(PRIVATE_NETWORKS),
        min_length=1,
        max_length=64,
        description="Who is heard: networks. The default is this machine and every private network.",
        json_schema_extra=allowed("a list of networks such as 192.168.1.0/24"),
    )
    meter_hz: int = Field(default=20, ge=1, le=50, description="How often subscribers get meters, per second.")
    zeroconf: bool = Field(default=True, description="Announce the studio, so that apps find it by name.")


class Log(Section):
    """How much is said."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is worth a line."
    )


class Config(Section):
    """A whole configuration, everything resolved: counts spelled out, paths absolute."""

    studio: Studio = Field(default_factory=Studio)
    audio: Audio = Field(default_factory=Audio)
    virtual: Virtual = Field(default_factory=Virtual)
    desk: Desk = Field(default_factory=lambda: Desk.model_validate({}))
    tape: Tape = Field(default_factory=Tape)
    blackbox: BlackBox = Field(default_factory=BlackBox)
    osc: Osc = Field(default_factory=Osc)
    midi: Midi = Field(default_factory=Midi)
    serial: Serial = Field(default_factory=Serial)
    gpio: Gpio = Field(default_factory=Gpio)
    surfaces: Surfaces = Field(default_factory=Surfaces)
    sync: Sync = Field(default_factory=Sync)
    log: Log = Field(default_factory=Log)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty_sections(cls, written: object) -> object:
        """`audio:` with every line under it commented out means the defaults."""
        if not isinstance(written, dict):
            return written
        return {key: section for key, section in written.items() if section is not None or key not in cls.model_fields}


def _spelled_strips(written: object) -> object:
    if _is_count(written, 1, MAX_STRIPS):
        named = STAGE_NAMES[:written]
        written = [*named, *({} for _ in range(written - len(named)))]
    if not isinstance(written, list):
        return written
    return [_spelled(item, name=f"Strip {i + 1}", input=i + 1) for i, item in enumerate(written)]


def _spelled_buses(written: object, free: Iterator[int]) -> object:
    if not isinstance(written, list):
        return written
    buses = []
    for i, item in enumerate(written):
        role = item.get("role", "aux") if isinstance(item, dict) else "aux"
        noun = _BUS_NOUNS.get(role, "Bus") if isinstance(role, str) else "Bus"
        output = 0 if role != "aux" or _is_routed(item) else next(free, 0)
        buses.append(_spelled(item, name=f"{noun} {i + 1}", output=output, role="aux"))
    return buses


def _spelled_matrices(written: object, free: Iterator[int]) -> object:
    if not isinstance(written, list):
        return written
    return [
        _spelled(item, name=f"Matrix {i + 1}", output=0 if _is_routed(item) else next(free, 0))
        for i, item in enumerate(written)
    ]


def _is_routed(item: object) -> bool:
    return isinstance(item, dict) and "output" in item


def _listed(written: object, low: int, high: int) -> object:
    """A count as a list of so many items that say nothing; anything else as it is."""
    return [{} for _ in range(written)] if _is_count(written, low, high) else written


def _is_count(written: object, low: int, high: int) -> TypeGuard[int]:
    return isinstance(written, int) and not isinstance(written, bool) and low <= written <= high


def _as_list(written: object) -> list[object]:
    return written if isinstance(written, list) else []


def _spelled(item: object, **defaults: object) -> object:
    """A list item with what it leaves out; a bare text is its name; anything else is left for pydantic to refuse."""
    if isinstance(item, str):
        return {**defaults, "name": item}
    return {**defaults, **item} if isinstance(item, dict) else item
